//! How many votes it takes: what a protocol makes of what a lieutenant was told, and of what it
//! takes from the others who relay that.

use super::unfit::Unfit;
use crate::testable::{Recursive, described};

/// From how many to how many relays must let a lieutenant hear the second value, so that it takes
/// something. Nothing if no number will do.
pub(super) type Range = Option<(usize, usize)>;

/// The same by what it was told itself, and by what it takes.
pub(super) type Ranges = [[Range; 2]; 2];

/// Among so many others who relay what a lieutenant was told.
pub(super) fn ranges<V: Eq + Clone, M>(
    recursive: &dyn Recursive<V, M>,
    values: &[V; 2],
    others: usize,
) -> Result<Ranges, Unfit> {
    let [first, second] = values;
    Ok([of_told(recursive, values, others, first)?, of_told(recursive, values, others, second)?])
}

fn of_told<V: Eq + Clone, M>(
    recursive: &dyn Recursive<V, M>,
    values: &[V; 2],
    others: usize,
    told: &V,
) -> Result<[Range; 2], Unfit> {
    let mut votes = vec![values[0].clone(); others];
    let (mut ranges, mut changes, mut last) = ([None; 2], 0, None);
    for second in 0..=others {
        let taken = described("resolve", || recursive.resolve(told, &votes))?;
        let taken = values.iter().position(|value| *value == taken);
        let taken = taken
            .ok_or_else(|| Unfit::Because("what it resolves votes to is no value".to_owned()))?;
        let (from, _) = ranges[taken].unwrap_or((second, second));
        ranges[taken] = Some((from, second));
        changes += usize::from(last.is_some_and(|last| last != taken));
        last = Some(taken);
        if let Some(vote) = votes.get_mut(second) {
            vote.clone_from(&values[1]);
        }
    }
    if changes <= 1 {
        return Ok(ranges);
    }
    Err(Unfit::Because(format!(
        "what it resolves {} votes to changes more than once as more of them are for the second value",
        others + 1
    )))
}
