//! Which signatures a coalition of traitors can show where signatures can't be forged.

use std::collections::BTreeSet;

use crate::general::Generals;
use crate::signature::Signed;

/// The signatures that a coalition can show: those that it makes, since a traitor signs whatever another traitor
/// wants, and those that it has overheard.
///
/// The adversary sees every message on every wire before it speaks in the same round. It can't send a message with a
/// signature that it lacks: that would be a forgery.
///
/// ```
/// use turncoat::knowledge::Knowledge;
/// use turncoat::signature::Signed;
/// use turncoat::{General, Generals};
///
/// let [loyal, traitor] = [1, 2].map(General::new);
/// let on_attack = |by| Signed { by, statement: Box::from(*b"ATTACK") };
/// let mut knowledge = Knowledge::of(Generals::NONE.with(traitor));
/// assert_eq!(knowledge.lacks([&on_attack(traitor)]), None);
/// assert_eq!(knowledge.lacks([&on_attack(loyal)]), Some(&on_attack(loyal)));
/// knowledge.overhear([on_attack(loyal)]);
/// assert_eq!(knowledge.lacks([&on_attack(loyal)]), None);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Knowledge {
    traitors: Generals,
    overheard: BTreeSet<Signed>,
}

impl Knowledge {
    /// What these traitors know before any message is sent.
    #[must_use]
    pub fn of(traitors: Generals) -> Knowledge {
        Knowledge { traitors, overheard: BTreeSet::new() }
    }

    /// Records signatures that have been sent to somebody.
    pub fn overhear(&mut self, signed: impl IntoIterator<Item = Signed>) {
        let news = signed.into_iter().filter(|signed| !self.traitors.contains(signed.by));
        self.overheard.extend(news);
    }

    /// The first of these signatures that the traitors can neither make nor have overheard.
    pub fn lacks<'a>(&self, signed: impl IntoIterator<Item = &'a Signed>) -> Option<&'a Signed> {
        let has =
            |signed: &Signed| self.traitors.contains(signed.by) || self.overheard.contains(signed);
        signed.into_iter().find(|signed| !has(signed))
    }
}
