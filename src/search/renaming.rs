//! Generals who are alike, renamed: which cases stand for others, who stands alike in a global state,
//! and which of its successors can be renamed into each other.
//!
//! Two generals stand alike in a global state if it is the same when they change places. Whatever the
//! enemy does to one of them it can do to the other: so of the successors, which are a choice for each
//! general, those are gone through in which the choices of those who stand alike are in order. (All
//! that is gone through happens to the generals who have these names: nothing is to be renamed in
//! what is found.)

use indexmap::IndexSet;
use itertools::Itertools;
use petgraph::unionfind::UnionFind;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::case::Case;
use super::ground::{Book, Global, NOT_FOLLOWED};
use super::received::Branch;
use crate::adversary::Adversary;
use crate::count::Count;
use crate::general::{General, Generals, Swap};
use crate::outcome::Task;
use crate::protocol::{Lockstep, Plain};
use crate::testable::{Refusal, Symmetric, Terms, Testable, described};

/// Who are alike from the start, and how they are renamed.
#[derive(Clone)]
pub(crate) struct Symmetry<'a, M, S> {
    claim: &'a dyn Symmetric<M, S>,
    /// Those who can change places without changing the setting, by kind.
    kinds: Vec<Generals>,
}

/// The symmetry of a protocol.
pub(crate) type SymmetryOf<'a, P> = Symmetry<'a, <P as Lockstep>::Message, <P as Lockstep>::State>;

impl<'a, M, S> Symmetry<'a, M, S> {
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
        let suspects = adversary.suspects(everybody);
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
        Ok((!kinds.is_empty()).then_some(Symmetry { claim, kinds }))
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

impl<M, S: Plain> Symmetry<'_, M, S> {
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
                        let swapped =
                            described("swapped_state", || self.claim.swapped_state(state, swap));
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

/// Renames the states of a book.
pub(super) struct Renamer<'a, P: Testable> {
    symmetry: Option<&'a SymmetryOf<'a, P>>,
    /// The states that were renamed before, by number.
    renamed: FxHashMap<(u32, Swap), u32>,
}

impl<'a, P: Testable> Renamer<'a, P> {
    /// Without a symmetry nobody is alike.
    pub fn new(symmetry: Option<&'a SymmetryOf<'a, P>>) -> Renamer<'a, P> {
        Renamer { symmetry, renamed: FxHashMap::default() }
    }

    fn swapped(&mut self, state: u32, swap: Swap, book: &mut Book<P>) -> Result<u32, Refusal> {
        let Some(Symmetry { claim, .. }) = self.symmetry else { return Ok(state) };
        if let Some(renamed) = self.renamed.get(&(state, swap)) {
            return Ok(*renamed);
        }
        let renamed = match &book.states[state as usize] {
            Some(state) => Some(described("swapped_state", || claim.swapped_state(state, swap))?),
            None => None,
        };
        let renamed = book.number(renamed);
        self.renamed.insert((state, swap), renamed);
        Ok(renamed)
    }

    /// Whether a global state is the same when two generals have changed places.
    fn changes_nothing(
        &mut self,
        global: &Global,
        swap: Swap,
        book: &mut Book<P>,
    ) -> Result<bool, Refusal> {
        let Global { states, .. } = global;
        for (general, state) in states.iter().enumerate() {
            if *state != NOT_FOLLOWED {
                let there = states[swap.of(General::new(general)).id()];
                if self.swapped(*state, swap, book)? != there {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Who of these stand alike in a global state: at least two each time.
    pub fn alike(
        &mut self,
        global: &Global,
        these: Generals,
        book: &mut Book<P>,
    ) -> Result<Vec<Generals>, Refusal> {
        let mut all = Vec::new();
        let Some(symmetry) = self.symmetry else { return Ok(all) };
        for kind in &symmetry.kinds {
            let mut left = kind.minus(kind.minus(these));
            while let Some(first) = left.iter().next() {
                let mut alike = Generals::NONE.with(first);
                for other in left.without(first).iter() {
                    if self.changes_nothing(global, Swap::between(first, other), book)? {
                        alike = alike.with(other);
                    }
                }
                left = left.minus(alike);
                if alike.len() > 1 {
                    all.push(alike);
                }
            }
        }
        Ok(all)
    }

    /// What those who stand alike can come to, by kind; for each receiver there are the numbers of
    /// the states it can come to.
    ///
    /// Renaming those who stand alike with the first of them takes a choice of its own to another of
    /// its own if it speaks of them: those are of one kind.
    pub fn kinds(
        &mut self,
        global: &Global,
        (loyal, traitors): (Generals, Generals),
        choices: &[(General, IndexSet<u32, FxBuildHasher>)],
        book: &mut Book<P>,
    ) -> Result<Kinds, Refusal> {
        let mut kinds = Kinds::none();
        if self.symmetry.is_none() {
            return Ok(kinds);
        }
        let each = |(_, states): &(_, IndexSet<_, _>)| Kind {
            before: None,
            of: (0..states.len()).collect(),
        };
        kinds.kinds = choices.iter().map(each).collect();
        let place = |general: General| choices.iter().position(|(to, _)| *to == general);
        for alike in self.alike(global, loyal, book)? {
            let places = alike.iter().filter_map(place).collect_vec();
            let Some((&first, others)) = places.split_first() else { continue };
            let mut classes = UnionFind::<usize>::new(choices[first].1.len());
            for (one, other) in others.iter().tuple_windows() {
                let swap = Swap::between(choices[*one].0, choices[*other].0);
                let renamed = self.renamed(&choices[first], &choices[first], swap, book)?;
                renamed.into_iter().enumerate().for_each(|(pick, renamed)| {
                    classes.union(pick, renamed);
                });
            }
            let classes = classes.into_labeling();
            let firsts = (0..classes.len()).rev().map(|pick| (classes[pick], pick));
            let firsts: FxHashMap<_, _> = firsts.collect();
            let kind = |pick: usize| firsts[&classes[pick]];
            kinds.kinds[first].of = (0..classes.len()).map(kind).collect();
            for (before, place) in places.iter().tuple_windows() {
                let swap = Swap::between(choices[first].0, choices[*place].0);
                let renamed = self.renamed(&choices[*place], &choices[first], swap, book)?;
                let of = renamed.into_iter().map(kind).collect();
                kinds.kinds[*place] = Kind { before: Some(*before), of };
            }
        }
        // Where traitors are followed they come to something themselves.
        let followed = choices.iter().any(|(to, _)| traitors.contains(*to));
        let traitors = if followed { Generals::NONE } else { traitors };
        for alike in self.alike(global, traitors, book)? {
            for (one, other) in alike.iter().tuple_windows() {
                let swap = Swap::between(one, other);
                let renamed = choices.iter().map(|own| self.renamed(own, own, swap, book));
                kinds.mirrors.push(renamed.collect::<Result<_, _>>()?);
            }
        }
        Ok(kinds)
    }

    /// What the choices of one general are when two have changed places, among those of the one who
    /// stands there then.
    fn renamed(
        &mut self,
        (one, from): &(General, IndexSet<u32, FxBuildHasher>),
        (other, to): &(General, IndexSet<u32, FxBuildHasher>),
        swap: Swap,
        book: &mut Book<P>,
    ) -> Result<Vec<usize>, Refusal> {
        let renamed = from.iter().map(|state| {
            let renamed = self.swapped(*state, swap, book)?;
            let unlike = Refusal::Unlike { one: *one, other: *other };
            to.get_index_of(&renamed).ok_or(unlike)
        });
        renamed.collect()
    }
}

/// Of what kinds the choices of each receiver are, in a global state in which some stand alike.
pub(super) struct Kinds {
    /// By receiver. There are none where nobody stands alike.
    kinds: Vec<Kind>,
    /// For each two traitors who stand alike, by receiver: what its choices are when those have changed
    /// places.
    mirrors: Vec<Vec<Vec<usize>>>,
}

struct Kind {
    /// The place of the receiver before this one among those who stand alike.
    before: Option<usize>,
    /// Of what kind each choice is: the first one of its kind.
    of: Vec<usize>,
}

impl Kinds {
    /// Nobody stands alike.
    pub fn none() -> Kinds {
        Kinds { kinds: Vec::new(), mirrors: Vec::new() }
    }

    /// Whether after these picks, one for each receiver, the next one comes in order.
    pub fn in_order(&self, picks: &[usize], pick: usize) -> bool {
        let Some(Kind { before: Some(before), of }) = self.kinds.get(picks.len()) else {
            return true;
        };
        self.kinds[*before].of[picks[*before]] <= of[pick]
    }

    /// Whether these picks, which are in order, come before what they are when two traitors have
    /// changed places, put in order.
    pub fn come_first(&self, picks: &[usize]) -> bool {
        let kind = |(kind, pick): (&Kind, &usize)| kind.of[*pick];
        let kinds = self.kinds.iter().zip(picks).map(kind).collect_vec();
        self.mirrors.iter().all(|mirror| {
            let mirrored = mirror.iter().zip(picks).map(|(mirror, pick)| mirror[*pick]);
            let mut mirrored =
                self.kinds.iter().zip(mirrored).map(|(kind, pick)| kind.of[pick]).collect_vec();
            // Those who stand alike are few: each sinks to its place among those before it.
            for at in 0..mirrored.len() {
                let mut at = at;
                while let Some(before) = self.kinds[at].before
                    && mirrored[before] > mirrored[at]
                {
                    mirrored.swap(before, at);
                    at = before;
                }
            }
            kinds <= mirrored
        })
    }
}
