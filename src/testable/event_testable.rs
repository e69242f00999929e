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

/// What turncoat must know of an event-driven protocol to test it, beside the code that goes to production. One
/// method is required: it says what is asked of the protocol. With an [`alphabet`](EventTestable::alphabet) a verdict
/// can be that the protocol *holds* (see the example at [`EventDriven`]). Without one, traitors say what was heard
/// from the protocol itself:
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
/// Agreement and validity are asked of every decision, whenever it is made. Termination and totality are asked when
/// all is quiet: everything that the loyal have sent was heard, no timer is set, and no coin is asked for.
pub trait EventTestable: EventDriven {
    /// What is asked of the protocol on this graph: over which values, broadcast or consensus, and what else must
    /// hold.
    ///
    /// # Errors
    ///
    /// Why the protocol cannot be run there, in one line.
    fn problem(&self, graph: &Graph) -> Result<EventProblemOf<Self>, String>;

    /// Everything that a traitor can say on the link between these two among `n` generals, at any time and in any
    /// order. It must include what the protocol itself says there.
    ///
    /// By default it is empty. If it is empty on every link, what a traitor could say is unknown: then any traitor can
    /// say anything that anybody was heard to say in runs with all inputs and other traitors. The verdict is bounded by
    /// the messages that were heard, and is never *holds*.
    fn alphabet(&self, n: usize, from: General, to: General) -> Vec<Self::Message> {
        let _ = (n, from, to);
        Vec::new()
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

    /// How generals are renamed, if some of them are interchangeable: then the search explores one representative of
    /// each symmetry class. By default nothing is claimed.
    fn symmetry(&self) -> Option<&dyn Symmetric<Self::Message, Self::State>> {
        None
    }

    /// How each phase is like the first, if there is no last phase: then `alphabet` is what can be said in the first,
    /// and a verdict can speak of all phases. By default nothing is claimed.
    fn phases(&self) -> Option<&dyn Phased<Self::Message, Self::State>> {
        None
    }

    /// How long one execution may go on, in waves: what is sent in a wave is heard in it, and reactions to it are sent
    /// in the next. An execution that is not quiet by then is judged by the decisions made so far.
    fn waves(&self, n: usize) -> usize {
        let _ = n;
        32
    }

    /// Whether nodes are [opaque](crate::Opaque). Only that adapter has an answer.
    #[doc(hidden)]
    fn is_opaque(&self) -> bool {
        false
    }

    /// Whether mail is lost and never late. Only that adapter has an answer.
    #[doc(hidden)]
    fn in_order(&self) -> bool {
        false
    }

    /// The alphabet in lists. From each list a hunt says at most one message to each general; by default each message
    /// is a list of its own.
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
