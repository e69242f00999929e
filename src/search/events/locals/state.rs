//! What a local state is, what can happen in it, and the reactions to that.

use crate::general::General;
use crate::machine::{DecisionId, StateId};
use crate::protocol::events::{Face, OwnEvent};
use crate::search::events::mail::MailSet;

/// The number of a local state.
pub(in crate::search::events) type LocalId = u32;

/// The number of what is sent at once (a sending).
pub(in crate::search::events) type SendingId = u32;

/// The number of a way in which a general has ended a phase.
pub(in crate::search::events) type EndedId = u32;

/// What happens to one general.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(in crate::search::events) enum LocalEvent {
    /// It hears a message of a loyal general, by number.
    Mail(u32),
    /// It hears what a traitor says, by the place of that among all that it can be told.
    Tale(u32),
    /// A timer goes off or a coin shows its face.
    Own(OwnEvent),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Local {
    pub general: General,
    pub state: StateId,
    pub heard: MailSet,
    pub stage: Stage,
    /// What the common coin of its phase shows, if phases are searched one by one.
    pub face: CoinFace,
}

/// What the common coin of a phase shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in crate::search::events) enum CoinFace {
    /// It is not settled.
    Open,
    /// It shows nothing yet. Asking for it is visible to all, as if something were sent.
    Hidden,
    /// It shows this face.
    Shows(Face),
}

impl CoinFace {
    /// The face, if it is settled.
    pub fn face(self) -> Option<Face> {
        match self {
            CoinFace::Shows(face) => Some(face),
            CoinFace::Open | CoinFace::Hidden => None,
        }
    }
}

/// Where a general is, relative to the phase that is searched.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(in crate::search::events) enum Stage {
    /// In it.
    Present,
    /// In the next phase, which it began like this. It may still answer what it hears of this phase.
    Ended(EndedId),
    /// In an earlier phase, for ever, with this decision.
    Stuck(Option<DecisionId>),
}

/// How a general has ended a phase: its state, as if the next phase were the first, and what it has sent in the next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Ended {
    pub state: StateId,
    pub sending: Option<SendingId>,
}

/// The reaction to an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::search::events) enum Reaction {
    /// Nothing.
    Nothing,
    /// Another local state.
    Moves(LocalId),
    /// It sends something, and is in this local state afterwards.
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
