//! Votes for orders, view by view: what generals remember in PBFT and its successors.

use std::collections::BTreeMap;

use crate::general::{General, Generals, Swap};
use crate::order::Order;

/// Who has voted for what, in which view.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct Votes(BTreeMap<(u32, Order), Generals>);

impl Votes {
    /// A general has voted for an order in a view.
    pub fn note(&mut self, view: u32, order: Order, by: General) {
        let generals = self.0.entry((view, order)).or_default();
        *generals = generals.with(by);
    }

    /// Who has voted for an order in a view.
    pub fn of(&self, view: u32, order: Order) -> Generals {
        self.0.get(&(view, order)).copied().unwrap_or_default()
    }

    /// The voters, by view and order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Order, Generals)> {
        self.0.iter().map(|((view, order), by)| (*view, *order, *by))
    }

    /// Forgets the votes of views before this one.
    pub fn forget_before(&mut self, view: u32) {
        self.0.retain(|(other, _), _| *other >= view);
    }

    /// This order is proposed in a view: forgets the votes for any other order up to that view.
    pub fn keep_only(&mut self, view: u32, order: Order) {
        self.0.retain(|(other, voted), _| *other > view || *voted == order);
    }

    /// The same votes, with voters renamed.
    pub fn swap(&mut self, swap: Swap) {
        self.0.values_mut().for_each(|voters| *voters = swap.of_all(*voters));
    }
}
