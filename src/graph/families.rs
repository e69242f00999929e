//! Graphs that have a name: rings, paths, grids, .. and the name of any graph.

use std::collections::BTreeSet;
use std::fmt;

use itertools::Itertools;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::{Graph, GraphError};
use crate::general::{General, Generals};

impl Graph {
    /// The graph of n generals that has an edge wherever this function is true.
    fn linking(n: usize, edge: impl Fn(usize, usize) -> bool) -> Graph {
        assert!((1..=Generals::MAX).contains(&n), "{}", GraphError::Generals(n));
        let everybody = Generals::first(n);
        let linked =
            |one: General, other: General| edge(one.id(), other.id()) || edge(other.id(), one.id());
        let of = |one: General| everybody.iter().filter(|other| linked(one, *other)).collect();
        Graph::of(everybody.iter().map(of).collect())
    }

    /// Each can talk to the next, and the last to the first.
    ///
    /// # Panics
    ///
    /// If n is 0 or above [`Generals::MAX`]. The same goes for all constructors except
    /// [`complete`](Graph::complete) and those that return a `Result`.
    #[must_use]
    pub fn ring(n: usize) -> Graph {
        Graph::linking(n, |one, other| one != other && (one + 1) % n == other)
    }

    /// Each can talk to the next.
    ///
    /// # Panics
    ///
    /// As [`ring`](Graph::ring).
    #[must_use]
    pub fn path(n: usize) -> Graph {
        Graph::linking(n, |one, other| one + 1 == other)
    }

    /// A grid of `height` rows of `width` generals, each of whom can talk to the ones beside, before and behind it.
    ///
    /// # Panics
    ///
    /// As [`ring`](Graph::ring).
    #[must_use]
    pub fn grid(width: usize, height: usize) -> Graph {
        let beside = |one: usize, other: usize| one + 1 == other && !other.is_multiple_of(width);
        let n = width.saturating_mul(height);
        Graph::linking(n, |one, other| beside(one, other) || one + width == other)
    }

    /// Eight generals on the corners of a cube: the numbers of two neighbours differ in one bit.
    #[must_use]
    pub fn cube() -> Graph {
        Graph::linking(8, |one, other| (one ^ other).is_power_of_two())
    }

    /// Six generals on the corners of a prism: the triangle 0, 1, 2 above the triangle 3, 4, 5.
    #[must_use]
    pub fn prism() -> Graph {
        Graph::linking(6, |one, other| one != other && one / 3 == other / 3 || one + 3 == other)
    }

    /// Two parties: each of the first `a` generals can talk to each of the other `b`, and to nobody else.
    ///
    /// # Panics
    ///
    /// As [`ring`](Graph::ring), and if a party is empty.
    #[must_use]
    pub fn bipartite(a: usize, b: usize) -> Graph {
        assert!(a > 0 && b > 0, "a party has nobody");
        Graph::linking(a.saturating_add(b), |one, other| one < a && a <= other)
    }

    /// A random graph in which all generals have `degree` neighbours. The same seed gives the same graph. (It starts
    /// from a circular graph, and pairs of its edges exchange endpoints: ten attempts for each edge, repeated until
    /// the graph is connected.)
    ///
    /// # Errors
    ///
    /// There is no such graph.
    pub fn random_regular(n: usize, degree: usize, seed: u64) -> Result<Graph, GraphError> {
        if n == 0 || n > Generals::MAX {
            return Err(GraphError::Generals(n));
        }
        let possible = degree < n && (n * degree).is_multiple_of(2);
        if !possible || degree < 2.min(n - 1) {
            return Err(GraphError::NotRegular { n, degree });
        }
        let near = |one: usize, other: usize| {
            let apart = (other + n - one) % n;
            apart > 0 && apart <= degree / 2 || degree % 2 == 1 && 2 * apart == n
        };
        let regular = Graph::linking(n, near);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut edges: BTreeSet<(General, General)> = regular.edges().collect();
        loop {
            for _ in 0..10 * edges.len() {
                let all = edges.iter().copied().collect_vec();
                let pair = || all.choose(&mut rng).copied();
                let two: Option<Vec<_>> = std::iter::repeat_with(pair).take(2).collect();
                let Some([(a, b), (c, d)]) = two.as_deref() else { break };
                let (c, d) = if rng.random() { (c, d) } else { (d, c) };
                let new = [(*a, *d), (*c, *b)].map(|(one, other)| (one.min(other), one.max(other)));
                let simple = new.iter().all(|edge| edge.0 != edge.1 && !edges.contains(edge));
                if simple && new[0] != new[1] {
                    edges.retain(|edge| *edge != (*a, *b) && *edge != (*c.min(d), *c.max(d)));
                    edges.extend(new);
                }
            }
            let ids = edges.iter().map(|(one, other)| (one.id(), other.id()));
            if let Ok(connected) = Graph::from_edges(n, ids) {
                return Ok(connected);
            }
        }
    }
}

/// The named shapes.
enum Shape {
    Complete,
    Path,
    Ring,
    Prism,
    Cube,
    Bipartite(usize, usize),
    Grid(usize, usize),
    /// A graph without a name.
    Other,
}

impl Graph {
    fn shape(&self) -> Shape {
        let n = self.n();
        if self.is_complete() {
            return Shape::Complete;
        }
        let named = [
            (Graph::path(n), Shape::Path),
            (Graph::ring(n), Shape::Ring),
            (Graph::prism(), Shape::Prism),
            (Graph::cube(), Shape::Cube),
        ];
        let parties = (1..n).map(|a| (Graph::bipartite(a, n - a), Shape::Bipartite(a, n - a)));
        let rows = (2..n).filter(|width| n.is_multiple_of(*width));
        let grids =
            rows.map(|width| (Graph::grid(width, n / width), Shape::Grid(width, n / width)));
        let mut named = named.into_iter().chain(parties).chain(grids);
        named.find(|(graph, _)| graph == self).map_or(Shape::Other, |(_, shape)| shape)
    }

    /// Where this many generals are, unless everybody can talk to everybody: "on a ring".
    pub(crate) fn place(&self) -> Option<String> {
        Some(match self.shape() {
            Shape::Complete => return None,
            Shape::Path => "on a path".to_owned(),
            Shape::Ring => "on a ring".to_owned(),
            _ => format!("on {self}"),
        })
    }
}

/// "the complete graph of 4", "the ring of 6", "K(3,3)". A graph without a name is written by its edges: "the graph
/// 0-1, 1-2, 1-3".
impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.n();
        match self.shape() {
            Shape::Complete => write!(f, "the complete graph of {n}"),
            Shape::Path => write!(f, "the path of {n}"),
            Shape::Ring => write!(f, "the ring of {n}"),
            Shape::Prism => f.write_str("the prism"),
            Shape::Cube => f.write_str("the cube"),
            Shape::Bipartite(a, b) => write!(f, "K({a},{b})"),
            Shape::Grid(width, height) => write!(f, "the grid of {width} by {height}"),
            Shape::Other => {
                let edges = self.edges().map(|(one, other)| format!("{}-{}", one.id(), other.id()));
                write!(f, "the graph {}", edges.format(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_edges() {
        for (graph, name, edges, connectivity) in [
            (Graph::complete(4), "the complete graph of 4", 6, 3),
            (Graph::complete(1), "the complete graph of 1", 0, 0),
            (Graph::ring(3), "the complete graph of 3", 3, 2),
            (Graph::ring(6), "the ring of 6", 6, 2),
            (Graph::path(5), "the path of 5", 4, 1),
            (Graph::grid(3, 2), "the grid of 3 by 2", 7, 2),
            (Graph::cube(), "the cube", 12, 3),
            (Graph::prism(), "the prism", 9, 3),
            (Graph::bipartite(3, 3), "K(3,3)", 9, 3),
            (Graph::bipartite(2, 4), "K(2,4)", 8, 2),
        ] {
            assert_eq!(graph.to_string(), name);
            assert_eq!(graph.edges().count(), edges, "{name}");
            assert_eq!(graph.connectivity(), connectivity, "{name}");
            let everybody = graph.everybody();
            assert!(graph.is_connected(everybody), "{name}");
            for (one, other) in everybody.iter().cartesian_product(everybody.iter()) {
                assert_eq!(graph.has_edge(one, other), graph.has_edge(other, one), "{name}");
            }
        }
    }

    #[test]
    fn regular_graphs_are_regular_and_the_same_again() {
        for (n, degree) in [(1, 0), (2, 1), (8, 3), (9, 4), (12, 2), (20, 5), (64, 3), (7, 6)] {
            let graph = Graph::random_regular(n, degree, 5).unwrap();
            let degrees = graph.everybody().iter().map(|general| graph.neighbours(general).len());
            assert!(degrees.into_iter().all(|neighbours| neighbours == degree), "{n} {degree}");
            assert_eq!(graph, Graph::random_regular(n, degree, 5).unwrap());
        }
        assert_ne!(Graph::random_regular(12, 3, 1), Graph::random_regular(12, 3, 2));
        for (n, degree) in [(4, 1), (5, 3), (4, 4), (3, 0), (0, 0), (65, 4)] {
            assert!(Graph::random_regular(n, degree, 0).is_err(), "{n} {degree}");
        }
    }
}
