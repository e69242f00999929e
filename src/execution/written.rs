//! An enemy that does what is written in an attack, and what comes of that.

use itertools::Itertools;

use super::simulate::{Eavesdropper, Enemy, Labels, Roles, simulate_into};
use super::{Execution, Missing, Sent};
use crate::attack::{Item, Lie};
use crate::execution::NumberedExecution;
use crate::fault::{Call, Fault, FaultKind};
use crate::general::General;
use crate::machine::{Machine, MessageId, NumberedAttack, StateId, Terms, Worker};
use crate::protocol::Round;
use crate::schedule::Shift;
use crate::testable::Wire;

/// Runs a protocol under an attack that fits it so many times, each call twice: all must go alike.
/// The states are those of the worker that is handed back.
pub(crate) fn replayed<'a>(
    machine: &'a dyn Machine,
    terms: &'a Terms,
    attack: &NumberedAttack,
    labels: &Labels<'_>,
    times: usize,
) -> (NumberedExecution, Worker<'a>) {
    let mut worker = Worker::new(machine, terms, attack.traitors).thorough();
    let mut once = obeyed(&mut worker, terms, attack, labels);
    let different = (1..times).find_map(|_| {
        let again = obeyed(&mut worker, terms, attack, labels);
        difference(&worker, &once, &again)
    });
    once.fault = different.or(once.fault);
    (once, worker)
}

/// The first call that differed in two executions under one attack, if one did.
fn difference(
    worker: &Worker<'_>,
    once: &NumberedExecution,
    again: &NumberedExecution,
) -> Option<Fault> {
    let fault = |general, call, one: String, other: String| {
        let kind = FaultKind::Undetermined(one, other);
        Some(Fault { general, call, kind })
    };
    let whole = |one, other| fault(General::COMMANDER, Call::Whole, one, other);
    if once.fault != again.fault {
        return whole(format!("{:?}", once.fault), format!("{:?}", again.fault));
    }
    let (lengths, machine) = ([once.deliveries.len(), again.deliveries.len()], worker.machine());
    if lengths[0] != lengths[1] {
        return whole(lengths[0].to_string(), lengths[1].to_string());
    }
    let last = once.deliveries.last().map_or(1, |delivery| delivery.wire.round);
    let show = |said: &[MessageId]| machine.show_messages(said);
    for (one, other) in once.deliveries.iter().zip(&again.deliveries) {
        if one != other {
            let Wire { round, from, .. } = one.wire;
            return fault(from, Call::Send(round), show(one.said), show(other.said));
        }
    }
    let show = |state: &Option<StateId>| match state {
        Some(state) => worker.table.show(*state),
        None => "no state".to_owned(),
    };
    for (id, (one, other)) in once.states.iter().zip(&again.states).enumerate() {
        if one != other {
            return fault(General::new(id), Call::Receive(last), show(one), show(other));
        }
    }
    for (id, pair) in once.decisions.iter().zip(&again.decisions).enumerate() {
        if let (Some(one), Some(other)) = pair
            && one != other
        {
            let [one, other] = [one, other].map(|value| machine.show_value(*value));
            return fault(General::new(id), Call::Decide, one, other);
        }
    }
    None
}

/// Runs a protocol under an attack that fits it.
pub(crate) fn obeyed(
    worker: &mut Worker<'_>,
    terms: &Terms,
    attack: &NumberedAttack,
    labels: &Labels<'_>,
) -> NumberedExecution {
    let mut execution = Execution::not_begun();
    obeyed_into(worker, terms, attack, labels, &mut execution);
    execution
}

/// The same, put in the place of another execution, whatever that was of.
pub(super) fn obeyed_into(
    worker: &mut Worker<'_>,
    terms: &Terms,
    attack: &NumberedAttack,
    labels: &Labels<'_>,
    execution: &mut NumberedExecution,
) {
    let mut enemy = Written::new(worker.machine(), attack);
    simulate_into(worker, terms, Roles::of(attack), &mut enemy, labels, execution);
    let Written { mut idle, mut lacking, unshifted, .. } = enemy;
    idle.sort_unstable();
    lacking.sort_unstable();
    let unshifted = unshifted.iter().positions(|unshifted| *unshifted);
    execution.idle.extend(idle.into_iter().map(|index| Item::Lie(index + 1)));
    execution.idle.extend(unshifted.map(|index| Item::Shift(index + 1)));
    execution.lacking = lacking;
}

/// An enemy that does what is written in an attack.
pub(super) struct Written<'a> {
    machine: &'a dyn Machine,
    attack: &'a NumberedAttack,
    /// The places of its lies, in the order of their wires: so it is asked after them.
    by_wire: Vec<usize>,
    /// How many of those are dealt with.
    told: usize,
    /// The lies that changed nothing, by place.
    idle: Vec<usize>,
    /// The lies that could not be told, by place.
    lacking: Vec<(usize, Missing)>,
    /// Which shifts have changed nothing so far.
    unshifted: Vec<bool>,
}

impl<'a> Written<'a> {
    pub fn new(machine: &'a dyn Machine, attack: &'a NumberedAttack) -> Written<'a> {
        let unshifted = vec![true; attack.schedule.len()];
        let (idle, lacking) = (Vec::new(), Vec::new());
        let by_wire = (0..attack.lies.len()).sorted_by_key(|lie| attack.lies[*lie].wire).collect();
        Written { machine, attack, by_wire, told: 0, idle, lacking, unshifted }
    }

    /// The place of the next lie, if it is told before anything is said on a wire that comes after
    /// this one.
    fn next_until(&mut self, wire: Wire) -> Option<usize> {
        let next = self.by_wire.get(self.told).copied();
        let next = next.filter(|lie| self.attack.lies[*lie].wire <= wire)?;
        self.told += 1;
        Some(next)
    }
}

impl Enemy for Written<'_> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        overhears: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>> {
        if self.attack.crashes.iter().any(|crash| crash.silences(wire)) {
            return Some(Vec::new());
        }
        let mut tale: Option<Vec<_>> = None;
        while let Some(index) = self.next_until(wire) {
            let Lie { wire: on, edit } = &self.attack.lies[index];
            if *on != wire {
                continue; // Nobody speaks there.
            }
            let needed = edit.said().map(|message| self.machine.signatures(*message));
            let missing = match needed.transpose() {
                Ok(needed) => {
                    let missing = overhears.lacks(needed.iter().flatten());
                    missing.cloned().map(Missing::Signature)
                }
                Err(refusal) => Some(Missing::Unreadable(refusal.to_string())),
            };
            if let Some(missing) = missing {
                self.lacking.push((index, missing));
            } else if !edit.apply(tale.get_or_insert_with(|| honest.to_vec())) {
                self.idle.push(index);
            }
        }
        if let Some(tale) = &mut tale {
            self.machine.sort(tale);
        }
        tale
    }

    fn shifts(&mut self, round: Round, _: Sent<'_, MessageId>) -> Vec<(usize, Shift<MessageId>)> {
        let shifts = self.attack.schedule.iter().cloned().enumerate();
        shifts.filter(|(_, shift)| shift.wire.round == round).collect()
    }

    fn shifted(&mut self, applied: &[usize]) {
        applied.iter().for_each(|number| self.unshifted[*number] = false);
    }
}
