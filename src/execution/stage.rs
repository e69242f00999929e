//! The stage on which a protocol is played, round by round: all send, the enemy overhears the loyal
//! and tampers with what the traitors send, and then all is received.

use std::cell::RefCell;
use std::collections::BTreeMap;

use itertools::Itertools;

use super::{Delivery, Execution, ExecutionOf};
use crate::fault::{Fault, Guarded};
use crate::general::{General, Generals};
use crate::knowledge::Knowledge;
use crate::property::Accepted;
use crate::protocol::{Round, Seat};
use crate::signature::Signed;
use crate::testable::{Terms, Testable, Wire};

/// Says in which way a message is forged, if it is a forgery on that wire.
pub(crate) type Labels<'a, M> = dyn Fn(Wire, &M) -> Option<&'static str> + 'a;

/// Who the traitors are and what the inputs are: an attack without its lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a, V> {
    pub traitors: Generals,
    pub inputs: &'a BTreeMap<General, V>,
}

/// Runs a protocol while `tamper` says what each traitor really sends on a wire, given what it
/// should, and what the traitors know. It answers in the order of arrival.
pub(crate) fn simulate<P: Testable>(
    protocol: &Guarded<'_, P>,
    terms: &Terms<P::Value>,
    inputs: &BTreeMap<General, P::Value>,
    tamper: impl FnMut(Wire, &[P::Message], &Eavesdropper<'_, P>) -> Vec<P::Message>,
    labels: &Labels<'_, P::Message>,
) -> ExecutionOf<P> {
    let mut execution = Execution {
        deliveries: Vec::new(),
        states: Vec::new(),
        decisions: vec![None; terms.n],
        idle_lies: Vec::new(),
        lacking: Vec::new(),
        accepted: None,
        fault: None,
    };
    let mut stage = Stage { protocol, terms, labels, execution: &mut execution };
    let played = stage.play(inputs, tamper);
    execution.fault = played.err();
    execution
}

/// What the enemy overhears: all that the loyal say, before it speaks in the same round. (It
/// listens only when that matters.)
pub(crate) struct Eavesdropper<'a, P: Testable> {
    protocol: &'a Guarded<'a, P>,
    past: &'a [Delivery<P::Message>],
    present: &'a [Delivery<P::Message>],
    /// The last round to which it has listened, and what it knows from that.
    heard: &'a RefCell<(Round, Knowledge)>,
}

impl<P: Testable> Eavesdropper<'_, P> {
    /// The first of these signatures that the traitors neither make nor have overheard.
    pub fn lacks<'s>(
        &self,
        signed: impl IntoIterator<Item = &'s Signed> + Clone,
    ) -> Option<&'s Signed> {
        let (last, knowledge) = &mut *self.heard.borrow_mut();
        knowledge.lacks(signed.clone())?;
        let traitors = self.protocol.traitors();
        for Delivery { wire, said, .. } in self.past.iter().chain(self.present) {
            if wire.round > *last && !traitors.contains(wire.from) {
                let signed = said.iter().flat_map(|message| self.protocol.signatures(message));
                knowledge.overhear(signed);
            }
        }
        *last = self.present.first().map_or(*last, |delivery| delivery.wire.round);
        knowledge.lacks(signed)
    }
}

/// An execution under way.
struct Stage<'a, P: Testable> {
    protocol: &'a Guarded<'a, P>,
    terms: &'a Terms<P::Value>,
    labels: &'a Labels<'a, P::Message>,
    execution: &'a mut ExecutionOf<P>,
}

impl<P: Testable> Stage<'_, P> {
    fn play(
        &mut self,
        inputs: &BTreeMap<General, P::Value>,
        mut tamper: impl FnMut(Wire, &[P::Message], &Eavesdropper<'_, P>) -> Vec<P::Message>,
    ) -> Result<(), Fault> {
        let Terms { n, rounds, .. } = *self.terms;
        let (protocol, traitors) = (self.protocol, self.protocol.traitors());
        let everybody = Generals::first(n);
        for me in everybody.iter() {
            let state = protocol.start(Seat::new(me, n), inputs.get(&me))?;
            self.execution.states.push(state);
        }
        let heard = RefCell::new((0, Knowledge::of(traitors)));
        for round in 1..=rounds {
            let mut sent = self.sent(round)?;
            let past = &self.execution.deliveries;
            let enemy = Eavesdropper { protocol, past, present: &sent, heard: &heard };
            let by_traitors = sent.iter().positions(|sent| traitors.contains(sent.wire.from));
            let told = by_traitors.map(|place| {
                let Delivery { wire, said, .. } = &sent[place];
                (place, tamper(*wire, said, &enemy))
            });
            for (place, told) in told.collect_vec() {
                let Delivery { said, loyal, .. } = &mut sent[place];
                if told != *said {
                    *loyal = Some(std::mem::replace(said, told));
                }
            }
            sent.retain(|delivery| delivery.loyal.is_some() || !delivery.said.is_empty());
            let delivered = sent.iter().try_for_each(|delivery| self.deliver(delivery));
            self.execution.deliveries.extend(sent);
            delivered?;
            for me in everybody.iter() {
                protocol.end_round(me, &mut self.execution.states[me.id()], round)?;
            }
        }
        for me in everybody.minus(traitors).without(General::COMMANDER).iter() {
            let decision = protocol.decide(me, &self.execution.states[me.id()])?;
            self.execution.decisions[me.id()] = Some(decision);
        }
        Ok(())
    }

    /// What all would send who obey the protocol, on every wire.
    fn sent(&self, round: Round) -> Result<Vec<Delivery<P::Message>>, Fault> {
        let everybody = Generals::first(self.terms.n);
        let mut sent = Vec::new();
        for from in everybody.iter() {
            for to in everybody.without(from).iter() {
                let state = &self.execution.states[from.id()];
                let said = self.protocol.send(from, state, round, to)?;
                sent.push(Delivery { wire: Wire { round, from, to }, said, loyal: None });
            }
        }
        Ok(sent)
    }

    /// Hands over what was said on one wire. A forgery that changes a loyal general is noted.
    fn deliver(
        &mut self,
        Delivery { wire, said, loyal }: &Delivery<P::Message>,
    ) -> Result<(), Fault> {
        let Wire { round, from, to } = *wire;
        let suspect = loyal.is_some() && !self.protocol.traitors().contains(to);
        let state = &mut self.execution.states[to.id()];
        for message in said {
            let before = if suspect { state.clone() } else { None };
            self.protocol.receive(to, state, round, from, message)?;
            if suspect && self.execution.accepted.is_none() && before != *state {
                let label = (self.labels)(*wire, message);
                self.execution.accepted = label.map(|label| Accepted { wire: *wire, label });
            }
        }
        Ok(())
    }
}
