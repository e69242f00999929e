//! Where all the loyal begin an execution, or one phase of it.

use super::columns::{Columns, HistoryId, PhaseEnd, SnapshotId};
use super::group::RenamingId;
use super::locals::{CoinFace, LocalId, Locals, Reaction, SendingId};
use super::mail::Snapshot;
use super::stop::Stop;
use crate::general::General;

/// For each loyal general: the local state in which it begins, and what it has sent by then.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Start(pub Vec<(LocalId, Option<SendingId>)>);

impl Start {
    /// All begin; `None` if that is a fault.
    pub fn first(locals: &mut Locals<'_>) -> Result<Option<Start>, Stop> {
        let mut begun = Vec::new();
        for me in locals.acting.iter() {
            begun.push(match locals.begin(me)? {
                Reaction::Moves(start) => (start, None),
                Reaction::Sends(start, sending) => (start, Some(sending)),
                Reaction::Nothing | Reaction::Fails(_) => return Ok(None),
            });
        }
        Ok(Some(Start(begun)))
    }

    /// What is carried when everybody ends a phase like this: the first vector of all that it can be renamed to, and
    /// the renaming.
    pub fn carried(
        columns: &mut Columns<'_>,
        ends: &[PhaseEnd],
    ) -> Result<(Start, RenamingId), Stop> {
        let loyal = columns.locals.acting;
        let begun = loyal.iter().zip(ends).map(|(me, end)| match end {
            PhaseEnd::Ended(ended) => columns.locals.carried(me, *ended),
            PhaseEnd::Stuck(decision) => (columns.locals.stuck(me, *decision), None),
        });
        let begun = Start(begun.collect());
        let mut first = (begun.clone(), 0);
        for renaming in columns.group.ids().skip(1) {
            first = first.min((begun.renamed(columns, renaming)?, renaming));
        }
        Ok(first)
    }

    /// The same if the common coin of the phase shows this face.
    pub fn with_face(&self, locals: &mut Locals<'_>, face: CoinFace) -> Start {
        let begun = self.0.iter().map(|(local, sent)| (locals.with_face(*local, face), *sent));
        Start(begun.collect())
    }

    /// Each general's column: its history, and what it can hear.
    pub fn columns(
        &self,
        columns: &mut Columns<'_>,
    ) -> Result<(Vec<HistoryId>, Vec<SnapshotId>), Stop> {
        let loyal: Vec<General> = columns.locals.acting.iter().collect();
        let nothing = columns.snapshot(Snapshot::NONE);
        let (mut histories, mut now) = (Vec::new(), vec![nothing; loyal.len()]);
        for (me, (local, sent)) in loyal.iter().zip(&self.0) {
            histories.push(columns.start(*local));
            if let Some(sending) = sent {
                now = columns.delivered(&now, *me, *sending)?;
            }
        }
        Ok((histories, now))
    }

    /// The same with generals renamed.
    pub fn renamed(&self, columns: &mut Columns<'_>, renaming: RenamingId) -> Result<Start, Stop> {
        let mut renamed = self.0.clone();
        for (place, (local, sent)) in self.0.iter().enumerate() {
            let there = columns.renamed_place(place, renaming);
            let local = columns.renamed_local(*local, renaming)?;
            let sent = sent.map(|sent| columns.renamed_sending(sent, renaming)).transpose()?;
            renamed[there] = (local, sent);
        }
        Ok(Start(renamed))
    }
}
