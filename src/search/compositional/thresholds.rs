//! The thresholds of a recursion, in votes: what a protocol makes of what a lieutenant was told, and of
//! what it takes from the others who relay that.

use super::composition_error::CompositionError;
use crate::testable::{Recursive, described};

/// From how many to how many relays must let a lieutenant hear the second value, so that it takes
/// something. Nothing if no number will do.
pub(super) type VoteRange = Option<(usize, usize)>;

/// The same by what it was told itself, and by what it takes.
pub(super) type VoteThresholds = [[VoteRange; 2]; 2];

/// Among so many others who relay what a lieutenant was told.
pub(super) fn thresholds<V: Eq + Clone, M>(
    recursive: &dyn Recursive<V, M>,
    values: &[V; 2],
    others: usize,
) -> Result<VoteThresholds, CompositionError> {
    let [first, second] = values;
    Ok([of_told(recursive, values, others, first)?, of_told(recursive, values, others, second)?])
}

fn of_told<V: Eq + Clone, M>(
    recursive: &dyn Recursive<V, M>,
    values: &[V; 2],
    others: usize,
    told: &V,
) -> Result<[VoteRange; 2], CompositionError> {
    let mut votes = vec![values[0].clone(); others];
    let (mut thresholds, mut changes, mut last) = ([None; 2], 0, None);
    for second in 0..=others {
        let taken = described("resolve", || recursive.resolve(told, &votes))?;
        let taken = values.iter().position(|value| *value == taken);
        let taken = taken.ok_or_else(|| {
            CompositionError::Because("what it resolves votes to is no value".to_owned())
        })?;
        let (from, _) = thresholds[taken].unwrap_or((second, second));
        thresholds[taken] = Some((from, second));
        changes += usize::from(last.is_some_and(|last| last != taken));
        last = Some(taken);
        if let Some(vote) = votes.get_mut(second) {
            vote.clone_from(&values[1]);
        }
    }
    if changes <= 1 {
        return Ok(thresholds);
    }
    Err(CompositionError::Because(format!(
        "what it resolves {} votes to changes more than once as more of them are for the second value",
        others + 1
    )))
}
