//! The simulator: a protocol run under an attack, deterministic, and everything that was said.

pub(crate) mod history;
pub(crate) mod stage;

use std::cell::RefCell;
use std::collections::BTreeMap;

use itertools::Itertools;
use rustc_hash::FxHashMap;

use self::stage::{Eavesdropper, Enemy, Labels, Scene, simulate};
use crate::attack::{AttackOn, Item, Lie, Misfit};
use crate::fault::{Call, Fault, Guarded, agree, guarded};
use crate::general::General;
use crate::graph::Graph;
use crate::property::{Accepted, Property, Violation};
use crate::protocol::{Lockstep, Plain, Round};
use crate::schedule::Shift;
use crate::signature::Signed;
use crate::testable::{Forgery, Refusal, Terms, Testable, Wire, lent};

/// A protocol run under an attack. If the protocol misbehaves it ends there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Execution<V, M, S> {
    /// What was said on every wire that carried something, or should have: by round and sender.
    pub deliveries: Vec<Delivery<M>>,
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

/// What one wire carried in one round.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Delivery<M> {
    /// Which wire.
    pub wire: Wire,
    /// What was said on it, in the order of arrival.
    pub said: Vec<M>,
    /// What loyalty would have said, where a traitor said something else.
    pub loyal: Option<Vec<M>>,
}

impl<M: Ord> Delivery<M> {
    /// Whether loyalty would not have said this.
    pub(crate) fn is_lie(&self, message: &M) -> bool {
        self.loyal.as_ref().is_some_and(|loyal| loyal.binary_search(message).is_err())
    }
}

impl<V, M, S> Execution<V, M, S> {
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
                said.iter().map(|message| (*wire, message))
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
/// # Ok::<(), turncoat::Misfit>(())
/// ```
pub fn run<P: Testable>(protocol: &P, attack: &AttackOn<P>) -> Result<ExecutionOf<P>, Misfit> {
    Simulator::new(protocol, &attack.graph)?.run(attack)
}

/// Runs a protocol among the same generals under one attack after the other. What it has once worked out
/// of the protocol's [repertoire](Testable::repertoire) it keeps.
///
/// ```
/// use std::collections::BTreeMap;
/// use turncoat::{Attack, General, Generals, Order, SignedMessages, Simulator};
///
/// let protocol = SignedMessages::new(1);
/// let simulator = Simulator::new(&protocol, 3)?;
/// for order in [Order::RETREAT, Order::ATTACK] {
///     let inputs = BTreeMap::from([(General::COMMANDER, order)]);
///     let attack = Attack::new(3, Generals::NONE, inputs);
///     assert_eq!(simulator.run(&attack)?.decisions[1], Some(order));
/// }
/// # Ok::<(), turncoat::Misfit>(())
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
        attack.fits(&self.terms)?;
        let lent = lent(self.protocol);
        let guarded = Guarded::new(&lent, &self.terms.values, attack.traitors);
        let labels = |wire, message: &P::Message| self.label(wire, message);
        Ok(obeyed(&guarded, &self.terms, attack, &labels))
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

/// Runs a protocol under an attack that fits it so many times, each call twice: all must go alike.
pub(crate) fn replayed<P: Testable>(
    protocol: &P,
    terms: &Terms<P::Value>,
    attack: &AttackOn<P>,
    labels: &Labels<'_, P::Message>,
    times: usize,
) -> ExecutionOf<P> {
    let protocol = Guarded::new(protocol, &terms.values, attack.traitors).thorough();
    let mut once = obeyed(&protocol, terms, attack, labels);
    let others = (1..times).map(|_| obeyed(&protocol, terms, attack, labels));
    let different = others.into_iter().find_map(|again| alike(&once, &again).err());
    once.fault = different.or(once.fault);
    once
}

/// Whether two executions under one attack are the same: else the first call that differed.
fn alike<V: Plain, M: Plain, S: Plain>(
    once: &Execution<V, M, S>,
    again: &Execution<V, M, S>,
) -> Result<(), Fault> {
    let whole = |kind| Fault { general: General::COMMANDER, call: Call::Whole, kind };
    agree(&once.fault, &again.fault).map_err(whole)?;
    agree(&once.deliveries.len(), &again.deliveries.len()).map_err(whole)?;
    let last = once.deliveries.last().map_or(1, |delivery| delivery.wire.round);
    for (one, other) in once.deliveries.iter().zip(&again.deliveries) {
        let Wire { round, from: general, .. } = one.wire;
        agree(one, other).map_err(|kind| Fault { general, call: Call::Send(round), kind })?;
    }
    for (id, (one, other)) in once.states.iter().zip(&again.states).enumerate() {
        let (general, call) = (General::new(id), Call::Receive(last));
        agree(one, other).map_err(|kind| Fault { general, call, kind })?;
    }
    for (id, (one, other)) in once.decisions.iter().zip(&again.decisions).enumerate() {
        let (general, call) = (General::new(id), Call::Decide);
        agree(one, other).map_err(|kind| Fault { general, call, kind })?;
    }
    Ok(())
}

/// Runs a protocol under an attack that fits it.
pub(crate) fn obeyed<P: Testable>(
    protocol: &Guarded<'_, P>,
    terms: &Terms<P::Value>,
    attack: &AttackOn<P>,
    labels: &Labels<'_, P::Message>,
) -> ExecutionOf<P> {
    let mut enemy = Written::new(protocol, attack);
    let execution = simulate(protocol, terms, Scene::of(attack), &mut enemy, labels);
    let Written { mut idle, mut lacking, unshifted, .. } = enemy;
    idle.sort_unstable();
    lacking.sort_unstable();
    let unshifted = unshifted.iter().positions(|unshifted| *unshifted);
    let idle = idle.into_iter().map(|index| Item::Lie(index + 1));
    let idle = idle.chain(unshifted.map(|index| Item::Shift(index + 1))).collect();
    Execution { idle, lacking, ..execution }
}

/// An enemy that does what is written in an attack.
struct Written<'a, P: Testable> {
    protocol: &'a Guarded<'a, P>,
    attack: &'a AttackOn<P>,
    /// The places of its lies, in the order of their wires: so it is asked after them.
    by_wire: Vec<usize>,
    /// How many of those are dealt with.
    told: usize,
    /// The lies that changed nothing, by place.
    idle: Vec<usize>,
    /// The lies that could not be told, by place.
    lacking: Vec<(usize, Signed)>,
    /// Which shifts have changed nothing so far.
    unshifted: Vec<bool>,
}

impl<'a, P: Testable> Written<'a, P> {
    fn new(protocol: &'a Guarded<'a, P>, attack: &'a AttackOn<P>) -> Written<'a, P> {
        let unshifted = vec![true; attack.schedule.len()];
        let (idle, lacking) = (Vec::new(), Vec::new());
        let by_wire = (0..attack.lies.len()).sorted_by_key(|lie| attack.lies[*lie].wire).collect();
        Written { protocol, attack, by_wire, told: 0, idle, lacking, unshifted }
    }
}

impl<P: Testable> Enemy<P> for Written<'_, P> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[P::Message],
        overhears: &Eavesdropper<'_, P>,
    ) -> Vec<P::Message> {
        if self.attack.crashes.iter().any(|crash| crash.silences(wire)) {
            return Vec::new();
        }
        let mut said = honest.to_vec();
        while let Some(&index) = self.by_wire.get(self.told)
            && self.attack.lies[index].wire <= wire
        {
            self.told += 1;
            let Lie { wire: on, edit } = &self.attack.lies[index];
            if *on != wire {
                continue; // Nobody speaks there.
            }
            let needed = edit.said().map(|message| self.protocol.signatures(message));
            let needed = needed.unwrap_or_default();
            if let Some(missing) = overhears.lacks(&needed) {
                self.lacking.push((index, missing.clone()));
            } else if !edit.apply(&mut said) {
                self.idle.push(index);
            }
        }
        said.sort_unstable();
        said
    }

    fn shifts(
        &mut self,
        round: Round,
        _: &[Delivery<P::Message>],
    ) -> Vec<(usize, Shift<P::Message>)> {
        let shifts = self.attack.schedule.iter().cloned().enumerate();
        shifts.filter(|(_, shift)| shift.wire.round == round).collect()
    }

    fn shifted(&mut self, applied: &[usize]) {
        applied.iter().for_each(|number| self.unshifted[*number] = false);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::attack::{Attack, Edit};
    use crate::general::Generals;
    use crate::order::Order;
    use crate::protocols::oral::{OralMessages, Relay};
    use crate::protocols::path::Path;

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
        let told = execution.deliveries.iter().find(|delivery| delivery.wire == wire).unwrap();
        assert_eq!(told.loyal, Some(vec![of]));
        assert_eq!(execution.violation(), Some(Violation::Property(Property::Validity)));
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
