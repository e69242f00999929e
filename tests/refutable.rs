//! Protocols to refute: silly ones, one that hides state, and a signed one for consensus.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};

use itertools::Itertools;
use turncoat::protocols::parallel::Parallel;
use turncoat::{
    General, Graph, Lockstep, Order, Problem, Round, Seat, SignedMessages, Signing, Testable,
};

/// Protocols that nobody would use, by what they decide on.
#[derive(Clone, Debug)]
pub enum Silly {
    /// On nothing: it retreats.
    Retreats,
    /// On what the commander said.
    Obeys,
    /// On the majority of what everybody says it heard.
    Echoes,
    /// On the parity of a hash of everything that it ever heard.
    Hashes,
    /// Like `Obeys`, but every so often it changes its mind.
    Counts(&'static AtomicUsize),
    /// Like `Obeys`, but it panics when it hears two orders.
    Panics,
}

/// Who it is, and everything that it was told.
pub type Told = (General, Vec<(Round, General, u64)>);

impl Lockstep for Silly {
    type Value = Order;
    type Decision = Order;
    type Message = u64;
    type State = Told;

    fn rounds(&self, _: usize) -> usize {
        3
    }

    fn start(&self, seat: Seat, order: Option<&Order>) -> Told {
        let order = order.map(|order| (0, seat.me, u64::from(*order == Order::ATTACK)));
        (seat.me, Vec::from_iter(order))
    }

    fn send(&self, (me, told): &Told, round: Round, _: General) -> impl IntoIterator<Item = u64> {
        let order = told.first().map(|(.., order)| *order);
        match self {
            Silly::Retreats => None,
            Silly::Hashes => Some(hash(told)),
            _ => order.filter(|_| round <= 2 && me.is_commander() == (round == 1)),
        }
    }

    fn receive(&self, (_, told): &mut Told, round: Round, from: General, said: &u64) {
        told.push((round, from, *said));
        let orders = told.iter().map(|(.., order)| order).unique().count();
        assert!(orders < 2 || !matches!(self, Silly::Panics), "two orders");
    }

    fn decide(&self, (_, told): &Told) -> Option<Order> {
        let obeyed = told.first().is_some_and(|(.., order)| *order == 1);
        let attack = match self {
            Silly::Retreats => false,
            Silly::Obeys | Silly::Panics => obeyed,
            Silly::Echoes => 2 * told.iter().filter(|(.., order)| *order == 1).count() > told.len(),
            Silly::Hashes => hash(told) % 2 == 1,
            Silly::Counts(calls) => obeyed != (calls.fetch_add(1, Ordering::Relaxed) % 5 == 4),
        };
        Some(if attack { Order::ATTACK } else { Order::RETREAT })
    }
}

impl Testable for Silly {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)))
    }
}

/// Consensus by SM(m) from every general: the majority of all inputs, else RETREAT. With n >= 2m + 1 it survives m
/// traitors.
#[derive(Debug)]
pub struct SignedConsensus {
    instances: Vec<SignedMessages>,
    all: Parallel<SignedMessages>,
}

impl SignedConsensus {
    pub fn new(n: usize, m: usize) -> SignedConsensus {
        let instance = |number, by| SignedMessages::new(m).instance(number, by);
        let instances = (0..n).map(|number| instance(number, General::new(number)));
        SignedConsensus { instances: instances.collect(), all: Parallel::of(n, instance) }
    }
}

impl Lockstep for SignedConsensus {
    type Value = Order;
    type Decision = Order;
    type Message = <Parallel<SignedMessages> as Lockstep>::Message;
    type State = <Parallel<SignedMessages> as Lockstep>::State;

    fn rounds(&self, n: usize) -> usize {
        self.all.rounds(n)
    }

    fn start(&self, seat: Seat, input: Option<&Order>) -> Self::State {
        self.all.start(seat, input)
    }

    fn send(
        &self,
        state: &Self::State,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Self::Message> {
        self.all.send(state, round, to)
    }

    fn receive(&self, state: &mut Self::State, round: Round, from: General, said: &Self::Message) {
        self.all.receive(state, round, from, said);
    }

    fn end_round(&self, state: &mut Self::State, round: Round) {
        self.all.end_round(state, round);
    }

    fn decide(&self, state: &Self::State) -> Option<Order> {
        let votes = self.instances.iter().zip(state).filter_map(|(sm, state)| sm.decide(state));
        let attack = 2 * votes.filter(|vote| *vote == Order::ATTACK).count() > state.len();
        Some(if attack { Order::ATTACK } else { Order::RETREAT })
    }
}

impl Testable for SignedConsensus {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::consensus(Order::first(2)))
    }

    fn signing(&self) -> &dyn Signing<Self::Message> {
        self.all.signing()
    }
}

/// The same number on every machine, every time.
fn hash(seen: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    seen.hash(&mut hasher);
    hasher.finish()
}
