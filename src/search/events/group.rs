//! The renamings of a case: all permutations of generals who are alike and play the same role in it.

use itertools::Itertools;
use rustc_hash::FxHashMap;

use crate::general::{General, Generals, Swap};
use crate::search::choices::initial::InitialChoices;
use crate::search::symmetry::Symmetry;

/// The number of a renaming; 0 renames nobody.
pub(super) type RenamingId = u32;

/// The most renamings that are used: further generals who are alike keep their names.
const MOST: usize = 1_000;

/// The most generals of one kind that are permuted: with one more there would be too many renamings.
const MOST_ALIKE: usize = 6;

pub(super) struct Group {
    /// For each renaming: whom each general is renamed to.
    all: Vec<Vec<General>>,
    /// For each renaming: swaps that make it, one after the other.
    swaps: Vec<Vec<Swap>>,
    numbers: FxHashMap<Vec<General>, RenamingId>,
}

impl Group {
    /// The group that renames nobody.
    pub fn none(n: usize) -> Group {
        Group::of(n, &[])
    }

    /// The renamings of a case. With `by_inputs`, generals with different inputs play different roles.
    pub fn of_case(
        n: usize,
        case: &InitialChoices,
        symmetry: &Symmetry<'_>,
        by_inputs: bool,
    ) -> Group {
        let mut kinds = Vec::new();
        for kind in &symmetry.kinds {
            let part = |general: &General| {
                let traitor = case.traitors.contains(*general);
                let bound = by_inputs && !case.liars().contains(*general);
                let input = case.inputs.get(general).filter(|_| bound);
                (traitor, input.map(|input| input.place()))
            };
            let parts = kind.iter().into_group_map_by(part);
            let parts = parts.into_iter().sorted_unstable();
            kinds.extend(parts.map(|(_, these)| these.into_iter().collect::<Generals>()));
        }
        Group::of(n, &kinds)
    }

    fn of(n: usize, kinds: &[Generals]) -> Group {
        let first: Vec<General> = (0..n).map(General::new).collect();
        let mut all = vec![first];
        for kind in kinds {
            let mut these = kind.iter().take(MOST_ALIKE).collect_vec();
            while (1..=these.len()).product::<usize>() * all.len() > MOST {
                these.pop();
            }
            let permuted = all.iter().flat_map(|renaming| {
                let places = these.iter().copied().permutations(these.len());
                let these = &these;
                places.map(move |places| {
                    let mut renaming = renaming.clone();
                    these.iter().zip(places).for_each(|(one, other)| renaming[one.id()] = other);
                    renaming
                })
            });
            all = permuted.collect();
        }
        let swaps = all.iter().map(|renaming| swaps(renaming)).collect();
        let numbers = all.iter().cloned().zip(0..).collect();
        Group { all, swaps, numbers }
    }

    pub fn ids(&self) -> std::ops::Range<RenamingId> {
        0..self.all.len() as RenamingId
    }

    /// How many generals there are.
    pub fn generals(&self) -> usize {
        self.all[0].len()
    }

    pub fn is_trivial(&self) -> bool {
        self.all.len() == 1
    }

    pub fn renamed(&self, general: General, renaming: RenamingId) -> General {
        self.all[renaming as usize][general.id()]
    }

    /// The swaps that make a renaming, one after the other.
    pub fn swaps(&self, renaming: RenamingId) -> &[Swap] {
        &self.swaps[renaming as usize]
    }

    pub fn inverse(&self, renaming: RenamingId) -> RenamingId {
        let renaming = &self.all[renaming as usize];
        let mut inverse = renaming.clone();
        for (from, to) in renaming.iter().enumerate() {
            inverse[to.id()] = General::new(from);
        }
        self.numbers[&inverse]
    }

    /// First `one`, then `other`.
    pub fn product(&self, one: RenamingId, other: RenamingId) -> RenamingId {
        let both = self.all[one as usize].iter().map(|general| self.renamed(*general, other));
        self.numbers[&both.collect_vec()]
    }
}

/// A renaming as a sequence of swaps.
fn swaps(renaming: &[General]) -> Vec<Swap> {
    let mut swaps = Vec::new();
    let mut now: Vec<General> = (0..renaming.len()).map(General::new).collect();
    for place in 0..renaming.len() {
        if now[place] != renaming[place] {
            let swap = Swap::between(now[place], renaming[place]);
            now.iter_mut().for_each(|general| *general = swap.of(*general));
            swaps.push(swap);
        }
    }
    swaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_who_are_alike_some_keep_their_names() {
        assert_eq!(Group::of(64, &[Generals::first(64)]).ids(), 0..720);
    }

    #[test]
    fn renamings_are_a_group() {
        let of = |ids: &[usize]| ids.iter().map(|id| General::new(*id)).collect::<Generals>();
        let group = Group::of(6, &[of(&[1, 2, 4]), of(&[3, 5])]);
        assert_eq!(group.ids(), 0..12);
        for one in group.ids() {
            assert_eq!(group.product(one, group.inverse(one)), 0);
            for general in Generals::first(6).iter() {
                let swapped = group.swaps(one).iter().fold(general, |at, swap| swap.of(at));
                assert_eq!(swapped, group.renamed(general, one));
            }
        }
    }
}
