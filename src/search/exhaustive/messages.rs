//! The messages of a round, before anybody has received them.

use std::sync::Arc;

use crate::machine::Said;
use crate::testable::Wire;

/// What one general says in one round.
pub(crate) struct Sends {
    /// What it says to each general; `None` where there is no edge.
    pub says: Vec<Option<Said>>,
    /// The signatures in that, if the general is loyal, and the wires on which they are shown.
    pub shows: Vec<(Wire, u32)>,
}

/// What each general says; `None` if it is not followed.
pub(crate) type AllSends = Vec<Option<Arc<Sends>>>;

/// What each followed general says to every other one, by receiver and then sender.
pub(crate) type Outboxes = Vec<Vec<Option<Said>>>;
