//! Symmetry: who are alike from the start, as the protocol says, and what stands in the place of what
//! when two of them have changed places.
//! (`renaming`: who are alike in a global state; `symmetry_test`: whether those are who are said to be.)

pub(crate) mod renaming;
pub(crate) mod symmetry_test;

use itertools::Itertools;
use petgraph::unionfind::UnionFind;
use rustc_hash::FxHashMap;

use super::choices::initial::InitialChoices;
use super::choices::signature_set::SignatureSet;
use super::progress::Progress;
use crate::adversary::Adversary;
use crate::count::Count;
use crate::general::{General, Generals, Swap};
use crate::machine::{Machine, MessageId, StateId, Terms, ValueId, Worker};
use crate::outcome::Task;
use crate::testable::Refusal;

/// Who are alike from the start, and how they are renamed.
#[derive(Clone)]
pub(crate) struct Symmetry<'a> {
    machine: &'a dyn Machine,
    /// Those who can change places without changing the setting, by kind.
    pub(super) kinds: Vec<Generals>,
    signatures: Option<SignatureRenaming>,
}

/// Signatures that are renamed, by number: those in what can stand in a slot. (What else is signed nobody
/// who is loyal accepts, or it does nothing that these can't do.)
#[derive(Clone)]
struct SignatureRenaming {
    all: SignatureSet,
    /// Which stands in the place of each when these two have changed places; itself if it is not renamed.
    renamed: FxHashMap<Swap, Vec<u32>>,
}

/// These by kind: each with the first that it is like.
pub(crate) fn kinds(these: Generals, alike: impl Fn(General, General) -> bool) -> Vec<Generals> {
    let mut kinds: Vec<Generals> = Vec::new();
    for general in these.iter() {
        let like = |kind: &&mut Generals| kind.iter().next().is_some_and(|one| alike(one, general));
        match kinds.iter_mut().find(like) {
            Some(kind) => *kind = kind.with(general),
            None => kinds.push(Generals::NONE.with(general)),
        }
    }
    kinds
}

impl<'a> Symmetry<'a> {
    /// As the protocol claims, where that can be used: among Byzantine traitors, where no message is
    /// disrupted, and nothing is demanded that may hang on names.
    pub fn of(
        machine: &'a dyn Machine,
        terms: &Terms,
        adversary: &Adversary,
    ) -> Result<Option<Symmetry<'a>>, Refusal> {
        let Terms { graph, task, inputs, fixed, asked, .. } = terms;
        let Adversary { faults, disruptions, .. } = adversary;
        if !faults.is_byzantine() || *disruptions > 0 || asked.demands().next().is_some() {
            return Ok(None);
        }
        let everybody = graph.everybody();
        let suspects = adversary.suspects_among(everybody);
        let Some(alike) = machine.alike(graph.n())? else { return Ok(None) };
        let alike = everybody.minus(everybody.minus(alike));
        let alike = match task {
            Task::Broadcast => alike.without(General::COMMANDER),
            Task::Consensus => alike,
        };
        let changes_nothing = |one: General, other: General| {
            let swap = Swap::between(one, other);
            let same = |these: Generals| these.contains(one) == these.contains(other);
            let neighbours = |of: General| swap.of_all(graph.neighbours(of));
            same(*inputs)
                && fixed.get(&one) == fixed.get(&other)
                && same(suspects)
                && everybody.iter().all(|of| neighbours(of) == graph.neighbours(swap.of(of)))
        };
        let mut kinds = kinds(alike, changes_nothing);
        kinds.retain(|kind| kind.len() > 1);
        Ok((!kinds.is_empty()).then_some(Symmetry { machine, kinds, signatures: None }))
    }

    /// Each two who can change places.
    pub fn swaps(&self) -> impl Iterator<Item = Swap> + use<> {
        let pairs = self.kinds.iter().flat_map(|kind| kind.iter().array_combinations());
        let swaps = pairs.map(|[one, other]| Swap::between(one, other));
        swaps.collect_vec().into_iter()
    }

    /// Whether these two are alike from the start.
    pub fn are_alike(&self, one: General, other: General) -> bool {
        self.kinds.iter().any(|kind| kind.contains(one) && kind.contains(other))
    }

    /// Whether of those who are alike the last are these: [`stands_for`](Symmetry::stands_for) others.
    pub fn are_last(&self, these: Generals) -> bool {
        self.kinds.iter().all(|kind| kind.iter().map(|general| these.contains(general)).is_sorted())
    }

    /// With the signatures, of so many, that are in these messages, each with their numbers; nothing if
    /// it is told to stop first.
    pub fn with_signatures(
        self,
        count: usize,
        messages: &[(MessageId, &[u32])],
        numbers: impl Fn(MessageId) -> Result<Vec<Option<u32>>, Refusal>,
        progress: &Progress,
    ) -> Result<Option<Symmetry<'a>>, Refusal> {
        let mut all = SignatureSet::none(count);
        messages.iter().flat_map(|(_, numbers)| *numbers).for_each(|number| all.add(*number));
        let mut signatures = SignatureRenaming { all, renamed: FxHashMap::default() };
        for swap in self.swaps() {
            let mut renamed = (0..count as u32).collect_vec();
            for (message, before) in messages {
                if progress.is_stopped() {
                    return Ok(None);
                }
                let swapped = self.machine.swapped_message(*message, swap)?;
                let after: Option<Vec<u32>> = numbers(swapped)?.into_iter().collect();
                let Some(after) = after.filter(|after| after.len() == before.len()) else {
                    let Swap { one, other } = swap;
                    let [message, renamed] =
                        [*message, swapped].map(|one| self.machine.show_message(one));
                    return Err(Refusal::Unsigned { one, other, message, renamed });
                };
                let pairs = before.iter().zip(after);
                pairs.for_each(|(number, swapped)| renamed[*number as usize] = swapped);
            }
            signatures.renamed.insert(swap, renamed);
        }
        Ok(Some(Symmetry { signatures: Some(signatures), ..self }))
    }

    /// What the enemy can show instead of this when two have changed places, as far as it is renamed.
    pub fn overheard(&self, overheard: &SignatureSet, swap: Swap) -> Option<SignatureSet> {
        let SignatureRenaming { all, renamed } = self.signatures.as_ref()?;
        Some(overheard.and(all).renamed(&renamed[&swap]))
    }

    /// The first signature, by number, that it can show then and not there, or the other way round; nothing
    /// if there is none.
    pub fn beside(&self, here: &SignatureSet, there: &SignatureSet, swap: Swap) -> Option<u32> {
        let SignatureRenaming { all, .. } = self.signatures.as_ref()?;
        self.overheard(here, swap)?.beside(&there.and(all))
    }

    /// For how many cases a case stands that can be renamed into it; nothing if another one does.
    ///
    /// It is the one whose traitors have the highest numbers: they are heard last, so that what the
    /// loyal say is heard before there is anything to choose.
    pub fn stands_for(&self, case: &InitialChoices, values: &[ValueId]) -> Option<Count> {
        let role = |general: General| {
            let input = case.inputs.get(&general);
            let input = input.and_then(|input| values.iter().position(|value| value == input));
            (case.traitors.contains(general), input)
        };
        let mut ways = Vec::new();
        for kind in &self.kinds {
            let roles = kind.iter().map(role).collect_vec();
            if !roles.is_sorted() {
                return None;
            }
            let mut left = kind.len();
            for (count, _) in roles.into_iter().dedup_with_count() {
                ways.push(Count::from(num_integer::binomial(left as u64, count as u64)));
                left -= count;
            }
        }
        Some(ways.into_iter().product())
    }
}

impl Symmetry<'_> {
    /// Which of different states are the first of those that can be renamed into each other by these.
    pub fn firsts(
        &self,
        worker: &mut Worker<'_>,
        states: &[Option<StateId>],
        these: Generals,
    ) -> Result<Vec<bool>, Refusal> {
        let place_of = states.iter().enumerate().map(|(place, state)| (*state, place));
        let place_of: FxHashMap<_, usize> = place_of.collect();
        let mut classes = UnionFind::<usize>::new(states.len());
        for kind in self.kinds.iter().map(|kind| kind.minus(kind.minus(these))) {
            for one in kind.iter() {
                // The next one who is alike to this one in one state is so in all, or there is none.
                for other in kind.iter().filter(|other| *other > one) {
                    let swap = Swap::between(one, other);
                    let renamed = states.iter().map_while(|state| {
                        let swapped = worker.swapped((*state)?, swap);
                        swapped.map(|swapped| place_of.get(&Some(swapped)).copied()).transpose()
                    });
                    let renamed: Vec<usize> = renamed.try_collect()?;
                    for (place, renamed) in renamed.iter().enumerate() {
                        classes.union(place, *renamed);
                    }
                    if !renamed.is_empty() {
                        break;
                    }
                }
            }
        }
        let classes = classes.into_labeling();
        let mut known = vec![false; classes.len()];
        Ok(classes.into_iter().map(|class| !std::mem::replace(&mut known[class], true)).collect())
    }
}
