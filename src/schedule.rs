//! The schedule: when and in which order messages arrive, and when generals crash.

use serde::{Deserialize, Serialize};

use crate::general::{General, Generals};
use crate::protocol::Round;
use crate::protocol::events::{Coin, Face, OwnEvent};
use crate::testable::Wire;

/// One change to the schedule. Without changes, the messages of a round arrive in the same round, ordered by sender,
/// and those of one sender in the order of messages as data.
///
/// A change names the message, not its position, so it keeps its meaning when other changes are removed. A change
/// that names a message that was never sent has no effect.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "ShiftAsWritten<M>", try_from = "ShiftAsWritten<M>")]
#[serde(bound(serialize = "M: Clone + Serialize", deserialize = "M: Deserialize<'de>"))]
pub struct Shift<M> {
    /// The wire on which the message is sent, in its round.
    pub wire: Wire,
    /// The message.
    pub message: M,
    /// When it arrives.
    pub arrival: Arrival,
}

impl<M> Shift<M> {
    /// The same change with its message written in another way.
    pub(crate) fn map<N>(&self, message: impl FnOnce(&M) -> N) -> Shift<N> {
        Shift { wire: self.wire, message: message(&self.message), arrival: self.arrival }
    }
}

/// When a message arrives that does not arrive at its usual time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrival {
    /// In its round, before all others. Several such messages arrive in the order of the list of changes.
    First,
    /// This many rounds later, before the messages that are sent in that round. Several such messages arrive in the
    /// order in which they would usually have arrived.
    Late(Round),
    /// Never: it is lost.
    Never,
}

impl Arrival {
    /// Whether this breaks the promise of synchrony.
    #[must_use]
    pub fn is_asynchronous(self) -> bool {
        self != Arrival::First
    }
}

/// A general stops for good, in the middle of a round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crash {
    /// Who.
    pub general: General,
    /// In which round.
    pub round: Round,
    /// Who still receives what it sends in that round.
    pub reaches: Generals,
}

impl Crash {
    /// Whether this crash keeps everything off a wire.
    #[must_use]
    pub fn silences(&self, wire: Wire) -> bool {
        let Crash { general, round, reaches } = *self;
        let last = wire.round == round && reaches.contains(wire.to);
        wire.from == general && wire.round >= round && !last
    }
}

/// Who has crashed before this round.
pub(crate) fn crashed(crashes: &[Crash], round: Round) -> Generals {
    let before = crashes.iter().filter(|crash| crash.round < round);
    before.map(|crash| crash.general).collect()
}

/// Something that happens at the start of a wave of an event-driven protocol: a timer goes off, or a coin shows a
/// face.
///
/// By default a coin shows its face at the start of the wave after the one in which it was asked for (1, or 0 if its
/// number is even), and a timer goes off when nothing else is left to happen: the timers of the lowest-numbered
/// general first, and of these the lowest first. A common coin shows everybody the face in the first happening that
/// names it. A happening that can't happen then, because no such timer is set or no such coin was asked for, has no
/// effect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Happening {
    /// At the start of which wave.
    pub wave: Round,
    /// To whom.
    pub general: General,
    /// What.
    pub event: OwnEvent,
}

/// What a coin shows a general at the start of a wave, given all happenings; nothing yet if a happening names it for
/// a later wave.
pub(crate) fn face(
    happenings: &[Happening],
    wave: Round,
    general: General,
    coin: Coin,
) -> Option<Face> {
    let named = happenings.iter().filter_map(|named| match named.event {
        OwnEvent::Shows(other, face) if other == coin => Some((named, face)),
        _ => None,
    });
    let mut later = named.clone().map(|(named, _)| named);
    if later.any(|named| named.general == general && named.wave > wave) {
        return None;
    }
    let common = named.map(|(_, face)| face).next().filter(|_| matches!(coin, Coin::Common(_)));
    Some(common.unwrap_or(coin.usual()))
}

/// The written form of a shift.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftAsWritten<M> {
    round: Round,
    from: General,
    to: General,
    message: M,
    arrives: Arrival,
}

impl<M> From<Shift<M>> for ShiftAsWritten<M> {
    fn from(Shift { wire, message, arrival }: Shift<M>) -> ShiftAsWritten<M> {
        let Wire { round, from, to } = wire;
        ShiftAsWritten { round, from, to, message, arrives: arrival }
    }
}

impl<M> TryFrom<ShiftAsWritten<M>> for Shift<M> {
    type Error = &'static str;

    fn try_from(written: ShiftAsWritten<M>) -> Result<Shift<M>, &'static str> {
        let ShiftAsWritten { round, from, to, message, arrives } = written;
        if arrives == Arrival::Late(0) {
            return Err("a message that is late by 0 rounds is not late: at least 1 is needed");
        }
        Ok(Shift { wire: Wire { round, from, to }, message, arrival: arrives })
    }
}

/// What arrives at one general in one round, in order: each message with the wire on which it was sent.
pub(crate) type Inbox<'a, M> = Vec<(Wire, &'a M)>;

/// Puts an inbox into the order that the shifts of this round ask for, and takes out the messages that do not arrive
/// now. Late messages go into `late`, with the round in which they are due. Returns the numbers of the given shifts
/// that named a message in the inbox.
pub(crate) fn arrange<'a, M: Clone + PartialEq>(
    inbox: &mut Inbox<'a, M>,
    shifts: &[(usize, &Shift<M>)],
    late: &mut Vec<(Round, Wire, M)>,
) -> Vec<usize> {
    let mut applied = Vec::new();
    let mut first = Vec::new();
    for (number, Shift { wire, message, arrival }) in shifts {
        let named = |(said_on, said): &(Wire, &M)| said_on == wire && *said == message;
        let Some(place) = inbox.iter().position(named) else { continue };
        applied.push(*number);
        let moved = inbox.remove(place);
        match arrival {
            Arrival::First => first.push(moved),
            Arrival::Late(rounds) => {
                late.push((wire.round.saturating_add(*rounds), *wire, message.clone()));
            }
            Arrival::Never => {}
        }
    }
    inbox.splice(0..0, first);
    applied
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(from: usize) -> Wire {
        Wire { round: 1, from: General::new(from), to: General::new(9) }
    }

    #[test]
    fn shifts_reorder_delay_and_lose() {
        use Arrival::{First, Late, Never};
        let shift = |from, message, arrival| Shift { wire: wire(from), message, arrival };
        let shifts = [
            shift(3, 'd', First),
            shift(0, 'a', First),
            shift(2, 'c', Late(2)),
            shift(1, 'b', Never),
            shift(0, 'x', First),
            shift(0, 'a', Never),
        ];
        let said = [(wire(0), 'a'), (wire(0), 'z'), (wire(1), 'b'), (wire(2), 'c'), (wire(3), 'd')];
        let mut inbox = said.iter().map(|(wire, said)| (*wire, said)).collect();
        let mut late = Vec::new();
        let numbered: Vec<_> = shifts.iter().enumerate().collect();
        assert_eq!(arrange(&mut inbox, &numbered, &mut late), [0, 1, 2, 3]);
        let order: Vec<_> = inbox.iter().map(|(_, said)| **said).collect();
        assert_eq!(order, ['d', 'a', 'z']);
        assert_eq!(late, [(3, wire(2), 'c')]);
    }

    #[test]
    fn a_crash_silences_all_that_it_does_not_reach() {
        let [general, to, other] = [0, 1, 2].map(General::new);
        let crash = Crash { general, round: 2, reaches: Generals::NONE.with(to) };
        let silenced = |round, from, to| crash.silences(Wire { round, from, to });
        assert!(!silenced(1, general, other));
        assert!(silenced(2, general, other) && !silenced(2, general, to));
        assert!(silenced(3, general, to) && !silenced(3, other, to));
    }

    #[test]
    fn a_shift_is_written_as_a_person_would() {
        let shift = r#"{"round":1,"from":0,"to":2,"message":7,"arrives":{"late":1}}"#;
        let read: Shift<u8> = serde_json::from_str(shift).unwrap();
        assert_eq!(read.arrival, Arrival::Late(1));
        assert_eq!(serde_json::to_string(&read).unwrap(), shift);
        let never: Shift<u8> =
            serde_json::from_str(&shift.replace("{\"late\":1}", "\"never\"")).unwrap();
        assert_eq!(never.arrival, Arrival::Never);
        let late = serde_json::from_str::<Shift<u8>>(&shift.replace("\"late\":1", "\"late\":0"));
        assert!(late.unwrap_err().to_string().contains("at least 1"));
    }
}
