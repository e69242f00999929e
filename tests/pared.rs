//! A protocol whose traitors say less: the rest of its repertoire is taken away.

use std::fmt;

use turncoat::signature::Signed;
use turncoat::{General, Generals, Lockstep, Repertoire, Round, Seat, Testable, Wire};

/// The protocol, and what is left of its repertoire on a wire.
pub struct Pared<P, F> {
    pub protocol: P,
    pub pare: F,
}

impl<P: fmt::Debug, F> fmt::Debug for Pared<P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, pared", self.protocol)
    }
}

impl<P: Lockstep, F: Sync> Lockstep for Pared<P, F> {
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

impl<P: Testable, F> Testable for Pared<P, F>
where
    F: Fn(Wire, Repertoire<P::Message>) -> Repertoire<P::Message> + Sync,
{
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
