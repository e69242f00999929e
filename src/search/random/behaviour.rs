//! The behaviour of the traitors in one drawn case, as a swarm profile: what each does and to whom, and where they make
//! exceptions.
//!
//! Most faults of a protocol show under one of a few kinds of attack: a single lie while everything else is obeyed,
//! silence except for one message, one face to some and another to the others. If every slot were filled at random, all
//! cases would look alike, and none would be of these kinds. So each case has a behaviour of its own, and cases differ
//! more from each other than the slots within one case do. (Groce, Zhang, Eide, Chen and Regehr call that "Swarm
//! testing", ISSTA 2012.)
//!
//! In waves, votes are counted, and a count that is above a threshold for one general is below it for another. There,
//! most faults show when a traitor plays one loyal general towards some and another one towards the others; when it
//! speaks for one value towards some and for another towards the others; or when what it says is heard by one general
//! only, or by all but one.

use itertools::Itertools;
use rand::seq::{IndexedRandom, IteratorRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use super::Dice;
use super::copies::CopyPlan;
use super::lateness::hashed;
use crate::adversary::FaultClass;
use crate::attack::Twin;
use crate::general::{General, Generals};
use crate::machine::ValueId;
use crate::protocol::Round;
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::space::Space;
use crate::testable::Wire;

/// How a traitor treats the generals who see one of its faces.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Treatment {
    /// It obeys.
    Obey,
    /// It says nothing, or hears nothing.
    Silent,
    /// In each slot it says the message of this number; in a slot with fewer messages, the last one.
    Always(usize),
    /// In each slot it says something that is drawn once from this seed, and is the same for everyone who sees this
    /// face.
    Steady(u64),
    /// It plays a loyal general: the copy with this number.
    Plays(usize),
    /// It says each message of the alphabet in one wave or never, and says the same to all or differs for each; all
    /// this is drawn from this seed.
    Scattered(u64),
    /// It speaks for the value of this number: in each wave it says every message that names the value, and none that
    /// names only other values.
    SpeaksFor(usize),
    /// In each slot, with a chance of this many sixteenths, it does something other than obey.
    Erratic(u32),
}

impl Treatment {
    fn in_words(self) -> Option<&'static str> {
        Some(match self {
            Treatment::Obey => return None,
            Treatment::Silent => "silent traitors",
            Treatment::Always(_) => "traitors with one value",
            Treatment::Steady(_) => "steady lies",
            Treatment::Plays(_) => "two-faced traitors",
            Treatment::Scattered(_) => "messages at any time",
            Treatment::SpeaksFor(_) => "traitors who speak for a value",
            Treatment::Erratic(_) => "erratic traitors",
        })
    }
}

/// What one traitor does, except for exceptions.
#[derive(Clone, Debug)]
struct TraitorBehaviour {
    faces: [Treatment; 2],
    /// Who sees the second face.
    others: Generals,
    /// Who hears what it says, unless the face decides that.
    reach: Reach,
    /// It obeys before this round.
    since: Round,
    /// It also obeys after this round, unless it falls silent then.
    until: Round,
    falls_silent: bool,
}

/// Who hears what a traitor says.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Reach {
    /// Everybody to whom it is said.
    All,
    /// Half of them for each message, drawn from this seed.
    Half(u64),
    /// For each message, a number of them that is drawn from this seed: the first in this order. Often it is one, or
    /// all but one.
    First(u64, Vec<General>),
}

/// What the traitors of a case do.
#[derive(Clone, Debug)]
pub(crate) struct Behaviour {
    pub faults: FaultClass,
    pub traitors: Generals,
    /// Which means they use besides the messages of the slots.
    pub silence: bool,
    pub strays: bool,
    pub forgeries: bool,
    /// The loyal generals that traitors play.
    pub copies: Vec<CopyPlan>,
    /// The second nodes that the traitors run.
    pub twins: Vec<Twin<ValueId>>,
    /// By number of the traitor.
    behaviours: Vec<Option<TraitorBehaviour>>,
    /// Wires and numbers of slots in which the traitor departs from its behaviour.
    exceptions: Vec<(Wire, usize)>,
    /// Whether traitors misbehave towards each other as well.
    among_themselves: bool,
}

/// If slots mean nothing, the message that is left out is chosen by a number below this.
const MESSAGES: usize = 60;

/// The chances, in eighths, that a case consists of a few exceptions, or of faces; otherwise it is erratic.
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
            copies: Vec::new(),
            twins: Vec::new(),
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
            match space.terms.in_waves && behaviour.faults.is_byzantine() {
                true => behaviour.behave_in_waves(space, rng),
                false => behaviour.behave(space, None, rng),
            }
            let exceptions = rng.random_range(-2..=2).max(0) as usize;
            behaviour.make_exceptions(space, exceptions, rng);
        } else {
            let rate = 1 << rng.random_range(0..=4);
            behaviour.behave(space, Some([Treatment::Erratic(rate); 2]), rng);
        }
        behaviour
    }

    /// What the traitors do, in a few words each.
    pub fn in_words(&self) -> Vec<&'static str> {
        let crashes = (self.faults == FaultClass::Crash).then_some("crashes");
        let faces = self.behaviours.iter().flatten().flat_map(|behaviour| behaviour.faces);
        let faces = faces.filter_map(Treatment::in_words);
        let twins = (!self.twins.is_empty()).then_some("second nodes of traitors");
        let exceptions = (!self.exceptions.is_empty()).then_some("a few exceptions");
        crashes.into_iter().chain(faces).chain(twins).chain(exceptions).unique().collect()
    }

    /// The treatment of a wire.
    pub fn face(&self, wire: Wire) -> Treatment {
        match self.behaviour(wire) {
            Some((behaviour, other)) if wire.round <= behaviour.until => {
                behaviour.faces[usize::from(behaviour.others.contains(other))]
            }
            Some(_) => Treatment::Silent,
            None => Treatment::Obey,
        }
    }

    /// Whether everybody hears what is said on a wire.
    pub fn reaches_all(&self, wire: Wire) -> bool {
        self.behaviour(wire).is_none_or(|(behaviour, _)| behaviour.reach == Reach::All)
    }

    /// Whether the message in a slot is said to the receiver of a wire.
    pub fn reaches(&self, wire: Wire, slot: usize) -> bool {
        let reach = self.behaviour(wire).map(|(behaviour, _)| &behaviour.reach);
        match reach.unwrap_or(&Reach::All) {
            Reach::All => true,
            Reach::Half(seed) => hashed((seed, slot, wire.to)) % 2 == 0,
            Reach::First(seed, order) => {
                let drawn = hashed((seed, slot));
                let most = match drawn % 8 {
                    0..3 => 1,
                    3..6 => order.len().saturating_sub(1),
                    _ => (drawn >> 8) as usize % (order.len() + 1),
                };
                order[..most].contains(&wire.to)
            }
        }
    }

    /// What a traitor does on a wire if it does not obey there, and the general at the other end.
    fn behaviour(&self, wire: Wire) -> Option<(&TraitorBehaviour, General)> {
        let Wire { round, from, to } = wire;
        let (me, other) =
            if self.faults == FaultClass::ReceiveOmission { (to, from) } else { (from, to) };
        let between = !self.among_themselves && self.traitors.contains(other);
        let behaviour = self.behaviours[me.id()].as_ref().filter(|_| !between)?;
        let ends = round > behaviour.until && !behaviour.falls_silent;
        (round >= behaviour.since && !ends).then_some((behaviour, other))
    }

    /// The slots of a wire in which an exception is made.
    pub fn exceptions(&self, wire: Wire) -> Vec<usize> {
        let here = self.exceptions.iter().filter(|(excepted, _)| *excepted == wire);
        here.map(|(_, slot)| *slot).collect()
    }

    /// Which of the `said` messages on a wire are left out, in ascending order, by a traitor that does nothing but
    /// leave out messages.
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

    /// Gives faces to all traitors: the given ones, or else each draws its own, or (half of the time) all draw the
    /// same.
    fn behave(&mut self, space: &Space<'_>, given: Option<[Treatment; 2]>, rng: &mut Dice) {
        let any_faces = |rng: &mut Dice| [(); 2].map(|()| any_face(space, self.faults, rng));
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
            let (reach, falls_silent) = (Reach::All, false);
            let behaviour = TraitorBehaviour { faces, others, reach, since, until, falls_silent };
            self.behaviours[traitor.id()] = Some(behaviour);
        }
    }

    /// Each traitor draws its behaviour in waves; half of the time all have the same.
    fn behave_in_waves(&mut self, space: &Space<'_>, rng: &mut Dice) {
        let (alike, seed) = (rng.random_ratio(1, 2), rng.random());
        for traitor in self.traitors.iter() {
            let seed = if alike { seed } else { rng.random() };
            let behaviour =
                self.any_behaviour_in_waves(space, traitor, &mut Dice::seed_from_u64(seed));
            self.behaviours[traitor.id()] = Some(behaviour);
        }
    }

    fn any_behaviour_in_waves(
        &mut self,
        space: &Space<'_>,
        traitor: General,
        rng: &mut Dice,
    ) -> TraitorBehaviour {
        let everybody = space.everybody();
        let others: Generals = everybody.iter().filter(|_| rng.random_ratio(1, 2)).collect();
        let waves = busy_rounds(space).max(1);
        let since = if rng.random_ratio(1, 4) { rng.random_range(1..=waves) } else { 1 };
        let falls_silent = rng.random_ratio(1, 4);
        let until = if falls_silent { rng.random_range(1..=waves) } else { waves };
        let reach = match rng.random_range(0..8) {
            0..3 => Reach::All,
            3 => Reach::Half(rng.random()),
            _ => {
                let mut order = everybody.minus(self.traitors).iter().collect_vec();
                order.shuffle(rng);
                Reach::First(rng.random(), order)
            }
        };
        let (kind, doubles) = (rng.random_range(0..8), if space.terms.opaque { 1 } else { 2 });
        let faces = if kind < doubles {
            if space.terms.opaque {
                // A replay knows no message that only a second node has said: so the second node is part of the attack.
                let values = space.terms.inputs_of(traitor).iter();
                let given = space.terms.inputs.contains(traitor);
                let input = values.choose(rng).copied().filter(|_| given);
                let neighbours = space.terms.graph.neighbours(traitor);
                let to: Generals = others.iter().filter(|to| neighbours.contains(*to)).collect();
                let twin = (!to.is_empty()).then_some(Twin { general: traitor, input, to });
                self.twins.extend(twin);
                [Treatment::Obey; 2]
            } else {
                let first = self.copies.len();
                self.copies.extend(CopyPlan::two(space, traitor, others, self.traitors, rng));
                [Treatment::Plays(first), Treatment::Plays(first + 1)]
            }
        } else if kind < 4 && !space.terms.opaque {
            let mut speaks = || Treatment::SpeaksFor(rng.random_range(0..space.terms.values.len()));
            let [one, other] = [speaks(), speaks()];
            [one, if rng.random_ratio(1, 2) { one } else { other }]
        } else {
            let mut any_face = || match space.terms.opaque && rng.random_ratio(1, 2) {
                true => Treatment::Scattered(rng.random()),
                false => any_face_in_waves(rng),
            };
            let [one, other] = [any_face(), any_face()];
            [one, if rng.random_ratio(1, 2) { one } else { other }]
        };
        let silent = faces.contains(&Treatment::Silent);
        let until = if silent { space.terms.rounds } else { until };
        TraitorBehaviour { faces, others, reach, since, until, falls_silent }
    }

    /// Draws the places of this many exceptions. Half of them are near the one before.
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

    /// The wires on which there can be an exception, each with its number of slots: as a rule, those to or from the
    /// loyal.
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

/// In waves, most happens in the first ones, and the last ones may never come.
const BUSY_WAVES: usize = 8;

/// The rounds in which traitors and the schedule do something of their own.
fn busy_rounds(space: &Space<'_>) -> usize {
    let rounds = space.terms.rounds;
    if space.terms.in_waves { rounds.min(BUSY_WAVES) } else { rounds }
}

fn any_face(space: &Space<'_>, faults: FaultClass, rng: &mut Dice) -> Treatment {
    let rate = 1 << rng.random_range(0..=4);
    match rng.random_range(0..8) {
        0..2 => Treatment::Obey,
        2 => Treatment::Silent,
        _ if !faults.is_byzantine() => Treatment::Erratic(rate),
        3..5 => Treatment::Always(rng.random_range(0..space.terms.values.len())),
        5..7 => Treatment::Steady(rng.random()),
        _ => Treatment::Erratic(rate),
    }
}

fn any_face_in_waves(rng: &mut Dice) -> Treatment {
    match rng.random_range(0..8) {
        0..2 => Treatment::Obey,
        2 => Treatment::Silent,
        3..7 => Treatment::Scattered(rng.random()),
        _ => Treatment::Erratic(1 << rng.random_range(0..=4)),
    }
}
