//! The last round of the exhaustive engine: no product of states is needed, only of the decisions to
//! which each loyal general can be brought.

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

/// What one general can be brought to decide, each with the fewest lies it takes.
pub(super) struct ReachableDecisions<'a> {
    to: General,
    pub decisions: Vec<ReachableDecision>,
    /// How it comes to that, unless it is only known that it does.
    received: Option<Branches<'a>>,
}

/// A decision, with the fewest lies that it takes and what brings it about.
pub(super) type ReachableDecision = (Option<DecisionId>, u32, Trace);

/// What each general decides, if it is one of those who are asked, and has decided.
pub(super) type Decided = Vec<Option<DecisionId>>;

/// Where the last round begins, and what the enemy has by then.
pub(super) struct LastRound<'a> {
    pub store: &'a Store<'a>,
    pub global: &'a GlobalState,
    pub enemy: (&'a SignatureSet, u64),
    pub spent: u32,
}

impl RoundContext<'_> {
    /// All that can follow when the last round begins in this global state, so many lies spent, and
    /// these generals stand alike.
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

    /// To which decisions can each loyal general be brought who decides? (A commander decides
    /// nothing, but must get through the round as well.) Of those who stand alike one is asked; only
    /// if that breaks something, all.
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
        // How they came to that is worked out only now.
        let reachable = thread.uncounted(|thread| {
            let anew = reachable.into_iter().map(|ReachableDecisions { to, .. }| {
                self.reached(before, thread, to, &outboxes[to.id()])
            });
            anew.collect::<Result<Vec<_>, _>>()
        })?;
        self.judge(&reachable, &mut decided, before.spent)
    }

    /// To which decisions a general can be brought; how, only if that was not known before.
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

    /// To which decisions a general can be brought, and how.
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
            // There are few values.
            match decisions.iter_mut().find(|(known, ..)| *known == decision) {
                None => decisions.push((decision, *lies, *trace)),
                Some((_, fewest, how)) if lies < fewest => (*fewest, *how) = (*lies, *trace),
                Some(_) => {}
            }
        }
        Ok(ReachableDecisions { to, decisions, received: Some(received) })
    }

    /// Looks at every outcome made of one decision of each general.
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

    /// Whether no outcome made of one decision of each general, as free as lies are, is a violation.
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

    /// What there is to be said when all rounds are over.
    pub fn conclude(
        &self,
        store: &Store<'_>,
        thread: &mut Thread<'_>,
        global: &GlobalState,
    ) -> Result<(), SearchOutcome> {
        self.ruled(&self.decided(store, thread, global)?)
    }

    /// What each decides when all rounds are over.
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

/// Whether a case may end so.
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
