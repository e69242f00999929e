//! The messages of a round, before anybody has received them.

use std::sync::Arc;

use crate::machine::Said;
use crate::testable::Wire;

/// What one general says in one round.
pub(crate) struct Sends {
    /// To each of all generals; nothing where there is no edge.
    pub says: Vec<Option<Said>>,
    /// The signatures in that, if it is loyal, and where they are shown.
    pub shows: Vec<(Wire, u32)>,
}

/// What each general says, if it is followed.
pub(crate) type AllSends = Vec<Option<Arc<Sends>>>;

/// What each followed general says to each other, by receiver and sender.
pub(crate) type Outboxes = Vec<Vec<Option<Said>>>;
