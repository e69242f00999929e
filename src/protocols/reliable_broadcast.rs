//! Reliable broadcast: G. Bracha, "Asynchronous Byzantine agreement protocols", Information and Computation
//! 75 (1987), section 2.

use std::fmt;

use crate::general::{General, Generals, Swap};
use crate::graph::Graph;
use crate::order::Order;
use crate::protocol::Seat;
use crate::protocol::events::{Effects, EventDriven};
use crate::testable::{EventTestable, Problem, Symmetric, Termination, Words};

/// Bracha's reliable broadcast: the commander sends INITIAL, and everybody echoes what he sent. Whoever has enough
/// ECHOs for an order, or f + 1 READYs for it, says READY for it; whoever has 2f + 1 READYs delivers it.
///
/// It is asynchronous, and correct where n > 3f: all delivered orders are equal; if the commander is loyal they are his
/// order; and if one loyal lieutenant delivers, all do. (Nobody need deliver if the commander is a traitor.) Each wrong
/// threshold breaks it in its own way:
///
/// ```
/// use turncoat::{ReliableBroadcast, check};
///
/// check(ReliableBroadcast::new()).generals(4).traitors(1).assert_holds();
/// let hasty = ReliableBroadcast::new().deliver_at(2);
/// let found = check(hasty).generals(4).traitors(1).assert_broken();
/// assert_eq!(found.violation.name(), "totality");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ReliableBroadcast {
    f: Option<usize>,
    echoes: Option<usize>,
    amplify: Option<usize>,
    deliver: Option<usize>,
    forgetful: bool,
}

/// The thresholds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct BroadcastThresholds {
    echoes: usize,
    amplify: usize,
    deliver: usize,
}

/// What is said in reliable broadcast.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BroadcastMessage<V = Order> {
    /// What the commander sends.
    Initial(V),
    /// What the sender heard from the commander.
    Echo(V),
    /// The sender knows that enough generals have heard the same.
    Ready(V),
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BroadcastState<V = Order> {
    me: General,
    thresholds: BroadcastThresholds,
    /// Whether it has echoed; and the order, if any, for which it has said READY.
    echoed: bool,
    ready: Option<V>,
    delivered: Option<V>,
    /// The first ECHO and the first READY of each general, by number.
    echoes: Vec<Option<V>>,
    readies: Vec<Option<V>>,
}

impl ReliableBroadcast {
    /// With the thresholds of the paper, for as many traitors as it survives: f is (n - 1) / 3, rounded down.
    #[must_use]
    pub fn new() -> ReliableBroadcast {
        ReliableBroadcast::default()
    }

    /// With thresholds for `f` traitors.
    #[must_use]
    pub fn tolerating(self, f: usize) -> ReliableBroadcast {
        ReliableBroadcast { f: Some(f), ..self }
    }

    /// A general says READY after this many ECHOs, instead of more than (n + f) / 2.
    #[must_use]
    pub fn ready_at(self, echoes: usize) -> ReliableBroadcast {
        ReliableBroadcast { echoes: Some(echoes), ..self }
    }

    /// A general says READY after this many READYs, instead of f + 1; 0 means never.
    #[must_use]
    pub fn amplify_at(self, readies: usize) -> ReliableBroadcast {
        ReliableBroadcast { amplify: Some(readies), ..self }
    }

    /// A general delivers after this many READYs, instead of 2f + 1.
    #[must_use]
    pub fn deliver_at(self, readies: usize) -> ReliableBroadcast {
        ReliableBroadcast { deliver: Some(readies), ..self }
    }

    /// A general stores what it hears and what it delivers, but not what it says: after a
    /// [crash](crate::Adversary::restarting) it votes again. (Otherwise it stores everything.)
    #[must_use]
    pub fn forgetful(self) -> ReliableBroadcast {
        ReliableBroadcast { forgetful: true, ..self }
    }

    pub(super) fn thresholds(self, n: usize) -> BroadcastThresholds {
        let f = self.f.unwrap_or(n.saturating_sub(1) / 3);
        BroadcastThresholds {
            echoes: self.echoes.unwrap_or(n.saturating_add(f) / 2 + 1),
            amplify: self.amplify.unwrap_or(f.saturating_add(1)),
            deliver: self.deliver.unwrap_or(f.saturating_mul(2).saturating_add(1)),
        }
    }
}

impl<V: Copy + Eq> BroadcastState<V> {
    /// Nothing has been heard yet, by one among so many.
    pub(super) fn new(me: General, n: usize, thresholds: BroadcastThresholds) -> BroadcastState<V> {
        let (echoed, ready, delivered) = (false, None, None);
        let (echoes, readies) = (vec![None; n], vec![None; n]);
        BroadcastState { me, thresholds, echoed, ready, delivered, echoes, readies }
    }

    /// What it says to all when it is the one who sends, and this is what.
    pub(super) fn initiate(&mut self, value: V) -> Vec<BroadcastMessage<V>> {
        let mut said = vec![BroadcastMessage::Initial(value)];
        self.echo(value, &mut said);
        self.advance(value, &mut said);
        said
    }

    /// What it says to all when it hears this of what `sender` sends.
    pub(super) fn hear(
        &mut self,
        sender: General,
        from: General,
        heard: BroadcastMessage<V>,
    ) -> Vec<BroadcastMessage<V>> {
        let mut said = Vec::new();
        let value = match heard {
            BroadcastMessage::Initial(value) => {
                if from == sender {
                    self.echo(value, &mut said);
                }
                value
            }
            BroadcastMessage::Echo(value) => *self.echoes[from.id()].get_or_insert(value),
            BroadcastMessage::Ready(value) => *self.readies[from.id()].get_or_insert(value),
        };
        self.advance(value, &mut said);
        said
    }

    /// What is delivered.
    pub(super) fn delivered(&self) -> Option<V> {
        self.delivered
    }

    fn echo(&mut self, value: V, said: &mut Vec<BroadcastMessage<V>>) {
        if !self.echoed {
            self.echoed = true;
            self.echoes[self.me.id()] = Some(value);
            said.push(BroadcastMessage::Echo(value));
        }
    }

    /// Goes as far as the votes for a value allow.
    fn advance(&mut self, value: V, said: &mut Vec<BroadcastMessage<V>>) {
        let BroadcastThresholds { echoes, amplify, deliver } = self.thresholds;
        let count = |votes: &[Option<V>]| votes.iter().filter(|vote| **vote == Some(value)).count();
        let joins = amplify > 0 && count(&self.readies) >= amplify;
        if self.ready.is_none() && (count(&self.echoes) >= echoes || joins) {
            self.ready = Some(value);
            self.readies[self.me.id()] = Some(value);
            said.push(BroadcastMessage::Ready(value));
        }
        if self.delivered.is_none() && count(&self.readies) >= deliver {
            self.delivered = Some(value);
        }
    }

    /// The same with two generals in each other's places.
    pub(super) fn swapped(mut self, swap: Swap) -> BroadcastState<V> {
        let Swap { one, other } = swap;
        self.me = swap.of(self.me);
        self.echoes.swap(one.id(), other.id());
        self.readies.swap(one.id(), other.id());
        self
    }
}

impl EventDriven for ReliableBroadcast {
    type Value = Order;
    type Decision = Order;
    type Message = BroadcastMessage;
    type State = BroadcastState;

    fn begin(
        &self,
        seat: Seat,
        order: Option<&Order>,
        effects: &mut Effects<BroadcastMessage>,
    ) -> BroadcastState {
        let mut votes = BroadcastState::new(seat.me, seat.n, self.thresholds(seat.n));
        if let Some(order) = order {
            votes.initiate(*order).into_iter().for_each(|said| effects.broadcast(said));
        }
        votes
    }

    fn receive(
        &self,
        votes: &mut BroadcastState,
        from: General,
        said: &BroadcastMessage,
        effects: &mut Effects<BroadcastMessage>,
    ) {
        let said = votes.hear(General::COMMANDER, from, *said);
        said.into_iter().for_each(|said| effects.broadcast(said));
    }

    fn restart(&self, votes: &BroadcastState, _: &mut Effects<BroadcastMessage>) -> BroadcastState {
        let mut stored = votes.clone();
        if self.forgetful {
            (stored.echoed, stored.ready) = (false, None);
            (stored.echoes[votes.me.id()], stored.readies[votes.me.id()]) = (None, None);
        }
        stored
    }

    fn decision(&self, votes: &BroadcastState) -> Option<Order> {
        votes.delivered
    }
}

impl EventTestable for ReliableBroadcast {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        if !graph.is_complete() {
            return Err("reliable broadcast needs everybody to hear everybody".to_owned());
        }
        Ok(Problem::broadcast(Order::first(2)).deciding(Termination::AllOrNone))
    }

    fn alphabet(&self, _: usize, from: General, _: General) -> Vec<BroadcastMessage> {
        let initial: &[fn(Order) -> BroadcastMessage] =
            if from.is_commander() { &[BroadcastMessage::Initial] } else { &[] };
        let kinds = initial.iter().copied().chain([
            BroadcastMessage::Echo as fn(Order) -> BroadcastMessage,
            BroadcastMessage::Ready,
        ]);
        kinds.flat_map(|kind| Order::first(2).into_iter().map(kind)).collect()
    }

    fn words(&self) -> &dyn Words<BroadcastMessage, BroadcastState> {
        self
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<BroadcastMessage, BroadcastState>> {
        Some(self)
    }
}

impl Symmetric<BroadcastMessage, BroadcastState> for ReliableBroadcast {
    fn alike(&self, n: usize) -> Generals {
        Generals::first(n).without(General::COMMANDER)
    }

    fn swapped_message(&self, said: &BroadcastMessage, _: Swap) -> BroadcastMessage {
        *said
    }

    fn swapped_state(&self, votes: &BroadcastState, swap: Swap) -> BroadcastState {
        votes.clone().swapped(swap)
    }
}

/// "INITIAL ATTACK", "ECHO ATTACK", "READY ATTACK".
impl fmt::Display for BroadcastMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BroadcastMessage::Initial(order) => write!(f, "INITIAL {order}"),
            BroadcastMessage::Echo(order) => write!(f, "ECHO {order}"),
            BroadcastMessage::Ready(order) => write!(f, "READY {order}"),
        }
    }
}

impl Words<BroadcastMessage, BroadcastState> for ReliableBroadcast {
    fn name(&self) -> String {
        "reliable broadcast".to_owned()
    }

    fn tell(&self, _: General, said: &BroadcastMessage) -> String {
        said.to_string()
    }

    fn explain(&self, votes: &BroadcastState) -> Vec<String> {
        let by = |kind: &str, votes: &[Option<Order>]| {
            let told = Order::first(2).into_iter().filter_map(|order| {
                let voters = votes.iter().enumerate().filter(|(_, vote)| **vote == Some(order));
                let voters: Generals = voters.map(|(id, _)| General::new(id)).collect();
                (!voters.is_empty())
                    .then(|| format!("{kind} {order} from {}", voters.numbered("general")))
            });
            told.collect::<Vec<_>>()
        };
        let mut lines = by("ECHO", &votes.echoes);
        lines.extend(by("READY", &votes.readies));
        lines
    }
}
