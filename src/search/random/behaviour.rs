//! The behaviour of the traitors in one drawn case, as a swarm profile: what each does and to whom, and
//! where they make an exception.
//!
//! Most faults of a protocol show under one of a few kinds of attack: one lie while all else is
//! obeyed, silence but for one message, one face to some and another to others. If in each slot
//! anything were said at random, all cases would be alike and none of these. So each case has a
//! behaviour of its own, and cases differ more from each other than the slots of one case do. (Groce,
//! Zhang, Eide, Chen and Regehr call that "Swarm testing", ISSTA 2012.)
//!
//! And its schedule: the order of arrival, and what does not arrive in its round.

use indexmap::IndexMap;
use itertools::Itertools;
use rand::RngExt;
use rand::seq::{IndexedRandom, IteratorRandom, SliceRandom};
use rustc_hash::FxBuildHasher;

use super::Dice;
use super::lateness::Lateness;
use crate::adversary::FaultClass;
use crate::execution::{Delivery, Sent};
use crate::general::{General, Generals};
use crate::machine::MessageId;
use crate::protocol::Round;
use crate::schedule::{Arrival, Shift};
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::space::Space;
use crate::testable::Wire;

/// How a traitor treats one side of the others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Treatment {
    /// It obeys.
    Obey,
    /// It says nothing, or hears nothing.
    Silent,
    /// In each slot it says the message of this number; in a slot with fewer, the last one.
    Always(usize),
    /// In each slot it says something that is drawn once from this seed, the same to all who see
    /// this face.
    Steady(u64),
    /// It obeys, but each message goes to some alone, drawn from this seed.
    Partial(u64),
    /// It says each message of the alphabet in one wave, or never, as is drawn from this seed.
    Scattered(u64),
    /// In each slot, so many times in sixteen, it does something else than obey.
    Erratic(u32),
}

/// What one traitor does where it makes no exception.
#[derive(Clone, Debug)]
struct TraitorBehaviour {
    faces: [Treatment; 2],
    /// Who sees the second face.
    others: Generals,
    /// Until this round it obeys.
    since: Round,
    /// And after this one.
    until: Round,
}

/// What the traitors of a case are about.
#[derive(Clone, Debug)]
pub(crate) struct Behaviour {
    pub faults: FaultClass,
    pub traitors: Generals,
    /// Of what beside the messages of its slots use is made.
    pub silence: bool,
    pub strays: bool,
    pub forgeries: bool,
    /// By number of the traitor.
    behaviours: Vec<Option<TraitorBehaviour>>,
    /// Wires and numbers of slots in which something else is done than the behaviour would have it.
    exceptions: Vec<(Wire, usize)>,
    /// Whether traitors misbehave among themselves.
    among_themselves: bool,
}

/// Where slots mean nothing, a message that is left out is chosen by a number below this one.
const MESSAGES: usize = 60;

/// The chances of a case to be of few exceptions, or of faces, in eighths; the rest is erratic.
const IN_ROUNDS: (u32, u32) = (4, 3);
const IN_WAVES: (u32, u32) = (1, 6);

impl Behaviour {
    pub fn drawn(space: &Space<'_>, case: &InitialChoices, rng: &mut Dice) -> Behaviour {
        let mut behaviour = Behaviour {
            faults: case.faults,
            traitors: case.traitors,
            silence: rng.random_ratio(3, 4),
            strays: rng.random_ratio(1, 2),
            forgeries: rng.random_ratio(1, 2),
            behaviours: vec![None; space.terms.n()],
            exceptions: Vec::new(),
            among_themselves: rng.random_ratio(1, 8),
        };
        if behaviour.traitors.is_empty() || behaviour.faults == FaultClass::Crash {
            return behaviour;
        }
        let kind = rng.random_range(0..8);
        let (sniping, behaved) = if space.terms.in_waves { IN_WAVES } else { IN_ROUNDS };
        if kind < sniping {
            if rng.random_ratio(1, 4) {
                behaviour.behave(space, Some([Treatment::Silent; 2]), rng);
            }
            let exceptions = rng.random_range(1..=3);
            behaviour.make_exceptions(space, exceptions, rng);
        } else if kind < sniping + behaved {
            behaviour.behave(space, None, rng);
            let exceptions = rng.random_range(-2..=2).max(0) as usize;
            behaviour.make_exceptions(space, exceptions, rng);
        } else {
            let rate = 1 << rng.random_range(0..=4);
            behaviour.behave(space, Some([Treatment::Erratic(rate); 2]), rng);
        }
        behaviour
    }

    /// With which face a wire is treated.
    pub fn face(&self, wire: Wire) -> Treatment {
        let Wire { round, from, to } = wire;
        let (me, other) =
            if self.faults == FaultClass::ReceiveOmission { (to, from) } else { (from, to) };
        let between = !self.among_themselves && self.traitors.contains(other);
        match &self.behaviours[me.id()] {
            Some(TraitorBehaviour { faces, others, since, until })
                if !between && (*since..=*until).contains(&round) =>
            {
                faces[usize::from(others.contains(other))]
            }
            _ => Treatment::Obey,
        }
    }

    /// In which slots of a wire an exception is made.
    pub fn exceptions(&self, wire: Wire) -> Vec<usize> {
        let here = self.exceptions.iter().filter(|(excepted, _)| *excepted == wire);
        here.map(|(_, slot)| *slot).collect()
    }

    /// Which of so many messages on a wire are left out where all that a traitor does is to leave
    /// out some, in ascending order.
    pub fn omitted(&self, wire: Wire, said: usize, rng: &mut Dice) -> Vec<usize> {
        let (face, exceptions) = (self.face(wire), self.exceptions(wire));
        let omitted = (0..said).filter(|at| {
            let by_behaviour = match face {
                Treatment::Silent => true,
                Treatment::Erratic(rate) => rng.random_ratio(rate, 16),
                _ => false,
            };
            by_behaviour != exceptions.iter().any(|exception| exception % said == *at)
        });
        omitted.collect()
    }

    /// All traitors have these faces; if none are given each draws its own, or half of the time all the
    /// same.
    fn behave(&mut self, space: &Space<'_>, given: Option<[Treatment; 2]>, rng: &mut Dice) {
        let any_faces = |rng: &mut Dice| {
            let [one, other] = [(); 2].map(|()| any_face(space, self.faults, rng));
            let same = space.terms.in_waves && rng.random_ratio(1, 2);
            [one, if same { one } else { other }]
        };
        let alike = given.is_some() || rng.random_ratio(1, 2);
        let mut faces = given.unwrap_or_else(|| any_faces(rng));
        for traitor in self.traitors.iter() {
            if !alike {
                faces = any_faces(rng);
            }
            let others = space.everybody().iter().filter(|_| rng.random_ratio(1, 2)).collect();
            let rounds = busy_rounds(space).max(1);
            let since = if rng.random_ratio(1, 4) { rng.random_range(1..=rounds) } else { 1 };
            let silent = faces.contains(&Treatment::Silent);
            let until = if silent { space.terms.rounds } else { rounds };
            self.behaviours[traitor.id()] = Some(TraitorBehaviour { faces, others, since, until });
        }
    }

    /// Where so many exceptions are made. Half of them are made near the last one.
    fn make_exceptions(&mut self, space: &Space<'_>, exceptions: usize, rng: &mut Dice) {
        let wires = self.wires(space, rng);
        for _ in 0..exceptions {
            let last = self.exceptions.last().map(|(wire, _)| *wire);
            let near = |near: fn(Wire, Wire) -> bool| {
                let near = |(wire, _): &&(Wire, usize)| last.is_some_and(|last| near(*wire, last));
                wires.iter().filter(near).copied().collect_vec()
            };
            let near = match rng.random_range(0..4) {
                0 => near(|one, other| one == other),
                1 => near(|one, other| (one.round, one.from) == (other.round, other.from)),
                _ => Vec::new(),
            };
            let wires = if near.is_empty() { &wires } else { &near };
            let by_slots = rng.random_ratio(1, 2);
            let weight = |(_, slots): &(Wire, usize)| if by_slots { *slots } else { 1 };
            let Ok((wire, slots)) = wires.choose_weighted(rng, weight) else { return };
            self.exceptions.push((*wire, rng.random_range(0..*slots)));
        }
    }

    /// The wires on which there can be an exception, and in how many slots: as a rule those to or
    /// from the loyal.
    fn wires(&self, space: &Space<'_>, rng: &mut Dice) -> Vec<(Wire, usize)> {
        let everybody = space.everybody();
        let anybody = rng.random_ratio(1, 16);
        let loyal = everybody.minus(self.traitors);
        let others = if anybody || loyal.is_empty() { everybody } else { loyal };
        let rounds = 1..=busy_rounds(space);
        let wires = itertools::iproduct!(rounds, self.traitors.iter(), others.iter());
        let wires =
            wires.filter(|(_, traitor, other)| space.terms.graph.has_edge(*traitor, *other));
        let wires = wires.map(|(round, traitor, other): (Round, General, General)| {
            if self.faults == FaultClass::ReceiveOmission {
                (Wire { round, from: other, to: traitor }, MESSAGES)
            } else {
                let wire = Wire { round, from: traitor, to: other };
                (wire, self.slots(space, wire))
            }
        });
        wires.filter(|(_, slots)| *slots > 0).collect()
    }

    /// In how many slots of a wire something can be said.
    fn slots(&self, space: &Space<'_>, wire: Wire) -> usize {
        if self.faults != FaultClass::Byzantine {
            return MESSAGES;
        }
        let wire_choices = space.wire_choices(wire);
        let strays = self.strays || self.forgeries;
        wire_choices.slots() - usize::from(!strays && wire_choices.stray().is_some())
    }
}

/// In waves most happens in the first ones, and the last ones may never come.
const BUSY_WAVES: usize = 8;

/// The rounds in which traitors and the schedule do something of their own.
fn busy_rounds(space: &Space<'_>) -> usize {
    let rounds = space.terms.rounds;
    if space.terms.in_waves { rounds.min(BUSY_WAVES) } else { rounds }
}

fn any_face(space: &Space<'_>, faults: FaultClass, rng: &mut Dice) -> Treatment {
    let rate = 1 << rng.random_range(0..=4);
    if space.terms.in_waves && faults.is_byzantine() {
        return match rng.random_range(0..8) {
            0 => Treatment::Obey,
            1 => Treatment::Silent,
            2..5 => Treatment::Partial(rng.random()),
            5..7 => Treatment::Scattered(rng.random()),
            _ => Treatment::Erratic(rate),
        };
    }
    match rng.random_range(0..8) {
        0..2 => Treatment::Obey,
        2 => Treatment::Silent,
        _ if !faults.is_byzantine() => Treatment::Erratic(rate),
        3..5 => Treatment::Always(rng.random_range(0..space.terms.values.len())),
        5..7 => Treatment::Steady(rng.random()),
        _ => Treatment::Erratic(rate),
    }
}

/// So many messages of one inbox can be put into any order.
const SHUFFLED: usize = 32;

/// At most so many messages of one inbox arrive before their turn.
const FIRST: usize = 64;

/// What is done to the schedule of one drawn case.
#[derive(Clone, Debug)]
pub(crate) struct RandomSchedule {
    order: ArrivalOrder,
    /// The rounds in which a message between the loyal is kept from arriving, one for each message.
    disruptions: Vec<Round>,
    /// How late mail is, where it can be as late as the enemy likes.
    lateness: Lateness,
}

/// In which order what is said arrives.
#[derive(Clone, PartialEq, Eq, Debug)]
enum ArrivalOrder {
    InTurn,
    /// In this round, at this receiver, something arrives first.
    Once(Round, General),
    /// At each receiver the senders have ranks, by their numbers.
    Ranks(Vec<Vec<u32>>),
    /// So many times in four, an inbox is shuffled.
    Shuffled(u32),
}

/// What does not arrive in its round: which message of which delivery.
type Gone = IndexMap<(usize, usize), Arrival, FxBuildHasher>;

impl RandomSchedule {
    pub fn drawn(space: &Space<'_>, traitors: Generals, rng: &mut Dice) -> RandomSchedule {
        let rounds = space.terms.rounds;
        let lateness = match space.adversary.is_asynchronous() {
            true => Lateness::drawn(space, rng),
            false => Lateness::None,
        };
        if rounds == 0 || space.terms.in_waves {
            let (order, disruptions) = (ArrivalOrder::InTurn, Vec::new());
            return RandomSchedule { order, disruptions, lateness };
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
        RandomSchedule { order, disruptions, lateness }
    }

    /// The changes to the schedule of a round in which this is sent.
    pub fn shifts(
        &self,
        space: &Space<'_>,
        behaviour: &Behaviour,
        round: Round,
        sent: Sent<'_, MessageId>,
        rng: &mut Dice,
    ) -> Vec<Shift<MessageId>> {
        let deaf = behaviour.faults == FaultClass::ReceiveOmission;
        let late = self.lateness != Lateness::None;
        if self.order == ArrivalOrder::InTurn && self.disruptions.is_empty() && !deaf && !late {
            return Vec::new();
        }
        let gone = self.gone(space, behaviour, round, &sent, rng);
        let shift = |(place, at): (usize, usize), arrival| {
            let Delivery { wire, said, .. } = sent.at(place);
            Shift { wire, message: said[at], arrival }
        };
        let mut shifts = gone.iter().map(|(at, arrival)| shift(*at, *arrival)).collect_vec();
        for to in self.disordered(round, space.everybody().minus(behaviour.traitors)) {
            let here = places(&sent).filter(|at| sent.at(at.0).wire.to == to);
            let inbox = here.filter(|at| !gone.contains_key(at)).collect_vec();
            let senders = inbox.iter().map(|at| sent.at(at.0).wire.from).collect_vec();
            let first = self.first(to, &senders, rng).into_iter();
            shifts.extend(first.map(|number| shift(inbox[number], Arrival::First)));
        }
        shifts
    }

    /// What does not arrive in its round, by its place in what is sent: what those do not hear
    /// whose fault that is, and what is disrupted between the loyal.
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
            for (place, Delivery { wire, said, .. }) in sent.clone().enumerate() {
                for at in (0..said.len()).filter(|_| loyal(wire.from) && loyal(wire.to)) {
                    let by = self.lateness.of(wire, rng);
                    let by = by.min(space.terms.rounds.saturating_sub(round));
                    gone.extend((by > 0).then_some(((place, at), Arrival::Late(by))));
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

    /// At whom not all arrives in its turn.
    fn disordered(&self, round: Round, loyal: Generals) -> impl Iterator<Item = General> + use<> {
        let receivers = match self.order {
            ArrivalOrder::InTurn => Generals::NONE,
            ArrivalOrder::Once(when, _) if when != round => Generals::NONE,
            ArrivalOrder::Once(_, to) => Generals::NONE.with(to),
            ArrivalOrder::Ranks(_) | ArrivalOrder::Shuffled(_) => loyal,
        };
        receivers.iter()
    }

    /// What arrives first, by number in the inbox, when this is by whom what is in it was sent.
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
        // The last ones that are in turn among themselves need not be named.
        let in_turn =
            order.iter().rev().tuple_windows().take_while(|(later, sooner)| sooner < later);
        let named = order.len() - 1 - in_turn.count();
        order.truncate(named.min(FIRST));
        order
    }
}

/// The place of everything that is said: which delivery, and which of its messages.
fn places<M>(sent: &Sent<'_, M>) -> impl Iterator<Item = (usize, usize)> {
    let places = sent.clone().enumerate();
    places.flat_map(|(place, delivery)| (0..delivery.said.len()).map(move |at| (place, at)))
}
