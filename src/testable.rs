//! The testing side of a protocol: what a traitor could say on a wire, and how to tell of it.

mod lent;
mod repertoire;

use itertools::Itertools;
use serde::Serialize;

use crate::fault::guarded;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::outcome::{Demand, Task};
use crate::protocol::{Lockstep, Plain, Round};
use crate::signature::Signed;

pub(crate) use self::lent::lent;
pub use self::repertoire::{Forgery, Repertoire};

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

/// What is fixed before the enemy decides anything: who can talk to whom, in how many rounds, about
/// what.
#[derive(Clone, Debug)]
pub(crate) struct Terms<V> {
    pub graph: Graph,
    pub rounds: usize,
    pub values: Vec<V>,
    /// What is asked.
    pub task: Task,
    /// Who is given an input.
    pub inputs: Generals,
    /// What must hold beside agreement and validity.
    pub demands: Vec<Demand<V>>,
}

/// The most rounds, times generals: a search goes as deep as that.
const MOST_ROUNDS: usize = 512;

/// Why a protocol can't be run among so many generals.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// There are no generals, or more than sets of them hold.
    #[error("n is {0}: there must be from 1 to {max} generals", max = Generals::MAX)]
    Generals(usize),
    /// The protocol says so itself.
    #[error("{0}")]
    Protocol(String),
    /// Nobody's order is there to be obeyed.
    #[error("the commander, general 0, is given no input: it is his order that is asked after")]
    NoOrder,
    /// In consensus somebody has nothing to propose.
    #[error("general {0} is given no input: in consensus everybody has one")]
    NoProposal(usize),
    /// Somebody is given an input who is not there.
    #[error("general {general} is given an input, and there are {n} generals, numbered from 0")]
    InputOfNobody {
        /// Who.
        general: usize,
        /// How many generals there are.
        n: usize,
    },
    /// There is nothing to agree on.
    #[error("there must be at least one value to agree on")]
    NoValues,
    /// A repertoire leaves out what a general says who obeys the protocol.
    #[error(
        "the repertoire has no place for what {} says to {} in round {} when it obeys: {message}",
        wire.from, wire.to, wire.round
    )]
    Undescribed {
        /// Where it is said.
        wire: Wire,
        /// What.
        message: String,
    },
    /// Traitors must not be silent in a slot in which loyal generals are.
    #[error(
        "{} says nothing to {} in round {} in a slot of the repertoire, when it obeys: without \
         silence not even a traitor could obey", wire.from, wire.to, wire.round
    )]
    Silent {
        /// Where nothing is said.
        wire: Wire,
    },
    /// Somebody shows a signature that nobody could have from its owner.
    #[error(
        "{} shows {} in round {} the signature of {} on {}, which that one has shown to nobody \
         before: leave it out of `signatures` if it is there from the start",
        wire.from, wire.to, wire.round, signed.by, signed.statement.escape_ascii()
    )]
    Unheard {
        /// Where it is shown.
        wire: Wire,
        /// The signature.
        signed: Signed,
    },
    /// Where signatures are needed, silence is too.
    #[error(
        "its messages are signed, so traitors must be free to be silent: they can't say what needs \
         a signature that they lack"
    )]
    SignedSilence,
    /// A message can stand in two slots of one wire, so it is not clear which it fills.
    #[error(
        "the repertoire has {message} in two slots of the wire from {} to {} in round {}: a message \
         must belong to one slot", wire.from, wire.to, wire.round
    )]
    Shared {
        /// Where it is said.
        wire: Wire,
        /// What.
        message: String,
    },
    /// A message is a forgery, and yet something that may be said.
    #[error(
        "the repertoire has {message} both in a slot and among the forgeries of the wire from {} \
         to {} in round {}", wire.from, wire.to, wire.round
    )]
    Genuine {
        /// Where it is said.
        wire: Wire,
        /// What.
        message: String,
    },
    /// There are more rounds than can be gone through.
    #[error(
        "there are {rounds} rounds among {n} generals: rounds times generals can be at most {}",
        MOST_ROUNDS
    )]
    Rounds {
        /// How many rounds.
        rounds: usize,
        /// How many generals.
        n: usize,
    },
    /// A repertoire can't be searched.
    #[error(
        "the repertoire has more than 64 slots on one wire whose messages are entangled in their \
         order: order messages by their slot first"
    )]
    Entangled,
    /// There are too many orders of arrival to go through.
    #[error(
        "more than 64 messages can arrive at {to} in round {round}: they have too many orders of \
         arrival to go through them all"
    )]
    Crowded {
        /// Who hears them.
        to: General,
        /// In which round.
        round: Round,
    },
    /// A method that describes the protocol panics.
    #[error("the protocol panics in {call}: {message}")]
    Panicked {
        /// Which method.
        call: &'static str,
        /// Its message.
        message: String,
    },
}

impl<V: Plain> Terms<V> {
    pub(crate) fn of<P>(protocol: &P, graph: impl Into<Graph>) -> Result<Self, Refusal>
    where
        P: Testable<Value = V>,
    {
        let graph = graph.into();
        let n = graph.n();
        if n == 0 || n > Generals::MAX {
            return Err(Refusal::Generals(n));
        }
        described("admits", || protocol.admits_on(&graph))?.map_err(Refusal::Protocol)?;
        let values = described("values", || protocol.values())?;
        let values: Vec<V> = values.into_iter().unique().collect();
        if values.is_empty() {
            return Err(Refusal::NoValues);
        }
        let rounds = described("rounds", || protocol.rounds(n))?;
        if rounds.saturating_mul(n) > MOST_ROUNDS {
            return Err(Refusal::Rounds { rounds, n });
        }
        let inputs = described("inputs", || protocol.inputs(n))?;
        let task = described("task", || protocol.task())?;
        match task.inputs(n).minus(inputs).iter().next() {
            Some(_) if task == Task::Broadcast => return Err(Refusal::NoOrder),
            Some(general) => return Err(Refusal::NoProposal(general.id())),
            None => {}
        }
        if let Some(general) = inputs.minus(Generals::first(n)).iter().next() {
            return Err(Refusal::InputOfNobody { general: general.id(), n });
        }
        let demands = described("demands", || protocol.demands())?;
        Ok(Terms { graph, rounds, values, task, inputs, demands })
    }
}

impl<V> Terms<V> {
    /// How many generals there are.
    pub(crate) fn n(&self) -> usize {
        self.graph.n()
    }

    /// Every wire of one round, by sender.
    pub(crate) fn wires(&self, round: Round) -> impl Iterator<Item = Wire> + Clone {
        let everybody = self.graph.everybody().iter();
        everybody.flat_map(move |from| {
            self.graph.neighbours(from).iter().map(move |to| Wire { round, from, to })
        })
    }
}

/// Calls a method that describes a protocol.
pub(crate) fn described<T>(call: &'static str, ask: impl FnOnce() -> T) -> Result<T, Refusal> {
    guarded(ask).map_err(|message| Refusal::Panicked { call, message })
}
