//! What a receiver can come to by what one Byzantine traitor says to it in one round, in its turn.

use std::cmp::Ordering;

use super::branching::{Inbox, ReceivedBy};
use super::effort::Meter;
use super::end::{End, EndOf};
use super::memory::{Memory, MemoryOf};
use super::menu::Candidate;
use super::received::{Branch, Deed};
use super::script::{Script, Spoken};
use crate::general::General;
use crate::property::{Accepted, Violation};
use crate::testable::{Testable, Wire};

/// Merging costs about as much as branching, so it waits until there are so many times as many
/// branches as there were after the last time.
const MERGE_AT_GROWTH: usize = 8;

/// What a candidate is to a traitor who counts its lies, by what loyalty would have said in the
/// slot. Lies are counted as they are told, in the order of the messages: where the honest message
/// is passed by in silence, that is the lie, and another one after it is told for nothing more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Price {
    /// Lies are not counted.
    Free,
    /// Loyalty would have said just this.
    Honest,
    /// Loyalty would have said something that comes later.
    Early,
    /// Loyalty would have said something that came before.
    Late,
    /// Loyalty would have said nothing.
    Unasked,
}

impl Price {
    fn of<M: Ord>(message: &M, honest: Option<&M>) -> Price {
        match honest.map(|honest| message.cmp(honest)) {
            None => Price::Unasked,
            Some(Ordering::Less) => Price::Early,
            Some(Ordering::Equal) => Price::Honest,
            Some(Ordering::Greater) => Price::Late,
        }
    }

    /// How many lies it is to say it.
    fn said(self) -> u32 {
        u32::from(matches!(self, Price::Early | Price::Unasked))
    }

    /// How many lies it is to have said nothing in the slot, now that it has been passed by.
    fn unsaid(self) -> u32 {
        u32::from(self == Price::Honest)
    }

    /// Whether nothing is lost if a message that changes nothing is not said. (Where it is a lie
    /// either way, one that is told makes the better story.)
    fn silence_is_as_good(self) -> bool {
        matches!(self, Price::Free | Price::Unasked)
    }
}

impl<P: Testable> Inbox<'_, P> {
    /// What a traitor says in its turn: any candidate of the menu in each slot.
    pub(super) fn hear_traitor(
        &self,
        from: General,
        bits: &[u64],
        received: &mut ReceivedBy<'_, P>,
        memory: &mut MemoryOf<P>,
        meter: &mut Meter<'_>,
    ) -> Result<(), EndOf<P>> {
        let wire = Wire { round: self.round, from, to: self.to };
        let menu = self.space.menu(wire);
        let priced = received.honest[from.id()].as_ref().filter(|_| self.lies_left.is_some());
        let honest = priced.map(|honest| self.space.placed(wire, honest)).transpose()?;
        let lies_left = self.lies_left.unwrap_or(u32::MAX);
        let loyal_hears = !self.protocol.traitors().contains(self.to);
        let mut merged = received.branches.len();
        let mut spare = None;
        let Memory { ignored, sayable, .. } = memory;
        let sayable = sayable.on(wire, menu, self.overheard);
        ignored.make_room();
        for Branch { state, met, .. } in received.branches.iter_mut().filter(|_| self.merges) {
            *met = ignored.meet(wire, state, menu.candidates.len());
        }
        let starts = received.branches.len() as u64;
        let is_deaf =
            |branch: &Branch<_>| branch.early == 0 && ignored.ignores(branch.met, sayable);
        if honest.is_none() && menu.all_optional() && received.branches.iter().all(is_deaf) {
            return Ok(meter.take(starts * sayable.len())?);
        }
        for (number, candidate) in menu.candidates.iter().enumerate() {
            let Candidate { message, slot, mark, closes, forgery, .. } = candidate;
            let loyal = honest.as_ref().map(|honest| honest[*slot].as_ref());
            let price = loyal.map_or(Price::Free, |loyal| Price::of(message, loyal));
            let (optional, place) = (menu.optional(*slot), bits[*slot]);
            let before = received.branches.len();
            let can_be_said = price == Price::Honest || sayable.has(number);
            let can_be_left_out = optional && price.silence_is_as_good();
            for at in (0..before).filter(|_| can_be_said) {
                let branch = &received.branches[at];
                let lies = branch.lies + price.said();
                if branch.used & mark != 0 || branch.early & place != 0 || lies > lies_left {
                    continue;
                }
                meter.step()?;
                let known = ignored.has(branch.met, number);
                if known && can_be_left_out {
                    continue;
                }
                let mut state = spare.take();
                state.clone_from(&branch.state);
                if !known {
                    let heard =
                        self.protocol.receive(self.to, &mut state, self.round, from, message);
                    heard.map_err(|fault| {
                        let script = self.cut_short(received, at, wire, number, honest.as_ref());
                        End::from(fault).after(|| script)
                    })?;
                }
                let branch = &received.branches[at];
                let changed = !known && state != branch.state;
                if let Some(label) = forgery.filter(|_| loyal_hears && changed) {
                    let script = self.cut_short(received, at, wire, number, honest.as_ref());
                    let accepted = Violation::Forgery(Accepted { wire, label });
                    return Err(End::Found(accepted, Box::new(script)));
                }
                if !changed {
                    ignored.add(branch.met, number);
                    if can_be_left_out {
                        spare = state;
                        continue;
                    }
                }
                let Branch { trace, early, used, met, .. } = *branch;
                let met = if changed { ignored.follow(met, &state) } else { met };
                let branch = Branch { state, lies, trace, used: used | mark, early, met };
                received.push(from, Deed::Says(number as u32), branch);
            }
            self.room(received)?;
            if price.unsaid() > 0 {
                let unsaid = received.branches[..before].iter_mut();
                unsaid
                    .filter(|branch| branch.used & mark == 0 && branch.early & place == 0)
                    .for_each(|branch| branch.lies += 1);
                received.branches.retain(|branch| branch.lies <= lies_left);
            }
            if *closes {
                received.close(*mark, place, optional, !price.silence_is_as_good());
                if received.branches.len() >= MERGE_AT_GROWTH * merged {
                    self.merge(received);
                    merged = received.branches.len();
                }
            }
        }
        // What is heard last of all is not worth it: nothing is left to come but decisions.
        let last = self.round == self.space.terms.rounds
            && self.space.neighbours(self.to).iter().last() == Some(from);
        if received.branches.len() > merged && !last {
            self.merge(received);
        }
        Ok(())
    }

    /// What the traitors said up to a candidate at which the run failed: from there on they obey,
    /// as far as it is known what that is.
    fn cut_short(
        &self,
        received: &ReceivedBy<'_, P>,
        at: usize,
        wire: Wire,
        number: usize,
        honest: Option<&Spoken<P::Message>>,
    ) -> Script<P::Message> {
        let script = self.script(received, received.branches[at].trace);
        let mut script = self.rest_obeys(received, script, Some(wire.from));
        let menu = self.space.menu(wire);
        let Candidate { message, slot, .. } = &menu.candidates[number];
        let spoken = script.spoken.get_mut(&wire).expect("the traitor's wire has been decided");
        spoken[*slot] = Some(message.clone());
        for (slot, honest) in honest.into_iter().flatten().enumerate() {
            let Some(honest) = honest.as_ref().filter(|_| spoken[slot].is_none()) else { continue };
            let mut to_come = menu.candidates[number + 1..].iter().filter(|next| next.slot == slot);
            if honest > message {
                spoken[slot] = Some(honest.clone());
            } else if !menu.optional(slot) {
                // It has been passed by, so it is some other.
                spoken[slot] = to_come.next().map(|next| next.message.clone());
            }
        }
        script
    }
}
