//! The ways that messages of OM(m, p) take through a graph.

use itertools::Itertools;
use rustc_hash::FxHashMap;

use super::path::Path;
use crate::general::{General, Generals};
use crate::graph::{Graph, GraphError};
use crate::protocol::Round;
use crate::testable::Wire;

/// Neighbours of a general from whom paths lead to everybody else that avoid the general and have only their end in
/// common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegularSet {
    /// The neighbours.
    pub neighbours: Generals,
    /// For each other general, the paths that lead to it: one from each neighbour, which comes first on it. The path of
    /// a general who is such a neighbour itself is just that general.
    pub paths: Vec<(General, Vec<Vec<General>>)>,
}

/// Why there is no OM(m, p) on a graph.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RoutedError {
    #[error("m is {m} and p is {p}: m must be at least 1, and p at least m")]
    Numbers { m: usize, p: usize },
    #[error(
        "OM({m},{p}) can't be run on {graph}: general {general} has no {needed} neighbours from whom \
         paths that share nobody lead to everybody else{}", without(*.gone)
    )]
    NotRegular { m: usize, p: usize, graph: Graph, general: usize, needed: usize, gone: Generals },
    #[error(transparent)]
    Generals(GraphError),
    #[error("OM({m},{p}) among {n} generals would have too much to send: at most {MOST_WAYS} ways")]
    TooMuch { m: usize, p: usize, n: usize },
}

/// The most ways that there can be.
const MOST_WAYS: u128 = 1 << 14;

fn without(gone: Generals) -> String {
    match gone.is_empty() {
        true => String::new(),
        false => format!(", without {}", gone.numbered("general")),
    }
}

impl RegularSet {
    /// A regular set of `p` neighbours of a general, on a graph without the generals in `gone`, if there is one: the
    /// first in lexicographic order.
    ///
    /// ```
    /// use turncoat::protocols::routed::RegularSet;
    /// use turncoat::{General, Generals, Graph};
    ///
    /// let of = |graph, p| RegularSet::of(&graph, General::COMMANDER, p, Generals::NONE);
    /// assert_eq!(of(Graph::cube(), 3).map(|set| set.neighbours.len()), Some(3));
    /// assert_eq!(of(Graph::ring(5), 3), None);
    /// ```
    #[must_use]
    pub fn of(graph: &Graph, general: General, p: usize, gone: Generals) -> Option<RegularSet> {
        let avoiding = gone.with(general);
        let others = graph.everybody().minus(avoiding);
        let candidates = graph.neighbours(general).minus(gone);
        let paths = |from: Generals| {
            let paths = others.iter().map(|to| (to, graph.disjoint_paths(from, to, avoiding)));
            let paths = paths.take_while(|(_, paths)| paths.len() >= p).collect_vec();
            (paths.len() == others.len()).then_some(paths)
        };
        // If all candidates together do not have enough paths, no subset has.
        paths(candidates).filter(|_| p <= candidates.len())?;
        let mut sets = candidates.subsets(p);
        sets.find_map(|neighbours| Some(RegularSet { neighbours, paths: paths(neighbours)? }))
    }
}

/// One way of the plan: the route of what the last general on a path says to one other general.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub path: Path,
    /// The generals on the way, from the sender to the receiver.
    route: Vec<General>,
    /// The round in which it sets out.
    starts: Round,
}

impl Way {
    pub fn to(&self) -> General {
        *self.route.last().expect("a way leads somewhere")
    }

    fn wires(&self) -> impl Iterator<Item = Wire> {
        let edges = self.route.windows(2).enumerate();
        edges.map(|(hop, edge)| Wire { round: self.starts + hop, from: edge[0], to: edge[1] })
    }
}

/// All ways of OM(m, p) on a graph, by number.
#[derive(Debug, Default)]
pub(super) struct Plan {
    ways: Vec<Way>,
    by_name: FxHashMap<(Path, General), usize>,
    /// The ways that lead over each wire.
    on_wire: FxHashMap<Wire, Vec<usize>>,
    /// For each general, the ways that lead to it or through it: each has a place in its state.
    held: FxHashMap<General, Vec<usize>>,
    /// For each path, the regular set of its last general, who acts as a commander.
    sets: FxHashMap<Path, Generals>,
}

impl Plan {
    pub fn new(m: usize, p: usize, graph: &Graph) -> Result<Plan, RoutedError> {
        let n = graph.n();
        if m == 0 || p < m {
            return Err(RoutedError::Numbers { m, p });
        }
        if n == 0 || n > Generals::MAX {
            return Err(RoutedError::Generals(GraphError::Generals(n)));
        }
        let mut choices = (0..m).map(|level| (p - level) as u128);
        // This stops at the first product that is too large.
        let ways = choices.try_fold(n as u128, |ways, choices| {
            Some(ways * choices).filter(|ways| *ways <= MOST_WAYS)
        });
        if ways.is_none() {
            return Err(RoutedError::TooMuch { m, p, n });
        }
        let mut plan = Plan::default();
        plan.lay_out(m, p, graph, Path::root(), m)?;
        Ok(plan)
    }

    /// Lays out OM(level, ..) with the last general on a path as the commander, on the graph without those before it.
    fn lay_out(
        &mut self,
        m: usize,
        p: usize,
        graph: &Graph,
        path: Path,
        level: usize,
    ) -> Result<(), RoutedError> {
        let commander = path.last().expect("a path names the commander");
        let (gone, needed) = (path.parent().generals(), p - (m - level));
        let Some(set) = RegularSet::of(graph, commander, needed, gone) else {
            let (graph, general) = (graph.clone(), commander.id());
            return Err(RoutedError::NotRegular { m, p, graph, general, needed, gone });
        };
        self.sets.insert(path, set.neighbours);
        let starts = path.len();
        for to in set.neighbours.iter() {
            self.add(Way { path, route: vec![commander, to], starts });
        }
        if level > 1 {
            let mut further = set.neighbours.iter().map(|next| path.then(next));
            return further.try_for_each(|path| self.lay_out(m, p, graph, path, level - 1));
        }
        let routes = set.paths.into_iter().flat_map(|(_, routes)| routes);
        for route in routes.filter(|route| route.len() > 1) {
            self.add(Way { path: path.then(route[0]), route, starts: starts + 1 });
        }
        Ok(())
    }

    fn add(&mut self, way: Way) {
        let number = self.ways.len();
        self.by_name.insert((way.path, way.to()), number);
        for wire in way.wires() {
            self.on_wire.entry(wire).or_default().push(number);
            self.held.entry(wire.to).or_default().push(number);
        }
        self.ways.push(way);
    }

    pub fn rounds(&self) -> usize {
        self.on_wire.keys().map(|wire| wire.round).max().unwrap_or(0)
    }

    /// The generals who hear from the last general on a path when it acts as a commander.
    pub fn regular_set(&self, path: Path) -> impl Iterator<Item = General> {
        self.sets.get(&path).copied().unwrap_or(Generals::NONE).iter()
    }

    /// The number of the way along which the last general on a path tells another.
    pub fn way(&self, path: Path, to: General) -> Option<usize> {
        self.by_name.get(&(path, to)).copied()
    }

    /// Whether a way is a single edge.
    pub fn is_direct(&self, way: usize) -> bool {
        self.ways[way].route.len() == 2
    }

    /// Whether a way leads over a wire.
    pub fn leads(&self, way: usize, wire: Wire) -> bool {
        self.on_wire.get(&wire).is_some_and(|ways| ways.contains(&way))
    }

    /// The ways that lead over a wire, by number.
    pub fn ways_on(&self, wire: Wire) -> impl Iterator<Item = (usize, &Way)> {
        let ways = self.on_wire.get(&wire).into_iter().flatten();
        ways.map(|number| (*number, &self.ways[*number]))
    }

    /// How many ways lead to a general or through it.
    pub fn places(&self, general: General) -> usize {
        self.held.get(&general).map_or(0, Vec::len)
    }

    /// The place of a way in a general's state, if it leads to the general or through it.
    pub fn place(&self, general: General, way: usize) -> Option<usize> {
        // The ways are sorted.
        self.held.get(&general)?.binary_search(&way).ok()
    }

    /// The places of values that a general has passed on to others in a round.
    pub fn passed_on(&self, general: General, round: Round) -> impl Iterator<Item = usize> {
        let held = self.held.get(&general).into_iter().flatten().enumerate();
        let gone =
            move |way: &Way| way.wires().any(|wire| wire.from == general && wire.round == round);
        held.filter(move |(_, way)| gone(&self.ways[**way])).map(|(place, _)| place)
    }

    /// Ways that lead to the receiver of a wire, but not over that wire in its round: one that comes from the sender in
    /// another round, and one that comes from another general.
    pub fn misplaced(&self, wire: Wire) -> impl Iterator<Item = (Path, General)> {
        let late = self.ways.iter().find(|way| {
            let same = |other: &Wire| (other.from, other.to) == (wire.from, wire.to);
            way.wires().any(|other| same(&other) && other.round != wire.round)
        });
        let of_another = self.ways.iter().find(|way| {
            way.wires().any(|other| other.to == wire.to && other.from != wire.from)
                && !way.wires().contains(&wire)
        });
        late.into_iter().chain(of_another).map(|way| (way.path, way.to()))
    }
}
