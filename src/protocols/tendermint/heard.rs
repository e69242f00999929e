//! What a general has heard in one round of Tendermint.

use std::collections::BTreeSet;

use crate::general::Generals;
use crate::order::Order;

/// What was heard in one round: by order, and nil last, who said it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct RoundVotes {
    pub proposals: BTreeSet<(Order, Option<u32>)>,
    pub prevotes: [Generals; 3],
    pub precommits: [Generals; 3],
}

/// The place of an order among those, or of nil.
pub(super) fn place(vote: Option<Order>) -> usize {
    vote.map_or(2, |order| usize::from(order == Order::ATTACK))
}

/// What can stand there.
pub(super) const VOTES: [Option<Order>; 3] = [Some(Order::RETREAT), Some(Order::ATTACK), None];

/// All who have voted.
pub(super) fn all(votes: &[Generals; 3]) -> Generals {
    votes.iter().flat_map(|voters| voters.iter()).collect()
}
