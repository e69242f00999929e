//! A synthesized protocol: everything that is known is relayed, and a table says what to decide.

use std::fmt;
use std::sync::Arc;

use super::chain::{View, ViewChain};
use super::views::Scope;
use crate::general::General;
use crate::graph::Graph;
use crate::order::Order;
use crate::protocol::{Lockstep, Round, Seat};
use crate::protocols::oral::{OralMessages, OralState, Relay};
use crate::testable::{Problem, Repertoire, Testable, Wire, Words};

/// Oral messages that are relayed as in [`OM(r - 1)`](OralMessages), and a table with a decision for everything that
/// a lieutenant can have been told. [`rounds`](super::rounds()) makes it, for a given number of generals, traitors and
/// rounds.
#[derive(Clone)]
pub struct DecisionTable {
    relaying: OralMessages,
    scope: Scope,
    orders: Vec<Order>,
    /// The decisions, by number of the view.
    decisions: Arc<[Order]>,
}

impl DecisionTable {
    pub(super) fn new(scope: Scope, decisions: Arc<[Order]>) -> DecisionTable {
        let orders = Order::first(scope.values);
        let relaying = ViewChain::protocol(scope.rounds, scope.values);
        DecisionTable { relaying, scope, orders, decisions }
    }

    /// Every view, lieutenant by lieutenant, and the decision in it.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (View, Order)> {
        let rows = self.decisions.iter().enumerate();
        rows.map(|(number, decision)| (View::of(self.scope, &self.orders, number), *decision))
    }

    /// The number of generals it was made for.
    #[must_use]
    pub fn generals(&self) -> usize {
        self.scope.n
    }

    /// The number of traitors it was made for.
    #[must_use]
    pub fn traitors(&self) -> usize {
        self.scope.f
    }
}

/// Leaves out the table itself.
impl fmt::Debug for DecisionTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecisionTable").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl DecisionTable {
    /// The table's decision for what a lieutenant was told.
    fn entry(&self, state: &OralState<Order>) -> Order {
        // States keep only values of the protocol, so every value that was told has a number.
        let number = |value: &Order| self.orders.iter().position(|order| order == value);
        let told = state.told.iter().map(|value| number(value).unwrap_or(0));
        self.decisions[self.scope.number(state.seat.me, told)]
    }
}

impl Lockstep for DecisionTable {
    type Value = Order;
    type Decision = Order;
    type Message = Relay<Order>;
    type State = OralState<Order>;

    fn rounds(&self, n: usize) -> usize {
        self.relaying.rounds(n)
    }

    fn start(&self, seat: Seat, input: Option<&Order>) -> OralState<Order> {
        self.relaying.start(seat, input)
    }

    fn send(
        &self,
        state: &OralState<Order>,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Relay<Order>> {
        self.relaying.send(state, round, to)
    }

    fn receive(
        &self,
        state: &mut OralState<Order>,
        round: Round,
        from: General,
        message: &Relay<Order>,
    ) {
        self.relaying.receive(state, round, from, message);
    }

    fn decide(&self, state: &OralState<Order>) -> Option<Order> {
        match state.seat.me.is_commander() {
            true => self.relaying.decide(state),
            false => Some(self.entry(state)),
        }
    }
}

impl Testable for DecisionTable {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        let (n, own) = (graph.n(), self.scope.n);
        match n == own {
            true => self.relaying.problem(graph),
            false => Err(format!("the decision table is for {own} generals, and there are {n}")),
        }
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Relay<Order>> {
        self.relaying.repertoire(n, wire)
    }

    fn words(&self) -> &dyn Words<Relay<Order>, OralState<Order>> {
        self
    }
}

impl Words<Relay<Order>, OralState<Order>> for DecisionTable {
    fn name(&self) -> String {
        let Scope { f, rounds, .. } = self.scope;
        let rounds = if rounds == 1 { "1 round".to_owned() } else { format!("{rounds} rounds") };
        format!("the decision table for f = {f} and {rounds}")
    }

    fn tell(&self, from: General, message: &Relay<Order>) -> String {
        self.relaying.tell(from, message)
    }

    fn explain(&self, state: &OralState<Order>) -> Vec<String> {
        let me = state.seat.me;
        if me.is_commander() {
            return self.relaying.explain(state);
        }
        let told = self.scope.paths_to(me).zip(&state.told);
        let mut lines: Vec<_> = told
            .map(|(path, value)| {
                let from = path.last().unwrap_or(General::COMMANDER);
                let relay = Relay { path, value: *value };
                format!("{from} said: {}", self.relaying.tell(from, &relay))
            })
            .collect();
        lines.push(format!("the table says {}", self.entry(state)));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::check;
    use crate::impossibility::{Existence, rounds};

    /// Every view occurs in some execution, so every entry counts: one wrong entry is found.
    #[test]
    fn a_table_with_one_wrong_entry_is_broken() {
        let Existence::Protocol(table) = rounds(4, 1, 2).unwrap().existence else {
            panic!("two rounds are enough")
        };
        assert!(check(table.clone()).generals(4).traitors(1).run().unwrap().holds());
        for wrong in 0..table.decisions.len() {
            let mut decisions = table.decisions.to_vec();
            decisions[wrong] =
                if decisions[wrong] == Order::ATTACK { Order::RETREAT } else { Order::ATTACK };
            let table = DecisionTable { decisions: decisions.into(), ..table.clone() };
            assert!(!check(table).generals(4).traitors(1).run().unwrap().holds(), "entry {wrong}");
        }
    }
}
