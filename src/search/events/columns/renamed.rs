//! Renamed histories, snapshots and sendings: each is computed once.

use indexmap::{IndexMap, IndexSet};
use itertools::Itertools;
use rustc_hash::FxBuildHasher;

use super::{Columns, History, HistoryId, PhaseEnd, Seeds, SentStage, SnapshotId};
use crate::search::events::group::RenamingId;
use crate::search::events::locals::{LocalId, SendingId};
use crate::search::events::mail::Snapshot;
use crate::search::events::orbits::Orbits;
use crate::search::events::stop::Stop;

impl Columns<'_> {
    /// The renamings that change nothing in a column.
    pub(super) fn stabilizer(
        &mut self,
        history: HistoryId,
        snapshot: SnapshotId,
    ) -> Result<Vec<RenamingId>, Stop> {
        let mut stabilizer = Vec::new();
        for renaming in self.group.ids() {
            if self.renamed_history(history, renaming)? == history
                && self.renamed_snapshot(snapshot, renaming)? == snapshot
            {
                stabilizer.push(renaming);
            }
        }
        Ok(stabilizer)
    }

    /// What can be sent, completed from one representative of each orbit to the whole orbit.
    pub(super) fn unfolded(
        &mut self,
        sends: Vec<(SendingId, Seeds)>,
        stabilizer: &[RenamingId],
    ) -> Result<Vec<(SendingId, Seeds)>, Stop> {
        if stabilizer.len() == 1 {
            return Ok(sends);
        }
        let mut all: IndexMap<SendingId, Seeds> = IndexMap::new();
        for (sending, seeds) in sends {
            for renaming in stabilizer {
                let sending = self.renamed_sending(sending, *renaming)?;
                for (local, price) in &seeds {
                    let local = self.renamed_local(*local, *renaming)?;
                    let known = all.entry(sending).or_default().entry(local).or_insert(*price);
                    *known = (*known).min(*price);
                }
            }
        }
        Ok(all.into_iter().collect())
    }

    /// The same for the ends of a phase.
    pub(super) fn unfolded_ends(
        &mut self,
        ends: &[PhaseEnd],
        stabilizer: &[RenamingId],
    ) -> Result<Vec<PhaseEnd>, Stop> {
        let mut all = IndexSet::<_, FxBuildHasher>::default();
        for (end, renaming) in ends.iter().cartesian_product(stabilizer) {
            all.insert(self.renamed_end(*end, *renaming)?);
        }
        Ok(all.into_iter().collect())
    }

    /// The place, among the loyal, of the general that the one at this place is renamed to.
    pub fn renamed_place(&self, place: usize, renaming: RenamingId) -> usize {
        let loyal = self.locals.acting.iter();
        let renamed = loyal.clone().nth(place).map(|me| self.group.renamed(me, renaming));
        let there = loyal.clone().position(|me| Some(me) == renamed);
        there.expect("the loyal are renamed to the loyal")
    }

    pub fn renamed_end(&mut self, end: PhaseEnd, renaming: RenamingId) -> Result<PhaseEnd, Stop> {
        let PhaseEnd::Ended(mut ended) = end else { return Ok(end) };
        for swap in self.group.swaps(renaming) {
            ended = self.locals.swapped_ended(ended, *swap)?;
        }
        Ok(PhaseEnd::Ended(ended))
    }

    /// How everybody ends a phase, with generals renamed.
    pub fn renamed_ends(
        &mut self,
        ends: &[PhaseEnd],
        renaming: RenamingId,
    ) -> Result<Vec<PhaseEnd>, Stop> {
        self.renamed_each(ends, renaming, Columns::renamed_end)
    }

    /// Everybody's local state, with generals renamed.
    pub fn renamed_locals(
        &mut self,
        locals: &[LocalId],
        renaming: RenamingId,
    ) -> Result<Vec<LocalId>, Stop> {
        self.renamed_each(locals, renaming, Columns::renamed_local)
    }

    /// What everybody can hear, with generals renamed.
    pub fn renamed_now(
        &mut self,
        now: &[SnapshotId],
        renaming: RenamingId,
    ) -> Result<Vec<SnapshotId>, Stop> {
        self.renamed_each(now, renaming, Columns::renamed_snapshot)
    }

    /// Everybody's history, with generals renamed.
    pub fn renamed_histories(
        &mut self,
        histories: &[HistoryId],
        renaming: RenamingId,
    ) -> Result<Vec<HistoryId>, Stop> {
        self.renamed_each(histories, renaming, Columns::renamed_history)
    }

    /// One item of each loyal general, with generals renamed: both the item and its place.
    fn renamed_each<T: Copy>(
        &mut self,
        each: &[T],
        renaming: RenamingId,
        renamed: impl Fn(&mut Self, T, RenamingId) -> Result<T, Stop>,
    ) -> Result<Vec<T>, Stop> {
        let mut all = each.to_vec();
        for (place, own) in each.iter().enumerate() {
            let there = self.renamed_place(place, renaming);
            all[there] = renamed(self, *own, renaming)?;
        }
        Ok(all)
    }

    pub fn renamed_local(&mut self, local: LocalId, renaming: RenamingId) -> Result<LocalId, Stop> {
        let Columns { locals, group, .. } = self;
        Orbits { group, stabilizer: &[] }.renamed(locals, local, renaming)
    }

    pub fn renamed_history(
        &mut self,
        history: HistoryId,
        renaming: RenamingId,
    ) -> Result<HistoryId, Stop> {
        if renaming == 0 {
            return Ok(history);
        }
        if let Some(known) = self.renamed.histories.get(&(history, renaming)) {
            return Ok(*known);
        }
        let renamed = match self.histories[history as usize] {
            History::Start(local) => History::Start(self.renamed_local(local, renaming)?),
            History::After(SentStage { before, snapshot, sending }) => History::After(SentStage {
                before: self.renamed_history(before, renaming)?,
                snapshot: self.renamed_snapshot(snapshot, renaming)?,
                sending: self.renamed_sending(sending, renaming)?,
            }),
        };
        let renamed = self.history(renamed);
        self.renamed.histories.insert((history, renaming), renamed);
        Ok(renamed)
    }

    pub fn renamed_snapshot(
        &mut self,
        snapshot: SnapshotId,
        renaming: RenamingId,
    ) -> Result<SnapshotId, Stop> {
        if renaming == 0 {
            return Ok(snapshot);
        }
        if let Some(known) = self.renamed.snapshots.get(&(snapshot, renaming)) {
            return Ok(*known);
        }
        let Snapshot { mut mail, signatures, mut last } = self.snapshots[snapshot as usize];
        for swap in self.group.swaps(renaming) {
            mail = self.locals.swapped_mail(mail, *swap)?;
            last = self.locals.swapped_mail(last, *swap)?;
        }
        let renamed = self.snapshot(Snapshot { mail, signatures, last });
        self.renamed.snapshots.insert((snapshot, renaming), renamed);
        Ok(renamed)
    }

    pub fn renamed_sending(
        &mut self,
        sending: SendingId,
        renaming: RenamingId,
    ) -> Result<SendingId, Stop> {
        if renaming == 0 {
            return Ok(sending);
        }
        if let Some(known) = self.renamed.sendings.get(&(sending, renaming)) {
            return Ok(*known);
        }
        let mut renamed = sending;
        for swap in self.group.swaps(renaming) {
            renamed = self.locals.swapped_sending(renamed, *swap)?;
        }
        self.renamed.sendings.insert((sending, renaming), renamed);
        Ok(renamed)
    }
}
