//! What the enemy overhears.

use std::cell::RefCell;

use super::{Deliveries, Delivery};
use crate::general::Generals;
use crate::knowledge::Knowledge;
use crate::machine::{Machine, MessageId};
use crate::protocol::Round;
use crate::signature::Signed;

/// What the enemy overhears: all that the loyal say, before it speaks in the same round. (It
/// listens only when that matters.)
pub(crate) struct Eavesdropper<'a> {
    pub(super) machine: &'a dyn Machine,
    pub(super) traitors: Generals,
    pub(super) round: Round,
    pub(super) said: &'a Deliveries<MessageId>,
    /// The last round to which it has listened, and what it knows from that.
    pub(super) heard: &'a RefCell<(Round, Knowledge)>,
}

impl Eavesdropper<'_> {
    /// What was said so far by anybody, in the order in which it was.
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
                // If the protocol panics when it looks for signatures, nobody learns any.
                knowledge.overhear(self.machine.signatures(*message).unwrap_or_default());
            }
        }
        *last = self.round;
        knowledge.lacks(signed)
    }
}
