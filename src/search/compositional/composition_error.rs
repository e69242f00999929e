//! Why a protocol's recursion can't be composed.

use crate::testable::Refusal;

/// Why a protocol's recursion can't be composed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum CompositionError {
    /// One of its methods panics.
    Refused(Refusal),
    /// What is in the way, in words.
    Because(String),
    /// It can be composed, and says that there is an attack, but there is no run that shows it:
    /// why, in words.
    Unshown(String),
}

impl From<Refusal> for CompositionError {
    fn from(refusal: Refusal) -> CompositionError {
        CompositionError::Refused(refusal)
    }
}
