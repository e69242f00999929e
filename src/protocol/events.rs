//! What an event-driven protocol is: a pure machine, seen from one general, that reacts to messages,
//! timers and coins whenever they come.

use std::fmt::{self, Debug};

use super::{Plain, Seat};
use crate::general::{General, Generals};

/// A protocol that is driven by events: a general begins, a message arrives, a timer goes off, a coin shows a face.
/// It reacts to each with [effects](Effects). There are no rounds, and messages may take any time to arrive.
///
/// Write it as its paper does, from the point of view of one general, who is loyal and knows nothing of
/// testing. Every method is pure: what it does depends on its arguments alone.
///
/// The sender of a message is authentic. A general does not send to itself: it acts at once on what it would tell
/// itself. A decision may come at any time. It must never change, except as [allowed](EventDriven::can_become);
/// otherwise that is a finding.
///
/// ```
/// use turncoat::{Effects, EventDriven, General, Order, Seat};
///
/// /// The commander says his order, and whoever hears one first obeys it and passes it on.
/// #[derive(Debug)]
/// struct Gossip;
///
/// impl EventDriven for Gossip {
///     type Value = Order;
///     type Decision = Order;
///     type Message = Order;
///     type State = Option<Order>;
///
///     fn begin(&self, _: Seat, order: Option<&Order>, effects: &mut Effects<Order>) -> Option<Order> {
///         order.iter().for_each(|order| effects.broadcast(**order));
///         order.copied()
///     }
///     fn receive(
///         &self,
///         state: &mut Option<Order>,
///         _from: General,
///         order: &Order,
///         effects: &mut Effects<Order>,
///     ) {
///         if state.is_none() {
///             *state = Some(*order);
///             effects.broadcast(*order);
///         }
///     }
///     fn decision(&self, state: &Option<Order>) -> Option<Order> {
///         *state
///     }
/// }
///
/// // To test it, say what is asked of it, and what a traitor can say.
/// use turncoat::{EventTestable, Graph, Problem, Termination, check};
///
/// impl EventTestable for Gossip {
///     fn problem(&self, _: &Graph) -> Result<Problem<Order>, String> {
///         Ok(Problem::broadcast(Order::first(2)).deciding(Termination::AllOrNone))
///     }
///     fn alphabet(&self, _n: usize, _from: General, _to: General) -> Vec<Order> {
///         Order::first(2)
///     }
/// }
///
/// let found = check(Gossip).generals(4).traitors(1).assert_broken();
/// assert_eq!(found.violation.name(), "validity");
/// ```
pub trait EventDriven: Debug + Sync {
    /// What a general can be given: an order, a vote, a number.
    type Value: Plain;
    /// What is decided: usually a value.
    type Decision: Plain;
    /// The messages that are sent.
    type Message: Plain;
    /// All that one general remembers. (Which timers are set and which coins were asked for is remembered on its
    /// behalf.)
    type State: Plain;

    /// A general begins. In a broadcast `input` is given to the commander alone, in consensus to everybody.
    fn begin(
        &self,
        seat: Seat,
        input: Option<&Self::Value>,
        effects: &mut Effects<Self::Message>,
    ) -> Self::State;

    /// A message has arrived from this sender.
    fn receive(
        &self,
        state: &mut Self::State,
        from: General,
        message: &Self::Message,
        effects: &mut Effects<Self::Message>,
    );

    /// A timer that was set has gone off, and is no longer set. By default nothing happens.
    fn timer(&self, state: &mut Self::State, timer: Timer, effects: &mut Effects<Self::Message>) {
        let _ = (state, timer, effects);
    }

    /// A coin that was asked for shows a face: 0 or 1. By default nothing happens.
    fn coin(
        &self,
        state: &mut Self::State,
        coin: Coin,
        face: Face,
        effects: &mut Effects<Self::Message>,
    ) {
        let _ = (state, coin, face, effects);
    }

    /// A general crashed in this state and restarts: returns the part of the state that it had stored, by default all of
    /// it. Its timers are no longer set, it waits for no coin, and what it heard before the crash is not delivered
    /// again. A decision must be stored: to forget it is a finding. In tests a general crashes only if the
    /// [adversary](crate::Adversary::restarting) can make it.
    fn restart(&self, state: &Self::State, effects: &mut Effects<Self::Message>) -> Self::State {
        let _ = effects;
        state.clone()
    }

    /// What this general has decided, if it has.
    fn decision(&self, state: &Self::State) -> Option<Self::Decision>;

    /// Whether a decision that was made may change into this one. By default it may not: decisions are final. A
    /// decision that is a log may grow.
    fn can_become(&self, made: &Self::Decision, next: &Self::Decision) -> bool {
        made == next
    }
}

/// A reference to an event-driven protocol is one too: it can be lent, and used again afterwards.
#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: EventDriven> EventDriven for &P {
    type Value = P::Value;
    type Decision = P::Decision;
    type Message = P::Message;
    type State = P::State;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&P::Value>,
        effects: &mut Effects<P::Message>,
    ) -> P::State {
        (**self).begin(seat, input, effects)
    }

    fn receive(
        &self,
        state: &mut P::State,
        from: General,
        message: &P::Message,
        effects: &mut Effects<P::Message>,
    ) {
        (**self).receive(state, from, message, effects);
    }

    fn timer(&self, state: &mut P::State, timer: Timer, effects: &mut Effects<P::Message>) {
        (**self).timer(state, timer, effects);
    }

    fn coin(
        &self,
        state: &mut P::State,
        coin: Coin,
        face: Face,
        effects: &mut Effects<P::Message>,
    ) {
        (**self).coin(state, coin, face, effects);
    }

    fn restart(&self, state: &P::State, effects: &mut Effects<P::Message>) -> P::State {
        (**self).restart(state, effects)
    }

    fn decision(&self, state: &P::State) -> Option<P::Decision> {
        (**self).decision(state)
    }

    fn can_become(&self, made: &P::Decision, next: &P::Decision) -> bool {
        (**self).can_become(made, next)
    }
}

/// The name of a timer, of which each general has its own: a number that the protocol chooses, such as that of a
/// view. It has no duration: the enemy chooses when it goes off.
pub type Timer = u32;

/// The face of a coin: 0 or 1.
pub type Face = u8;

/// The faces that a coin can show.
pub(crate) const FACES: [Face; 2] = [0, 1];

/// A coin that a general asks for, named by a number that the protocol chooses, such as that of a round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coin {
    /// A general's own coin: each general who asks for it may see another face.
    Local(u32),
    /// A common coin: all who ask for it see the same face.
    Common(u32),
}

/// The number of a phase once the first phase is forgotten: one less; none for the first itself.
pub(crate) fn before(phase: u32) -> Option<u32> {
    phase.checked_sub(1).filter(|before| *before > 0)
}

impl Coin {
    /// The number that the protocol chose.
    #[must_use]
    pub fn name(self) -> u32 {
        match self {
            Coin::Local(name) | Coin::Common(name) => name,
        }
    }

    /// What the coin shows by default: 0 if its number is even, else 1, so that both faces come up in time.
    pub(crate) fn usual(self) -> Face {
        (self.name() % 2) as Face
    }

    /// The same coin with another number.
    pub(crate) fn named(self, name: u32) -> Coin {
        match self {
            Coin::Local(_) => Coin::Local(name),
            Coin::Common(_) => Coin::Common(name),
        }
    }

    /// The same coin once the first phase is forgotten; none for the coin of the first phase.
    pub(crate) fn before(self) -> Option<Coin> {
        before(self.name()).map(|name| self.named(name))
    }
}

/// "coin 2", "common coin 2".
impl fmt::Display for Coin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Coin::Local(name) => write!(f, "coin {name}"),
            Coin::Common(name) => write!(f, "common coin {name}"),
        }
    }
}

/// An event that comes from no message: the enemy chooses when it happens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnEvent {
    /// A coin that was asked for shows this face.
    Shows(Coin, Face),
    /// A timer that was set goes off.
    GoesOff(Timer),
    /// The general crashes and restarts with what it had stored, if the [adversary](crate::Adversary::restarting) can
    /// make it.
    Restarts,
}

impl OwnEvent {
    /// The number of its timer or coin; 0 where there is none.
    pub(crate) fn name(self) -> u32 {
        match self {
            OwnEvent::Shows(coin, _) => coin.name(),
            OwnEvent::GoesOff(timer) => timer,
            OwnEvent::Restarts => 0,
        }
    }

    /// The same event with another number.
    pub(crate) fn named(self, name: u32) -> OwnEvent {
        match self {
            OwnEvent::Shows(coin, face) => OwnEvent::Shows(coin.named(name), face),
            OwnEvent::GoesOff(_) => OwnEvent::GoesOff(name),
            OwnEvent::Restarts => OwnEvent::Restarts,
        }
    }
}

/// "common coin 2 shows 1", "timer 3 goes off", "crash and restart".
impl fmt::Display for OwnEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OwnEvent::Shows(coin, face) => write!(f, "{coin} shows {face}"),
            OwnEvent::GoesOff(timer) => write!(f, "timer {timer} goes off"),
            OwnEvent::Restarts => write!(f, "crash and restart"),
        }
    }
}

/// Collects what a general does in response to an event.
///
/// In production, whoever runs the protocol carries out the effects in the [list](Effects::take).
///
/// ```
/// use turncoat::{Effect, Effects, General, Seat};
///
/// let mut effects = Effects::of(Seat::new(General::new(1), 3));
/// effects.broadcast("hello");
/// effects.set_timer(1);
/// let sent = |to| Effect::Send(General::new(to), "hello");
/// assert_eq!(effects.take(), [sent(0), sent(2), Effect::SetTimer(1)]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Effects<M> {
    neighbours: Generals,
    list: Vec<Effect<M>>,
}

/// One thing that a general does.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Effect<M> {
    /// It sends a message to this general.
    Send(General, M),
    /// It sets a timer; one that is set already stays set.
    SetTimer(Timer),
    /// It cancels a timer; if the timer is not set, nothing happens.
    CancelTimer(Timer),
    /// It asks for a coin; each coin can be asked for once.
    Ask(Coin),
}

impl<M> Effects<M> {
    /// No effects yet, of the general in this seat.
    #[must_use]
    pub fn of(seat: Seat) -> Effects<M> {
        Effects::among(seat.neighbours)
    }

    pub(crate) fn among(neighbours: Generals) -> Effects<M> {
        Effects { neighbours, list: Vec::new() }
    }

    /// To whom this general can send.
    #[cfg(feature = "cli")]
    pub(crate) fn neighbours(&self) -> Generals {
        self.neighbours
    }

    /// Sends a message to one general.
    ///
    /// # Panics
    ///
    /// If `to` is no neighbour: a general cannot send to itself or to a stranger. (In a test that is a finding.)
    #[track_caller]
    pub fn send(&mut self, to: General, message: M) {
        assert!(self.neighbours.contains(to), "sends to general {}, who is no neighbour", to.id());
        self.list.push(Effect::Send(to, message));
    }

    /// Sends a message to every neighbour: usually everybody else.
    pub fn broadcast(&mut self, message: M)
    where
        M: Clone,
    {
        for to in self.neighbours.iter() {
            self.list.push(Effect::Send(to, message.clone()));
        }
    }

    /// Sets a timer.
    pub fn set_timer(&mut self, timer: Timer) {
        self.list.push(Effect::SetTimer(timer));
    }

    /// Cancels a timer.
    pub fn cancel_timer(&mut self, timer: Timer) {
        self.list.push(Effect::CancelTimer(timer));
    }

    /// Asks for a coin.
    pub fn ask(&mut self, coin: Coin) {
        self.list.push(Effect::Ask(coin));
    }

    /// All effects since they were last taken, in order.
    pub fn take(&mut self) -> Vec<Effect<M>> {
        std::mem::take(&mut self.list)
    }
}
