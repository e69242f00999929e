//! How the exploration of a case ends, when it does not end with everything covered.

use super::effort::Halt;
use super::script::Script;
use crate::fault::Fault;
use crate::property::Violation;
use crate::protocol::Lockstep;
use crate::testable::Refusal;

/// Why the exploration of a case ended early.
#[derive(Debug)]
pub(crate) enum End<M> {
    /// Something that must not be, and what the traitors say to bring it about.
    Found(Violation, Box<Script<M>>),
    /// Too much work.
    Halted(Halt),
    /// The protocol's description is wrong.
    Refused(Refusal),
}

/// Why the exploration of a case of this protocol ended early.
pub(crate) type EndOf<P> = End<<P as Lockstep>::Message>;

/// The steps of an exploration, and why it ended early, if it did.
pub(crate) type Explored<P> = (u64, Result<(), EndOf<P>>);

impl<M> From<Halt> for End<M> {
    fn from(halt: Halt) -> End<M> {
        End::Halted(halt)
    }
}

impl<M> From<Refusal> for End<M> {
    fn from(refusal: Refusal) -> End<M> {
        End::Refused(refusal)
    }
}

impl<M> From<Box<Fault>> for End<M> {
    fn from(fault: Box<Fault>) -> End<M> {
        End::Found(Violation::Fault(*fault), Box::new(Script::new()))
    }
}

impl<M> End<M> {
    /// The same, after the traitors said this.
    pub fn after(self, said: impl FnOnce() -> Script<M>) -> End<M> {
        match self {
            End::Found(violation, script) => End::Found(violation, Box::new(script.after(said()))),
            other => other,
        }
    }
}
