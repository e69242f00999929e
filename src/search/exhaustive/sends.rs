//! The sends of a round: what each general says, and which signatures that shows. They depend only on its state, so
//! they are computed once. Also what does not arrive in the round, or arrives late.

use std::sync::Arc;

use super::context::RoundContext;
use super::crash_choices::{CrashChoices, RoundMessages};
use super::global_state::{GlobalState, Store};
use super::messages::{AllSends, Outboxes, Sends};
use super::thread::Thread;
use crate::adversary::FaultClass;
use crate::general::{General, Generals};
use crate::machine::{MessageId, Said};
use crate::protocol::Round;
use crate::schedule::{Arrival, Shift};
use crate::search::choices::signature_set::SignatureSet;
use crate::search::outcome::SearchOutcome;
use crate::testable::{Refusal, Wire};

impl RoundContext<'_> {
    /// What is said in a round that begins in this global state.
    pub fn sends(
        &self,
        store: &Store<'_>,
        thread: &mut Thread<'_>,
        round: Round,
        global: &GlobalState,
    ) -> Result<AllSends, SearchOutcome> {
        thread.make_room();
        let sends = |from: General| {
            if !self.followed.contains(from) {
                return Ok(None);
            }
            let loyal = !self.case.traitors.contains(from);
            let state = thread.adopt(store, global.states[from.id()]);
            let key = state.map(|state| (round, from, loyal, state));
            if let Some(known) = key.and_then(|key| thread.memo.sends.get(&key)) {
                return Ok(Some(known.clone()));
            }
            let speaks = |to| self.space.terms.graph.has_edge(from, to);
            let send =
                |to| speaks(to).then(|| thread.worker.send(from, state, round, to)).transpose();
            let says = self.everybody().map(send).collect::<Result<Vec<_>, _>>()?;
            let sends = Arc::new(self.sent(round, from, says)?);
            if let Some(key) = key {
                thread.memo.sends.insert(key, sends.clone());
            }
            Ok(Some(sends))
        };
        self.everybody().map(sends).collect()
    }

    /// Whatever a loyal general says to anybody, loyal or traitor, must be in the repertoire.
    fn sent(
        &self,
        round: Round,
        from: General,
        says: Vec<Option<Said>>,
    ) -> Result<Sends, SearchOutcome> {
        let mut shows = Vec::new();
        let loyal = !self.case.traitors.contains(from);
        for (to, said) in self.everybody().zip(&says).filter(|_| loyal) {
            let wire = Wire { round, from, to };
            let Some(said) = said else { continue };
            self.space.describes(wire, said)?;
            for message in said.iter().filter(|_| self.space.is_signed()) {
                let numbers = self.space.signatures_in(wire, message);
                shows.extend(numbers.iter().map(|number| (wire, *number)));
            }
        }
        Ok(Sends { says, shows })
    }

    /// The messages of a round that begins in this global state with `spent` lies spent, given what is sent.
    pub fn said(
        &self,
        store: &Store<'_>,
        sends: &AllSends,
        round: Round,
        global: &GlobalState,
        spent: u32,
    ) -> Result<RoundMessages, SearchOutcome> {
        let outbox = |to: General| {
            let says = sends.iter().map(|from| from.as_ref()?.says[to.id()].clone());
            says.collect()
        };
        let outboxes: Outboxes = self.everybody().map(outbox).collect();
        let overheard = self.overhear(round, store.signatures(global), sends)?;
        let (disrupted, outboxes) = self.disrupted(round, global.said, outboxes);
        let able = match self.space.adversary.faults {
            FaultClass::Crash => {
                let lives = |general: &General| global.states[general.id()].is_some();
                self.able_to_crash(lives, &outboxes)
            }
            _ => Vec::new(),
        };
        let most = self.lies_left(spent).map_or(usize::MAX, |left| left as usize);
        let crash_choices = CrashChoices { round, able, most, outboxes };
        Ok(RoundMessages { overheard, disrupted, crash_choices })
    }

    /// The signatures that the adversary can show once it has heard what the loyal say, of all that are still of use to
    /// anybody. Each must be one that the speaker makes, or that it can have from its owner.
    fn overhear(
        &self,
        round: Round,
        before: &SignatureSet,
        sends: &AllSends,
    ) -> Result<SignatureSet, SearchOutcome> {
        let Some(useful) = self.useful.get(round - 1) else { return Ok(before.clone()) };
        let mut overheard = before.and(useful);
        for &(wire, number) in sends.iter().flatten().flat_map(|sends| &sends.shows) {
            let signed = self.space.signature(number);
            let own = signed.by == wire.from || self.space.is_combined(signed);
            if !own && !before.has(number) {
                let signed = signed.clone();
                return Err(Refusal::Unheard { wire, signed }.into());
            }
            overheard.add(number);
        }
        Ok(overheard)
    }

    /// The traitors who have not crashed yet, each with the generals that it has something to say to and that have not
    /// crashed either.
    fn able_to_crash(
        &self,
        lives: impl Fn(&General) -> bool,
        outboxes: &Outboxes,
    ) -> Vec<(General, Generals)> {
        let speaks = |from: General, to: General| {
            outboxes[to.id()][from.id()].as_ref().is_some_and(|said| !said.is_empty())
        };
        let able = self.case.traitors.iter().filter(&lives).map(|from| {
            (from, self.everybody().filter(&lives).filter(|to| speaks(from, *to)).collect())
        });
        able.collect()
    }

    /// What is said in a round without the messages that do not arrive in it, and which of the disrupted messages have
    /// been said by then.
    fn disrupted(&self, round: Round, before: u64, mut outboxes: Outboxes) -> (u64, Outboxes) {
        let mut disrupted = before;
        for (place, Shift { wire, message, .. }) in self.case.disruptions.iter().enumerate() {
            let said = &mut outboxes[wire.to.id()][wire.from.id()];
            let Some(said) = said.as_mut().filter(|_| wire.round == round) else { continue };
            if let Some(found) = said.iter().position(|said| said == message) {
                *said = said
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| *at != found)
                    .map(|(_, m)| *m)
                    .collect();
                disrupted |= 1 << place;
            }
        }
        (disrupted, outboxes)
    }

    /// What was said to a general in an earlier round and arrives in this one.
    pub(super) fn overdue(
        &self,
        round: Round,
        to: General,
        disrupted: u64,
    ) -> Vec<(General, MessageId)> {
        let disruptions = self.case.disruptions.iter().enumerate();
        let due = disruptions.filter(|(place, Shift { wire, arrival, .. })| {
            let due = matches!(arrival, Arrival::Late(rounds) if wire.round + rounds == round);
            due && wire.to == to && disrupted >> place & 1 == 1
        });
        due.map(|(_, shift)| (shift.wire.from, shift.message)).collect()
    }
}
