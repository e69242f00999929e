//! A block, together with the chain that it ends: what generals vote for in Simplex and in chained HotStuff.

use crate::order::Order;

/// A block that is not a dummy, together with the chain that it ends. The chain is about one order, which its first
/// block brings.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Block {
    /// Its height: the iteration or view in which it is proposed, from 1.
    pub height: u32,
    /// The heights of the earlier non-dummy blocks in its chain, in order, without the genesis block.
    pub after: Vec<u32>,
    /// The order of its chain.
    pub order: Order,
}

impl Block {
    /// The first block of a chain.
    pub(super) fn first(height: u32, order: Order) -> Block {
        Block { height, after: Vec::new(), order }
    }

    /// The non-dummy block before it, unless that is the genesis block.
    pub(super) fn parent(&self) -> Option<Block> {
        let (&height, after) = self.after.split_last()?;
        Some(Block { height, after: after.to_vec(), order: self.order })
    }

    /// A block of this height on top of it.
    pub(super) fn extended(&self, height: u32) -> Block {
        let after = self.after.iter().copied().chain([self.height]).collect();
        Block { height, after, order: self.order }
    }

    /// All possible blocks up to this height.
    pub(super) fn all(highest: u32) -> impl Iterator<Item = Block> {
        let of = |(height, order): (u32, Order)| {
            let chains = itertools::Itertools::powerset(1..height);
            chains.map(move |after| Block { height, after, order })
        };
        itertools::iproduct!(1..=highest, Order::first(2)).flat_map(of)
    }
}
