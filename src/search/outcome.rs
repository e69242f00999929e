//! The outcome of exploring a case, when it does not end with everything covered.

use super::decisions::Decisions;
use super::progress::Halt;
use crate::fault::Fault;
use crate::property::Violation;
use crate::protocol::Lockstep;
use crate::testable::Refusal;

/// Why the exploration of a case ended early.
#[derive(Debug)]
pub(crate) enum SearchOutcome<M> {
    /// Something that must not be, and what the traitors say to bring it about.
    Found(Violation, Box<Decisions<M>>),
    /// Too much work.
    Halted(Halt),
    /// The protocol's description is wrong.
    Refused(Refusal),
}

/// Why the exploration of a case of this protocol ended early.
pub(crate) type SearchOutcomeOf<P> = SearchOutcome<<P as Lockstep>::Message>;

/// The steps of an exploration, and why it ended early, if it did.
pub(crate) type Explored<P> = (u64, Result<(), SearchOutcomeOf<P>>);

impl<M> From<Halt> for SearchOutcome<M> {
    fn from(halt: Halt) -> SearchOutcome<M> {
        SearchOutcome::Halted(halt)
    }
}

impl<M> From<Refusal> for SearchOutcome<M> {
    fn from(refusal: Refusal) -> SearchOutcome<M> {
        SearchOutcome::Refused(refusal)
    }
}

impl<M> From<Box<Fault>> for SearchOutcome<M> {
    fn from(fault: Box<Fault>) -> SearchOutcome<M> {
        SearchOutcome::Found(Violation::Fault(*fault), Box::new(Decisions::new()))
    }
}

impl<M> SearchOutcome<M> {
    /// The same, after the traitors said this.
    pub fn after(self, said: impl FnOnce() -> Decisions<M>) -> SearchOutcome<M> {
        match self {
            SearchOutcome::Found(violation, decisions) => {
                SearchOutcome::Found(violation, Box::new(decisions.after(said())))
            }
            other => other,
        }
    }
}
