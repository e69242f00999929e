//! One phase after the other, each begun as the first: what the loyal carry from one to the next, until nothing
//! new is carried. So what is found to hold does so in all phases.
//!
//! What a general does in a phase hangs on what was sent in that phase, and on how it has ended the one before: see
//! [`Phased`](crate::testable::Phased). So an execution can be put into an order in which everything of a phase
//! comes before anything of the next, and a phase begins with what each general carries into it; or it stays behind
//! in an earlier one, for ever, which does no more than to begin a phase and never to be heard in it.
//!
//! An example: in binary agreement a general carries an order into a round, and perhaps a decision. When all have
//! decided on the same, they hold it in all rounds, and nothing new is carried.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use itertools::Itertools;
use rustc_hash::FxBuildHasher;

use super::board::{Board, BoardOptions};
use super::columns::{Columns, PhaseEnd};
use super::game::{Game, GameRules, GameTurn, TurnEnd};
use super::group::RenamingId;
use super::locals::CoinFace;
use super::mail::HeardPrice;
use super::naive::Naive;
use super::phase_run::{PhaseRun, PhaseStep, PhasedFinding, told};
use super::start::Start;
use super::stop::Stop;
use super::walk::walk;
use crate::property::{Property, Violation};
use crate::protocol::events::FACES;
use crate::search::budget::StepBudget;
use crate::search::progress::Halt;

/// No more vectors than these are carried.
const MOST_VECTORS: usize = 1 << 20;

/// What is gone through, from phase to phase.
pub(super) struct PhaseSearch<'a> {
    columns: Columns<'a>,
    /// Where it is asked whether all decide in the end: how the game of that is played.
    game: Option<GameRules>,
    /// What the board leaves out; nothing if there is none.
    options: Option<BoardOptions>,
    /// What the loyal begin a phase with, and how they came to that.
    vectors: IndexMap<Start, Origin, FxBuildHasher>,
}

/// How a phase ended before the one that begins so.
#[derive(Clone)]
struct Origin {
    /// The number of the vector with which that one began; nothing if there was none.
    from: Option<usize>,
    /// What the common coin of that phase showed.
    face: CoinFace,
    run: PhaseRun,
    /// How each ended it.
    ends: Vec<PhaseEnd>,
    /// How generals were renamed after that.
    renaming: RenamingId,
}

/// What is known where there is no violation.
pub(super) struct NoFinding {
    /// How many vectors are carried from phase to phase.
    pub vectors: usize,
    /// Whether it is known that traitors can't keep all undecided for ever, in phases that all end.
    pub is_played: bool,
}

impl<'a> PhaseSearch<'a> {
    pub fn new(
        columns: Columns<'a>,
        options: Option<BoardOptions>,
        game: Option<GameRules>,
    ) -> PhaseSearch<'a> {
        PhaseSearch { columns, options, game, vectors: IndexMap::default() }
    }

    /// Goes through all phases, up to the first violation.
    pub fn explored(
        mut self,
        budget: &mut StepBudget<'_>,
    ) -> Result<Result<NoFinding, PhasedFinding>, Stop> {
        let Some(first) = Start::first(&mut self.columns.locals)? else {
            let violation = self.columns.locals.fault();
            return Ok(Err(PhasedFinding::at_the_start(violation)));
        };
        let (run, ends) = (PhaseRun::Sends(Vec::new()), Vec::new());
        self.vectors
            .insert(first, Origin { from: None, face: CoinFace::Open, run, ends, renaming: 0 });
        let mut at = 0;
        while at < self.vectors.len() {
            let mut faces = vec![CoinFace::Open];
            while let Some(face) = faces.pop() {
                match self.phase(at, face, budget) {
                    Err(Stop::Tossed(_)) => faces.extend(FACES.map(CoinFace::Shows)),
                    Err(stop) => return Err(stop),
                    Ok(None) => {}
                    Ok(Some(found)) => return Ok(Err(self.explained(at, face, found, budget)?)),
                }
            }
            at += 1;
        }
        self.endless(budget)
    }

    /// One phase: a violation, or else what is carried from it is put to the vectors.
    fn phase(
        &mut self,
        at: usize,
        face: CoinFace,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<(PhaseRun, Option<Violation>)>, Stop> {
        let (start, _) = self.vectors.get_index(at).expect("it is carried");
        let start = start.with_face(&mut self.columns.locals, face);
        let Some(options) = self.options else { return self.naive_phase(at, &start, face, budget) };
        let mut board = Board::new(&mut self.columns, options);
        if let Some(found) = board.explored(&start, HeardPrice::MAX, budget)? {
            return Ok(Some((PhaseRun::Sends(found.sendings), None)));
        }
        let mut ended = Vec::new();
        for (ends, node) in std::mem::take(&mut board.ends) {
            ended.push((ends, board.leading_to(node)?));
        }
        for (ends, (sendings, back)) in ended {
            for ends in ends.into_iter().multi_cartesian_product() {
                budget.step()?;
                // The node has names of its own.
                let ends = self.columns.renamed_ends(&ends, back)?;
                self.carry(at, face, ends, || PhaseRun::Sends(sendings.clone()))?;
            }
        }
        Ok(None)
    }

    /// The same by every state that there is.
    fn naive_phase(
        &mut self,
        at: usize,
        start: &Start,
        face: CoinFace,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<(PhaseRun, Option<Violation>)>, Stop> {
        let mut naive = Naive::new(&mut self.columns.locals);
        if let Some(found) = naive.explored(start, HeardPrice::MAX, budget)? {
            return Ok(Some((PhaseRun::Happens(found.run), Some(found.violation))));
        }
        let ended = std::mem::take(&mut naive.ends).into_iter();
        let ended = ended.map(|(ends, state)| (ends, naive.run_to(state, None))).collect_vec();
        for (ends, run) in ended {
            self.carry(at, face, ends, || PhaseRun::Happens(run))?;
        }
        Ok(None)
    }

    /// What is carried where a phase ends so, which began with the vector of this number: of all that it can be renamed
    /// to the first.
    fn carry(
        &mut self,
        from: usize,
        face: CoinFace,
        ends: Vec<PhaseEnd>,
        run: impl FnOnce() -> PhaseRun,
    ) -> Result<(), Stop> {
        let (vector, renaming) = Start::carried(&mut self.columns, &ends)?;
        let origin = || Origin { from: Some(from), face, run: run(), ends, renaming };
        self.vectors.entry(vector).or_insert_with(origin);
        if self.vectors.len() > MOST_VECTORS { Err(Halt::Room.into()) } else { Ok(()) }
    }

    /// All phases up to the one that begins with the vector of this number.
    fn leading_to(&self, at: usize) -> Vec<PhaseStep> {
        let (mut steps, mut at) = (Vec::new(), at);
        while let Origin { from: Some(before), face, run, ends, renaming } = &self.vectors[at] {
            let ends = Some((ends.clone(), *renaming));
            let start = self.vector(*before);
            steps.push(PhaseStep { start, face: *face, run: run.clone(), ends });
            at = *before;
        }
        steps.reverse();
        steps
    }

    fn vector(&self, number: usize) -> Start {
        let (vector, _) = self.vectors.get_index(number).expect("it is carried");
        vector.clone()
    }

    /// What happens in all phases up to a violation in the one that begins with this vector.
    fn explained(
        self,
        at: usize,
        face: CoinFace,
        (run, violation): (PhaseRun, Option<Violation>),
        budget: &mut StepBudget<'_>,
    ) -> Result<PhasedFinding, Stop> {
        let mut steps = self.leading_to(at);
        steps.push(PhaseStep { start: self.vector(at), face, run, ends: None });
        told(self.columns, steps, violation, budget)
    }

    /// How traitors keep all undecided for ever, whatever common coins show, if that is asked and they can.
    fn endless(
        mut self,
        budget: &mut StepBudget<'_>,
    ) -> Result<Result<NoFinding, PhasedFinding>, Stop> {
        let mut turns = BTreeMap::new();
        let rules = self.game.filter(|_| !self.columns.locals.tossed_alone);
        let played = self.options.zip(rules);
        if let Some((options, rules)) = played {
            let vectors = self.vectors.keys().cloned().zip(0..).collect();
            turns = Game { columns: &mut self.columns, options, vectors, rules }.won(budget)?;
        }
        let Some(first) = turns.keys().next().copied() else {
            self.columns.locals.lay_down();
            let (vectors, is_played) = (self.vectors.len(), played.is_some());
            return Ok(Ok(NoFinding { vectors, is_played }));
        };
        let next = |turn: &GameTurn| turn.after.each_ref().map(|end| end.next);
        let next = turns.iter().map(|(number, turn)| (*number, next(turn))).collect();
        let (walk, stem) = walk(&next, first);
        let mut steps = self.leading_to(first);
        let mut begin = steps.iter().map(|step| step.start.clone()).collect_vec();
        let from = steps.len() + stem + 1;
        let mut at = first;
        for (vector, face) in walk {
            let GameTurn { before, asked, after } = &turns[&vector];
            let TurnEnd { sendings, ends, next, renaming } = &after[usize::from(face)];
            let run = PhaseRun::Tosses(before.clone(), asked.clone(), sendings.clone());
            let (face, ends) = (CoinFace::Shows(face), Some((ends.clone(), *renaming)));
            let start = self.vector(vector);
            begin.push(start.clone());
            steps.push(PhaseStep { start, face, run, ends });
            at = *next;
        }
        begin.push(self.vector(at));
        let first = |vector| begin.iter().position(|other| other == vector).map(|place| place + 1);
        let begins_as = begin.iter().filter_map(first).collect();
        let violation = Violation::Property(Property::Termination);
        let found = told(self.columns, steps, Some(violation), budget)?;
        let lasso = Some((from, begins_as));
        Ok(Err(PhasedFinding { lasso, ..found }))
    }
}
