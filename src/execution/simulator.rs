//! The simulator as a test calls it, for a protocol of a known type.

use std::cell::RefCell;
use std::fmt;

#[cfg(feature = "cli")]
use super::written::replayed;
use super::written::{obeyed_into, sent_in_honest_run};
use super::{Execution, ExecutionOf, Forgeries};
use crate::attack::{AttackOn, Misfit};
use crate::execution::NumberedExecution;
use crate::fault::unwound;
use crate::graph::Graph;
use crate::machine::{Machine, Memory, Numbered, NumberedAttack, StateTable, Terms, Worker, fits};
use crate::testable::{Refusal, Testable};

/// Runs a protocol under an attack. The execution is the same every time. (Some calls are made twice, to see
/// whether the protocol is deterministic.) The [history](Execution::history) is kept, for pictures. To run many
/// attacks, make one [`Simulator`] and reuse it.
///
/// A lie that withdraws a message nobody was going to send changes nothing, and is listed in
/// [`Execution::idle`]. So does a lie for which the traitors lack a signature, listed in
/// [`Execution::lacking`]. The cost is that of the protocol's own calls: one `send` for every wire and round, and
/// one `receive` for every message.
///
/// # Errors
///
/// The attack does not fit the protocol. (A protocol that misbehaves is a finding, not an error:
/// [`Execution::fault`].)
///
/// ```
/// use std::collections::BTreeMap;
/// use turncoat::{Attack, General, Generals, OralMessages, Order, run};
///
/// let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
/// let attack = Attack::new(4, Generals::NONE, inputs);
/// let execution = run(&OralMessages::new(1), &attack)?;
/// assert_eq!(execution.messages(), 9);
/// assert_eq!(execution.decisions[3], Some(Order::ATTACK));
/// # Ok::<(), turncoat::attack::Misfit>(())
/// ```
pub fn run<P: Testable>(protocol: &P, attack: &AttackOn<P>) -> Result<ExecutionOf<P>, Misfit> {
    let mut execution = Execution::recording();
    Simulator::new(protocol, &attack.graph)?.run_into(attack, &mut execution)?;
    Ok(execution)
}

/// Runs a protocol among the same generals under one attack after another. It caches what it works out of the
/// protocol's [repertoire](Testable::repertoire).
///
/// ```
/// use std::collections::BTreeMap;
/// use turncoat::execution::Simulator;
/// use turncoat::{Attack, General, Generals, Order, SignedMessages};
///
/// let protocol = SignedMessages::new(1);
/// let simulator = Simulator::new(&protocol, 3)?;
/// for order in [Order::RETREAT, Order::ATTACK] {
///     let inputs = BTreeMap::from([(General::COMMANDER, order)]);
///     let attack = Attack::new(3, Generals::NONE, inputs);
///     assert_eq!(simulator.run(&attack)?.decisions[1], Some(order));
/// }
/// # Ok::<(), turncoat::attack::Misfit>(())
/// ```
pub struct Simulator<'a, P: Testable> {
    numbered: Numbered<'a, P>,
    terms: Terms,
    known: RefCell<Known>,
}

/// What one run leaves for the next.
#[derive(Default)]
struct Known {
    memory: Memory,
    execution: NumberedExecution,
    forgeries: Forgeries,
}

impl<P: Testable> fmt::Debug for Simulator<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Simulator { numbered, terms, .. } = self;
        let protocol = &*numbered.protocol;
        f.debug_struct("Simulator").field("protocol", protocol).field("on", &terms.graph).finish()
    }
}

impl<'a, P: Testable> Simulator<'a, P> {
    /// A simulator for so many generals, or for a graph of them.
    ///
    /// # Errors
    ///
    /// The protocol cannot be run among them.
    pub fn new(protocol: &'a P, graph: impl Into<Graph>) -> Result<Simulator<'a, P>, Refusal> {
        let numbered = Numbered::lent(protocol);
        let terms = unwound(|| numbered.terms(&graph.into(), true))??;
        Ok(Simulator { numbered, terms, known: RefCell::default() })
    }

    /// Runs the protocol under an attack, as [`run`] does, but keeps no [history](Execution::history).
    ///
    /// # Errors
    ///
    /// The attack does not fit the protocol.
    pub fn run(&self, attack: &AttackOn<P>) -> Result<ExecutionOf<P>, Misfit> {
        let mut execution = Execution::default();
        self.run_into(attack, &mut execution)?;
        Ok(execution)
    }

    /// Runs the protocol under an attack, and overwrites `execution` with the result. Its memory is reused, which
    /// saves time when many executions are each looked at once. The result has a [history](Execution::history) if
    /// `execution` had one.
    ///
    /// # Errors
    ///
    /// The attack does not fit the protocol. Then `execution` is left as it was.
    pub fn run_into(
        &self,
        attack: &AttackOn<P>,
        execution: &mut ExecutionOf<P>,
    ) -> Result<(), Misfit> {
        let Simulator { numbered, terms, known } = self;
        let mut known = known.borrow_mut();
        known.execution.history = execution.history.is_some().then(Vec::new);
        let ran = unwound(|| {
            known.run(
                numbered,
                terms,
                &numbered.number_attack(attack),
                &mut |by_numbers, states| {
                    *execution = numbered.execution(by_numbers, states);
                },
            )
        });
        ran.map_err(Refusal::from)?
    }
}

/// Runs a protocol twice under an attack, the first time with each call made twice, and keeps the history. The
/// states are those of the returned memory.
#[cfg(feature = "cli")]
pub(crate) fn run_by_numbers(
    machine: &dyn Machine,
    terms: &Terms,
    attack: &NumberedAttack,
) -> Result<(NumberedExecution, Memory), Misfit> {
    fits(machine, terms, attack)?;
    let forgeries = Forgeries::default();
    let label = |wire, message| forgeries.label(machine, terms, wire, message);
    let (execution, worker) = replayed(machine, terms, attack, &label, 2);
    Ok((execution, worker.into_memory()))
}

impl Known {
    /// Runs a protocol under an attack, and passes the execution and the table of its states to `show`.
    fn run(
        &mut self,
        machine: &dyn Machine,
        terms: &Terms,
        attack: &NumberedAttack,
        show: &mut dyn FnMut(&NumberedExecution, &dyn StateTable),
    ) -> Result<(), Misfit> {
        fits(machine, terms, attack)?;
        let Known { memory, execution, forgeries } = self;
        let label = |wire, message| forgeries.label(machine, terms, wire, message);
        let memory_before = std::mem::take(memory);
        let mut worker = Worker::remembering(machine, terms, attack.traitors, memory_before);
        worker.make_room();
        obeyed_into(&mut worker, terms, attack, &label, execution);
        if execution.history.is_some() {
            execution.honest_messages = sent_in_honest_run(machine, terms, &attack.inputs);
        }
        show(execution, &*worker.table);
        *memory = worker.into_memory();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::attack::{Attack, Edit, Lie};
    use crate::general::{General, Generals};
    use crate::order::Order;
    use crate::protocols::oral::{OralMessages, Relay};
    use crate::protocols::path::Path;
    use crate::schedule::{Arrival, Shift};
    use crate::testable::Wire;
    use itertools::Itertools;

    fn attack(lies: Vec<Lie<Relay<Order>>>) -> Attack<Order, Relay<Order>> {
        let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
        Attack { lies, ..Attack::new(3, Generals::NONE.with(General::new(1)), inputs) }
    }

    fn relay(value: Order) -> Relay<Order> {
        Relay { path: Path::root().then(General::new(1)), value }
    }

    #[test]
    fn an_execution_takes_the_place_of_any_other() {
        let [commander, traitor, lieutenant] = [0, 1, 2].map(General::new);
        let wire = Wire { round: 2, from: traitor, to: lieutenant };
        let lie = |edit| Lie { wire, edit };
        let (of, say) = (relay(Order::ATTACK), relay(Order::RETREAT));
        let late = Shift { wire, message: of.clone(), arrival: Arrival::First };
        let first = Shift { message: Relay { path: Path::root(), ..of.clone() }, ..late.clone() };
        let order = Wire { round: 1, from: commander, to: traitor };
        let lost = Shift { wire: order, arrival: Arrival::Never, ..first.clone() };
        let attacks = [
            attack(vec![]),
            attack(vec![lie(Edit::Withhold(say.clone())), lie(Edit::Withhold(of.clone()))]),
            attack(vec![lie(Edit::Instead { of, say })]),
            Attack { schedule: vec![lost, late, first], ..attack(vec![]) },
        ];
        let protocol = OralMessages::new(1);
        let simulator = Simulator::new(&protocol, 3).unwrap();
        for (one, other) in attacks.iter().cartesian_product(&attacks) {
            let mut execution = simulator.run(one).unwrap();
            simulator.run_into(other, &mut execution).unwrap();
            assert_eq!(execution, simulator.run(other).unwrap(), "{one:?} {other:?}");
        }
        let mut execution = simulator.run(&attacks[3]).unwrap();
        let misfit = Attack { traitors: Generals::NONE, ..attacks[1].clone() };
        simulator.run_into(&misfit, &mut execution).unwrap_err();
        assert_eq!(execution, simulator.run(&attacks[3]).unwrap());
    }
}
