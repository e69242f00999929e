//! Cases in parallel: explores many cases on all threads, as if one after the other.

use itertools::Itertools;

use super::budget::StepBudget;
use super::choices::initial::InitialChoices;
use super::outcome::{Explored, SearchOutcome};
use super::progress::Progress;

/// What came of going through cases, up to the first that ended early.
pub(crate) struct ExploredCases {
    pub steps: u64,
    /// The cases that were gone through to their end.
    pub covered: Vec<InitialChoices>,
    /// The first case that ended early, and why.
    pub end: Option<(InitialChoices, SearchOutcome)>,
}

/// How many cases are handed to the threads at a time.
const AT_A_TIME: usize = 256;

/// Explores the cases, with at most so many steps in all; the answer does not depend on the number of
/// threads.
pub(crate) fn explored_cases<'p>(
    cases: impl Iterator<Item = InitialChoices>,
    limit: u64,
    progress: &'p Progress,
    explore: impl Fn(&InitialChoices, StepBudget<'p>) -> Explored + Sync,
) -> ExploredCases {
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
