//! The simulation of a protocol under an adversary, round by round: everybody sends, the enemy overhears the
//! loyal and changes what traitors send and when it arrives, and then everybody receives.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use itertools::Itertools;

pub(crate) use super::eavesdropper::Eavesdropper;
use super::twins::Twins;
use super::{Delivery, Execution, Sent};
use crate::adversary::FaultClass;
use crate::attack::{Attack, Lasso, Twin};
use crate::execution::NumberedExecution;
use crate::general::{General, Generals};
use crate::knowledge::Knowledge;
use crate::machine::{
    Caught, DecisionId, Machine, MessageId, NumberedAttack, StateId, Terms, ValueId, Worker,
};
use crate::outcome::{Course, Outcome};
use crate::property::{Accepted, Property};
use crate::protocol::events::{Coin, Face, OwnEvent};
use crate::protocol::{Round, Seat};
use crate::schedule::{Arrival, Inbox, Shift, arrange};
use crate::signature::COMBINED;
use crate::testable::Wire;

/// Says in which way a message is forged, if it is a forgery on that wire.
pub(crate) type Labels<'a> = dyn Fn(Wire, MessageId) -> Option<&'static str> + 'a;

/// What the enemy decides while a protocol runs.
pub(crate) trait Enemy {
    /// What a traitor really sends on a wire, sorted as data, given what it should send and what the traitors know;
    /// nothing if it sends what it should.
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        overhears: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>>;

    /// The schedule changes for this round, given what is sent in it. A change that names an earlier round is for a
    /// late message that is due now, and delays it further.
    fn shifts(
        &mut self,
        round: Round,
        sent: Sent<'_, MessageId>,
    ) -> Vec<(usize, Shift<MessageId>)> {
        let _ = (round, sent);
        Vec::new()
    }

    /// One of the timers and coins that can act for a general at the start of a wave, if the enemy wants one to. It
    /// is asked again until it names none.
    fn happening(&mut self, wave: Round, general: General, can: &[OwnEvent]) -> Option<OwnEvent> {
        let _ = (wave, general, can);
        None
    }

    /// The face that a coin that a general waits for shows at the start of this wave, if it shows one.
    fn face(&mut self, wave: Round, general: General, coin: Coin) -> Option<Face> {
        let _ = (wave, general);
        Some(coin.usual())
    }

    /// Whether the enemy still has something to do after this wave that would not happen by itself.
    fn awaits(&self, wave: Round) -> bool {
        let _ = wave;
        false
    }

    /// Who has crashed before this round.
    fn crashed(&self, round: Round) -> Generals {
        let _ = round;
        Generals::NONE
    }

    /// How the attack goes on for ever, if it does.
    fn lasso(&self) -> Option<&Lasso> {
        None
    }

    /// Reports that the schedule changes of these numbers had an effect.
    fn shifted(&mut self, applied: &[usize]) {
        let _ = applied;
    }
}

/// An attack without its lies: who the traitors are, how they are faulty, and what the inputs are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Roles<'a> {
    pub faults: FaultClass,
    pub traitors: Generals,
    pub inputs: &'a BTreeMap<General, ValueId>,
    /// The second nodes of traitors.
    pub twins: &'a [Twin<ValueId>],
}

impl<'a> Roles<'a> {
    /// The roles in an attack.
    pub fn of(attack: &'a NumberedAttack) -> Roles<'a> {
        let Attack { faults, traitors, inputs, twins, .. } = attack;
        Roles { faults: *faults, traitors: *traitors, inputs, twins }
    }

    /// The first property that these decisions violate, or that the course violates, if it is known.
    pub fn violated(
        &self,
        machine: &dyn Machine,
        terms: &Terms,
        decisions: &[Option<DecisionId>],
        quiet: bool,
        course: Option<&Course>,
    ) -> Option<Property> {
        let Roles { faults, traitors, inputs, .. } = *self;
        let bound = faults.bound(terms.n(), traitors);
        let task = terms.task;
        let outcome = Outcome { task, traitors, bound, inputs, decisions, quiet, course };
        machine.violated(&terms.asked, &outcome)
    }
}

/// Runs a protocol while the enemy decides what traitors say and when messages arrive. The states are interned
/// by the worker.
pub(crate) fn simulate(
    worker: &mut Worker<'_>,
    terms: &Terms,
    roles: Roles<'_>,
    enemy: &mut dyn Enemy,
    labels: &Labels<'_>,
) -> NumberedExecution {
    let mut execution = Execution::default();
    simulate_into(worker, terms, roles, enemy, labels, &mut execution);
    execution
}

/// The same, but overwrites `execution` and reuses its memory.
pub(crate) fn simulate_into(
    worker: &mut Worker<'_>,
    terms: &Terms,
    roles: Roles<'_>,
    enemy: &mut dyn Enemy,
    labels: &Labels<'_>,
    execution: &mut NumberedExecution,
) {
    execution.forget();
    execution.decisions.resize(terms.n(), None);
    worker.traitors = roles.traitors;
    let machine = worker.machine();
    let genuine: &Labels<'_> = &|_, _| None;
    let labels = if terms.asked.forgeries { labels } else { genuine };
    let (late, lost, shown) = Default::default();
    let standing = terms.asked.of_course().map(|_| Vec::new());
    let twins = Twins::new(roles.twins, &terms.graph, worker);
    let alive = terms.graph.everybody();
    // Until it crashes, a general obeys, and none of its messages are lost.
    let lossy = if roles.faults == FaultClass::Crash { Generals::NONE } else { roles.traitors };
    let mut simulation = Simulation {
        worker,
        terms,
        labels,
        late,
        lost,
        lossy,
        alive,
        shown,
        standing,
        twins,
        execution,
    };
    let played = simulation.play(roles.inputs, enemy);
    let course = simulation.course(roles.traitors);
    match played {
        Ok(()) => {
            let Execution { decisions, quiet, .. } = &*execution;
            execution.lacks = roles.violated(machine, terms, decisions, *quiet, course.as_ref());
        }
        Err(fault) => execution.fault = Some(*fault),
    }
}

/// An execution in progress.
pub(super) struct Simulation<'a, 'w> {
    pub(super) worker: &'a mut Worker<'w>,
    pub(super) terms: &'a Terms,
    labels: &'a Labels<'a>,
    /// Late messages that are still to arrive, each with the round in which it is due.
    pub(super) late: Vec<(Round, Wire, MessageId)>,
    /// Whether a message was lost that the fault of no traitor can explain.
    lost: bool,
    /// The generals whose fault explains a lost message.
    lossy: Generals,
    /// Who can still act: everybody but those who have crashed.
    pub(super) alive: Generals,
    /// The face that each common coin has shown.
    pub(super) shown: BTreeMap<u32, Face>,
    /// What each general had decided at the start and after each round, recorded if a demand needs it.
    standing: Option<Vec<Vec<Option<DecisionId>>>>,
    /// The second nodes of traitors.
    pub(super) twins: Twins<'a>,
    pub(super) execution: &'a mut NumberedExecution,
}

impl Simulation<'_, '_> {
    fn play(&mut self, inputs: &BTreeMap<General, ValueId>, enemy: &mut dyn Enemy) -> Caught<()> {
        let Terms { graph, rounds, task, .. } = self.terms;
        let traitors = self.worker.traitors;
        let everybody = graph.everybody();
        for me in everybody.iter() {
            let state = self.worker.start(Seat::on(graph, me), inputs.get(&me).copied())?;
            self.execution.states.push(state);
        }
        self.record();
        let mut begun = Vec::new();
        if enemy.lasso().is_some() {
            begun.push(self.begun(0)?);
        }
        // A number that belongs to nobody has no secret key; but nobody alone has the key of combined signatures.
        let loyal = everybody.minus(traitors);
        let several = Generals::NONE.with(COMBINED).minus(everybody);
        let signing = Generals::first(Generals::MAX).minus(loyal).minus(several);
        let heard = RefCell::new((0, Knowledge::of(signing)));
        for round in 1..=*rounds {
            let first = self.execution.deliveries.len();
            if enemy.lasso().is_some_and(|lasso| lasso.last_wave() < round) {
                break;
            }
            if self.terms.phased && self.all_decided()? && !enemy.awaits(round - 1) {
                break;
            }
            self.alive = everybody.minus(enemy.crashed(round));
            if self.terms.in_waves && !self.begins_wave(round, enemy)? {
                break;
            }
            self.execution.rounds = round;
            self.send(round)?;
            self.tamper(round, first, &heard, enemy);
            let shifts = enemy.shifts(round, self.execution.deliveries.since(first));
            if shifts.is_empty() && self.late.is_empty() {
                self.deliver(round, first)?;
            } else {
                self.deliver_shifted(round, first, &shifts, enemy)?;
            }
            let sent = self.execution.deliveries.since(first);
            self.twins.hear(self.worker, round, &sent);
            for me in everybody.iter() {
                let state = &mut self.execution.states[me.id()];
                *state = self.worker.end_round(me, *state, round)?;
            }
            self.record();
            if enemy.lasso().is_some_and(|lasso| lasso.ends.contains(&round)) {
                begun.push(self.begun(begun.len())?);
            }
        }
        self.alive = everybody.minus(enemy.crashed(self.execution.rounds + 1));
        let is_over = !self.terms.in_waves || (self.all_silent()? && self.none_pending()?);
        self.execution.quiet = match enemy.lasso() {
            Some(lasso) => self.goes_on(lasso, &begun)?,
            None => is_over && self.late.is_empty() && !self.lost,
        };
        for me in task.deciders(graph.n()).minus(traitors).iter() {
            let decision = self.worker.decide(me, self.execution.states[me.id()])?;
            self.execution.decisions[me.id()] = decision;
        }
        Ok(())
    }

    /// The course of the execution, if it was recorded.
    fn course(&self, traitors: Generals) -> Option<Course> {
        let standing = self.standing.as_ref()?;
        let Execution { deliveries, decisions, .. } = &*self.execution;
        let mut course = Course::quiet(self.terms.n(), self.terms.rounds);
        for Delivery { wire, said, .. } in deliveries.iter() {
            if !traitors.contains(wire.from) {
                course.sends(wire.from, wire.round, said.len());
            }
        }
        for (id, decision) in decisions.iter().enumerate().filter(|(_, made)| made.is_some()) {
            let stood = standing.iter().rev().take_while(|made| made[id] == *decision);
            course.decides(General::new(id), standing.len() - stood.count());
        }
        Some(course)
    }

    /// Records the present states if there is a history, and the decisions in them if a demand needs the course.
    fn record(&mut self) {
        if let Some(standing) = &mut self.standing {
            let deciders = self.terms.task.deciders(self.terms.n()).minus(self.worker.traitors);
            let mut decided = vec![None; self.terms.n()];
            for me in deciders.iter() {
                // A general that is asked too early may not be able to answer.
                let made = self.worker.decide(me, self.execution.states[me.id()]);
                decided[me.id()] = made.ok().flatten();
            }
            standing.push(decided);
        }
        let Execution { states, history, .. } = &mut *self.execution;
        history.iter_mut().for_each(|history| history.push(states.clone()));
    }

    /// Everybody sends what a general who obeys the protocol would.
    fn send(&mut self, round: Round) -> Caught<()> {
        let graph = &self.terms.graph;
        let Execution { deliveries, states, .. } = &mut *self.execution;
        let begun = deliveries.mark();
        for from in graph.everybody().iter() {
            let state = states[from.id()];
            for to in graph.neighbours(from).iter() {
                let before = deliveries.mark();
                let sent = self.worker.send(from, state, round, to);
                let sent = sent.inspect_err(|_| deliveries.take_back(begun))?;
                deliveries.words().extend_from_slice(&sent);
                // For a traitor an empty delivery is kept: it may be told to say something there.
                if deliveries.mark() != before || self.worker.traitors.contains(from) {
                    deliveries.carry(Wire { round, from, to }, before);
                }
            }
        }
        Ok(())
    }

    /// Replaces what traitors say by their lies.
    fn tamper(
        &mut self,
        round: Round,
        first: usize,
        heard: &RefCell<(Round, Knowledge)>,
        enemy: &mut dyn Enemy,
    ) {
        let said = &self.execution.deliveries;
        let (machine, traitors) = (self.worker.machine(), self.worker.traitors);
        let overhears = Eavesdropper { machine, traitors, round, said, heard };
        let mut tales = Vec::new();
        for (place, Delivery { wire, said, .. }) in said.since(first).enumerate() {
            if !traitors.contains(wire.from) {
                continue;
            }
            let twin = self.twins.said(self.worker, wire.from, round, wire.to);
            let due = twin.as_deref().unwrap_or(said);
            let tale = enemy.tamper(wire, due, &overhears).or(twin.as_deref().map(<[_]>::to_vec));
            tales.extend(tale.filter(|tale| tale != said).map(|tale| (first + place, tale)));
        }
        let deliveries = &mut self.execution.deliveries;
        tales.into_iter().for_each(|(place, tale)| deliveries.falsify(place, tale));
        deliveries.skip_silent(first);
    }

    /// Delivers what was said in a round, in its turn.
    fn deliver(&mut self, round: Round, first: usize) -> Caught<()> {
        let Execution { deliveries, states, accepted, .. } = &mut *self.execution;
        let (worker, labels) = (&mut *self.worker, self.labels);
        let mut audience = Audience { worker, labels, states, accepted };
        let mut inbox = Vec::new();
        for to in self.terms.graph.everybody().iter() {
            for delivery in deliveries.since(first).filter(|delivery| delivery.wire.to == to) {
                let Delivery { wire, said, .. } = delivery;
                let lies = |message: &MessageId| delivery.is_lie(message);
                if !audience.would_note(wire, said, lies) {
                    inbox.push((wire.from, said));
                    continue;
                }
                audience.hear_all(round, to, &inbox)?;
                inbox.clear();
                for message in said {
                    audience.hear(round, wire, *message, delivery.is_lie(message))?;
                }
            }
            audience.hear_all(round, to, &inbox)?;
            inbox.clear();
        }
        Ok(())
    }

    /// Delivers what arrives in a round whose schedule is changed.
    fn deliver_shifted(
        &mut self,
        round: Round,
        first: usize,
        shifts: &[(usize, Shift<MessageId>)],
        enemy: &mut dyn Enemy,
    ) -> Caught<()> {
        let (news, again): (Vec<_>, Vec<_>) =
            shifts.iter().partition(|(_, shift)| shift.wire.round == round);
        for (_, Shift { wire, message, arrival }) in again {
            let named = |late: &&mut (_, _, _)| **late == (round, *wire, *message);
            if let Arrival::Late(rounds) = arrival
                && let Some((due, ..)) = self.late.iter_mut().find(named)
            {
                *due = wire.round + rounds;
            }
        }
        let (mut due, later) =
            std::mem::take(&mut self.late).into_iter().partition(|(due, ..)| *due == round);
        self.late = later;
        let due: &mut Vec<_> = &mut due;
        let machine = self.worker.machine();
        let in_turn = |message: &MessageId, another: &MessageId| match self.terms.opaque {
            true => Ordering::Equal,
            false => machine.compare(*message, *another),
        };
        due.sort_by(|(_, wire, message), (_, other, another)| {
            wire.cmp(other).then_with(|| in_turn(message, another))
        });
        let lossy = self.lossy;
        let Execution { deliveries, disturbed, states, accepted, .. } = &mut *self.execution;
        let (worker, labels) = (&mut *self.worker, self.labels);
        let mut audience = Audience { worker, labels, states, accepted };
        let sent = deliveries.since(first);
        for to in self.terms.graph.everybody().iter() {
            let overdue = due.iter().filter(|(_, wire, _)| wire.to == to);
            let mut inbox: Inbox<'_, _> =
                overdue.map(|(_, wire, message)| (*wire, message)).collect();
            let here = sent.clone().filter(|delivery| delivery.wire.to == to);
            inbox.extend(here.flat_map(|Delivery { wire, said, .. }| {
                said.iter().map(move |message| (wire, message))
            }));
            let in_turn = inbox.clone();
            let here = news.iter().filter(|(_, shift)| shift.wire.to == to);
            let here = here.map(|(number, shift)| (*number, shift)).collect_vec();
            let applied = arrange(&mut inbox, &here, &mut self.late);
            self.lost |= here.iter().any(|(number, shift)| {
                applied.contains(number)
                    && shift.arrival == Arrival::Never
                    && !lossy.contains(shift.wire.from)
                    && !lossy.contains(shift.wire.to)
            });
            enemy.shifted(&applied);
            if inbox != in_turn || inbox.iter().any(|(wire, _)| wire.round != round) {
                let heard = inbox.iter().map(|(wire, message)| (*wire, **message));
                disturbed.insert((round, to), heard.collect());
            }
            let mut unnoted = Vec::new();
            for (wire, message) in inbox {
                let mut same_wire = sent.clone().filter(|delivery| delivery.wire == wire);
                let mut lie = || same_wire.any(|delivery| delivery.is_lie(message));
                if !audience.could_note(wire, *message) || !lie() {
                    unnoted.push((wire.from, std::slice::from_ref(message)));
                    continue;
                }
                audience.hear_all(round, to, &unnoted)?;
                unnoted.clear();
                audience.hear(round, wire, *message, true)?;
            }
            audience.hear_all(round, to, &unnoted)?;
        }
        Ok(())
    }
}

/// The receivers of messages.
struct Audience<'a, 'w> {
    pub(super) worker: &'a mut Worker<'w>,
    labels: &'a Labels<'a>,
    states: &'a mut [Option<StateId>],
    accepted: &'a mut Option<Accepted>,
}

impl Audience<'_, '_> {
    /// Whether one of these messages is a forgery whose effect must be noted.
    fn would_note(&self, wire: Wire, said: &[MessageId], lie: impl Fn(&MessageId) -> bool) -> bool {
        said.iter().any(|message| self.could_note(wire, *message) && lie(message))
    }

    /// Whether this message is such a forgery, provided that it is a lie.
    fn could_note(&self, wire: Wire, message: MessageId) -> bool {
        !self.worker.traitors.contains(wire.to) && (self.labels)(wire, message).is_some()
    }

    /// Delivers all these messages; none of them needs to be noted.
    fn hear_all(
        &mut self,
        round: Round,
        to: General,
        inbox: &[(General, &[MessageId])],
    ) -> Caught<()> {
        let state = &mut self.states[to.id()];
        *state = self.worker.receive_all(to, *state, round, inbox)?;
        Ok(())
    }

    /// Delivers one message. If it is a forgery and changes a loyal general's state, that is noted.
    fn hear(&mut self, round: Round, wire: Wire, message: MessageId, lie: bool) -> Caught<()> {
        let Wire { from, to, .. } = wire;
        let suspect = lie && !self.worker.traitors.contains(to);
        let label = suspect.then(|| (self.labels)(wire, message)).flatten();
        let state = &mut self.states[to.id()];
        let before =
            std::mem::replace(state, self.worker.receive(to, *state, round, from, message)?);
        if let Some(label) = label.filter(|_| before != *state) {
            self.accepted.get_or_insert(Accepted { wire, label });
        }
        Ok(())
    }
}
