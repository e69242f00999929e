//! How far a search has come that goes from case to case, so that a later search can resume there.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A position in a search: everything before it was searched, and nothing was found there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// How many traitors there are in the cases that are being searched.
    pub traitors: usize,
    /// How many of these cases are done.
    pub cases: usize,
    /// The steps taken before the first of these cases.
    pub before: u64,
    /// The steps taken before the next of them.
    pub steps: u64,
    /// In the next case: how many of the global states in which the last round begins are done. (The earlier rounds are
    /// searched again.)
    pub states: usize,
    /// The steps that the last round took in those states.
    pub last_round: u64,
}

impl Milestone {
    /// The milestone before the first case with this many traitors, after this many steps.
    pub(crate) fn beginning(traitors: usize, steps: u64) -> Milestone {
        Milestone { traitors, cases: 0, before: steps, steps, states: 0, last_round: 0 }
    }
}

/// The last milestone of a search on all threads, if milestones are kept.
#[derive(Debug)]
pub(crate) struct Milestones(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    is_kept: bool,
    /// Where the search resumed.
    from: Option<Milestone>,
    last: Option<Milestone>,
    /// The number of the first case to search.
    first: usize,
    /// The steps of cases that are done while earlier ones are not.
    ahead: BTreeMap<usize, u64>,
}

/// A case that is being searched.
#[derive(Clone, Copy)]
pub(crate) struct CaseUnderWay<'a> {
    milestones: &'a Milestones,
    number: usize,
    /// How much of it is done already, as in [`Milestone`].
    pub states: usize,
    pub last_round: u64,
}

impl Milestones {
    /// Milestones that are not kept.
    pub const fn new() -> Milestones {
        let kept =
            Kept { is_kept: false, from: None, last: None, first: 0, ahead: BTreeMap::new() };
        Milestones(Mutex::new(kept))
    }

    /// Keeps milestones from now on; the search resumes from this one, or starts at the beginning.
    #[cfg(any(test, feature = "cli"))]
    pub fn keep(&self, from: Option<Milestone>) {
        *self.kept() = Kept { is_kept: true, from, last: from, first: 0, ahead: BTreeMap::new() };
    }

    pub fn from(&self) -> Option<Milestone> {
        self.kept().from
    }

    /// The last milestone.
    #[cfg(any(test, feature = "cli"))]
    pub fn last(&self) -> Option<Milestone> {
        self.kept().last
    }

    /// Sets the milestone from which the following cases are searched.
    pub fn begin(&self, begun: Milestone) {
        let mut kept = self.kept();
        kept.last = Some(begun).filter(|_| kept.is_kept);
        kept.first = begun.cases;
        kept.ahead.clear();
    }

    /// The case at this place, counted from where the search began, if milestones are kept.
    pub fn case(&self, place: usize) -> Option<CaseUnderWay<'_>> {
        let kept = self.kept();
        let number = kept.first + place;
        let last = kept.last?;
        let is_begun =
            kept.from.filter(|from| from.traitors == last.traitors && from.cases == number);
        let (states, last_round) = is_begun.map_or((0, 0), |from| (from.states, from.last_round));
        Some(CaseUnderWay { milestones: self, number, states, last_round })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CaseUnderWay<'_> {
    /// Records how much of the case is done.
    pub fn comes_to(self, states: usize, last_round: u64) {
        let mut kept = self.milestones.kept();
        if let Some(last) = kept.last.as_mut().filter(|last| last.cases == self.number) {
            (last.states, last.last_round) = (states, last_round);
        }
    }

    /// Records that the case is done, in this many steps.
    pub fn is_done(self, steps: u64) {
        let mut kept = self.milestones.kept();
        let Kept { last, ahead, .. } = &mut *kept;
        ahead.insert(self.number, steps);
        let Some(last) = last else { return };
        while let Some(steps) = ahead.remove(&last.cases) {
            let (cases, steps) = (last.cases + 1, last.steps + steps);
            *last = Milestone { cases, steps, states: 0, last_round: 0, ..*last };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_ahead_of_others_counts_once_they_are_done() {
        let begun =
            Milestone { traitors: 2, cases: 3, before: 5, steps: 10, states: 7, last_round: 4 };
        let milestones = Milestones::new();
        milestones.begin(begun);
        assert!(milestones.case(0).is_none() && milestones.last().is_none());
        milestones.keep(Some(begun));
        milestones.begin(begun);
        let case = |number: usize| milestones.case(number - 3).unwrap();
        assert_eq!((case(3).states, case(3).last_round, case(4).states), (7, 4, 0));
        case(4).comes_to(9, 9);
        case(4).is_done(100);
        assert_eq!(milestones.last(), Some(begun));
        case(3).comes_to(8, 6);
        assert_eq!(milestones.last(), Some(Milestone { states: 8, last_round: 6, ..begun }));
        case(3).is_done(20);
        let both = Milestone { cases: 5, steps: 130, states: 0, last_round: 0, ..begun };
        assert_eq!(milestones.last(), Some(both));
    }
}
