//! How far a search has come, as seen from another thread, and how it is told to stop.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use super::milestone::Milestones;
use crate::machine::Stops;

/// What a search is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// The protocol is asked what can be said on each wire.
    Preparing,
    /// Behaviours are counted.
    Counting,
    /// An attack is looked for.
    Searching,
    /// An attack was found, and is made smaller. From then on the work is counted anew, in executions.
    Shrinking,
}

impl Phase {
    const ALL: [Phase; 4] = [Phase::Preparing, Phase::Counting, Phase::Searching, Phase::Shrinking];
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Preparing => "preparing what can be said",
            Phase::Counting => "counting behaviours",
            Phase::Searching => "searching",
            Phase::Shrinking => "making the attack smaller",
        })
    }
}

/// A running search as seen from another thread: how far it has come, and a way to stop it.
#[derive(Debug)]
pub struct Progress {
    /// 0 unless the search is to stop; otherwise the reason.
    stop: AtomicU8,
    /// The number of the phase.
    phase: AtomicU8,
    /// About how many messages have to be prepared, if that was sampled.
    messages: AtomicU64,
    steps: AtomicU64,
    /// In billionths.
    share: AtomicU64,
    /// Whether the process ends when the search does.
    is_last: AtomicBool,
    /// From where another search could resume.
    pub(crate) milestones: Milestones,
}

const WHOLE: f64 = 1e9;

const STOPPED: u8 = 1;
const OUT_OF_MEMORY: u8 = 2;

impl Progress {
    /// A search that has not begun.
    #[must_use]
    pub const fn new() -> Progress {
        Progress {
            stop: AtomicU8::new(0),
            phase: AtomicU8::new(Phase::Searching as u8),
            messages: AtomicU64::new(0),
            steps: AtomicU64::new(0),
            share: AtomicU64::new(0),
            is_last: AtomicBool::new(false),
            milestones: Milestones::new(),
        }
    }

    /// Asks the search to stop soon. Its verdict is then about what it has covered.
    pub fn stop(&self) {
        self.stop.store(STOPPED, Ordering::Relaxed);
    }

    /// The same, because there is not enough memory for it.
    pub fn stop_for_memory(&self) {
        self.stop.store(OUT_OF_MEMORY, Ordering::Relaxed);
    }

    /// What the search is doing at the moment.
    #[must_use]
    pub fn phase(&self) -> Phase {
        Phase::ALL[usize::from(self.phase.load(Ordering::Relaxed))]
    }

    /// The work done so far, in calls to the protocol; it may lag a little.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// The share of the space that is covered, from 0 to 1. (While an attack is made smaller: the share of the time
    /// that this may take, if there is a limit.)
    #[must_use]
    pub fn share(&self) -> f64 {
        (self.share.load(Ordering::Relaxed) as f64 / WHOLE).min(1.0)
    }

    /// Announces that the process ends when the search has stopped, so nobody needs its memory.
    #[cfg(feature = "cli")]
    pub(crate) fn ends_with_it(&self) {
        self.is_last.store(true, Ordering::Relaxed);
    }

    /// Whether the process ends when the search does.
    pub(crate) fn is_last(&self) -> bool {
        self.is_last.load(Ordering::Relaxed)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) != 0
    }

    /// An error if the search was asked to stop.
    pub(crate) fn go_on(&self) -> Result<(), Halt> {
        if self.is_stopped() { Err(self.halt()) } else { Ok(()) }
    }

    /// Why the search was asked to stop.
    pub(crate) fn halt(&self) -> Halt {
        match self.stop.load(Ordering::Relaxed) {
            OUT_OF_MEMORY => Halt::Memory,
            _ => Halt::Stopped,
        }
    }

    /// Begins a new phase.
    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        if phase == Phase::Shrinking {
            self.at(0, 0.0);
        }
    }

    /// Announces about how many messages have to be prepared.
    pub(crate) fn prepare(&self, messages: u64) {
        self.messages.store(messages, Ordering::Relaxed);
    }

    /// About how many messages have to be prepared, if that was sampled because there are many; else 0.
    #[cfg(feature = "cli")]
    pub(crate) fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    /// Sets how far the search has come, as counted by somebody else.
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

impl Stops for Progress {
    fn is_stopped(&self) -> bool {
        Progress::is_stopped(self)
    }
}

impl Default for Progress {
    fn default() -> Progress {
        Progress::new()
    }
}

/// Why a search ended before it had covered everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Halt {
    /// It was told to, or its time was up.
    Stopped,
    /// It took as many steps as it was allowed.
    Steps,
    /// It would have had to hold more states at a time than allowed.
    Room,
    /// It took as much memory as allowed.
    Memory,
    /// An execution of an event-driven protocol takes more waves than allowed.
    Waves,
    /// Only a [part](super::part::Part) was to be searched, and it was.
    Part,
    /// The protocol does not say what a traitor could say: only what can be made of the messages that were heard was
    /// covered.
    Harvest,
    /// All phases of a protocol without a last phase were searched, but whether all decide in the end is not judged
    /// there.
    Endless,
    /// Everything was searched, but timers can be set again for ever: then it is never quiet, and who decides in the
    /// end is not judged.
    Timers,
    /// As [`Endless`](Halt::Endless), and more: traitors can't keep *all* of the loyal undecided for ever in phases
    /// that all of them end, whatever common coins show, if a coin shows its face only when more of the loyal have
    /// asked for it than there can be traitors. Whether some can be left behind for ever was not searched.
    LeftBehind,
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Halt::Stopped => "it was stopped",
            Halt::Steps => "the step budget was used up",
            Halt::Room => "the state limit was reached",
            Halt::Memory => "the memory limit was reached",
            Halt::Waves => "an execution reached the wave limit",
            Halt::Part => "the rest is for other shards",
            Halt::Endless => {
                "nothing wrong is decided in any phase, but who decides in the end is not judged where phases \
                 have no end"
            }
            Halt::Timers => {
                "nothing wrong is decided, but timers can be set again for ever, and who decides in the end is not \
                 judged where it is never quiet"
            }
            Halt::LeftBehind => {
                "nothing wrong is decided in any phase, and traitors can't keep all undecided for ever in phases that \
                 all of the loyal end, if a common coin shows its face only when more of the loyal have asked for it than \
                 there can be traitors; but that some are left behind for ever was not looked for"
            }
            Halt::Harvest => "the protocol does not say what a traitor could say",
        })
    }
}
