//! Uniform-cost search: the fewest lies with which the same traitors can break the protocol.
//!
//! What a general reaches in a round depends only on its own inbox, and so do the fewest lies for that; over receivers,
//! lies add up. So global states are the nodes of a graph whose layers are the rounds, the lies that lead from one to
//! the next are the cost of an edge, and the fewest lies of an attack are the shortest path to a violation. As in
//! Dijkstra's algorithm, nodes are visited by cost, with a bucket for each cost: first everything that is reached
//! without a lie, then with one, and so on. When a violation is first met, no attack has fewer lies.
//!
//! An edge is not looked at before its cost is due: a node with two lies yields, when the bucket of five lies is
//! visited, the successors that take three more. So what a receiver can reach is worked out only up to the lies that
//! are needed, and not anew for everything that the other receivers reach: there is one row for each state of a
//! receiver together with everything that those who obey tell it.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::context::{Lies, RoundContext};
use super::crash_choices::RoundMessages;
use super::global_state::{GlobalState, Store};
use super::last_round::{LastRound, ruled};
use super::thread::{Pool, Thread};
use crate::adversary::FaultClass;
use crate::general::{General, Generals};
use crate::machine::{DecisionId, MessageId, Said, StateId};
use crate::outcome::Task;
use crate::protocol::Round;
use crate::schedule::Shift;
use crate::search::budget::{MOST_STATES, StepBudget};
use crate::search::choices::initial::{InitialChoices, TraitorsOrders};
use crate::search::choices::space::Space;
use crate::search::outcome::{Explored, SearchOutcome};
use crate::search::progress::Halt;
use crate::search::reduction::Reductions;
use crate::testable::{Lacking, Refusal};

/// The search of all cases with the same traitors and disruptions.
pub(crate) struct UniformCost<'a> {
    space: &'a Space<'a>,
    /// The first of these cases.
    first: InitialChoices,
    /// One case for each class (the first): in the cases of a class, properties ask for the same.
    classes: Vec<InitialChoices>,
    store: Store<'a>,
    /// By round: the global states in which it can begin.
    layers: Vec<Layer>,
    rows: ReceiverRows,
    /// The first thing that came up that an obeying traitor would say and that the repertoire lacks.
    pub lacking: Option<Lacking>,
}

/// Nodes by global state and number of the class of cases.
type Layer = IndexMap<(u32, GlobalState), SearchNode, FxBuildHasher>;

/// How a global state is reached, and what it leads to.
struct SearchNode {
    lies: u32,
    /// `None` until they are first needed; and always in case of crashes, where they depend on the lies left.
    ways: Option<Arc<[OutgoingEdges]>>,
}

/// What a global state leads to when this many generals crash.
struct OutgoingEdges {
    crashes: u32,
    overheard: u32,
    disrupted: u64,
    /// The rows of the receivers.
    rows: Vec<usize>,
}

/// What receivers can reach, by everything that it depends on.
#[derive(Default)]
struct ReceiverRows {
    places: FxHashMap<Box<[u32]>, usize>,
    rows: Vec<ReceiverRow>,
}

/// What one receiver can reach in a round.
struct ReceiverRow {
    to: General,
    state: Option<StateId>,
    overheard: u32,
    disrupted: u64,
    honest: Vec<Option<Said>>,
    /// The most lies for which it was worked out; `None` if it was not yet.
    most: Option<u32>,
    /// The states in which it can end the round.
    states: EndsByLies<StateId>,
    /// What it can decide after the last round.
    decisions: EndsByLies<DecisionId>,
}

/// What one general can reach, each with the fewest lies it takes.
type EndsByLies<T> = Vec<(Option<T>, u32)>;

/// A receiver, and what it can reach.
type ReceiverEnds<'e, T> = (General, &'e [(Option<T>, u32)]);

impl<'a> UniformCost<'a> {
    /// A search of all cases with these traitors and disruptions, which has not begun.
    pub fn new(
        space: &'a Space<'a>,
        traitors: Generals,
        disruptions: Vec<Shift<MessageId>>,
        pool: &Pool,
    ) -> UniformCost<'a> {
        let mut cases = space.cases_with(traitors, disruptions, TraitorsOrders::Each);
        let first = cases.next().expect("there is a case");
        let (classes, rows, lacking) = (Vec::new(), ReceiverRows::default(), None);
        let store = pool.store(space.machine);
        let layers = (0..space.terms.rounds + 2).map(|_| Layer::default()).collect();
        UniformCost { space, first, classes, store, layers, rows, lacking }
    }

    /// Who the traitors are.
    pub fn traitors(&self) -> Generals {
        self.first.traitors
    }

    /// Which messages are disrupted.
    pub fn disruptions(&self) -> &[Shift<MessageId>] {
        &self.first.disruptions
    }

    /// How many global states and rows are held.
    pub fn held(&self) -> usize {
        self.rows.rows.len() + self.layers.iter().map(Layer::len).sum::<usize>()
    }

    /// Visits everything that takes exactly this many lies. Everything that takes fewer must have been visited before.
    pub fn go_through(
        &mut self,
        lies: u32,
        reductions: Reductions,
        pool: &Pool,
        budget: StepBudget<'_>,
    ) -> Explored {
        let first = self.first.clone();
        let context =
            RoundContext::new(self.space, &first, Lies::AtMost(lies), reductions, None, pool);
        let mut thread = context.thread(budget);
        let mut result = Ok(());
        if first.disruptions.len() == lies as usize {
            result = self.start(&context, &mut thread);
        }
        let result = result.and_then(|()| self.level(&context, &mut thread, lies));
        if let Some((wire, message)) = thread.lacking.take() {
            let message = self.space.machine.show_message(message);
            self.lacking.get_or_insert(Lacking { wire, message });
        }
        (context.lay_down(thread), result)
    }

    /// Adds the global state in which each case begins.
    fn start<'c>(
        &mut self,
        context: &RoundContext<'c>,
        thread: &mut Thread<'c>,
    ) -> Result<(), SearchOutcome> {
        let terms = self.space.terms;
        let mut firsts = FxHashMap::default();
        let InitialChoices { traitors, disruptions, .. } = self.first.clone();
        let lies = disruptions.len() as u32;
        for case in self.space.cases_with(traitors, disruptions, TraitorsOrders::Each) {
            thread.budget.step()?;
            let global = context.start(&case.inputs, thread, &mut self.store)?;
            // In consensus, agreement and validity depend on which inputs there are, and not on who has them. The input
            // of a general who is not bound by it is part of no outcome.
            let anonymous = terms.task == Task::Consensus && terms.asked.demands().next().is_none();
            let bound = case.faults.bound(terms.n(), case.traitors);
            let inputs = case.inputs.iter().filter(|(general, _)| bound.contains(**general));
            let asked = inputs.map(|(general, input)| {
                (if anonymous { General::COMMANDER } else { *general }, input.place())
            });
            let asked: BTreeSet<_> = asked.collect();
            let classes = &mut self.classes;
            let class = *firsts.entry(asked).or_insert_with(|| {
                classes.push(case);
                classes.len() as u32 - 1
            });
            self.layers[1].entry((class, global)).or_insert(SearchNode { lies, ways: None });
            if self.layers[1].len() > MOST_STATES {
                return Err(Halt::Room.into());
            }
        }
        Ok(())
    }

    /// Goes on from all global states that are reached with at most this many lies.
    fn level(
        &mut self,
        context: &RoundContext<'_>,
        thread: &mut Thread<'_>,
        lies: u32,
    ) -> Result<(), SearchOutcome> {
        let rounds = self.space.terms.rounds;
        for round in 1..=rounds {
            for place in 0..self.layers[round].len() {
                match self.go_on(context, thread, (round, place), lies) {
                    Err(SearchOutcome::Refused(Refusal::Undescribed { wire, message })) => {
                        self.lacking.get_or_insert(Lacking { wire, message });
                    }
                    other => other?,
                }
            }
        }
        // A protocol without rounds leaves no room for lies.
        for ((class, global), _) in self.layers[1].iter().filter(|_| rounds == 0) {
            let decided = context.decided(&self.store, thread, global)?;
            ruled(self.space, &self.classes[*class as usize], &decided)?;
        }
        Ok(())
    }

    /// Visits everything that follows a global state and takes exactly this many lies in all.
    fn go_on(
        &mut self,
        context: &RoundContext<'_>,
        thread: &mut Thread<'_>,
        (round, place): (Round, usize),
        lies: u32,
    ) -> Result<(), SearchOutcome> {
        thread.budget.step()?;
        let ways = self.ways(context, thread, round, place)?;
        let (&(class, _), node) = self.layers[round].get_index(place).expect("it was met");
        let (case, left) = (&self.classes[class as usize], lies - node.lies);
        for OutgoingEdges { crashes, overheard, disrupted, rows } in &*ways {
            let Some(left) = left.checked_sub(*crashes) else { continue };
            for row in rows {
                self.rows.know(*row, round, left, context, thread, &mut self.store)?;
            }
            let rows = rows.iter().map(|row| &self.rows.rows[*row]);
            let (space, budget) = (self.space, &mut thread.budget);
            if round == space.terms.rounds {
                let ends: Vec<_> = rows.map(|row| (row.to, &row.decisions[..])).collect();
                let mut decided = vec![None; space.terms.n()];
                each_sum(&ends, left, &mut decided, &mut |decided| {
                    budget.step()?;
                    ruled(space, case, decided)
                })?;
            } else {
                let ends: Vec<_> = rows.map(|row| (row.to, &row.states[..])).collect();
                let (next, mut made) = (&mut self.layers[round + 1], context.nowhere().states);
                each_sum(&ends, left, &mut made, &mut |states| {
                    budget.step()?;
                    let (overheard, said) = (*overheard, *disrupted);
                    let global = GlobalState { states: states.into(), overheard, said };
                    next.entry((class, global)).or_insert(SearchNode { lies, ways: None });
                    if next.len() > MOST_STATES { Err(Halt::Room.into()) } else { Ok(()) }
                })?;
            }
        }
        Ok(())
    }

    /// What a global state leads to. That does not depend on how many lies may still be told, except for crashes.
    fn ways(
        &mut self,
        context: &RoundContext<'_>,
        thread: &mut Thread<'_>,
        round: Round,
        place: usize,
    ) -> Result<Arc<[OutgoingEdges]>, SearchOutcome> {
        let ((_, global), node) = self.layers[round].get_index_mut(place).expect("it was met");
        if let Some(ways) = &node.ways {
            return Ok(ways.clone());
        }
        let sends = context.sends(&self.store, thread, round, global)?;
        let said = context.said(&self.store, &sends, round, global, node.lies)?;
        let RoundMessages { overheard, disrupted, crash_choices } = said;
        let overheard = self.store.overheard.insert_full(overheard).0 as u32;
        let hears = match round == self.space.terms.rounds {
            true => context.loyal(),
            false => context.followed,
        };
        let mut ways = Vec::new();
        for (crashes, outboxes) in crash_choices.iter() {
            thread.budget.step()?;
            if ways.len() >= MOST_STATES {
                return Err(Halt::Room.into());
            }
            let crashed: Generals = crashes.iter().map(|crash| crash.general).collect();
            let receivers = hears.minus(crashed);
            let row = |to: General| {
                let state = global.states[to.id()];
                self.rows.place(round, to, state, (overheard, disrupted), &outboxes[to.id()])
            };
            let rows = receivers.iter().map(row).collect();
            let crashes = crashes.len() as u32;
            ways.push(OutgoingEdges { crashes, overheard, disrupted, rows });
        }
        let ways: Arc<[OutgoingEdges]> = ways.into();
        if self.space.adversary.faults != FaultClass::Crash {
            node.ways = Some(ways.clone());
        }
        Ok(ways)
    }
}

impl ReceiverRows {
    /// The number of the row for what a general can reach in a round.
    fn place(
        &mut self,
        round: Round,
        to: General,
        state: Option<StateId>,
        (overheard, disrupted): (u32, u64),
        honest: &[Option<Said>],
    ) -> usize {
        let mut key = vec![(round << 6 | to.id()) as u32, state.map_or(0, StateId::number)];
        key.extend([overheard, disrupted as u32, (disrupted >> 32) as u32]);
        for said in honest {
            key.push(said.as_ref().map_or(0, |said| said.len() as u32 + 1));
            key.extend(said.iter().flat_map(|said| said.iter()).map(|message| message.number()));
        }
        let new = self.rows.len();
        let place = *self.places.entry(key.into()).or_insert(new);
        if place == new {
            let (honest, most) = (honest.to_vec(), None);
            let (states, decisions) = (Vec::new(), Vec::new());
            self.rows.push(ReceiverRow {
                to,
                state,
                overheard,
                disrupted,
                honest,
                most,
                states,
                decisions,
            });
        }
        place
    }

    /// Works out what a general can reach with up to this many lies, unless it is known already.
    fn know(
        &mut self,
        place: usize,
        round: Round,
        left: u32,
        context: &RoundContext<'_>,
        thread: &mut Thread<'_>,
        store: &mut Store<'_>,
    ) -> Result<(), SearchOutcome> {
        let ReceiverRow { to, state, overheard, disrupted, ref honest, most, .. } =
            self.rows[place];
        if most >= Some(left) {
            return Ok(());
        }
        thread.make_room();
        let spent = context.lies_left(left).expect("lies are counted");
        let mut global = GlobalState { overheard, said: disrupted, ..context.nowhere() };
        global.states[to.id()] = state;
        let enemy = (store.signatures(&global), disrupted);
        let (mut states, mut decisions) = (Vec::new(), Vec::new());
        if round == context.space.terms.rounds {
            let before = LastRound { store, global: &global, enemy, spent };
            let reached = context.reached(&before, thread, to, honest)?.decisions.into_iter();
            decisions = reached.map(|(decision, lies, _)| (decision, lies)).collect();
        } else {
            let state = thread.adopt(store, state);
            let received = context.received(thread, round, to, state, enemy, honest, spent)?;
            let branches = received.branches.into_iter();
            states =
                branches.map(|branch| (thread.put(store, branch.state), branch.lies)).collect();
        }
        let row = &mut self.rows[place];
        (row.most, row.states, row.decisions) = (Some(left), states, decisions);
        Ok(())
    }
}

/// The most lies that can be counted: one bit each in a `u128`.
pub(crate) const MOST_LIES: usize = 127;

/// Every choice of one end for each general that takes exactly this many lies.
fn each_sum<T: Copy>(
    ends: &[ReceiverEnds<'_, T>],
    left: u32,
    made: &mut [Option<T>],
    found: &mut impl FnMut(&[Option<T>]) -> Result<(), SearchOutcome>,
) -> Result<(), SearchOutcome> {
    let mut sums = vec![1];
    for (_, ends) in ends.iter().rev() {
        let others = sums[sums.len() - 1];
        sums.push(ends.iter().fold(0, |sums, (_, lies)| sums | others << *lies));
    }
    each_sum_of(ends, &sums, left, made, found)
}

/// The same. The bits of `sums[i]` say how many lies the last `i` generals can take together.
fn each_sum_of<T: Copy>(
    ends: &[ReceiverEnds<'_, T>],
    sums: &[u128],
    left: u32,
    made: &mut [Option<T>],
    found: &mut impl FnMut(&[Option<T>]) -> Result<(), SearchOutcome>,
) -> Result<(), SearchOutcome> {
    let Some((&(to, ends), others)) = ends.split_first() else {
        return if left == 0 { found(made) } else { Ok(()) };
    };
    for &(end, lies) in ends {
        let rest = left.checked_sub(lies);
        // Choices that can't be completed are not tried.
        if let Some(left) = rest.filter(|rest| sums[others.len()] >> *rest & 1 == 1) {
            made[to.id()] = end;
            each_sum_of(others, sums, left, made, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_put_together_that_take_just_so_many_lies() {
        let ends = [&[('a', 0), ('b', 2)][..], &[('c', 0), ('d', 3)], &[('e', 1)]];
        let ends = ends.map(|ends| ends.iter().map(|(end, lies)| (Some(*end), *lies)).collect());
        let ends: [Vec<_>; 3] = ends;
        let ends = ends.iter().enumerate().map(|(id, ends)| (General::new(id), &ends[..]));
        let ends: Vec<_> = ends.collect();
        for (left, expected) in [(0, ""), (1, "ace"), (2, ""), (3, "bce"), (4, "ade"), (6, "bde")] {
            let (mut met, mut made) = (String::new(), vec![None; 3]);
            let result = each_sum(&ends, left, &mut made, &mut |made| {
                met.extend(made.iter().flatten());
                Ok(())
            });
            assert!(result.is_ok());
            assert_eq!(met, expected, "{left} lies");
        }
    }
}
