//! Columns: the local states in which one general can be, given what the loyal have sent. They depend on what it sent
//! itself, what it could have heard before each of those sendings, and what it can hear now. Each such set is computed
//! once.

mod renamed;

use indexmap::{IndexMap, IndexSet};
use itertools::Itertools;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::closure::{Closure, Visit};
use super::group::{Group, RenamingId};
use super::locals::{EndedId, LocalId, Locals, Reaction, SendingId, Stage};
use super::mail::{HeardPrice, Snapshot};
use super::orbits::Orbits;
use super::stop::Stop;
use crate::general::General;
use crate::machine::DecisionId;
use crate::search::budget::StepBudget;

/// Sets of fewer local states than this, on average, are not worth the effort.
const SMALL: u64 = 5;

pub(super) type HistoryId = u32;
pub(super) type SnapshotId = u32;
type ContentsId = u32;
pub(super) type ProfileId = u32;

/// What one general has sent so far, and what it could have heard before each sending.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum History {
    /// It has sent nothing since it was in this local state.
    Start(LocalId),
    After(SentStage),
}

/// The last sending of a general.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SentStage {
    pub before: HistoryId,
    /// What it could have heard by then.
    pub snapshot: SnapshotId,
    pub sending: SendingId,
}

/// Local states, each with its least price.
type Seeds = IndexMap<LocalId, HeardPrice, FxBuildHasher>;

/// What a search needs to know of a set of local states.
pub(super) struct Contents {
    /// How many local states there are.
    pub size: usize,
    pub profile: ProfileId,
    /// How the phase can have ended, if one phase is searched.
    pub ends: Vec<PhaseEnd>,
    /// What can be sent next, and the states in which that leaves the general, each with its least price.
    pub sends: Vec<(SendingId, Vec<(LocalId, HeardPrice)>)>,
}

/// How a general ends a phase.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum PhaseEnd {
    /// It begins the next phase.
    Ended(EndedId),
    /// It never does, and has this decision.
    Stuck(Option<DecisionId>),
}

impl PhaseEnd {
    /// How the phase ends for a general in this stage, with this decision.
    pub fn of(stage: Stage, decision: Option<DecisionId>) -> PhaseEnd {
        match stage {
            Stage::Ended(ended) => PhaseEnd::Ended(ended),
            Stage::Present | Stage::Stuck(_) => PhaseEnd::Stuck(decision),
        }
    }
}

/// What matters about a set of local states for judging it.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Profile {
    /// The possible decisions, by number, at any time or in a quiet state, each with its least price.
    pub choices: Vec<Possibility>,
    /// The least price of a fault.
    pub fault: Option<HeardPrice>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Possibility {
    pub quiet: bool,
    pub decision: Option<u32>,
    pub price: HeardPrice,
}

pub(super) struct Columns<'a> {
    pub locals: Locals<'a>,
    pub group: Group,
    histories: IndexSet<History, FxBuildHasher>,
    /// By history: whose it is.
    generals: Vec<General>,
    /// By history: the number of its public part.
    public: Vec<u32>,
    publics: IndexSet<(General, Option<(u32, SendingId)>), FxBuildHasher>,
    pub snapshots: IndexSet<Snapshot, FxBuildHasher>,
    pub decisions: IndexSet<DecisionId, FxBuildHasher>,
    renamed: Renamed,
    known: FxHashMap<(HistoryId, SnapshotId), (ContentsId, RenamingId)>,
    contents: Vec<Contents>,
    pub profiles: IndexSet<Profile, FxBuildHasher>,
    raised: FxHashMap<(HistoryId, SnapshotId), HistoryId>,
    closure: Closure,
    /// Whether ends of a phase are kept even if others cover them.
    pub all_ends: bool,
    /// How many local states all sets have in total.
    pub total: u64,
}

/// What was renamed before, to look it up.
#[derive(Default)]
struct Renamed {
    histories: FxHashMap<(HistoryId, RenamingId), HistoryId>,
    snapshots: FxHashMap<(SnapshotId, RenamingId), SnapshotId>,
    sendings: FxHashMap<(SendingId, RenamingId), SendingId>,
}

impl<'a> Columns<'a> {
    pub fn new(locals: Locals<'a>, group: Group, priced: bool) -> Columns<'a> {
        Columns {
            locals,
            group,
            histories: IndexSet::default(),
            generals: Vec::new(),
            public: Vec::new(),
            publics: IndexSet::default(),
            snapshots: IndexSet::default(),
            decisions: IndexSet::default(),
            renamed: Renamed::default(),
            known: FxHashMap::default(),
            contents: Vec::new(),
            profiles: IndexSet::default(),
            raised: FxHashMap::default(),
            closure: Closure::new(priced),
            all_ends: false,
            total: 0,
        }
    }

    /// The history of a general that has sent nothing since it was in this local state.
    pub fn start(&mut self, local: LocalId) -> HistoryId {
        self.history(History::Start(local))
    }

    /// The history after one more sending.
    pub fn after(&mut self, stage: SentStage) -> HistoryId {
        self.history(History::After(stage))
    }

    fn history(&mut self, history: History) -> HistoryId {
        let (number, is_new) = self.histories.insert_full(history);
        if is_new {
            let (general, sent) = match history {
                History::Start(local) => (self.locals.general(local), None),
                History::After(SentStage { before, sending, .. }) => {
                    let public = self.public[before as usize];
                    (self.generals[before as usize], Some((public, sending)))
                }
            };
            self.generals.push(general);
            let public = self.publics.insert_full((general, sent)).0 as u32;
            self.public.push(public);
        }
        number as HistoryId
    }

    /// The last sending of a history, if there is one.
    pub fn last(&self, history: HistoryId) -> Option<SentStage> {
        match self.histories[history as usize] {
            History::Start(_) => None,
            History::After(stage) => Some(stage),
        }
    }

    /// What everybody can see of a history: what was sent, in order.
    pub fn public(&self, history: HistoryId) -> u32 {
        self.public[history as usize]
    }

    pub fn snapshot(&mut self, snapshot: Snapshot) -> SnapshotId {
        self.snapshots.insert_full(snapshot).0 as SnapshotId
    }

    /// What everybody can hear when this is sent as well.
    pub fn delivered(
        &mut self,
        now: &[SnapshotId],
        from: General,
        sending: SendingId,
    ) -> Result<Vec<SnapshotId>, Stop> {
        let sent = self.locals.sent(sending);
        let mut after = Vec::with_capacity(now.len());
        for (to, now) in self.locals.acting.iter().zip(now) {
            let before = self.snapshots[*now as usize];
            let snapshot = self.locals.heard_by(to, from, before, &sent)?;
            after.push(self.snapshot(snapshot));
        }
        Ok(after)
    }

    /// Whether at least as much could have been heard with `one` as with `other`. Both have sent the same.
    pub fn covers(&self, mut one: HistoryId, mut other: HistoryId) -> bool {
        while one != other {
            let (Some(more), Some(less)) = (self.last(one), self.last(other)) else { return false };
            if more.snapshot != less.snapshot {
                let more = self.snapshots[more.snapshot as usize];
                let less = self.snapshots[less.snapshot as usize];
                let knows = more.signatures == less.signatures || {
                    let of = |known: u32| &self.locals.signatures[known as usize];
                    of(less.signatures).is_within(of(more.signatures))
                };
                if !less.mail.is_within(more.mail) || !knows {
                    return false;
                }
            }
            (one, other) = (more.before, less.before);
        }
        true
    }

    /// The contents of a column, computed once for all columns that it can be renamed to, and the renaming that leads
    /// to the computed one.
    pub fn contents(
        &mut self,
        history: HistoryId,
        snapshot: SnapshotId,
        budget: &mut StepBudget<'_>,
    ) -> Result<(ContentsId, RenamingId), Stop> {
        if let Some(known) = self.known.get(&(history, snapshot)) {
            return Ok(*known);
        }
        let mut first = (history, snapshot, 0);
        for renaming in self.group.ids().skip(1) {
            let renamed = self.renamed_history(history, renaming)?;
            if renamed <= first.0 {
                let snapshot = self.renamed_snapshot(snapshot, renaming)?;
                first = first.min((renamed, snapshot, renaming));
            }
        }
        let (one, heard, renaming) = first;
        let contents = match self.known.get(&(one, heard)) {
            Some((known, _)) => *known,
            None => {
                let found = self.found(one, heard, budget)?;
                self.contents.push(found);
                let number = self.contents.len() as ContentsId - 1;
                self.known.insert((one, heard), (number, 0));
                number
            }
        };
        self.known.insert((history, snapshot), (contents, renaming));
        Ok((contents, renaming))
    }

    /// Whether sets have so few local states that it is better to visit states one by one.
    pub fn has_small_sets(&self) -> bool {
        self.total < SMALL * self.contents.len() as u64
    }

    pub fn at(&self, contents: ContentsId) -> &Contents {
        &self.contents[contents as usize]
    }

    /// The local states in which a general can be just after the last sending of a history.
    pub fn seeds(
        &mut self,
        history: HistoryId,
        budget: &mut StepBudget<'_>,
    ) -> Result<Vec<(LocalId, HeardPrice)>, Stop> {
        let SentStage { before, snapshot, sending } = match self.histories[history as usize] {
            History::Start(local) => return Ok(vec![(local, 0)]),
            History::After(stage) => stage,
        };
        let (contents, renaming) = self.contents(before, snapshot, budget)?;
        let sending = self.renamed_sending(sending, renaming)?;
        let mut seeds = self.sending(contents, sending).to_vec();
        let back = self.group.inverse(renaming);
        for (local, _) in &mut seeds {
            *local = self.renamed_local(*local, back)?;
        }
        Ok(seeds)
    }

    fn sending(&self, contents: ContentsId, sending: SendingId) -> &[(LocalId, HeardPrice)] {
        let mut sends = self.at(contents).sends.iter();
        sends.find(|(sent, _)| *sent == sending).map_or(&[], |(_, seeds)| seeds)
    }

    fn found(
        &mut self,
        history: HistoryId,
        snapshot: SnapshotId,
        budget: &mut StepBudget<'_>,
    ) -> Result<Contents, Stop> {
        let mut seeds = self.seeds(history, budget)?;
        let stabilizer = self.stabilizer(history, snapshot)?;
        let snapshot = self.snapshots[snapshot as usize];
        let Columns { locals, group, closure, decisions, .. } = self;
        let orbits = Orbits { group, stabilizer: &stabilizer };
        for (local, _) in &mut seeds {
            *local = orbits.first(locals, *local)?.0;
        }
        let mut profile = Profile::default();
        let mut sends: Vec<(SendingId, Seeds)> = Vec::new();
        let mut size = 0;
        let mut ends = PhaseEnds::default();
        let one_phase = locals.is_one_phase();
        let visits = |locals: &mut Locals<'_>, orbits: &Orbits<'_>, visit: Visit| match visit {
            Visit::Event { reaction: Reaction::Sends(next, sending), price, .. } => {
                let place = sends.iter().position(|(known, _)| *known == sending);
                let place = place.unwrap_or_else(|| {
                    sends.push((sending, Seeds::default()));
                    sends.len() - 1
                });
                let known = sends[place].1.entry(next).or_insert(price);
                *known = price.min(*known);
                Ok(())
            }
            Visit::Event { reaction: Reaction::Fails(_), price, .. } => {
                profile.fails(price);
                Ok(())
            }
            Visit::Event { .. } => Ok(()),
            Visit::State { local, price, quiet } => {
                size += orbits.first(locals, local)?.1;
                match locals.decision(local) {
                    Err(_) => profile.fails(price),
                    Ok(decision) => {
                        if one_phase {
                            ends.meet(locals.stage(local), decision);
                        }
                        let decision = decision.map(|made| decisions.insert_full(made).0 as u32);
                        profile.allow(Possibility { quiet: false, decision, price });
                        // In a later phase the general may go on.
                        if quiet && !one_phase {
                            profile.allow(Possibility { quiet, decision, price });
                        }
                    }
                }
                Ok(())
            }
        };
        closure.search(locals, &orbits, &seeds, snapshot, budget, visits)?;
        profile.choices.sort_unstable();
        self.total += size as u64;
        let profile = self.profiles.insert_full(profile).0 as ProfileId;
        let sends = self.unfolded(sends, &stabilizer)?;
        let ends = self.unfolded_ends(&ends.left(self.all_ends), &stabilizer)?;
        let sends =
            sends.into_iter().map(|(sending, seeds)| (sending, seeds.into_iter().collect()));
        Ok(Contents { size, profile, ends, sends: sends.collect() })
    }

    /// The same history with every snapshot replaced by what can be heard by now, wherever that leaves the current set
    /// of local states unchanged. (Sets grow with snapshots, so sets of equal size are equal.)
    pub fn raised(
        &mut self,
        history: HistoryId,
        now: SnapshotId,
        budget: &mut StepBudget<'_>,
    ) -> Result<HistoryId, Stop> {
        if self.last(history).is_none() {
            return Ok(history);
        }
        if let Some(known) = self.raised.get(&(history, now)) {
            return Ok(*known);
        }
        let (contents, _) = self.contents(history, now, budget)?;
        let size = self.at(contents).size;
        let mut raised = history;
        for stage in 0..self.stages(history) {
            let higher = self.raised_at(raised, stage, now);
            if higher != raised {
                let (contents, _) = self.contents(higher, now, budget)?;
                if self.at(contents).size == size {
                    raised = higher;
                }
            }
        }
        self.raised.insert((history, now), raised);
        Ok(raised)
    }

    /// How many sendings a history has.
    fn stages(&self, mut history: HistoryId) -> usize {
        let mut stages = 0;
        while let Some(SentStage { before, .. }) = self.last(history) {
            (history, stages) = (before, stages + 1);
        }
        stages
    }

    /// The same history with this snapshot at the sending that is `back` before the last.
    fn raised_at(&mut self, history: HistoryId, back: usize, now: SnapshotId) -> HistoryId {
        let stage = self.last(history).expect("so much was sent");
        let raised = match back.checked_sub(1) {
            None => SentStage { snapshot: now, ..stage },
            Some(back) => SentStage { before: self.raised_at(stage.before, back, now), ..stage },
        };
        self.after(raised)
    }
}

/// How a phase can end, as far as is known.
#[derive(Default)]
struct PhaseEnds {
    ended: IndexMap<EndedId, Option<DecisionId>, FxBuildHasher>,
    stuck: IndexSet<Option<DecisionId>, FxBuildHasher>,
}

impl PhaseEnds {
    fn meet(&mut self, stage: Stage, decision: Option<DecisionId>) {
        match PhaseEnd::of(stage, decision) {
            PhaseEnd::Ended(ended) => drop(self.ended.insert(ended, decision)),
            PhaseEnd::Stuck(decision) => drop(self.stuck.insert(decision)),
        }
    }

    /// All ends, or only those that no other covers: a general that stays behind is covered by one that begins the next
    /// phase with the same decision, and is never heard in it.
    fn left(&self, all: bool) -> Vec<PhaseEnd> {
        let covered = |made: &Option<DecisionId>| self.ended.values().contains(made);
        let stuck = self.stuck.iter().filter(|made| all || !covered(made));
        let ended = self.ended.keys().map(|ended| PhaseEnd::Ended(*ended));
        ended.chain(stuck.map(|made| PhaseEnd::Stuck(*made))).collect()
    }
}

impl Profile {
    pub fn fails(&mut self, price: HeardPrice) {
        self.fault = Some(self.fault.map_or(price, |known| known.min(price)));
    }

    pub fn allow(&mut self, choice: Possibility) {
        let same = |known: &&mut Possibility| {
            (known.quiet, known.decision) == (choice.quiet, choice.decision)
        };
        match self.choices.iter_mut().find(same) {
            Some(known) => known.price = known.price.min(choice.price),
            None => self.choices.push(choice),
        }
    }
}
