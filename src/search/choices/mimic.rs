//! Mimics: traitors who repeat what was said in other runs of the protocol. To each general they show
//! the face of one run or that of another, as in the proofs that there are no protocols among too few
//! generals (Fischer, Lynch, Merritt 1986).

use itertools::Itertools;
use rustc_hash::FxHashMap;

use crate::execution::simulate::{Eavesdropper, Enemy};
use crate::general::{General, Generals};
use crate::machine::{Machine, MessageId};
use crate::protocol::Round;
use crate::testable::Wire;

/// What was said on every wire of a run.
pub(crate) type RecordedRun = FxHashMap<Wire, Vec<MessageId>>;

/// What a traitor does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum MimicFace {
    /// It obeys.
    Obey,
    /// It says what was said in its place in the run of this number.
    As(usize),
}

/// On which wires the first of two faces is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Towards {
    Everybody,
    /// Towards one general.
    One(General),
    /// Towards generals with an even number.
    Even,
    /// Before this round.
    Before(Round),
}

/// What all traitors of a run do: they show one face towards some, and another towards the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct MimicPlan {
    one: MimicFace,
    other: MimicFace,
    towards: Towards,
}

/// The last round before which one face is shown, and another after it.
const LAST_TURN: Round = 5;

impl MimicPlan {
    /// They obey.
    pub const OBEDIENT: MimicPlan =
        MimicPlan { one: MimicFace::Obey, other: MimicFace::Obey, towards: Towards::Everybody };

    /// Everything that can be done with the faces of so many runs and obedience, if one of them at
    /// least is new: the runs that were known are the first.
    pub fn all(n: usize, rounds: Round, known: usize, runs: usize) -> Vec<MimicPlan> {
        let faces = || [MimicFace::Obey].into_iter().chain((0..runs).map(MimicFace::As));
        let is_new = |face: &MimicFace| matches!(face, MimicFace::As(run) if *run >= known);
        let turns = (2..=rounds.min(LAST_TURN)).map(Towards::Before);
        let towards = Generals::first(n).iter().map(Towards::One).chain([Towards::Even]);
        let pairs = faces().cartesian_product(faces());
        let pairs = pairs.filter(|(one, other)| one != other && (is_new(one) || is_new(other)));
        let two_faced = pairs.cartesian_product(towards.chain(turns));
        let two_faced = two_faced.map(|((one, other), towards)| MimicPlan { one, other, towards });
        let single = faces().filter(is_new);
        let single = single.map(|face| MimicPlan { one: face, other: face, ..MimicPlan::OBEDIENT });
        single.chain(two_faced).collect()
    }

    fn face(self, wire: Wire) -> MimicFace {
        if self.towards.covers(wire) { self.one } else { self.other }
    }
}

impl Towards {
    fn covers(self, wire: Wire) -> bool {
        match self {
            Towards::Everybody => true,
            Towards::One(general) => wire.to == general,
            Towards::Even => wire.to.id().is_multiple_of(2),
            Towards::Before(round) => wire.round < round,
        }
    }
}

/// The traitors in their manner. What needs a signature that they lack they don't say.
pub(crate) struct Mimic<'a> {
    pub machine: &'a dyn Machine,
    pub runs: &'a [RecordedRun],
    pub plan: MimicPlan,
}

impl Enemy for Mimic<'_> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        overhears: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>> {
        let MimicFace::As(run) = self.plan.face(wire) else { return None };
        let said = self.runs[run].get(&wire).into_iter().flatten();
        let can_be_said = |message: &&MessageId| {
            honest.contains(message) || {
                let signatures = self.machine.signatures(**message);
                signatures.is_ok_and(|signatures| overhears.lacks(&signatures).is_none())
            }
        };
        Some(said.filter(can_be_said).cloned().collect())
    }
}
