//! Communication graphs: who can talk to whom.

mod edge_list;
mod families;
mod flow;

use std::fmt;
use std::sync::Arc;

pub use self::edge_list::EdgeListError;
pub use self::flow::Cut;
use crate::general::{General, Generals};

/// Who can talk to whom: a connected, undirected graph of the generals, without loops. By default everybody can talk
/// to everybody: a number of generals [becomes](From) the complete graph.
///
/// ```
/// use turncoat::{General, Graph};
///
/// let path = Graph::path(4);
/// assert_eq!(path.neighbours(General::new(1)).to_string(), "the commander and lieutenant 2");
/// assert_eq!(path.to_string(), "the path of 4");
/// assert_eq!(Graph::from(4), Graph::complete(4));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "GraphAsWritten", try_from = "GraphAsWritten")]
pub struct Graph {
    n: usize,
    /// The neighbours of each general, by number; none for the complete graph.
    neighbours: Option<Arc<[Generals]>>,
}

/// Why something is not a graph of generals.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum GraphError {
    #[error("n is {0}: there must be from 1 to {max} generals", max = Generals::MAX)]
    Generals(usize),
    #[error("there is no general {general}: the {n} generals are numbered from 0")]
    NotThere { general: usize, n: usize },
    #[error("general {0} has an edge to itself")]
    Loop(usize),
    #[error("the edge {0}-{1} is there twice")]
    Doubled(usize, usize),
    #[error("the graph is not connected: there is no way from general 0 to general {0}")]
    Disconnected(usize),
    #[error(
        "no connected graph of {n} generals has {degree} neighbours for each: that takes a degree \
         from 2 to n - 1, and an even number of ends of edges, n times the degree"
    )]
    NotRegular { n: usize, degree: usize },
}

impl Graph {
    /// The complete graph: everybody can talk to everybody.
    ///
    /// (`n` may be larger than the number of generals that there can [be](Generals::MAX). No protocol is run on such
    /// a graph, and it panics when asked about neighbours.)
    #[must_use]
    pub fn complete(n: usize) -> Graph {
        Graph { n, neighbours: None }
    }

    /// The graph of n generals with these edges.
    ///
    /// # Errors
    ///
    /// There are too few or too many generals; an edge leads to a general who is not there, leads from a general to
    /// itself, or appears twice (in either direction); or not everybody can be reached.
    pub fn from_edges(
        n: usize,
        edges: impl IntoIterator<Item = (usize, usize)>,
    ) -> Result<Graph, GraphError> {
        if n == 0 || n > Generals::MAX {
            return Err(GraphError::Generals(n));
        }
        let mut neighbours = vec![Generals::NONE; n];
        for (one, other) in edges {
            add_edge(&mut neighbours, one, other)?;
        }
        Graph::connected(neighbours)
    }

    /// The graph with these mutual neighbours, if it is connected.
    fn connected(neighbours: Vec<Generals>) -> Result<Graph, GraphError> {
        let graph = Graph::of(neighbours);
        let lost = graph.everybody().minus(graph.reached(General::COMMANDER, graph.everybody()));
        match lost.iter().next() {
            Some(general) => Err(GraphError::Disconnected(general.id())),
            None => Ok(graph),
        }
    }

    fn of(neighbours: Vec<Generals>) -> Graph {
        let n = neighbours.len();
        let complete = neighbours.iter().all(|neighbours| neighbours.len() + 1 == n);
        Graph { n, neighbours: (!complete).then(|| neighbours.into()) }
    }

    /// How many generals there are.
    #[must_use]
    pub fn n(&self) -> usize {
        self.n
    }

    /// All generals.
    #[must_use]
    pub fn everybody(&self) -> Generals {
        Generals::first(self.n)
    }

    /// The generals to whom this one can talk.
    #[must_use]
    pub fn neighbours(&self, general: General) -> Generals {
        match &self.neighbours {
            None => self.everybody().without(general),
            Some(neighbours) => neighbours[general.id()],
        }
    }

    /// Whether two generals can talk to each other.
    #[must_use]
    pub fn has_edge(&self, one: General, other: General) -> bool {
        self.neighbours(one).contains(other)
    }

    /// All edges, each once, the lower number first.
    pub fn edges(&self) -> impl Iterator<Item = (General, General)> {
        self.everybody().iter().flat_map(|one| {
            let higher = self.neighbours(one).iter().filter(move |other| one < *other);
            higher.map(move |other| (one, other))
        })
    }

    /// Whether everybody can talk to everybody.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.neighbours.is_none()
    }

    /// The generals whom `from` can reach through members of `among` only.
    fn reached(&self, from: General, among: Generals) -> Generals {
        self.spread(from, among).last().unwrap_or(Generals::NONE)
    }

    /// The generals whom `from` can reach through members of `among` only, in 0, 1, 2, .. steps, until nobody new is
    /// reached.
    fn spread(&self, from: General, among: Generals) -> impl Iterator<Item = Generals> {
        let start = Some(Generals::NONE.with(from));
        std::iter::successors(start, move |reached| {
            let next = reached.iter().flat_map(|one| self.neighbours(one).iter());
            let next = next.filter(|one| among.contains(*one));
            let next: Generals = next.chain(reached.iter()).collect();
            (next != *reached).then_some(next)
        })
    }

    /// Whether these generals can all reach each other through each other only.
    #[must_use]
    pub fn is_connected(&self, among: Generals) -> bool {
        among.iter().next().is_none_or(|one| self.reached(one, among) == among)
    }

    /// The most steps that any of these generals needs to reach another through these generals only; none if some
    /// pair can't reach each other.
    #[must_use]
    pub fn diameter(&self, among: Generals) -> Option<usize> {
        let steps = |one| self.spread(one, among).count() - 1;
        self.is_connected(among).then(|| among.iter().map(steps).max().unwrap_or(0))
    }
}

/// Adds an edge between two generals, who must be there.
fn add_edge(neighbours: &mut [Generals], one: usize, other: usize) -> Result<(), GraphError> {
    let n = neighbours.len();
    if let Some(&general) = [one, other].iter().find(|end| **end >= n) {
        return Err(GraphError::NotThere { general, n });
    } else if one == other {
        return Err(GraphError::Loop(one));
    } else if neighbours[one].contains(General::new(other)) {
        return Err(GraphError::Doubled(one, other));
    }
    for (one, other) in [(one, other), (other, one)] {
        neighbours[one] = neighbours[one].with(General::new(other));
    }
    Ok(())
}

/// The complete graph of this many generals.
impl From<usize> for Graph {
    fn from(n: usize) -> Graph {
        Graph::complete(n)
    }
}

impl From<&Graph> for Graph {
    fn from(graph: &Graph) -> Graph {
        graph.clone()
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The written form of a graph.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `n` and `edges`")]
struct GraphAsWritten {
    n: usize,
    edges: Vec<(usize, usize)>,
}

impl From<Graph> for GraphAsWritten {
    fn from(graph: Graph) -> GraphAsWritten {
        let edges = graph.edges().map(|(one, other)| (one.id(), other.id())).collect();
        GraphAsWritten { n: graph.n, edges }
    }
}

impl TryFrom<GraphAsWritten> for Graph {
    type Error = GraphError;

    fn try_from(GraphAsWritten { n, edges }: GraphAsWritten) -> Result<Graph, GraphError> {
        Graph::from_edges(n, edges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[usize]) -> Generals {
        ids.iter().map(|&id| General::new(id)).collect()
    }

    #[test]
    fn subgraphs_have_their_own_diameter() {
        let ring = Graph::ring(6);
        assert_eq!(ring.diameter(ring.everybody()), Some(3));
        assert_eq!(ring.diameter(set(&[1, 2, 3, 4, 5])), Some(4));
        assert_eq!(ring.diameter(set(&[1, 2, 4])), None);
        assert!(ring.is_connected(set(&[5, 0])) && !ring.is_connected(set(&[1, 3])));
        assert_eq!(Graph::complete(4).diameter(set(&[1, 3])), Some(1));
        assert_eq!(ring.diameter(Generals::NONE), Some(0));
    }

    #[test]
    fn edges_must_be_those_of_a_graph() {
        let made = |n, edges: &[(usize, usize)]| {
            Graph::from_edges(n, edges.iter().copied()).map_err(|error| error.to_string())
        };
        let error = |n, edges: &[(usize, usize)]| made(n, edges).unwrap_err();
        assert_eq!(error(0, &[]), "n is 0: there must be from 1 to 64 generals");
        assert_eq!(error(3, &[(0, 1), (1, 1)]), "general 1 has an edge to itself");
        assert_eq!(error(3, &[(0, 1), (1, 2), (1, 0)]), "the edge 1-0 is there twice");
        let there = "there is no general 3: the 3 generals are numbered from 0";
        assert_eq!(error(3, &[(0, 3)]), there);
        let apart = "the graph is not connected: there is no way from general 0 to general 2";
        assert_eq!(error(4, &[(0, 1), (2, 3)]), apart);
        assert_eq!(made(3, &[(0, 1), (1, 2), (2, 0)]), Ok(Graph::complete(3)));
        assert_eq!(made(1, &[]), Ok(Graph::complete(1)));
    }

    #[test]
    fn a_graph_is_written_with_its_edges() {
        let written = r#"{"n":4,"edges":[[0,1],[1,2],[2,3]]}"#;
        let path: Graph = serde_json::from_str(written).unwrap();
        assert_eq!(path, Graph::path(4));
        assert_eq!(serde_json::to_string(&path).unwrap(), written);
        let apart = serde_json::from_str::<Graph>(r#"{"n":3,"edges":[[0,1]]}"#);
        assert!(apart.unwrap_err().to_string().contains("not connected"));
    }
}
