//! The nodes that are kept: each is at the end of one history.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How many nodes are kept.
const MOST: usize = 256;

/// The most recent nodes, by the digest of their history.
pub(super) struct LiveNodes<N>(Mutex<ByHistory<N>>);

struct ByHistory<N> {
    nodes: HashMap<[u64; 2], N>,
    /// The digests in order of arrival; some of their nodes are gone.
    came: VecDeque<[u64; 2]>,
}

impl<N> LiveNodes<N> {
    pub fn new() -> LiveNodes<N> {
        LiveNodes(Mutex::new(ByHistory { nodes: HashMap::new(), came: VecDeque::new() }))
    }

    /// Takes a node out.
    pub fn take(&self, history: [u64; 2]) -> Option<N> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).nodes.remove(&history)
    }

    /// Puts a node in.
    pub fn put(&self, history: [u64; 2], node: N) {
        let mut live = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ByHistory { nodes, came } = &mut *live;
        nodes.insert(history, node);
        came.push_back(history);
        let mut gone = Vec::new();
        while came.len() > MOST {
            gone.extend(came.pop_front().and_then(|oldest| nodes.remove(&oldest)));
        }
        drop(live);
        // Dropping a node may run any code, so drop it without the lock.
        drop(gone);
    }
}
