//! The outcome of exploring a case, when it does not end with everything covered.

use super::budget::EarlyEnd;
use super::decisions::Decisions;
use super::progress::Halt;
use crate::fault::Fault;
use crate::property::Violation;
use crate::testable::Refusal;

/// Why the exploration of a case ended early.
#[derive(Debug)]
pub(crate) enum SearchOutcome {
    /// A violation, and the decisions of the adversary that bring it about.
    Found(Violation, Box<Decisions>),
    /// Too much work.
    Halted(Halt),
    /// The protocol's description is wrong.
    Refused(Refusal),
}

/// The steps of an exploration, and why it ended early, if it did.
pub(crate) type Explored = (u64, Result<(), SearchOutcome>);

impl From<Halt> for SearchOutcome {
    fn from(halt: Halt) -> SearchOutcome {
        SearchOutcome::Halted(halt)
    }
}

impl EarlyEnd for SearchOutcome {
    fn is_halt(&self) -> bool {
        matches!(self, SearchOutcome::Halted(_))
    }
}

impl From<Refusal> for SearchOutcome {
    fn from(refusal: Refusal) -> SearchOutcome {
        SearchOutcome::Refused(refusal)
    }
}

impl From<Box<Fault>> for SearchOutcome {
    fn from(fault: Box<Fault>) -> SearchOutcome {
        SearchOutcome::Found(Violation::Fault(*fault), Box::new(Decisions::new()))
    }
}

impl SearchOutcome {
    /// The same outcome, after these earlier decisions.
    pub fn after(self, said: impl FnOnce() -> Decisions) -> SearchOutcome {
        match self {
            SearchOutcome::Found(violation, decisions) => {
                SearchOutcome::Found(violation, Box::new(decisions.after(said())))
            }
            other => other,
        }
    }
}
