//! The function that turns votes into one value ("majority" in the paper on oral messages).

use std::cmp::Reverse;
use std::fmt::{self, Display};

use arrayvec::ArrayVec;
use itertools::Itertools;

use crate::general::Generals;

/// The function that turns votes into one value ("majority" in the paper, whose examples are the first two). Any
/// function works that returns v if more than half of the votes are v.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Choice {
    /// The order with more than half of the votes, else RETREAT.
    #[default]
    Majority,
    /// The median of the votes.
    Median,
    /// The order with the most votes; the smallest, if several have equally many.
    Plurality,
}

impl Choice {
    /// The chosen value; there must be at least one vote.
    pub(super) fn common<'v, V: Ord>(
        self,
        default: &'v V,
        votes: impl Iterator<Item = &'v V> + Clone,
    ) -> &'v V {
        match self {
            Choice::Majority => majority(votes).unwrap_or(default),
            // The lower one of the two middle votes.
            Choice::Median => {
                let votes = votes.sorted_unstable().collect::<ArrayVec<_, { Generals::MAX }>>();
                votes[(votes.len() - 1) / 2]
            }
            Choice::Plurality => {
                let counts = votes.sorted_unstable().dedup_with_count();
                counts.min_by_key(|&(count, _)| Reverse(count)).expect("there is a vote").1
            }
        }
    }
}

/// The value of more than half of the votes, if there is one: only that one can be left when votes for different values
/// cancel each other out (Boyer and Moore, "MJRTY", 1981).
pub(super) fn majority<'v, V: Eq>(votes: impl Iterator<Item = &'v V> + Clone) -> Option<&'v V> {
    let has_most = |candidate: &V| {
        let count = |(all, for_it), vote| (all + 1, for_it + u32::from(vote == candidate));
        let (all, for_it) = votes.clone().fold((0, 0), count);
        2 * for_it > all
    };
    let mut others = votes.clone();
    let first = others.next()?;
    // If hardly anybody lies, this saves half of the work.
    if has_most(first) {
        return Some(first);
    }
    let (candidate, _) = others.fold((first, 1), |(candidate, lead), vote| match lead {
        _ if candidate == vote => (candidate, lead + 1),
        0 => (vote, 1),
        _ => (candidate, lead - 1),
    });
    has_most(candidate).then_some(candidate)
}

impl Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Choice::Majority => "strict majority, else the default",
            Choice::Median => "median",
            Choice::Plurality => "plurality, the smallest of several",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Order;

    fn decided(choice: Choice, values: u8, votes: &[usize]) -> Order {
        let orders = Order::first(values.into());
        let votes = votes.iter().map(|&vote| &orders[vote]);
        *choice.common(&orders[0], votes)
    }

    #[test]
    fn the_common_functions() {
        let order = |number: usize| Order::first(4)[number];
        for choice in [Choice::Majority, Choice::Median, Choice::Plurality] {
            assert_eq!(decided(choice, 4, &[2, 0, 2, 3, 2]), order(2), "{choice:?}");
            assert_eq!(decided(choice, 4, &[3]), order(3), "{choice:?}");
        }
        assert_eq!(decided(Choice::Majority, 4, &[1, 1, 3, 3]), order(0));
        assert_eq!(decided(Choice::Median, 4, &[1, 1, 3, 3]), order(1));
        assert_eq!(decided(Choice::Median, 4, &[3, 2, 1]), order(2));
        assert_eq!(decided(Choice::Plurality, 4, &[3, 3, 1, 1, 2]), order(1));
    }
}
