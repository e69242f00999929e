//! Where all the loyal begin: an execution, or one phase of it.

use super::columns::{Columns, HistoryId, SnapshotId};
use super::group::RenamingId;
use super::locals::{LocalId, Locals, Reaction, SendingId};
use super::mail::{MailSet, Snapshot};
use super::stop::Stop;
use crate::general::General;
use crate::protocol::events::Face;

/// For each of the loyal the state in which it begins, and what it has sent by then.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Start(pub Vec<(LocalId, Option<SendingId>)>);

impl Start {
    /// All begin; nothing if that is a fault.
    pub fn first(locals: &mut Locals<'_>) -> Result<Option<Start>, Stop> {
        let mut begun = Vec::new();
        for me in locals.loyal.iter() {
            begun.push(match locals.begin(me)? {
                Reaction::Moves(start) => (start, None),
                Reaction::Sends(start, sending) => (start, Some(sending)),
                Reaction::Nothing | Reaction::Fails(_) => return Ok(None),
            });
        }
        Ok(Some(Start(begun)))
    }

    /// The same where the common coin of the phase shows this face.
    pub fn with_face(&self, locals: &mut Locals<'_>, face: Option<Face>) -> Start {
        let begun = self.0.iter().map(|(local, sent)| (locals.with_face(*local, face), *sent));
        Start(begun.collect())
    }

    /// The column of each, and what it can hear.
    pub fn columns(
        &self,
        columns: &mut Columns<'_>,
    ) -> Result<(Vec<HistoryId>, Vec<SnapshotId>), Stop> {
        let loyal: Vec<General> = columns.locals.loyal.iter().collect();
        let nothing = columns.snapshot(Snapshot { mail: MailSet::NONE, signatures: 0 });
        let (mut histories, mut now) = (Vec::new(), vec![nothing; loyal.len()]);
        for (me, (local, sent)) in loyal.iter().zip(&self.0) {
            histories.push(columns.start(*local));
            if let Some(sending) = sent {
                now = columns.delivered(&now, *me, *sending)?;
            }
        }
        Ok((histories, now))
    }

    /// The same when generals are renamed.
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
