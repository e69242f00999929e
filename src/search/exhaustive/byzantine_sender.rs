//! A Byzantine sender: what a receiver can come to by what one traitor says to it in one round, in its
//! turn.

use std::cmp::Ordering;

use super::branches::{Action, Branch};
use super::memo::{Candidates, Ignored, Memo, MemoOf};
use super::receiving::{BranchesOf, PlaceBits, Receiver, StateOf};
use crate::general::General;
use crate::property::{Accepted, Violation};
use crate::search::budget::StepBudget;
use crate::search::choices::wire_choices::{Candidate, WireChoices};
use crate::search::decisions::{Decisions, SlotChoices};
use crate::search::outcome::{SearchOutcome, SearchOutcomeOf};
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

/// What one traitor can say in its turn.
pub(super) struct Turn<'t, P: Testable> {
    pub wire: Wire,
    pub wire_choices: &'t WireChoices<P::Message>,
    /// Those candidates that are more than loyalty and can be said.
    sayable: &'t Candidates,
    /// What loyalty would say, if lies are counted.
    honest: Option<SlotChoices<P::Message>>,
    /// The price of each candidate; none if they are free.
    prices: Vec<Price>,
    /// The most lies.
    lies_left: u32,
}

impl<P: Testable> Turn<'_, P> {
    fn price(&self, candidate: usize) -> Price {
        self.prices.get(candidate).copied().unwrap_or(Price::Free)
    }
}

impl<P: Testable> Receiver<'_, P> {
    /// What a traitor says in its turn: any candidate of the wire's choices in each slot.
    pub(super) fn hear_traitor(
        &self,
        from: General,
        bits: PlaceBits<'_>,
        received: &mut BranchesOf<'_, P>,
        memo: &mut MemoOf<P>,
        budget: &mut StepBudget<'_>,
    ) -> Result<(), SearchOutcomeOf<P>> {
        let wire = Wire { round: self.round, from, to: self.to };
        let Memo { ignored, sayable, .. } = memo;
        let wire_choices = self.space.wire_choices(wire);
        let sayable = sayable.on(wire, wire_choices, self.overheard);
        ignored.make_room();
        for Branch { state, met, .. } in received.branches.iter_mut().filter(|_| self.merges) {
            *met = ignored.meet(wire, state, wire_choices.candidates.len());
        }
        let all = 0..wire_choices.candidates.len();
        let is_deaf = |branch: &Branch<_>| {
            branch.early == 0 && ignored.ignores(branch.met, sayable, all.clone())
        };
        let free = self.lies_left.is_none();
        if free && wire_choices.all_optional() && received.branches.iter().all(is_deaf) {
            return Ok(budget.take(received.branches.len() as u64 * sayable.count(all))?);
        }
        let turn = self.turn(wire, wire_choices, sayable, received)?;
        let mut merged = received.branches.len();
        for (first, stretch) in wire_choices.stretches() {
            let Candidate { slot, mark, .. } = stretch[0];
            let place = bits.of(slot);
            self.hear_stretch(&turn, place, (first, stretch), received, ignored, budget)?;
            if !free {
                received.keep(|branch| branch.lies <= turn.lies_left);
            }
            if stretch.last().is_some_and(|candidate| candidate.closes) {
                let candidates = first..first + stretch.len();
                let told_first = candidates.last().map(|last| turn.price(last));
                let told_first = told_first.is_some_and(|price| !price.silence_is_as_good());
                received.close(mark, place, wire_choices.optional(slot), told_first);
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

    /// What is to be known of a traitor before its turn.
    pub(super) fn turn<'t>(
        &self,
        wire: Wire,
        wire_choices: &'t WireChoices<P::Message>,
        sayable: &'t Candidates,
        received: &BranchesOf<'_, P>,
    ) -> Result<Turn<'t, P>, SearchOutcomeOf<P>> {
        let lies_left = self.lies_left.unwrap_or(u32::MAX);
        let counted = received.honest[wire.from.id()].as_ref().filter(|_| self.lies_left.is_some());
        let honest = counted.map(|honest| self.space.placed(wire, honest)).transpose()?;
        let price = |Candidate { message, slot, .. }: &Candidate<P::Message>| {
            honest.as_ref().map(|honest| Price::of(message, honest[*slot].as_ref()))
        };
        let prices = wire_choices.candidates.iter().map_while(price).collect();
        Ok(Turn { wire, wire_choices, sayable, honest, prices, lies_left })
    }

    /// What a traitor says in a slot, of a stretch of candidates for it, on each branch on which it has not
    /// said anything in it: one of them, or none.
    pub(super) fn hear_stretch(
        &self,
        turn: &Turn<'_, P>,
        place: u64,
        (first, stretch): (usize, &[Candidate<P::Message>]),
        received: &mut BranchesOf<'_, P>,
        ignored: &mut Ignored<StateOf<P>>,
        budget: &mut StepBudget<'_>,
    ) -> Result<(), SearchOutcomeOf<P>> {
        for at in 0..received.branches.len() {
            let branch = &received.branches[at];
            if branch.used & stretch[0].mark == 0 && branch.early & place == 0 {
                self.hear_on(turn, at, (first, stretch), received, ignored, budget)?;
                self.room(received)?;
            }
        }
        Ok(())
    }

    /// The same on one branch.
    fn hear_on(
        &self,
        turn: &Turn<'_, P>,
        at: usize,
        (first, stretch): (usize, &[Candidate<P::Message>]),
        received: &mut BranchesOf<'_, P>,
        ignored: &mut Ignored<StateOf<P>>,
        budget: &mut StepBudget<'_>,
    ) -> Result<(), SearchOutcomeOf<P>> {
        let numbers = first..first + stretch.len();
        let deaf = ignored.ignores(received.branches[at].met, turn.sayable, numbers.clone());
        if deaf && self.lies_left.is_none() && turn.wire_choices.optional(stretch[0].slot) {
            return Ok(budget.take(turn.sayable.count(numbers))?);
        }
        let wire @ Wire { from, .. } = turn.wire;
        let loyal_hears = !self.protocol.traitors().contains(self.to);
        // As long as what is heard changes nothing, it is heard by the same copy.
        let mut copy = None;
        for (number, candidate) in (first..).zip(stretch) {
            let Candidate { message, slot, mark, forgery, .. } = candidate;
            let price = turn.price(number);
            let can_be_said = price == Price::Honest || turn.sayable.has(number);
            let can_be_left_out = turn.wire_choices.optional(*slot) && price.silence_is_as_good();
            let branch = &mut received.branches[at];
            let lies = branch.lies + price.said();
            branch.lies += price.unsaid();
            if !can_be_said || lies > turn.lies_left {
                continue;
            }
            budget.step()?;
            let known = ignored.has(branch.met, number);
            if known && can_be_left_out {
                continue;
            }
            let mut state = match copy.take() {
                Some(copy) => copy,
                None => received.pool.copy(&branch.state),
            };
            if !known {
                let heard = self.protocol.receive(self.to, &mut state, self.round, from, message);
                heard.map_err(|fault| {
                    SearchOutcome::from(fault).after(|| self.cut_short(received, at, turn, number))
                })?;
            }
            let branch = &received.branches[at];
            let changed = !known && state != branch.state;
            if let Some(label) = forgery.filter(|_| loyal_hears && changed) {
                let decisions = self.cut_short(received, at, turn, number);
                let accepted = Violation::Forgery(Accepted { wire, label });
                return Err(SearchOutcome::Found(accepted, Box::new(decisions)));
            }
            if !changed {
                ignored.add(branch.met, number);
            }
            if !changed && can_be_left_out {
                copy = Some(state);
            } else {
                let Branch { trace, early, used, met, .. } = *branch;
                let met = if changed { ignored.follow(met, &state) } else { met };
                let branch = Branch { state, lies, trace, used: used | mark, early, met };
                received.push(from, Action::Says(number as u32), branch);
            }
        }
        received.pool.give(copy);
        Ok(())
    }

    /// What the traitors said up to a candidate at which the run failed: from there on they obey,
    /// as far as it is known what that is.
    pub(super) fn cut_short(
        &self,
        received: &BranchesOf<'_, P>,
        at: usize,
        Turn { wire, wire_choices, honest, .. }: &Turn<'_, P>,
        number: usize,
    ) -> Decisions<P::Message> {
        let decisions = self.decisions(received, received.branches[at].trace);
        let mut decisions = self.rest_obeys(received, decisions, Some(wire.from));
        let Candidate { message, slot, .. } = &wire_choices.candidates[number];
        let spoken = decisions.spoken.get_mut(wire).expect("the traitor's wire has been decided");
        spoken[*slot] = Some(message.clone());
        for (slot, honest) in honest.iter().flatten().enumerate() {
            let Some(honest) = honest.as_ref().filter(|_| spoken[slot].is_none()) else { continue };
            let mut to_come =
                wire_choices.candidates[number + 1..].iter().filter(|next| next.slot == slot);
            if honest > message {
                spoken[slot] = Some(honest.clone());
            } else if !wire_choices.optional(slot) {
                // It has been passed by, so it is some other.
                spoken[slot] = to_come.next().map(|next| next.message.clone());
            }
        }
        decisions
    }
}
