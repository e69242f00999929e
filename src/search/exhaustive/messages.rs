//! The messages of a round, before anybody has received them.

use std::sync::Arc;

use crate::machine::Said;
use crate::schedule::Crash;
use crate::search::choices::signature_set::SignatureSet;
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

/// What is said in a round.
pub(crate) struct RoundMessages {
    /// What the enemy can show then.
    pub overheard: SignatureSet,
    /// Which of the disrupted messages have been said by now.
    pub disrupted: u64,
    /// By who crashes in the round: what reaches whom.
    pub crash_choices: Vec<(Vec<Crash>, Outboxes)>,
}
