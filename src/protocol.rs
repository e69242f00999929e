//! What a protocol is: a pure state machine, seen from one general; in lock-step rounds, or driven by [events].

pub mod events;

use std::fmt::Debug;
use std::hash::Hash;

use crate::general::{General, Generals};
use crate::graph::Graph;

/// Plain data: values, messages and states are compared, hashed, ordered and copied by the search.
///
/// Every type that derives the five traits and borrows nothing is plain; there is nothing to implement. Equal values
/// must behave alike, because equal states are merged, and equal messages are treated as one. (turncoat tests some of
/// the values that occur, and reports an error if they contradict themselves.)
pub trait Plain: Clone + Eq + Ord + Hash + Debug + Send + Sync + 'static {}

impl<T: Clone + Eq + Ord + Hash + Debug + Send + Sync + 'static> Plain for T {}

/// The number of a round, from 1.
pub type Round = usize;

/// One general's place in a run of the protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Seat {
    /// Who I am.
    pub me: General,
    /// How many generals there are.
    pub n: usize,
    /// To whom I can talk: usually everybody else.
    pub neighbours: Generals,
}

impl Seat {
    /// The seat of `me` among `n` generals who can all talk to one another.
    ///
    /// # Panics
    ///
    /// If `n` is above [`Generals::MAX`].
    #[must_use]
    pub fn new(me: General, n: usize) -> Seat {
        Seat { me, n, neighbours: Generals::first(n).without(me) }
    }

    /// The seat of `me` on a graph.
    #[must_use]
    pub fn on(graph: &Graph, me: General) -> Seat {
        Seat { me, n: graph.n(), neighbours: graph.neighbours(me) }
    }
}

/// A protocol in lock-step rounds: in each round all send, then all receive, then the next begins.
///
/// Write it as its paper does, from the point of view of one general, who is loyal and knows
/// nothing of testing. Every method is pure: what it returns depends on its arguments alone.
/// (turncoat calls some of them twice, and reports a protocol whose answers differ.)
///
/// In a broadcast the commander sends and receives like everybody else, and only the lieutenants are asked for their
/// decision; in consensus everybody is. Traitors run the protocol too, so that it is known what a loyal general would
/// have said in their place.
///
/// The sender of a message is authentic: a general knows on which link it came (assumption A2 of Lamport, Shostak
/// and Pease). Within one round, messages arrive sender by sender, by number, and those of one sender in their
/// order as data ([`Ord`]).
///
/// ```
/// use turncoat::{General, Lockstep, Order, Round, Seat};
///
/// /// The commander says his order, and the lieutenants obey.
/// #[derive(Debug)]
/// struct Obey;
///
/// impl Lockstep for Obey {
///     type Value = Order;
///     type Decision = Order;
///     type Message = Order;
///     type State = Order;
///
///     fn rounds(&self, _n: usize) -> usize {
///         1
///     }
///     fn start(&self, _seat: Seat, order: Option<&Order>) -> Order {
///         order.copied().unwrap_or(Order::RETREAT)
///     }
///     fn send(&self, order: &Order, _: Round, _to: General) -> impl IntoIterator<Item = Order> {
///         Some(*order)
///     }
///     fn receive(&self, state: &mut Order, _: Round, from: General, order: &Order) {
///         if from.is_commander() {
///             *state = *order;
///         }
///     }
///     fn decide(&self, state: &Order) -> Option<Order> {
///         Some(*state)
///     }
/// }
/// ```
pub trait Lockstep: Debug + Sync {
    /// What a general can be given: an order, a vote, a number.
    type Value: Plain;
    /// What is decided: usually a value. Where it is more than that (a value with a grade, a number between two inputs,
    /// a tie), the [`Problem`](crate::Problem) says which decision obeys which value.
    type Decision: Plain;
    /// The messages that are sent.
    type Message: Plain;
    /// All that one general remembers.
    type State: Plain;

    /// How many rounds there are among `n` generals.
    fn rounds(&self, n: usize) -> usize;

    /// The state in which a general begins; in a broadcast `input` is given to the commander alone, in
    /// consensus to everybody.
    fn start(&self, seat: Seat, input: Option<&Self::Value>) -> Self::State;

    /// What to say to one neighbour in this round.
    fn send(
        &self,
        state: &Self::State,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Self::Message>;

    /// A message has arrived from this sender.
    fn receive(
        &self,
        state: &mut Self::State,
        round: Round,
        from: General,
        message: &Self::Message,
    );

    /// All messages of this round have arrived.
    fn end_round(&self, state: &mut Self::State, round: Round) {
        let _ = (state, round);
    }

    /// What is decided when all rounds are over; nothing if the general has not decided.
    fn decide(&self, state: &Self::State) -> Option<Self::Decision>;
}

/// A reference to a protocol is a protocol: it can be lent to one check, and then to another.
#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: Lockstep> Lockstep for &P {
    type Value = P::Value;
    type Decision = P::Decision;
    type Message = P::Message;
    type State = P::State;

    fn rounds(&self, n: usize) -> usize {
        (**self).rounds(n)
    }

    fn start(&self, seat: Seat, input: Option<&P::Value>) -> P::State {
        (**self).start(seat, input)
    }

    fn send(
        &self,
        state: &P::State,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = P::Message> {
        (**self).send(state, round, to)
    }

    fn receive(&self, state: &mut P::State, round: Round, from: General, message: &P::Message) {
        (**self).receive(state, round, from, message);
    }

    fn end_round(&self, state: &mut P::State, round: Round) {
        (**self).end_round(state, round);
    }

    fn decide(&self, state: &P::State) -> Option<P::Decision> {
        (**self).decide(state)
    }
}
