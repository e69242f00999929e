//! The compositional engine, for recursive protocols: the outcomes of a subtree are composed from those of the subtrees
//! below it, and never enumerated.
//!
//! | file | what it does |
//! |---|---|
//! | `compose` | asks for more and more traitors whether there is an attack, and confirms it |
//! | `composition` | composes the outcomes of subtrees, bottom-up |
//! | `outcomes` | the possible outcomes of a subtree, and their prices |
//! | `vote_classes` | who votes on a subtree, by class, and how many votes each class needs |
//! | `vote_counting` | the cheapest way in which the relays give everybody the votes that are needed |
//! | `flow_bounds` | bounds on the votes of each set of classes, by a flow argument |
//! | `witness` | turns an outcome back into lies, top-down |

mod compose;
mod composition;
mod flow_bounds;
mod outcomes;
mod vote_classes;
mod vote_counting;
mod witness;

use super::progress::Halt;
use crate::testable::Refusal;

/// Why a protocol's recursion can't be composed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum CompositionError {
    /// One of the recursion's methods panics.
    Refused(Refusal),
    /// The protocol or the question does not fit: why, in words.
    Because(String),
    /// It took too many steps, or was told to stop.
    Halted(Halt),
    /// The composition finds an attack, but no run shows it: why, in words.
    Unshown(String),
}

impl From<Halt> for CompositionError {
    fn from(halt: Halt) -> CompositionError {
        CompositionError::Halted(halt)
    }
}

impl From<Refusal> for CompositionError {
    fn from(refusal: Refusal) -> CompositionError {
        CompositionError::Refused(refusal)
    }
}
