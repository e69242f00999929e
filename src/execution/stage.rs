//! The stage on which a protocol is played, round by round: all send, the enemy overhears the loyal
//! and tampers with what the traitors send and with the schedule, and then all is received.

use std::cell::RefCell;
use std::collections::BTreeMap;

use itertools::Itertools;

use super::{Delivery, Execution, ExecutionOf};
use crate::adversary::FaultClass;
use crate::attack::Attack;
use crate::fault::{Fault, Guarded};
use crate::general::{General, Generals};
use crate::knowledge::Knowledge;
use crate::outcome::Outcome;
use crate::property::{Accepted, Property};
use crate::protocol::{Plain, Round, Seat};
use crate::schedule::{Inbox, Shift, arrange};
use crate::signature::Signed;
use crate::testable::{Terms, Testable, Wire};

/// Says in which way a message is forged, if it is a forgery on that wire.
pub(crate) type Labels<'a, M> = dyn Fn(Wire, &M) -> Option<&'static str> + 'a;

/// What the enemy decides while a protocol is played.
pub(crate) trait Enemy<P: Testable> {
    /// What a traitor really sends on a wire, given what it should, and what the traitors know; in
    /// the order of messages as data.
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[P::Message],
        overhears: &Eavesdropper<'_, P>,
    ) -> Vec<P::Message>;

    /// The changes to the schedule of a round in which this is sent.
    fn shifts(
        &mut self,
        round: Round,
        sent: &[Delivery<P::Message>],
    ) -> Vec<(usize, Shift<P::Message>)> {
        let _ = (round, sent);
        Vec::new()
    }

    /// In these states all generals begin, or have ended a round.
    fn ended(&mut self, states: &[Option<P::State>]) {
        let _ = states;
    }

    /// The shifts of these numbers named something that was there.
    fn shifted(&mut self, applied: &[usize]) {
        let _ = applied;
    }
}

/// Who the traitors are, how they are faulty, and what the inputs are: an attack without its lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a, V> {
    pub faults: FaultClass,
    pub traitors: Generals,
    pub inputs: &'a BTreeMap<General, V>,
}

impl<'a, V> Scene<'a, V> {
    /// What an attack is without its lies.
    pub fn of<M>(attack: &'a Attack<V, M>) -> Scene<'a, V> {
        let Attack { faults, traitors, inputs, .. } = attack;
        Scene { faults: *faults, traitors: *traitors, inputs }
    }
}

impl<V: Plain> Scene<'_, V> {
    /// The first property that these decisions lack.
    pub fn violated(&self, terms: &Terms<V>, decisions: &[Option<V>]) -> Option<Property> {
        let Scene { faults, traitors, inputs } = *self;
        let bound = faults.bound(terms.n(), traitors);
        let outcome = Outcome { task: terms.task, traitors, bound, inputs, decisions };
        Property::violated(&outcome, &terms.demands)
    }
}

/// Runs a protocol while the enemy decides what traitors say, and when what is said arrives.
pub(crate) fn simulate<P: Testable>(
    protocol: &Guarded<'_, P>,
    terms: &Terms<P::Value>,
    scene: Scene<'_, P::Value>,
    enemy: &mut dyn Enemy<P>,
    labels: &Labels<'_, P::Message>,
) -> ExecutionOf<P> {
    let mut execution = Execution {
        deliveries: Vec::new(),
        disturbed: BTreeMap::new(),
        states: Vec::new(),
        decisions: vec![None; terms.n()],
        idle: Vec::new(),
        lacking: Vec::new(),
        accepted: None,
        fault: None,
        lacks: None,
    };
    let late = Vec::new();
    let mut stage = Stage { protocol, terms, labels, late, execution: &mut execution };
    let played = stage.play(scene.inputs, enemy);
    execution.lacks = match played {
        Ok(()) => scene.violated(terms, &execution.decisions),
        Err(fault) => {
            execution.fault = Some(fault);
            None
        }
    };
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
    /// What has been said and has yet to arrive, with the round in which it does.
    late: Vec<(Round, Wire, P::Message)>,
    execution: &'a mut ExecutionOf<P>,
}

impl<P: Testable> Stage<'_, P> {
    fn play(
        &mut self,
        inputs: &BTreeMap<General, P::Value>,
        enemy: &mut dyn Enemy<P>,
    ) -> Result<(), Fault> {
        let Terms { graph, rounds, task, .. } = self.terms;
        let (protocol, traitors) = (self.protocol, self.protocol.traitors());
        let everybody = graph.everybody();
        for me in everybody.iter() {
            let state = protocol.start(Seat::on(graph, me), inputs.get(&me))?;
            self.execution.states.push(state);
        }
        enemy.ended(&self.execution.states);
        let heard = RefCell::new((0, Knowledge::of(traitors)));
        for round in 1..=*rounds {
            let mut sent = self.sent(round)?;
            let past = &self.execution.deliveries;
            let overhears = Eavesdropper { protocol, past, present: &sent, heard: &heard };
            let by_traitors = sent.iter().positions(|sent| traitors.contains(sent.wire.from));
            let told = by_traitors.map(|place| {
                let Delivery { wire, said, .. } = &sent[place];
                (place, enemy.tamper(*wire, said, &overhears))
            });
            for (place, told) in told.collect_vec() {
                let Delivery { said, loyal, .. } = &mut sent[place];
                if told != *said {
                    *loyal = Some(std::mem::replace(said, told));
                }
            }
            sent.retain(|delivery| delivery.loyal.is_some() || !delivery.said.is_empty());
            let shifts = enemy.shifts(round, &sent);
            let delivered = if shifts.is_empty() && self.late.is_empty() {
                sent.iter().try_for_each(|delivery| self.deliver(delivery))
            } else {
                self.deliver_shifted(round, &sent, &shifts, enemy)
            };
            self.execution.deliveries.extend(sent);
            delivered?;
            for me in everybody.iter() {
                protocol.end_round(me, &mut self.execution.states[me.id()], round)?;
            }
            enemy.ended(&self.execution.states);
        }
        for me in task.deciders(graph.n()).minus(traitors).iter() {
            let decision = protocol.decide(me, &self.execution.states[me.id()])?;
            self.execution.decisions[me.id()] = Some(decision);
        }
        Ok(())
    }

    /// What all would send who obey the protocol, on every wire there is.
    fn sent(&self, round: Round) -> Result<Vec<Delivery<P::Message>>, Fault> {
        let Terms { graph, .. } = self.terms;
        let mut sent = Vec::with_capacity(graph.n() * graph.n());
        for from in graph.everybody().iter() {
            let state = &self.execution.states[from.id()];
            for to in graph.neighbours(from).iter() {
                let said = self.protocol.send(from, state, round, to)?;
                sent.push(Delivery { wire: Wire { round, from, to }, said, loyal: None });
            }
        }
        Ok(sent)
    }

    /// Hands over what was said on one wire.
    fn deliver(&mut self, delivery: &Delivery<P::Message>) -> Result<(), Fault> {
        let Delivery { wire, said, .. } = delivery;
        let mut said = said.iter();
        said.try_for_each(|message| {
            self.hand_over(wire.round, *wire, message, delivery.is_lie(message))
        })
    }

    /// Hands over what was said in a round whose schedule is disturbed.
    fn deliver_shifted(
        &mut self,
        round: Round,
        sent: &[Delivery<P::Message>],
        shifts: &[(usize, Shift<P::Message>)],
        enemy: &mut dyn Enemy<P>,
    ) -> Result<(), Fault> {
        let (mut due, later) =
            std::mem::take(&mut self.late).into_iter().partition(|(due, ..)| *due == round);
        self.late = later;
        let due: &mut Vec<_> = &mut due;
        due.sort_unstable();
        for to in self.terms.graph.everybody().iter() {
            let overdue = due.iter().filter(|(_, wire, _)| wire.to == to);
            let mut inbox: Inbox<'_, _> =
                overdue.map(|(_, wire, message)| (*wire, message)).collect();
            let here = sent.iter().filter(|delivery| delivery.wire.to == to);
            inbox.extend(here.flat_map(|Delivery { wire, said, .. }| {
                said.iter().map(|message| (*wire, message))
            }));
            let in_turn = inbox.clone();
            let here = shifts.iter().filter(|(_, shift)| shift.wire.to == to);
            let here = here.map(|(number, shift)| (*number, shift)).collect_vec();
            enemy.shifted(&arrange(&mut inbox, &here, &mut self.late));
            if inbox != in_turn || inbox.iter().any(|(wire, _)| wire.round != round) {
                let heard = inbox.iter().map(|(wire, message)| (*wire, (*message).clone()));
                self.execution.disturbed.insert((round, to), heard.collect());
            }
            for (wire, message) in inbox {
                let lied =
                    |delivery: &Delivery<_>| delivery.wire == wire && delivery.is_lie(message);
                self.hand_over(round, wire, message, sent.iter().any(lied))?;
            }
        }
        Ok(())
    }

    /// Hands over a message. A forgery that changes a loyal general is noted.
    fn hand_over(
        &mut self,
        round: Round,
        wire: Wire,
        message: &P::Message,
        lie: bool,
    ) -> Result<(), Fault> {
        let Wire { from, to, .. } = wire;
        let suspect = lie && !self.protocol.traitors().contains(to);
        let label = suspect.then(|| (self.labels)(wire, message)).flatten();
        let state = &mut self.execution.states[to.id()];
        let before = label.map(|label| (label, state.clone()));
        self.protocol.receive(to, state, round, from, message)?;
        if let Some((label, before)) = before.filter(|(_, before)| before != state) {
            drop(before);
            self.execution.accepted.get_or_insert(Accepted { wire, label });
        }
        Ok(())
    }
}
