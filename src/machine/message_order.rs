//! The order of messages, found once.

use super::{Machine, MessageId};

/// The places of some messages in their order: to compare two of them is to compare two numbers.
pub(crate) struct MessageOrder {
    /// By the message's number.
    places: Vec<u32>,
}

impl MessageOrder {
    /// The order of these messages, of which some may stand there more than once.
    pub fn of(
        machine: &dyn Machine,
        messages: impl IntoIterator<Item = MessageId>,
    ) -> MessageOrder {
        let mut places = Vec::new();
        let mut met = Vec::new();
        for message in messages {
            let number = message.number() as usize;
            if places.len() <= number {
                places.resize(number + 1, u32::MAX);
            }
            if places[number] == u32::MAX {
                places[number] = 0;
                met.push(message);
            }
        }
        machine.sort(&mut met);
        for (place, message) in met.into_iter().enumerate() {
            places[message.number() as usize] = place as u32;
        }
        MessageOrder { places }
    }

    /// The place of one of these messages.
    pub fn place(&self, message: MessageId) -> u32 {
        self.places[message.number() as usize]
    }
}
