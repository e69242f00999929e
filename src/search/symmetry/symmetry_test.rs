//! The test of a claimed symmetry: runs through what can come about, and through the same when two
//! generals have changed places. In each step each general must be able to come to just the renamed of
//! what the one who stood there could come to: it is by its own way of taking a step that the search is
//! tested.
//!
//! (It may hang on who is heard first what a general comes to. But not to what it can be brought.)

use std::cell::RefCell;

use itertools::Itertools;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use super::Symmetry;
use crate::adversary::FaultClass;
use crate::general::{General, Generals, Swap};
use crate::machine::{StateId, Terms, ValueId};
use crate::property::Violation;
use crate::protocol::Round;
use crate::search::budget::StepBudget;
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::signature_set::SignatureSet;
use crate::search::choices::space::Space;
use crate::search::exhaustive::context::{Lies, RoundContext};
use crate::search::exhaustive::global_state::{GlobalState, Store};
use crate::search::exhaustive::messages::RoundMessages;
use crate::search::exhaustive::thread::{Pool, Thread};
use crate::search::outcome::SearchOutcome;
use crate::search::progress::Progress;
use crate::search::reduction::Reductions;
use crate::signature::Signed;
use crate::testable::Refusal;

/// What shows that two generals are not alike: in a sentence, and in lines.
pub(crate) struct Unlike {
    pub what: String,
    pub lines: Vec<(String, String)>,
}

/// Why a test did not come to its end.
pub(crate) enum Ended {
    /// The generals are not alike.
    Unlike(Unlike),
    /// It could not go on, because of this.
    Failed(String),
}

/// Walks with these two in each other's places.
pub(crate) struct SymmetryTest<'a> {
    pub space: &'a Space<'a>,
    pub symmetry: &'a Symmetry<'a>,
    pub swap: Swap,
}

/// Where one of the two walks is.
struct ComparedRun<'a, 'm> {
    context: RoundContext<'a>,
    thread: Thread<'a>,
    /// Both runs have the same numbers for the same states.
    store: &'a RefCell<Store<'m>>,
    global: GlobalState,
}

/// To what a general can come, in the order of states.
type ReachedStates = Vec<Option<StateId>>;

impl<'a> SymmetryTest<'a> {
    /// One walk, among traitors that are drawn.
    pub fn run(&self, rng: &mut impl Rng) -> Result<(), Ended> {
        let SymmetryTest { space, swap, .. } = *self;
        let (progress, pool) = (Progress::new(), Pool::default());
        let store = RefCell::new(pool.store(space.machine));
        let case = drawn(space, rng);
        let inputs = case.inputs.iter().map(|(of, input)| (swap.of(*of), *input));
        let traitors = swap.of_all(case.traitors);
        let mirrored = InitialChoices { traitors, inputs: inputs.collect(), ..case.clone() };
        let mut here = ComparedRun::begun(space, &case, &progress, &pool, &store)?;
        let mut there = ComparedRun::begun(space, &mirrored, &progress, &pool, &store)?;
        for me in here.context.loyal().iter() {
            self.compare(&store, "At the start", me, &here.at(me), &there.at(swap.of(me)))?;
        }
        for round in 1..=space.terms.rounds {
            let when = format!("After round {round}");
            let (overheard, mut reached) = here.step(round)?;
            let (shown, others) = there.step(round)?;
            if let Some(number) = self.symmetry.beside(&overheard, &shown, swap) {
                return Err(Ended::Unlike(self.shown_beside(&when, number, &shown)));
            }
            let overheard = [overheard, shown]
                .map(|shown| store.borrow_mut().overheard.insert_full(shown).0 as u32);
            (here.global.overheard, there.global.overheard) = (overheard[0], overheard[1]);
            for me in here.context.loyal().iter() {
                let states = std::mem::take(&mut reached[me.id()]);
                self.compare(&store, &when, me, &states, &others[swap.of(me).id()])?;
                let state = *states.choose(rng).expect("there is always one");
                there.global.states[swap.of(me).id()] = self.renamed(&store, state)?;
                here.global.states[me.id()] = state;
            }
        }
        for me in here.context.deciders().iter() {
            let [one, other] = [here.decision(me)?, there.decision(swap.of(me))?];
            if one != other {
                let who = [me, swap.of(me)].map(|me| self.name(me));
                let lines = vec![
                    (format!("before, by {}", who[0]), space.machine.show_value(one)),
                    (format!("after that, by {}", who[1]), space.machine.show_value(other)),
                ];
                let what = "Not the same is decided:".to_owned();
                return Err(Ended::Unlike(Unlike { what, lines }));
            }
        }
        Ok(())
    }

    fn renamed(
        &self,
        store: &RefCell<Store<'_>>,
        state: Option<StateId>,
    ) -> Result<Option<StateId>, Ended> {
        let Some(state) = state else { return Ok(None) };
        let renamed = store.borrow_mut().table.swapped(state, self.swap);
        let panicked = |message| Refusal::Panicked { call: "swapped_state", message };
        Ok(Some(renamed.map_err(panicked)?.unwrap_or(state)))
    }

    /// One of these can come to these, and who stands there when they have changed places to those.
    fn compare(
        &self,
        store: &RefCell<Store<'_>>,
        when: &str,
        me: General,
        states: &ReachedStates,
        others: &ReachedStates,
    ) -> Result<(), Ended> {
        let other = self.swap.of(me);
        let renamed: Vec<_> =
            states.iter().map(|state| self.renamed(store, *state)).try_collect()?;
        let [me, other] = [me, other].map(|general| self.name(general));
        let told = |state: &Option<StateId>| {
            state.map_or_else(String::new, |state| store.borrow().table.show(state))
        };
        let unlike = |lines: [(String, &Option<StateId>); 2]| {
            let what = format!("{when} not the same can be held:");
            let lines = lines.map(|(who, state)| (who, told(state)));
            Err(Ended::Unlike(Unlike { what, lines: lines.into() }))
        };
        let missing = renamed.iter().zip(states).find(|(renamed, _)| !others.contains(renamed));
        if let Some((renamed, state)) = missing {
            return unlike([
                (format!("before, {me} can be brought to hold"), state),
                (format!("so after that {other}, by `swapped_state`, but it can't"), renamed),
            ]);
        }
        if let Some(extra) = others.iter().find(|state| !renamed.contains(state)) {
            return unlike([
                (format!("after that, {other} can be brought to hold"), extra),
                (
                    format!("so before {me}, by `swapped_state`, but it can't"),
                    &self.renamed(store, *extra)?,
                ),
            ]);
        }
        Ok(())
    }

    /// This signature can be shown only in one of the two.
    fn shown_beside(&self, when: &str, number: u32, there: &SignatureSet) -> Unlike {
        let Signed { by, statement } = self.space.signature(number);
        let signature = format!("{}'s on {}", self.name(*by), statement.escape_ascii());
        let line = match there.has(number) {
            true => ("only after that", signature),
            false => ("only before, renamed", signature),
        };
        let what = format!("{when} not the same signatures can be shown:");
        Unlike { what, lines: vec![(line.0.to_owned(), line.1)] }
    }

    fn name(&self, general: General) -> String {
        self.space.terms.task.name(general).to_string()
    }
}

/// Any traitors, and any inputs.
fn drawn(space: &Space<'_>, rng: &mut impl Rng) -> InitialChoices {
    let Terms { values, inputs, .. } = space.terms;
    let turned = rng.random_range(0.0..1.0);
    let traitors: Generals = space.everybody().iter().filter(|_| rng.random_bool(turned)).collect();
    let value = |rng: &mut _| *values.choose(rng).expect("there is a value");
    let inputs = inputs.iter().map(|general| (general, value(rng))).collect();
    InitialChoices { faults: FaultClass::Byzantine, traitors, inputs, disruptions: Vec::new() }
}

impl<'a, 'm> ComparedRun<'a, 'm> {
    fn begun(
        space: &'a Space<'a>,
        case: &'a InitialChoices,
        progress: &'a Progress,
        pool: &'a Pool,
        store: &'a RefCell<Store<'m>>,
    ) -> Result<ComparedRun<'a, 'm>, Ended> {
        let context = RoundContext::new(space, case, Lies::Free, Reductions::ALL, None, pool);
        let mut thread = context.thread(StepBudget::new(progress, u64::MAX));
        let global = context.start(&mut thread, &mut store.borrow_mut())?;
        Ok(ComparedRun { context, thread, store, global })
    }

    /// What the enemy can show in a round, and to what each general can come in it.
    fn step(&mut self, round: Round) -> Result<(SignatureSet, Vec<ReachedStates>), Ended> {
        let ComparedRun { context, thread, store, global } = self;
        let store = &mut *store.borrow_mut();
        let sends = context.sends(store, thread, round, global)?;
        let RoundMessages { overheard, disrupted, crash_choices } =
            context.said(store, &sends, round, global, 0)?;
        let (_, outboxes) = &crash_choices[0];
        let mut reached = vec![ReachedStates::new(); context.space.terms.n()];
        for to in context.loyal().iter() {
            let (honest, enemy) = (&outboxes[to.id()], (&overheard, disrupted));
            thread.make_room();
            let state = thread.adopt(store, global.states[to.id()]);
            let received = context.received(thread, round, to, state, enemy, honest, 0)?;
            let states = received.branches.into_iter();
            let states = states.map(|branch| thread.put(store, branch.state)).unique();
            let mut states = states.collect_vec();
            let in_order = |one: &Option<StateId>, other: &Option<StateId>| match (one, other) {
                (Some(one), Some(other)) => store.table.compare(*one, *other),
                (one, other) => one.is_some().cmp(&other.is_some()),
            };
            states.sort_by(in_order);
            reached[to.id()] = states;
        }
        Ok((overheard, reached))
    }

    /// What a general holds.
    fn at(&self, general: General) -> ReachedStates {
        vec![self.global.states[general.id()]]
    }

    fn decision(&mut self, general: General) -> Result<ValueId, Ended> {
        let state = self.thread.adopt(&self.store.borrow(), self.global.states[general.id()]);
        Ok(self.thread.worker.decide(general, state).map_err(SearchOutcome::from)?)
    }
}

impl From<SearchOutcome> for Ended {
    fn from(end: SearchOutcome) -> Ended {
        Ended::Failed(match end {
            SearchOutcome::Found(Violation::Fault(fault), _) => fault.to_string(),
            SearchOutcome::Found(violation, _) => violation.name().to_owned(),
            SearchOutcome::Halted(halt) => halt.to_string(),
            SearchOutcome::Refused(refusal) => refusal.to_string(),
        })
    }
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Ended {
        Ended::Failed(refusal.to_string())
    }
}
