//! What happens in one phase after the other, where something was found: by the names that everybody has in the first.

use super::columns::{Columns, HistoryId, PhaseEnd, SnapshotId};
use super::game::Sendings;
use super::group::{Group, RenamingId};
use super::locals::{CoinFace, LocalId};
use super::mail::HeardPrice;
use super::run::{LinearRun, NamedEvent, RunGoal, linear_run};
use super::start::Start;
use super::stop::Stop;
use crate::property::Violation;
use crate::protocol::events::Face;
use crate::search::budget::StepBudget;

/// How somewhere was come to within a phase.
#[derive(Clone)]
pub(super) enum PhaseRun {
    /// All send in this order.
    Sends(Sendings),
    /// This happens.
    Happens(LinearRun),
    /// All send in this order up to the common coin, are there then, and send in this order after it.
    Tosses(Sendings, Vec<LocalId>, Sendings),
}

/// A phase of an execution, by the names of the vector with which it begins.
pub(super) struct PhaseStep {
    pub start: Start,
    /// What the common coin shows.
    pub face: CoinFace,
    pub run: PhaseRun,
    /// How each ends it, and how they are renamed to the next vector; nothing if it ends with a violation.
    pub ends: Option<(Vec<PhaseEnd>, RenamingId)>,
}

/// An execution that ends with a violation.
pub(super) struct PhasedFinding {
    pub run: LinearRun,
    pub price: HeardPrice,
    pub violation: Violation,
    /// What the common coin showed in each phase.
    pub faces: Vec<Option<Face>>,
    /// The places in the run where a phase begins, or a coin is to show its face, with the phase: all that stands before
    /// them happens before, if somebody wants that.
    pub pauses: Vec<(usize, usize)>,
    /// If it goes on for ever, the phase with which the cycle begins; and for each phase, and the one after the last,
    /// the first that begins like it.
    pub lasso: Option<(usize, Vec<usize>)>,
}

impl PhasedFinding {
    /// To begin violates it.
    pub fn at_the_start(violation: Violation) -> PhasedFinding {
        let (run, faces, pauses) = Default::default();
        PhasedFinding { run, price: 0, violation, faces, pauses, lasso: None }
    }
}

/// What happens in these phases; the last ends with this violation, or with what is found where it leads.
pub(super) fn told(
    mut columns: Columns<'_>,
    steps: Vec<PhaseStep>,
    violation: Option<Violation>,
    budget: &mut StepBudget<'_>,
) -> Result<PhasedFinding, Stop> {
    // By phase: where it begins, what happens in it, and where it leads.
    let (mut phases, mut faces) = (Vec::new(), Vec::new());
    let mut back = 0;
    for PhaseStep { start, face, run, ends } in steps {
        let start = start.renamed(&mut columns, back)?;
        let run = run.renamed(&mut columns, back)?;
        let goal = match &ends {
            None => RunGoal::Breach,
            Some((ends, _)) => RunGoal::Ends(columns.renamed_ends(ends, back)?),
        };
        faces.push(face.face());
        phases.push((start, face, run, goal));
        if let Some((_, renaming)) = ends {
            let undone = columns.group.inverse(renaming);
            back = columns.group.product(undone, back);
        }
    }
    let (locals, group) = (columns.locals, Group::none(columns.group.generals()));
    let mut columns = Columns::new(locals, group, true);
    let mut teller = PhaseTeller { columns: &mut columns, budget, found: violation };
    let (mut run, mut price, mut pauses) = (LinearRun::new(), 0, Vec::new());
    for ((start, face, told, goal), phase) in phases.into_iter().zip(1..) {
        for part in teller.parts(&start, face, told, &goal)? {
            pauses.push((run.len(), phase as usize));
            for (me, event) in part {
                price += HeardPrice::from(matches!(event, NamedEvent::Tale(..)));
                run.push((me, event.in_phase(phase, &teller.columns.locals)?));
            }
        }
    }
    let violation = teller.found.expect("the last phase ends with it");
    columns.locals.lay_down();
    Ok(PhasedFinding { run, price, violation, faces, pauses, lasso: None })
}

impl PhaseRun {
    /// The same when generals are renamed. (Nobody is where all that happens is known.)
    fn renamed(&self, columns: &mut Columns<'_>, renaming: RenamingId) -> Result<PhaseRun, Stop> {
        Ok(match self {
            PhaseRun::Happens(_) => self.clone(),
            PhaseRun::Sends(sendings) => PhaseRun::Sends(renamed(columns, sendings, renaming)?),
            PhaseRun::Tosses(before, asked, after) => PhaseRun::Tosses(
                renamed(columns, before, renaming)?,
                columns.renamed_locals(asked, renaming)?,
                renamed(columns, after, renaming)?,
            ),
        })
    }
}

fn renamed(
    columns: &mut Columns<'_>,
    sendings: &Sendings,
    renaming: RenamingId,
) -> Result<Sendings, Stop> {
    let renamed = sendings.iter().map(|(from, sending)| {
        let from = columns.group.renamed(*from, renaming);
        Ok((from, columns.renamed_sending(*sending, renaming)?))
    });
    renamed.collect()
}

/// What says what happens in a phase.
struct PhaseTeller<'t, 'a, 'b, 'p> {
    columns: &'t mut Columns<'a>,
    budget: &'b mut StepBudget<'p>,
    /// The violation, once it is known.
    found: Option<Violation>,
}

impl PhaseTeller<'_, '_, '_, '_> {
    /// What happens in a phase, up to the common coin and after it, if that matters.
    fn parts(
        &mut self,
        start: &Start,
        face: CoinFace,
        run: PhaseRun,
        goal: &RunGoal,
    ) -> Result<Vec<LinearRun>, Stop> {
        Ok(match run {
            PhaseRun::Happens(part) => vec![part],
            PhaseRun::Sends(sendings) => {
                let begun =
                    start.with_face(&mut self.columns.locals, face).columns(self.columns)?;
                vec![self.part(begun, &sendings, goal)?]
            }
            PhaseRun::Tosses(before, asked, after) => {
                let start = start.with_face(&mut self.columns.locals, CoinFace::Hidden);
                let begun = start.columns(self.columns)?;
                let mut now = begun.1.clone();
                for (from, sending) in &before {
                    now = self.columns.delivered(&now, *from, *sending)?;
                }
                let first = self.part(begun, &before, &RunGoal::At(asked.clone()))?;
                let mut histories = Vec::new();
                for local in asked {
                    let local = self.columns.locals.with_face(local, face);
                    histories.push(self.columns.start(local));
                }
                vec![first, self.part((histories, now), &after, goal)?]
            }
        })
    }

    fn part(
        &mut self,
        begun: (Vec<HistoryId>, Vec<SnapshotId>),
        sendings: &Sendings,
        goal: &RunGoal,
    ) -> Result<LinearRun, Stop> {
        let told = linear_run(self.columns, begun, sendings, goal, self.budget)?;
        let (part, _, found) = told.expect("what was found once is found again");
        self.found = self.found.take().or(found);
        Ok(part)
    }
}
