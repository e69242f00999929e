//! The crash choices of a round: who crashes in it, and whom each still reaches.

use std::borrow::Cow;

use super::messages::Outboxes;
use crate::general::{General, Generals};
use crate::machine::Said;
use crate::protocol::Round;
use crate::schedule::Crash;
use crate::search::choices::signature_set::SignatureSet;
use crate::testable::Wire;

/// The messages of a round.
pub(crate) struct RoundMessages {
    /// What the adversary can show after it.
    pub overheard: SignatureSet,
    /// Which of the disrupted messages have been said by now.
    pub disrupted: u64,
    /// For each choice of who crashes in the round: what reaches whom.
    pub crash_choices: CrashChoices,
}

/// Who can crash in a round, and what is said in it. There are too many choices to hold them all, so they are iterated.
pub(crate) struct CrashChoices {
    pub round: Round,
    /// Who can crash, and to whom each of them has something to say.
    pub able: Vec<(General, Generals)>,
    /// How many of them may crash.
    pub most: usize,
    /// What is said if nobody crashes.
    pub outboxes: Outboxes,
}

impl CrashChoices {
    /// Every choice of crashes, and what then reaches whom.
    pub fn iter(&self) -> impl Iterator<Item = (Vec<Crash>, Cow<'_, Outboxes>)> {
        crash_choices(self.round, &self.able, self.most).map(|crashes| {
            let mut outboxes = Cow::Borrowed(&self.outboxes);
            for crash in &crashes {
                let from = crash.general;
                let silenced = |to: &usize| {
                    crash.silences(Wire { round: self.round, from, to: General::new(*to) })
                };
                for to in (0..self.outboxes.len()).filter(silenced) {
                    outboxes.to_mut()[to][from.id()] = Some(Said::default());
                }
            }
            (crashes, outboxes)
        })
    }
}

/// Every choice of at most `most` crashes in one round, among generals who have not crashed yet, each given with those
/// that it has something to say to. The first choice is that nobody crashes.
///
/// A general that would still reach everybody crashes in the next round instead, before it says anything; or, after the
/// last round, not at all.
fn crash_choices(
    round: Round,
    able: &[(General, Generals)],
    most: usize,
) -> Box<dyn Iterator<Item = Vec<Crash>> + '_> {
    let Some((&(general, speaks_to), others)) = able.split_first() else {
        return Box::new([Vec::new()].into_iter());
    };
    let sizes = if most > 0 { 0..speaks_to.len() } else { 0..0 };
    let reached = sizes.rev().flat_map(move |size| speaks_to.subsets(size));
    let crashes = reached.flat_map(move |reaches| {
        let crash = Crash { general, round, reaches };
        crash_choices(round, others, most - 1)
            .map(move |after| [crash].into_iter().chain(after).collect())
    });
    Box::new(crash_choices(round, others, most).chain(crashes))
}

#[cfg(test)]
mod tests {
    use itertools::Itertools;

    use super::*;

    #[test]
    fn each_crashes_reaching_any_but_not_all_or_goes_on() {
        let [zero, one] = [0, 1].map(General::new);
        let to = |ids: &[usize]| ids.iter().map(|id| General::new(*id)).collect::<Generals>();
        let able = [(zero, to(&[1, 2])), (one, to(&[]))];
        let all = crash_choices(2, &able, 2).collect_vec();
        let crash = |reaches| Crash { general: zero, round: 2, reaches };
        let expected = [to(&[1]), to(&[2]), to(&[])].map(|reaches| vec![crash(reaches)]);
        assert_eq!(all, [&[vec![]], &expected[..]].concat());
        assert_eq!(crash_choices(2, &able, 0).collect_vec(), [vec![]]);
        let both = [(zero, to(&[1, 2])), (one, to(&[0, 2]))];
        assert_eq!(crash_choices(1, &both, 2).count(), 16);
        assert_eq!(crash_choices(1, &both, 1).count(), 7);
        // Too many choices to hold all of them.
        let many: Vec<_> = (0..63).map(|id| (General::new(id), Generals::first(64))).collect();
        let of_one = crash_choices(1, &many, 1).skip(1).take(100);
        assert!(of_one.into_iter().all(|crashes| crashes.len() == 1));
        assert_eq!(crash_choices(1, &many, 0).count(), 1);
        assert_eq!(crash_choices(1, &many, 63).take(1000).count(), 1000);
    }
}
