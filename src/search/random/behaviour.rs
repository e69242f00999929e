//! The behaviour of the traitors in one drawn case, as a swarm profile: what each does and to whom, and
//! where they make an exception.
//!
//! Most faults of a protocol show under one of a few kinds of attack: one lie while all else is
//! obeyed, silence but for one message, one face to some and another to others. If in each slot
//! anything were said at random, all cases would be alike and none of these. So each case has a
//! behaviour of its own, and cases differ more from each other than the slots of one case do. (Groce,
//! Zhang, Eide, Chen and Regehr call that "Swarm testing", ISSTA 2012.)

use itertools::Itertools;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use crate::adversary::FaultClass;
use crate::general::{General, Generals};
use crate::protocol::Round;
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::space::Space;
use crate::testable::Wire;

/// How a traitor treats one side of the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Face {
    /// It obeys.
    Obey,
    /// It says nothing, or hears nothing.
    Silent,
    /// In each slot it says the message of this number; in a slot with fewer, the last one.
    Always(usize),
    /// In each slot it says something that is drawn once from this seed, the same to all who see
    /// this face.
    Steady(u64),
    /// In each slot, so many times in sixteen, it does something else than obey.
    Erratic(u32),
}

/// What one traitor does where it makes no exception.
#[derive(Clone, Debug)]
struct TraitorBehaviour {
    faces: [Face; 2],
    /// Who sees the second face.
    others: Generals,
    /// Until this round it obeys.
    since: Round,
}

/// Of what beside the messages of its slots use is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Features {
    pub silence: bool,
    pub strays: bool,
    pub forgeries: bool,
}

/// What the traitors of a case are about.
#[derive(Clone, Debug)]
pub(crate) struct Behaviour {
    pub faults: FaultClass,
    pub traitors: Generals,
    pub features: Features,
    /// By number of the traitor.
    behaviours: Vec<Option<TraitorBehaviour>>,
    /// Wires and numbers of slots in which something else is done than the behaviour would have it.
    exceptions: Vec<(Wire, usize)>,
    /// Whether traitors misbehave among themselves.
    among_themselves: bool,
}

/// Where slots mean nothing, a message that is left out is chosen by a number below this one.
const MESSAGES: usize = 60;

/// The chances of a case to be of this kind, in eighths; the rest is erratic.
const SNIPING: u32 = 4;
const BEHAVED: u32 = 3;

impl Behaviour {
    pub fn drawn(
        space: &Space<'_>,
        case: &InitialChoices,
        rng: &mut (impl Rng + ?Sized),
    ) -> Behaviour {
        let features = Features {
            silence: rng.random_ratio(3, 4),
            strays: rng.random_ratio(1, 2),
            forgeries: rng.random_ratio(1, 2),
        };
        let mut behaviour = Behaviour {
            faults: case.faults,
            traitors: case.traitors,
            features,
            behaviours: vec![None; space.terms.n()],
            exceptions: Vec::new(),
            among_themselves: rng.random_ratio(1, 8),
        };
        if behaviour.traitors.is_empty() || behaviour.faults == FaultClass::Crash {
            return behaviour;
        }
        let kind = rng.random_range(0..8);
        if kind < SNIPING {
            if rng.random_ratio(1, 4) {
                behaviour.all_behave(space, [Face::Silent; 2], rng);
            }
            let exceptions = rng.random_range(1..=3);
            behaviour.make_exceptions(space, exceptions, rng);
        } else if kind < SNIPING + BEHAVED {
            behaviour.behave(space, rng);
            let exceptions = rng.random_range(-2..=2).max(0) as usize;
            behaviour.make_exceptions(space, exceptions, rng);
        } else {
            let rate = 1 << rng.random_range(0..=4);
            behaviour.all_behave(space, [Face::Erratic(rate); 2], rng);
        }
        behaviour
    }

    /// With which face a wire is treated.
    pub fn face(&self, wire: Wire) -> Face {
        let Wire { round, from, to } = wire;
        let (me, other) =
            if self.faults == FaultClass::ReceiveOmission { (to, from) } else { (from, to) };
        let between = !self.among_themselves && self.traitors.contains(other);
        match &self.behaviours[me.id()] {
            Some(TraitorBehaviour { faces, others, since }) if !between && round >= *since => {
                faces[usize::from(others.contains(other))]
            }
            _ => Face::Obey,
        }
    }

    /// In which slots of a wire an exception is made.
    pub fn exceptions(&self, wire: Wire) -> Vec<usize> {
        let here = self.exceptions.iter().filter(|(excepted, _)| *excepted == wire);
        here.map(|(_, slot)| *slot).collect()
    }

    /// Which of so many messages on a wire are left out where all that a traitor does is to leave
    /// out some, in ascending order.
    pub fn omitted(&self, wire: Wire, said: usize, rng: &mut (impl Rng + ?Sized)) -> Vec<usize> {
        let (face, exceptions) = (self.face(wire), self.exceptions(wire));
        let omitted = (0..said).filter(|at| {
            let by_behaviour = match face {
                Face::Silent => true,
                Face::Erratic(rate) => rng.random_ratio(rate, 16),
                Face::Obey | Face::Always(_) | Face::Steady(_) => false,
            };
            by_behaviour != exceptions.iter().any(|exception| exception % said == *at)
        });
        omitted.collect()
    }

    /// Each traitor has a manner; half of the time they have the same.
    fn behave(&mut self, space: &Space<'_>, rng: &mut (impl Rng + ?Sized)) {
        let alike = rng.random_ratio(1, 2);
        let mut faces = [(); 2].map(|()| self.any_face(space, rng));
        for traitor in self.traitors.iter() {
            if !alike {
                faces = [(); 2].map(|()| self.any_face(space, rng));
            }
            self.behaviours[traitor.id()] = Some(self.traitor_behaviour(space, faces, rng));
        }
    }

    /// All traitors have this manner.
    fn all_behave(&mut self, space: &Space<'_>, faces: [Face; 2], rng: &mut (impl Rng + ?Sized)) {
        for traitor in self.traitors.iter() {
            self.behaviours[traitor.id()] = Some(self.traitor_behaviour(space, faces, rng));
        }
    }

    fn traitor_behaviour(
        &self,
        space: &Space<'_>,
        faces: [Face; 2],
        rng: &mut (impl Rng + ?Sized),
    ) -> TraitorBehaviour {
        let others = space.everybody().iter().filter(|_| rng.random_ratio(1, 2)).collect();
        let rounds = space.terms.rounds.max(1);
        let since = if rng.random_ratio(1, 4) { rng.random_range(1..=rounds) } else { 1 };
        TraitorBehaviour { faces, others, since }
    }

    fn any_face(&self, space: &Space<'_>, rng: &mut (impl Rng + ?Sized)) -> Face {
        let obedient = self.faults != FaultClass::Byzantine;
        let rate = 1 << rng.random_range(0..=4);
        match rng.random_range(0..8) {
            0..2 => Face::Obey,
            2 => Face::Silent,
            _ if obedient => Face::Erratic(rate),
            3..5 => Face::Always(rng.random_range(0..space.terms.values.len())),
            5..7 => Face::Steady(rng.random()),
            _ => Face::Erratic(rate),
        }
    }

    /// Where so many exceptions are made. Half of them are made near the last one.
    fn make_exceptions(
        &mut self,
        space: &Space<'_>,
        exceptions: usize,
        rng: &mut (impl Rng + ?Sized),
    ) {
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
    fn wires(&self, space: &Space<'_>, rng: &mut (impl Rng + ?Sized)) -> Vec<(Wire, usize)> {
        let everybody = space.everybody();
        let anybody = rng.random_ratio(1, 16);
        let loyal = everybody.minus(self.traitors);
        let others = if anybody || loyal.is_empty() { everybody } else { loyal };
        let rounds = 1..=space.terms.rounds;
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
        let strays = self.features.strays || self.features.forgeries;
        wire_choices.slots() - usize::from(!strays && wire_choices.stray().is_some())
    }
}
