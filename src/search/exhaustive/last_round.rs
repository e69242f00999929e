//! The last round of the exhaustive engine: it needs no product of states, but only the product of the decisions that
//! each loyal general can be brought to.

use super::branches::{Branch, Branches, Trace};
use super::context::RoundContext;
use super::crash_choices::RoundMessages;
use super::global_state::{GlobalState, Store};
use super::memo::Ends;
use super::messages::Outboxes;
use super::thread::Thread;
use crate::general::{General, Generals};
use crate::machine::{DecisionId, Said};
use crate::property::Violation;
use crate::search::budget::StepBudget;
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::signature_set::SignatureSet;
use crate::search::choices::space::Space;
use crate::search::decisions::Decisions;
use crate::search::outcome::SearchOutcome;

/// The decisions that one general can be brought to, each with the fewest lies it takes.
pub(super) struct ReachableDecisions<'a> {
    to: General,
    pub decisions: Vec<ReachableDecision>,
    /// How it gets there; `None` if only the decisions themselves are known.
    received: Option<Branches<'a>>,
}

/// A decision, with the fewest lies it takes and the trace that leads there.
pub(super) type ReachableDecision = (Option<DecisionId>, u32, Trace);

/// What each general decides, if it is asked and has decided.
pub(super) type Decided = Vec<Option<DecisionId>>;

/// Where the last round begins, and what the adversary has by then.
pub(super) struct LastRound<'a> {
    pub store: &'a Store<'a>,
    pub global: &'a GlobalState,
    pub enemy: (&'a SignatureSet, u64),
    pub spent: u32,
}

impl RoundContext<'_> {
    /// Explores everything that can follow when the last round begins in this global state with `spent` lies spent, and
    /// these generals are alike.
    pub fn finish(
        &self,
        store: &Store<'_>,
        global: &GlobalState,
        alike: &[Generals],
        spent: u32,
        budget: StepBudget<'_>,
    ) -> (u64, Result<(), SearchOutcome>) {
        let mut thread = self.thread(budget);
        let result = self.finish_by(store, &mut thread, global, alike, spent);
        (self.lay_down(thread), result)
    }

    fn finish_by(
        &self,
        store: &Store<'_>,
        thread: &mut Thread<'_>,
        global: &GlobalState,
        alike: &[Generals],
        spent: u32,
    ) -> Result<(), SearchOutcome> {
        let round = self.space.terms.rounds;
        let sends = self.sends(store, thread, round, global)?;
        let RoundMessages { overheard, disrupted, crash_choices } =
            self.said(store, &sends, round, global, spent)?;
        let enemy = (&overheard, disrupted);
        for (crashes, outboxes) in crash_choices.iter() {
            let spent = self.spent(spent, crashes.len());
            let before = LastRound { store, global, enemy, spent };
            self.end(&before, thread, &outboxes, alike)
                .map_err(|end| end.after(|| Decisions { crashes, ..Decisions::new() }))?;
        }
        Ok(())
    }

    /// Judges the decisions that each loyal general can be brought to, if it decides. (A commander decides nothing, but
    /// must get through the round as well.) Of generals who are alike only one is asked; if that breaks something, all
    /// are.
    fn end(
        &self,
        before: &LastRound<'_>,
        thread: &mut Thread<'_>,
        outboxes: &Outboxes,
        alike: &[Generals],
    ) -> Result<(), SearchOutcome> {
        let mut reachable: Vec<ReachableDecisions<'_>> = Vec::new();
        let mut same = Vec::new();
        for to in self.loyal().iter() {
            let first = alike.iter().find(|alike| alike.contains(to)).and_then(|a| a.iter().next());
            let first = first.and_then(|first| reachable.iter().position(|o| o.to == first));
            if let Some(first) = first {
                same.push((to, first));
                continue;
            }
            let honest = &outboxes[to.id()];
            reachable.push(self.reachable(before, thread, to, honest)?);
            same.push((to, reachable.len() - 1));
        }
        let mut decided = vec![None; self.space.terms.n()];
        let asked_all = reachable.len() == same.len();
        if asked_all && reachable.iter().all(|reachable| reachable.received.is_some()) {
            return self.judge(&reachable, &mut decided, before.spent);
        }
        let decisions = same.iter().map(|(to, place)| (*to, &reachable[*place].decisions[..]));
        if self.is_fine(&decisions.collect::<Vec<_>>(), &mut decided) {
            return Ok(());
        } else if !asked_all {
            return self.end(before, thread, outboxes, &[]);
        }
        // How they came to these decisions is only worked out now.
        let reachable = thread.uncounted(|thread| {
            let anew = reachable.into_iter().map(|ReachableDecisions { to, .. }| {
                self.reached(before, thread, to, &outboxes[to.id()])
            });
            anew.collect::<Result<Vec<_>, _>>()
        })?;
        self.judge(&reachable, &mut decided, before.spent)
    }

    /// The decisions that a general can be brought to. How it gets there is included only if they were not known
    /// already.
    fn reachable<'a>(
        &self,
        before: &LastRound<'_>,
        thread: &mut Thread<'_>,
        to: General,
        honest: &'a [Option<Said>],
    ) -> Result<ReachableDecisions<'a>, SearchOutcome> {
        thread.make_room();
        let state = thread.adopt(before.store, before.global.states[to.id()]);
        if !self.is_asked_again(thread, self.space.terms.rounds, to, state, honest) {
            return self.reached(before, thread, to, honest);
        }
        if let Some(known) = thread.memo.receptions.get()
            && let Ends::Decisions(decisions) = &known.ends
        {
            thread.budget.take(known.steps)?;
            let decisions = decisions.iter().map(|decision| (*decision, 0, 0)).collect();
            return Ok(ReachableDecisions { to, decisions, received: None });
        }
        let (key, steps) = (thread.memo.receptions.key.clone(), thread.budget.steps());
        let reached = self.reached(before, thread, to, honest)?;
        let decisions = reached.decisions.iter().map(|(decision, ..)| *decision).collect();
        let steps = thread.budget.steps() - steps;
        thread.memo.receptions.put(key, Ends::Decisions(decisions), steps);
        Ok(reached)
    }

    /// The decisions that a general can be brought to, and how.
    pub(super) fn reached<'a>(
        &self,
        before: &LastRound<'_>,
        thread: &mut Thread<'_>,
        to: General,
        honest: &'a [Option<Said>],
    ) -> Result<ReachableDecisions<'a>, SearchOutcome> {
        let round = self.space.terms.rounds;
        let state = thread.adopt(before.store, before.global.states[to.id()]);
        let mut received =
            self.received(thread, round, to, state, before.enemy, honest, before.spent)?;
        let mut decisions: Vec<ReachableDecision> = Vec::new();
        let decides = self.deciders().contains(to);
        let branches = std::mem::take(&mut received.branches);
        for Branch { state, lies, trace, .. } in &branches {
            thread.budget.step()?;
            let decision = if decides { thread.worker.decide(to, *state) } else { Ok(None) };
            let decision = decision.map_err(|fault| {
                SearchOutcome::from(fault).after(|| self.decisions(&received, *trace))
            })?;
            // There are few values, so a linear search will do.
            match decisions.iter_mut().find(|(known, ..)| *known == decision) {
                None => decisions.push((decision, *lies, *trace)),
                Some((_, fewest, how)) if lies < fewest => (*fewest, *how) = (*lies, *trace),
                Some(_) => {}
            }
        }
        Ok(ReachableDecisions { to, decisions, received: Some(received) })
    }

    /// Judges every outcome made of one decision of each general.
    fn judge(
        &self,
        reachable: &[ReachableDecisions<'_>],
        decided: &mut Decided,
        spent: u32,
    ) -> Result<(), SearchOutcome> {
        let Some((first, others)) = reachable.split_first() else { return self.ruled(decided) };
        for (decision, lies, trace) in &first.decisions {
            if self.lies_left(spent).is_none_or(|left| *lies <= left) {
                decided[first.to.id()].clone_from(decision);
                self.judge(others, decided, spent + lies).map_err(|end| {
                    end.after(|| {
                        self.decisions(first.received.as_ref().expect("it is known how"), *trace)
                    })
                })?;
            }
        }
        Ok(())
    }

    /// Whether no outcome made of one decision of each general is a violation, if lies are free.
    fn is_fine(
        &self,
        reachable: &[(General, &[ReachableDecision])],
        decided: &mut Decided,
    ) -> bool {
        let Some(((to, decisions), others)) = reachable.split_first() else {
            return self.ruled(decided).is_ok();
        };
        decisions.iter().all(|(decision, ..)| {
            decided[to.id()].clone_from(decision);
            self.is_fine(others, decided)
        })
    }

    /// Judges a global state in which all rounds are over.
    pub fn conclude(
        &self,
        store: &Store<'_>,
        thread: &mut Thread<'_>,
        global: &GlobalState,
    ) -> Result<(), SearchOutcome> {
        self.ruled(&self.decided(store, thread, global)?)
    }

    /// What each general decides when all rounds are over.
    pub(super) fn decided(
        &self,
        store: &Store<'_>,
        thread: &mut Thread<'_>,
        global: &GlobalState,
    ) -> Result<Decided, SearchOutcome> {
        let mut decided = vec![None; self.space.terms.n()];
        for me in self.deciders().iter() {
            let state = thread.adopt(store, global.states[me.id()]);
            decided[me.id()] = thread.worker.decide(me, state)?;
        }
        Ok(decided)
    }

    fn ruled(&self, decided: &Decided) -> Result<(), SearchOutcome> {
        ruled(self.space, self.case, decided)
    }
}

/// Judges these decisions at the end of a case.
pub(super) fn ruled(
    space: &Space<'_>,
    case: &InitialChoices,
    decided: &[Option<DecisionId>],
) -> Result<(), SearchOutcome> {
    let violated = case.roles().violated(space.machine, space.terms, decided, true, None);
    let violated = violated.map(Violation::Property);
    let found = |violation| Err(SearchOutcome::Found(violation, Box::new(Decisions::new())));
    violated.map_or(Ok(()), found)
}
