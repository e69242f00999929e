//! Why the exploration of a case of an event-driven protocol ended early.

use crate::search::progress::Halt;
use crate::testable::Refusal;

/// Why the exploration of a case ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// Too much work.
    Halted(Halt),
    /// The protocol's description is wrong.
    Refused(Refusal),
    /// A common coin shows a face, and which one is not settled yet.
    Tossed(u32),
    /// Sets of local states are so small that bursts are better.
    Small,
}

impl From<Halt> for Stop {
    fn from(halt: Halt) -> Stop {
        Stop::Halted(halt)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}
