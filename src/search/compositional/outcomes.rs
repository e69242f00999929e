//! The outcomes of a subtree: how many of the generals who hear its commander can take the second value from it, and
//! with how many lies.

/// A subtree, up to a renaming of the generals in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Node {
    /// How many of the generals that are not on the path are loyal.
    pub loyal: usize,
    /// How many of them are traitors.
    pub traitors: usize,
    /// Whether its commander is loyal.
    pub honest: bool,
    /// Whether its commander was told the second value.
    pub told: bool,
}

/// The price of what is impossible.
pub(super) const IMPOSSIBLE: u64 = u64::MAX;

/// The possible outcomes of a subtree.
#[derive(Clone, Debug)]
pub(super) struct Outcomes {
    /// The fewest lies, by the number of generals who take the second value.
    pub prices: Vec<u64>,
    /// The numbers of generals that are possible, as bits.
    pub possible: u64,
    /// The fewest lies for any number.
    pub cheapest: u64,
    /// For each number, the numbers at least as large that are worth trying for another subtree of the same kind: all
    /// but those where two numbers closer together, of the same sum, cost no more.
    pub beside: Vec<u64>,
}

impl Outcomes {
    /// Outcomes with these prices, by the number of generals who take the second value. At least one of them is
    /// possible.
    pub fn of(prices: Vec<u64>) -> Outcomes {
        let is_possible = |number: &usize| prices[*number] != IMPOSSIBLE;
        let possible = numbers((0..prices.len()).filter(is_possible));
        let cheapest = *prices.iter().min().expect("there is a price for none");
        let mut outcomes = Outcomes { prices, possible, cheapest, beside: Vec::new() };
        if outcomes.only().is_none() {
            let beside = |fewer| {
                let more = bits(possible).filter(|&more| more >= fewer);
                numbers(more.filter(|&more| !outcomes.are_closer(fewer, more)))
            };
            outcomes.beside = (0..outcomes.prices.len()).map(beside).collect();
        }
        outcomes
    }

    /// Whether two numbers closer together have the same sum and cost no more.
    fn are_closer(&self, fewer: usize, more: usize) -> bool {
        let price =
            |fewer: usize, more: usize| self.prices[fewer].saturating_add(self.prices[more]);
        let mut by = 1..=(more - fewer) / 2;
        by.any(|by| price(fewer + by, more - by) <= price(fewer, more))
    }

    pub fn fewest(&self) -> usize {
        self.possible.trailing_zeros() as usize
    }

    pub fn most(&self) -> usize {
        self.possible.ilog2() as usize
    }

    /// Whether all who hear the commander take the second value whatever happens, and whether one of them can.
    pub fn sways(&self) -> [bool; 2] {
        let hear = self.prices.len() - 1;
        [hear > 0 && self.fewest() == hear, self.most() > 0]
    }

    /// The value that all take, if it is always the same one.
    pub fn only(&self) -> Option<bool> {
        let [always, ever] = self.sways();
        (always == ever).then_some(always)
    }
}

/// The bits set at these places: the reverse of [`bits`].
pub(super) fn numbers(all: impl Iterator<Item = usize>) -> u64 {
    all.fold(0, |numbers, number| numbers | 1 << number)
}

/// The places of the bits that are set.
pub(super) fn bits(mut bits: u64) -> impl Iterator<Item = usize> + Clone {
    std::iter::from_fn(move || {
        let place = bits.trailing_zeros() as usize;
        let more = bits != 0;
        bits &= bits.wrapping_sub(1);
        more.then_some(place)
    })
}

#[cfg(test)]
mod tests {
    use itertools::Itertools;

    use super::*;

    /// What is worth trying beside each possible number.
    fn beside(prices: &[u64]) -> String {
        let outcomes = Outcomes::of(prices.to_vec());
        let beside = bits(outcomes.possible)
            .map(|number| format!("{number}: {}", bits(outcomes.beside[number]).join(" ")));
        beside.collect_vec().join(", ")
    }

    #[test]
    fn numbers_far_apart_are_tried_only_where_that_pays() {
        const NO: u64 = IMPOSSIBLE;
        for (prices, expected) in [
            ([0, 1, 2, 3], "0: 0 1, 1: 1 2, 2: 2 3, 3: 3"),
            ([0, 0, 0, 0], "0: 0 1, 1: 1 2, 2: 2 3, 3: 3"),
            ([0, NO, NO, 0], "0: 0 3, 3: 3"),
            ([0, 3, 4, 3], "0: 0 1 2 3, 1: 1 2 3, 2: 2 3, 3: 3"),
            ([2, 2, NO, 1], "0: 0 1 3, 1: 1 3, 3: 3"),
            ([NO, 7, NO, NO], "1: 1"),
        ] {
            assert_eq!(beside(&prices), expected, "{prices:?}");
        }
    }
}
