//! The test of a claimed symmetry: makes a random run, and beside it the same run with two generals in each other's
//! places. In each step, the states that a general can reach must be exactly the renamed states that its counterpart
//! can reach. Steps are taken by the search's own code, so the search itself is tested.
//!
//! (Which state a general reaches may depend on who is heard first. The set of states that it can reach may not.)

use itertools::Itertools;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use super::Symmetry;
use super::renaming::Renamer;
use crate::general::{General, Swap};
use crate::machine::{DecisionId, StateId};
use crate::property::Violation;
use crate::protocol::Round;
use crate::search::budget::StepBudget;
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::signature_set::SignatureSet;
use crate::search::choices::space::Space;
use crate::search::exhaustive::context::{Lies, RoundContext};
use crate::search::exhaustive::crash_choices::RoundMessages;
use crate::search::exhaustive::global_state::{GlobalState, Store};
use crate::search::exhaustive::thread::{Pool, Thread};
use crate::search::outcome::SearchOutcome;
use crate::search::progress::Progress;
use crate::search::random::draw::any_roles;
use crate::search::reduction::Reductions;
use crate::signature::Signed;
use crate::testable::Refusal;

/// Runs a protocol with these two generals in each other's places.
pub(crate) struct SymmetryTest<'a> {
    pub space: &'a Space<'a>,
    pub symmetry: &'a Symmetry<'a>,
    pub swap: Swap,
}

/// The position of one of the two runs. Both use the same numbers for the same states.
struct ComparedRun<'a> {
    context: RoundContext<'a>,
    thread: Thread<'a>,
    global: GlobalState,
}

/// The states that a general can reach, in order.
type ReachedStates = Vec<Option<StateId>>;

/// Panics: the two generals are not alike, because `what` is not the same.
#[track_caller]
pub(crate) fn unlike(Swap { one, other }: Swap, what: &str, lines: &[(String, String)]) -> ! {
    let lines = lines.iter().map(|(who, what)| format!("\n  {who}: {what}")).format("");
    panic!(
        "{one} and {other} are not alike, as `symmetry` says. When they change places:\n{what}{lines}"
    );
}

impl SymmetryTest<'_> {
    /// Makes one run, with traitors drawn at random. Panics if it shows that the two are not alike, or can't be
    /// finished.
    #[track_caller]
    pub fn run(&self, rng: &mut impl Rng) {
        let why = match self.walk(rng) {
            Ok(()) => return,
            Err(SearchOutcome::Found(Violation::Fault(fault), _)) => fault.to_string(),
            Err(SearchOutcome::Found(violation, _)) => violation.name().to_owned(),
            Err(SearchOutcome::Halted(halt)) => halt.to_string(),
            Err(SearchOutcome::Refused(refusal)) => refusal.to_string(),
        };
        panic!("{why}")
    }

    #[track_caller]
    fn walk(&self, rng: &mut impl Rng) -> Result<(), SearchOutcome> {
        let SymmetryTest { space, swap, .. } = *self;
        let (progress, pool) = (Progress::new(), Pool::default());
        let store = &mut pool.store(space.machine);
        let renamer = &mut Renamer::new(Some(self.symmetry));
        let case = any_roles(space, rng.random_range(0.0..1.0), rng);
        let inputs = case.inputs.iter().map(|(of, input)| (swap.of(*of), *input));
        let traitors = swap.of_all(case.traitors);
        let mirrored = InitialChoices { traitors, inputs: inputs.collect(), ..case.clone() };
        let mut here = ComparedRun::begun(space, &case, &progress, &pool, store)?;
        let mut there = ComparedRun::begun(space, &mirrored, &progress, &pool, store)?;
        for me in here.context.loyal().iter() {
            let other = there.global.states[swap.of(me).id()];
            self.compare(
                renamer,
                store,
                "At the start",
                me,
                &[here.global.states[me.id()]],
                &[other],
            )?;
        }
        for round in 1..=space.terms.rounds {
            let when = format!("After round {round}");
            let (overheard, mut reached) = here.step(store, round)?;
            let (shown, others) = there.step(store, round)?;
            if let Some(number) = self.symmetry.beside(&overheard, &shown, swap) {
                let Signed { by, statement } = space.signature(number);
                let signature = format!("{}'s on {}", self.name(*by), statement.escape_ascii());
                let only = if shown.has(number) { "after that" } else { "before, renamed" };
                let what = format!("{when} not the same signatures can be shown:");
                unlike(swap, &what, &[(format!("only {only}"), signature)]);
            }
            here.global.overheard = store.overheard.insert_full(overheard).0 as u32;
            there.global.overheard = store.overheard.insert_full(shown).0 as u32;
            for me in here.context.loyal().iter() {
                let states = std::mem::take(&mut reached[me.id()]);
                self.compare(renamer, store, &when, me, &states, &others[swap.of(me).id()])?;
                let state = *states.choose(rng).expect("there is always one");
                there.global.states[swap.of(me).id()] = renamer.swapped(state, swap, store)?;
                here.global.states[me.id()] = state;
            }
        }
        for me in here.context.deciders().iter() {
            let [one, other] = [here.decision(store, me)?, there.decision(store, swap.of(me))?];
            if one != other {
                let [me, other_me] = [me, swap.of(me)].map(|me| self.name(me));
                let [one, other] =
                    [one, other].map(|decision| space.machine.show_decided(decision));
                let lines = [
                    (format!("before, by {me}"), one),
                    (format!("after that, by {other_me}"), other),
                ];
                unlike(swap, "Not the same is decided:", &lines);
            }
        }
        Ok(())
    }

    /// Compares what one general can reach with what its counterpart can, in the run in which the two have changed
    /// places.
    #[track_caller]
    fn compare(
        &self,
        renamer: &mut Renamer<'_>,
        store: &mut Store<'_>,
        when: &str,
        me: General,
        states: &[Option<StateId>],
        others: &[Option<StateId>],
    ) -> Result<(), Refusal> {
        let renamed: Vec<_> =
            states.iter().map(|state| renamer.swapped(*state, self.swap, store)).try_collect()?;
        let missing = renamed.iter().zip(states).find(|(renamed, _)| !others.contains(renamed));
        let extra = others.iter().find(|state| !renamed.contains(state));
        let [me, other] = [me, self.swap.of(me)].map(|general| self.name(general));
        let lines = match (missing, extra) {
            (None, None) => return Ok(()),
            (Some((renamed, state)), _) => [
                (format!("before, {me} can be brought to hold"), *state),
                (format!("so after that {other}, by `swapped_state`, but it can't"), *renamed),
            ],
            (None, Some(extra)) => [
                (format!("after that, {other} can be brought to hold"), *extra),
                (
                    format!("so before {me}, by `swapped_state`, but it can't"),
                    renamer.swapped(*extra, self.swap, store)?,
                ),
            ],
        };
        let shown = |state: StateId| store.table.show(state);
        let lines = lines.map(|(who, state)| (who, state.map(shown).unwrap_or_default()));
        unlike(self.swap, &format!("{when} not the same can be held:"), &lines)
    }

    fn name(&self, general: General) -> String {
        self.space.terms.task.name(general).to_string()
    }
}

impl<'a> ComparedRun<'a> {
    fn begun(
        space: &'a Space<'a>,
        case: &'a InitialChoices,
        progress: &'a Progress,
        pool: &'a Pool,
        store: &mut Store<'_>,
    ) -> Result<ComparedRun<'a>, SearchOutcome> {
        let context = RoundContext::new(space, case, Lies::Free, Reductions::ALL, None, pool);
        let mut thread = context.thread(StepBudget::new(progress, u64::MAX));
        let global = context.start(&case.inputs, &mut thread, store)?;
        Ok(ComparedRun { context, thread, global })
    }

    /// What the adversary can show in a round, and which states each general can reach in it.
    fn step(
        &mut self,
        store: &mut Store<'_>,
        round: Round,
    ) -> Result<(SignatureSet, Vec<ReachedStates>), SearchOutcome> {
        let ComparedRun { context, thread, global } = self;
        let sends = context.sends(store, thread, round, global)?;
        let RoundMessages { overheard, disrupted, crash_choices } =
            context.said(store, &sends, round, global, 0)?;
        let outboxes = &crash_choices.outboxes;
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

    fn decision(
        &mut self,
        store: &Store<'_>,
        general: General,
    ) -> Result<Option<DecisionId>, SearchOutcome> {
        let state = self.thread.adopt(store, self.global.states[general.id()]);
        Ok(self.thread.worker.decide(general, state)?)
    }
}
