//! A protocol as the search sees it: by its values, messages and states alone, whatever its type is.
//! So a search is compiled once for all protocols that have these in common, lent or owned, asked for
//! more or pared.

use std::fmt;

use super::{Recursive, Repertoire, Symmetric, Testable, Wire};
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::outcome::{Demand, Task};
use crate::protocol::{Lockstep, Plain, Round, Seat};
use crate::signature::{Seal, Signed};

/// A protocol with these values, messages and states.
#[derive(Clone, Copy)]
pub(crate) struct Lent<'a, V, M, S>(&'a (dyn Lender<V, M, S> + 'a));

/// What is lent by a protocol.
pub(crate) type LentBy<'a, P> =
    Lent<'a, <P as Lockstep>::Value, <P as Lockstep>::Message, <P as Lockstep>::State>;

/// Lends a protocol.
pub(crate) fn lent<P: Testable>(protocol: &P) -> LentBy<'_, P> {
    Lent(protocol)
}

/// [`Lockstep`] and [`Testable`] as an object: what is sent has a type of its own there.
trait Lender<V, M, S>: fmt::Debug + Sync {
    fn rounds(&self, n: usize) -> usize;
    fn start(&self, seat: Seat, input: Option<&V>) -> S;
    fn send(&self, state: &S, round: Round, to: General) -> Vec<M>;
    fn receive(&self, state: &mut S, round: Round, from: General, message: &M);
    fn end_round(&self, state: &mut S, round: Round);
    fn decide(&self, state: &S) -> V;
    fn values(&self) -> Vec<V>;
    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<M>;
    fn task(&self) -> Task;
    fn inputs(&self, n: usize) -> Generals;
    fn demands(&self) -> Vec<Demand<V>>;
    fn signatures(&self, message: &M) -> Vec<Signed>;
    fn seals(&self, message: &M) -> Vec<Seal>;
    fn recursion(&self) -> Option<&dyn Recursive<V, M>>;
    fn symmetry(&self) -> Option<&dyn Symmetric<M, S>>;
    fn monotone(&self) -> bool;
    fn admits(&self, n: usize) -> Result<(), String>;
    fn admits_on(&self, graph: &Graph) -> Result<(), String>;
    fn name(&self) -> String;
    fn tell(&self, from: General, message: &M) -> String;
    fn explain(&self, state: &S) -> Vec<String>;
}

impl<V, M, S, P> Lender<V, M, S> for P
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

    fn values(&self) -> Vec<V> {
        Testable::values(self)
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<M> {
        Testable::repertoire(self, n, wire)
    }

    fn task(&self) -> Task {
        Testable::task(self)
    }

    fn inputs(&self, n: usize) -> Generals {
        Testable::inputs(self, n)
    }

    fn demands(&self) -> Vec<Demand<V>> {
        Testable::demands(self)
    }

    fn signatures(&self, message: &M) -> Vec<Signed> {
        Testable::signatures(self, message)
    }

    fn seals(&self, message: &M) -> Vec<Seal> {
        Testable::seals(self, message)
    }

    fn recursion(&self) -> Option<&dyn Recursive<V, M>> {
        Testable::recursion(self)
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<M, S>> {
        Testable::symmetry(self)
    }

    fn monotone(&self) -> bool {
        Testable::monotone(self)
    }

    fn admits(&self, n: usize) -> Result<(), String> {
        Testable::admits(self, n)
    }

    fn admits_on(&self, graph: &Graph) -> Result<(), String> {
        Testable::admits_on(self, graph)
    }

    fn name(&self) -> String {
        Testable::name(self)
    }

    fn tell(&self, from: General, message: &M) -> String {
        Testable::tell(self, from, message)
    }

    fn explain(&self, state: &S) -> Vec<String> {
        Testable::explain(self, state)
    }
}

impl<V, M, S> fmt::Debug for Lent<'_, V, M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

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

impl<V: Plain, M: Plain, S: Plain> Testable for Lent<'_, V, M, S> {
    fn values(&self) -> Vec<V> {
        self.0.values()
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<M> {
        self.0.repertoire(n, wire)
    }

    fn task(&self) -> Task {
        self.0.task()
    }

    fn inputs(&self, n: usize) -> Generals {
        self.0.inputs(n)
    }

    fn demands(&self) -> Vec<Demand<V>> {
        self.0.demands()
    }

    fn signatures(&self, message: &M) -> Vec<Signed> {
        self.0.signatures(message)
    }

    fn seals(&self, message: &M) -> Vec<Seal> {
        self.0.seals(message)
    }

    fn recursion(&self) -> Option<&dyn Recursive<V, M>> {
        self.0.recursion()
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<M, S>> {
        self.0.symmetry()
    }

    fn monotone(&self) -> bool {
        self.0.monotone()
    }

    fn admits(&self, n: usize) -> Result<(), String> {
        self.0.admits(n)
    }

    fn admits_on(&self, graph: &Graph) -> Result<(), String> {
        self.0.admits_on(graph)
    }

    fn name(&self) -> String {
        self.0.name()
    }

    fn tell(&self, from: General, message: &M) -> String {
        self.0.tell(from, message)
    }

    fn explain(&self, state: &S) -> Vec<String> {
        self.0.explain(state)
    }
}
