//! Who are alike from the start, as the protocol says, and what stands in the place of what when two of
//! them have changed places.

use itertools::Itertools;
use petgraph::unionfind::UnionFind;
use rustc_hash::FxHashMap;

use super::case::Case;
use super::overheard::Overheard;
use super::received::Branch;
use crate::adversary::Adversary;
use crate::count::Count;
use crate::general::{General, Generals, Swap};
use crate::outcome::Task;
use crate::protocol::{Lockstep, Plain};
use crate::testable::{Refusal, Symmetric, Terms, described};

/// Who are alike from the start, and how they are renamed.
#[derive(Clone)]
pub(crate) struct Symmetry<'a, M, S> {
    claim: &'a dyn Symmetric<M, S>,
    /// Those who can change places without changing the setting, by kind.
    pub(super) kinds: Vec<Generals>,
    signatures: Option<Signatures>,
}

/// Signatures that are renamed, by number: those in what can stand in a slot. (What else is signed nobody
/// who is loyal accepts, or it does nothing that these can't do.)
#[derive(Clone)]
struct Signatures {
    all: Overheard,
    /// Which stands in the place of each when these two have changed places; itself if it is not renamed.
    renamed: FxHashMap<Swap, Vec<u32>>,
}

/// The symmetry of a protocol.
pub(crate) type SymmetryOf<'a, P> = Symmetry<'a, <P as Lockstep>::Message, <P as Lockstep>::State>;

impl<'a, M: Plain, S> Symmetry<'a, M, S> {
    /// By this claim, where it can be used: among Byzantine traitors, where no message is disrupted,
    /// and nothing is demanded that may hang on names.
    pub fn of<V>(
        claim: &'a dyn Symmetric<M, S>,
        terms: &Terms<V>,
        adversary: &Adversary,
    ) -> Result<Option<Symmetry<'a, M, S>>, Refusal> {
        let Terms { graph, task, inputs, demands, .. } = terms;
        let Adversary { faults, disruptions, .. } = adversary;
        if !faults.is_byzantine() || *disruptions > 0 || !demands.is_empty() {
            return Ok(None);
        }
        let everybody = graph.everybody();
        let suspects = adversary.suspects_among(everybody);
        let alike = described("alike", || claim.alike(graph.n()))?;
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
                && same(suspects)
                && everybody.iter().all(|of| neighbours(of) == graph.neighbours(swap.of(of)))
        };
        let mut kinds: Vec<Generals> = Vec::new();
        for general in alike.iter() {
            let first = |kind: &Generals| kind.iter().next();
            let kind = kinds
                .iter_mut()
                .find(|kind| first(kind).is_some_and(|first| changes_nothing(first, general)));
            match kind {
                Some(kind) => *kind = kind.with(general),
                None => kinds.push(Generals::NONE.with(general)),
            }
        }
        kinds.retain(|kind| kind.len() > 1);
        Ok((!kinds.is_empty()).then_some(Symmetry { claim, kinds, signatures: None }))
    }

    /// Each two who can change places.
    pub fn swaps(&self) -> impl Iterator<Item = Swap> + use<M, S> {
        let pairs = self.kinds.iter().flat_map(|kind| kind.iter().array_combinations());
        let swaps = pairs.map(|[one, other]| Swap::between(one, other));
        swaps.collect_vec().into_iter()
    }

    /// With the signatures, of so many, that are in these messages, each with their numbers.
    pub fn with_signatures(
        self,
        count: usize,
        messages: &[(&M, &[u32])],
        numbers: impl Fn(&M) -> Result<Vec<Option<u32>>, Refusal>,
    ) -> Result<Symmetry<'a, M, S>, Refusal> {
        let mut all = Overheard::none(count);
        messages.iter().flat_map(|(_, numbers)| *numbers).for_each(|number| all.add(*number));
        let mut signatures = Signatures { all, renamed: FxHashMap::default() };
        for swap in self.swaps() {
            let mut renamed = (0..count as u32).collect_vec();
            for (message, before) in messages {
                let swapped =
                    described("swapped_message", || self.claim.swapped_message(message, swap))?;
                let after: Option<Vec<u32>> = numbers(&swapped)?.into_iter().collect();
                let Some(after) = after.filter(|after| after.len() == before.len()) else {
                    let Swap { one, other } = swap;
                    let [message, renamed] = [message, &swapped].map(|one| format!("{one:?}"));
                    return Err(Refusal::Unsigned { one, other, message, renamed });
                };
                let pairs = before.iter().zip(after);
                pairs.for_each(|(number, swapped)| renamed[*number as usize] = swapped);
            }
            signatures.renamed.insert(swap, renamed);
        }
        Ok(Symmetry { signatures: Some(signatures), ..self })
    }

    /// What the enemy can show instead of this when two have changed places, as far as it is renamed.
    pub fn overheard(&self, overheard: &Overheard, swap: Swap) -> Option<Overheard> {
        let Signatures { all, renamed } = self.signatures.as_ref()?;
        Some(overheard.and(all).renamed(&renamed[&swap]))
    }

    /// The first signature, by number, that it can show then and not there, or the other way round; nothing
    /// if there is none.
    pub fn beside(&self, here: &Overheard, there: &Overheard, swap: Swap) -> Option<u32> {
        let Signatures { all, .. } = self.signatures.as_ref()?;
        self.overheard(here, swap)?.beside(&there.and(all))
    }

    /// What the one who stands there then holds instead of this state.
    pub fn state(&self, state: &S, swap: Swap) -> Result<S, Refusal> {
        described("swapped_state", || self.claim.swapped_state(state, swap))
    }

    /// For how many cases a case stands that can be renamed into it; nothing if another one does.
    ///
    /// It is the one whose traitors have the highest numbers: they are heard last, so that what the
    /// loyal say is heard before there is anything to choose.
    pub fn stands_for<V: PartialEq>(&self, case: &Case<V, M>, values: &[V]) -> Option<Count> {
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

impl<M: Plain, S: Plain> Symmetry<'_, M, S> {
    /// Which branches are the first of those that can be renamed into each other by these.
    pub fn firsts(
        &self,
        branches: &[Branch<Option<S>>],
        these: Generals,
    ) -> Result<Vec<bool>, Refusal> {
        let place_of = branches.iter().enumerate().map(|(place, branch)| (&branch.state, place));
        let place_of: FxHashMap<_, usize> = place_of.collect();
        let mut classes = UnionFind::<usize>::new(branches.len());
        for kind in self.kinds.iter().map(|kind| kind.minus(kind.minus(these))) {
            for one in kind.iter() {
                // The next one who is alike to this one in one branch is so in all, or there is none.
                for other in kind.iter().filter(|other| *other > one) {
                    let swap = Swap::between(one, other);
                    let renamed = branches.iter().map_while(|branch| {
                        let state = branch.state.as_ref()?;
                        let swapped = self.state(state, swap);
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
