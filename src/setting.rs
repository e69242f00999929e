//! A setting: who can talk to whom, and what the enemy may do.

use crate::adversary::Adversary;
use crate::graph::Graph;

/// Who can talk to whom, and what the enemy may do among them.
///
/// ```
/// use turncoat::{Adversary, Setting};
///
/// let of_traitors = Setting::new(4, 1);
/// let any_order = Adversary { any_order: true, ..of_traitors.adversary };
/// assert!(of_traitors != Setting { adversary: any_order, ..of_traitors.clone() });
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// Who can talk to whom.
    pub graph: Graph,
    /// The enemy.
    pub adversary: Adversary,
}

impl Setting {
    /// So many generals, or a graph of them, at most `f` of whom are Byzantine traitors: see
    /// [`Adversary::at_most`].
    #[must_use]
    pub fn new(graph: impl Into<Graph>, f: usize) -> Setting {
        Setting { graph: graph.into(), adversary: Adversary::at_most(f) }
    }

    /// How many generals there are, the commander included.
    #[must_use]
    pub fn n(&self) -> usize {
        self.graph.n()
    }
}
