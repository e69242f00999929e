//! The testing side of a protocol: what a traitor could say on a wire, and how to tell of it.

mod lent;
mod recursive;
mod repertoire;
mod symmetric;
mod terms;

use serde::Serialize;

use crate::fault::guarded;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::outcome::{Demand, Task};
use crate::protocol::{Lockstep, Round};
use crate::signature::{Seal, Signed, Worth};

pub(crate) use self::lent::lent;
pub use self::recursive::Recursive;
pub use self::repertoire::{Forgery, Repertoire};
pub use self::symmetric::Symmetric;
pub use self::terms::Refusal;
pub(crate) use self::terms::Terms;

/// One wire in one round: what `from` says to `to`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Wire {
    /// The round in which it is used.
    pub round: Round,
    /// Who speaks.
    pub from: General,
    /// Who hears.
    pub to: General,
}

/// What turncoat must know of a protocol to test it. It stands apart from [`Lockstep`], so that
/// the code that goes to production knows no adversary.
///
/// ```
/// # use turncoat::{General, Lockstep, Order, Round, Seat};
/// # #[derive(Debug)]
/// # struct Obey;
/// # impl Lockstep for Obey {
/// #     type Value = Order;
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
/// #     fn decide(&self, state: &Order) -> Order { *state }
/// # }
/// use turncoat::{Property, Repertoire, Testable, Wire, check};
///
/// impl Testable for Obey {
///     fn values(&self) -> Vec<Order> {
///         vec![Order::RETREAT, Order::ATTACK]
///     }
///     fn repertoire(&self, _n: usize, _wire: Wire) -> Repertoire<Order> {
///         Repertoire::one_of(self.values())
///     }
/// }
///
/// let counterexample = check(Obey).generals(3).traitors(1).assert_broken();
/// assert_eq!(counterexample.violation.property(), Some(Property::Agreement));
/// ```
pub trait Testable: Lockstep {
    /// The values that can be agreed on.
    fn values(&self) -> Vec<Self::Value>;

    /// What a traitor can say on `wire` among `n` generals. By default that is
    /// [unknown](Repertoire::unknown): then what can be made of what is heard is tried, and nothing
    /// is ever said to hold.
    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Self::Message> {
        let _ = (n, wire);
        Repertoire::unknown()
    }

    /// What the protocol is for: by default broadcast.
    fn task(&self) -> Task {
        Task::Broadcast
    }

    /// Who is given an input among `n` generals: by default those who need one for its task. (In a
    /// broadcast what must hold is asked of the commander's order alone.)
    fn inputs(&self, n: usize) -> Generals {
        self.task().inputs(n)
    }

    /// What must hold beside agreement and validity: by default nothing.
    fn demands(&self) -> Vec<Demand<Self::Value>> {
        Vec::new()
    }

    /// The signatures in a message that are what they claim to be. A traitor can say it only if
    /// the [coalition](crate::Knowledge) makes or has overheard each of them, and from what the
    /// loyal say it overhears these and no others: what is left out, a traitor can't show later.
    /// A signature that is there from the start, and that anybody can show, does not belong here.
    /// By default there are none, as in all protocols whose messages are not signed.
    fn signatures(&self, message: &Self::Message) -> Vec<Signed> {
        let _ = message;
        Vec::new()
    }

    /// All signatures in a message, for pictures: those that are what they claim to be and those that
    /// are not. By default the [signatures](Testable::signatures), all of them genuine.
    fn seals(&self, message: &Self::Message) -> Vec<Seal> {
        let signed = self.signatures(message).into_iter();
        signed.map(|signed| Seal { by: signed.by, worth: Worth::Genuine }).collect()
    }

    /// The same protocol as a recursion, if it is one: then it can be searched by composition.
    fn recursion(&self) -> Option<&dyn Recursive<Self::Value, Self::Message>> {
        None
    }

    /// How generals are renamed, if some of them are alike to it: then of what can be renamed into
    /// each other one stands for all.
    fn symmetry(&self) -> Option<&dyn Symmetric<Self::Message, Self::State>> {
        None
    }

    /// Whether the decision rises with what is heard in the last round: if there a traitor fills a slot
    /// of the [repertoire](Testable::repertoire) with a higher message, nobody decides a lower value,
    /// whatever else is said, and neither is a fault brought about; and silence in a slot counts for no
    /// less than the lowest message that can stand there and for no more than the highest. Messages and
    /// values are compared by their `Ord`.
    ///
    /// So it is where votes are counted and more for a value never help another one: in OM(m) over two
    /// orders, by any rule, and in the median. Then the decisions to which a general can be brought lie
    /// between two of them, and a search goes through no others in the last round
    /// (`turncoat::search::Reduction::Extremes`). It is a claim about the code, which is believed:
    /// `turncoat::assert_monotone` tests it. By default it is not made.
    fn monotone(&self) -> bool {
        false
    }

    /// Why this protocol can't be run among `n` generals, if it can't: one line.
    ///
    /// # Errors
    ///
    /// By default every `n` is accepted.
    fn admits(&self, n: usize) -> Result<(), String> {
        let _ = n;
        Ok(())
    }

    /// Why this protocol can't be run on this graph, if it can't: one line.
    ///
    /// # Errors
    ///
    /// By default every graph is accepted whose [number](Testable::admits) of generals is.
    fn admits_on(&self, graph: &Graph) -> Result<(), String> {
        self.admits(graph.n())
    }

    /// The protocol's name in reports; by default the name of its type.
    fn name(&self) -> String {
        let path = std::any::type_name::<Self>();
        let path = path.split('<').next().unwrap_or(path);
        path.rsplit("::").next().unwrap_or(path).to_owned()
    }

    /// A message as a person would say it; by default as [`Debug`](std::fmt::Debug) prints it.
    fn tell(&self, from: General, message: &Self::Message) -> String {
        let _ = from;
        format!("{message:?}")
    }

    /// What a general holds at the end and how it decides by it, a line each; by default the
    /// state as [`Debug`](std::fmt::Debug) prints it.
    fn explain(&self, state: &Self::State) -> Vec<String> {
        vec![format!("{state:?}")]
    }
}

impl<P: Testable> Testable for &P {
    fn values(&self) -> Vec<P::Value> {
        (**self).values()
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<P::Message> {
        (**self).repertoire(n, wire)
    }

    fn task(&self) -> Task {
        (**self).task()
    }

    fn inputs(&self, n: usize) -> Generals {
        (**self).inputs(n)
    }

    fn demands(&self) -> Vec<Demand<P::Value>> {
        (**self).demands()
    }

    fn signatures(&self, message: &P::Message) -> Vec<Signed> {
        (**self).signatures(message)
    }

    fn seals(&self, message: &P::Message) -> Vec<Seal> {
        (**self).seals(message)
    }

    fn recursion(&self) -> Option<&dyn Recursive<P::Value, P::Message>> {
        (**self).recursion()
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<P::Message, P::State>> {
        (**self).symmetry()
    }

    fn monotone(&self) -> bool {
        (**self).monotone()
    }

    fn admits(&self, n: usize) -> Result<(), String> {
        (**self).admits(n)
    }

    fn admits_on(&self, graph: &Graph) -> Result<(), String> {
        (**self).admits_on(graph)
    }

    fn name(&self) -> String {
        (**self).name()
    }

    fn tell(&self, from: General, message: &P::Message) -> String {
        (**self).tell(from, message)
    }

    fn explain(&self, state: &P::State) -> Vec<String> {
        (**self).explain(state)
    }
}

/// Calls a method that describes a protocol.
pub(crate) fn described<T>(call: &'static str, ask: impl FnOnce() -> T) -> Result<T, Refusal> {
    guarded(ask).map_err(|message| Refusal::Panicked { call, message })
}
