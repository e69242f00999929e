//! A random adversary: it decides while the protocol runs, by its behaviour and at random, and records its decisions as
//! an attack.

use itertools::Itertools;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rustc_hash::FxHashMap;

use super::Dice;
use super::behaviour::{Behaviour, Treatment};
use super::copies::Copies;
use super::lateness::{RandomEvents, hashed};
use super::random_schedule::RandomSchedule;
use crate::adversary::FaultClass;
use crate::attack::{Edit, Lie};
use crate::execution::Sent;
use crate::execution::simulate::{Eavesdropper, Enemy};
use crate::general::{General, Generals};
use crate::machine::{MessageId, NumberedAttack};
use crate::protocol::Round;
use crate::protocol::events::{Coin, Face, OwnEvent};
use crate::schedule::{Happening, Shift, crashed};
use crate::search::choices::space::Space;
use crate::search::choices::wire_choices::{WireChoices, beside};
use crate::search::decisions::SlotChoices;
use crate::testable::{Refusal, Wire};

/// How often a stray is drawn again if it is not of the wanted kind.
const TRIES: usize = 16;

/// A traitor with its own face says everything within this many waves.
pub(super) const WAVES_OF_A_FACE: usize = 5;

pub(super) struct RandomAdversary<'a, 's> {
    pub space: &'a Space<'s>,
    pub behaviour: Behaviour,
    /// The loyal generals that its traitors play, if any.
    pub copies: Option<Copies<'s>>,
    pub random_schedule: RandomSchedule,
    /// What coins show and when timers go off, if the adversary decides that.
    pub events: Option<RandomEvents>,
    pub rng: &'a mut Dice,
    /// The decisions so far; the traitors, the inputs and the crashes are there from the start.
    pub attack: NumberedAttack,
    /// The generals whose crash has kept something from being said.
    pub silenced: Generals,
    /// Which changes of the schedule have had no effect so far.
    pub unshifted: Vec<bool>,
    /// For each message that was looked at: the numbers of the values that it names.
    pub named: FxHashMap<MessageId, Vec<usize>>,
    /// The first message that has no place in the repertoire.
    pub refusal: Option<Refusal>,
}

impl Enemy for RandomAdversary<'_, '_> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        overhears: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>> {
        match self.attack.faults {
            FaultClass::Byzantine => self.speak(wire, honest, overhears),
            FaultClass::Crash => self.stop(wire, honest),
            FaultClass::SendOmission => self.omit(wire, honest),
            FaultClass::ReceiveOmission => None,
        }
    }

    fn shifts(
        &mut self,
        round: Round,
        sent: Sent<'_, MessageId>,
    ) -> Vec<(usize, Shift<MessageId>)> {
        if let Some(copies) = &mut self.copies {
            copies.hear(round, &sent, &self.events);
        }
        let RandomAdversary { space, behaviour, random_schedule, rng, attack, unshifted, .. } =
            self;
        let first = attack.schedule.len();
        let schedule = &mut attack.schedule;
        let held_on = random_schedule.shift(space, behaviour, round, sent, schedule, rng);
        unshifted.resize(schedule.len(), true);
        let numbers = held_on.into_iter().chain(first..schedule.len());
        numbers.map(|number| (number, schedule[number].clone())).collect()
    }

    fn happening(&mut self, wave: Round, general: General, can: &[OwnEvent]) -> Option<OwnEvent> {
        let events = self.events.as_mut()?;
        let event = events.happens(wave, general, can, self.rng)?;
        self.attack.happenings.push(Happening { wave, general, event });
        Some(event)
    }

    fn crashed(&self, round: Round) -> Generals {
        crashed(&self.attack.crashes, round)
    }

    fn face(&mut self, _: Round, general: General, coin: Coin) -> Option<Face> {
        match &self.events {
            Some(events) => events.shows(general, coin),
            None => Some(coin.usual()),
        }
    }

    /// A replay of the attack knows that the coin is late, and waits for it.
    fn awaits(&self, wave: Round) -> bool {
        self.events.as_ref().is_some_and(|events| events.awaits(wave))
    }

    fn shifted(&mut self, applied: &[usize]) {
        applied.iter().for_each(|number| self.unshifted[*number] = false);
    }
}

impl RandomAdversary<'_, '_> {
    /// What a traitor still says when it crashes.
    fn stop(&mut self, wire: Wire, honest: &[MessageId]) -> Option<Vec<MessageId>> {
        if !self.attack.crashes.iter().any(|crash| crash.silences(wire)) {
            return None;
        }
        if !honest.is_empty() {
            self.silenced = self.silenced.with(wire.from);
        }
        Some(Vec::new())
    }

    /// What is left of what a traitor should say.
    fn omit(&mut self, wire: Wire, honest: &[MessageId]) -> Option<Vec<MessageId>> {
        let mut said = honest.to_vec();
        for place in self.behaviour.omitted(wire, honest.len(), self.rng).into_iter().rev() {
            let edit = Edit::Withhold(said.remove(place));
            self.attack.lies.push(Lie { wire, edit });
        }
        Some(said)
    }

    /// What a Byzantine traitor says.
    fn speak(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        overhears: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>> {
        let space = self.space;
        if space.terms.opaque {
            return self.speak_openly(wire, honest, overhears);
        }
        let face = self.behaviour.face(wire);
        let exceptions = self.behaviour.exceptions(wire);
        let obeys = face == Treatment::Obey && self.behaviour.reaches_all(wire);
        if obeys && exceptions.is_empty() && space.adversary.silence {
            return None;
        }
        let wire_choices = space.wire_choices(wire);
        let (placed, homeless) = self.placed(wire, honest);
        let played = match (face, &mut self.copies) {
            (Treatment::Plays(copy), Some(copies)) => {
                wire_choices.fitting(&copies.said(copy, wire.round, wire.to))
            }
            _ => SlotChoices::new(),
        };
        let mut spoken = SlotChoices::with_capacity(placed.len());
        for (slot, honest) in placed.iter().enumerate() {
            let due = if played.is_empty() { honest } else { &played[slot] };
            let mut said = self.said(wire_choices, face, wire, slot, due.as_ref());
            if exceptions.contains(&slot) {
                said = self.other(wire_choices, wire, slot, said.as_ref());
            }
            let genuine = !space.is_signed() || said == *honest;
            spoken.push(said.filter(|said| genuine || space.can_be_said(wire, said, overhears)));
        }
        let withheld = homeless.into_iter().map(Edit::Withhold);
        let edits = withheld.chain(edits(wire_choices.stray(), &placed, &spoken));
        self.attack.lies.extend(edits.map(|edit| Lie { wire, edit }));
        let mut said = Vec::from_iter(spoken.into_iter().flatten());
        if said.len() > 1 {
            self.space.machine.sort(&mut said);
        }
        Some(said)
    }

    /// What stands in each slot if a traitor obeys, and the messages that have no place: those are not said.
    fn placed(&mut self, wire: Wire, honest: &[MessageId]) -> (SlotChoices, Vec<MessageId>) {
        match self.space.placed(wire, honest) {
            Ok(mut placed) => {
                let at_home = placed.iter().flatten().count();
                let homeless = match at_home == honest.len() {
                    true => Vec::new(),
                    false => beside(honest, placed.iter().flatten()),
                };
                let astray =
                    self.space.wire_choices(wire).stray().and_then(|slot| placed[slot].take());
                return (placed, homeless.into_iter().chain(astray).collect());
            }
            Err(undescribed) => self.refusal.get_or_insert(undescribed),
        };
        let placed = self.space.wire_choices(wire).fitting(honest);
        let homeless = beside(honest, placed.iter().flatten());
        (placed, homeless)
    }

    /// What a traitor with this face says in a slot in which `due` would be said.
    fn said(
        &mut self,
        wire_choices: &WireChoices,
        face: Treatment,
        wire: Wire,
        slot: usize,
        due: Option<&MessageId>,
    ) -> Option<MessageId> {
        let (messages, stray) = (wire_choices.messages(slot), wire_choices.stray() == Some(slot));
        let said = match face {
            Treatment::Erratic(rate) if self.rng.random_ratio(rate, 16) => {
                self.other(wire_choices, wire, slot, due)
            }
            Treatment::Obey | Treatment::Plays(_) | Treatment::Erratic(_) => due.copied(),
            Treatment::Silent => None,
            Treatment::Scattered(seed) => {
                // The same to all, or different for each.
                let to = wire.to.id() * usize::from(seed % 2 == 0);
                let drawn = hashed((seed, slot, to));
                let wave = 1 + (drawn >> 8) as usize % WAVES_OF_A_FACE;
                let dense = 1 + (seed >> 1) % 3;
                messages.first().filter(|_| drawn % 4 < dense && wave == wire.round).copied()
            }
            Treatment::SpeaksFor(value) => {
                let its_own =
                    messages.iter().find(|message| self.named(**message).contains(&value));
                its_own.or(due.filter(|message| self.named(**message).is_empty())).copied()
            }
            Treatment::Always(_) | Treatment::Steady(_) if stray => None,
            Treatment::Always(number) => messages.get(number).or(messages.last()).cloned(),
            Treatment::Steady(seed) => {
                let mut rng = Dice::seed_from_u64(seed ^ slot as u64);
                messages.get(rng.random_range(0..=messages.len())).cloned()
            }
        };
        let scattered = matches!(face, Treatment::Scattered(_));
        let said = said.filter(|_| scattered || self.behaviour.reaches(wire, slot));
        let something = || messages.choose(self.rng).cloned();
        if wire_choices.optional(slot) { said } else { said.or_else(something) }
    }

    /// The numbers of the values that a message names: those that are words of the message shown as data.
    fn named(&mut self, message: MessageId) -> &[usize] {
        let Space { machine, terms, .. } = self.space;
        self.named.entry(message).or_insert_with(|| {
            let shown = machine.show_message(message);
            let words = shown.split(|letter: char| !letter.is_alphanumeric()).collect_vec();
            let values = terms.values.iter().map(|value| machine.show_value(*value));
            values.positions(|value| words.contains(&&*value)).collect()
        })
    }

    /// Anything other than this message, if there is something.
    fn other(
        &mut self,
        wire_choices: &WireChoices,
        wire: Wire,
        slot: usize,
        than: Option<&MessageId>,
    ) -> Option<MessageId> {
        if wire_choices.stray() == Some(slot) {
            return self.stray(wire_choices, wire).cloned();
        }
        let messages = wire_choices.messages(slot);
        let place = than.and_then(|than| messages.iter().position(|message| message == than));
        let others = messages.len() - usize::from(place.is_some());
        let silence = wire_choices.optional(slot) && than.is_some() && self.behaviour.silence;
        if others == 0 {
            return than.cloned().filter(|_| !wire_choices.optional(slot));
        } else if silence && self.rng.random_ratio(1, 3) {
            return None;
        }
        let number = self.rng.random_range(0..others);
        let passed = place.is_some_and(|place| place <= number);
        Some(messages[number + usize::from(passed)])
    }

    /// A stray or a forgery, as the behaviour has it. Fellow traitors are told no forgeries: one that accepted a
    /// forgery could, where it obeys, say something that the repertoire lacks, and only loyal generals are excused for
    /// that.
    fn stray<'m>(&mut self, wire_choices: &'m WireChoices, wire: Wire) -> Option<&'m MessageId> {
        let loyal = !self.attack.traitors.contains(wire.to);
        let (strays, forgeries) = (self.behaviour.strays, self.behaviour.forgeries);
        let forged = match (strays, forgeries && loyal) {
            (true, true) => self.rng.random_ratio(1, 2),
            (false, false) => return None,
            (_, forgeries) => forgeries,
        };
        let messages = wire_choices.messages(wire_choices.stray()?);
        let mut drawn = (0..TRIES).filter_map(|_| messages.choose(self.rng));
        drawn.find(|message| wire_choices.forgery(message).is_some() == forged)
    }
}

/// The lies that turn the messages placed in the slots into those that are spoken.
fn edits(
    stray: Option<usize>,
    placed: &[Option<MessageId>],
    spoken: &[Option<MessageId>],
) -> Vec<Edit<MessageId>> {
    // A stray may be just the message that should have stood in a slot, in which something else is said: then that
    // other message is the one out of place.
    let astray = stray.and_then(|stray| spoken[stray].as_ref());
    let home = astray.and_then(|astray| {
        let mut slots = placed.iter().zip(spoken);
        slots.position(|(honest, said)| honest.as_ref() == Some(astray) && said != honest)
    });
    let edit = |slot| match home {
        Some(_) if stray == Some(slot) => None,
        Some(home) if home == slot => Edit::between(None, spoken[slot]),
        _ => Edit::between(placed[slot], spoken[slot]),
    };
    (0..placed.len()).filter_map(edit).collect_vec()
}
