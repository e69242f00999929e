//! Nodes that are live: each stands at the end of one history.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// So many are kept.
const MOST: usize = 256;

/// Nodes by the digest of their history; those that came last.
pub(super) struct LiveNodes<N>(Mutex<ByHistory<N>>);

struct ByHistory<N> {
    nodes: HashMap<[u64; 2], N>,
    /// In the order in which they came; some are gone.
    came: VecDeque<[u64; 2]>,
}

impl<N> LiveNodes<N> {
    pub fn new() -> LiveNodes<N> {
        LiveNodes(Mutex::new(ByHistory { nodes: HashMap::new(), came: VecDeque::new() }))
    }

    /// Takes a node away.
    pub fn take(&self, history: [u64; 2]) -> Option<N> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).nodes.remove(&history)
    }

    /// Puts a node there.
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
        // A node may do anything when it is dropped.
        drop(gone);
    }
}
