//! Protocols whose nodes are opaque: code that people ship, driven one event at a time.

use std::collections::VecDeque;
use std::fmt::{self, Debug};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::problem::Problem;
use super::properties::{Agreement, Termination, Validity};
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::outcome::{Demand, Task};
use crate::protocol::events::Timer;
use crate::protocol::{Plain, Seat};

/// What is asked of a protocol with opaque nodes.
pub type StreamProblem<P> = Problem<<P as Opaque>::Value, Outputs<<P as Opaque>::Output>>;

/// A protocol whose nodes are opaque: an implementation as it is shipped, not a model of one. A node need not be
/// `Clone`, `Hash`, `Eq`, `Ord` or `Debug`. This trait is its factory, and hands it one event at a time. The node's
/// actions go to [`Reactions`].
///
/// The state of a node is stored as the history of its events. If that state is needed after the node has gone on,
/// the events are replayed to a fresh node, so a node must answer the same events in the same way. If it does not,
/// that is a finding; so is a panic in it. All randomness must come from [`Reactions::chance`].
///
/// A traitor can say, at any time and to anybody, whatever anybody said before in the same execution, and whatever
/// is on a [menu](Opaque::lies) that the author gives. It can also run [a second node](crate::Twin). Where messages
/// are signed, that is all that it could say without forging a signature.
///
/// ```
/// use turncoat::{General, Graph, Opaque, Outputs, Reactions, Seat, StreamProblem, Task, hunt};
///
/// /// Whoever is told an order first obeys it and passes it on.
/// struct Soldier(Option<u8>);
///
/// #[derive(Debug)]
/// struct Gossip;
///
/// impl Opaque for Gossip {
///     type Value = u8;
///     type Output = u8;
///     type Message = u8;
///     type Node = Soldier;
///
///     fn begin(&self, _: Seat, order: Option<&u8>, does: &mut Reactions<u8, u8>) -> Soldier {
///         order.iter().for_each(|order| does.broadcast(**order));
///         Soldier(order.copied())
///     }
///     fn receive(&self, node: &mut Soldier, _: General, order: &u8, does: &mut Reactions<u8, u8>) {
///         if node.0.is_none() {
///             node.0 = Some(*order);
///             does.broadcast(*order);
///             does.output(*order);
///         }
///     }
///     fn problem(&self, _: &Graph) -> Result<StreamProblem<Gossip>, String> {
///         Ok(Outputs::problem(Task::Broadcast, [0, 1]))
///     }
///     fn lies(&self, _n: usize, _from: General, _to: General) -> Vec<Vec<u8>> {
///         vec![vec![0, 1]]
///     }
/// }
///
/// let found = hunt(Gossip).generals(4).traitors(1).assert_finds();
/// assert_eq!(found.violation.name(), "agreement");
/// ```
pub trait Opaque: Debug + Sync {
    /// What a general can be given: an order, a proposal.
    type Value: Plain;
    /// What a node outputs, one after the other.
    type Output: Plain;
    /// What travels.
    type Message: Clone + Debug + Send + Sync + 'static;
    /// The node.
    type Node: Send;

    /// A node begins. In a broadcast `input` is given to the commander alone, in consensus to everybody.
    fn begin(
        &self,
        seat: Seat,
        input: Option<&Self::Value>,
        does: &mut Reactions<Self::Message, Self::Output>,
    ) -> Self::Node;

    /// A message has come from one sender, or from the node itself.
    fn receive(
        &self,
        node: &mut Self::Node,
        from: General,
        message: &Self::Message,
        does: &mut Reactions<Self::Message, Self::Output>,
    );

    /// A timer that was set has gone off, and is no longer set. By default nothing comes of it.
    fn timer(
        &self,
        node: &mut Self::Node,
        timer: Timer,
        does: &mut Reactions<Self::Message, Self::Output>,
    ) {
        let _ = (node, timer, does);
    }

    /// What is asked of the protocol on this graph: as a rule [`Outputs::problem`], or [`Outputs::safety`].
    ///
    /// # Errors
    ///
    /// Why the protocol cannot be run there, in one line.
    fn problem(&self, graph: &Graph) -> Result<StreamProblem<Self>, String>;

    /// A copy of a node, if one can be made: then fewer events are replayed. The copy must behave as the node would.
    /// That is tested every now and then; if a copy does not, the question ends with an error.
    fn copy(&self, node: &Self::Node) -> Option<Self::Node> {
        let _ = node;
        None
    }

    /// The menu of lies: what a traitor can say to this general with its own key alone, beside what was said before. A
    /// hunt says at most one message from each list. So put together those of which a receiver would count only the
    /// first, such as the votes of one round. By default there are no lies.
    fn lies(&self, n: usize, from: General, to: General) -> Vec<Vec<Self::Message>> {
        let _ = (n, from, to);
        Vec::new()
    }

    /// The name of a message, by which attacks refer to it, in files too. Messages with the same name must be equal, so
    /// take care where [`Debug`] leaves something out.
    fn name(&self, message: &Self::Message) -> String {
        format!("{message:?}")
    }

    /// A message as a person would say it; by default its name.
    fn tell(&self, from: General, message: &Self::Message) -> String {
        let _ = from;
        self.name(message)
    }

    /// What a timer is called in stories; by default its number.
    fn tell_timer(&self, timer: Timer) -> String {
        timer.to_string()
    }

    /// Whether a node with these outputs has done what it must; by default, once it has output anything.
    fn is_done(&self, outputs: &[Self::Output]) -> bool {
        !outputs.is_empty()
    }

    /// Whether messages from one general to another arrive in the order in which they were sent, as on one connection:
    /// then mail can be lost, but not late. By default they can overtake each other.
    fn in_order(&self) -> bool {
        false
    }

    /// How long one execution may go on: see [`EventTestable::waves`](crate::EventTestable::waves).
    fn waves(&self, n: usize) -> usize {
        let _ = n;
        32
    }
}

/// One thing that a node does.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reaction<M, O> {
    /// It sends a message to one other general.
    Send(General, M),
    /// It sends a message to all other generals.
    Broadcast(M),
    /// It sets a timer; one that is set already stays set.
    SetTimer(Timer),
    /// It cancels a timer; if the timer is not set, nothing happens.
    CancelTimer(Timer),
    /// It outputs something.
    Output(O),
    /// It refuses the event that it was handed, for this reason.
    Refuse(String),
    /// It accuses a general of being a traitor, for this reason.
    Accuse(General, String),
    /// It sends something to a general whom it cannot reach; the message is lost.
    Stray(General),
}

/// What a node does in response to one event.
#[derive(Debug)]
pub struct Reactions<M, O> {
    seat: Seat,
    chance: u64,
    list: Vec<Reaction<M, O>>,
    to_self: VecDeque<M>,
}

impl<M, O> Reactions<M, O> {
    /// No reactions yet, by the node in this seat; `chance` is its random number.
    #[must_use]
    pub fn of(seat: Seat, chance: u64) -> Reactions<M, O> {
        Reactions { seat, chance, list: Vec::new(), to_self: VecDeque::new() }
    }

    /// The place of the node.
    #[must_use]
    pub fn seat(&self) -> Seat {
        self.seat
    }

    /// A random number for this event: seed a generator with it if you need more.
    #[must_use]
    pub fn chance(&self) -> u64 {
        self.chance
    }

    /// Sends a message to one general. What a node sends to itself is handed to it right after the current event,
    /// before any other event. A message to somebody who is not there or cannot be reached is lost.
    pub fn send(&mut self, to: General, message: M) {
        if to == self.seat.me {
            self.to_self.push_back(message);
        } else if self.seat.neighbours.contains(to) {
            self.list.push(Reaction::Send(to, message));
        } else {
            self.list.push(Reaction::Stray(to));
        }
    }

    /// Sends a message to everybody else.
    pub fn broadcast(&mut self, message: M) {
        self.list.push(Reaction::Broadcast(message));
    }

    /// Sends a message to everybody, to oneself [too](Reactions::send).
    pub fn send_to_all(&mut self, message: M)
    where
        M: Clone,
    {
        self.broadcast(message.clone());
        self.send(self.seat.me, message);
    }

    /// Sets a timer.
    pub fn set_timer(&mut self, timer: Timer) {
        self.list.push(Reaction::SetTimer(timer));
    }

    /// Cancels a timer.
    pub fn cancel_timer(&mut self, timer: Timer) {
        self.list.push(Reaction::CancelTimer(timer));
    }

    /// Outputs something: the node delivers, decides or commits it.
    pub fn output(&mut self, output: O) {
        self.list.push(Reaction::Output(output));
    }

    /// Refuses the event with an error, for this reason; that is not a finding.
    pub fn refuse(&mut self, why: impl fmt::Display) {
        self.list.push(Reaction::Refuse(why.to_string()));
    }

    /// Accuses a general of being a traitor, for this reason.
    pub fn accuse(&mut self, general: General, why: impl fmt::Display) {
        self.list.push(Reaction::Accuse(general, why.to_string()));
    }

    /// All reactions since they were last taken, in order.
    pub fn take(&mut self) -> Vec<Reaction<M, O>> {
        std::mem::take(&mut self.list)
    }

    /// Takes the next message that the node has sent to itself.
    pub(crate) fn next_to_self(&mut self) -> Option<M> {
        self.to_self.pop_front()
    }
}

/// What a node has output, in order, and whom it accuses: the decision of such a protocol.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outputs<O>(Arc<OutputsSoFar<O>>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
struct OutputsSoFar<O> {
    #[serde(rename = "outputs")]
    list: Vec<O>,
    accused: Generals,
    done: bool,
}

impl<O: Serialize> Serialize for Outputs<O> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<O> Default for Outputs<O> {
    fn default() -> Outputs<O> {
        Outputs(Arc::new(OutputsSoFar { list: Vec::new(), accused: Generals::NONE, done: false }))
    }
}

impl<O> Outputs<O> {
    /// The outputs, in order.
    #[must_use]
    pub fn list(&self) -> &[O] {
        &self.0.list
    }

    /// Whom the node accuses of being traitors.
    #[must_use]
    pub fn accused(&self) -> Generals {
        self.0.accused
    }

    /// Whether it has done what it must: see [`Opaque::is_done`].
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.0.done
    }

    /// Whether there is no output, and nobody is accused.
    pub(crate) fn is_empty(&self) -> bool {
        self.list().is_empty() && self.accused().is_empty()
    }
}

impl<O: Plain> Outputs<O> {
    /// The usual problem, for nodes that are given these values: what [`safety`](Outputs::safety) asks, and that when all is
    /// quiet everybody is [done](Opaque::is_done). (In a broadcast the commander need not be done; and if he is a traitor,
    /// nobody need be unless one of the others is.)
    #[must_use]
    pub fn problem<V>(task: Task, values: impl IntoIterator<Item = V>) -> Problem<V, Outputs<O>> {
        Outputs::safety(task, values).demanding(Demand::new("done when all is quiet", |outcome| {
            let done = |general: General| {
                outcome.decisions[general.id()].as_ref().is_some_and(Outputs::is_done)
            };
            let is_due = match outcome.task {
                Task::Consensus => true,
                Task::Broadcast => {
                    let loyal_commander = !outcome.traitors.contains(General::COMMANDER);
                    loyal_commander || outcome.deciders().iter().any(done)
                }
            };
            !outcome.quiet || !is_due || outcome.deciders().iter().all(done)
        }))
    }

    /// What is asked where nobody need ever be done, since clocks stop, or rounds do: of any two loyal generals one puts
    /// out what the other does, or the first part of it; and no loyal general accuses a loyal one.
    ///
    /// ```
    /// use turncoat::{Demand, Outputs, Task};
    ///
    /// // What more must hold is added.
    /// let once = Demand::new("decides once", |outcome| {
    ///     outcome.decided().all(|made: &Outputs<u8>| made.list().len() <= 1)
    /// });
    /// let asked = Outputs::safety(Task::Consensus, [10, 20]).demanding(once);
    /// assert_eq!(asked.demands.len(), 2);
    /// ```
    #[must_use]
    pub fn safety<V>(task: Task, values: impl IntoIterator<Item = V>) -> Problem<V, Outputs<O>> {
        let problem = Problem::new(task, values, Validity::any_decision());
        problem.agreeing(Agreement::prefix()).deciding(Termination::Free).demanding(Demand::new(
            "no loyal general accuses a loyal one",
            |outcome| {
                outcome.decided().all(|made| made.accused().minus(outcome.traitors).is_empty())
            },
        ))
    }

    /// These outputs, and whatever was output or accused in one event.
    pub(crate) fn after<M>(
        &self,
        done: &[Reaction<M, O>],
        is_done: impl FnOnce(&[O]) -> bool,
    ) -> Outputs<O> {
        let changes = |reaction: &Reaction<M, O>| {
            matches!(reaction, Reaction::Output(_) | Reaction::Accuse(..))
        };
        if !done.iter().any(changes) {
            return self.clone();
        }
        let OutputsSoFar { mut list, mut accused, .. } = (*self.0).clone();
        for reaction in done {
            match reaction {
                Reaction::Output(output) => list.push(output.clone()),
                Reaction::Accuse(general, _) => accused = accused.with(*general),
                _ => {}
            }
        }
        let done = is_done(&list);
        Outputs(Arc::new(OutputsSoFar { list, accused, done }))
    }
}

/// "[1, 2]", "[1, 2], and accuses general 3".
impl<O: Debug> Debug for Outputs<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.list())?;
        match self.accused() {
            Generals::NONE => Ok(()),
            accused => write!(f, ", and accuses {}", accused.numbered("general")),
        }
    }
}

impl<O: Plain> Agreement<Outputs<O>> {
    /// One of two streams of outputs must be a prefix of the other.
    #[must_use]
    pub fn prefix() -> Agreement<Outputs<O>> {
        Agreement::related("prefix", |one: &Outputs<O>, other: &Outputs<O>| {
            one.list().iter().zip(other.list()).all(|(one, other)| one == other)
        })
    }
}
