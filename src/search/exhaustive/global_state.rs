//! Where an execution stands when a round begins, in numbers.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::machine::{Machine, StateId, StateTable};
use crate::search::choices::signature_set::SignatureSet;

/// What the numbers in global states stand for. Threads share it.
pub(crate) struct Store<'a> {
    pub(super) number: u64,
    /// The states of all generals.
    pub table: Box<dyn StateTable + 'a>,
    /// The sets of signatures that the adversary has overheard.
    pub overheard: IndexSet<SignatureSet, FxBuildHasher>,
}

impl<'a> Store<'a> {
    /// An empty store. Each store needs a number of its own.
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
    /// For each general, the number of its state. A general who has crashed or is not followed has none.
    pub states: Box<[Option<StateId>]>,
    /// The number of the set of signatures that the adversary has overheard.
    pub overheard: u32,
    /// Which of the disrupted messages of the case have been said, by place.
    pub said: u64,
}
