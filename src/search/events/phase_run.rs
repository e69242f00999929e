//! The events of a finding, phase by phase, in the names that everybody has in the first phase.

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

/// How a point within a phase was reached.
#[derive(Clone)]
pub(super) enum PhaseRun {
    /// Everybody sends in this order.
    Sends(Sendings),
    /// These events happen.
    Happens(LinearRun),
    /// Everybody sends in the first order up to the common coin, is in these local states then, and sends in the second
    /// order after it.
    Tosses(Sendings, Vec<LocalId>, Sendings),
}

/// A phase of an execution, in the names of the vector with which it begins.
pub(super) struct PhaseStep {
    pub start: Start,
    /// What the common coin shows.
    pub face: CoinFace,
    pub run: PhaseRun,
    /// How each general ends it, and the renaming to the next vector; `None` if the phase ends with a violation.
    pub ends: Option<(Vec<PhaseEnd>, RenamingId)>,
}

/// An execution that ends with a violation.
pub(super) struct PhasedFinding {
    pub run: LinearRun,
    pub price: HeardPrice,
    pub violation: Violation,
    /// What the common coin showed in each phase.
    pub faces: Vec<Option<Face>>,
    /// The places in the run where a phase begins, or where a coin is to show its face, each with its phase. Whatever
    /// comes before such a place may be made to happen before everything after it.
    pub pauses: Vec<(usize, usize)>,
    /// If the run goes on for ever: the phase with which the cycle begins; and for each phase, and the one after the
    /// last, the first phase that begins like it.
    pub lasso: Option<(usize, Vec<usize>)>,
}

impl PhasedFinding {
    /// A violation at the very start.
    pub fn at_the_start(violation: Violation) -> PhasedFinding {
        let (run, faces, pauses) = Default::default();
        PhasedFinding { run, price: 0, violation, faces, pauses, lasso: None }
    }
}

/// The events of these phases. The last phase ends with this violation, or with the one that is found where its run
/// leads.
pub(super) fn told(
    mut columns: Columns<'_>,
    steps: Vec<PhaseStep>,
    violation: Option<Violation>,
    budget: &mut StepBudget<'_>,
) -> Result<PhasedFinding, Stop> {
    // By phase: its start, the face of its coin, its run, and where that leads.
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
    /// The same with generals renamed. (Where events are given, nobody is renamed.)
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

/// Works out the events of a phase.
struct PhaseTeller<'t, 'a, 'b, 'p> {
    columns: &'t mut Columns<'a>,
    budget: &'b mut StepBudget<'p>,
    /// The violation, once it is known.
    found: Option<Violation>,
}

impl PhaseTeller<'_, '_, '_, '_> {
    /// The events of a phase; in two parts, before and after the common coin, if that matters.
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
