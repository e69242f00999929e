//! What a signature is: what its owner alone can make, and everybody can check.

#[cfg(feature = "ed25519")]
pub mod ed25519;
pub mod ideal;

use std::fmt::Debug;

use crate::general::General;
use crate::outcome::Task;
use crate::protocol::Plain;

/// A scheme for signatures, with the keys of all generals.
///
/// A protocol is generic over its scheme, so the same code runs with [`Ideal`](ideal::Ideal)
/// signatures in a search and with [`Ed25519`](ed25519::Ed25519) beside the real thing. Each
/// general signs with its own key only; that traitors do so as well is not the scheme's concern,
/// but that of the [adversary](crate::Adversary). Both methods are pure.
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
    /// What is put under a statement.
    type Signature: Plain;

    /// `me` signs a statement.
    fn sign(&self, me: General, statement: &[u8]) -> Self::Signature;

    /// Whether `me` takes this for a signature of `by` on the statement. (That should not depend
    /// on `me`; but it does where generals use different libraries.)
    fn verify(
        &self,
        me: General,
        by: General,
        statement: &[u8],
        signature: &Self::Signature,
    ) -> bool;
}

/// That a general has signed a statement: what nobody else can bring about, and what everybody
/// can show who has seen it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Signed {
    /// Who signed; [`COMBINED`] where several did, and it cannot be seen who.
    pub by: General,
    /// What, as the bytes that were signed.
    pub statement: Box<[u8]>,
}

/// Whose a combined signature is (a threshold signature): that of several generals on the same statement, in one. Nobody makes
/// it alone, so traitors can show it once a loyal general has. They can combine as well what they have: let the alphabet
/// contain the message with the signatures themselves, which the loyal take for the same. (It is the last general
/// that there can be: among 64 he may be there, and signs for himself.)
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
    /// Whose it is, by the names that generals have in this task.
    pub(crate) fn whose(&self, task: Task) -> String {
        match self.by {
            COMBINED => "the combined signature".to_owned(),
            by => format!("the signature of {}", task.name(by)),
        }
    }

    /// The same, and on what.
    pub(crate) fn told(&self, task: Task) -> String {
        format!("{} on {}", self.whose(task), self.statement.escape_ascii())
    }
}

/// A signature as it stands in a message, as it looks to somebody who knows who made it: for pictures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seal {
    /// Whose it is, or claims to be.
    pub by: General,
    /// What it is worth.
    pub worth: Worth,
}

/// What a signature is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Worth {
    /// It is what it claims to be.
    Genuine,
    /// Its owner made it, but it has this oddity, and not everybody takes it for a signature.
    Odd(&'static str),
    /// Nobody should take it for a signature.
    Forged,
}
