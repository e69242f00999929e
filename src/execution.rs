//! The simulator: a protocol run under an attack, deterministic, and everything that was said.

use std::collections::BTreeMap;

use crate::attack::{Attack, AttackOn, Lie, Misfit};
use crate::fault::{Call, Fault, Guarded, agree, guarded};
use crate::general::{General, Generals};
use crate::knowledge::Knowledge;
use crate::property::{Accepted, Outcome, Property, Violation};
use crate::protocol::{Lockstep, Plain, Round, Seat};
use crate::signature::Signed;
use crate::testable::{Forgery, Terms, Testable, Wire};

/// A protocol run under an attack. If the protocol misbehaves it ends there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Execution<V, M, S> {
    /// What was said on every wire that carried something, or should have: by round and sender.
    pub deliveries: Vec<Delivery<M>>,
    /// The state in which each general ended, by number; nothing for a traitor whose own run of
    /// the protocol panicked.
    pub states: Vec<Option<S>>,
    /// What each loyal lieutenant decided: by number, nothing for a traitor or the commander.
    pub decisions: Vec<Option<V>>,
    /// The lies that took something back which was never to be said, by number, from 0: they
    /// changed nothing.
    pub idle_lies: Vec<usize>,
    /// The lies that could not be told, by number, each with a signature that the traitors lacked:
    /// they changed nothing either.
    pub lacking: Vec<(usize, Signed)>,
    /// The first forgery that a loyal general accepted.
    pub accepted: Option<Accepted>,
    /// What the protocol did that no protocol may do.
    pub fault: Option<Fault>,
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

impl<V, M, S> Execution<V, M, S> {
    /// How many messages were sent.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.deliveries.iter().map(|delivery| delivery.said.len()).sum()
    }

    /// All that one general was told: two executions in which it began alike and was told the
    /// same are indistinguishable to it.
    pub fn view(&self, general: General) -> impl Iterator<Item = (Wire, &[M])> {
        let heard = self.deliveries.iter().filter(move |delivery| delivery.wire.to == general);
        let heard = heard.filter(|delivery| !delivery.said.is_empty());
        heard.map(|delivery| (delivery.wire, delivery.said.as_slice()))
    }
}

impl<V: Plain, M, S> Execution<V, M, S> {
    /// What is wrong with it, if anything, given the attack under which it was run.
    pub fn violation(&self, attack: &Attack<V, M>) -> Option<Violation> {
        self.violation_in(Scene { traitors: attack.traitors, inputs: &attack.inputs })
    }

    pub(crate) fn violation_in(&self, scene: Scene<'_, V>) -> Option<Violation> {
        let Scene { traitors, inputs } = scene;
        let outcome = Outcome { traitors, inputs, decisions: &self.decisions };
        let forgery = || self.accepted.clone().map(Violation::Forgery);
        let property = || Property::violated(&outcome).map(Violation::Property);
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

/// How small an attack is. It is measured by its traitors, and then by its lies, each of which
/// changes what stands in one slot of one wire in one round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// No attack of the adversary has fewer traitors, or as many and fewer lies: that is proved.
    Smallest,
    /// Each lie, made honest, removes the violation, or leads out of what the adversary may do.
    LocallyMinimal,
    /// The search was stopped before it could be made smaller.
    NotMinimal,
}

/// Runs a protocol under an attack: the same execution every time. (Some calls are made twice, to
/// see whether the protocol is deterministic.)
///
/// A lie that takes back what was never to be said changes nothing, and is listed in
/// [`Execution::idle_lies`]; so does one for which the traitors lack a signature, which is listed
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
/// let attack = Attack {
///     n: 4,
///     traitors: Generals::NONE,
///     inputs: BTreeMap::from([(General::COMMANDER, Order::ATTACK)]),
///     lies: vec![],
/// };
/// let execution = run(&OralMessages::new(1), &attack)?;
/// assert_eq!(execution.messages(), 9);
/// assert_eq!(execution.decisions[3], Some(Order::ATTACK));
/// # Ok::<(), turncoat::Misfit>(())
/// ```
pub fn run<P: Testable>(protocol: &P, attack: &AttackOn<P>) -> Result<ExecutionOf<P>, Misfit> {
    let terms = attack.fits(protocol)?;
    let guarded = Guarded::new(protocol, &terms.values, attack.traitors);
    Ok(obeyed(&guarded, &terms, attack, &|wire, message| label(protocol, terms.n, wire, message)))
}

/// In which way a message is forged, if it is a forgery on this wire.
fn label<P: Testable>(
    protocol: &P,
    n: usize,
    wire: Wire,
    message: &P::Message,
) -> Option<&'static str> {
    let repertoire = guarded(|| protocol.repertoire(n, wire)).ok()?;
    let mut forgeries = repertoire.forgeries.into_iter();
    forgeries.find(|forgery| forgery.message == *message).map(|Forgery { label, .. }| label)
}

/// Says in which way a message is forged, if it is a forgery on that wire.
pub(crate) type Labels<'a, M> = dyn Fn(Wire, &M) -> Option<&'static str> + 'a;

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
    let (mut idle_lies, mut lacking) = (Vec::new(), Vec::new());
    let tamper = |wire, honest: &[P::Message], knowledge: &Knowledge| {
        let mut said = honest.to_vec();
        let lies = attack.lies.iter().enumerate().filter(|(_, lie)| lie.wire == wire);
        for (index, Lie { edit, .. }) in lies {
            let needed = edit.said().map(|message| protocol.signatures(message));
            let needed = needed.unwrap_or_default();
            if let Some(missing) = knowledge.lacks(&needed) {
                lacking.push((index, missing.clone()));
            } else if !edit.apply(&mut said) {
                idle_lies.push(index);
            }
        }
        said.sort_unstable();
        said
    };
    let execution = simulate(protocol, terms, &attack.inputs, tamper, labels);
    idle_lies.sort_unstable();
    lacking.sort_unstable();
    Execution { idle_lies, lacking, ..execution }
}

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
    tamper: impl FnMut(Wire, &[P::Message], &Knowledge) -> Vec<P::Message>,
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
    let knowledge = Knowledge::of(protocol.traitors());
    let mut stage = Stage { protocol, terms, knowledge, labels, execution: &mut execution };
    let played = stage.play(inputs, tamper);
    execution.fault = played.err();
    execution
}

/// An execution under way.
struct Stage<'a, P: Testable> {
    protocol: &'a Guarded<'a, P>,
    terms: &'a Terms<P::Value>,
    knowledge: Knowledge,
    labels: &'a Labels<'a, P::Message>,
    execution: &'a mut ExecutionOf<P>,
}

impl<P: Testable> Stage<'_, P> {
    fn play(
        &mut self,
        inputs: &BTreeMap<General, P::Value>,
        mut tamper: impl FnMut(Wire, &[P::Message], &Knowledge) -> Vec<P::Message>,
    ) -> Result<(), Fault> {
        let Terms { n, rounds, .. } = *self.terms;
        let (protocol, traitors) = (self.protocol, self.protocol.traitors());
        let everybody = Generals::first(n);
        for me in everybody.iter() {
            let state = protocol.start(Seat::new(me, n), inputs.get(&me))?;
            self.execution.states.push(state);
        }
        for round in 1..=rounds {
            let mut sent = self.sent(round)?;
            for Delivery { wire, said, loyal } in &mut sent {
                if traitors.contains(wire.from) {
                    let told = tamper(*wire, said, &self.knowledge);
                    if told != *said {
                        *loyal = Some(std::mem::replace(said, told));
                    }
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

    /// What all would send who obey the protocol, on every wire. The enemy overhears the loyal.
    fn sent(&mut self, round: Round) -> Result<Vec<Delivery<P::Message>>, Fault> {
        let everybody = Generals::first(self.terms.n);
        let traitors = self.protocol.traitors();
        let mut sent = Vec::new();
        for from in everybody.iter() {
            for to in everybody.without(from).iter() {
                let state = &self.execution.states[from.id()];
                let said = self.protocol.send(from, state, round, to)?;
                if !traitors.is_empty() && !traitors.contains(from) {
                    let signed = said.iter().flat_map(|message| self.protocol.signatures(message));
                    self.knowledge.overhear(signed);
                }
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

#[cfg(test)]
mod tests {
    use itertools::Itertools;

    use super::*;
    use crate::attack::Edit;
    use crate::order::Order;
    use crate::protocols::oral::{OralMessages, Relay};
    use crate::protocols::path::Path;

    fn attack(lies: Vec<Lie<Relay<Order>>>) -> Attack<Order, Relay<Order>> {
        let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
        Attack { n: 3, traitors: Generals::NONE.with(General::new(1)), inputs, lies }
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
        assert_eq!(execution.idle_lies, [0]);
        let heard = execution.view(General::new(2)).filter(|(heard, _)| *heard == wire);
        assert_eq!(heard.collect_vec(), [(wire, [say].as_slice())]);
        let told = execution.deliveries.iter().find(|delivery| delivery.wire == wire).unwrap();
        assert_eq!(told.loyal, Some(vec![of]));
        assert_eq!(execution.violation(&attack), Some(Violation::Property(Property::Validity)));
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
