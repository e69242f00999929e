//! The crash choices of a round: who crashes in it and whom each still reaches; and which messages of
//! the loyal do not arrive in it.

use itertools::Itertools;

use super::context::RoundContext;
use super::messages::Outboxes;
use crate::general::{General, Generals};
use crate::machine::MessageId;
use crate::protocol::Round;
use crate::schedule::{Arrival, Crash, Shift};

/// Every choice of crashes in one round, at most so many, when each of these generals, who have not
/// crashed yet, has something to say to those others; nobody crashes first of all.
///
/// One who would still reach everybody crashes in the next round, before it says anything; or,
/// after the last round, not at all.
pub(crate) fn crash_choices(
    round: Round,
    able: &[(General, Generals)],
    most: usize,
) -> impl Iterator<Item = Vec<Crash>> {
    let ways = able.iter().map(move |&(general, speaks_to)| {
        let reached = (0..speaks_to.len()).rev().flat_map(move |size| speaks_to.subsets(size));
        let crash = move |reaches| Crash { general, round, reaches };
        [None].into_iter().chain(reached.map(crash).map(Some))
    });
    let crash_choices = ways.multi_cartesian_product();
    let crash_choices =
        crash_choices.map(|crash_choices| crash_choices.into_iter().flatten().collect_vec());
    crash_choices.filter(move |crashes| crashes.len() <= most)
}

impl RoundContext<'_> {
    /// The traitors who have not crashed yet, each with those to whom it has something to say, and
    /// who have not crashed either.
    pub(super) fn able_to_crash(
        &self,
        lives: impl Fn(&General) -> bool,
        outboxes: &Outboxes,
    ) -> Vec<(General, Generals)> {
        let speaks = |from: General, to: General| {
            outboxes[to.id()][from.id()].as_ref().is_some_and(|said| !said.is_empty())
        };
        let able = self.case.traitors.iter().filter(&lives).map(|from| {
            (from, self.everybody().filter(&lives).filter(|to| speaks(from, *to)).collect())
        });
        able.collect()
    }

    /// What is said in a round without what does not arrive in it, and which of the disrupted messages
    /// have been said by then.
    pub(super) fn disrupted(
        &self,
        round: Round,
        before: u64,
        mut outboxes: Outboxes,
    ) -> (u64, Outboxes) {
        let mut disrupted = before;
        for (place, Shift { wire, message, .. }) in self.case.disruptions.iter().enumerate() {
            let said = &mut outboxes[wire.to.id()][wire.from.id()];
            let Some(said) = said.as_mut().filter(|_| wire.round == round) else { continue };
            if let Some(found) = said.iter().position(|said| said == message) {
                *said = said
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| *at != found)
                    .map(|(_, m)| *m)
                    .collect();
                disrupted |= 1 << place;
            }
        }
        (disrupted, outboxes)
    }

    /// What was said to a general in an earlier round, and arrives in this one.
    pub(super) fn overdue(
        &self,
        round: Round,
        to: General,
        disrupted: u64,
    ) -> Vec<(General, MessageId)> {
        let disruptions = self.case.disruptions.iter().enumerate();
        let due = disruptions.filter(|(place, Shift { wire, arrival, .. })| {
            let due = matches!(arrival, Arrival::Late(rounds) if wire.round + rounds == round);
            due && wire.to == to && disrupted >> place & 1 == 1
        });
        due.map(|(_, shift)| (shift.wire.from, shift.message)).collect()
    }
}

#[cfg(test)]
mod tests {
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
    }
}
