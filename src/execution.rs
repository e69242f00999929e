//! The simulator: a protocol run under an attack, deterministic, and everything that was said.

mod deliveries;
pub(crate) mod history;
pub(crate) mod stage;
mod written;

use std::cell::RefCell;
use std::collections::BTreeMap;

use itertools::Itertools;
use rustc_hash::FxHashMap;

pub use self::deliveries::{Deliveries, Delivery, Sent};
use self::written::obeyed_into;
pub(crate) use self::written::{obeyed, replayed};
use crate::attack::{AttackOn, Item, Misfit};
use crate::fault::{Fault, Guarded, guarded};
use crate::general::General;
use crate::graph::Graph;
use crate::property::{Accepted, Property, Violation};
use crate::protocol::{Lockstep, Round};
use crate::signature::Signed;
use crate::testable::{Forgery, Refusal, Terms, Testable, Wire, lent};

/// A protocol run under an attack. If the protocol misbehaves it ends there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Execution<V, M, S> {
    /// What was said on every wire that carried something, or should have.
    pub deliveries: Deliveries<M>,
    /// By round and receiver, what arrived, in order, where that is not just what was said to it in
    /// this round, in its turn: each message with the wire on which it was said.
    pub disturbed: BTreeMap<(Round, General), Vec<(Wire, M)>>,
    /// The state in which each general ended, by number; nothing for a traitor whose own run of
    /// the protocol panicked.
    pub states: Vec<Option<S>>,
    /// What each loyal general decided, by number; nothing for a traitor, and for the commander of
    /// a broadcast.
    pub decisions: Vec<Option<V>>,
    /// What changed nothing: lies that took something back which was never to be said, and changes
    /// of the schedule that named what was never said.
    pub idle: Vec<Item>,
    /// The lies that could not be told, by number, each with a signature that the traitors lacked:
    /// they changed nothing either.
    pub lacking: Vec<(usize, Signed)>,
    /// The first forgery that a loyal general accepted.
    pub accepted: Option<Accepted>,
    /// What the protocol did that no protocol may do.
    pub fault: Option<Fault>,
    /// The first property that it lacks, if it came to an end.
    pub lacks: Option<Property>,
}

/// The executions of a protocol.
pub type ExecutionOf<P> =
    Execution<<P as Lockstep>::Value, <P as Lockstep>::Message, <P as Lockstep>::State>;

impl<V, M, S> Execution<V, M, S> {
    fn not_begun() -> Execution<V, M, S> {
        Execution {
            deliveries: Deliveries::new(),
            disturbed: BTreeMap::new(),
            states: Vec::new(),
            decisions: Vec::new(),
            idle: Vec::new(),
            lacking: Vec::new(),
            accepted: None,
            fault: None,
            lacks: None,
        }
    }

    /// It has not begun, and keeps its memory.
    fn forget(&mut self) {
        let Execution { deliveries, disturbed, states, decisions, idle, lacking, .. } = self;
        deliveries.clear();
        disturbed.clear();
        states.clear();
        decisions.clear();
        idle.clear();
        lacking.clear();
        (self.accepted, self.fault, self.lacks) = (None, None, None);
    }

    /// How many messages were sent.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.deliveries.iter().map(|delivery| delivery.said.len()).sum()
    }

    /// All that one general was told, in order, each time on which wire, with the round in which it
    /// arrived: two executions in which it began alike and was told the same are indistinguishable
    /// to it.
    pub fn view(&self, general: General) -> impl Iterator<Item = (Wire, &M)> {
        let rounds = self.deliveries.iter().map(|delivery| delivery.wire.round).dedup();
        rounds.flat_map(move |round| {
            let disturbed = self.disturbed.get(&(round, general));
            let late = disturbed.into_iter().flatten();
            let late = late.map(move |(wire, message)| (Wire { round, ..*wire }, message));
            let in_turn = self.deliveries.iter().filter(move |Delivery { wire, .. }| {
                disturbed.is_none() && wire.round == round && wire.to == general
            });
            let in_turn = in_turn.flat_map(|Delivery { wire, said, .. }| {
                said.iter().map(move |message| (wire, message))
            });
            late.chain(in_turn)
        })
    }

    /// What is wrong with it, if anything: a fault of the protocol, a forgery that counted, or else
    /// the first property that it lacks.
    #[must_use]
    pub fn violation(&self) -> Option<Violation> {
        let forgery = || self.accepted.clone().map(Violation::Forgery);
        let property = || self.lacks.map(Violation::Property);
        self.fault.clone().map(Violation::Fault).or_else(forgery).or_else(property)
    }
}

/// An attack that breaks a protocol, confirmed by the simulator.
#[derive(Clone, Debug)]
pub struct Counterexample<P: Testable> {
    /// What the enemy decided.
    pub attack: AttackOn<P>,
    /// What came of it.
    pub execution: ExecutionOf<P>,
    /// What is wrong with that.
    pub violation: Violation,
    /// How small the attack is.
    pub size: Size,
    /// The protocol.
    pub protocol: P,
}

/// How small an attack is. It is measured by its traitors, and then by its
/// [size](crate::Attack::size): its lies, each of which changes what stands in one slot of one wire
/// in one round, its crashes, and its changes of the schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// No attack of the adversary has fewer traitors, or as many and a smaller size: that is proved.
    Smallest,
    /// Each lie, made honest, removes the violation, or leads out of what the adversary may do; and
    /// so does each crash or change of the schedule, taken back.
    LocallyMinimal,
    /// The search was stopped before it could be made smaller.
    NotMinimal,
}

/// Runs a protocol under an attack: the same execution every time. (Some calls are made twice, to
/// see whether the protocol is deterministic.) Who has many attacks makes a [`Simulator`] once.
///
/// A lie that takes back what was never to be said changes nothing, and is listed in
/// [`Execution::idle`]; so does one for which the traitors lack a signature, which is listed
/// in [`Execution::lacking`]. The cost is that of the protocol's own calls, one `send` for every
/// wire and round, and one `receive` for every message.
///
/// # Errors
///
/// The attack does not fit the protocol. (A protocol that misbehaves is a finding, and no error:
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
    Simulator::new(protocol, &attack.graph)?.run(attack)
}

/// Runs a protocol among the same generals under one attack after the other. What it has once worked out
/// of the protocol's [repertoire](Testable::repertoire) it keeps.
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
#[derive(Debug)]
pub struct Simulator<'a, P: Testable> {
    protocol: &'a P,
    terms: Terms<P::Value>,
    /// The forgeries on those wires where that mattered.
    forgeries: RefCell<FxHashMap<Wire, FxHashMap<P::Message, &'static str>>>,
}

impl<'a, P: Testable> Simulator<'a, P> {
    /// Among so many generals, or on a graph of them.
    ///
    /// # Errors
    ///
    /// The protocol can't be run so.
    pub fn new(protocol: &'a P, graph: impl Into<Graph>) -> Result<Simulator<'a, P>, Refusal> {
        let terms = Terms::of(protocol, graph)?;
        Ok(Simulator { protocol, terms, forgeries: RefCell::default() })
    }

    /// Runs the protocol under an attack, as [`run`] does.
    ///
    /// # Errors
    ///
    /// The attack does not fit the protocol.
    pub fn run(&self, attack: &AttackOn<P>) -> Result<ExecutionOf<P>, Misfit> {
        let mut execution = Execution::not_begun();
        self.run_into(attack, &mut execution)?;
        Ok(execution)
    }

    /// Runs the protocol under an attack, and puts what comes of it in the place of another
    /// execution, whose memory is used again: that saves time where many are looked at once each.
    ///
    /// # Errors
    ///
    /// The attack does not fit the protocol. Then the other execution stays as it is.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use turncoat::execution::Simulator;
    /// use turncoat::{Attack, General, Generals, OralMessages, Order};
    ///
    /// let protocol = OralMessages::new(1);
    /// let simulator = Simulator::new(&protocol, 4)?;
    /// let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
    /// let mut attack = Attack::new(4, Generals::NONE, inputs);
    /// let mut execution = simulator.run(&attack)?;
    /// attack.inputs.insert(General::COMMANDER, Order::RETREAT);
    /// simulator.run_into(&attack, &mut execution)?;
    /// assert_eq!(execution.decisions[1], Some(Order::RETREAT));
    /// # Ok::<(), turncoat::attack::Misfit>(())
    /// ```
    pub fn run_into(
        &self,
        attack: &AttackOn<P>,
        execution: &mut ExecutionOf<P>,
    ) -> Result<(), Misfit> {
        attack.fits(&self.terms)?;
        let lent = lent(self.protocol);
        let guarded = Guarded::new(&lent, &self.terms.values, attack.traitors);
        let labels = |wire, message: &P::Message| self.label(wire, message);
        obeyed_into(&guarded, &self.terms, attack, &labels, execution);
        Ok(())
    }

    /// In which way a message is forged, if it is a forgery on this wire.
    fn label(&self, wire: Wire, message: &P::Message) -> Option<&'static str> {
        let mut forgeries = self.forgeries.borrow_mut();
        let forgeries = forgeries.entry(wire).or_insert_with(|| {
            let repertoire = guarded(|| self.protocol.repertoire(self.terms.n(), wire));
            let forgeries = repertoire.map(|repertoire| repertoire.forgeries).unwrap_or_default();
            forgeries.into_iter().rev().map(|Forgery { label, message }| (message, label)).collect()
        });
        forgeries.get(message).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::attack::{Attack, Edit, Lie};
    use crate::general::Generals;
    use crate::order::Order;
    use crate::protocols::oral::{OralMessages, Relay};
    use crate::protocols::path::Path;
    use crate::schedule::{Arrival, Shift};

    fn attack(lies: Vec<Lie<Relay<Order>>>) -> Attack<Order, Relay<Order>> {
        let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
        Attack { lies, ..Attack::new(3, Generals::NONE.with(General::new(1)), inputs) }
    }

    fn relay(value: Order) -> Relay<Order> {
        Relay { path: Path::root().then(General::new(1)), value }
    }

    #[test]
    fn a_lie_that_does_not_apply_is_idle() {
        let wire = Wire { round: 2, from: General::new(1), to: General::new(2) };
        let idle = Lie { wire, edit: Edit::Withhold(relay(Order::RETREAT)) };
        let (of, say) = (relay(Order::ATTACK), relay(Order::RETREAT));
        let told = Lie { wire, edit: Edit::Instead { of: of.clone(), say: say.clone() } };
        let attack = attack(vec![idle, told]);
        let execution = run(&OralMessages::new(1), &attack).unwrap();
        assert_eq!(execution.idle, [Item::Lie(1)]);
        let heard = execution.view(General::new(2)).filter(|(heard, _)| *heard == wire);
        assert_eq!(heard.collect_vec(), [(wire, &say)]);
        let told = execution.deliveries.on(wire).unwrap();
        assert_eq!(told.loyal, Some(&[of][..]));
        assert_eq!(execution.violation(), Some(Violation::Property(Property::Validity)));
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

    #[test]
    fn a_traitor_without_a_lie_is_loyal() {
        let traitor = run(&OralMessages::new(1), &attack(vec![])).unwrap();
        let loyal = Attack { traitors: Generals::NONE, ..attack(vec![]) };
        let loyal = run(&OralMessages::new(1), &loyal).unwrap();
        assert_eq!(traitor.deliveries, loyal.deliveries);
        assert_eq!(traitor.states, loyal.states);
    }
}
