//! Where an execution stands when a round begins, by numbers.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::machine::{Machine, StateId, StateTable};
use crate::search::choices::signature_set::SignatureSet;

/// The global states that were met so far are made of these, by number. Threads share it.
pub(crate) struct Store<'a> {
    pub(super) number: u64,
    /// The states of all generals.
    pub table: Box<dyn StateTable + 'a>,
    /// What the enemy has overheard.
    pub overheard: IndexSet<SignatureSet, FxBuildHasher>,
}

impl<'a> Store<'a> {
    /// With nothing in it. Each needs a number of its own.
    pub(super) fn numbered(number: u64, machine: &'a dyn Machine) -> Store<'a> {
        Store { number, table: machine.table(None), overheard: IndexSet::default() }
    }

    pub fn signatures(&self, global: &GlobalState) -> &SignatureSet {
        &self.overheard[global.overheard as usize]
    }
}

/// Where the execution stands when a round begins.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct GlobalState {
    /// For each general, the number of its state. Who has crashed has none, and neither has who is not
    /// followed.
    pub states: Box<[Option<StateId>]>,
    /// The number of what the enemy has overheard.
    pub overheard: u32,
    /// Which of the disrupted messages of the case have been said, by place.
    pub said: u64,
}
