//! The schedule of one drawn case: in which order messages arrive, and which do not arrive in their round.

use indexmap::IndexMap;
use itertools::Itertools;
use rand::RngExt;
use rand::seq::{IteratorRandom, SliceRandom};
use rustc_hash::FxBuildHasher;

use super::Dice;
use super::behaviour::Behaviour;
use super::lateness::Lateness;
use crate::adversary::FaultClass;
use crate::execution::{Delivery, Sent};
use crate::general::{General, Generals};
use crate::machine::MessageId;
use crate::protocol::Round;
use crate::schedule::{Arrival, Shift};
use crate::search::choices::space::Space;

/// The most messages of one inbox that are put into any order.
const SHUFFLED: usize = 32;

/// The most messages of one inbox that arrive before their turn.
const FIRST: usize = 64;

/// What is done to the schedule of one drawn case.
#[derive(Clone, Debug)]
pub(crate) struct RandomSchedule {
    order: ArrivalOrder,
    /// The rounds in which a message between loyal generals is kept from arriving, one entry for each such message.
    disruptions: Vec<Round>,
    /// How late mail is, if it can be as late as the adversary likes.
    lateness: Lateness,
    /// GST: from this wave on, all mail is in time. `None` if there is no such wave.
    pub gst: Option<Round>,
}

/// The order in which messages arrive.
#[derive(Clone, PartialEq, Eq, Debug)]
enum ArrivalOrder {
    InTurn,
    /// In this round, at this receiver, one message arrives first.
    Once(Round, General),
    /// At each receiver, the senders are ordered by these ranks.
    Ranks(Vec<Vec<u32>>),
    /// An inbox is shuffled with a chance of this many in four.
    Shuffled(u32),
}

/// What does not arrive in its round, by number of the delivery and number of the message in it.
type Gone = IndexMap<(usize, usize), Arrival, FxBuildHasher>;

impl RandomSchedule {
    pub fn drawn(space: &Space<'_>, traitors: Generals, rng: &mut Dice) -> RandomSchedule {
        let rounds = space.terms.rounds;
        let lateness = match space.adversary.delays() {
            true => Lateness::drawn(space, rng),
            false => Lateness::None,
        };
        let gst = space.adversary.has_gst().then(|| rng.random_range(1..=rounds.max(1)));
        if rounds == 0 || space.terms.in_waves {
            let (order, disruptions) = (ArrivalOrder::InTurn, Vec::new());
            return RandomSchedule { order, disruptions, lateness, gst };
        }
        let kind = if space.adversary.any_order { rng.random_range(0..8) } else { 0 };
        let everybody = space.everybody();
        let order = match kind {
            0..4 => ArrivalOrder::InTurn,
            4 => {
                let to = everybody.minus(traitors).iter().choose(rng);
                let to = to.expect("somebody is loyal");
                ArrivalOrder::Once(rng.random_range(1..=rounds), to)
            }
            5 => {
                let mut ranks = || everybody.iter().map(|_| rng.random()).collect();
                ArrivalOrder::Ranks(everybody.iter().map(|_| ranks()).collect())
            }
            6 => ArrivalOrder::Shuffled(1),
            _ => ArrivalOrder::Shuffled(4),
        };
        let most = space.adversary.disruptions;
        let disruptions = match rng.random_range(0..8) {
            _ if most == 0 => 0,
            0 => 0,
            1..4 => rng.random_range(1..=most),
            _ => most,
        };
        let disruptions = (0..disruptions).map(|_| rng.random_range(1..=rounds)).collect();
        RandomSchedule { order, disruptions, lateness, gst }
    }

    /// What is done to the schedule, in a few words each.
    pub fn in_words(&self) -> impl Iterator<Item = &'static str> {
        let order = (self.order != ArrivalOrder::InTurn).then_some("another order");
        let disruptions = (!self.disruptions.is_empty()).then_some("disruptions");
        order.into_iter().chain(disruptions).chain(self.lateness.in_words())
    }

    /// Adds the changes of the schedule for a round in which this is sent. Returns the numbers of earlier changes that
    /// were altered: their messages wait for one more wave.
    pub fn shift(
        &mut self,
        space: &Space<'_>,
        behaviour: &Behaviour,
        round: Round,
        sent: Sent<'_, MessageId>,
        schedule: &mut Vec<Shift<MessageId>>,
        rng: &mut Dice,
    ) -> Vec<usize> {
        schedule.extend(self.shifts(space, behaviour, round, &sent, rng));
        let loyal = space.everybody().minus(behaviour.traitors);
        let last = self.gst.unwrap_or(space.terms.rounds);
        match &mut self.lateness {
            Lateness::Sampled(sampling) if round < last => {
                sampling.hold(round, &sent, loyal, schedule, rng)
            }
            _ => Vec::new(),
        }
    }

    fn shifts(
        &self,
        space: &Space<'_>,
        behaviour: &Behaviour,
        round: Round,
        sent: &Sent<'_, MessageId>,
        rng: &mut Dice,
    ) -> Vec<Shift<MessageId>> {
        let deaf = behaviour.faults == FaultClass::ReceiveOmission;
        let late = self.lateness != Lateness::None;
        if self.order == ArrivalOrder::InTurn && self.disruptions.is_empty() && !deaf && !late {
            return Vec::new();
        }
        let gone = self.gone(space, behaviour, round, sent, rng);
        let shift = |(place, at): (usize, usize), arrival| {
            let Delivery { wire, said, .. } = sent.at(place);
            Shift { wire, message: said[at], arrival }
        };
        let mut shifts = gone.iter().map(|(at, arrival)| shift(*at, *arrival)).collect_vec();
        for to in self.disordered(round, space.everybody().minus(behaviour.traitors)) {
            let here = places(sent).filter(|at| sent.at(at.0).wire.to == to);
            let inbox = here.filter(|at| !gone.contains_key(at)).collect_vec();
            let senders = inbox.iter().map(|at| sent.at(at.0).wire.from).collect_vec();
            let first = self.first(to, &senders, rng).into_iter();
            shifts.extend(first.map(|number| shift(inbox[number], Arrival::First)));
        }
        shifts
    }

    /// What does not arrive in its round, by place in what is sent: what receivers with an omission fault do not hear,
    /// and the disruptions between loyal generals.
    fn gone(
        &self,
        space: &Space<'_>,
        behaviour: &Behaviour,
        round: Round,
        sent: &Sent<'_, MessageId>,
        rng: &mut Dice,
    ) -> Gone {
        let mut gone = Gone::default();
        if behaviour.faults == FaultClass::ReceiveOmission {
            for (place, Delivery { wire, said, .. }) in sent.clone().enumerate() {
                if behaviour.traitors.contains(wire.to) {
                    let omitted = behaviour.omitted(wire, said.len(), rng).into_iter();
                    gone.extend(omitted.map(|at| ((place, at), Arrival::Never)));
                }
            }
        }
        let loyal = |general| !behaviour.traitors.contains(general);
        if self.lateness != Lateness::None {
            let crashes = behaviour.faults == FaultClass::Crash;
            for (place, Delivery { wire, said, .. }) in sent.clone().enumerate() {
                let between = crashes || loyal(wire.from) && loyal(wire.to);
                for at in (0..said.len()).filter(|_| between) {
                    let left = self.gst.unwrap_or(space.terms.rounds).saturating_sub(round);
                    let arrival = self.lateness.arrival(space, wire, said[at], left, rng);
                    let arrival = match arrival {
                        Some(Arrival::Never) if self.gst.is_some() => {
                            (left > 0).then_some(Arrival::Late(left))
                        }
                        arrival => arrival,
                    };
                    gone.extend(arrival.map(|arrival| ((place, at), arrival)));
                }
            }
        }
        for _ in self.disruptions.iter().filter(|disrupted| **disrupted == round) {
            let wire = |at: &(usize, usize)| sent.at(at.0).wire;
            let between = |at: &(usize, usize)| loyal(wire(at).from) && loyal(wire(at).to);
            let can_go = places(sent).filter(|at| between(at) && !gone.contains_key(at));
            let Some(at) = can_go.choose(rng) else { break };
            let latest = space.adversary.latest.min(space.terms.rounds - round);
            let late = latest > 0 && rng.random_ratio(1, 2);
            let arrival =
                if late { Arrival::Late(rng.random_range(1..=latest)) } else { Arrival::Never };
            gone.insert(at, arrival);
        }
        gone
    }

    /// The receivers at whom not everything arrives in its turn.
    fn disordered(&self, round: Round, loyal: Generals) -> impl Iterator<Item = General> + use<> {
        let receivers = match self.order {
            ArrivalOrder::InTurn => Generals::NONE,
            ArrivalOrder::Once(when, _) if when != round => Generals::NONE,
            ArrivalOrder::Once(_, to) => Generals::NONE.with(to),
            ArrivalOrder::Ranks(_) | ArrivalOrder::Shuffled(_) => loyal,
        };
        receivers.iter()
    }

    /// The numbers, in an inbox with these senders, of the messages that arrive first.
    fn first(&self, to: General, senders: &[General], rng: &mut Dice) -> Vec<usize> {
        let mut order = (0..senders.len()).collect_vec();
        match &self.order {
            _ if senders.len() < 2 => return Vec::new(),
            ArrivalOrder::InTurn => return Vec::new(),
            ArrivalOrder::Once(..) => return vec![rng.random_range(1..senders.len())],
            ArrivalOrder::Ranks(ranks) => {
                order.sort_by_key(|number| ranks[to.id()][senders[*number].id()]);
            }
            ArrivalOrder::Shuffled(times) if !rng.random_ratio(*times, 4) => return Vec::new(),
            ArrivalOrder::Shuffled(_) if order.len() > SHUFFLED => {
                return order.into_iter().sample(rng, SHUFFLED / 4);
            }
            ArrivalOrder::Shuffled(_) => order.shuffle(rng),
        }
        // Messages at the end that are in turn among themselves need not be named.
        let in_turn =
            order.iter().rev().tuple_windows().take_while(|(later, sooner)| sooner < later);
        let named = order.len() - 1 - in_turn.count();
        order.truncate(named.min(FIRST));
        order
    }
}

/// The place of every message that is sent: the number of its delivery, and its number therein.
fn places<M>(sent: &Sent<'_, M>) -> impl Iterator<Item = (usize, usize)> {
    let places = sent.clone().enumerate();
    places.flat_map(|(place, delivery)| (0..delivery.said.len()).map(move |at| (place, at)))
}
