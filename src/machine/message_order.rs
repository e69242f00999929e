//! The order of messages, computed once.

use itertools::Itertools;

use super::{Machine, MessageId};

/// How many messages are sorted between two checks whether to stop.
const SORTED_AT_ONCE: usize = 1 << 16;

/// The rank of each of some messages in their order: two messages are compared by comparing two integers.
pub(crate) struct MessageOrder {
    /// The ranks, by the message's number.
    places: Vec<u32>,
}

impl MessageOrder {
    /// The order of these messages, which may contain duplicates; nothing if `stopped` says to stop first.
    pub fn of(
        machine: &dyn Machine,
        messages: impl IntoIterator<Item = MessageId>,
        mut stopped: impl FnMut() -> bool,
    ) -> Option<MessageOrder> {
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
        let mut runs = Vec::new();
        for run in met.chunks_mut(SORTED_AT_ONCE) {
            if stopped() {
                return None;
            }
            run.sort_unstable_by(|one, other| machine.compare(*one, *other));
            runs.push(run.iter());
        }
        let before = |one: &&MessageId, other: &&MessageId| machine.compare(**one, **other).is_lt();
        for (place, message) in runs.into_iter().kmerge_by(before).enumerate() {
            if place % SORTED_AT_ONCE == 0 && stopped() {
                return None;
            }
            places[message.number() as usize] = place as u32;
        }
        Some(MessageOrder { places })
    }

    /// The rank of one of these messages.
    pub fn place(&self, message: MessageId) -> u32 {
        self.places[message.number() as usize]
    }
}
