//! A wire: from whom to whom, in which round.

use serde::Serialize;

use crate::general::General;
use crate::protocol::Round;

/// One wire in one round: what `from` says to `to`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Wire {
    /// The round in which it is used.
    pub round: Round,
    /// Who speaks.
    pub from: General,
    /// Who hears.
    pub to: General,
}
