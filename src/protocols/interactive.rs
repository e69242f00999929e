//! Interactive consistency: Pease, Shostak and Lamport, "Reaching Agreement in the Presence of Faults", JACM 27(2),
//! 1980; and consensus built on it.
//!
//! Everybody sends its input to all others by OM(m), in n instances side by side. In the end all the loyal hold the
//! same vector of n values, which contains the inputs of the loyal unchanged. The decision is the strict majority of
//! the vector, or the default if there is none.
//!
//! Bound: with n >= 3m + 1 generals it survives m traitors. Then the n - m inputs of the loyal are more than half of
//! the vector: if they are all the same, that value is decided.

use std::fmt::Display;

use itertools::Itertools;

use super::choice::majority;
use super::oral::{OralMessages, OralState, Relay};
use super::path::Path;
use crate::general::General;
use crate::graph::Graph;
use crate::order::Order;
use crate::protocol::{Lockstep, Plain, Round, Seat};
use crate::testable::{Claims, ClaimsOf, Problem, Repertoire, Testable, Wire, Words};

/// Consensus by interactive consistency over a finite set of values, the first of which is the
/// default, RETREAT.
///
/// A path begins with the general whose input it is about. In its instance that general is the commander, and the
/// others are the lieutenants, numbered from the commander on.
///
/// ```
/// use turncoat::{InteractiveConsistency, check};
///
/// check(InteractiveConsistency::new(1)).generals(4).traitors(1).assert_holds();
/// check(InteractiveConsistency::new(1)).generals(3).traitors(1).assert_broken();
/// ```
#[derive(Clone, Debug)]
pub struct InteractiveConsistency<V = Order> {
    pub(super) om: OralMessages<V>,
}

impl InteractiveConsistency {
    /// By OM(m) over the values RETREAT and ATTACK.
    #[must_use]
    pub fn new(m: usize) -> InteractiveConsistency {
        InteractiveConsistency { om: OralMessages::new(m) }
    }
}

impl<V> InteractiveConsistency<V> {
    /// The same over these values; the first is the default.
    #[must_use]
    pub fn over<U>(self, values: impl IntoIterator<Item = U>) -> InteractiveConsistency<U> {
        InteractiveConsistency { om: self.om.over(values) }
    }
}

impl<V: Plain> InteractiveConsistency<V> {
    /// The inputs of all generals, as far as one general knows them.
    fn vector(&self, instances: &[OralState<V>]) -> Vec<V> {
        instances.iter().map(|state| self.om.taken(state).clone()).collect()
    }
}

/// One of the n instances, in which general `commander` commands.
#[derive(Clone, Copy)]
pub(super) struct Instance {
    pub commander: General,
    pub n: usize,
}

impl Instance {
    /// All instances.
    pub fn all(n: usize) -> impl Iterator<Item = Instance> {
        (0..n).map(move |commander| Instance { commander: General::new(commander), n })
    }

    /// The role of a general in this instance.
    pub fn role(self, general: General) -> General {
        General::new((general.id() + self.n - self.commander.id()) % self.n)
    }

    /// The general who has this role.
    pub fn in_role(self, role: General) -> General {
        General::new((role.id() + self.commander.id()) % self.n)
    }

    fn wire(self, Wire { round, from, to }: Wire) -> Wire {
        Wire { round, from: self.role(from), to: self.role(to) }
    }

    /// A message of this instance, with roles replaced by the generals' own numbers.
    fn named<V>(self, Relay { path, value }: Relay<V>) -> Relay<V> {
        Relay { path: Path::of(path.iter().map(|role| self.in_role(role))), value }
    }
}

impl<V: Plain> Lockstep for InteractiveConsistency<V> {
    type Value = V;
    type Decision = V;
    type Message = Relay<V>;
    type State = Vec<OralState<V>>;

    fn rounds(&self, n: usize) -> usize {
        self.om.rounds(n)
    }

    fn start(&self, seat: Seat, input: Option<&V>) -> Vec<OralState<V>> {
        let start = |instance: Instance| {
            let own = input.filter(|_| instance.commander == seat.me);
            self.om.start(Seat::new(instance.role(seat.me), seat.n), own)
        };
        Instance::all(seat.n).map(start).collect()
    }

    fn send(
        &self,
        instances: &Vec<OralState<V>>,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Relay<V>> {
        Instance::all(instances.len()).zip(instances).flat_map(move |(instance, state)| {
            let said = self.om.send(state, round, instance.role(to)).into_iter();
            said.map(move |relay| instance.named(relay))
        })
    }

    /// A message belongs to the instance of the general with whom its path begins.
    fn receive(
        &self,
        instances: &mut Vec<OralState<V>>,
        round: Round,
        from: General,
        Relay { path, value }: &Relay<V>,
    ) {
        let n = instances.len();
        let Some(commander) = path.iter().next() else { return };
        if path.iter().all(|general| general.id() < n) {
            let instance = Instance { commander, n };
            let path = Path::of(path.iter().map(|general| instance.role(general)));
            let relay = Relay { path, value: value.clone() };
            let state = &mut instances[commander.id()];
            self.om.receive(state, round, instance.role(from), &relay);
        }
    }

    /// The value of more than half of the vector, else the default.
    fn decide(&self, instances: &Vec<OralState<V>>) -> Option<V> {
        let vector = self.vector(instances);
        Some(majority(vector.iter()).unwrap_or(&self.om.values[0]).clone())
    }
}

impl<V: Plain + Display> Testable for InteractiveConsistency<V> {
    fn problem(&self, graph: &Graph) -> Result<Problem<V>, String> {
        let (n, problem) = (graph.n(), Problem::consensus(self.om.values.clone()));
        self.om.asked(problem, n, n)
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Relay<V>> {
        let mut slots = Vec::new();
        let mut strays = Vec::new();
        for instance in Instance::all(n) {
            let own = self.om.repertoire(n, instance.wire(wire));
            let named = |relay| instance.named(relay);
            slots.extend(
                own.slots.into_iter().map(|slot| slot.into_iter().map(named).collect_vec()),
            );
            strays.extend(own.strays.into_iter().map(named));
        }
        slots.sort_unstable();
        Repertoire::of(slots).with_strays(strays.into_iter().unique())
    }

    fn words(&self) -> &dyn Words<Relay<V>, Vec<OralState<V>>> {
        self
    }

    fn claims(&self) -> ClaimsOf<'_, Self> {
        Claims::none().symmetric(self)
    }
}

impl<V: Plain + Display> Words<Relay<V>, Vec<OralState<V>>> for InteractiveConsistency<V> {
    fn name(&self) -> String {
        format!("interactive consistency by {}", self.om.name())
    }

    fn tell(&self, from: General, Relay { path, value }: &Relay<V>) -> String {
        let told = path.iter().collect_vec();
        match told.as_slice() {
            [own] if *own == from => format!("my input is {value}"),
            [first, relays @ .., last] if *last == from && path.generals().len() == told.len() => {
                let relays = relays.iter().rev().map(|relay| format!("{} said ", relay.id()));
                format!("{}{}'s input is {value}", relays.format(""), first.id())
            }
            _ => format!("{value} on the path {path}"),
        }
    }

    fn explain(&self, instances: &Vec<OralState<V>>) -> Vec<String> {
        let vector = self.vector(instances);
        vec![format!("inputs: {}; strict majority, else the default", vector.iter().format(", "))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relay(path: &[usize], value: Order) -> Relay<Order> {
        Relay { path: Path::of(path.iter().map(|&id| General::new(id))), value }
    }

    #[test]
    fn a_path_names_the_generals_themselves() {
        let [one, two] = [1, 2].map(General::new);
        let protocol = InteractiveConsistency::new(1);
        let mut states = protocol.start(Seat::new(one, 4), Some(&Order::ATTACK));
        let said = protocol.send(&states, 1, two).into_iter().collect_vec();
        assert_eq!(said, [relay(&[1], Order::ATTACK)]);
        protocol.receive(&mut states, 1, two, &relay(&[2], Order::ATTACK));
        let said = protocol.send(&states, 2, General::new(3)).into_iter().sorted().collect_vec();
        assert_eq!(said, [relay(&[0, 1], Order::RETREAT), relay(&[2, 1], Order::ATTACK)]);
        let before = states.clone();
        for stray in [&[] as &[usize], &[4], &[3, 6], &[6, 2], &[1, 2], &[2, 2], &[3, 1]] {
            protocol.receive(&mut states, 2, two, &relay(stray, Order::ATTACK));
            assert_eq!(states, before, "{stray:?}");
        }
        protocol.receive(&mut states, 2, two, &relay(&[3, 2], Order::ATTACK));
        assert_ne!(states, before);
    }

    #[test]
    fn messages_are_told_with_whose_input_it_is() {
        let tell = |path: &[usize], from| {
            let protocol = InteractiveConsistency::new(3);
            protocol.tell(General::new(from), &relay(path, Order::ATTACK))
        };
        assert_eq!(tell(&[2], 2), "my input is ATTACK");
        assert_eq!(tell(&[2, 0], 0), "2's input is ATTACK");
        assert_eq!(tell(&[2, 0, 1], 1), "0 said 2's input is ATTACK");
        assert_eq!(tell(&[2, 0], 1), "ATTACK on the path 2:0");
    }
}
