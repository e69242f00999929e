//! Goes through many cases, on all threads, as if one after the other.

use itertools::Itertools;

use super::case::CaseOf;
use super::effort::{Meter, Progress};
use super::end::{EndOf, Explored};
use crate::testable::Testable;

/// What came of going through cases, up to the first that ended early.
pub(crate) struct Survey<P: Testable> {
    pub steps: u64,
    /// The cases that were gone through to their end.
    pub covered: Vec<CaseOf<P>>,
    /// The first case that ended early, and why.
    pub end: Option<(CaseOf<P>, EndOf<P>)>,
}

/// How many cases are handed to the threads at a time.
const AT_A_TIME: usize = 256;

/// Explores the cases, with at most so many steps in all; the answer does not depend on the number of
/// threads.
pub(crate) fn survey<'p, P: Testable>(
    cases: impl Iterator<Item = CaseOf<P>>,
    limit: u64,
    progress: &'p Progress,
    explore: impl Fn(&CaseOf<P>, Meter<'p>) -> Explored<P> + Sync,
) -> Survey<P> {
    let mut meter = Meter::new(progress, limit);
    let mut covered = Vec::new();
    for cases in &cases.chunks(AT_A_TIME) {
        let mut cases = cases.collect_vec();
        let explored = meter.in_order(cases.len(), |place, meter| explore(&cases[place], meter));
        if let Err((place, end)) = explored {
            let case = cases.swap_remove(place);
            cases.truncate(place);
            covered.extend(cases);
            return Survey { steps: meter.steps(), covered, end: Some((case, end)) };
        }
        covered.extend(cases);
    }
    Survey { steps: meter.steps(), covered, end: None }
}
