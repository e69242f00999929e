//! A Byzantine sender: what a receiver can reach by what one traitor says to it in one round, in its turn.

use std::cmp::Ordering;
use std::sync::Arc;

use super::branches::{Action, Branch, Branches};
use super::memo::Candidates;
use super::receiving::{PlaceBits, Receiver};
use super::thread::Thread;
use crate::general::General;
use crate::machine::{Machine, MessageId};
use crate::property::{Accepted, Violation};
use crate::search::choices::wire_choices::{Candidate, WireChoices, beside};
use crate::search::decisions::{Decisions, SlotChoices};
use crate::search::outcome::SearchOutcome;
use crate::testable::Wire;

/// Merging costs about as much as branching, so it waits until there are this many times as many branches as after the
/// last merge.
const MERGE_AT_GROWTH: usize = 8;

/// How a candidate counts when a traitor's lies are counted, relative to what a loyal general would have said in the
/// slot (the honest message). Lies are counted in the order of the messages: once the honest message is passed over,
/// that is the lie, and saying another message after it costs nothing more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Price {
    /// Lies are not counted.
    Free,
    /// This is the honest message.
    Honest,
    /// The honest message comes later.
    Early,
    /// The honest message came before.
    Late,
    /// A loyal general would have said nothing.
    Unasked,
}

impl Price {
    fn of(machine: &dyn Machine, message: MessageId, honest: Option<MessageId>) -> Price {
        match honest.map(|honest| machine.compare(message, honest)) {
            None => Price::Unasked,
            Some(Ordering::Less) => Price::Early,
            Some(Ordering::Equal) => Price::Honest,
            Some(Ordering::Greater) => Price::Late,
        }
    }

    /// How many lies it costs to say the candidate.
    fn said(self) -> u32 {
        u32::from(matches!(self, Price::Early | Price::Unasked))
    }

    /// How many lies it costs to have passed over the candidate.
    fn unsaid(self) -> u32 {
        u32::from(self == Price::Honest)
    }

    /// Whether nothing is lost by not saying a message that changes nothing. (If it is a lie either way, saying
    /// something makes the clearer attack.)
    fn silence_is_as_good(self) -> bool {
        matches!(self, Price::Free | Price::Unasked)
    }
}

/// What one traitor can say in its turn.
pub(super) struct Turn<'t> {
    pub wire: Wire,
    pub wire_choices: &'t WireChoices,
    /// The candidates that the traitors have the signatures for.
    sayable: Arc<Candidates>,
    /// What a loyal general would say, if lies are counted.
    honest: Option<SlotChoices>,
    /// The price of each candidate; empty if lies are free.
    prices: Vec<Price>,
    /// How many honest messages the repertoire lacks: each is a lie, whatever is said.
    lacking: u32,
    /// The most lies that may be told.
    lies_left: u32,
}

impl Turn<'_> {
    fn price(&self, candidate: usize) -> Price {
        self.prices.get(candidate).copied().unwrap_or(Price::Free)
    }
}

impl Receiver<'_> {
    /// What a traitor says in its turn: in each slot, any candidate of the wire's choices.
    pub(super) fn hear_traitor(
        &self,
        from: General,
        bits: PlaceBits<'_>,
        received: &mut Branches<'_>,
        thread: &mut Thread<'_>,
    ) -> Result<(), SearchOutcome> {
        let wire = Wire { round: self.round, from, to: self.to };
        let memo = &mut thread.memo;
        let wire_choices = self.space.wire_choices(wire);
        let sayable = memo.sayable.on(wire, wire_choices, self.overheard);
        memo.rows.make_room();
        for branch in received.branches.iter_mut().filter(|_| self.merges) {
            let row = |state| memo.rows.meet(wire, state, wire_choices.candidates.len());
            branch.row = branch.state.and_then(row);
        }
        let all = 0..wire_choices.candidates.len();
        let is_deaf = |branch: &Branch| {
            branch.early == 0 && memo.rows.ignores(branch.row, &sayable, all.clone())
        };
        let free = self.lies_left.is_none();
        if free && wire_choices.all_optional() && received.branches.iter().all(is_deaf) {
            return Ok(thread.budget.take(received.branches.len() as u64 * sayable.count(all))?);
        }
        let turn = self.turn(wire, wire_choices, sayable, received, thread);
        if turn.lacking > 0 {
            received.branches.iter_mut().for_each(|branch| branch.lies += turn.lacking);
            received.keep(|branch| branch.lies <= turn.lies_left);
        }
        let mut merged = received.branches.len();
        for (first, stretch) in wire_choices.stretches() {
            let Candidate { slot, mark, .. } = stretch[0];
            let place = bits.of(slot);
            self.hear_stretch(&turn, place, (first, stretch), received, thread)?;
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
        // Merging does not pay after the very last sender: only decisions are left.
        let last = self.round == self.space.terms.rounds
            && self.space.neighbours(self.to).iter().last() == Some(from);
        if received.branches.len() > merged && !last {
            self.merge(received);
        }
        Ok(())
    }

    /// Prepares a traitor's turn.
    pub(super) fn turn<'t>(
        &self,
        wire: Wire,
        wire_choices: &'t WireChoices,
        sayable: Arc<Candidates>,
        received: &Branches<'_>,
        thread: &mut Thread<'_>,
    ) -> Turn<'t> {
        let lies_left = self.lies_left.unwrap_or(u32::MAX);
        let counted = received.honest[wire.from.id()].as_ref().filter(|_| self.lies_left.is_some());
        let mut lacking = 0;
        let honest = counted.map(|said| {
            wire_choices.placed(said).unwrap_or_else(|message| {
                thread.lacking.get_or_insert((wire, message));
                let fitting = wire_choices.fitting(said);
                lacking = beside(said, fitting.iter().flatten()).len() as u32;
                fitting
            })
        });
        let price = |Candidate { message, slot, .. }: &Candidate| {
            honest.as_ref().map(|honest| Price::of(self.space.machine, *message, honest[*slot]))
        };
        let prices = wire_choices.candidates.iter().map_while(price).collect();
        Turn { wire, wire_choices, sayable, honest, prices, lacking, lies_left }
    }

    /// What a traitor says out of a stretch of candidates of one slot, on each branch on which it has not said anything
    /// in that slot: one of them, or none.
    pub(super) fn hear_stretch(
        &self,
        turn: &Turn<'_>,
        place: u64,
        (first, stretch): (usize, &[Candidate]),
        received: &mut Branches<'_>,
        thread: &mut Thread<'_>,
    ) -> Result<(), SearchOutcome> {
        for at in 0..received.branches.len() {
            let branch = &received.branches[at];
            if branch.used & stretch[0].mark == 0 && branch.early & place == 0 {
                self.hear_on(turn, at, (first, stretch), received, thread)?;
                self.room(received)?;
            }
        }
        Ok(())
    }

    /// The same on one branch.
    fn hear_on(
        &self,
        turn: &Turn<'_>,
        at: usize,
        (first, stretch): (usize, &[Candidate]),
        received: &mut Branches<'_>,
        thread: &mut Thread<'_>,
    ) -> Result<(), SearchOutcome> {
        let numbers = first..first + stretch.len();
        let Thread { worker, memo, budget, .. } = thread;
        let rows = &mut memo.rows;
        let deaf = rows.ignores(received.branches[at].row, &turn.sayable, numbers.clone());
        if deaf && self.lies_left.is_none() && turn.wire_choices.optional(stretch[0].slot) {
            return Ok(budget.take(turn.sayable.count(numbers))?);
        }
        let wire @ Wire { from, .. } = turn.wire;
        let loyal_hears = !self.traitors.contains(self.to);
        for (number, candidate) in (first..).zip(stretch) {
            let Candidate { message, slot, mark, forgery, .. } = *candidate;
            let price = turn.price(number);
            let can_be_said = price == Price::Honest || turn.sayable.has(number);
            let can_be_left_out = turn.wire_choices.optional(slot) && price.silence_is_as_good();
            let branch = &mut received.branches[at];
            let lies = branch.lies + price.said();
            branch.lies += price.unsaid();
            if !can_be_said || lies > turn.lies_left {
                continue;
            }
            budget.step()?;
            let Branch { state: before, row, trace, early, used, .. } = *branch;
            let state = match (rows.next(row, number), before) {
                (Some(known), _) => Some(known),
                (None, None) => None,
                (None, Some(state)) => {
                    let heard = worker.receive_anew(self.to, state, self.round, from, message);
                    heard.map_err(|fault| {
                        let cut_short = || self.cut_short(received, at, turn, number);
                        SearchOutcome::from(fault).after(cut_short)
                    })?
                }
            };
            let changed = state != before;
            if let Some(label) = forgery.filter(|_| loyal_hears && changed) {
                let decisions = self.cut_short(received, at, turn, number);
                let accepted = Violation::Forgery(Accepted { wire, label });
                return Err(SearchOutcome::Found(accepted, Box::new(decisions)));
            }
            if let Some(state) = state {
                rows.learn(row, number, state, changed);
            }
            if changed || !can_be_left_out {
                let row = match state.filter(|_| changed) {
                    Some(state) => rows.follow(row, state),
                    None => row,
                };
                let branch = Branch { state, lies, trace, used: used | mark, early, row };
                received.push(from, Action::Says(number as u32), branch);
            }
        }
        Ok(())
    }

    /// What the traitors said up to a candidate at which the run failed. From there on they obey, as far as it is known
    /// what that means.
    pub(super) fn cut_short(
        &self,
        received: &Branches<'_>,
        at: usize,
        Turn { wire, wire_choices, honest, .. }: &Turn<'_>,
        number: usize,
    ) -> Decisions {
        let decisions = self.decisions(received, received.branches[at].trace);
        let mut decisions = self.rest_obeys(received, decisions, Some(wire.from));
        let Candidate { message, slot, .. } = &wire_choices.candidates[number];
        let spoken = decisions.spoken.get_mut(wire).expect("the traitor's wire has been decided");
        spoken[*slot] = Some(*message);
        for (slot, honest) in honest.iter().flatten().enumerate() {
            let Some(honest) = honest.as_ref().filter(|_| spoken[slot].is_none()) else { continue };
            let mut to_come =
                wire_choices.candidates[number + 1..].iter().filter(|next| next.slot == slot);
            if self.space.machine.compare(*honest, *message).is_gt() {
                spoken[slot] = Some(*honest);
            } else if !wire_choices.optional(slot) {
                // The honest message has been passed over, so the slot is filled with a later one.
                spoken[slot] = to_come.next().map(|next| next.message);
            }
        }
        decisions
    }
}
