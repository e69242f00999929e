//! Goes through many cases, on all threads, as if one after the other.

use std::sync::atomic::{AtomicUsize, Ordering};

use itertools::Itertools;
use rayon::prelude::*;

use super::case::CaseOf;
use super::effort::{Halt, Meter, Progress};
use super::end::{End, EndOf, Explored};
use crate::general::Generals;
use crate::testable::Testable;

/// What came of going through cases, up to the first that ended early.
pub(crate) struct Survey<P: Testable> {
    pub steps: u64,
    /// The traitors of each case that was gone through to its end.
    pub covered: Vec<Generals>,
    /// The first case that ended early, and why.
    pub end: Option<(CaseOf<P>, EndOf<P>)>,
}

/// How many cases are handed to the threads at a time.
const AT_A_TIME: usize = 256;

/// Explores the cases, with at most so many steps in all.
///
/// The answer does not depend on the number of threads: cases after the first that ends early
/// leave no trace, and neither do steps beyond the limit.
pub(crate) fn survey<P: Testable>(
    cases: impl Iterator<Item = CaseOf<P>>,
    limit: u64,
    progress: &Progress,
    explore: impl Fn(&CaseOf<P>, Meter<'_>) -> Explored<P> + Sync,
) -> Survey<P> {
    let mut survey = Survey { steps: 0, covered: Vec::new(), end: None };
    for cases in &cases.chunks(AT_A_TIME) {
        let cases = cases.collect_vec();
        let left = limit - survey.steps;
        let first_ended = AtomicUsize::new(usize::MAX);
        let explored = cases.par_iter().enumerate().map(|(number, case)| {
            if number > first_ended.load(Ordering::Relaxed) || progress.is_stopped() {
                return (0, Err(End::Halted(Halt::Stopped)));
            }
            let (steps, result) = explore(case, Meter::new(progress, left));
            if result.is_err() {
                first_ended.fetch_min(number, Ordering::Relaxed);
            }
            (steps, result)
        });
        let explored: Vec<_> = explored.collect();
        for (case, (steps, result)) in cases.into_iter().zip(explored) {
            let too_many = survey.steps + steps > limit;
            survey.steps = limit.min(survey.steps + steps);
            match if too_many { Err(Halt::Steps.into()) } else { result } {
                Ok(()) => survey.covered.push(case.traitors),
                Err(end) => {
                    survey.end = Some((case, end));
                    return survey;
                }
            }
        }
    }
    survey
}
