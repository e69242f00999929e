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

use indexmap::IndexMap;
use itertools::Itertools;
use rustc_hash::FxBuildHasher;

use super::board::{Board, BoardOptions};
use super::columns::{Columns, PhaseEnd};
use super::group::{Group, RenamingId};
use super::locals::SendingId;
use super::mail::HeardPrice;
use super::naive::Naive;
use super::run::{LinearRun, NamedEvent, RunGoal, linear_run};
use super::start::Start;
use super::stop::Stop;
use crate::general::General;
use crate::property::Violation;
use crate::protocol::events::{FACES, Face};
use crate::search::budget::StepBudget;
use crate::search::progress::Halt;

/// No more vectors than these are carried.
const MOST_VECTORS: usize = 1 << 20;

/// What is gone through, from phase to phase.
pub(super) struct PhaseSearch<'a> {
    columns: Columns<'a>,
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
    face: Option<Face>,
    run: PhaseRun,
    /// How each ended it.
    ends: Vec<PhaseEnd>,
    /// How generals were renamed after that.
    renaming: RenamingId,
}

/// How somewhere was come to within a phase.
#[derive(Clone)]
enum PhaseRun {
    /// All send in this order.
    Sends(Vec<(General, SendingId)>),
    /// This happens.
    Happens(LinearRun),
}

/// An execution that ends with a violation.
pub(super) struct PhasedFinding {
    pub run: LinearRun,
    pub price: HeardPrice,
    pub violation: Violation,
    /// What the common coin showed in each phase.
    pub faces: Vec<Option<Face>>,
}

impl<'a> PhaseSearch<'a> {
    pub fn new(columns: Columns<'a>, options: Option<BoardOptions>) -> PhaseSearch<'a> {
        PhaseSearch { columns, options, vectors: IndexMap::default() }
    }

    /// Goes through all phases, up to the first violation. Otherwise, how many vectors are carried.
    pub fn explored(
        mut self,
        budget: &mut StepBudget<'_>,
    ) -> Result<Result<usize, PhasedFinding>, Stop> {
        let Some(first) = Start::first(&mut self.columns.locals)? else {
            let violation = self.columns.locals.fault();
            let (run, faces) = (LinearRun::new(), Vec::new());
            return Ok(Err(PhasedFinding { run, price: 0, violation, faces }));
        };
        let (run, ends) = (PhaseRun::Sends(Vec::new()), Vec::new());
        self.vectors.insert(first, Origin { from: None, face: None, run, ends, renaming: 0 });
        let mut at = 0;
        while at < self.vectors.len() {
            let mut faces = vec![None];
            while let Some(face) = faces.pop() {
                match self.phase(at, face, budget) {
                    Err(Stop::Tossed(_)) => faces.extend(FACES.map(Some)),
                    Err(stop) => return Err(stop),
                    Ok(None) => {}
                    Ok(Some(found)) => return Ok(Err(self.explained(at, face, found, budget)?)),
                }
            }
            at += 1;
        }
        self.columns.locals.lay_down();
        Ok(Ok(at))
    }

    /// One phase: a violation, or else what is carried from it is put to the vectors.
    fn phase(
        &mut self,
        at: usize,
        face: Option<Face>,
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
                let ends = self.renamed_ends(&ends, back)?;
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
        face: Option<Face>,
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
        face: Option<Face>,
        ends: Vec<PhaseEnd>,
        run: impl FnOnce() -> PhaseRun,
    ) -> Result<(), Stop> {
        let loyal = self.columns.locals.loyal;
        let columns = &mut self.columns;
        let begun = loyal.iter().zip(&ends).map(|(me, end)| match end {
            PhaseEnd::Ended(ended) => columns.locals.carried(me, *ended),
            PhaseEnd::Stuck(decision) => (columns.locals.stuck(me, *decision), None),
        });
        let begun = Start(begun.collect());
        let mut first = (begun.clone(), 0);
        for renaming in columns.group.ids().skip(1) {
            first = first.min((begun.renamed(columns, renaming)?, renaming));
        }
        let (vector, renaming) = first;
        let origin = || Origin { from: Some(from), face, run: run(), ends, renaming };
        self.vectors.entry(vector).or_insert_with(origin);
        if self.vectors.len() > MOST_VECTORS { Err(Halt::Room.into()) } else { Ok(()) }
    }

    fn renamed_ends(
        &mut self,
        ends: &[PhaseEnd],
        renaming: RenamingId,
    ) -> Result<Vec<PhaseEnd>, Stop> {
        let mut renamed = ends.to_vec();
        for (place, end) in ends.iter().enumerate() {
            let there = self.columns.renamed_place(place, renaming);
            renamed[there] = self.columns.renamed_end(*end, renaming)?;
        }
        Ok(renamed)
    }

    /// Nobody is renamed where all that happens is known.
    fn renamed_run(&mut self, run: &PhaseRun, renaming: RenamingId) -> Result<PhaseRun, Stop> {
        let PhaseRun::Sends(sendings) = run else { return Ok(run.clone()) };
        let renamed = sendings.iter().map(|(from, sending)| {
            let from = self.columns.group.renamed(*from, renaming);
            Ok((from, self.columns.renamed_sending(*sending, renaming)?))
        });
        Ok(PhaseRun::Sends(renamed.collect::<Result<_, Stop>>()?))
    }

    /// What happens in all phases up to a violation, by the names that everybody has in the first.
    fn explained(
        mut self,
        at: usize,
        face: Option<Face>,
        (last, mut violation): (PhaseRun, Option<Violation>),
        budget: &mut StepBudget<'_>,
    ) -> Result<PhasedFinding, Stop> {
        let mut vectors = vec![at];
        while let Some(from) = self.vectors[vectors[vectors.len() - 1]].from {
            vectors.push(from);
        }
        vectors.reverse();
        // By phase: where it begins, what is sent in it, and where it leads.
        let (mut phases, mut faces) = (Vec::new(), Vec::new());
        let mut back = 0;
        for (place, number) in vectors.iter().enumerate() {
            let (start, _) = self.vectors.get_index(*number).expect("it is carried");
            let start = start.clone();
            let next = vectors.get(place + 1).map(|next| self.vectors[*next].clone());
            let face = next.as_ref().map_or(face, |next| next.face);
            let start = start.renamed(&mut self.columns, back)?;
            let start = start.with_face(&mut self.columns.locals, face);
            faces.push(face);
            let sent = self.renamed_run(next.as_ref().map_or(&last, |next| &next.run), back)?;
            let goal = match &next {
                None => RunGoal::Breach,
                Some(next) => RunGoal::Ends(self.renamed_ends(&next.ends, back)?),
            };
            phases.push((start, sent, goal));
            if let Some(Origin { renaming, .. }) = next {
                let undone = self.columns.group.inverse(renaming);
                back = self.columns.group.product(undone, back);
            }
        }
        let (locals, group) = (self.columns.locals, Group::none(self.columns.group.generals()));
        let mut columns = Columns::new(locals, group, true);
        let (mut run, mut price) = (LinearRun::new(), 0);
        for ((start, sent, goal), phase) in phases.into_iter().zip(1..) {
            let part = match sent {
                PhaseRun::Happens(part) => part,
                PhaseRun::Sends(sendings) => {
                    let told = linear_run(&mut columns, &start, &sendings, &goal, budget)?;
                    let (part, _, found) = told.expect("what was found once is found again");
                    violation = found;
                    part
                }
            };
            for (me, event) in part {
                price += HeardPrice::from(matches!(event, NamedEvent::Tale(..)));
                run.push((me, event.in_phase(phase, &columns.locals)?));
            }
        }
        columns.locals.lay_down();
        let violation = violation.expect("the last phase ends with it");
        Ok(PhasedFinding { run, price, violation, faces })
    }
}
