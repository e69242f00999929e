//! What the traitors overhear.

use std::cell::RefCell;

use super::{Deliveries, Delivery};
use crate::general::Generals;
use crate::knowledge::Knowledge;
use crate::machine::{Machine, MessageId};
use crate::protocol::Round;
use crate::signature::Signed;

/// What the traitors overhear: all that the loyal say, before the traitors speak in the same round. It is
/// evaluated only when a signature that they do not have already is needed.
pub(crate) struct Eavesdropper<'a> {
    pub(super) machine: &'a dyn Machine,
    pub(super) traitors: Generals,
    pub(super) round: Round,
    pub(super) said: &'a Deliveries<MessageId>,
    /// The last round that was listened to, and what the traitors know from it.
    pub(super) heard: &'a RefCell<(Round, Knowledge)>,
}

impl Eavesdropper<'_> {
    /// What anybody has said so far, in order.
    pub fn said(&self) -> &[MessageId] {
        self.said.all()
    }

    /// The first of these signatures that the traitors neither make nor have overheard.
    pub fn lacks<'s>(
        &self,
        signed: impl IntoIterator<Item = &'s Signed> + Clone,
    ) -> Option<&'s Signed> {
        let (last, knowledge) = &mut *self.heard.borrow_mut();
        knowledge.lacks(signed.clone())?;
        let news = self.said.iter().rev().take_while(|delivery| delivery.wire.round > *last);
        for Delivery { said, .. } in news.filter(|news| !self.traitors.contains(news.wire.from)) {
            for message in said {
                // If the protocol panics when asked for the signatures of a message, nobody learns any from it.
                knowledge.overhear(self.machine.signatures(*message).unwrap_or_default());
            }
        }
        *last = self.round;
        knowledge.lacks(signed)
    }
}
