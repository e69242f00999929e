//! The compositional engine, for recursive protocols: the outcomes of a subtree are composed of those
//! of the subtrees below it, and never enumerated.
//!
//! | file | what it does |
//! |---|---|
//! | `compose` | asks with ever more traitors whether there is an attack, and confirms it |
//! | `composition` | composes the outcomes of subtrees, bottom-up |
//! | `outcomes` | what can come of a subtree, and at what price |
//! | `vote_classes` | who votes on a subtree, by class, and how many votes each class needs |
//! | `vote_counting` | the cheapest way in which they give everybody the votes that are needed |
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
    /// One of its methods panics.
    Refused(Refusal),
    /// What is in the way, in words.
    Because(String),
    /// It took too much, or was told to stop.
    Halted(Halt),
    /// It can be composed, and says that there is an attack, but there is no run that shows it:
    /// why, in words.
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
