//! What can be said on one wire, in the order of arrival, with the slots that each message fills.

use itertools::Itertools;

use crate::count::Count;
use crate::protocol::Plain;
use crate::testable::Repertoire;

/// A repertoire, prepared: a behaviour on this wire says at most one message of each slot.
#[derive(Debug)]
pub(crate) struct Menu<M> {
    slots: Vec<Slot<M>>,
    /// The messages of all slots in the order in which what is said arrives.
    pub candidates: Vec<Candidate<M>>,
}

#[derive(Debug)]
struct Slot<M> {
    /// In their order, each once.
    messages: Vec<M>,
    /// Nothing may be said in it.
    optional: bool,
    /// It is the slot for strays, which comes last.
    stray: bool,
}

/// A message that can be said in a slot. The same message may be a candidate of several slots.
#[derive(Debug)]
pub(crate) struct Candidate<M> {
    pub message: M,
    pub slot: usize,
    /// The slot's mark while candidates are gone through: slots that are open at the same time
    /// have different ones.
    pub mark: u64,
    /// No candidate of this slot comes after this one.
    pub closes: bool,
}

/// More than 64 slots of one wire are entangled in the order of messages.
#[derive(Debug)]
pub(crate) struct Entangled;

impl<M: Plain> Menu<M> {
    pub fn new(repertoire: Repertoire<M>, silence: bool, strays: bool) -> Result<Self, Entangled> {
        let slot = |messages: Vec<M>, optional, stray| {
            let messages = messages.into_iter().sorted_unstable().dedup().collect();
            Slot { messages, optional, stray }
        };
        let regular = repertoire.slots.into_iter().map(|messages| slot(messages, silence, false));
        let strays = strays.then(|| slot(repertoire.strays, true, true));
        let slots = regular.chain(strays).filter(|slot| !slot.messages.is_empty()).collect_vec();
        Ok(Menu { candidates: candidates(&slots)?, slots })
    }

    /// How many behaviours there are.
    pub fn behaviours(&self) -> Count {
        let choices = |slot: &Slot<M>| slot.messages.len() + usize::from(slot.optional);
        let slots = self.slots.iter().map(choices).counts().into_iter().sorted();
        slots.map(|(choices, slots)| Count::from(choices as u64).pow(slots as u32)).product()
    }

    /// How many slots there are.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Whether nothing may be said in a slot.
    pub fn optional(&self, slot: usize) -> bool {
        self.slots[slot].optional
    }

    /// What is said, slot by slot, when in each the message of this number is, or nothing.
    pub fn uniform(&self, number: Option<usize>) -> Vec<Option<M>> {
        let said = |slot: &Slot<M>| {
            let number = number.filter(|_| !slot.stray)?;
            slot.messages.get(number).or(slot.messages.last()).cloned()
        };
        self.slots.iter().map(said).collect()
    }

    /// What stands in each slot when this is said; or the first message that has no place.
    pub fn placed(&self, said: &[M]) -> Result<Vec<Option<M>>, M> {
        let mut placed = vec![None; self.slots.len()];
        for message in said {
            let first = self.candidates.partition_point(|candidate| candidate.message < *message);
            let candidates = self.candidates[first..].iter();
            let slots = candidates.take_while(|c| c.message == *message).map(|c| c.slot);
            let slot = slots.into_iter().find(|&slot| placed[slot].is_none());
            placed[slot.ok_or_else(|| message.clone())?] = Some(message.clone());
        }
        Ok(placed)
    }
}

/// The messages of all slots in their order, with a mark from the first to the last of a slot.
fn candidates<M: Plain>(slots: &[Slot<M>]) -> Result<Vec<Candidate<M>>, Entangled> {
    let mut left = slots.iter().map(|slot| slot.messages.len()).collect_vec();
    let mut marks = vec![0; slots.len()];
    let mut free = u64::MAX;
    let messages = slots.iter().enumerate().flat_map(|(slot, Slot { messages, .. })| {
        messages.iter().map(move |message| (message, slot))
    });
    let candidate = |(message, slot): (&M, usize)| {
        if marks[slot] == 0 {
            marks[slot] = free & free.wrapping_neg();
            free &= !marks[slot];
        }
        let mark = marks[slot];
        left[slot] -= 1;
        let closes = left[slot] == 0;
        if closes {
            free |= mark;
        }
        (mark != 0).then(|| Candidate { message: message.clone(), slot, mark, closes })
    };
    messages.sorted_unstable().map(candidate).collect::<Option<_>>().ok_or(Entangled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn menu(slots: &[&[u32]], strays: &[u32], silence: bool) -> Menu<u32> {
        let slots = slots.iter().map(|slot| slot.to_vec()).collect();
        Menu::new(Repertoire { slots, strays: strays.to_vec() }, silence, true).unwrap()
    }

    #[test]
    fn behaviours_are_counted_slot_by_slot() {
        for (menu, expected) in [
            (menu(&[], &[], true), 1),
            (menu(&[&[1, 2], &[3, 4]], &[], false), 4),
            (menu(&[&[1, 2], &[3, 4]], &[], true), 9),
            (menu(&[&[1, 2], &[3, 4]], &[1, 9, 9], false), 12),
        ] {
            assert_eq!(menu.behaviours(), Count::from(expected), "{menu:?}");
        }
    }

    #[test]
    fn slots_that_are_open_together_have_different_marks() {
        let menu = menu(&[&[1, 3], &[2, 4], &[5, 6]], &[0, 9], true);
        let marks = menu.candidates.iter().map(|c| (c.message, c.mark, c.closes)).collect_vec();
        let expected = [
            (0, 1, false),
            (1, 2, false),
            (2, 4, false),
            (3, 2, true),
            (4, 4, true),
            (5, 2, false),
            (6, 2, true),
            (9, 1, true),
        ];
        assert_eq!(marks, expected);
        let entangled = (0..70).map(|slot| vec![slot, slot + 100]).collect();
        let entangled = Repertoire { slots: entangled, strays: vec![] };
        assert!(Menu::new(entangled, true, true).is_err());
    }

    #[test]
    fn what_is_said_stands_in_its_slots() {
        let menu = menu(&[&[1, 2], &[2, 3]], &[], true);
        assert_eq!(menu.placed(&[2, 3]), Ok(vec![Some(2), Some(3)]));
        assert_eq!(menu.placed(&[2, 2]), Ok(vec![Some(2), Some(2)]));
        assert_eq!(menu.placed(&[7]), Err(7));
    }
}
