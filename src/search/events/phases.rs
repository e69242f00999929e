//! Searches phase by phase, each begun as if it were the first: what the loyal carry from one phase to the next, until
//! nothing new is carried. So a property that is found to hold does so in all phases.
//!
//! What a general does in a phase depends on what was sent in that phase, and on how the general ended the one before:
//! see [`Phased`](crate::testable::Phased). So the events of an execution can be reordered such that everything of a
//! phase comes before anything of the next. A phase then begins with what each general carries into it. A general may
//! also stay behind in an earlier phase for ever; that is no more than beginning a phase and never being heard in it.
//!
//! An example: in binary agreement, a general carries an order into a round, and perhaps a decision. When all have
//! decided on the same order, they keep it in all rounds, and nothing new is carried.

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

/// The most vectors that are carried.
const MOST_VECTORS: usize = 1 << 20;

/// The search, from phase to phase.
pub(super) struct PhaseSearch<'a> {
    columns: Columns<'a>,
    /// How the game of termination is played, if it is asked whether all decide in the end.
    game: Option<GameRules>,
    /// The reductions of the board; `None` for the naive engine.
    options: Option<BoardOptions>,
    /// The vectors that the loyal begin a phase with, and how each came about.
    vectors: IndexMap<Start, Origin, FxBuildHasher>,
}

/// How the phase before a vector ended.
#[derive(Clone)]
struct Origin {
    /// The number of the vector with which that phase began; `None` for the first vector.
    from: Option<usize>,
    /// What the common coin of that phase showed.
    face: CoinFace,
    run: PhaseRun,
    /// How each general ended it.
    ends: Vec<PhaseEnd>,
    /// How generals were renamed afterwards.
    renaming: RenamingId,
}

/// What is known if there is no violation.
pub(super) struct NoFinding {
    /// How many vectors are carried from phase to phase.
    pub vectors: usize,
    /// Whether it is known that traitors can't keep everybody undecided for ever in phases that all end.
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

    /// Searches all phases, up to the first violation.
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

    /// Searches one phase, for a violation. If there is none, adds what is carried from it to the vectors.
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
                // The node has its own names.
                let ends = self.columns.renamed_ends(&ends, back)?;
                self.carry(at, face, ends, || PhaseRun::Sends(sendings.clone()))?;
            }
        }
        Ok(None)
    }

    /// The same by visiting every state.
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

    /// Adds the vector that is carried when a phase ends like this, which began with vector number `from`: the first of
    /// all that it can be renamed to.
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

    /// All phases before the one that begins with this vector.
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

    /// The events of all phases, up to a violation in the one that begins with this vector.
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

    /// How traitors keep everybody undecided for ever, whatever common coins show, if that is asked and they can.
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
