//! A setting: how many generals there are, and what the enemy may do.

use crate::adversary::Adversary;

/// How many generals there are, and what the enemy may do among them.
///
/// ```
/// use turncoat::{Adversary, Setting};
///
/// let of_traitors = Setting::new(4, 1);
/// let any_order = Adversary { any_order: true, ..of_traitors.adversary };
/// assert!(of_traitors != Setting { adversary: any_order, ..of_traitors });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setting {
    /// How many generals, the commander included.
    pub n: usize,
    /// The enemy.
    pub adversary: Adversary,
}

impl Setting {
    /// `n` generals, at most `f` of whom are Byzantine traitors: see [`Adversary::at_most`].
    #[must_use]
    pub fn new(n: usize, f: usize) -> Setting {
        Setting { n, adversary: Adversary::at_most(f) }
    }
}
