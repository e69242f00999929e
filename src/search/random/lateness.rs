//! How late mail is in a drawn case, if it can be as late as the adversary likes; when timers go off, and what coins
//! show.
//!
//! No single way of being late finds everything, so each case has its own, just as it has its own
//! [behaviour](super::behaviour) of the traitors: everything at random; a slow sender or receiver; slow messages of one
//! kind; wires with priorities, a few of which drop at some time (as in Burckhardt, Kothari, Musuvathi and Nagarakatte,
//! "A randomized scheduler with probabilistic guarantees of finding bugs", ASPLOS 2010); [partial order
//! sampling](super::partial_order); and partitions that hear nothing of each other for some time.

use std::hash::{BuildHasher, Hash};

use rand::RngExt;
use rand::seq::IteratorRandom;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::Dice;
use super::partial_order::PartialOrderSampling;
use crate::general::{General, Generals};
use crate::machine::MessageId;
use crate::protocol::Round;
use crate::protocol::events::{Coin, Face, OwnEvent};
use crate::schedule::Arrival;
use crate::search::choices::space::Space;
use crate::testable::Wire;

/// The most waves by which a message is late, unless it is cut off.
const LATEST: Round = 6;

/// In which way mail between loyal generals is late.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Lateness {
    /// Everything arrives in its turn.
    None,
    /// A message is late with a chance of this many sixteenths, by any number of waves.
    Uniform(u32),
    /// Each wire has a priority, drawn from this seed: its mail waits for that many waves. Each wire in `drops` falls
    /// below all others in priority from its wave on.
    Priorities { seed: u64, drops: Vec<Wire> },
    /// Of all messages that wait for the same receiver, any may be next.
    Sampled(PartialOrderSampling),
    /// Messages of some kinds (about one in three, drawn from this seed) are late, to all or to one general, by this
    /// many waves or else as late as possible.
    SlowKinds { seed: u64, to: Option<General>, by: Option<Round> },
    /// What one general sends, or what it should hear, is late by this many waves.
    Slow { general: General, sends: bool, by: Round },
    /// From this wave on, nothing is heard of what one general sends, or of what is sent to one general, or of what one
    /// sends to the other: it is as late as possible, which is after the end.
    Starved { from: Option<General>, to: Option<General>, since: Round },
    /// A message is lost with a chance of this many in 64.
    Lossy(u32),
    /// Until this wave, nothing passes between these generals and the others.
    Partition { part: Generals, until: Round },
}

impl Lateness {
    pub fn drawn(space: &Space<'_>, rng: &mut Dice) -> Lateness {
        let everybody = space.everybody();
        let any = |rng: &mut Dice| everybody.iter().choose(rng).unwrap_or(General::COMMANDER);
        if space.terms.opaque && rng.random_ratio(1, 8) {
            return Lateness::Lossy(1 << rng.random_range(0..=4));
        }
        if space.terms.opaque && rng.random_ratio(1, 2) {
            let since = rng.random_range(1..=LATEST);
            let [from, to] = [any(rng), any(rng)].map(Some);
            let (from, to) =
                [(from, None), (from, None), (None, to), (from, to)][rng.random_range(0..4)];
            return Lateness::Starved { from, to, since };
        }
        match rng.random_range(0..17) {
            _ if space.terms.in_order => Lateness::None,
            0..6 => Lateness::None,
            6..8 => Lateness::Uniform(1 << rng.random_range(0..=3)),
            8..10 => {
                let drop = |_| {
                    let [from, to] = [any(rng), any(rng)];
                    Wire { round: rng.random_range(1..=LATEST), from, to }
                };
                let drops = Vec::from_iter([(); 2].map(drop));
                Lateness::Priorities { seed: rng.random(), drops }
            }
            10..12 => Lateness::Sampled(PartialOrderSampling::default()),
            12 => Lateness::SlowKinds {
                seed: rng.random(),
                to: Some(any(rng)).filter(|_| rng.random_ratio(1, 2)),
                by: Some(rng.random_range(1..=LATEST)).filter(|_| rng.random_ratio(1, 2)),
            },
            13..15 => Lateness::Slow {
                general: any(rng),
                sends: rng.random(),
                by: rng.random_range(1..=LATEST),
            },
            _ => Lateness::Partition {
                part: everybody.iter().filter(|_| rng.random_ratio(1, 2)).collect(),
                until: rng.random_range(2..=2 * LATEST),
            },
        }
    }

    /// In which way mail is late, in a few words.
    pub fn in_words(&self) -> Option<&'static str> {
        Some(match self {
            Lateness::None => return None,
            Lateness::Uniform(_) => "mail late at random",
            Lateness::Priorities { .. } => "wires with priorities",
            Lateness::Sampled(_) => "partial order sampling",
            Lateness::SlowKinds { .. } => "slow kinds of messages",
            Lateness::Slow { .. } => "a slow general",
            Lateness::Starved { .. } => "a starved general or wire",
            Lateness::Lossy(_) => "lost mail",
            Lateness::Partition { .. } => "a partition",
        })
    }

    /// When a message on this wire arrives, if it is late. It can be on its way for at most `left` more waves.
    pub fn arrival(
        &self,
        space: &Space<'_>,
        wire: Wire,
        message: MessageId,
        left: Round,
        rng: &mut Dice,
    ) -> Option<Arrival> {
        if let Lateness::Starved { from, to, since } = self {
            let starved = from.is_none_or(|from| from == wire.from)
                && to.is_none_or(|to| to == wire.to)
                && wire.round >= *since;
            return starved.then_some(Arrival::Never);
        }
        if let Lateness::Lossy(rate) = self {
            return rng.random_ratio(*rate, 64).then_some(Arrival::Never);
        }
        if let Lateness::SlowKinds { seed, to, by } = self {
            let here = to.is_none_or(|to| to == wire.to);
            let slow = here && hashed((seed, kind(&space.machine.show_message(message)))) % 3 == 0;
            let late = |by: Round| (left > 0).then_some(Arrival::Late(by.min(left)));
            return if slow { by.map_or(Some(Arrival::Never), late) } else { None };
        }
        let by = self.of(wire, rng).min(left);
        (by > 0).then_some(Arrival::Late(by))
    }

    /// By how many waves a message on this wire is late.
    fn of(&self, wire: Wire, rng: &mut Dice) -> Round {
        let Wire { round, from, to } = wire;
        match self {
            Lateness::None | Lateness::Sampled(_) => 0,
            Lateness::Starved { .. } | Lateness::Lossy(_) | Lateness::SlowKinds { .. } => 0,
            Lateness::Uniform(rate) if rng.random_ratio(*rate, 16) => rng.random_range(1..=LATEST),
            Lateness::Uniform(_) => 0,
            Lateness::Priorities { seed, drops } => {
                let dropped =
                    |drop: &Wire| (drop.from, drop.to) == (from, to) && drop.round <= round;
                match drops.iter().position(dropped) {
                    Some(place) => LATEST + place,
                    None => (hashed((seed, from, to)) % LATEST as u64) as Round,
                }
            }
            Lateness::Slow { general, sends, by } => {
                let slow = if *sends { from } else { to };
                if slow == *general { *by } else { 0 }
            }
            Lateness::Partition { part, until } => {
                let apart = part.contains(from) != part.contains(to);
                if apart { until.saturating_sub(round) } else { 0 }
            }
        }
    }
}

/// The kind of a message that is shown as data: the text before its contents.
fn kind(shown: &str) -> &str {
    shown.split(['(', '{', ' ']).next().unwrap_or_default()
}

/// A number that looks random, but is always the same for the same things; a seed should be among them.
pub(super) fn hashed(things: impl Hash) -> u64 {
    // The low bits of this hash are less random.
    FxBuildHasher.hash_one(things).rotate_left(20)
}

/// What coins show in a drawn case, and when timers go off.
#[derive(Clone, Debug)]
pub(super) struct RandomEvents {
    seed: u64,
    /// The chance, in sixteenths, that a timer goes off in a wave long before all is quiet.
    early: u32,
    /// How many in eight local coins show 1: if each were fair, few generals would see the same face.
    ones: u64,
    /// How many in four coins are late.
    late: u64,
    /// The last wave in which something can be late or early.
    last: Round,
    /// The wave in which each coin was first asked for.
    asked: FxHashMap<(General, Coin), Round>,
    /// How often each of those who can crash and restart may still do so.
    restarts: Vec<usize>,
}

impl RandomEvents {
    /// Draws them; if there is a GST, nothing is late or early from then on.
    pub fn drawn(
        space: &Space<'_>,
        traitors: Generals,
        gst: Option<Round>,
        rng: &mut Dice,
    ) -> RandomEvents {
        let early = [0, 0, 1, 4][rng.random_range(0..4)];
        let ones = [4, 4, 1, 7][rng.random_range(0..4)];
        let late = if rng.random_ratio(1, 2) { 0 } else { 1 };
        let last = gst.map_or(space.terms.rounds, |gst| gst - 1);
        let (seed, asked) = (rng.random(), FxHashMap::default());
        // For a traitor a restart is nothing that lies are not.
        let byzantine = space.adversary.faults.is_byzantine();
        let restarts = space.everybody().iter().map(|general| match byzantine {
            true if traitors.contains(general) => 0,
            _ => space.adversary.restarts,
        });
        let restarts = restarts.collect();
        RandomEvents { seed, early, ones, late, last, asked, restarts }
    }

    /// The face that a coin shows a general, and by how many waves it is late.
    fn of(&self, general: General, coin: Coin) -> (Face, Round) {
        let whose = match coin {
            Coin::Local(_) => Some(general),
            Coin::Common(_) => None,
        };
        let ones = if whose.is_some() { self.ones } else { 4 };
        let face = Face::from(hashed((self.seed, whose, coin)) % 8 < ones);
        let drawn = hashed((self.seed, general, coin, "late"));
        let late = drawn % 4 < self.late;
        (face, if late { 1 + (drawn >> 8) as Round % LATEST } else { 0 })
    }

    /// An event of a general that would not happen by itself in this wave.
    pub fn happens(
        &mut self,
        wave: Round,
        general: General,
        can: &[OwnEvent],
        rng: &mut Dice,
    ) -> Option<OwnEvent> {
        let left = &mut self.restarts[general.id()];
        if *left > 0 && rng.random_ratio(1, 8) {
            *left -= 1;
            return Some(OwnEvent::Restarts);
        }
        for event in can {
            match *event {
                OwnEvent::Shows(coin, shown) => {
                    let since = *self.asked.entry((general, coin)).or_insert(wave);
                    let (face, _) = self.of(general, coin);
                    let as_usual = self.shows(general, coin).is_some();
                    if face == shown && wave >= self.due(general, coin, since) && !as_usual {
                        return Some(*event);
                    }
                }
                OwnEvent::Restarts => {}
                OwnEvent::GoesOff(_) => {
                    if rng.random_ratio(self.early, 16) && wave <= self.last {
                        return Some(*event);
                    }
                }
            }
        }
        None
    }

    /// Whether a coin that somebody waits for is late, and shows its face after this wave.
    pub fn awaits(&self, wave: Round) -> bool {
        self.asked.iter().any(|((general, coin), since)| self.due(*general, *coin, *since) > wave)
    }

    /// The first wave in which a coin can show its face that was asked for in wave `since`.
    fn due(&self, general: General, coin: Coin, since: Round) -> Round {
        let (_, late) = self.of(general, coin);
        since + late.min(self.last.saturating_sub(since))
    }

    /// Whether an event is a coin that shows a general the face that was drawn for it.
    pub fn is_shown(&self, general: General, event: OwnEvent) -> bool {
        matches!(event, OwnEvent::Shows(coin, face) if self.of(general, coin).0 == face)
    }

    /// The face that a coin shows by itself, if it does.
    pub fn shows(&self, general: General, coin: Coin) -> Option<Face> {
        let usual = coin.usual();
        (self.of(general, coin) == (usual, 0)).then_some(usual)
    }
}
