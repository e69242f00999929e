//! How late mail is in a drawn case, where it can be as late as the enemy likes; when timers go off, and what
//! coins show.
//!
//! No one way of being late finds everything, so each case has one of its own, as it has one
//! [behaviour](super::behaviour) of its traitors: all at random, a sender or receiver who is slow, wires with
//! priorities (as in Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized scheduler with probabilistic
//! guarantees of finding bugs", ASPLOS 2010), messages with priorities that are drawn anew while they wait (as in
//! Yuan, Yang and Gu, "Partial order aware concurrency sampling", CAV 2018), and parts that hear nothing of each
//! other for some time.

use std::hash::{BuildHasher, Hash};

use rand::RngExt;
use rand::seq::IteratorRandom;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::Dice;
use crate::general::{General, Generals};
use crate::protocol::Round;
use crate::protocol::events::{Coin, Face, OwnEvent};
use crate::schedule::Arrival;
use crate::search::choices::space::Space;
use crate::testable::Wire;

/// By how much one message is late at most, but for what is cut off.
const LATEST: Round = 6;

/// In which way mail between the loyal is late.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Lateness {
    /// All arrives in its turn.
    None,
    /// So many messages in sixteen are late, by any number of waves.
    Uniform(u32),
    /// Each wire has a priority, drawn from this seed: mail waits for as many waves.
    Priorities(u64),
    /// Of all that waits in a wave so much arrives, in sixteenths: what a message is worth is drawn anew as long
    /// as it waits.
    Sampled(u32),
    /// What one general sends is late by so many waves, or what it should hear.
    Slow { general: General, sends: bool, by: Round },
    /// From this wave on nothing is heard of what one general sends, or of what is sent to it, or to one by the
    /// other: it is as late as can be, which is after the end.
    Starved { from: Option<General>, to: Option<General>, since: Round },
    /// So many messages in 64 are never heard of.
    Lossy(u32),
    /// Until this wave nothing passes between these and the others.
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
        match rng.random_range(0..9) {
            _ if space.terms.in_order => Lateness::None,
            0..4 => Lateness::None,
            4 => Lateness::Uniform(1 << rng.random_range(0..=3)),
            5 => Lateness::Priorities(rng.random()),
            6 => Lateness::Sampled(rng.random_range(4..12)),
            7 => Lateness::Slow {
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

    /// When a message on this wire arrives that is on its way for so many more waves at most.
    pub fn arrival(&self, wire: Wire, left: Round, rng: &mut Dice) -> Option<Arrival> {
        if let Lateness::Starved { from, to, since } = self {
            let starved = from.is_none_or(|from| from == wire.from)
                && to.is_none_or(|to| to == wire.to)
                && wire.round >= *since;
            return starved.then_some(Arrival::Never);
        }
        if let Lateness::Lossy(rate) = self {
            return rng.random_ratio(*rate, 64).then_some(Arrival::Never);
        }
        let by = self.of(wire, rng).min(left);
        (by > 0).then_some(Arrival::Late(by))
    }

    /// By how many waves a message on this wire is late.
    fn of(&self, wire: Wire, rng: &mut Dice) -> Round {
        let Wire { round, from, to } = wire;
        match self {
            Lateness::Starved { .. } | Lateness::Lossy(_) => 0,
            Lateness::None => 0,
            Lateness::Uniform(rate) if rng.random_ratio(*rate, 16) => rng.random_range(1..=LATEST),
            Lateness::Uniform(_) => 0,
            Lateness::Priorities(seed) => (hashed((seed, from, to)) % LATEST as u64) as Round,
            Lateness::Sampled(rate) => {
                (0..2 * LATEST).take_while(|_| !rng.random_ratio(*rate, 16)).count()
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

/// Something drawn once for each of these things, from a seed among them.
pub(super) fn hashed(things: impl Hash) -> u64 {
    // The low bits of this hash are the poorer ones.
    FxBuildHasher.hash_one(things).rotate_left(20)
}

/// What coins show in a drawn case, and when timers go off.
#[derive(Clone, Debug)]
pub(super) struct RandomEvents {
    seed: u64,
    /// So many times in sixteen a timer goes off in a wave, long before all is quiet.
    early: u32,
    /// So many coins in four are late.
    late: u64,
    /// The last wave in which something can be late, or early.
    last: Round,
    /// In which wave each coin was first asked for.
    asked: FxHashMap<(General, Coin), Round>,
}

impl RandomEvents {
    /// Before GST, if there is one.
    pub fn drawn(space: &Space<'_>, gst: Option<Round>, rng: &mut Dice) -> RandomEvents {
        let early = [0, 0, 1, 4][rng.random_range(0..4)];
        let late = if rng.random_ratio(1, 2) { 0 } else { 1 };
        let last = gst.map_or(space.terms.rounds, |gst| gst - 1);
        let (seed, asked) = (rng.random(), FxHashMap::default());
        RandomEvents { seed, early, late, last, asked }
    }

    /// The face that a coin shows a general, and by how much it is late.
    fn of(&self, general: General, coin: Coin) -> (Face, Round) {
        let whose = match coin {
            Coin::Local(_) => Some(general),
            Coin::Common(_) => None,
        };
        let face = (hashed((self.seed, whose, coin)) & 1) as Face;
        let drawn = hashed((self.seed, general, coin, "late"));
        let late = drawn % 4 < self.late;
        (face, if late { 1 + (drawn >> 8) as Round % LATEST } else { 0 })
    }

    /// What happens that does not happen by itself.
    pub fn happens(
        &mut self,
        wave: Round,
        general: General,
        can: &[OwnEvent],
        rng: &mut Dice,
    ) -> Option<OwnEvent> {
        for event in can {
            match *event {
                OwnEvent::Shows(coin, shown) => {
                    let since = *self.asked.entry((general, coin)).or_insert(wave);
                    let (face, late) = self.of(general, coin);
                    let late = late.min(self.last.saturating_sub(since));
                    let as_usual = face == coin.usual() && late == 0;
                    if face == shown && wave >= since + late && !as_usual {
                        return Some(*event);
                    }
                }
                OwnEvent::GoesOff(_) => {
                    if rng.random_ratio(self.early, 16) && wave <= self.last {
                        return Some(*event);
                    }
                }
            }
        }
        None
    }

    /// Whether an event is a coin that shows a general the face that it has.
    pub fn is_shown(&self, general: General, event: OwnEvent) -> bool {
        matches!(event, OwnEvent::Shows(coin, face) if self.of(general, coin).0 == face)
    }

    /// Whether a coin shows its face by itself.
    pub fn shows(&self, general: General, coin: Coin) -> Option<Face> {
        let usual = coin.usual();
        (self.of(general, coin) == (usual, 0)).then_some(usual)
    }
}
