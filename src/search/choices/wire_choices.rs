//! The choices on one wire: what can be said, in the order of arrival, and which slot each message fills.

use itertools::Itertools;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::adversary::FaultClass;
use crate::count::Count;
use crate::machine::{MessageId, MessageOrder, Terms};
use crate::testable::{Forgery, Repertoire, Wire};

/// How many slots can be open at a time.
const MARKS: usize = u64::BITS as usize;

/// A prepared repertoire: a behaviour on this wire says at most one message of each slot.
#[derive(Debug)]
pub(crate) struct WireChoices {
    slots: Vec<Slot>,
    /// The messages of all slots, in the order in which they arrive if they are said.
    pub candidates: Vec<Candidate>,
    /// Whether loyal generals may say what has no place here.
    open: bool,
    /// Whether there are forgeries.
    forged: bool,
    /// The first candidate with each message.
    places: FxHashMap<MessageId, usize>,
}

#[derive(Debug)]
struct Slot {
    /// The messages in order, each once.
    messages: Vec<MessageId>,
    /// Whether nothing may be said in the slot.
    optional: bool,
    /// Whether it is the slot for strays, which comes last.
    stray: bool,
}

/// A message that can be said in a slot. The same message may be a candidate of several slots.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub message: MessageId,
    pub slot: usize,
    /// The slot's mark while candidates are visited in order: slots that are open at the same time have different
    /// marks.
    pub mark: u64,
    /// Whether no candidate of this slot comes before this one.
    pub opens: bool,
    /// Whether no candidate of this slot comes after it.
    pub closes: bool,
    /// The signatures in it, by number.
    pub signatures: Box<[u32]>,
    /// In which way it is forged, if it is.
    pub forgery: Option<&'static str>,
}

/// Why a repertoire can't be searched.
#[derive(Debug)]
pub(crate) enum RepertoireError {
    /// More than 64 slots of one wire are entangled in the order of messages.
    Entangled,
    /// This message can stand in two slots.
    Shared(MessageId),
    /// This message can stand in a slot, and is a forgery.
    Genuine(MessageId),
}

/// The number of ways to fill these slots.
fn choices_in<'a>(slots: impl Iterator<Item = &'a Slot>) -> Count {
    let choices = slots.map(|slot| slot.messages.len() + usize::from(slot.optional));
    let slots = choices.counts().into_iter().sorted();
    slots.map(|(choices, slots)| Count::from(choices as u64).pow(slots as u128)).product()
}

impl WireChoices {
    /// Prepares a repertoire; `signatures` gives the numbers of the signatures in a message.
    pub fn new(
        order: &MessageOrder,
        repertoire: Repertoire<MessageId>,
        silence: bool,
        strays: bool,
        mut signatures: impl FnMut(&MessageId) -> Box<[u32]>,
    ) -> Result<Self, RepertoireError> {
        let Repertoire { slots, strays: misplaced, forgeries, unknown: open } = repertoire;
        let labels: FxHashMap<_, _> = forgeries
            .into_iter()
            .rev()
            .map(|Forgery { label, message }| (message, label))
            .collect();
        let misplaced = misplaced.into_iter().chain(labels.keys().cloned()).collect();
        let slot = |mut messages: Vec<MessageId>, optional, stray| {
            messages.sort_unstable_by_key(|message| order.place(*message));
            messages.dedup();
            Slot { messages, optional, stray }
        };
        let regular = slots.into_iter().map(|messages| slot(messages, silence, false));
        let strays = strays.then(|| slot(misplaced, true, true));
        let slots = regular.chain(strays).filter(|slot| !slot.messages.is_empty());
        let mut slots = slots.collect_vec();
        let mut candidates = self::candidates(order, &slots, &labels, &mut signatures)?;
        if candidates.is_none() && open {
            let mut number = 0..;
            slots.retain(|slot| slot.stray || number.next() < Some(MARKS - 1));
            candidates = self::candidates(order, &slots, &labels, &mut signatures)?;
        }
        let candidates = candidates.ok_or(RepertoireError::Entangled)?;
        let forged = !labels.is_empty();
        let places = candidates.iter().enumerate().rev();
        let places = places.map(|(place, candidate)| (candidate.message, place)).collect();
        Ok(WireChoices { candidates, slots, open, forged, places })
    }

    /// How many behaviours there are.
    pub fn behaviours(&self) -> Count {
        choices_in(self.slots.iter())
    }

    /// How many there are if strays are left out.
    pub fn regular_behaviours(&self) -> Count {
        choices_in(self.slots.iter().filter(|slot| !slot.stray))
    }

    /// How many slots there are.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// How many slots there are, without the one for strays.
    pub fn regular_slots(&self) -> u32 {
        self.slots.iter().filter(|slot| !slot.stray).count() as u32
    }

    /// Every message that can stand in a slot other than the one for strays.
    pub fn regular(&self) -> impl Iterator<Item = &MessageId> + Clone {
        self.slots.iter().filter(|slot| !slot.stray).flat_map(|slot| &slot.messages)
    }

    /// The messages that come before this one in its slot, or among the strays.
    pub fn before(&self, message: &MessageId) -> Vec<MessageId> {
        let slot = self.candidate(message).map(|candidate| &self.slots[candidate.slot]);
        let messages = slot.into_iter().flat_map(|slot| &slot.messages);
        messages.take_while(|before| *before != message).cloned().collect()
    }

    /// The messages that can stand in a slot, in order.
    pub fn messages(&self, slot: usize) -> &[MessageId] {
        &self.slots[slot].messages
    }

    /// The slot for strays and forgeries, if there are any.
    pub fn stray(&self) -> Option<usize> {
        self.slots.last().filter(|slot| slot.stray).map(|_| self.slots.len() - 1)
    }

    /// Whether nothing may be said in a slot.
    pub fn optional(&self, slot: usize) -> bool {
        self.slots[slot].optional
    }

    /// The candidates in order, in stretches of neighbours that share a slot: the number of the first one, and the
    /// stretch.
    pub fn stretches(&self) -> impl Iterator<Item = (usize, &[Candidate])> {
        let stretches = self.candidates.chunk_by(|one, next| one.slot == next.slot);
        stretches.scan(0, |next, stretch| {
            let first = *next;
            *next += stretch.len();
            Some((first, stretch))
        })
    }

    /// Whether nothing need be said at all.
    pub fn all_optional(&self) -> bool {
        self.slots.iter().all(|slot| slot.optional)
    }

    /// What is said, slot by slot, if every slot has its message of this number (or its last), or nothing.
    pub fn uniform(&self, number: Option<usize>) -> Vec<Option<MessageId>> {
        let said = |slot: &Slot| {
            let number = number.filter(|_| !slot.stray)?;
            slot.messages.get(number).or(slot.messages.last()).cloned()
        };
        self.slots.iter().map(said).collect()
    }

    /// Whether a traitor can say this message.
    pub fn has(&self, message: &MessageId) -> bool {
        self.candidate(message).is_some()
    }

    /// The signatures in a message, by number; none if it can't be said here.
    pub fn signatures(&self, message: &MessageId) -> &[u32] {
        self.candidate(message).map_or(&[], |candidate| &candidate.signatures)
    }

    /// In which way a message is forged, if it is a forgery.
    pub fn forgery(&self, message: &MessageId) -> Option<&'static str> {
        if self.forged { self.candidate(message)?.forgery } else { None }
    }

    /// What stands in each slot when a loyal general says this. If the wire's choices are [open](WireChoices::is_open),
    /// one message without a place stands in the slot for strays, and further ones in none; otherwise the first message
    /// without a place is the error.
    pub fn placed(&self, said: &[MessageId]) -> Result<Vec<Option<MessageId>>, MessageId> {
        let mut placed = vec![None; self.slots.len()];
        let stray = self.slots.iter().position(|slot| slot.stray);
        for message in said {
            let free = |slot: &usize| placed[*slot].is_none();
            let slot = self.slot(message).filter(free);
            match slot.or(stray.filter(|_| self.open).filter(free)) {
                Some(slot) => placed[slot] = Some(*message),
                None if self.open => {}
                None => return Err(*message),
            }
        }
        Ok(placed)
    }

    /// What stands in each slot when this is said; messages without a place are left out.
    pub fn fitting(&self, said: &[MessageId]) -> Vec<Option<MessageId>> {
        let mut fitting = vec![None; self.slots.len()];
        for message in said {
            if let Some(slot) = self.slot(message) {
                fitting[slot].get_or_insert(*message);
            }
        }
        fitting
    }

    /// Whether loyal generals may say what has no place here, because nobody has described all that they say.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether every slot that must not be empty has a message.
    pub fn is_filled(&self, placed: &[Option<MessageId>]) -> bool {
        self.slots.iter().zip(placed).all(|(slot, said)| slot.optional || said.is_some())
    }

    /// Whether a traitor can say this: at most one message of each slot, and one stray.
    pub fn allows(&self, said: &[MessageId]) -> bool {
        let stray = |message: &MessageId| {
            self.slots.last().is_some_and(|slot| slot.stray && slot.has(message))
        };
        let places = said.iter().map(|message| self.slot(message)).counts();
        let crowded = |place: &Option<usize>| place.is_none() || places[place] > 1;
        let too_many = places.iter().map(|(place, count)| count - usize::from(place.is_some()));
        let filled = self.slots.iter().positions(|slot| !slot.optional);
        let could_go = said.iter().filter(|message| crowded(&self.slot(message))).any(stray);
        filled.into_iter().all(|slot| places.contains_key(&Some(slot)))
            && match too_many.sum() {
                0 => true,
                1 => could_go,
                _ => false,
            }
    }

    /// The slot in which a message can stand, other than the one for strays.
    fn slot(&self, message: &MessageId) -> Option<usize> {
        let slot = self.candidate(message)?.slot;
        (!self.slots[slot].stray).then_some(slot)
    }

    /// The first candidate with this message.
    fn candidate(&self, message: &MessageId) -> Option<&Candidate> {
        self.places.get(message).map(|place| &self.candidates[*place])
    }
}

impl Slot {
    fn has(&self, message: &MessageId) -> bool {
        self.messages.contains(message)
    }
}

/// What is left of `said` without these messages.
pub(crate) fn beside<'a>(
    said: &'a [MessageId],
    these: impl IntoIterator<Item = &'a MessageId>,
) -> Vec<MessageId> {
    let mut these = these.into_iter().counts_with_hasher(FxBuildHasher);
    let mut is_one = |message: &'a MessageId| match these.get_mut(message) {
        Some(count @ 1..) => {
            *count -= 1;
            true
        }
        _ => false,
    };
    said.iter().filter(|&message| !is_one(message)).cloned().collect()
}

/// The messages of all slots in order. A slot has its mark from its first message to its last. `None` if there are too
/// few marks.
fn candidates(
    order: &MessageOrder,
    slots: &[Slot],
    labels: &FxHashMap<MessageId, &'static str>,
    mut signatures: impl FnMut(&MessageId) -> Box<[u32]>,
) -> Result<Option<Vec<Candidate>>, RepertoireError> {
    let mut messages = slots
        .iter()
        .enumerate()
        .flat_map(|(slot, Slot { messages, .. })| messages.iter().map(move |said| (*said, slot)))
        .collect_vec();
    messages.sort_unstable_by_key(|(message, slot)| (order.place(*message), *slot));
    // The slot for strays is the last: so of equal messages, those of other slots are neighbours.
    let regular = |(_, slot): &(MessageId, usize)| !slots[*slot].stray;
    let shared =
        messages.iter().tuple_windows().find(|(one, next)| one.0 == next.0 && regular(next));
    if let Some(((shared, _), _)) = shared {
        return Err(RepertoireError::Shared(*shared));
    }
    let genuine = |said: &&(MessageId, usize)| regular(said) && labels.contains_key(&said.0);
    if let Some((genuine, _)) = messages.iter().filter(|_| !labels.is_empty()).find(genuine) {
        return Err(RepertoireError::Genuine(*genuine));
    }
    let mut left = slots.iter().map(|slot| slot.messages.len()).collect_vec();
    let mut marks = vec![0; slots.len()];
    let mut free = u64::MAX;
    let candidate = |(message, slot): (MessageId, usize)| {
        let opens = marks[slot] == 0;
        if opens {
            marks[slot] = free & free.wrapping_neg();
            free &= !marks[slot];
        }
        let mark = marks[slot];
        left[slot] -= 1;
        let closes = left[slot] == 0;
        if closes {
            free |= mark;
        }
        let (forgery, signatures) = (labels.get(&message).copied(), signatures(&message));
        (mark != 0).then_some(Candidate { message, slot, mark, opens, closes, signatures, forgery })
    };
    Ok(messages.into_iter().map(candidate).collect())
}

/// By number of sender and receiver: how many behaviours the wires between them have in all rounds.
pub(super) fn count_wires<'m>(
    terms: &Terms,
    faults: FaultClass,
    wire_choices: impl Fn(Wire) -> &'m WireChoices,
) -> Vec<Vec<Count>> {
    let everybody = terms.graph.everybody();
    let of_wire = |wire| match faults {
        FaultClass::Byzantine => wire_choices(wire).behaviours(),
        // Any of the messages in the slots may be left out.
        _ => Count::from(2).pow(wire_choices(wire).regular_slots().into()),
    };
    let between = |from, to| {
        let wires = (1..=terms.rounds).map(|round| Wire { round, from, to });
        wires.map(of_wire).product()
    };
    let from = |from| everybody.iter().map(|to| between(from, to)).collect();
    everybody.iter().map(from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::counting::counting;

    fn id(number: u32) -> MessageId {
        MessageId::from(number)
    }

    fn ids(numbers: &[u32]) -> Vec<MessageId> {
        numbers.iter().copied().map(id).collect()
    }

    fn order() -> MessageOrder {
        MessageOrder::of(&counting(), (0..200).map(id), || false).unwrap()
    }

    fn wire_choices(slots: &[&[u32]], strays: &[u32], silence: bool) -> WireChoices {
        let slots = slots.iter().map(|slot| ids(slot));
        let repertoire = Repertoire::of(slots).with_strays(ids(strays));
        WireChoices::new(&order(), repertoire, silence, true, |_| Box::default()).unwrap()
    }

    fn error(slots: Vec<Vec<u32>>, forged: Option<u32>) -> RepertoireError {
        let forgeries = forged.map(|message| Forgery { label: "forged", message: id(message) });
        let slots = slots.iter().map(|slot| ids(slot));
        let repertoire = Repertoire::of(slots).with_forgeries(forgeries);
        WireChoices::new(&order(), repertoire, true, true, |_| Box::default()).unwrap_err()
    }

    #[test]
    fn behaviours_are_counted_slot_by_slot() {
        for (wire_choices, expected) in [
            (wire_choices(&[], &[], true), 1),
            (wire_choices(&[&[1, 2], &[3, 4]], &[], false), 4),
            (wire_choices(&[&[1, 2], &[3, 4]], &[], true), 9),
            (wire_choices(&[&[1, 2], &[3, 4]], &[1, 9, 9], false), 12),
        ] {
            assert_eq!(wire_choices.behaviours(), Count::from(expected), "{wire_choices:?}");
        }
    }

    #[test]
    fn slots_that_are_open_together_have_different_marks() {
        let wire_choices = wire_choices(&[&[1, 3], &[2, 4], &[5, 6]], &[0, 9], true);
        let marks = wire_choices.candidates.iter().map(|c| (c.message, c.mark, c.opens, c.closes));
        let expected = [
            (0, 1, true, false),
            (1, 2, true, false),
            (2, 4, true, false),
            (3, 2, false, true),
            (4, 4, false, true),
            (5, 2, true, false),
            (6, 2, false, true),
            (9, 1, false, true),
        ];
        let expected =
            expected.map(|(message, mark, opens, closes)| (id(message), mark, opens, closes));
        assert_eq!(marks.collect_vec(), expected);
        let entangled = (0..70).map(|slot| vec![slot, slot + 100]).collect();
        assert!(matches!(error(entangled, None), RepertoireError::Entangled));
        let shared = error(vec![vec![1, 2], vec![2, 3]], None);
        assert!(matches!(shared, RepertoireError::Shared(two) if two == id(2)));
        let genuine = error(vec![vec![1, 2]], Some(2));
        assert!(matches!(genuine, RepertoireError::Genuine(two) if two == id(2)));
    }

    #[test]
    fn candidates_of_one_slot_go_together_as_far_as_they_follow_one_another() {
        let wire_choices = wire_choices(&[&[1, 3], &[5, 6]], &[0, 2], true);
        let messages = |stretch: &[Candidate]| stretch.iter().map(|c| c.message).collect_vec();
        let stretches = wire_choices.stretches().map(|(first, stretch)| (first, messages(stretch)));
        let expected: [(usize, &[u32]); 5] =
            [(0, &[0]), (1, &[1]), (2, &[2]), (3, &[3]), (4, &[5, 6])];
        let expected = expected.map(|(first, stretch)| (first, ids(stretch)));
        assert_eq!(stretches.collect_vec(), expected);
    }

    #[test]
    fn what_is_said_stands_in_its_slots() {
        let wire_choices = wire_choices(&[&[1, 2], &[3, 4]], &[2, 4, 9], true);
        let placed = |said: &[u32]| wire_choices.placed(&ids(said));
        assert_eq!(placed(&[2, 3]), Ok(vec![Some(id(2)), Some(id(3)), None]));
        assert_eq!(placed(&[3]), Ok(vec![None, Some(id(3)), None]));
        assert_eq!(placed(&[2, 2]), Err(id(2)));
        assert_eq!(placed(&[9]), Err(id(9)));
    }

    #[test]
    fn one_message_a_slot_and_one_stray_are_allowed() {
        let free = wire_choices(&[&[1, 2], &[3, 4]], &[2, 4, 9], true);
        let bound = wire_choices(&[&[1, 2], &[3, 4]], &[2, 4, 9], false);
        for (said, allowed, without_silence) in [
            (&[][..], true, false),
            (&[1, 3], true, true),
            (&[1, 2], true, false),
            (&[1, 1], false, false),
            (&[2, 2, 4], true, true),
            (&[1, 3, 9], true, true),
            (&[9], true, false),
            (&[9, 9], false, false),
            (&[1, 2, 9], false, false),
            (&[7], false, false),
        ] {
            assert_eq!(free.allows(&ids(said)), allowed, "{said:?}");
            assert_eq!(bound.allows(&ids(said)), without_silence, "{said:?}");
        }
    }
}
