//! A wrapper that asks more of a protocol than agreement and validity.

use crate::general::General;
use crate::graph::Graph;
use crate::outcome::Demand;
use crate::protocol::{Lockstep, Round, Seat};
use crate::testable::{ClaimsOf, ProblemOf, Repertoire, Signing, Testable, Waves, Wire, Words};

/// The same protocol with these demands in addition to its own: see [`Demand`].
pub fn asking<P: Testable>(
    protocol: P,
    demands: impl IntoIterator<Item = Demand<P::Value, P::Decision>>,
) -> Asking<P> {
    Asking { protocol, demands: demands.into_iter().collect() }
}

/// A protocol with more demands: see [`asking`].
#[derive(Clone, Debug)]
pub struct Asking<P: Lockstep> {
    protocol: P,
    demands: Vec<Demand<P::Value, P::Decision>>,
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: Lockstep> Lockstep for Asking<P> {
    type Value = P::Value;
    type Decision = P::Decision;
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

    fn decide(&self, state: &P::State) -> Option<P::Decision> {
        self.protocol.decide(state)
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: Testable> Testable for Asking<P> {
    fn problem(&self, graph: &Graph) -> Result<ProblemOf<P>, String> {
        let mut problem = self.protocol.problem(graph)?;
        problem.demands.extend(&self.demands);
        Ok(problem)
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<P::Message> {
        self.protocol.repertoire(n, wire)
    }

    fn signing(&self) -> &dyn Signing<P::Message> {
        self.protocol.signing()
    }

    fn words(&self) -> &dyn Words<P::Message, P::State> {
        self.protocol.words()
    }

    /// The code is the same, and so are the claims about it. (If there are demands, a search does not use them.)
    fn claims(&self) -> ClaimsOf<'_, P> {
        self.protocol.claims()
    }

    fn waves(&self) -> Option<&dyn Waves<P::Message, P::State>> {
        self.protocol.waves()
    }
}
