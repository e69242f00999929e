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

/// A protocol whose nodes are opaque: an implementation as it is shipped, and not a model of one. A node need be
/// nothing: neither `Clone` nor `Hash`, `Eq`, `Ord` or `Debug`. This is its factory, and hands it one event at a
/// time. What the node does is said to [`Reactions`].
///
/// A state of a node is the history of its events, from which it is run again when it is needed and has gone on:
/// so a node must answer the same events alike. If it does not, that is a finding, as is a panic of its. All chance
/// comes from [`Reactions::chance`].
///
/// What a traitor can say, at any time and to anybody, is what was said before by anybody in the same execution,
/// and what is on a [menu](Opaque::lies) of the author's. And it can run [more nodes](crate::Twin) than one.
/// Where messages hold signatures that is all that it could say without forging one.
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
    /// What a node puts out, one after the other.
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

    /// What is asked of it on this graph: as a rule [`Outputs::problem`].
    ///
    /// # Errors
    ///
    /// Why it can't be run there: one line.
    fn problem(&self, graph: &Graph) -> Result<StreamProblem<Self>, String>;

    /// A copy of a node, if one can be made: then less is run again. It must go on as the node would, which is tried every
    /// now and then: with a copy that does not, the question ends with an error.
    fn copy(&self, node: &Self::Node) -> Option<Self::Node> {
        let _ = node;
        None
    }

    /// The menu of lies: what a traitor can say, with its own key alone, to this general, beside what was said
    /// before. A hunt says one at most of what stands together in a list, as of the votes of one round, since who
    /// hears a second one would not count it. By default there are none.
    fn lies(&self, n: usize, from: General, to: General) -> Vec<Vec<Self::Message>> {
        let _ = (n, from, to);
        Vec::new()
    }

    /// The name of a message, by which attacks speak of it, in files, too. Messages of one name must be one and
    /// the same: so take care where [`Debug`] leaves something out.
    fn name(&self, message: &Self::Message) -> String {
        format!("{message:?}")
    }

    /// A message as a person would say it; by default its name.
    fn tell(&self, from: General, message: &Self::Message) -> String {
        let _ = from;
        self.name(message)
    }

    /// Whether a node that has put this out has done what it must; by default it has when that is anything.
    fn is_done(&self, outputs: &[Self::Output]) -> bool {
        !outputs.is_empty()
    }

    /// Whether what one general sends another never overtakes what it has sent before, as on one connection: then
    /// mail can be lost, but not late. By default it can overtake.
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
    /// It cancels a timer; if it is not set nothing comes of that.
    CancelTimer(Timer),
    /// It puts something out.
    Output(O),
    /// It refuses what it was handed, for this reason.
    Refuse(String),
    /// It accuses a general of being a traitor, for this reason.
    Accuse(General, String),
    /// It sends something to a general whom it can't reach: that is lost.
    Stray(General),
}

/// What a node does in one event.
#[derive(Debug)]
pub struct Reactions<M, O> {
    seat: Seat,
    chance: u64,
    list: Vec<Reaction<M, O>>,
    to_self: VecDeque<M>,
}

impl<M, O> Reactions<M, O> {
    /// Nothing is done yet, by the node in this seat; chance is drawn from this number.
    #[must_use]
    pub fn of(seat: Seat, chance: u64) -> Reactions<M, O> {
        Reactions { seat, chance, list: Vec::new(), to_self: VecDeque::new() }
    }

    /// The place of the node.
    #[must_use]
    pub fn seat(&self) -> Seat {
        self.seat
    }

    /// Chance, drawn for this event: whoever needs more of it seeds a generator.
    #[must_use]
    pub fn chance(&self) -> u64 {
        self.chance
    }

    /// Sends a message to one general. What a node sends to itself it is handed when it has dealt with the event,
    /// before anything else. What can't be sent, to who is not there, is lost.
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

    /// Sets a timer.
    pub fn set_timer(&mut self, timer: Timer) {
        self.list.push(Reaction::SetTimer(timer));
    }

    /// Cancels a timer.
    pub fn cancel_timer(&mut self, timer: Timer) {
        self.list.push(Reaction::CancelTimer(timer));
    }

    /// Puts something out: it delivers, decides, commits.
    pub fn output(&mut self, output: O) {
        self.list.push(Reaction::Output(output));
    }

    /// Refuses the event, for this reason, with an error; that is no finding.
    pub fn refuse(&mut self, why: impl fmt::Display) {
        self.list.push(Reaction::Refuse(why.to_string()));
    }

    /// Accuses a general of being a traitor, for this reason.
    pub fn accuse(&mut self, general: General, why: impl fmt::Display) {
        self.list.push(Reaction::Accuse(general, why.to_string()));
    }

    /// All that was done, in order, since it was last taken.
    pub fn take(&mut self) -> Vec<Reaction<M, O>> {
        std::mem::take(&mut self.list)
    }

    /// The next message that the node has sent to itself.
    pub(crate) fn next_to_self(&mut self) -> Option<M> {
        self.to_self.pop_front()
    }
}

/// What a node has put out, in order, and whom it accuses: what such a protocol decides.
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
    /// What was put out, in order.
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

    /// Whether nothing was put out, and nobody is accused.
    pub(crate) fn is_empty(&self) -> bool {
        self.list().is_empty() && self.accused().is_empty()
    }
}

impl<O: Plain> Outputs<O> {
    /// What is asked as a rule, of nodes that are given these values: of any two loyal generals one puts out what
    /// the other does, or the first part of it; no loyal general accuses a loyal one; and where all is quiet
    /// everybody is [done](Opaque::is_done). (In a broadcast that is not asked of the commander, nor if he is a
    /// traitor, unless somebody is done.)
    #[must_use]
    pub fn problem<V>(task: Task, values: impl IntoIterator<Item = V>) -> Problem<V, Outputs<O>> {
        let problem = Problem::new(task, values, Validity::any_decision());
        problem
            .agreeing(Agreement::prefix())
            .deciding(Termination::Free)
            .demanding(Demand::new("no loyal general accuses a loyal one", |outcome| {
                outcome.decided().all(|made| made.accused().minus(outcome.traitors).is_empty())
            }))
            .demanding(Demand::new("done when all is quiet", |outcome| {
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

    /// With all that was done in one event.
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
    /// Of two streams of outputs one is the beginning of the other.
    #[must_use]
    pub fn prefix() -> Agreement<Outputs<O>> {
        Agreement::related("prefix", |one: &Outputs<O>, other: &Outputs<O>| {
            one.list().iter().zip(other.list()).all(|(one, other)| one == other)
        })
    }
}
