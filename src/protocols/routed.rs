//! Oral messages on a graph, OM(m, p): Lamport, Shostak and Pease, "The Byzantine Generals Problem",
//! ACM TOPLAS 4(3), 1982, section 5.
//!
//! Bound: on a p-regular graph it survives m traitors if p >= 3m. On such a graph a general has a
//! [regular set](RegularSet) of p neighbours: paths lead from them to everybody else that avoid the general and have
//! only their end in common. The commander sends his order to those neighbours. Each of them passes it on to every
//! lieutenant: along its paths if m = 1, otherwise as the commander of OM(m-1, p-1) on the graph without the old
//! commander. A lieutenant takes the majority of what comes from them. A traitor on a path spoils that path.

use std::fmt::Display;
use std::sync::Arc;

use itertools::Itertools;

use super::choice::majority;
use super::over_values;
use super::path::Path;
use super::routes::Plan;
pub use super::routes::{RegularSet, RoutedError};
use crate::general::General;
use crate::graph::Graph;
use crate::order::Order;
use crate::protocol::{Lockstep, Plain, Round, Seat};
use crate::testable::{Problem, Repertoire, Testable, Wire, Words};

/// The algorithm OM(m, p) over a finite set of values, the first of which is the default, RETREAT.
///
/// It is laid out for one graph. A message takes one round for each edge of its path. Where nothing comes, the default
/// is passed on.
///
/// ```
/// use turncoat::{Graph, RoutedMessages, check};
///
/// let prism = Graph::prism();
/// check(RoutedMessages::new(1, 3, &prism)?).on(&prism).traitors(1).assert_holds();
/// # Ok::<(), turncoat::protocols::routed::RoutedError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RoutedMessages<V = Order> {
    m: usize,
    p: usize,
    values: Vec<V>,
    graph: Graph,
    plan: Arc<Plan>,
}

/// A message on its way to `to`: the last general on the path says that the one before it said (that ..) that the
/// commander's order is this value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routed<V> {
    /// Who told whom: the commander first; the last general is the one who acts as the commander here.
    pub path: Path,
    /// The general for whom it is.
    pub to: General,
    /// The order that it is about.
    pub value: V,
}

/// What a general remembers: what came on each path that leads to it or through it; the default where nothing came.
/// (The commander has his own order.)
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RoutedState<V> {
    seat: Seat,
    held: Vec<V>,
}

impl RoutedMessages {
    /// OM(m, p) on a graph, over the orders RETREAT and ATTACK.
    ///
    /// The cost is that of finding disjoint paths to everybody: for each of the p neighbours, for each of theirs, and
    /// so on, m levels deep.
    ///
    /// # Errors
    ///
    /// m is 0 or above p, a general that needs a regular set of so many neighbours has none, or there would be too much
    /// to send.
    pub fn new(m: usize, p: usize, graph: &Graph) -> Result<RoutedMessages, RoutedError> {
        let plan = Arc::new(Plan::new(m, p, graph)?);
        Ok(RoutedMessages { m, p, values: Order::first(2), graph: graph.clone(), plan })
    }
}

impl<V> RoutedMessages<V> {
    /// The same over these values; the first is the default.
    #[must_use]
    pub fn over<W>(self, values: impl IntoIterator<Item = W>) -> RoutedMessages<W> {
        let RoutedMessages { m, p, graph, plan, .. } = self;
        RoutedMessages { m, p, values: values.into_iter().collect(), graph, plan }
    }

    /// The graph for which it is laid out.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }
}

impl<V: Plain> RoutedMessages<V> {
    /// What came to me from the last general on a path.
    fn told<'s>(&self, state: &'s RoutedState<V>, path: Path) -> Option<&'s V> {
        let way = self.plan.way(path, state.seat.me)?;
        self.plan.place(state.seat.me, way).map(|place| &state.held[place])
    }

    /// OM(m, p) step 3: the votes of the regular set of the last general on a path, by name.
    fn votes(&self, state: &RoutedState<V>, path: Path) -> Vec<(General, V)> {
        let vote = |voter: General| {
            let own = voter == state.seat.me;
            let further = path.then(voter);
            let vote = match own || path.len() == self.m {
                true => self.told(state, if own { path } else { further }).cloned(),
                false => Some(self.common(&self.votes(state, further))),
            };
            (voter, vote.unwrap_or_else(|| self.values[0].clone()))
        };
        self.plan.regular_set(path).map(vote).collect()
    }

    fn common(&self, votes: &[(General, V)]) -> V {
        majority(votes.iter().map(|(_, vote)| vote)).unwrap_or(&self.values[0]).clone()
    }
}

impl<V: Plain> Lockstep for RoutedMessages<V> {
    type Value = V;
    type Decision = V;
    type Message = Routed<V>;
    type State = RoutedState<V>;

    fn rounds(&self, _n: usize) -> usize {
        self.plan.rounds()
    }

    fn start(&self, seat: Seat, input: Option<&V>) -> RoutedState<V> {
        let held = match input {
            Some(order) => vec![order.clone()],
            None => vec![self.values[0].clone(); self.plan.places(seat.me)],
        };
        RoutedState { seat, held }
    }

    /// OM(m, p) steps 1 and 2: my own messages, and those of others whose paths lead through me.
    fn send(
        &self,
        state: &RoutedState<V>,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Routed<V>> {
        let me = state.seat.me;
        self.plan.ways_on(Wire { round, from: me, to }).map(move |(number, way)| {
            let value = match self.plan.place(me, number) {
                Some(place) => Some(&state.held[place]),
                // The message begins with me: it is the commander's own order, or what I was told by him.
                None if me.is_commander() => state.held.first(),
                None => self.told(state, way.path.parent()),
            };
            let value = value.unwrap_or(&self.values[0]).clone();
            Routed { path: way.path, to: way.to(), value }
        })
    }

    /// A message counts if it is on its way, and in the round in which it should come here from there.
    fn receive(
        &self,
        state: &mut RoutedState<V>,
        round: Round,
        from: General,
        Routed { path, to, value }: &Routed<V>,
    ) {
        let me = state.seat.me;
        let way = self.plan.way(*path, *to);
        let way = way.filter(|way| self.plan.leads(*way, Wire { round, from, to: me }));
        let place = way.and_then(|way| self.plan.place(me, way));
        if let Some(place) = place.filter(|_| self.values.contains(value)) {
            state.held[place] = value.clone();
        }
    }

    /// Values that have been passed on are forgotten.
    fn end_round(&self, state: &mut RoutedState<V>, round: Round) {
        for place in self.plan.passed_on(state.seat.me, round) {
            state.held[place] = self.values[0].clone();
        }
    }

    fn decide(&self, state: &RoutedState<V>) -> Option<V> {
        Some(match state.seat.me.is_commander() {
            true => state.held[0].clone(),
            false => self.common(&self.votes(state, Path::root())),
        })
    }
}

impl<V: Plain + Display> Testable for RoutedMessages<V> {
    fn problem(&self, graph: &Graph) -> Result<Problem<V>, String> {
        let n = graph.n();
        if n != self.graph.n() {
            return Err(format!("{} is laid out for {}, and n is {n}", self.name(), self.graph));
        } else if *graph != self.graph {
            let name = self.name();
            return Err(format!("{name} is laid out for {}, and not for {graph}", self.graph));
        }
        Ok(Problem::broadcast(self.values.clone()))
    }

    /// A slot for each way that leads over this wire in this round. Strays are on a way that does not lead over it, or
    /// on no way, or come a second time.
    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<Routed<V>> {
        let any_value = |(path, to): (Path, General)| {
            let routed = move |value: &V| Routed { path, to, value: value.clone() };
            self.values.iter().map(routed).collect_vec()
        };
        let due = self.plan.ways_on(wire).map(|(_, way)| (way.path, way.to()));
        let due = due.collect_vec();
        let on_no_way = [(Path::of([wire.from]), wire.to), (Path::root().then(wire.to), wire.to)];
        let misplaced = self.plan.misplaced(wire).chain(on_no_way);
        let misplaced = misplaced.filter(|place| !due.contains(place));
        let strays = due.first().cloned().into_iter().chain(misplaced).unique();
        let strays = strays.flat_map(any_value).collect_vec();
        Repertoire::of(due.into_iter().map(any_value)).with_strays(strays)
    }

    fn words(&self) -> &dyn Words<Routed<V>, RoutedState<V>> {
        self
    }
}

impl<V: Plain + Display> Words<Routed<V>, RoutedState<V>> for RoutedMessages<V> {
    fn name(&self) -> String {
        let values = over_values(&self.values);
        format!("OM({},{}){values}", self.m, self.p)
    }

    fn tell(&self, from: General, Routed { path, to, value }: &Routed<V>) -> String {
        let Some(way) = self.plan.way(*path, *to) else {
            return format!("{value} on the path {path}, for {}", to.id());
        };
        let own = path.last() == Some(from);
        let others = path.iter().rev().skip(usize::from(own));
        let others = others.map(|other| match other.is_commander() {
            true => "the commander said ".to_owned(),
            false => format!("{} said ", other.id()),
        });
        let direct = self.plan.is_direct(way);
        let meant = if direct { String::new() } else { format!("for {}: ", to.id()) };
        format!("{meant}{}{value}", others.format(""))
    }

    fn explain(&self, state: &RoutedState<V>) -> Vec<String> {
        if state.seat.me.is_commander() {
            return vec![format!("gave the order {}", state.held[0])];
        }
        let votes = self.votes(state, Path::root());
        let votes = votes.iter().map(|(voter, vote)| match *voter == state.seat.me {
            true => format!("my own {vote}"),
            false => format!("{vote} from {}", voter.id()),
        });
        vec![format!("votes: {}; strict majority, else the default", votes.format(", "))]
    }
}
