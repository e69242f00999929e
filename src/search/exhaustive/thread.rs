//! What each thread has for itself, and what it leaves to later threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::global_state::Store;
use super::memo::Memo;
use crate::machine::{Machine, Memory, MessageId, StateId, Worker};
use crate::search::budget::StepBudget;
use crate::testable::Wire;

/// What finished threads have learned, for the threads after them.
#[derive(Default)]
pub(crate) struct Pool {
    pub(super) known: Mutex<Vec<(Memory, Memo)>>,
    stores: AtomicU64,
}

impl Pool {
    /// An empty store.
    pub fn store<'a>(&self, machine: &'a dyn Machine) -> Store<'a> {
        Store::numbered(self.stores.fetch_add(1, Ordering::Relaxed) + 1, machine)
    }

    /// Forgets what was learned: later threads start anew.
    pub fn forget(&self) {
        if let Ok(mut known) = self.known.lock() {
            known.clear();
        }
    }
}

/// What one thread has for itself.
pub(crate) struct Thread<'a> {
    /// Asks the protocol.
    pub worker: Worker<'a>,
    pub memo: Memo,
    /// Counts the calls to the protocol.
    pub budget: StepBudget<'a>,
    /// The first thing that an obeying traitor would say and that the repertoire has no place for.
    pub lacking: Option<(Wire, MessageId)>,
}

impl Thread<'_> {
    /// The worker's number for a state of the store.
    pub fn adopt(&mut self, store: &Store<'_>, state: Option<StateId>) -> Option<StateId> {
        self.memo.speak_of(store.number);
        let (state, adopted) = (state?, &mut self.memo.adopted);
        if let Some(Some(known)) = adopted.get(state.place()) {
            return Some(*known);
        }
        adopted.resize(adopted.len().max(state.place() + 1), None);
        let own = self.worker.table.adopt(&*store.table, state);
        adopted[state.place()] = Some(own);
        Some(own)
    }

    /// The store's number for a state of the worker.
    pub fn put(&mut self, store: &mut Store<'_>, state: Option<StateId>) -> Option<StateId> {
        self.memo.speak_of(store.number);
        let (state, stored) = (state?, &mut self.memo.stored);
        if let Some(Some(known)) = stored.get(state.place()) {
            return Some(*known);
        }
        stored.resize(stored.len().max(state.place() + 1), None);
        let put = store.table.adopt(&*self.worker.table, state);
        stored[state.place()] = Some(put);
        Some(put)
    }

    /// Does work whose steps were already counted.
    pub fn uncounted<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let unlimited = self.budget.unlimited();
        let budget = std::mem::replace(&mut self.budget, unlimited);
        let done = work(self);
        self.budget = budget;
        done
    }

    /// Forgets what takes too much room. After that, the state numbers that the worker has given are no longer valid.
    pub fn make_room(&mut self) {
        if self.worker.make_room() {
            self.memo.forget_states();
        }
        self.memo.make_room();
    }
}
