//! An event-driven protocol in waves: what is sent in a wave is heard in it, and reactions to it are sent in the next.
//! So the simulator and the reports treat a wave as a round.

use std::collections::BTreeSet;

use crate::escape::escaped;
use crate::fault::{Misbehaved, contrasted};
use crate::general::{General, Generals, Swap};
use crate::graph::Graph;
use crate::protocol::events::{Coin, Effect, Effects, EventDriven, FACES, OwnEvent, Timer, before};
use crate::protocol::{Lockstep, Round, Seat};
use crate::testable::{
    Claims, ClaimsOf, EventTestable, MOST_ROUNDS, PREPARED_PHASES, Phased, ProblemOf, Repertoire,
    Signing, Symmetric, Testable, Waves, Wire, Words,
};

/// Anything that can be tested: a protocol in [rounds](Lockstep), which is tested as it is, or an
/// [event-driven](EventDriven) one, which is tested in [waves](InWaves). `Kind` tells the compiler which; you never
/// name it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no protocol that can be tested",
    note = "implement `Lockstep` and `Testable`, or `EventDriven` and `EventTestable`"
)]
pub trait AnyProtocol<Kind> {
    /// The type that is tested.
    type Tested: Testable;

    /// Converts the protocol to the type that is tested.
    fn tested(self) -> Self::Tested;
}

/// Protocols in rounds: see [`AnyProtocol`].
#[derive(Debug)]
pub enum InRounds {}

/// Protocols that are driven by events: see [`AnyProtocol`].
#[derive(Debug)]
pub enum ByEvents {}

impl<P: Testable> AnyProtocol<InRounds> for P {
    type Tested = P;

    fn tested(self) -> P {
        self
    }
}

impl<P: EventTestable> AnyProtocol<ByEvents> for P {
    type Tested = InWaves<P>;

    fn tested(self) -> InWaves<P> {
        InWaves(self)
    }
}

/// An event-driven protocol as a protocol in rounds, which are called waves: a general begins at the start of the
/// first, and what it does when it hears something in one wave is sent in the next. Timers go off and coins show their
/// faces at the start of a wave.
///
/// Counterexamples hold a protocol in this form, and [`run`](crate::run()) takes it in this form:
///
/// ```
/// use std::collections::BTreeMap;
/// use turncoat::{Attack, General, Generals, InWaves, Order, ReliableBroadcast, run};
///
/// let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
/// let attack = Attack::new(4, Generals::NONE, inputs);
/// let execution = run(&InWaves(ReliableBroadcast::new()), &attack)?;
/// assert_eq!(execution.decisions[3], Some(Order::ATTACK));
/// # Ok::<(), turncoat::attack::Misfit>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InWaves<P>(pub P);

/// What one general holds in a wave: its own state, what it is about to send, and what it waits for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WaveState<S, M> {
    /// What it remembers.
    pub state: S,
    /// The timers that are set.
    pub timers: BTreeSet<Timer>,
    /// The coins that it has asked for but not seen.
    pub asked: BTreeSet<Coin>,
    /// The coins that it has seen: each can be asked for only once.
    seen: BTreeSet<Coin>,
    /// What is sent in this wave.
    now: Vec<(General, M)>,
    /// What is sent in the next wave.
    next: Vec<(General, M)>,
    /// To whom it can talk.
    neighbours: Generals,
    /// How often it has restarted.
    restarted: usize,
}

impl<S, M> WaveState<S, M> {
    /// Carries out the effects of a reaction.
    ///
    /// # Panics
    ///
    /// If a coin is asked for twice.
    fn follow(&mut self, effects: &mut Effects<M>, in_next: bool) {
        for effect in effects.take() {
            match effect {
                Effect::Send(to, message) if in_next => self.next.push((to, message)),
                Effect::Send(to, message) => self.now.push((to, message)),
                Effect::SetTimer(timer) => drop(self.timers.insert(timer)),
                Effect::CancelTimer(timer) => drop(self.timers.remove(&timer)),
                Effect::Ask(coin) => {
                    let known = self.seen.contains(&coin) || !self.asked.insert(coin);
                    if known {
                        Misbehaved(format!("asks for {coin} twice")).unwind();
                    }
                }
            }
        }
    }
}

impl<P: EventDriven> InWaves<P> {
    /// The general reacts. Its decision must not change, except as the protocol allows.
    fn react(
        &self,
        held: &mut WaveState<P::State, P::Message>,
        in_next: bool,
        reaction: impl FnOnce(&P, &mut P::State, &mut Effects<P::Message>),
    ) {
        let InWaves(protocol) = self;
        let before = protocol.decision(&held.state);
        let mut effects = Effects::among(held.neighbours);
        reaction(protocol, &mut held.state, &mut effects);
        if let Some(made) = &before {
            let after = protocol.decision(&held.state);
            let stays = after.as_ref().is_some_and(|after| protocol.can_become(made, after));
            if !stays {
                let [before, after] =
                    contrasted([&before, &after].map(|decision| format!("{decision:?}")));
                let changes = format!("the decision changes from {before} to {after}");
                Misbehaved(escaped(&changes)).unwind();
            }
        }
        held.follow(&mut effects, in_next);
    }
}

impl<P: EventTestable> Waves<P::Message, WaveState<P::State, P::Message>> for InWaves<P> {
    fn is_silent(&self, held: &WaveState<P::State, P::Message>) -> bool {
        held.now.is_empty()
    }

    fn pending(&self, held: &WaveState<P::State, P::Message>) -> Vec<OwnEvent> {
        let shows =
            held.asked.iter().flat_map(|coin| FACES.map(|face| OwnEvent::Shows(*coin, face)));
        let timers = held.timers.iter().map(|timer| OwnEvent::GoesOff(*timer));
        shows.chain(timers).collect()
    }

    fn happens(&self, held: &mut WaveState<P::State, P::Message>, event: OwnEvent) {
        match event {
            OwnEvent::Shows(coin, face) => {
                held.asked.remove(&coin);
                held.seen.insert(coin);
                self.react(held, false, |protocol, state, effects| {
                    protocol.coin(state, coin, face, effects);
                });
            }
            OwnEvent::GoesOff(timer) => {
                held.timers.remove(&timer);
                self.react(held, false, |protocol, state, effects| {
                    protocol.timer(state, timer, effects);
                });
            }
            OwnEvent::Restarts => {
                held.restarted += 1;
                held.timers.clear();
                held.asked.clear();
                held.seen.clear();
                self.react(held, false, |protocol, state, effects| {
                    *state = protocol.restart(state, effects);
                });
            }
        }
    }

    fn phases(&self) -> Option<&dyn Phased<P::Message, WaveState<P::State, P::Message>>> {
        self.0.phases().map(|_| self as _)
    }

    fn is_opaque(&self) -> bool {
        self.0.is_opaque()
    }

    fn in_order(&self) -> bool {
        self.0.in_order()
    }

    fn restarted(&self, held: &WaveState<P::State, P::Message>) -> usize {
        held.restarted
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: EventTestable> Lockstep for InWaves<P> {
    type Value = P::Value;
    type Decision = P::Decision;
    type Message = P::Message;
    type State = WaveState<P::State, P::Message>;

    /// The number of waves, limited to what a search can go through.
    fn rounds(&self, n: usize) -> usize {
        self.0.waves(n).min(MOST_ROUNDS / n.max(1))
    }

    fn start(&self, seat: Seat, input: Option<&P::Value>) -> Self::State {
        let mut effects = Effects::of(seat);
        let state = self.0.begin(seat, input, &mut effects);
        let (timers, asked, seen) = Default::default();
        let (now, next, neighbours) = (Vec::new(), Vec::new(), seat.neighbours);
        let mut held =
            WaveState { state, timers, asked, seen, now, next, neighbours, restarted: 0 };
        held.follow(&mut effects, false);
        held
    }

    fn send(
        &self,
        held: &Self::State,
        _: Round,
        to: General,
    ) -> impl IntoIterator<Item = P::Message> {
        let here = held.now.iter().filter(move |(other, _)| *other == to);
        here.map(|(_, message)| message.clone()).collect::<Vec<_>>()
    }

    fn receive(&self, held: &mut Self::State, _: Round, from: General, message: &P::Message) {
        self.react(held, true, |protocol, state, effects| {
            protocol.receive(state, from, message, effects);
        });
    }

    fn end_round(&self, held: &mut Self::State, _: Round) {
        held.now.clear();
        std::mem::swap(&mut held.now, &mut held.next);
    }

    fn decide(&self, held: &Self::State) -> Option<P::Decision> {
        self.0.decision(&held.state)
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: EventTestable> Testable for InWaves<P> {
    fn problem(&self, graph: &Graph) -> Result<ProblemOf<Self>, String> {
        self.0.problem(graph)
    }

    /// Each message has a slot of its own: a traitor can say any of them in any wave. If phases have no end, these are
    /// the messages of the first few. (If no link has any messages, those that are heard take their place.)
    fn repertoire(&self, n: usize, Wire { from, to, .. }: Wire) -> Repertoire<P::Message> {
        let mut slots = self.0.slots(n, from, to);
        if let Some(phases) = self.0.phases() {
            let in_phase = |phase| {
                let all = slots.iter().flatten();
                all.map(move |message| vec![phases.said_in(message, phase)])
            };
            slots = (1..=PREPARED_PHASES).flat_map(in_phase).collect();
        }
        Repertoire::of(slots)
    }

    fn signing(&self) -> &dyn Signing<P::Message> {
        self.0.signing()
    }

    fn words(&self) -> &dyn Words<P::Message, Self::State> {
        self
    }

    fn claims(&self) -> ClaimsOf<'_, Self> {
        match self.0.symmetry() {
            Some(_) => Claims::none().symmetric(self),
            None => Claims::none(),
        }
    }

    fn waves(&self) -> Option<&dyn Waves<Self::Message, Self::State>> {
        Some(self)
    }
}

impl<P: EventTestable> Words<P::Message, WaveState<P::State, P::Message>> for InWaves<P> {
    fn name(&self) -> String {
        self.0.words().name()
    }

    fn tell(&self, from: General, message: &P::Message) -> String {
        self.0.words().tell(from, message)
    }

    fn timer(&self, timer: Timer) -> String {
        self.0.words().timer(timer)
    }

    fn explain(&self, held: &WaveState<P::State, P::Message>) -> Vec<String> {
        let mut lines = self.0.words().explain(&held.state);
        let waits = |what: &str, list: Vec<String>| {
            (!list.is_empty()).then(|| format!("{what}: {}", list.join(", ")))
        };
        lines.extend(waits(
            "timers set",
            held.timers.iter().map(|timer| self.timer(*timer)).collect(),
        ));
        lines.extend(waits("waits for", held.asked.iter().map(ToString::to_string).collect()));
        lines
    }
}

impl<P: EventTestable> InWaves<P> {
    fn phasing(&self) -> &dyn Phased<P::Message, P::State> {
        self.0.phases().expect("it is asked about phases if it has them")
    }
}

/// Timers and coins are named by the number of their phase.
impl<P: EventTestable> Phased<P::Message, WaveState<P::State, P::Message>> for InWaves<P> {
    fn phase_of(&self, message: &P::Message) -> u32 {
        self.phasing().phase_of(message)
    }

    fn said_in(&self, message: &P::Message, phase: u32) -> P::Message {
        self.phasing().said_in(message, phase)
    }

    fn phase(&self, held: &WaveState<P::State, P::Message>) -> u32 {
        self.phasing().phase(&held.state)
    }

    fn renumbered(
        &self,
        held: &WaveState<P::State, P::Message>,
    ) -> WaveState<P::State, P::Message> {
        let timers = held.timers.iter().filter_map(|timer| before(*timer));
        let coins =
            |coins: &BTreeSet<Coin>| coins.iter().filter_map(|coin| coin.before()).collect();
        WaveState {
            state: self.phasing().renumbered(&held.state),
            timers: timers.collect(),
            asked: coins(&held.asked),
            seen: coins(&held.seen),
            now: Vec::new(),
            next: Vec::new(),
            neighbours: held.neighbours,
            restarted: held.restarted,
        }
    }
}

impl<P: EventTestable> Symmetric<P::Message, WaveState<P::State, P::Message>> for InWaves<P> {
    fn alike(&self, n: usize) -> Generals {
        self.0.symmetry().map_or(Generals::NONE, |symmetry| symmetry.alike(n))
    }

    fn swapped_message(&self, message: &P::Message, swap: Swap) -> P::Message {
        let symmetry = self.0.symmetry();
        symmetry.map_or_else(|| message.clone(), |symmetry| symmetry.swapped_message(message, swap))
    }

    fn swapped_state(
        &self,
        held: &WaveState<P::State, P::Message>,
        swap: Swap,
    ) -> WaveState<P::State, P::Message> {
        let Some(symmetry) = self.0.symmetry() else { return held.clone() };
        let sent = |list: &Vec<(General, P::Message)>| {
            let swapped = list
                .iter()
                .map(|(to, message)| (swap.of(*to), symmetry.swapped_message(message, swap)));
            swapped.collect()
        };
        WaveState {
            state: symmetry.swapped_state(&held.state, swap),
            now: sent(&held.now),
            next: sent(&held.next),
            neighbours: swap.of_all(held.neighbours),
            ..held.clone()
        }
    }
}
