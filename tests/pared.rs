//! A protocol whose traitors say less: the rest of its repertoire is taken away.

use std::fmt;

use turncoat::signature::Signed;
use turncoat::{General, Generals, Lockstep, Repertoire, Round, Seat, Testable, Wire};

type Pare<M> = dyn Fn(Wire, Repertoire<M>) -> Repertoire<M> + Send + Sync;

/// The protocol, and what is left of its repertoire on a wire. One type for all that can be left:
/// the search is compiled once for each.
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

impl<P: Lockstep> Lockstep for Pared<P> {
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

impl<P: Testable> Testable for Pared<P> {
    fn values(&self) -> Vec<P::Value> {
        self.protocol.values()
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<P::Message> {
        (self.pare)(wire, self.protocol.repertoire(n, wire))
    }

    fn inputs(&self, n: usize) -> Generals {
        self.protocol.inputs(n)
    }

    fn signatures(&self, message: &P::Message) -> Vec<Signed> {
        self.protocol.signatures(message)
    }

    fn admits(&self, n: usize) -> Result<(), String> {
        self.protocol.admits(n)
    }
}
