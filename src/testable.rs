//! The testing side of a protocol: what is asked of it, what a traitor could say on a wire, and how reports
//! describe it.

mod claims;
mod event_testable;
mod layout;
mod opaque;
mod phased;
mod problem;
mod properties;
mod refusal;
mod relisting;
mod repertoire;
mod signing;
mod waves;
mod words;

use std::marker::PhantomData;

pub use self::claims::{Claims, Recursive, Symmetric};
pub use self::event_testable::{EventProblemOf, EventTestable};
pub use self::opaque::{Opaque, Outputs, Reaction, Reactions, StreamProblem};
pub(crate) use self::phased::PREPARED_PHASES;
pub use self::phased::Phased;
pub use self::problem::Problem;
pub use self::properties::{Agreement, Termination, Validity};
pub use self::refusal::Refusal;
pub(crate) use self::refusal::{MOST_MESSAGES, MOST_ROUNDS, MOST_SENT};
pub(crate) use self::relisting::wrong_lists;
pub use self::repertoire::{Forgery, Lacking, Repertoire, Wire};
use self::signing::Unsigned;
pub use self::signing::{ListedSignature, Signing};
pub use self::waves::Waves;
use self::words::Plainly;
pub use self::words::Words;
use crate::fault::guarded;
use crate::graph::Graph;
use crate::outcome::Task;
use crate::protocol::Lockstep;

/// What a protocol claims: see [`Claims`].
pub type ClaimsOf<'a, P> =
    Claims<'a, <P as Lockstep>::Value, <P as Lockstep>::Message, <P as Lockstep>::State>;

/// What is asked of a protocol: see [`Problem`].
pub type ProblemOf<P> = Problem<<P as Lockstep>::Value, <P as Lockstep>::Decision>;

/// What turncoat must know of a protocol to test it. This is separate from [`Lockstep`], so that the code that
/// goes to production knows no adversary.
///
/// One method is required: it says what is asked of the protocol. The others are optional. With a
/// [`repertoire`](Testable::repertoire) a verdict can be that the protocol *holds*; where messages are signed,
/// [`signing`](Testable::signing) says how; [`words`](Testable::words) make reports easier to read, and
/// [`claims`](Testable::claims) make searches faster.
///
/// ```
/// # use turncoat::{General, Lockstep, Order, Round, Seat};
/// # #[derive(Debug)]
/// # struct Obey;
/// # impl Lockstep for Obey {
/// #     type Value = Order;
/// #     type Decision = Order;
/// #     type Message = Order;
/// #     type State = Order;
/// #     fn rounds(&self, _: usize) -> usize { 1 }
/// #     fn start(&self, _: Seat, order: Option<&Order>) -> Order {
/// #         order.copied().unwrap_or(Order::RETREAT)
/// #     }
/// #     fn send(&self, order: &Order, _: Round, _: General) -> impl IntoIterator<Item = Order> {
/// #         Some(*order)
/// #     }
/// #     fn receive(&self, state: &mut Order, _: Round, from: General, order: &Order) {
/// #         if from.is_commander() { *state = *order; }
/// #     }
/// #     fn decide(&self, state: &Order) -> Option<Order> { Some(*state) }
/// # }
/// use turncoat::{Graph, Problem, Property, Repertoire, Testable, Wire, check};
///
/// impl Testable for Obey {
///     fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
///         Ok(Problem::broadcast([Order::RETREAT, Order::ATTACK]))
///     }
///     fn repertoire(&self, _n: usize, _wire: Wire) -> Repertoire<Order> {
///         Repertoire::one_of([Order::RETREAT, Order::ATTACK])
///     }
/// }
///
/// let counterexample = check(Obey).generals(3).traitors(1).assert_broken();
/// assert_eq!(counterexample.violation.property(), Some(Property::Agreement));
/// ```
///
/// A protocol that wraps another one forwards all of this. If it changes a [`Problem`], it should take it apart
/// field by field: a field that is lost on the way is silently not asked of the protocol.
pub trait Testable: Lockstep {
    /// What is asked of the protocol on this graph: over which values, broadcast or consensus, and what else must
    /// hold.
    ///
    /// # Errors
    ///
    /// Why the protocol cannot be run there, in one line.
    fn problem(&self, graph: &Graph) -> Result<ProblemOf<Self>, String>;

    /// What a traitor can say on `wire` among `n` generals. By default that is [unknown](Repertoire::unknown): then
    /// the search tries what can be made of messages that were heard, and the verdict is never *holds*.
    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Self::Message> {
        let _ = (n, wire);
        Repertoire::unknown()
    }

    /// How messages are signed; by default they are not.
    fn signing(&self) -> &dyn Signing<Self::Message> {
        &Unsigned
    }

    /// How reports describe the protocol; by default by the name of its type, and everything else as
    /// [`Debug`](std::fmt::Debug) prints it.
    fn words(&self) -> &dyn Words<Self::Message, Self::State> {
        &Plainly::<Self>(PhantomData)
    }

    /// What is claimed of the protocol, so that a search has less to do; by default nothing.
    fn claims(&self) -> ClaimsOf<'_, Self> {
        Claims::none()
    }

    /// What is known if the rounds are the [waves](crate::InWaves) of an event-driven protocol. Only that wrapper has
    /// an answer.
    #[doc(hidden)]
    fn waves(&self) -> Option<&dyn Waves<Self::Message, Self::State>> {
        None
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: Testable> Testable for &P {
    fn problem(&self, graph: &Graph) -> Result<ProblemOf<P>, String> {
        (**self).problem(graph)
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<P::Message> {
        (**self).repertoire(n, wire)
    }

    fn signing(&self) -> &dyn Signing<P::Message> {
        (**self).signing()
    }

    fn words(&self) -> &dyn Words<P::Message, P::State> {
        (**self).words()
    }

    fn claims(&self) -> ClaimsOf<'_, P> {
        (**self).claims()
    }

    fn waves(&self) -> Option<&dyn Waves<P::Message, P::State>> {
        (**self).waves()
    }
}

/// The task of a protocol on a graph; a default where the protocol cannot be run.
pub(crate) fn task_of<P: Testable>(protocol: &P, graph: &Graph) -> Task {
    let problem = guarded(|| protocol.problem(graph)).ok().and_then(Result::ok);
    problem.map(|problem| problem.task).unwrap_or_default()
}

/// Calls a method that describes a protocol. A panic in it is a refusal.
pub(crate) fn described<T>(call: &'static str, ask: impl FnOnce() -> T) -> Result<T, Refusal> {
    match guarded(ask) {
        Ok(answer) => Ok(answer),
        Err(message) => Err(Refusal::Panicked { call, message }),
    }
}
