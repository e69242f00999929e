//! The graph of views: two views are joined if two loyal lieutenants have them in the same execution.

use petgraph::unionfind::UnionFind;
use rustc_hash::FxHashMap;

use super::views::Scope;
use crate::general::Generals;
use crate::search::progress::Progress;

/// The graph of views, by number.
pub(super) struct ViewGraph {
    /// The connected components.
    pub classes: UnionFind<usize>,
    /// For each view, the order that validity forces, as the number of a value. (A view includes the order of a loyal
    /// commander.)
    pub forced: Vec<Option<usize>>,
    /// How many executions there are.
    pub executions: u64,
}

impl ViewGraph {
    /// Builds the graph from all executions; `all` is how many there are, for the progress report.
    pub fn of(scope: Scope, all: f64, progress: &Progress) -> ViewGraph {
        let views = scope.number_of_views();
        let (mut classes, mut forced) = (UnionFind::new(views), vec![None; views]);
        let mut executions = 0;
        for plot in scope.plots() {
            let (order, before) = (plot.order(), executions);
            let mut seen = plot.first();
            loop {
                executions += 1;
                let (first, others) = seen.views.split_first().expect("a lieutenant is loyal");
                for other in others {
                    classes.union(*first, *other);
                }
                for view in seen.views.iter().filter(|_| order.is_some()) {
                    forced[*view] = order.map(|order| seen.values[order]);
                }
                if !seen.advance(scope) {
                    break;
                }
            }
            let gone = executions - before;
            progress.worked(gone);
            progress.covered(gone as f64 / all);
        }
        ViewGraph { classes, forced, executions }
    }
}

/// Two views that two loyal lieutenants have in the same execution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub from: usize,
    pub to: usize,
    /// The traitors of that execution.
    pub traitors: Generals,
}

/// The edges of a shortest chain from a view that forces one order to a view that forces another, if there is one.
/// The search is breadth first, and prefers fewer traitors.
pub(super) fn shortest(scope: Scope, forced: &[Option<usize>]) -> Option<Vec<Edge>> {
    let chains = (0..scope.values).filter_map(|order| shortest_from(scope, forced, order));
    chains.min_by_key(Vec::len)
}

/// The same, from views that force this order.
fn shortest_from(scope: Scope, forced: &[Option<usize>], order: usize) -> Option<Vec<Edge>> {
    let start = |forced: &Option<usize>| (*forced == Some(order)).then_some(0);
    let mut distances: Vec<Option<usize>> = forced.iter().map(start).collect();
    let mut reached = FxHashMap::default();
    for distance in 1.. {
        let before = reached.len();
        for plot in scope.plots() {
            let mut seen = plot.first();
            loop {
                let near = |view: &&usize| distances[**view] == Some(distance - 1);
                if let Some(from) = seen.views.iter().find(near).copied() {
                    for to in seen.views.iter().copied() {
                        if distances[to].is_some() {
                            continue;
                        }
                        distances[to] = Some(distance);
                        reached.insert(to, Edge { from, to, traitors: plot.traitors });
                        if forced[to].is_some() {
                            return Some(walked(&mut reached, to));
                        }
                    }
                }
                if !seen.advance(scope) {
                    break;
                }
            }
        }
        if reached.len() == before {
            break;
        }
    }
    None
}

/// The chain of edges by which the search reached a view.
fn walked(reached: &mut FxHashMap<usize, Edge>, mut end: usize) -> Vec<Edge> {
    let mut chain = Vec::new();
    while let Some(edge) = reached.remove(&end) {
        end = edge.from;
        chain.push(edge);
    }
    chain.reverse();
    chain
}
