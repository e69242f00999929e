//! What can be done to a signature so that it is one no more: the traitors' tools.

#[cfg(feature = "ed25519")]
mod bytes;
mod ideal;

use crate::general::General;
use crate::signature::Signatures;

/// What was done to a signature. No verifier should take the outcome for a signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tampering {
    /// One bit of it was flipped.
    FlippedBit,
    /// L, the order of the group, was added to S: the equation still holds, but S is too large.
    AddedOrder,
    /// It is made as if the key were a point of small order, for which R the neutral element and
    /// S = 0 would do, whatever was signed.
    SmallOrderKey,
    /// R is a point of small order, and S any number.
    SmallOrderR,
    /// R is the encoding of no point.
    NoPoint,
    /// It has no bytes at all.
    Empty,
    /// It has a byte too many.
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

/// The testing side of a scheme: what a traitor could put in the place of a signature. It stands
/// apart from [`Signatures`], so that the code that goes to production knows no adversary.
pub trait Forge: Signatures {
    /// What a protocol with these signatures adds to its name in reports; nothing for the default,
    /// [`Ideal`](crate::Ideal).
    fn title(&self) -> String;

    /// The signature of `by` on the statement, tampered with.
    fn tampered(&self, how: Tampering, by: General, statement: &[u8]) -> Self::Signature;

    /// What `by` can make with its own key, that is not what [`sign`](Signatures::sign) makes, and
    /// that somebody takes for a signature, though others might not: each with what is odd about
    /// it.
    fn odd(&self, by: General, statement: &[u8]) -> Vec<(&'static str, Self::Signature)>;

    /// Whether the generals are alike to the scheme: when two of them change places, what they sign is taken
    /// for their signatures by the same as before, and nothing else is. By default it is not said that they
    /// are.
    fn is_symmetric(&self) -> bool {
        false
    }

    /// Whether anybody takes this for a signature of `by` on the statement.
    fn passes(&self, by: General, statement: &[u8], signature: &Self::Signature) -> bool;
}
