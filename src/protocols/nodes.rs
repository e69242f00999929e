//! A protocol with opaque nodes as an event-driven one: the state of a node is its history. The node itself is kept at
//! the end of its newest history; for an older one it is replayed.
//!
//! | file | what it does |
//! |---|---|
//! | `history` | everything that has happened to a node, which stands for its state |
//! | `named` | messages by name |
//! | `live` | the nodes that are kept, each at the end of a history |

mod history;
mod live;
mod named;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

pub use self::history::NodeHistory;
use self::history::{Event, HistoryEntry};
use self::live::LiveNodes;
pub use self::named::NamedMessage;
use super::in_waves::{AnyProtocol, InWaves};
use crate::escape::escaped;
use crate::fault::{Misbehaved, contradicts, contrasted, shown};
use crate::general::General;
use crate::graph::Graph;
use crate::protocol::Seat;
use crate::protocol::events::{Effects, EventDriven, Timer};
use crate::testable::{EventTestable, Opaque, Outputs, Reaction, Reactions, StreamProblem, Words};

/// How many messages a node can send itself in one event.
const MOST_TO_SELF: usize = 10_000;

/// How many times a node is replayed from its beginning, to see whether the node contradicts itself or its copy does.
const RUNS: usize = 8;

/// The messages that are known by name.
type KnownMessages<M> = HashMap<Arc<str>, Arc<M>>;

/// A protocol with [opaque](Opaque) nodes, to be tested as an event-driven one.
///
/// ```no_run
/// # use turncoat::{General, Graph, Opaque, Outputs, Reactions, Seat, StreamProblem, Task};
/// # #[derive(Debug)]
/// # struct Gossip;
/// # impl Opaque for Gossip {
/// #     type Value = u8;
/// #     type Output = u8;
/// #     type Message = u8;
/// #     type Node = ();
/// #     fn begin(&self, _: Seat, _: Option<&u8>, _: &mut Reactions<u8, u8>) {}
/// #     fn receive(&self, _: &mut (), _: General, _: &u8, _: &mut Reactions<u8, u8>) {}
/// #     fn problem(&self, _: &Graph) -> Result<StreamProblem<Gossip>, String> {
/// #         Ok(Outputs::problem(Task::Broadcast, [0, 1]))
/// #     }
/// # }
/// use turncoat::{InWaves, Nodes, Regressions, hunt};
///
/// // A file holds the names of messages, and chance is drawn from a seed of one's own.
/// let gossip = InWaves(Nodes::of(Gossip).seed(7));
/// let stored = Regressions::in_dir("proptest-regressions/attacks/gossip");
/// hunt(gossip).generals(4).traitors(1).assert_survives(&stored);
/// ```
pub struct Nodes<P: Opaque> {
    protocol: P,
    seed: u64,
    live: LiveNodes<P::Node>,
    known: RwLock<KnownMessages<P::Message>>,
    /// Whether nodes were copied, and how many events nodes have handled since then.
    copies: AtomicBool,
    used: AtomicU64,
    /// How a copy behaved differently from its node, if one did: then no finding counts.
    bad_copy: OnceLock<String>,
}

impl<P: Opaque> fmt::Debug for Nodes<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.protocol.fmt(f)
    }
}

/// The history of a node of a protocol.
type HistoryOf<P> =
    NodeHistory<<P as Opaque>::Value, <P as Opaque>::Message, <P as Opaque>::Output>;

/// One event of such a history.
type EntryOf<P> = HistoryEntry<<P as Opaque>::Value, <P as Opaque>::Message, <P as Opaque>::Output>;

/// What a node has done in an event.
type NamedReactions<P> = Vec<NamedReaction<P>>;

/// One thing that a node has done.
type NamedReaction<P> = Reaction<NamedMessage<<P as Opaque>::Message>, <P as Opaque>::Output>;

/// Protocols with opaque nodes: see [`AnyProtocol`].
#[derive(Debug)]
pub enum ByNodes {}

impl<P: Opaque> AnyProtocol<ByNodes> for P {
    type Tested = InWaves<Nodes<P>>;

    fn tested(self) -> InWaves<Nodes<P>> {
        InWaves(Nodes::of(self))
    }
}

impl<P: Opaque> Nodes<P> {
    /// The nodes of this protocol, with randomness from seed 0.
    #[must_use]
    pub fn of(protocol: P) -> Nodes<P> {
        let (known, bad_copy, copies, used) = Default::default();
        Nodes { protocol, seed: 0, live: LiveNodes::new(), known, copies, used, bad_copy }
    }

    /// The same with randomness from another seed.
    #[must_use]
    pub fn seed(self, seed: u64) -> Nodes<P> {
        Nodes { seed, ..self }
    }

    /// The random number for one event. It does not depend on what others do.
    fn chance(&self, seat: Seat, number: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.seed, seat.me, number).hash(&mut hasher);
        hasher.finish()
    }

    /// A message with its name, under which it is known from then on.
    fn named(&self, message: P::Message) -> NamedMessage<P::Message> {
        let named = NamedMessage::new(self.protocol.name(&message), message);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_known = known.contains_key(named.name());
        drop(known);
        if !is_known {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            named.enter(&mut known);
        }
        named
    }

    /// The message with this name, if it is known.
    fn message(&self, named: &NamedMessage<P::Message>) -> Option<Arc<P::Message>> {
        named.message().or_else(|| {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            known.get(named.name()).cloned()
        })
    }

    /// A node begins, or something happens to it: the resulting node, and what it did.
    fn happens(
        &self,
        node: Option<P::Node>,
        seat: Seat,
        number: u64,
        event: &Event<P::Value, P::Message>,
    ) -> (P::Node, NamedReactions<P>) {
        let mut does = Reactions::of(seat, self.chance(seat, number));
        let node = match (event, node) {
            (Event::Begins(input), _) => self.protocol.begin(seat, input.as_ref(), &mut does),
            (_, None) => unreachable!("who has not begun hears nothing"),
            (Event::Hears(from, named), Some(mut node)) => {
                // Nobody can say what was never said.
                if let Some(message) = self.message(named) {
                    self.protocol.receive(&mut node, *from, &message, &mut does);
                }
                node
            }
            (Event::GoesOff(timer), Some(mut node)) => {
                self.protocol.timer(&mut node, *timer, &mut does);
                node
            }
        };
        let mut node = node;
        for to_self in 0.. {
            let Some(message) = does.next_to_self() else { break };
            assert!(to_self < MOST_TO_SELF, "sends messages to itself without end");
            self.protocol.receive(&mut node, seat.me, &message, &mut does);
        }
        let answer = does.take().into_iter().map(|done| match done {
            Reaction::Send(to, message) => Reaction::Send(to, self.named(message)),
            Reaction::Broadcast(message) => Reaction::Broadcast(self.named(message)),
            Reaction::SetTimer(timer) => Reaction::SetTimer(timer),
            Reaction::CancelTimer(timer) => Reaction::CancelTimer(timer),
            Reaction::Output(output) => Reaction::Output(output),
            Reaction::Refuse(why) => Reaction::Refuse(why),
            Reaction::Accuse(general, why) => Reaction::Accuse(general, why),
            Reaction::Stray(to) => Reaction::Stray(to),
        });
        (node, answer.collect())
    }

    /// The node at the end of a history. If it has gone on, or is no longer kept, it is replayed, and must answer as it
    /// did before.
    fn node(&self, history: &HistoryOf<P>) -> P::Node {
        let mut again = Vec::new();
        let mut at = Some(history);
        let mut node = None;
        while let Some(step) = at {
            node = self.live.take(step.digest());
            if node.is_some() {
                break;
            }
            again.push(step.last());
            at = step.last().before.as_ref();
        }
        if let (Some(step), Some(left)) = (at.filter(|_| !again.is_empty()), &node) {
            // As a rule the node will be needed at this point again.
            self.leave_copy(step, left);
        }
        for step in again.iter().rev() {
            let (next, answer) = self.happens(node, step.seat, step.number, &step.event);
            if *answer != *step.answer {
                self.contradicted(step, &answer);
            }
            node = Some(next);
        }
        let node = node.expect("a history begins");
        if !again.is_empty() {
            history.last().branches.store(true, Ordering::Relaxed);
        }
        if history.last().branches.load(Ordering::Relaxed) {
            self.leave_copy(history, &node);
        }
        node
    }

    /// What a node does when it is replayed from its beginning, event by event.
    fn run_again(&self, last: &EntryOf<P>) -> Vec<NamedReactions<P>> {
        let (mut steps, mut at) = (Vec::new(), Some(last));
        while let Some(step) = at {
            steps.push(step);
            at = step.before.as_ref().map(NodeHistory::last);
        }
        steps.reverse();
        let mut node = None;
        let run = steps.iter().map(|step| {
            let (next, answer) = self.happens(node.take(), step.seat, step.number, &step.event);
            node = Some(next);
            answer
        });
        run.collect()
    }

    /// A node answers differently than it did before. Unless replays agree with each other, that is a finding; if they
    /// do, a copy is to blame, and that is no finding.
    #[cold]
    fn contradicted(&self, step: &EntryOf<P>, answer: &[NamedReaction<P>]) -> ! {
        let [once, again] = [step.told(&step.answer), step.told(answer)];
        let first = self.copies.load(Ordering::Relaxed).then(|| self.run_again(step));
        let alike = first.filter(|first| (1..RUNS).all(|_| self.run_again(step) == *first));
        if alike.is_none() {
            contradicts(once, again);
        }
        let [once, again] = contrasted([once, again]);
        let line = format!(
            "`copy` of {} does not copy all of a node: of a node and its copy one does this ({once}), and the other that \
             ({again})",
            shown(&self.protocol)
        );
        Misbehaved(self.bad_copy.get_or_init(|| escaped(&line)).clone()).unwind()
    }

    /// Tests now and then whether a copy behaves as its node would have.
    fn tries_copy(&self, history: &HistoryOf<P>) {
        if !self.copies.load(Ordering::Relaxed) {
            return;
        }
        let used = self.used.fetch_add(1, Ordering::Relaxed) + 1;
        let again = used.is_power_of_two().then(|| self.run_again(history.last()));
        if let Some(answer) = again.as_ref().and_then(|all| all.last())
            && **answer != *history.last().answer
        {
            self.contradicted(history.last(), answer);
        }
    }

    fn leave_copy(&self, history: &HistoryOf<P>, node: &P::Node) {
        if let Some(copy) = self.protocol.copy(node) {
            self.copies.store(true, Ordering::Relaxed);
            self.live.put(history.digest(), copy);
        }
    }

    /// Extends a history by one event, or begins one.
    fn goes_on(
        &self,
        before: Option<&HistoryOf<P>>,
        seat: Seat,
        event: Event<P::Value, P::Message>,
        effects: &mut Effects<NamedMessage<P::Message>>,
    ) -> HistoryOf<P> {
        let number = before.map_or(0, |before| before.last().number + 1);
        let node = before.map(|before| self.node(before));
        let (node, answer) = self.happens(node, seat, number, &event);
        for done in &answer {
            match done {
                Reaction::Send(to, message) => effects.send(*to, message.clone()),
                Reaction::Broadcast(message) => effects.broadcast(message.clone()),
                Reaction::SetTimer(timer) => effects.set_timer(*timer),
                Reaction::CancelTimer(timer) => effects.cancel_timer(*timer),
                Reaction::Output(_)
                | Reaction::Refuse(_)
                | Reaction::Accuse(..)
                | Reaction::Stray(_) => {}
            }
        }
        let outputs = before.map(|before| before.last().outputs.clone()).unwrap_or_default();
        let outputs = outputs.after(&answer, |list| self.protocol.is_done(list));
        let history = NodeHistory::new(before, seat, event, answer, outputs);
        self.tries_copy(&history);
        self.live.put(history.digest(), node);
        history
    }
}

impl<P: Opaque> EventDriven for Nodes<P> {
    type Value = P::Value;
    type Decision = Outputs<P::Output>;
    type Message = NamedMessage<P::Message>;
    type State = HistoryOf<P>;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&P::Value>,
        effects: &mut Effects<NamedMessage<P::Message>>,
    ) -> HistoryOf<P> {
        self.goes_on(None, seat, Event::Begins(input.cloned()), effects)
    }

    fn receive(
        &self,
        history: &mut HistoryOf<P>,
        from: General,
        message: &NamedMessage<P::Message>,
        effects: &mut Effects<NamedMessage<P::Message>>,
    ) {
        let event = Event::Hears(from, message.clone());
        *history = self.goes_on(Some(history), history.last().seat, event, effects);
    }

    fn timer(
        &self,
        history: &mut HistoryOf<P>,
        timer: Timer,
        effects: &mut Effects<NamedMessage<P::Message>>,
    ) {
        *history = self.goes_on(Some(history), history.last().seat, Event::GoesOff(timer), effects);
    }

    fn decision(&self, history: &HistoryOf<P>) -> Option<Outputs<P::Output>> {
        (!history.last().outputs.is_empty()).then(|| history.last().outputs.clone())
    }

    /// Outputs stay, and more may come.
    fn can_become(&self, made: &Outputs<P::Output>, next: &Outputs<P::Output>) -> bool {
        next.list().starts_with(made.list()) && made.accused().minus(next.accused()).is_empty()
    }
}

impl<P: Opaque> EventTestable for Nodes<P> {
    fn problem(&self, graph: &Graph) -> Result<StreamProblem<P>, String> {
        if let Some(line) = self.bad_copy.get() {
            return Err(line.clone());
        }
        self.protocol.problem(graph)
    }

    fn alphabet(&self, n: usize, from: General, to: General) -> Vec<NamedMessage<P::Message>> {
        self.slots(n, from, to).into_iter().flatten().collect()
    }

    /// Each message occurs only once.
    fn slots(&self, n: usize, from: General, to: General) -> Vec<Vec<NamedMessage<P::Message>>> {
        let mut met = HashSet::new();
        let slots = self.protocol.lies(n, from, to).into_iter().map(|slot| {
            let slot = slot.into_iter().map(|message| self.named(message));
            slot.filter(|named| met.insert(named.clone())).collect()
        });
        slots.collect()
    }

    fn words(&self) -> &dyn Words<NamedMessage<P::Message>, HistoryOf<P>> {
        self
    }

    fn waves(&self, n: usize) -> usize {
        self.protocol.waves(n)
    }

    fn is_opaque(&self) -> bool {
        true
    }

    fn in_order(&self) -> bool {
        self.protocol.in_order()
    }
}

impl<P: Opaque> Words<NamedMessage<P::Message>, HistoryOf<P>> for Nodes<P> {
    fn name(&self) -> String {
        format!("{:?}", self.protocol)
    }

    fn tell(&self, from: General, named: &NamedMessage<P::Message>) -> String {
        let message = self.message(named);
        message
            .map_or_else(|| named.name().to_owned(), |message| self.protocol.tell(from, &message))
    }

    fn timer(&self, timer: Timer) -> String {
        self.protocol.tell_timer(timer)
    }

    fn explain(&self, history: &HistoryOf<P>) -> Vec<String> {
        history.explained()
    }
}
