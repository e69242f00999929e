//! A setting: who can talk to whom, and what the enemy may do.

use crate::adversary::Adversary;
use crate::graph::Graph;

/// Who can talk to whom, and what the enemy may do among them.
///
/// ```
/// use turncoat::{Adversary, Setting};
///
/// let any_order = Setting::new(4, Adversary::byzantine(1).any_order());
/// assert_ne!(any_order, Setting::new(4, 1));
/// assert_eq!(Setting::new(4, 1), Setting::new(4, Adversary::byzantine(1)));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// Who can talk to whom.
    pub graph: Graph,
    /// The enemy.
    pub adversary: Adversary,
}

impl Setting {
    /// A setting with a number of generals, or a graph of them, and an adversary, or the maximum number of
    /// [Byzantine](Adversary::byzantine) traitors.
    #[must_use]
    pub fn new(graph: impl Into<Graph>, adversary: impl Into<Adversary>) -> Setting {
        Setting { graph: graph.into(), adversary: adversary.into() }
    }

    /// How many generals there are, the commander included.
    #[must_use]
    pub fn n(&self) -> usize {
        self.graph.n()
    }
}
