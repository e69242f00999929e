//! What traitors say if messages come from an implementation: all or some of what they would say if they obeyed, what
//! is on the menu, and what anybody said before.

use rand::RngExt;
use rand::seq::IndexedRandom;

use super::behaviour::Treatment;
use super::lateness::hashed;
use super::random_adversary::{RandomAdversary, WAVES_OF_A_FACE};
use crate::attack::{Edit, Lie};
use crate::execution::simulate::Eavesdropper;
use crate::machine::MessageId;
use crate::testable::Wire;

impl RandomAdversary<'_, '_> {
    pub(super) fn speak_openly(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        overhears: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>> {
        let face = self.behaviour.face(wire);
        let menu = self.space.wire_choices(wire);
        let mut edits = Vec::new();
        for (place, message) in honest.iter().enumerate() {
            if !self.is_kept(face, wire, place) {
                edits.push(Edit::Withhold(*message));
            }
        }
        for slot in 0..menu.slots() {
            let Treatment::Scattered(seed) = face else { break };
            let messages = menu.messages(slot);
            let said = scattered(seed, wire, slot).filter(|_| self.behaviour.reaches(wire, slot));
            edits.extend(said.map(|number| Edit::Say(messages[number as usize % messages.len()])));
        }
        if let Treatment::Erratic(rate) = face
            && self.rng.random_ratio(rate, 32)
        {
            let any_slot = self.rng.random_range(0..menu.slots().max(1));
            let made_up = menu.slots() > 0 && self.rng.random_ratio(1, 2);
            let said = match made_up {
                true => menu.messages(any_slot).choose(self.rng),
                false => overhears.said().choose(self.rng),
            };
            edits.extend(said.map(|said| Edit::Say(*said)));
        }
        if edits.is_empty() {
            return None;
        }
        let mut said = honest.to_vec();
        for edit in &edits {
            edit.apply(&mut said);
        }
        self.attack.lies.extend(edits.into_iter().map(|edit| Lie { wire, edit }));
        Some(said)
    }

    /// Whether a traitor says a message that it would say if it obeyed.
    fn is_kept(&mut self, face: Treatment, wire: Wire, place: usize) -> bool {
        match face {
            Treatment::Silent => false,
            Treatment::Erratic(rate) => !self.rng.random_ratio(rate, 32),
            Treatment::Scattered(seed) => hashed((seed, "obeys")) % 3 == 0,
            _ => self.behaviour.reaches(wire, wire.round * 64 + place),
        }
    }
}

/// Which message of a menu slot is said in this wave, drawn from a seed: none, or one in one of the first waves, the
/// same to all or different for each.
fn scattered(seed: u64, wire: Wire, slot: usize) -> Option<u64> {
    let to = wire.to.id() * usize::from(seed.is_multiple_of(4));
    let drawn = hashed((seed, slot, to));
    let wave = 1 + (drawn >> 8) as usize % WAVES_OF_A_FACE;
    let out_of_eight = [7, 6, 4, 2][(seed >> 2) as usize % 4];
    (drawn % 8 < out_of_eight && wave == wire.round).then_some(drawn >> 16)
}
