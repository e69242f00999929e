//! The step budget: how much work a search may do, shared fairly by parts on all threads.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::progress::{Halt, Progress};

/// The most states that the exploration of one case may hold at a time.
pub(crate) const MOST_STATES: usize = 1 << 20;

/// The step budget of one part of a search.
pub(crate) struct StepBudget<'a> {
    progress: &'a Progress,
    limit: u64,
    steps: u64,
    told: u64,
}

impl<'a> StepBudget<'a> {
    /// How many steps pass between updates of the shared count.
    const TELL_EVERY: u64 = 4096;

    /// Work of fewer steps than this is not worth handing to other threads.
    const WORTH_SHARING: u64 = 2_000;

    pub fn new(progress: &'a Progress, limit: u64) -> StepBudget<'a> {
        StepBudget { progress, limit, steps: 0, told: 0 }
    }

    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// A budget without a limit, for work that was counted before.
    pub fn unlimited(&self) -> StepBudget<'a> {
        StepBudget::new(self.progress, u64::MAX)
    }

    pub fn step(&mut self) -> Result<(), Halt> {
        self.take(1)
    }

    /// Checks that time and memory are left, without taking a step.
    pub fn go_on(&self) -> Result<(), Halt> {
        self.progress.go_on()
    }

    /// Takes this many steps at once.
    pub fn take(&mut self, steps: u64) -> Result<(), Halt> {
        self.steps += steps;
        if self.steps > self.limit {
            self.steps = self.limit;
            return Err(Halt::Steps);
        }
        if self.steps - self.told >= StepBudget::TELL_EVERY {
            self.tell();
        }
        self.progress.go_on()
    }

    /// Works on parts, by number, on all threads. The result is as if they were done one after the other, so it does
    /// not depend on the number of threads. If parts end early, the first of them (by number) ends the work: the parts
    /// after it leave no trace, and neither do steps beyond the limit.
    pub fn in_order<E: EarlyEnd + Send>(
        &mut self,
        parts: usize,
        work: impl Fn(usize, StepBudget<'a>) -> (u64, Result<(), E>) + Sync,
    ) -> Result<(), (usize, E)> {
        let (progress, before) = (self.progress, self.steps);
        let mut done = 0;
        while done < parts && self.steps - before < StepBudget::WORTH_SHARING {
            progress.go_on().map_err(|halt| (done, halt.into()))?;
            let left = self.limit - self.steps;
            self.add(done, work(done, StepBudget::new(progress, left)))?;
            done += 1;
        }
        let left = self.limit - self.steps;
        let first_ended = AtomicUsize::new(usize::MAX);
        let taken: Vec<_> = (done..parts).map(|_| AtomicU64::new(0)).collect();
        let worked = (done..parts).into_par_iter().map(|part| {
            if part > first_ended.load(Ordering::Relaxed) || progress.is_stopped() {
                return (0, Err(progress.halt().into()));
            }
            // Steps that earlier parts have reported are spent. What unfinished parts will take is not known yet.
            let before = &taken[..part - done];
            let before: u64 = before.iter().map(|taken| taken.load(Ordering::Relaxed)).sum();
            let left = left.saturating_sub(before);
            let (steps, result) = work(part, StepBudget::new(progress, left));
            taken[part - done].store(steps, Ordering::Relaxed);
            if result.is_err() {
                first_ended.fetch_min(part, Ordering::Relaxed);
            }
            (steps, result)
        });
        let worked: Vec<_> = worked.collect();
        let mut halted = Ok(());
        for (place, worked) in worked.into_iter().enumerate() {
            match self.add(done + place, worked) {
                // A finding is not lost because parts before it were stopped.
                Err((place, end)) if end.is_halt() && progress.is_stopped() => {
                    halted = halted.and(Err((place, end)));
                }
                added => added?,
            }
        }
        halted
    }

    /// Adds the steps of a part, which has already reported them to the shared count.
    fn add<E: EarlyEnd>(
        &mut self,
        part: usize,
        (steps, result): (u64, Result<(), E>),
    ) -> Result<(), (usize, E)> {
        let too_many = self.steps + steps > self.limit;
        let steps = steps.min(self.limit - self.steps);
        (self.steps, self.told) = (self.steps + steps, self.told + steps);
        let result = if too_many { Err(Halt::Steps.into()) } else { result };
        result.map_err(|end| (part, end))
    }

    fn tell(&mut self) {
        self.progress.worked(self.steps - self.told);
        self.told = self.steps;
    }
}

/// Why a part ended early.
pub(crate) trait EarlyEnd: From<Halt> {
    /// Whether the part was merely stopped, or has used up its budget.
    fn is_halt(&self) -> bool;
}

impl Drop for StepBudget<'_> {
    fn drop(&mut self) {
        self.tell();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl EarlyEnd for Halt {
        fn is_halt(&self) -> bool {
            true
        }
    }

    /// Either something was found, or the work was halted.
    #[derive(PartialEq, Debug)]
    enum End {
        Found,
        Halted(Halt),
    }

    impl From<Halt> for End {
        fn from(halt: Halt) -> End {
            End::Halted(halt)
        }
    }

    impl EarlyEnd for End {
        fn is_halt(&self) -> bool {
            matches!(self, End::Halted(_))
        }
    }

    #[test]
    fn what_was_found_when_it_is_told_to_stop_is_not_lost() {
        let threads = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let progress = Progress::new();
        let ended = threads.install(|| {
            let mut budget = StepBudget::new(&progress, u64::MAX);
            budget.in_order(3, |part, _| match part {
                0 => (StepBudget::WORTH_SHARING, Ok(())),
                1 => {
                    while !progress.is_stopped() {
                        std::thread::yield_now();
                    }
                    (0, Err(progress.halt().into()))
                }
                _ => {
                    progress.stop();
                    (0, Err(End::Found))
                }
            })
        });
        assert_eq!(ended, Err((2, End::Found)));
    }

    #[test]
    fn a_limit_is_not_spent_by_each_part_anew() {
        let (progress, worked) = (Progress::new(), AtomicU64::new(0));
        let mut budget = StepBudget::new(&progress, 5_000);
        let ended = budget.in_order(512, |_, mut budget| {
            let result = (0..1_000).try_for_each(|_| {
                worked.fetch_add(1, Ordering::Relaxed);
                budget.step()
            });
            (budget.steps(), result)
        });
        assert_eq!((ended, budget.steps()), (Err((5, Halt::Steps)), 5_000));
        // A thread does not know what unfinished parts take: it may spend the limit anew each time the parts are
        // halved.
        let most = 9 * 6_000 * rayon::current_num_threads() as u64;
        let worked = worked.into_inner();
        assert!((5_000..=most).contains(&worked), "{worked} steps were taken, of at most {most}");
    }
}
