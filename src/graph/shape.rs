//! What a graph is called.

use std::fmt;

use itertools::Itertools;

use super::Graph;

/// A shape that has a name.
enum Shape {
    Complete,
    Path,
    Ring,
    Prism,
    Cube,
    Bipartite(usize, usize),
    Grid(usize, usize),
    /// None that has.
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

    /// Where so many generals are, unless everybody can talk to everybody: "on a ring".
    pub(crate) fn place(&self) -> Option<String> {
        Some(match self.shape() {
            Shape::Complete => return None,
            Shape::Path => "on a path".to_owned(),
            Shape::Ring => "on a ring".to_owned(),
            Shape::Grid(..) | Shape::Prism | Shape::Cube | Shape::Bipartite(..) | Shape::Other => {
                format!("on {self}")
            }
        })
    }
}

/// "the complete graph of 4", "the ring of 6", "K(3,3)"; a graph that has no name by its edges: "the
/// graph 0-1, 1-2, 1-3".
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
                write!(f, "the graph {}", edges.collect::<Vec<_>>().iter().format(", "))
            }
        }
    }
}
