//! How messages are signed: which signatures are in them.

use crate::signature::{Seal, Signed, Worth};

/// How the messages of a protocol are signed.
///
/// ```
/// use turncoat::signature::Signed;
/// use turncoat::{General, Signing};
///
/// /// Each message is a number, signed by the commander.
/// struct ByTheCommander;
///
/// impl Signing<u8> for ByTheCommander {
///     fn signatures(&self, message: &u8) -> Vec<Signed> {
///         vec![Signed { by: General::COMMANDER, statement: Box::from([*message]) }]
///     }
/// }
///
/// let seals = ByTheCommander.seals(&7);
/// assert_eq!(seals[0].by, General::COMMANDER);
/// ```
pub trait Signing<M>: Sync {
    /// The signatures in a message that are what they claim to be. A traitor can say it only if
    /// the [coalition](crate::Knowledge) makes or has overheard each of them, and from what the
    /// loyal say it overhears these and no others: what is left out, a traitor can't show later.
    /// A signature that is there from the start, and that anybody can show, does not belong here.
    fn signatures(&self, message: &M) -> Vec<Signed>;

    /// All signatures in a message, for pictures: those that are what they claim to be and those that
    /// are not. By default the [signatures](Signing::signatures), all of them genuine.
    fn seals(&self, message: &M) -> Vec<Seal> {
        let signed = self.signatures(message).into_iter();
        signed.map(|signed| Seal { by: signed.by, worth: Worth::Genuine }).collect()
    }
}

/// No message is signed.
pub(super) struct Unsigned;

impl<M> Signing<M> for Unsigned {
    fn signatures(&self, _message: &M) -> Vec<Signed> {
        Vec::new()
    }
}
