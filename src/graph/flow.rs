//! Vertex-disjoint paths, and the cuts that limit their number (Menger, 1927).

use std::collections::{BTreeSet, VecDeque};

use itertools::Itertools;

use super::Graph;
use crate::general::{General, Generals};

/// A vertex cut: generals without whom the others fall apart into two sides.
///
/// On such a graph the refutation builds two worlds that no protocol can tell apart: whatever one side of the cut
/// does in one world, the other side does in the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// One part of the cut.
    pub f1: Generals,
    /// The other part of the cut.
    pub f2: Generals,
    /// One side: the commander's, unless he is in the cut.
    pub p: Generals,
    /// The other side: nobody here can talk to anybody in `p`.
    pub q: Generals,
}

/// A vertex of the split graph in which augmenting paths are searched: a general, and whether the path is on its way
/// out of it (true) or into it (false).
type Side = (General, bool);

impl Graph {
    /// A largest set of paths to `to`, each from another one of `from`, that share nobody but `to` and avoid
    /// everybody in `avoiding`. If `to` is in `from`, one of the paths is `to` alone.
    ///
    /// ```
    /// use turncoat::{General, Generals, Graph};
    ///
    /// let ring = Graph::ring(5);
    /// let [zero, two] = [0, 2].map(General::new);
    /// let paths = ring.disjoint_paths(ring.neighbours(zero), two, Generals::NONE.with(zero));
    /// assert_eq!(paths, [[1, 2].map(General::new).to_vec(), [4, 3, 2].map(General::new).to_vec()]);
    /// ```
    #[must_use]
    pub fn disjoint_paths(
        &self,
        from: Generals,
        to: General,
        avoiding: Generals,
    ) -> Vec<Vec<General>> {
        let own = from.contains(to).then(|| vec![to]);
        let from = from.without(to).minus(avoiding);
        let mut flow = Flow { graph: self, from, to, avoiding, used: BTreeSet::new() };
        while flow.augment().is_ok() {}
        let starts = from.iter().filter(|one| flow.used.contains(&((*one, false), (*one, true))));
        let starts = starts.filter(|one| flow.before(*one).is_none());
        let path = |start| std::iter::successors(Some(start), |one| flow.after(*one)).collect();
        own.into_iter().chain(starts.map(path)).collect()
    }

    /// The fewest generals whose removal separates one general from another who is not its neighbour.
    fn separators(&self, one: General, other: General) -> Generals {
        let (from, avoiding) = (self.neighbours(one), Generals::NONE.with(one));
        let mut flow = Flow { graph: self, from, to: other, avoiding, used: BTreeSet::new() };
        loop {
            if let Err(separators) = flow.augment() {
                return separators;
            }
        }
    }

    /// How many generals must be removed until the others fall apart. For a complete graph it is all but one.
    #[must_use]
    pub fn connectivity(&self) -> usize {
        let cuts = self.strangers().map(|(one, other)| self.separators(one, other).len());
        cuts.min().unwrap_or(self.n().saturating_sub(1))
    }

    /// Two sets of at most `f` generals whose removal makes the others fall apart; none if there are no such sets, as
    /// when the [connectivity](Graph::connectivity) is above 2f.
    ///
    /// A cut of at most `f` generals is preferred to a larger one, and among these one without the commander.
    ///
    /// ```
    /// use turncoat::{General, Generals, Graph};
    ///
    /// let [one, two, three] = [1, 2, 3].map(|id| Generals::NONE.with(General::new(id)));
    /// let cut = Graph::ring(4).cut(1).expect("a ring falls apart without two");
    /// assert_eq!((cut.f1, cut.q, cut.f2), (one, two, three));
    /// assert_eq!(Graph::cube().cut(1), None);
    /// ```
    #[must_use]
    pub fn cut(&self, f: usize) -> Option<Cut> {
        let cuts = self.strangers().map(|(one, other)| (one, self.separators(one, other)));
        let cuts = cuts.collect_vec();
        let within = |most: usize| cuts.iter().find(|(_, cut)| cut.len() <= most);
        let (one, cut) = *within(f).or_else(|| within(f.saturating_mul(2)))?;
        let rest = self.everybody().minus(cut);
        let p = self.reached(one, rest);
        let f1 = cut.iter().take(cut.len().min(f)).collect();
        Some(Cut { f1, f2: cut.minus(f1), p, q: rest.minus(p) })
    }

    /// All pairs of generals who can't talk to each other, those with the commander first.
    fn strangers(&self) -> impl Iterator<Item = (General, General)> {
        let strange = |one| self.everybody().without(one).minus(self.neighbours(one));
        let pairs = move |one| strange(one).iter().map(move |other| (one, other));
        let pairs = self.everybody().iter().flat_map(pairs);
        pairs.filter(|(one, other)| one < other)
    }
}

/// Disjoint paths, found one after the other.
struct Flow<'a> {
    graph: &'a Graph,
    from: Generals,
    to: General,
    avoiding: Generals,
    /// The steps of the paths, including the step through each general.
    used: BTreeSet<(Side, Side)>,
}

impl Flow<'_> {
    /// Finds one more path, rerouting the paths found so far where necessary (Ford, Fulkerson 1956). If there is
    /// none, returns a smallest cut: one general on each path, so that every way leads through one of them.
    fn augment(&mut self) -> Result<(), Generals> {
        let mut came_from = vec![[None::<Option<Side>>; 2]; self.graph.n()];
        let mut queue = VecDeque::new();
        for start in self.from.iter() {
            came_from[start.id()][0] = Some(None);
            queue.push_back((start, false));
        }
        while let Some((at, out)) = queue.pop_front() {
            if at == self.to {
                self.reroute(at, &came_from);
                return Ok(());
            }
            for next in self.steps(at, out) {
                let seen = &mut came_from[next.0.id()][usize::from(next.1)];
                if seen.is_none() {
                    *seen = Some(Some((at, out)));
                    queue.push_back(next);
                }
            }
        }
        let reached = |one: &General, out| came_from[one.id()][usize::from(out)].is_some();
        let all = self.graph.everybody().iter();
        Err(all.filter(|one| reached(one, false) && !reached(one, true)).collect())
    }

    /// The next vertices from here in the residual graph.
    fn steps(&self, at: General, out: bool) -> Vec<Side> {
        let through = self.used.contains(&((at, false), (at, true)));
        match (out, through) {
            // No path leads through this general: go through.
            (false, false) => vec![(at, true)],
            // Undo the step by which the path came here, unless it begins here.
            (false, true) => self.before(at).map(|before| (before, true)).into_iter().collect(),
            (true, _) => {
                let after = self.after(at);
                let next = self.graph.neighbours(at).minus(self.avoiding).iter();
                let next = next.filter(|next| Some(*next) != after).map(|next| (next, false));
                next.chain(through.then_some((at, false))).collect()
            }
        }
    }

    /// The general from whom a path leads to this one.
    fn before(&self, general: General) -> Option<General> {
        let came = self.used.iter().find(|(from, to)| *to == (general, false) && from.1);
        came.map(|(from, _)| from.0)
    }

    /// The general to whom a path leads from this one.
    fn after(&self, general: General) -> Option<General> {
        let first = ((general, true), (General::COMMANDER, false));
        let goes = self.used.range(first..).next().filter(|(from, _)| from.0 == general);
        goes.map(|(_, to)| to.0)
    }

    /// Applies the augmenting path: steps that it takes backwards are removed, the others are added.
    fn reroute(&mut self, last: General, came_from: &[[Option<Option<Side>>; 2]]) {
        let mut at = (last, false);
        while let Some(Some(before)) = came_from[at.0.id()][usize::from(at.1)] {
            if !self.used.remove(&(at, before)) {
                self.used.insert((before, at));
            }
            at = before;
        }
    }
}

#[cfg(test)]
mod tests {
    use itertools::Itertools;

    use super::*;

    /// Graphs of all shapes.
    fn graphs() -> Vec<Graph> {
        let random = (5..10).flat_map(|n| (0..8).map(move |seed| (n, seed)));
        let random = random
            .filter_map(|(n, seed)| Graph::random_regular(n, 2 + seed as usize % 3, seed).ok());
        let named = [Graph::prism(), Graph::cube(), Graph::grid(3, 3), Graph::bipartite(2, 4)];
        random.chain(named).chain((2..7).flat_map(|n| [Graph::path(n), Graph::ring(n)])).collect()
    }

    #[test]
    fn paths_share_nobody_and_there_are_as_many_as_a_cut_has_generals() {
        for graph in graphs() {
            for [one, other] in graph.everybody().iter().array_combinations() {
                let alone = Generals::NONE.with(one);
                let paths = graph.disjoint_paths(graph.neighbours(one), other, alone);
                for path in &paths {
                    assert!(graph.has_edge(one, path[0]) && path.last() == Some(&other));
                    assert!(path.windows(2).all(|pair| graph.has_edge(pair[0], pair[1])));
                }
                let on_the_way = paths.iter().flatten().filter(|on| **on != other);
                assert!(on_the_way.clone().all_unique() && !on_the_way.clone().contains(&one));
                if graph.has_edge(one, other) {
                    continue;
                }
                let cut = graph.separators(one, other);
                assert_eq!(cut.len(), paths.len(), "{graph}: {one} {other}");
                let rest = graph.everybody().minus(cut);
                assert!(!graph.reached(one, rest).contains(other), "{graph}: {one} {other}");
            }
        }
    }

    /// No smaller set cuts the graph: every set is tried.
    #[test]
    fn connectivity_is_the_size_of_the_smallest_cut() {
        for graph in graphs() {
            let everybody = graph.everybody();
            let cuts = (0..graph.n()).flat_map(|size| everybody.subsets(size));
            let mut cuts = cuts.filter(|cut| !graph.is_connected(everybody.minus(*cut)));
            let smallest = cuts.next().map_or(graph.n() - 1, Generals::len);
            assert_eq!(graph.connectivity(), smallest, "{graph}");
            for f in 0..3 {
                let Some(Cut { f1, f2, p, q }) = graph.cut(f) else {
                    assert!(smallest > 2 * f || graph.is_complete(), "{graph} {f}");
                    continue;
                };
                assert!(f1.len() <= f && f2.len() <= f && !p.is_empty() && !q.is_empty());
                let all = [f1, f2, p, q].into_iter().flat_map(|part| part.iter().collect_vec());
                assert_eq!(all.sorted().collect_vec(), everybody.iter().collect_vec());
                let across = p.iter().cartesian_product(q.iter());
                assert!(across.into_iter().all(|(one, other)| !graph.has_edge(one, other)));
            }
        }
    }
}
