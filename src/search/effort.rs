//! How much work a search may do, how much it has done, and how it is told to stop.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::Serialize;

/// A search that is under way, seen from another thread: how far it is, and a way to stop it.
#[derive(Debug, Default)]
pub struct Progress {
    stop: AtomicBool,
    shrinking: AtomicBool,
    steps: AtomicU64,
    /// In billionths.
    share: AtomicU64,
}

const WHOLE: f64 = 1e9;

impl Progress {
    /// A search that has not begun.
    #[must_use]
    pub const fn new() -> Progress {
        Progress {
            stop: AtomicBool::new(false),
            shrinking: AtomicBool::new(false),
            steps: AtomicU64::new(0),
            share: AtomicU64::new(0),
        }
    }

    /// Asks the search to stop soon. What it has covered by then is its verdict.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether an attack has been found, and is made smaller. From then on the work is counted anew, in
    /// executions.
    #[must_use]
    pub fn is_shrinking(&self) -> bool {
        self.shrinking.load(Ordering::Relaxed)
    }

    /// The work done so far, in calls to the protocol; it may lag a little.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// The share of the space that is covered, from 0 to 1. (Where an attack is made smaller, the share of
    /// the time that this may take, if there is a limit.)
    #[must_use]
    pub fn share(&self) -> f64 {
        (self.share.load(Ordering::Relaxed) as f64 / WHOLE).min(1.0)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(crate) fn shrink(&self) {
        self.shrinking.store(true, Ordering::Relaxed);
        self.at(0, 0.0);
    }

    /// So far has it come, by another one's count.
    pub(crate) fn at(&self, steps: u64, share: f64) {
        self.steps.store(steps, Ordering::Relaxed);
        self.share.store((share * WHOLE) as u64, Ordering::Relaxed);
    }

    pub(crate) fn worked(&self, steps: u64) {
        self.steps.fetch_add(steps, Ordering::Relaxed);
    }

    pub(crate) fn covered(&self, share: f64) {
        self.share.fetch_add((share * WHOLE) as u64, Ordering::Relaxed);
    }
}

/// Why a search ended before it had covered everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Halt {
    /// It was told to, or its time was up.
    Stopped,
    /// It did as many steps as it was allowed.
    Steps,
    /// It would have had to hold more states at a time than it may.
    Room,
    /// The protocol does not say what a traitor could say: only what can be made of what was heard
    /// was covered.
    Harvest,
}

impl std::fmt::Display for Halt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Halt::Stopped => "it was stopped",
            Halt::Steps => "its budget of steps was used up",
            Halt::Room => "it would have had to hold too many states at a time",
            Halt::Harvest => "the protocol does not say what a traitor could say",
        })
    }
}

/// The most states that the exploration of one case may hold at a time.
pub(crate) const ROOM: usize = 1 << 20;

/// The steps of one part of a search.
pub(crate) struct Meter<'a> {
    progress: &'a Progress,
    limit: u64,
    steps: u64,
    told: u64,
}

impl<'a> Meter<'a> {
    /// How often the shared count is brought up to date.
    const TELL_EVERY: u64 = 4096;

    pub fn new(progress: &'a Progress, limit: u64) -> Meter<'a> {
        Meter { progress, limit, steps: 0, told: 0 }
    }

    pub fn steps(&self) -> u64 {
        self.steps
    }

    pub fn step(&mut self) -> Result<(), Halt> {
        self.steps += 1;
        if self.steps > self.limit {
            self.steps = self.limit;
            return Err(Halt::Steps);
        }
        if self.steps - self.told >= Meter::TELL_EVERY {
            self.tell();
            if self.progress.is_stopped() {
                return Err(Halt::Stopped);
            }
        }
        Ok(())
    }

    fn tell(&mut self) {
        self.progress.worked(self.steps - self.told);
        self.told = self.steps;
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        self.tell();
    }
}
