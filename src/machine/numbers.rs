//! The numbers by which values, messages and states go.

use std::num::NonZeroU32;

use crate::attack::Attack;

/// The number of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ValueId(pub(super) u32);

/// The number of a decision.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct DecisionId(pub(super) u32);

/// The number of a message. It says nothing of the order of messages: that is for
/// [`Machine::compare`](super::Machine::compare) to say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct MessageId(pub(super) u32);

/// The number of a state, in the table that it was put into.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct StateId(NonZeroU32);

impl ValueId {
    /// The place of the value among all that were met.
    pub fn place(self) -> usize {
        self.0 as usize
    }
}

impl MessageId {
    /// The number itself, for a key.
    pub fn number(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
impl From<u32> for MessageId {
    fn from(number: u32) -> MessageId {
        MessageId(number)
    }
}

impl StateId {
    /// The state at this place of its table.
    pub fn at(place: usize) -> StateId {
        let number = u32::try_from(place + 1).ok().and_then(NonZeroU32::new);
        StateId(number.expect("a table is emptied long before"))
    }

    /// The number itself, for a key.
    pub fn number(self) -> u32 {
        self.0.get()
    }

    /// The place in its table.
    pub fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// An attack by numbers.
pub(crate) type NumberedAttack = Attack<ValueId, MessageId>;
