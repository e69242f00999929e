//! The refuter: it takes any deterministic protocol, and shows that the known bounds hold for it, too.

use std::cell::RefCell;

use itertools::Itertools;

use super::covering::{Covering, Double, play};
use super::world::{Cosmos, NumberedWorld, World};
use crate::execution::{Execution, Forgeries};
use crate::fault::Fault;
use crate::general::{General, Generals};
use crate::graph::{Cut, Graph};
use crate::machine::{DecisionId, MessageId, StateId, Terms, ValueId, Worker};
use crate::outcome::Task;
use crate::protocol::{Lockstep, Round};
use crate::search::progress::Progress;
use crate::testable::Wire;

/// Why no protocol is possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Construction {
    /// `n <= 3f`, and nothing is signed: Pease, Shostak and Lamport (JACM 27(2), 1980); shown by the ring of six groups
    /// of Fischer, Lynch and Merritt (1986).
    ThreeGroups,
    /// Nothing is signed, and two sets of at most `f` generals each, either of which may be traitors, together cut the
    /// other generals apart: Dolev (Journal of Algorithms 3(1), 1982); shown by the ring of eight groups of Fischer,
    /// Lynch and Merritt (1986). If one set alone cuts them apart (then the fourth group is empty), signatures make no
    /// difference: the traitors need only keep silent.
    Cut,
    /// Consensus with `n <= 2f`, signed or not: one half of the generals has one input, the other half another, all
    /// obey, and either half may be the loyal one.
    Halves,
    /// An event-driven protocol, signed or not, with `n <= 3f`, or for consensus with `n <= 2f` even if generals only
    /// crash: mail between two sides is late until both have decided. Dwork, Lynch and Stockmeyer (JACM 35(2), 1988),
    /// section 4. In a broadcast the commander is one of the traitors who talk to both sides; when a side is alone, he
    /// is loyal, and it must obey the order that it hears from him.
    ///
    /// The worlds are: one side alone, both together, the other side alone. The groups are: the two sides, those who
    /// talk to both, and, where a graph is cut, those whom neither side hears in time.
    Partition,
}

/// What an argument concludes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Conclusion {
    /// The protocol is broken in this world, counted from 0: the simulator confirms it.
    Refuted(usize),
    /// The protocol is broken in no world; in this one the traitors would have to forge a signature.
    Forgery(usize),
    /// A loyal general was told the same in a world and in the covering, but said something else. So the protocol is
    /// not deterministic, and the argument does not apply to it.
    Undetermined(Fault),
}

impl Conclusion {
    /// What follows from these worlds, if the protocol fails in one of them.
    pub(super) fn of(worlds: &[NumberedWorld], undetermined: Option<Fault>) -> Option<Conclusion> {
        if let Some(fault) = undetermined {
            return Some(Conclusion::Undetermined(fault));
        }
        // An accepted forgery is a violation, but a violated property says more, so look for that first.
        let lacks = |world: &NumberedWorld| world.execution.lacks.is_some();
        let violates = |world: &NumberedWorld| world.execution.violation().is_some();
        let broken = worlds.iter().position(lacks).or_else(|| worlds.iter().position(violates));
        let forgery = || worlds.iter().position(|world| !world.is_whole()).map(Conclusion::Forgery);
        broken.map(Conclusion::Refuted).or_else(forgery)
    }
}

/// An argument that a protocol cannot be right: worlds in which some general sees the same as in the next one,
/// although different decisions are required.
#[derive(Clone, Debug)]
pub struct Argument<V, M, S, D = V> {
    /// The construction that is used.
    pub theorem: Construction,
    /// The groups of generals, around the ring.
    pub groups: Vec<Generals>,
    /// The two inputs: of the copies in layers 0 and 1, or of the two halves, or of the two sides.
    pub values: [V; 2],
    /// The worlds; each shares a loyal general with the next.
    pub worlds: Vec<World<V, M, S, D>>,
    /// In a [partition](Construction::Partition), the wave until which the sides hear nothing of each other: each side
    /// sees the same in two worlds until then. In other constructions it does so to the end.
    pub until: Option<Round>,
    /// What follows from the worlds.
    pub conclusion: Conclusion,
}

/// A general who is loyal in two consecutive worlds, and whether it sees the same in both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Witness {
    /// Which copy of a general it is, in both worlds.
    pub double: Double,
    /// The first of the two worlds, counted from 0; the other is the next one.
    pub world: usize,
    /// Whether it sees the same in both: the messages are compared one by one, and so are the final states.
    pub same_view: bool,
}

/// The arguments against a protocol.
pub type ArgumentOf<P> = Argument<
    <P as Lockstep>::Value,
    <P as Lockstep>::Message,
    <P as Lockstep>::State,
    <P as Lockstep>::Decision,
>;

/// An argument in numbers.
pub(crate) type NumberedArgument = Argument<ValueId, MessageId, StateId, DecisionId>;

impl<V, M, S, D> Argument<V, M, S, D> {
    /// The same argument, with each value, decision, message and state converted.
    pub(crate) fn map<W, E, N, T>(
        &self,
        value: impl Fn(&V) -> W,
        decision: impl Fn(&D) -> E,
        message: impl Fn(&M) -> N,
        mut state: impl FnMut(&S) -> T,
    ) -> Argument<W, N, T, E> {
        let worlds =
            self.worlds.iter().map(|world| world.map(&value, &decision, &message, &mut state));
        Argument {
            theorem: self.theorem,
            groups: self.groups.clone(),
            values: self.values.each_ref().map(&value),
            worlds: worlds.collect(),
            until: self.until,
            conclusion: self.conclusion.clone(),
        }
    }
}

impl<V, M: PartialEq, S: PartialEq, D> Argument<V, M, S, D> {
    /// Whether traitors can keep everything that one part of the graph says from reaching the other, so that signatures
    /// do not help.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.theorem == Construction::Cut && self.groups.iter().any(|group| group.is_empty())
    }

    /// For each pair of consecutive worlds, a general who is loyal in both and decides.
    pub fn witnesses(&self) -> impl Iterator<Item = Witness> {
        self.worlds.iter().tuple_windows().enumerate().filter_map(|(world, (one, other))| {
            let mut decided = one.execution.decisions.iter().chain(&other.execution.decisions);
            let nobody = decided.all(Option::is_none);
            let task_decides = |double: &Double| {
                let id = double.general.id();
                nobody
                    || one.execution.decisions[id].is_some()
                    || other.execution.decisions[id].is_some()
            };
            let both = one.loyal.iter().filter(|double| other.loyal.contains(double));
            let double = *both.into_iter().find(|double| task_decides(double))?;
            let me = double.general;
            let [here, there] = [&one.execution, &other.execution];
            let same_view = self.seen(here, me).eq(self.seen(there, me))
                && self.held(here, me) == self.held(there, me);
            Some(Witness { double, world, same_view })
        })
    }

    /// What a general is told, as far as the argument looks.
    fn seen<'a>(
        &self,
        execution: &'a Execution<D, M, S>,
        me: General,
    ) -> impl Iterator<Item = (Wire, &'a M)> {
        let last = self.until.unwrap_or(Round::MAX);
        execution.view(me).filter(move |(wire, _)| wire.round <= last)
    }

    /// The state of a general when the argument stops looking. (A run that ends before then keeps its final state.)
    fn held<'a>(&self, execution: &'a Execution<D, M, S>, me: General) -> Option<&'a S> {
        let states = match (self.until, &execution.history) {
            (Some(wave), Some(history)) => history.get(wave).unwrap_or(&execution.states),
            _ => &execution.states,
        };
        states.get(me.id())?.as_ref()
    }
}

/// The theorem that rules out a protocol for this task, if one does, and the groups that its argument needs.
pub(crate) fn theorem(
    task: Task,
    graph: &Graph,
    f: usize,
) -> Option<(Construction, Vec<Generals>)> {
    let n = graph.n();
    if task == Task::Consensus && n <= 2 * f {
        return Some((Construction::Halves, groups(n, 2)));
    }
    match graph.cut(f) {
        // One set cuts the graph by itself: then not even signatures help.
        Some(Cut { f1, f2, p, q }) if f2.is_empty() || n > 3 * f => {
            Some((Construction::Cut, vec![p, f1, q, f2]))
        }
        _ => (n <= 3 * f).then(|| (Construction::ThreeGroups, groups(n, 3))),
    }
}

/// For each world, the place in the ring where it starts and how many groups are loyal in it.
fn worlds_of(theorem: Construction, task: Task, commander_in_cut: bool) -> Vec<(usize, usize)> {
    match (theorem, task) {
        (Construction::Halves, _) => vec![(0, 1), (0, 2), (1, 1)],
        (Construction::ThreeGroups, Task::Broadcast) => vec![(0, 2), (1, 2), (2, 2)],
        (Construction::ThreeGroups, Task::Consensus) => vec![(1, 2), (2, 2), (3, 2)],
        // The cut is made of the first and the third group: either may be all traitors.
        (Construction::Cut, Task::Broadcast) if commander_in_cut => vec![(7, 3), (1, 3), (3, 3)],
        // The cut is made of the second and the fourth group.
        (Construction::Cut, Task::Broadcast) => vec![(0, 3), (2, 3)],
        (Construction::Cut, Task::Consensus) => vec![(0, 3), (2, 3), (4, 3)],
        (Construction::Partition, _) => panic!("bug in turncoat: a partition is no ring"),
    }
}

/// Splits the generals into `count` groups of nearly equal size, the smaller ones first.
pub(super) fn groups(n: usize, count: usize) -> Vec<Generals> {
    let bounds = (0..=count).map(|place| place * n / count);
    let groups = bounds.tuple_windows();
    groups.map(|(from, to)| Generals::first(to).minus(Generals::first(from))).collect()
}

/// Why the argument cannot use these groups, if it cannot: there must be three, each general must be in exactly one,
/// and each group must be small enough to be all traitors.
pub(crate) fn objection(groups: &[Generals], n: usize, f: usize) -> Option<String> {
    if groups.len() != 3 {
        return Some(format!("there are {}, and there must be three", groups.len()));
    }
    let numbered = |group: Generals| group.iter().map(General::id).join(",");
    let mut seen = Generals::NONE;
    for group in groups {
        if let Some(stranger) = group.minus(Generals::first(n)).iter().next() {
            return Some(format!(
                "general {} is not there: the {n} generals are numbered from 0",
                stranger.id()
            ));
        }
        if let Some(twice) = group.iter().find(|general| seen.contains(*general)) {
            return Some(format!("general {} is in two of them", twice.id()));
        }
        seen = group.iter().fold(seen, Generals::with);
        if group.is_empty() {
            return Some("one of them is empty".to_owned());
        }
        if group.len() > f {
            let (count, group) = (group.len(), numbered(*group));
            return Some(format!("{group} are {count}, and at most {f} can be traitors"));
        }
    }
    let left = Generals::first(n).minus(seen).iter().next();
    left.map(|general| format!("general {} is in none of them", general.id()))
}

/// Builds the argument against a protocol. There is none if only one property is asked for, and no world violates
/// it.
pub(crate) fn argue<'a>(
    worker: &mut Worker<'a>,
    terms: &'a Terms,
    theorem: Construction,
    mut groups: Vec<Generals>,
    values: [ValueId; 2],
    progress: &Progress,
) -> Option<NumberedArgument> {
    // Put the commander's group first. Then the two parts of a cut, which alternate with the other groups, are the
    // second and the fourth, or the first and the third.
    let commands =
        |group: &Generals| terms.task == Task::Broadcast && group.contains(General::COMMANDER);
    let first = groups.iter().position(commands).unwrap_or_default();
    groups.rotate_left(first);
    let layers = if theorem == Construction::Halves { 1 } else { 2 };
    let covering = Covering { groups: groups.clone(), layers };
    let machine = worker.machine();
    let mut player = Worker::new(machine, terms, Generals::NONE);
    let played = &play(&mut player, terms, &covering, &values);
    let (player, forgeries) = (RefCell::new(player), Forgeries::default());
    let cosmos = Cosmos { machine, terms, covering: &covering, values, played, player, forgeries };
    let around = worlds_of(theorem, terms.task, first % 2 == 1);
    let windows = |shift: usize| {
        let covering = &covering;
        around.iter().map(move |(start, groups)| covering.window(start + shift, *groups))
    };
    let windows = match &played.fault {
        None => windows(0).collect_vec(),
        // If a copy misbehaves in the covering, it does so in a world where it is loyal. Exchanging the layers gives
        // worlds as well, and every copy is loyal in one of these or those.
        Some((culprit, _)) => {
            let mut all = windows(0).chain(windows(groups.len()));
            Vec::from_iter(all.find(|window| window.contains(culprit)))
        }
    };
    // Most of the work is to run each world by itself.
    let share = 1.0 / windows.len().max(1) as f64;
    let had = |window| {
        let world = cosmos.world(worker, window);
        progress.worked(1);
        progress.covered(share);
        world
    };
    let worlds = windows.into_iter().map(had).collect_vec();
    let undetermined = worlds.iter().find_map(|world| cosmos.difference(world));
    let conclusion = match Conclusion::of(&worlds, undetermined) {
        Some(conclusion) => conclusion,
        None => match &played.fault {
            Some((_, fault)) => Conclusion::Undetermined(fault.clone()),
            None if !terms.asked.is_usual() => return None,
            None => panic!("bug in turncoat: no world is broken, and they can't all be whole"),
        },
    };
    Some(Argument { theorem, groups, values, worlds, until: None, conclusion })
}
