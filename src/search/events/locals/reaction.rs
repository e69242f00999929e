//! What comes of an event for one general.

use super::{LocalId, SendingId};

/// What comes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::search::events) enum Reaction {
    /// Nothing.
    Nothing,
    /// Another local state.
    Moves(LocalId),
    /// It sends something, and is in this state then.
    Sends(LocalId, SendingId),
    /// A fault, by number.
    Fails(u32),
}

/// A reaction in eight bytes; 0 if it is not known.
#[derive(Clone, Copy, Default)]
pub(super) struct Packed(u32, u32);

impl Packed {
    const PLAIN: u32 = u32::MAX;
    const FAULT: u32 = u32::MAX - 1;

    pub fn of(reaction: Reaction) -> Packed {
        match reaction {
            Reaction::Nothing => Packed(u32::MAX, 0),
            Reaction::Moves(next) => Packed(next + 1, Packed::PLAIN),
            Reaction::Sends(next, sending) => Packed(next + 1, sending),
            Reaction::Fails(number) => Packed(number + 1, Packed::FAULT),
        }
    }

    pub fn reaction(self) -> Option<Reaction> {
        match self {
            Packed(0, _) => None,
            Packed(u32::MAX, _) => Some(Reaction::Nothing),
            Packed(next, Packed::PLAIN) => Some(Reaction::Moves(next - 1)),
            Packed(number, Packed::FAULT) => Some(Reaction::Fails(number - 1)),
            Packed(next, sending) => Some(Reaction::Sends(next - 1, sending)),
        }
    }
}
