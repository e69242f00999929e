//! Signatures: what only the owner of a key can make, and everybody can verify.

#[cfg(feature = "ed25519")]
pub mod ed25519;
pub mod ideal;

use std::fmt::Debug;

use crate::general::General;
use crate::outcome::Task;
use crate::protocol::Plain;

/// A signature scheme, with the keys of all generals.
///
/// A protocol is generic over its scheme, so the same code runs with [`Ideal`](ideal::Ideal)
/// signatures in a search and with [`Ed25519`](ed25519::Ed25519) for real signatures. Each general signs with its own
/// key only. That traitors do so as well is ensured by the [adversary](crate::Adversary), not by the scheme. Both
/// methods are pure.
///
/// ```
/// use turncoat::signature::{Signatures, ed25519::Ed25519};
/// use turncoat::{General, Ideal};
///
/// fn signs<S: Signatures>(scheme: &S) {
///     let [one, two] = [1, 2].map(General::new);
///     let signature = scheme.sign(one, b"ATTACK");
///     assert!(scheme.verify(two, one, b"ATTACK", &signature));
///     assert!(!scheme.verify(two, one, b"RETREAT", &signature));
///     assert!(!scheme.verify(one, two, b"ATTACK", &signature));
/// }
/// signs(&Ideal);
/// signs(&Ed25519::from_seed(7));
/// ```
pub trait Signatures: Clone + Debug + Sync {
    /// The signature that is attached to a statement.
    type Signature: Plain;

    /// `me` signs a statement.
    fn sign(&self, me: General, statement: &[u8]) -> Self::Signature;

    /// Whether `me` accepts this as a signature of `by` on the statement. (This should not depend on `me`, but it
    /// does where generals use different libraries.)
    fn verify(
        &self,
        me: General,
        by: General,
        statement: &[u8],
        signature: &Self::Signature,
    ) -> bool;
}

/// The fact that a general has signed a statement: nobody else can sign for it, and everybody who has seen the
/// signature can show it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Signed {
    /// Who signed; [`COMBINED`] if several did, and it cannot be seen who.
    pub by: General,
    /// What was signed, as bytes.
    pub statement: Box<[u8]>,
}

/// The owner of combined signatures (threshold signatures): several generals' signatures on the same statement, in
/// one. Nobody makes one alone, so traitors can show it once a loyal general has. Traitors can also combine
/// signatures that they have: for that, let the alphabet contain the message with the separate signatures, which the
/// loyal must treat as the same message. (The value is the last possible general. Among 64 generals this one exists,
/// and signs for itself.)
///
/// ```
/// use turncoat::General;
/// use turncoat::signature::{COMBINED, Signed};
///
/// let statement: Box<[u8]> = Box::from(*b"COMMIT ATTACK in view 1");
/// // A vote, and the certificate that a leader makes of votes.
/// let vote = Signed { by: General::new(2), statement: statement.clone() };
/// let certificate = Signed { by: COMBINED, statement };
/// assert_ne!(vote, certificate);
/// ```
pub const COMBINED: General = General::LAST;

impl Signed {
    /// Whose signature it is, by the names that generals have in this task.
    pub(crate) fn whose(&self, task: Task) -> String {
        match self.by {
            COMBINED => "the combined signature".to_owned(),
            by => format!("the signature of {}", task.name(by)),
        }
    }

    /// Whose signature it is, and on what.
    pub(crate) fn told(&self, task: Task) -> String {
        format!("{} on {}", self.whose(task), self.statement.escape_ascii())
    }
}

/// A signature in a message, as somebody who knows who made it sees it: for pictures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seal {
    /// Its owner, or claimed owner.
    pub by: General,
    /// Whether it is genuine.
    pub worth: Worth,
}

/// Whether a signature is genuine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Worth {
    /// It is what it claims to be.
    Genuine,
    /// Its owner made it, but it has this oddity, and not every verifier accepts it.
    Odd(&'static str),
    /// No verifier should accept it.
    Forged,
}
