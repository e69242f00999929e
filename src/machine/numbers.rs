//! The numbers that stand for values, decisions, messages and states.

use std::num::NonZeroU32;

use crate::attack::Attack;

/// The number of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ValueId(pub(super) u32);

/// The number of a decision.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct DecisionId(pub(super) u32);

/// The number of a message. It says nothing about the order of messages; only
/// [`Machine::compare`](super::Machine::compare) knows that.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct MessageId(pub(super) u32);

/// The number of a state in its table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct StateId(NonZeroU32);

impl ValueId {
    /// The index of the value among all that were interned.
    pub fn place(self) -> usize {
        self.0 as usize
    }
}

impl MessageId {
    /// The number itself, for use as a key.
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
    /// The state at this index of its table.
    pub fn at(place: usize) -> StateId {
        let number = u32::try_from(place + 1).ok().and_then(NonZeroU32::new);
        StateId(number.expect("a table is emptied long before"))
    }

    /// The number itself, for use as a key.
    pub fn number(self) -> u32 {
        self.0.get()
    }

    /// The index in its table.
    pub fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// An attack in numbers.
pub(crate) type NumberedAttack = Attack<ValueId, MessageId>;
