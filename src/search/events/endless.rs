//! Whether something can repeat for ever.

use petgraph::Graph;
use petgraph::algo::tarjan_scc;

/// Whether one of these steps from one number to another lies on a cycle, made of these steps and the others.
pub(super) fn comes_back(
    steps: &[(u32, u32)],
    others: impl IntoIterator<Item = (u32, u32)>,
) -> bool {
    if steps.is_empty() {
        return false;
    }
    let graph: Graph<(), ()> = Graph::from_edges(steps.iter().copied().chain(others));
    let mut component = vec![0; graph.node_count()];
    for (number, nodes) in tarjan_scc(&graph).into_iter().enumerate() {
        nodes.into_iter().for_each(|node| component[node.index()] = number);
    }
    steps.iter().any(|(from, to)| component[*from as usize] == component[*to as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_on_a_cycle_comes_back() {
        assert!(comes_back(&[(0, 0)], []));
        assert!(comes_back(&[(0, 1)], [(1, 2), (2, 0)]));
        assert!(!comes_back(&[(0, 1)], [(1, 2), (2, 1)]));
        assert!(!comes_back(&[], [(1, 2), (2, 1)]));
    }
}
