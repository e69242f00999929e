//! A pool of states that are no longer needed. To copy another state into one of them takes no new
//! memory, if the state's `clone_from` takes none: so a search asks for little memory once it is under
//! way.

/// So many are kept.
const MOST: usize = 1 << 12;

/// States that are no longer needed.
pub(crate) struct StatePool<S>(Vec<S>);

impl<S> Default for StatePool<S> {
    fn default() -> StatePool<S> {
        StatePool(Vec::new())
    }
}

impl<S: Clone> StatePool<S> {
    /// A copy of a state.
    pub fn copy(&mut self, state: &S) -> S {
        let Some(mut reused) = self.0.pop() else { return state.clone() };
        reused.clone_from(state);
        reused
    }

    /// These states are no longer needed.
    pub fn give(&mut self, states: impl IntoIterator<Item = S>) {
        let room = MOST.saturating_sub(self.0.len());
        let mut states = states.into_iter();
        self.0.extend(states.by_ref().take(room));
        states.for_each(drop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_made_of_what_is_no_longer_needed() {
        let mut pool = StatePool::default();
        let first = pool.copy(&vec![1, 2, 3]);
        let place = first.as_ptr();
        pool.give([first]);
        let second = pool.copy(&vec![4]);
        assert_eq!((second.as_ptr(), &second[..]), (place, &[4][..]));
        pool.give((0..MOST).map(|_| vec![5]));
        pool.give([vec![6]]);
        assert_eq!((pool.0.len(), pool.copy(&vec![7])), (MOST, vec![7]));
    }
}
