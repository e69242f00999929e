//! The history of an opaque node, which stands for its state.

use std::cmp::Ordering;
use std::fmt::{self, Debug};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::named::NamedMessage;
use crate::general::General;
use crate::protocol::Seat;
use crate::protocol::events::Timer;
use crate::testable::{Outputs, Reaction};

/// Everything that has happened to a node, and what it did. Two histories are equal if both parts are; that is decided
/// by a 128-bit digest of them.
pub struct NodeHistory<V, M, O>(Arc<HistoryEntry<V, M, O>>);

/// One event in a history.
pub(super) struct HistoryEntry<V, M, O> {
    digest: [u64; 2],
    pub before: Option<NodeHistory<V, M, O>>,
    pub seat: Seat,
    /// How many events came before it.
    pub number: u64,
    pub event: Event<V, M>,
    pub answer: Box<[Reaction<NamedMessage<M>, O>]>,
    pub outputs: Outputs<O>,
    /// Whether several histories go on from here, so that it is worth keeping a copy of the node.
    pub branches: AtomicBool,
}

/// What happens to a node.
pub(super) enum Event<V, M> {
    /// It begins, with this input.
    Begins(Option<V>),
    /// It hears something.
    Hears(General, NamedMessage<M>),
    /// A timer goes off.
    GoesOff(Timer),
}

impl<V: Hash, M> Hash for Event<V, M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Event::Begins(input) => (0u8, input).hash(state),
            Event::Hears(from, message) => (1u8, from, message).hash(state),
            Event::GoesOff(timer) => (2u8, timer).hash(state),
        }
    }
}

impl<V: Hash, M, O: Hash> NodeHistory<V, M, O> {
    pub(super) fn new(
        before: Option<&NodeHistory<V, M, O>>,
        seat: Seat,
        event: Event<V, M>,
        answer: Vec<Reaction<NamedMessage<M>, O>>,
        outputs: Outputs<O>,
    ) -> NodeHistory<V, M, O> {
        let digest = [0u8, 1].map(|salt| {
            let mut hasher = DefaultHasher::new();
            (salt, before.map(|before| before.0.digest), seat).hash(&mut hasher);
            (&event, &answer).hash(&mut hasher);
            hasher.finish()
        });
        let number = before.map_or(0, |before| before.0.number + 1);
        let (before, branches) = (before.cloned(), AtomicBool::new(false));
        let answer = answer.into();
        NodeHistory(Arc::new(HistoryEntry {
            digest,
            before,
            seat,
            number,
            event,
            answer,
            outputs,
            branches,
        }))
    }
}

impl<V, M, O> NodeHistory<V, M, O> {
    pub(super) fn digest(&self) -> [u64; 2] {
        self.0.digest
    }

    /// The last event.
    pub(super) fn last(&self) -> &HistoryEntry<V, M, O> {
        &self.0
    }
}

impl<V, M, O> Clone for NodeHistory<V, M, O> {
    fn clone(&self) -> NodeHistory<V, M, O> {
        NodeHistory(Arc::clone(&self.0))
    }
}

impl<V, M, O> PartialEq for NodeHistory<V, M, O> {
    fn eq(&self, other: &NodeHistory<V, M, O>) -> bool {
        self.0.digest == other.0.digest
    }
}

impl<V, M, O> Eq for NodeHistory<V, M, O> {}

impl<V, M, O> PartialOrd for NodeHistory<V, M, O> {
    fn partial_cmp(&self, other: &NodeHistory<V, M, O>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<V, M, O> Ord for NodeHistory<V, M, O> {
    fn cmp(&self, other: &NodeHistory<V, M, O>) -> Ordering {
        self.0.digest.cmp(&other.0.digest)
    }
}

impl<V, M, O> Hash for NodeHistory<V, M, O> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.digest.hash(state);
    }
}

/// "it hears 7 from general 2".
impl<V: Debug, M> Debug for Event<V, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Begins(None) => f.write_str("it begins"),
            Event::Begins(Some(input)) => write!(f, "it begins with {input:?}"),
            Event::Hears(from, said) => write!(f, "it hears {said:?} from general {}", from.id()),
            Event::GoesOff(timer) => write!(f, "timer {timer} goes off"),
        }
    }
}

impl<V: Debug, M, O: Debug> HistoryEntry<V, M, O> {
    /// One event and what the node did, in a line: "event 3, where it hears 7 from general 2: sends 8 to all".
    pub fn told(&self, answer: &[Reaction<NamedMessage<M>, O>]) -> String {
        let HistoryEntry { number, event, .. } = self;
        format!("event {number}, where {event:?}: {}", told(answer))
    }
}

/// What was done, in a line.
fn told<M, O: Debug>(answer: &[Reaction<NamedMessage<M>, O>]) -> String {
    let one = |reaction: &Reaction<NamedMessage<M>, O>| match reaction {
        Reaction::Send(to, said) => format!("sends {said:?} to general {}", to.id()),
        Reaction::Broadcast(said) => format!("sends {said:?} to all"),
        Reaction::SetTimer(timer) => format!("sets timer {timer}"),
        Reaction::CancelTimer(timer) => format!("cancels timer {timer}"),
        Reaction::Output(output) => format!("puts out {output:?}"),
        Reaction::Refuse(why) => format!("refuses it ({why})"),
        Reaction::Accuse(general, why) => format!("accuses general {} ({why})", general.id()),
        Reaction::Stray(to) => {
            format!("sends something to general {}, whom it can't reach", to.id())
        }
    };
    let all: Vec<_> = answer.iter().map(one).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}

/// The last event, and what the node has done so far.
impl<V: Debug, M, O: Debug> Debug for NodeHistory<V, M, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} after {}", self.0.outputs, self.0.told(&self.0.answer))
    }
}

impl<V: Debug, M, O: Debug> NodeHistory<V, M, O> {
    /// What a node has put out, whom it accuses, and what it refused, a line each.
    pub(super) fn explained(&self) -> Vec<String> {
        let steps: Vec<_> =
            std::iter::successors(Some(self), |last| last.0.before.as_ref()).collect();
        let mut lines = vec![format!("{} events, put out: {:?}", steps.len(), self.0.outputs)];
        for NodeHistory(step) in steps.into_iter().rev() {
            for reaction in &step.answer {
                if matches!(
                    reaction,
                    Reaction::Refuse(_) | Reaction::Accuse(..) | Reaction::Stray(_)
                ) {
                    lines.push(step.told(std::slice::from_ref(reaction)));
                }
            }
        }
        lines
    }
}
