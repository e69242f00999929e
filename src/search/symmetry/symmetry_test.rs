//! The test of a claimed symmetry: runs through what can come about, and through the same when two
//! generals have changed places. In each step each general must be able to come to just the renamed of
//! what the one who stood there could come to: it is by its own way of taking a step that the search is
//! tested.
//!
//! (It may hang on who is heard first what a general comes to. But not to what it can be brought.)

use std::collections::BTreeSet;

use itertools::Itertools;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use super::SymmetryOf;
use crate::adversary::FaultClass;
use crate::general::{General, Generals, Swap};
use crate::property::Violation;
use crate::protocol::Round;
use crate::search::budget::StepBudget;
use crate::search::choices::initial::{InitialChoices, InitialChoicesOf};
use crate::search::choices::signature_set::SignatureSet;
use crate::search::choices::space::Space;
use crate::search::exhaustive::context::{
    GlobalState, Interner, Lies, RoundContext, RoundMessages, Worker,
};
use crate::search::exhaustive::receiving::StateOf;
use crate::search::outcome::{SearchOutcome, SearchOutcomeOf};
use crate::search::progress::Progress;
use crate::search::reduction::Reductions;
use crate::signature::Signed;
use crate::testable::{Refusal, Terms, Testable};

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

/// Tests these two in each other's places.
pub(crate) struct SymmetryTest<'a, P: Testable> {
    pub space: &'a Space<'a, P>,
    pub symmetry: &'a SymmetryOf<'a, P>,
    pub swap: Swap,
}

/// Where one of the two compared runs is.
struct ComparedRun<'a, P: Testable> {
    context: RoundContext<'a, P>,
    worker: Worker<'a, P>,
    interner: Interner<P>,
    global: GlobalState,
}

/// To what a general can come.
type States<P> = BTreeSet<StateOf<P>>;

impl<'a, P: Testable> SymmetryTest<'a, P> {
    /// One run and its mirror image, among traitors that are drawn.
    pub fn run(&self, rng: &mut impl Rng) -> Result<(), Ended> {
        let SymmetryTest { space, swap, .. } = *self;
        let progress = Progress::new();
        let case = drawn(space, rng);
        let inputs = case.inputs.iter().map(|(of, input)| (swap.of(*of), input.clone()));
        let traitors = swap.of_all(case.traitors);
        let mirrored = InitialChoices { traitors, inputs: inputs.collect(), ..case.clone() };
        let mut here = ComparedRun::begun(space, &case, &progress)?;
        let mut there = ComparedRun::begun(space, &mirrored, &progress)?;
        for me in here.context.loyal().iter() {
            self.compare("At the start", me, &here.at(me), &there.at(swap.of(me)))?;
        }
        for round in 1..=space.terms.rounds {
            let when = format!("After round {round}");
            let (overheard, mut reached) = here.step(round)?;
            let (shown, others) = there.step(round)?;
            if let Some(number) = self.symmetry.beside(&overheard, &shown, swap) {
                return Err(Ended::Unlike(self.shown_beside(&when, number, &shown)));
            }
            here.global.overheard = here.interner.overheard.insert_full(overheard).0 as u32;
            there.global.overheard = there.interner.overheard.insert_full(shown).0 as u32;
            for me in here.context.loyal().iter() {
                let states = std::mem::take(&mut reached[me.id()]);
                self.compare(&when, me, &states, &others[swap.of(me).id()])?;
                let states = states.into_iter().collect_vec();
                let state = states.choose(rng).expect("there is always one").clone();
                there.come_to(swap.of(me), self.renamed(&state)?);
                here.come_to(me, state);
            }
        }
        for me in here.context.deciders().iter() {
            let [one, other] = [here.decision(me)?, there.decision(swap.of(me))?];
            if one != other {
                let who = [me, swap.of(me)].map(|me| self.name(me));
                let lines = vec![
                    (format!("before, by {}", who[0]), format!("{one:?}")),
                    (format!("after that, by {}", who[1]), format!("{other:?}")),
                ];
                let what = "Not the same is decided:".to_owned();
                return Err(Ended::Unlike(Unlike { what, lines }));
            }
        }
        Ok(())
    }

    fn renamed(&self, state: &StateOf<P>) -> Result<StateOf<P>, Ended> {
        let renamed = state.as_ref().map(|state| self.symmetry.state(state, self.swap));
        Ok(renamed.transpose()?)
    }

    /// One of these can come to these, and who stands there when they have changed places to those.
    fn compare(
        &self,
        when: &str,
        me: General,
        states: &States<P>,
        others: &States<P>,
    ) -> Result<(), Ended> {
        let other = self.swap.of(me);
        let renamed: Vec<_> = states.iter().map(|state| self.renamed(state)).try_collect()?;
        let [me, other] = [me, other].map(|general| self.name(general));
        let told = |state: &StateOf<P>| {
            state.as_ref().map_or_else(String::new, |state| format!("{state:?}"))
        };
        let unlike = |lines: [(String, &StateOf<P>); 2]| {
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
                    &self.renamed(extra)?,
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
fn drawn<P: Testable>(space: &Space<'_, P>, rng: &mut impl Rng) -> InitialChoicesOf<P> {
    let Terms { values, inputs, .. } = space.terms;
    let turned = rng.random_range(0.0..1.0);
    let traitors: Generals = space.everybody().iter().filter(|_| rng.random_bool(turned)).collect();
    let value = |rng: &mut _| values.choose(rng).expect("there is a value").clone();
    let inputs = inputs.iter().map(|general| (general, value(rng))).collect();
    InitialChoices { faults: FaultClass::Byzantine, traitors, inputs, disruptions: Vec::new() }
}

impl<'a, P: Testable> ComparedRun<'a, P> {
    fn begun(
        space: &'a Space<'a, P>,
        case: &'a InitialChoicesOf<P>,
        progress: &'a Progress,
    ) -> Result<ComparedRun<'a, P>, Ended> {
        let context = RoundContext::new(space, case, Lies::Free, Reductions::ALL, None);
        let (worker, mut interner) =
            (context.worker(StepBudget::new(progress, u64::MAX)), Interner::default());
        let global = context.start(&worker, &mut interner)?;
        Ok(ComparedRun { context, worker, interner, global })
    }

    /// What the enemy can show in a round, and to what each general can come in it.
    fn step(&mut self, round: Round) -> Result<(SignatureSet, Vec<States<P>>), Ended> {
        let ComparedRun { context, worker, interner, global } = self;
        let sends = context.sends(interner, worker, round, global)?;
        let RoundMessages { overheard, disrupted, crash_choices } =
            context.said(interner, &sends, round, global, 0)?;
        let (_, outboxes) = &crash_choices[0];
        let mut reached = vec![States::<P>::new(); context.space.terms.n()];
        for to in context.loyal().iter() {
            let (state, honest) = (interner.state(global, to).clone(), &outboxes[to.id()]);
            let enemy = (&overheard, disrupted);
            let received = context.received(worker, round, to, state, enemy, honest, 0)?;
            reached[to.id()] = received.branches.into_iter().map(|branch| branch.state).collect();
        }
        Ok((overheard, reached))
    }

    /// What a general holds.
    fn at(&self, general: General) -> States<P> {
        [self.interner.state(&self.global, general).clone()].into()
    }

    fn come_to(&mut self, general: General, state: StateOf<P>) {
        self.global.states[general.id()] = self.interner.number(state);
    }

    fn decision(&self, general: General) -> Result<P::Value, Ended> {
        let state = self.interner.state(&self.global, general);
        Ok(self.worker.protocol.decide(general, state).map_err(SearchOutcomeOf::<P>::from)?)
    }
}

impl<M> From<SearchOutcome<M>> for Ended {
    fn from(end: SearchOutcome<M>) -> Ended {
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
