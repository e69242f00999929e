//! How messages are signed: which signatures are in them.

use crate::general::General;
use crate::signature::{Seal, Signed, Worth};

/// A signature in a new list for a message: see [`Signing::relisted`].
#[derive(PartialEq, Eq, Debug)]
pub enum ListedSignature<'a, M> {
    /// This general signs what stands before. It may be one who does not exist, with a number from n on, whose key
    /// everybody has.
    MadeBy(General),
    /// The signature at this index, from 0, of another message's list, unchanged.
    TakenFrom(&'a M, usize),
}

impl<M> Clone for ListedSignature<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for ListedSignature<'_, M> {}

impl<'a, M> ListedSignature<'a, M> {
    /// The same, with the message converted.
    pub(crate) fn map<'b, N>(self, change: impl FnOnce(&'a M) -> &'b N) -> ListedSignature<'b, N> {
        match self {
            ListedSignature::MadeBy(general) => ListedSignature::MadeBy(general),
            ListedSignature::TakenFrom(message, place) => {
                ListedSignature::TakenFrom(change(message), place)
            }
        }
    }
}

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
    /// The signatures in a message that are what they claim to be. A traitor can say the message only if the
    /// [coalition](crate::Knowledge) makes or has overheard each of them. From what the loyal say the coalition
    /// overhears these and no others, so a traitor cannot later show a signature that is left out here. A signature
    /// that exists from the start, and that anybody can show, does not belong here.
    fn signatures(&self, message: &M) -> Vec<Signed>;

    /// All signatures in a message, for pictures: both those that are what they claim to be and those that are not. By
    /// default the [signatures](Signing::signatures), all of them genuine.
    fn seals(&self, message: &M) -> Vec<Seal> {
        let signed = self.signatures(message).into_iter();
        signed.map(|signed| Seal { by: signed.by, worth: Worth::Genuine }).collect()
    }

    /// The message with another list of signatures, if it has a list: a chain or a certificate. The list has as many
    /// entries as there are [seals](Signing::seals), in the same order. By default a message has no list.
    ///
    /// Where what a traitor could say is unknown ([`Repertoire::unknown`](crate::Repertoire::unknown)), messages that
    /// were heard are also tried with such lists: with a signature that is repeated, left out, out of order, by
    /// somebody who does not exist, or from an older message.
    ///
    /// ```
    /// use turncoat::protocols::chain::Chain;
    /// use turncoat::signature::ideal::Token;
    /// use turncoat::testable::ListedSignature::{MadeBy, TakenFrom};
    /// use turncoat::{General, Order, SignedMessages, Testable};
    ///
    /// let protocol = SignedMessages::new(1);
    /// let [commander, lieutenant] = [0, 1].map(General::new);
    /// let attack = protocol.sealer().chain(&Order::ATTACK, [commander]);
    /// let retreat = protocol.sealer().chain(&Order::RETREAT, [commander]);
    /// let signing = protocol.signing();
    /// let relayed = signing.relisted(&attack, &[TakenFrom(&attack, 0), MadeBy(lieutenant)]);
    /// assert_eq!(relayed, Some(protocol.sealer().signed(lieutenant, &attack)));
    /// // His signature on RETREAT is none on ATTACK.
    /// let forged: Chain<Order, Token> = signing.relisted(&attack, &[TakenFrom(&retreat, 0)]).unwrap();
    /// assert_eq!(signing.signatures(&forged), []);
    /// ```
    fn relisted(&self, message: &M, list: &[ListedSignature<'_, M>]) -> Option<M> {
        let _ = (message, list);
        None
    }
}

/// No message is signed.
pub(super) struct Unsigned;

impl<M> Signing<M> for Unsigned {
    fn signatures(&self, _message: &M) -> Vec<Signed> {
        Vec::new()
    }
}
