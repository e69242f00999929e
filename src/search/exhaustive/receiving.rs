//! Receiving: what one receiver can reach in one round. Its inbox is processed in the order of arrival. The search
//! branches on everything that the adversary can do, and merges equal states in between.
//!
//! If the adversary controls the order of arrival, whatever arrives before its turn is processed first, in every order,
//! and then the rest in turn. So each change of the order can be counted.

use super::branches::{Action, Branch, Branches, Trace};
use super::thread::Thread;
use crate::adversary::FaultClass;
use crate::general::{General, Generals};
use crate::machine::{MessageId, Said, StateId};
use crate::protocol::Round;
use crate::search::budget::MOST_STATES;
use crate::search::choices::signature_set::SignatureSet;
use crate::search::choices::space::Space;
use crate::search::decisions::Decisions;
use crate::search::outcome::SearchOutcome;
use crate::search::progress::Halt;
use crate::search::symmetry::Symmetry;
use crate::testable::{Refusal, Wire};

/// One round at one receiver.
pub(crate) struct Receiver<'e> {
    pub space: &'e Space<'e>,
    pub traitors: Generals,
    pub round: Round,
    pub to: General,
    /// What was said to it in an earlier round and arrives now.
    pub overdue: Vec<(General, MessageId)>,
    /// How many lies may still be told; `None` if they are free.
    pub lies_left: Option<u32>,
    /// The signatures that the traitors can show.
    pub overheard: &'e SignatureSet,
    /// Whether equal states are merged.
    pub merges: bool,
    /// The symmetry that is used, if any.
    pub symmetry: Option<&'e Symmetry<'e>>,
    /// Whether only the extremes of what can be said are tried.
    pub extremes: bool,
}

/// A place in an inbox, if there are orders to choose from: an honest message, or a slot in which a traitor says what
/// it likes. Each place has its own bit.
pub(super) struct InboxPlace {
    pub from: General,
    pub number: usize,
    pub bit: u64,
}

/// The bits of one sender's places, in turn; none if there are no orders to choose from.
#[derive(Clone, Copy)]
pub(super) struct PlaceBits<'b>(&'b [u64]);

impl PlaceBits<'_> {
    /// There are no orders to choose from.
    pub const NONE: PlaceBits<'static> = PlaceBits(&[]);

    /// The bit of one place.
    pub fn of(self, number: usize) -> u64 {
        self.0.get(number).copied().unwrap_or(0)
    }
}

impl Receiver<'_> {
    /// Every state that the receiver can reach from this one. `honest` is what each general would say to it if it were
    /// loyal.
    pub fn received<'a>(
        &self,
        state: Option<StateId>,
        honest: &'a [Option<Said>],
        thread: &mut Thread<'_>,
    ) -> Result<Branches<'a>, SearchOutcome> {
        let start = Branch { state, lies: 0, trace: 0, used: 0, early: 0, row: None };
        let Receiver { to, round, .. } = *self;
        let (branches, done) = (vec![start], Vec::new());
        let mut received = Branches { to, round, honest, branches, done };
        let places = self.places(&received)?;
        if self.space.adversary.any_order {
            self.hear_first(&places, &mut received, thread)?;
        }
        for (from, message) in &self.overdue {
            for at in 0..received.branches.len() {
                self.hear(&mut received, at, *from, &[*message], None, thread)?;
            }
        }
        let senders = self.space.neighbours(to);
        if self.extremes {
            self.hear_extremes(senders, &mut received, thread)?;
        } else {
            for from in senders.iter() {
                self.hear_turn(from, &places, &mut received, thread)?;
            }
        }
        for at in 0..received.branches.len() {
            let ended = thread.worker.end_round(to, received.branches[at].state, round);
            received.branches[at].state = ended.map_err(|fault| {
                SearchOutcome::from(fault)
                    .after(|| self.decisions(&received, received.branches[at].trace))
            })?;
        }
        received
            .keep(|branch| !branch.state.is_some_and(|state| thread.worker.table.is_over(state)));
        if round < self.space.terms.rounds {
            self.merge(&mut received);
        }
        Ok(received)
    }

    /// What one sender says in its turn, except what has already arrived.
    fn hear_turn(
        &self,
        from: General,
        places: &[InboxPlace],
        received: &mut Branches<'_>,
        thread: &mut Thread<'_>,
    ) -> Result<(), SearchOutcome> {
        let places = places.iter().filter(|place| place.from == from);
        let bits = places.map(|place| place.bit).collect::<Vec<_>>();
        if self.is_free(from) {
            self.hear_traitor(from, PlaceBits(&bits), received, thread)?;
            self.fold(from, received, thread)?;
        } else {
            self.hear_honest(from, PlaceBits(&bits), received, thread)?;
        }
        if !bits.is_empty() {
            received.forget(bits.into_iter().sum());
            self.merge(received);
        }
        Ok(())
    }

    pub(super) fn merge(&self, received: &mut Branches<'_>) {
        if self.merges {
            received.merge();
        }
    }

    /// In the last round, when only traitors are still to be heard after this sender: of states that can be turned into
    /// each other by renaming generals who were already heard, only the first is kept. Whatever is said to it can be
    /// said, renamed, to the others, and they decide alike.
    fn fold(
        &self,
        heard: General,
        received: &mut Branches<'_>,
        thread: &mut Thread<'_>,
    ) -> Result<(), SearchOutcome> {
        let Receiver { space, round, to, .. } = *self;
        let last = round == space.terms.rounds && !space.adversary.any_order && !space.is_signed();
        let Some(symmetry) = self.symmetry.filter(|_| last) else { return Ok(()) };
        let to_come = space.neighbours(to).iter().filter(|from| *from > heard);
        let to_come: Generals = to_come.collect();
        if !to_come.is_empty() && to_come.iter().all(|from| self.is_free(from)) {
            let settled = space.everybody().minus(to_come).without(to);
            let states: Vec<_> = received.branches.iter().map(|branch| branch.state).collect();
            let mut firsts = symmetry.firsts(&mut thread.worker, &states, settled)?.into_iter();
            received.keep(|_| firsts.next().expect("each branch is the first or not"));
        }
        Ok(())
    }

    /// Whether a sender says what it likes.
    pub(super) fn is_free(&self, from: General) -> bool {
        self.space.adversary.faults.is_byzantine() && self.traitors.contains(from)
    }

    /// All places of this round's inbox, in turn; none if there are no orders to choose from.
    fn places(&self, received: &Branches<'_>) -> Result<Vec<InboxPlace>, SearchOutcome> {
        let Receiver { to, round, .. } = *self;
        let mut places = Vec::new();
        if !self.space.adversary.any_order {
            return Ok(places);
        }
        for from in self.space.neighbours(to).iter() {
            let count = match &received.honest[from.id()] {
                Some(honest) if !self.is_free(from) => honest.len(),
                _ => self.space.wire_choices(Wire { round, from, to }).slots(),
            };
            places.extend((0..count).map(|number| InboxPlace { from, number, bit: 0 }));
        }
        if places.len() > u64::BITS as usize {
            return Err(Refusal::Crowded { to, round }.into());
        }
        for (place, InboxPlace { bit, .. }) in places.iter_mut().enumerate() {
            *bit = 1 << place;
        }
        Ok(places)
    }

    /// Lets the receiver hear messages on a branch, one after the other. `reached` is the sender whose turn it is, if
    /// any.
    fn hear(
        &self,
        received: &mut Branches<'_>,
        at: usize,
        from: General,
        messages: &[MessageId],
        reached: Option<General>,
        thread: &mut Thread<'_>,
    ) -> Result<(), SearchOutcome> {
        thread.budget.take(messages.len() as u64)?;
        let state = received.branches[at].state;
        let inbox = [(from, messages)];
        let heard = thread.worker.receive_all(self.to, state, self.round, &inbox);
        received.branches[at].state = heard.map_err(|fault| {
            let decisions = self.decisions(received, received.branches[at].trace);
            SearchOutcome::from(fault).after(|| self.rest_obeys(received, decisions, reached))
        })?;
        Ok(())
    }

    pub(super) fn hear_honest(
        &self,
        from: General,
        bits: PlaceBits<'_>,
        received: &mut Branches<'_>,
        thread: &mut Thread<'_>,
    ) -> Result<(), SearchOutcome> {
        let traitors = self.traitors;
        let omission: Option<fn(u32) -> Action> = match self.space.adversary.faults {
            FaultClass::SendOmission if traitors.contains(from) => Some(Action::Withholds),
            FaultClass::ReceiveOmission if traitors.contains(self.to) => Some(Action::Loses),
            _ => None,
        };
        let messages = received.honest[from.id()].clone().expect("the honest are followed");
        if omission.is_none() && received.branches.iter().all(|branch| branch.early == 0) {
            for at in 0..received.branches.len() {
                self.hear(received, at, from, &messages, Some(from), thread)?;
            }
            return Ok(());
        }
        for (number, message) in messages.iter().enumerate() {
            for at in 0..received.branches.len() {
                let branch = &received.branches[at];
                if branch.early & bits.of(number) != 0 {
                    continue;
                }
                let without = omission.map(|action| (action, *branch));
                self.hear(received, at, from, &[*message], Some(from), thread)?;
                let Some((action, without)) = without else { continue };
                let lies = self.priced(without.lies, 1);
                if let Some(lies) = lies.filter(|_| without.state != received.branches[at].state) {
                    received.push(from, action(number as u32), Branch { lies, ..without });
                    self.room(received)?;
                }
            }
            if omission.is_some() {
                self.merge(received);
            }
        }
        Ok(())
    }

    /// The decisions of the adversary that bring the receiver to where this trace ends.
    pub fn decisions(&self, received: &Branches<'_>, trace: Trace) -> Decisions {
        let others = self.space.neighbours(self.to).iter();
        let speakers = others.filter(|from| self.is_free(*from));
        received.decisions(self.space, speakers, trace)
    }

    /// The sum of these lies, if it is not too many.
    pub(super) fn priced(&self, lies: u32, more: u32) -> Option<u32> {
        let Some(left) = self.lies_left else { return Some(0) };
        Some(lies + more).filter(|lies| *lies <= left)
    }

    /// Checks that the receiver does not hold more than it may.
    pub(super) fn room(&self, received: &Branches<'_>) -> Result<(), SearchOutcome> {
        let full = received.branches.len() > MOST_STATES || received.done.len() > 4 * MOST_STATES;
        if full { Err(Halt::Room.into()) } else { Ok(()) }
    }

    /// The decisions if the run failed once everything up to this sender was heard: from there on the traitors obey, as
    /// far as it is known what that means, except for what has arrived before its turn.
    pub(super) fn rest_obeys(
        &self,
        received: &Branches<'_>,
        mut decisions: Decisions,
        reached: Option<General>,
    ) -> Decisions {
        let decided = |from| reached.is_some_and(|reached| from <= reached);
        decisions
            .spoken
            .retain(|wire, spoken| decided(wire.from) || spoken.iter().any(Option::is_some));
        for (wire, spoken) in decisions.spoken.iter_mut().filter(|(wire, _)| !decided(wire.from)) {
            let wire_choices = self.space.wire_choices(*wire);
            let honest = received.honest[wire.from.id()].as_ref();
            let honest = honest.and_then(|honest| self.space.placed(*wire, honest).ok());
            for (slot, said) in spoken.iter_mut().enumerate().filter(|(_, said)| said.is_none()) {
                *said = honest.as_ref().and_then(|honest| honest[slot]);
                if said.is_none() && !wire_choices.optional(slot) {
                    *said = wire_choices.uniform(Some(0))[slot];
                }
            }
        }
        decisions
    }
}
