//! The testing side of an event-driven protocol.

use std::marker::PhantomData;

use super::Symmetric;
use super::phased::Phased;
use super::problem::Problem;
use super::signing::{Signing, Unsigned};
use super::words::{Plainly, Words};
use crate::general::General;
use crate::graph::Graph;
use crate::protocol::events::EventDriven;

/// What is asked of an event-driven protocol.
pub type EventProblemOf<P> = Problem<<P as EventDriven>::Value, <P as EventDriven>::Decision>;

/// What turncoat must know of an event-driven protocol to test it, beside the code that goes to production.
/// One method is needed: what is asked of it. With an [`alphabet`](EventTestable::alphabet) a verdict can be that it
/// *holds*; there is an example at [`EventDriven`]. Without one, what is heard from it is what traitors say:
///
/// ```
/// # use turncoat::{Effects, EventDriven, General, Order, Seat};
/// # #[derive(Debug)]
/// # struct Gossip;
/// # impl EventDriven for Gossip {
/// #     type Value = Order;
/// #     type Decision = Order;
/// #     type Message = Order;
/// #     type State = Option<Order>;
/// #     fn begin(&self, _: Seat, order: Option<&Order>, effects: &mut Effects<Order>) -> Option<Order> {
/// #         order.iter().for_each(|order| effects.broadcast(**order));
/// #         order.copied()
/// #     }
/// #     fn receive(
/// #         &self,
/// #         state: &mut Option<Order>,
/// #         _: General,
/// #         order: &Order,
/// #         effects: &mut Effects<Order>,
/// #     ) {
/// #         if state.is_none() {
/// #             *state = Some(*order);
/// #             effects.broadcast(*order);
/// #         }
/// #     }
/// #     fn decision(&self, state: &Option<Order>) -> Option<Order> { *state }
/// # }
/// use turncoat::{EventTestable, Graph, Problem, Termination, check};
///
/// impl EventTestable for Gossip {
///     fn problem(&self, _: &Graph) -> Result<Problem<Order>, String> {
///         Ok(Problem::broadcast(Order::first(2)).deciding(Termination::AllOrNone))
///     }
/// }
///
/// check(Gossip).generals(4).traitors(1).assert_broken();
/// ```
///
/// Agreement and validity are asked of all that is ever decided. Termination and totality are asked where it
/// is quiet: all that the loyal have sent was heard, no timer is set, and no coin is asked for.
pub trait EventTestable: EventDriven {
    /// What is asked of it on this graph: over which values, broadcast or consensus, and what must hold
    /// besides.
    ///
    /// # Errors
    ///
    /// Why it can't be run there: one line.
    fn problem(&self, graph: &Graph) -> Result<EventProblemOf<Self>, String>;

    /// All that a traitor can say on the link between these two among `n` generals, at any time and in any
    /// order. What the protocol itself says there must be among it.
    ///
    /// By default it is empty. One that is empty on every link says nothing of what a traitor could say: then any
    /// of them can say all that anybody is heard to say in runs with all inputs and other traitors, and nothing is
    /// ever said to hold: the verdict is bounded by the messages that were heard.
    fn alphabet(&self, n: usize, from: General, to: General) -> Vec<Self::Message> {
        let _ = (n, from, to);
        Vec::new()
    }

    /// How its messages are signed; by default they are not.
    fn signing(&self) -> &dyn Signing<Self::Message> {
        &Unsigned
    }

    /// How it is told in reports; by default by the name of its type, and all else as
    /// [`Debug`](std::fmt::Debug) prints it.
    fn words(&self) -> &dyn Words<Self::Message, Self::State> {
        &Plainly::<Self>(PhantomData)
    }

    /// How generals are renamed, if some of them are alike to it: then of what can be renamed into each other
    /// one stands for all. By default nothing is claimed.
    fn symmetry(&self) -> Option<&dyn Symmetric<Self::Message, Self::State>> {
        None
    }

    /// How each phase is like the first, if it has no last one: then `alphabet` is what can be said in the first, and
    /// a verdict can speak of all phases. By default nothing is claimed.
    fn phases(&self) -> Option<&dyn Phased<Self::Message, Self::State>> {
        None
    }

    /// How long one execution may go on, in waves: what is sent in a wave is heard in it, and what comes of
    /// that is sent in the next. What is not quiet by then is judged by what was decided up to there.
    fn waves(&self, n: usize) -> usize {
        let _ = n;
        32
    }

    /// Whether its nodes are [opaque](crate::Opaque): nobody else has an answer.
    #[doc(hidden)]
    fn is_opaque(&self) -> bool {
        false
    }

    /// Whether mail is lost and never late: nobody else has an answer.
    #[doc(hidden)]
    fn in_order(&self) -> bool {
        false
    }

    /// The alphabet in lists, of each of which a hunt says one message at most to one general; by default each
    /// message stands alone.
    #[doc(hidden)]
    fn slots(&self, n: usize, from: General, to: General) -> Vec<Vec<Self::Message>> {
        let alphabet = self.alphabet(n, from, to).into_iter();
        alphabet.map(|message| vec![message]).collect()
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: EventTestable> EventTestable for &P {
    fn problem(&self, graph: &Graph) -> Result<EventProblemOf<P>, String> {
        (**self).problem(graph)
    }

    fn alphabet(&self, n: usize, from: General, to: General) -> Vec<P::Message> {
        (**self).alphabet(n, from, to)
    }

    fn signing(&self) -> &dyn Signing<P::Message> {
        (**self).signing()
    }

    fn words(&self) -> &dyn Words<P::Message, P::State> {
        (**self).words()
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<P::Message, P::State>> {
        (**self).symmetry()
    }

    fn phases(&self) -> Option<&dyn Phased<P::Message, P::State>> {
        (**self).phases()
    }

    fn waves(&self, n: usize) -> usize {
        (**self).waves(n)
    }

    fn is_opaque(&self) -> bool {
        (**self).is_opaque()
    }

    fn in_order(&self) -> bool {
        (**self).in_order()
    }

    fn slots(&self, n: usize, from: General, to: General) -> Vec<Vec<P::Message>> {
        (**self).slots(n, from, to)
    }
}
