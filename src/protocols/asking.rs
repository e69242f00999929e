//! A protocol of which more is asked than agreement and validity.

use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::outcome::{Demand, Task};
use crate::protocol::{Lockstep, Round, Seat};
use crate::signature::{Seal, Signed};
use crate::testable::{Repertoire, Testable, Wire};

/// The same protocol, of which these demands are made beside its own: see [`Demand`].
pub fn asking<P: Testable>(
    protocol: P,
    demands: impl IntoIterator<Item = Demand<P::Value>>,
) -> Asking<P> {
    Asking { protocol, demands: demands.into_iter().collect() }
}

/// A protocol with more demands: see [`asking`].
#[derive(Clone, Debug)]
pub struct Asking<P: Lockstep> {
    protocol: P,
    demands: Vec<Demand<P::Value>>,
}

impl<P: Lockstep> Lockstep for Asking<P> {
    type Value = P::Value;
    type Message = P::Message;
    type State = P::State;

    fn rounds(&self, n: usize) -> usize {
        self.protocol.rounds(n)
    }

    fn start(&self, seat: Seat, input: Option<&P::Value>) -> P::State {
        self.protocol.start(seat, input)
    }

    fn send(
        &self,
        state: &P::State,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = P::Message> {
        self.protocol.send(state, round, to)
    }

    fn receive(&self, state: &mut P::State, round: Round, from: General, message: &P::Message) {
        self.protocol.receive(state, round, from, message);
    }

    fn end_round(&self, state: &mut P::State, round: Round) {
        self.protocol.end_round(state, round);
    }

    fn decide(&self, state: &P::State) -> P::Value {
        self.protocol.decide(state)
    }
}

impl<P: Testable> Testable for Asking<P> {
    fn values(&self) -> Vec<P::Value> {
        self.protocol.values()
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<P::Message> {
        self.protocol.repertoire(n, wire)
    }

    fn task(&self) -> Task {
        self.protocol.task()
    }

    fn inputs(&self, n: usize) -> Generals {
        self.protocol.inputs(n)
    }

    fn demands(&self) -> Vec<Demand<P::Value>> {
        let mut demands = self.protocol.demands();
        demands.extend(&self.demands);
        demands
    }

    fn signatures(&self, message: &P::Message) -> Vec<Signed> {
        self.protocol.signatures(message)
    }

    fn seals(&self, message: &P::Message) -> Vec<Seal> {
        self.protocol.seals(message)
    }

    fn admits(&self, n: usize) -> Result<(), String> {
        self.protocol.admits(n)
    }

    fn admits_on(&self, graph: &Graph) -> Result<(), String> {
        self.protocol.admits_on(graph)
    }

    fn name(&self) -> String {
        self.protocol.name()
    }

    fn tell(&self, from: General, message: &P::Message) -> String {
        self.protocol.tell(from, message)
    }

    fn explain(&self, state: &P::State) -> Vec<String> {
        self.protocol.explain(state)
    }
}
