//! Symmetry: which generals are alike at the start, as the protocol claims, and what takes the place of what when two
//! of them change places. (`renaming`: who is alike in a global state; `symmetry_test`: whether the claim is true.)

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

/// Which generals are alike at the start, and how they are renamed.
#[derive(Clone)]
pub(crate) struct Symmetry<'a> {
    machine: &'a dyn Machine,
    /// The generals who can change places without changing the setting, by kind.
    pub(super) kinds: Vec<Generals>,
    signatures: Option<SignatureRenaming>,
}

/// Renames signatures, by number: those in messages that can stand in a slot. (A message with any other signature is
/// accepted by no loyal general, or does nothing that these messages can't do.)
#[derive(Clone)]
struct SignatureRenaming {
    all: SignatureSet,
    /// For each swap, which signature takes the place of each; a signature that is not renamed keeps its place.
    renamed: FxHashMap<Swap, Vec<u32>>,
}

/// Sorts generals by kind: each joins the first kind whose first general is like it.
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
    /// The symmetry that the protocol claims, if it can be used: the traitors are Byzantine, no message is disrupted,
    /// and no demand may depend on names.
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

    /// Each pair of generals who can change places.
    pub fn swaps(&self) -> impl Iterator<Item = Swap> + use<> {
        let pairs = self.kinds.iter().flat_map(|kind| kind.iter().array_combinations());
        let swaps = pairs.map(|[one, other]| Swap::between(one, other));
        swaps.collect_vec().into_iter()
    }

    /// Whether these two are alike at the start.
    pub fn are_alike(&self, one: General, other: General) -> bool {
        self.kinds.iter().any(|kind| kind.contains(one) && kind.contains(other))
    }

    /// Whether these are the last of each kind: such a set [stands for](Symmetry::stands_for) others.
    pub fn are_last(&self, these: Generals) -> bool {
        self.kinds.iter().all(|kind| kind.iter().map(|general| these.contains(general)).is_sorted())
    }

    /// Adds the renaming of the signatures in these messages, each given with the numbers of its signatures, of `count`
    /// in all. `None` if it is stopped first.
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

    /// What the adversary can show instead of `overheard` when two generals have changed places, as far as signatures
    /// are renamed.
    pub fn overheard(&self, overheard: &SignatureSet, swap: Swap) -> Option<SignatureSet> {
        let SignatureRenaming { all, renamed } = self.signatures.as_ref()?;
        Some(overheard.and(all).renamed(&renamed[&swap]))
    }

    /// The first signature, by number, that the adversary can show on only one side: `here` with the two generals
    /// swapped, or `there`. `None` if there is none.
    pub fn beside(&self, here: &SignatureSet, there: &SignatureSet, swap: Swap) -> Option<u32> {
        let SignatureRenaming { all, .. } = self.signatures.as_ref()?;
        self.overheard(here, swap)?.beside(&there.and(all))
    }

    /// How many cases this case represents: those that can be renamed into it. `None` if another case represents it.
    ///
    /// The representative is the case whose traitors have the highest numbers: they are heard last, so that what the
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
    /// Which of these distinct states are the first of those that renaming these generals turns into each other.
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
                // Whoever is like this general in one state is so in all of them: the next such general is enough.
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
