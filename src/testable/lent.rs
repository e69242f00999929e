//! A protocol as the search sees it: by its values, messages and states alone, whatever its type is.
//! So a search is compiled once for all protocols that have these in common, lent or owned, asked for
//! more or pared.

use std::fmt;

use super::{Claims, Problem, Repertoire, Signing, Testable, Wire, Words};
use crate::general::General;
use crate::graph::Graph;
use crate::protocol::{Lockstep, Plain, Round, Seat};

/// A protocol with these values, messages and states.
#[derive(Clone, Copy)]
pub(crate) struct Lent<'a, V, M: Plain, S: Plain>(&'a (dyn Lender<V, M, S> + 'a));

/// What is lent by a protocol.
pub(crate) type LentBy<'a, P> =
    Lent<'a, <P as Lockstep>::Value, <P as Lockstep>::Message, <P as Lockstep>::State>;

/// Lends a protocol.
pub(crate) fn lent<P: Testable>(protocol: &P) -> LentBy<'_, P> {
    Lent(protocol)
}

/// [`Lockstep`] and [`Testable`] as an object: what is sent has a type of its own there.
trait Lender<V, M: Plain, S: Plain>: fmt::Debug + Sync {
    fn rounds(&self, n: usize) -> usize;
    fn start(&self, seat: Seat, input: Option<&V>) -> S;
    fn send(&self, state: &S, round: Round, to: General) -> Vec<M>;
    fn receive(&self, state: &mut S, round: Round, from: General, message: &M);
    fn end_round(&self, state: &mut S, round: Round);
    fn decide(&self, state: &S) -> V;
    fn problem(&self, graph: &Graph) -> Result<Problem<V>, String>;
    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<M>;
    fn signing(&self) -> &dyn Signing<M>;
    fn words(&self) -> &dyn Words<M, S>;
    fn claims(&self) -> Claims<'_, V, M, S>;
}

impl<V, M: Plain, S: Plain, P> Lender<V, M, S> for P
where
    P: Testable<Value = V, Message = M, State = S>,
{
    fn rounds(&self, n: usize) -> usize {
        Lockstep::rounds(self, n)
    }

    fn start(&self, seat: Seat, input: Option<&V>) -> S {
        Lockstep::start(self, seat, input)
    }

    fn send(&self, state: &S, round: Round, to: General) -> Vec<M> {
        Lockstep::send(self, state, round, to).into_iter().collect()
    }

    fn receive(&self, state: &mut S, round: Round, from: General, message: &M) {
        Lockstep::receive(self, state, round, from, message);
    }

    fn end_round(&self, state: &mut S, round: Round) {
        Lockstep::end_round(self, state, round);
    }

    fn decide(&self, state: &S) -> V {
        Lockstep::decide(self, state)
    }

    fn problem(&self, graph: &Graph) -> Result<Problem<V>, String> {
        Testable::problem(self, graph)
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<M> {
        Testable::repertoire(self, n, wire)
    }

    fn signing(&self) -> &dyn Signing<M> {
        Testable::signing(self)
    }

    fn words(&self) -> &dyn Words<M, S> {
        Testable::words(self)
    }

    fn claims(&self) -> Claims<'_, V, M, S> {
        Testable::claims(self)
    }
}

impl<V, M: Plain, S: Plain> fmt::Debug for Lent<'_, V, M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<V: Plain, M: Plain, S: Plain> Lockstep for Lent<'_, V, M, S> {
    type Value = V;
    type Message = M;
    type State = S;

    fn rounds(&self, n: usize) -> usize {
        self.0.rounds(n)
    }

    fn start(&self, seat: Seat, input: Option<&V>) -> S {
        self.0.start(seat, input)
    }

    fn send(&self, state: &S, round: Round, to: General) -> impl IntoIterator<Item = M> {
        self.0.send(state, round, to)
    }

    fn receive(&self, state: &mut S, round: Round, from: General, message: &M) {
        self.0.receive(state, round, from, message);
    }

    fn end_round(&self, state: &mut S, round: Round) {
        self.0.end_round(state, round);
    }

    fn decide(&self, state: &S) -> V {
        self.0.decide(state)
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<V: Plain, M: Plain, S: Plain> Testable for Lent<'_, V, M, S> {
    fn problem(&self, graph: &Graph) -> Result<Problem<V>, String> {
        self.0.problem(graph)
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<M> {
        self.0.repertoire(n, wire)
    }

    fn signing(&self) -> &dyn Signing<M> {
        self.0.signing()
    }

    fn words(&self) -> &dyn Words<M, S> {
        self.0.words()
    }

    fn claims(&self) -> Claims<'_, V, M, S> {
        self.0.claims()
    }
}
