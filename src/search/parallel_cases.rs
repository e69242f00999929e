//! Cases in parallel: explores many cases on all threads, as if one after the other.

use itertools::Itertools;

use super::budget::StepBudget;
use super::choices::initial::InitialChoicesOf;
use super::outcome::{Explored, SearchOutcomeOf};
use super::progress::Progress;
use crate::testable::Testable;

/// What came of going through cases, up to the first that ended early.
pub(crate) struct ExploredCases<P: Testable> {
    pub steps: u64,
    /// The cases that were gone through to their end.
    pub covered: Vec<InitialChoicesOf<P>>,
    /// The first case that ended early, and why.
    pub end: Option<(InitialChoicesOf<P>, SearchOutcomeOf<P>)>,
}

/// How many cases are handed to the threads at a time.
const AT_A_TIME: usize = 256;

/// Explores the cases, with at most so many steps in all; the answer does not depend on the number of
/// threads.
pub(crate) fn explored_cases<'p, P: Testable>(
    cases: impl Iterator<Item = InitialChoicesOf<P>>,
    limit: u64,
    progress: &'p Progress,
    explore: impl Fn(&InitialChoicesOf<P>, StepBudget<'p>) -> Explored<P> + Sync,
) -> ExploredCases<P> {
    let mut budget = StepBudget::new(progress, limit);
    let mut covered = Vec::new();
    for cases in &cases.chunks(AT_A_TIME) {
        let mut cases = cases.collect_vec();
        let explored = budget.in_order(cases.len(), |place, budget| explore(&cases[place], budget));
        if let Err((place, end)) = explored {
            let case = cases.swap_remove(place);
            cases.truncate(place);
            covered.extend(cases);
            return ExploredCases { steps: budget.steps(), covered, end: Some((case, end)) };
        }
        covered.extend(cases);
    }
    ExploredCases { steps: budget.steps(), covered, end: None }
}
