//! A protocol whose traitors can say less: the rest of its repertoire is taken away.

use std::fmt;

use turncoat::testable::Waves;
use turncoat::{
    Claims, ClaimsOf, General, Graph, Lockstep, ProblemOf, Repertoire, Round, Seat, Signing,
    Testable, Wire, Words,
};

type Pare<M> = dyn Fn(Wire, Repertoire<M>) -> Repertoire<M> + Send + Sync;

/// The protocol, and a function that pares its repertoire on a wire. It is one type for all functions: the search is
/// compiled once per type.
pub struct Pared<P: Lockstep> {
    protocol: P,
    pare: Box<Pare<P::Message>>,
}

impl<P: Lockstep> Pared<P> {
    pub fn new<F>(protocol: P, pare: F) -> Pared<P>
    where
        F: Fn(Wire, Repertoire<P::Message>) -> Repertoire<P::Message> + Send + Sync + 'static,
    {
        Pared { protocol, pare: Box::new(pare) }
    }
}

impl<P: Lockstep> fmt::Debug for Pared<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, pared", self.protocol)
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: Lockstep> Lockstep for Pared<P> {
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
impl<P: Testable> Testable for Pared<P> {
    fn problem(&self, graph: &Graph) -> Result<ProblemOf<P>, String> {
        self.protocol.problem(graph)
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<P::Message> {
        (self.pare)(wire, self.protocol.repertoire(n, wire))
    }

    fn signing(&self) -> &dyn Signing<P::Message> {
        self.protocol.signing()
    }

    fn words(&self) -> &dyn Words<P::Message, P::State> {
        self.protocol.words()
    }

    /// None: generals who were interchangeable may have different repertoires now.
    fn claims(&self) -> ClaimsOf<'_, P> {
        Claims::none()
    }

    fn waves(&self) -> Option<&dyn Waves<P::Message, P::State>> {
        self.protocol.waves()
    }
}
