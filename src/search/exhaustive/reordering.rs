//! Reordering: what arrives before its turn, if the adversary controls the order of arrival.

use super::branches::{Action, Branch, Branches};
use super::receiving::{InboxPlace, Receiver};
use super::thread::Thread;
use crate::machine::MessageId;
use crate::property::{Accepted, Violation};
use crate::search::choices::wire_choices::Candidate;
use crate::search::outcome::SearchOutcome;
use crate::testable::Wire;

impl Receiver<'_> {
    /// What arrives before its turn, in every order.
    pub(super) fn hear_first(
        &self,
        places: &[InboxPlace],
        received: &mut Branches<'_>,
        thread: &mut Thread<'_>,
    ) -> Result<(), SearchOutcome> {
        let mut done = 0;
        loop {
            let before = received.branches.len();
            for at in done..before {
                for place in places {
                    if received.branches[at].early & place.bit == 0 {
                        self.hear_place_first(at, place, received, thread)?;
                    }
                }
            }
            if received.branches.len() == before {
                return Ok(());
            }
            self.merge(received);
            done = before;
        }
    }

    /// On one branch, what comes from one place arrives before everything else that is still to come.
    fn hear_place_first(
        &self,
        at: usize,
        &InboxPlace { from, number, bit }: &InboxPlace,
        received: &mut Branches<'_>,
        thread: &mut Thread<'_>,
    ) -> Result<(), SearchOutcome> {
        let wire = Wire { round: self.round, from, to: self.to };
        let honest = received.honest[from.id()].as_deref();
        if !self.is_free(from) {
            let message = honest.expect("the honest are followed")[number];
            let action = Action::First(number as u32);
            return self
                .branch(received, at, wire, (message, None), action, 1, bit, thread)
                .map(drop);
        }
        let wire_choices = self.space.wire_choices(wire);
        let priced = honest.filter(|_| self.lies_left.is_some());
        let placed = priced.map(|honest| wire_choices.placed(honest));
        let placed = placed.map(|placed| {
            placed.unwrap_or_else(|_| wire_choices.fitting(honest.unwrap_or_default()))
        });
        for (candidate, Candidate { message, slot, signatures, forgery, .. }) in
            wire_choices.candidates.iter().enumerate()
        {
            let is_honest =
                placed.as_ref().is_some_and(|placed| placed[number].as_ref() == Some(message));
            if *slot == number && (is_honest || self.overheard.has_all(signatures)) {
                let action = Action::SaysFirst(candidate as u32);
                let price = 1 + u32::from(!is_honest);
                self.branch(received, at, wire, (*message, *forgery), action, price, bit, thread)?;
            }
        }
        Ok(())
    }

    /// Adds a branch on which a message is heard before its turn.
    #[expect(clippy::too_many_arguments, reason = "one action, with all that belongs to it")]
    fn branch(
        &self,
        received: &mut Branches<'_>,
        at: usize,
        wire: Wire,
        (message, forgery): (MessageId, Option<&'static str>),
        action: Action,
        price: u32,
        bit: u64,
        thread: &mut Thread<'_>,
    ) -> Result<(), SearchOutcome> {
        let Branch { state: before, early, trace, lies, .. } = received.branches[at];
        let early = early | bit;
        let Some(lies) = self.priced(lies, price) else { return Ok(()) };
        thread.budget.step()?;
        let decisions = |received: &Branches<'_>| {
            let mut decisions = self.decisions(received, trace);
            received.enact(self.space, wire, action, &mut decisions);
            self.rest_obeys(received, decisions, None)
        };
        let heard = thread.worker.receive(self.to, before, self.round, wire.from, message);
        let state =
            heard.map_err(|fault| SearchOutcome::from(fault).after(|| decisions(received)))?;
        let loyal_hears = !self.traitors.contains(self.to);
        if let Some(label) = forgery.filter(|_| loyal_hears && state != before) {
            let accepted = Violation::Forgery(Accepted { wire, label });
            return Err(SearchOutcome::Found(accepted, Box::new(decisions(received))));
        }
        received.push(wire.from, action, Branch { state, lies, trace, used: 0, early, row: None });
        self.room(received)
    }
}
