//! What arrives before its turn, where the enemy has power over the order of arrival.

use super::branching::{Inbox, Place, ReceivedBy};
use super::effort::Meter;
use super::end::{End, EndOf};
use super::menu::Candidate;
use super::received::{Branch, Deed};
use crate::property::{Accepted, Violation};
use crate::testable::{Testable, Wire};

impl<P: Testable> Inbox<'_, P> {
    /// What arrives before its turn, in every order.
    pub(super) fn hear_first(
        &self,
        places: &[Place],
        received: &mut ReceivedBy<'_, P>,
        meter: &mut Meter<'_>,
    ) -> Result<(), EndOf<P>> {
        let mut done = 0;
        loop {
            let before = received.branches.len();
            for at in done..before {
                for place in places {
                    if received.branches[at].early & place.bit == 0 {
                        self.hear_place_first(at, place, received, meter)?;
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

    /// On one branch what comes from one place arrives first of all that is still to come.
    fn hear_place_first(
        &self,
        at: usize,
        &Place { from, number, bit }: &Place,
        received: &mut ReceivedBy<'_, P>,
        meter: &mut Meter<'_>,
    ) -> Result<(), EndOf<P>> {
        let wire = Wire { round: self.round, from, to: self.to };
        let honest = received.honest[from.id()].as_deref();
        if !self.is_free(from) {
            let message = honest.expect("the honest are followed")[number].clone();
            let deed = Deed::First(number as u32);
            return self
                .branch(received, at, wire, (&message, None), deed, 1, bit, meter)
                .map(drop);
        }
        let menu = self.space.menu(wire);
        let priced = honest.filter(|_| self.lies_left.is_some());
        let placed = priced.map(|honest| self.space.placed(wire, honest)).transpose()?;
        for (candidate, Candidate { message, slot, signatures, forgery, .. }) in
            menu.candidates.iter().enumerate()
        {
            let is_honest =
                placed.as_ref().is_some_and(|placed| placed[number].as_ref() == Some(message));
            if *slot == number && (is_honest || self.overheard.has_all(signatures)) {
                let deed = Deed::SaysFirst(candidate as u32);
                let price = 1 + u32::from(!is_honest);
                self.branch(received, at, wire, (message, *forgery), deed, price, bit, meter)?;
            }
        }
        Ok(())
    }

    /// Adds a branch on which a message is heard before its turn.
    #[expect(clippy::too_many_arguments, reason = "one deed, with all that belongs to it")]
    fn branch(
        &self,
        received: &mut ReceivedBy<'_, P>,
        at: usize,
        wire: Wire,
        (message, forgery): (&P::Message, Option<&'static str>),
        deed: Deed,
        price: u32,
        bit: u64,
        meter: &mut Meter<'_>,
    ) -> Result<(), EndOf<P>> {
        let branch = &received.branches[at];
        let (early, trace) = (branch.early | bit, branch.trace);
        let Some(lies) = self.priced(branch.lies, price) else { return Ok(()) };
        meter.step()?;
        let mut state = received.spares.copy(&branch.state);
        let script = |received: &ReceivedBy<'_, P>| {
            let mut script = self.script(received, trace);
            received.enact(self.space, wire, deed, &mut script);
            self.rest_obeys(received, script, None)
        };
        let heard = self.protocol.receive(self.to, &mut state, self.round, wire.from, message);
        heard.map_err(|fault| End::from(fault).after(|| script(received)))?;
        let loyal_hears = !self.protocol.traitors().contains(self.to);
        if let Some(label) = forgery.filter(|_| loyal_hears && state != received.branches[at].state)
        {
            let accepted = Violation::Forgery(Accepted { wire, label });
            return Err(End::Found(accepted, Box::new(script(received))));
        }
        received.push(wire.from, deed, Branch { state, lies, trace, used: 0, early, met: None });
        self.room(received)
    }
}
