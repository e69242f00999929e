//! Ways to spoil a signature: the traitors' tools.

#[cfg(feature = "ed25519")]
mod bytes;
mod ideal;

use crate::general::General;
use crate::signature::Signatures;

/// How a signature was spoiled. No verifier should accept the result.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tampering {
    /// One bit of it was flipped.
    FlippedBit,
    /// L, the order of the group, was added to S: the equation still holds, but S is too large.
    AddedOrder,
    /// Made as if the key were a point of small order. For such a key, R = the neutral element and S = 0 would sign
    /// anything.
    SmallOrderKey,
    /// R is a point of small order, and S an arbitrary number.
    SmallOrderR,
    /// R is the encoding of no point.
    NoPoint,
    /// It has no bytes at all.
    Empty,
    /// It has one byte too many.
    Oversized,
}

impl Tampering {
    /// All of them.
    pub const ALL: [Tampering; 7] = [
        Tampering::FlippedBit,
        Tampering::AddedOrder,
        Tampering::SmallOrderKey,
        Tampering::SmallOrderR,
        Tampering::NoPoint,
        Tampering::Empty,
        Tampering::Oversized,
    ];

    /// In a few words: "a flipped bit".
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Tampering::FlippedBit => "a flipped bit",
            Tampering::AddedOrder => "S + L",
            Tampering::SmallOrderKey => "a small-order key",
            Tampering::SmallOrderR => "a small-order R",
            Tampering::NoPoint => "an R that is no point",
            Tampering::Empty => "an empty signature",
            Tampering::Oversized => "an oversized signature",
        }
    }
}

/// The testing side of a signature scheme: what a traitor could send in place of a signature. It is separate from
/// [`Signatures`], so that production code knows no adversary.
pub trait Forge: Signatures {
    /// What a protocol with these signatures adds to its name in reports. The default scheme,
    /// [`Ideal`](crate::Ideal), adds nothing.
    fn title(&self) -> String;

    /// The signature of `by` on the statement, tampered with.
    fn tampered(&self, how: Tampering, by: General, statement: &[u8]) -> Self::Signature;

    /// Signatures that `by` can make with its own key, that [`sign`](Signatures::sign) does not make, and that some
    /// verifiers accept and others might not, each with a label that says what is odd about it.
    fn odd(&self, by: General, statement: &[u8]) -> Vec<(&'static str, Self::Signature)>;

    /// Whether the scheme treats all generals alike: if two of them change places, the same generals as before accept
    /// their signatures, and nothing else. By default the scheme makes no such claim.
    fn is_symmetric(&self) -> bool {
        false
    }

    /// Whether any verifier accepts this as a signature of `by` on the statement.
    fn passes(&self, by: General, statement: &[u8], signature: &Self::Signature) -> bool;
}
