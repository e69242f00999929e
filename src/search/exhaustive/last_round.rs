//! The last round of the exhaustive engine: no product of states is needed, only of the decisions to
//! which each loyal general can be brought.

use std::borrow::Cow;

use super::branches::{Branch, Trace};
use super::context::{GlobalState, Interner, Outboxes, RoundContext, RoundMessages, Worker};
use super::receiving::BranchesOf;
use crate::general::{General, Generals};
use crate::property::Violation;
use crate::protocol::Lockstep;
use crate::search::budget::StepBudget;
use crate::search::choices::signature_set::SignatureSet;
use crate::search::decisions::Decisions;
use crate::search::outcome::{SearchOutcome, SearchOutcomeOf};
use crate::testable::Testable;

/// What one general can be brought to decide, each with the fewest lies it takes.
struct ReachableDecisions<'a, P: Testable> {
    received: BranchesOf<'a, P>,
    decisions: Vec<ReachableDecision<P>>,
}

/// A decision, with the fewest lies that it takes and what brings it about.
type ReachableDecision<P> = (Option<<P as Lockstep>::Value>, u32, Trace);

/// What each general decides, if it is one of those who are asked.
type Decided<P> = Vec<Option<<P as Lockstep>::Value>>;

impl<P: Testable> RoundContext<'_, P> {
    /// All that can follow when the last round begins in this global state, so many lies spent, and
    /// these generals stand alike.
    pub fn finish(
        &self,
        interner: &Interner<P>,
        global: &GlobalState,
        alike: &[Generals],
        spent: u32,
        budget: StepBudget<'_>,
    ) -> (u64, Result<(), SearchOutcomeOf<P>>) {
        let mut worker = self.worker(budget);
        let result = self.finish_by(interner, &mut worker, global, alike, spent);
        (self.retire(worker), result)
    }

    fn finish_by(
        &self,
        interner: &Interner<P>,
        worker: &mut Worker<'_, P>,
        global: &GlobalState,
        alike: &[Generals],
        spent: u32,
    ) -> Result<(), SearchOutcomeOf<P>> {
        let round = self.space.terms.rounds;
        let sends = self.sends(interner, worker, round, global)?;
        let RoundMessages { overheard, disrupted, crash_choices } =
            self.said(interner, &sends, round, global, spent)?;
        let enemy = (&overheard, disrupted);
        for (crashes, outboxes) in crash_choices {
            let spent = self.spent(spent, crashes.len());
            self.end(interner, worker, global, enemy, &outboxes, alike, spent)
                .map_err(|end| end.after(|| Decisions { crashes, ..Decisions::new() }))?;
        }
        Ok(())
    }

    /// To which decisions can each loyal general be brought who decides? (A commander decides
    /// nothing, but must get through the round as well.) Of those who stand alike one is asked; only
    /// if that breaks something, all.
    #[expect(clippy::too_many_arguments, reason = "all that the last round hangs on")]
    fn end(
        &self,
        interner: &Interner<P>,
        worker: &mut Worker<'_, P>,
        global: &GlobalState,
        enemy: (&SignatureSet, u64),
        outboxes: &Outboxes<'_, P::Message>,
        alike: &[Generals],
        spent: u32,
    ) -> Result<(), SearchOutcomeOf<P>> {
        let mut reachable: Vec<ReachableDecisions<'_, P>> = Vec::new();
        let mut same = Vec::new();
        for to in self.loyal().iter() {
            let first = alike.iter().find(|alike| alike.contains(to)).and_then(|a| a.iter().next());
            let first =
                first.and_then(|first| reachable.iter().position(|o| o.received.to == first));
            if let Some(first) = first {
                same.push((to, first));
                continue;
            }
            let honest = &outboxes[to.id()];
            reachable.push(self.reachable(interner, worker, to, global, enemy, honest, spent)?);
            same.push((to, reachable.len() - 1));
        }
        let mut decided = vec![None; self.space.terms.n()];
        if reachable.len() == same.len() {
            return self.judge(&reachable, &mut decided, spent);
        }
        let decisions = same.iter().map(|(to, place)| (*to, &reachable[*place].decisions[..]));
        match self.is_fine(&decisions.collect::<Vec<_>>(), &mut decided) {
            true => Ok(()),
            false => self.end(interner, worker, global, enemy, outboxes, &[], spent),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "all that the last round hangs on")]
    fn reachable<'a>(
        &self,
        interner: &Interner<P>,
        worker: &mut Worker<'_, P>,
        to: General,
        global: &GlobalState,
        enemy: (&SignatureSet, u64),
        honest: &'a [Option<Cow<'a, [P::Message]>>],
        spent: u32,
    ) -> Result<ReachableDecisions<'a, P>, SearchOutcomeOf<P>> {
        let (state, round) = (interner.state(global, to).clone(), self.space.terms.rounds);
        let mut received = self.received(worker, round, to, state, enemy, honest, spent)?;
        let mut decisions: Vec<ReachableDecision<P>> = Vec::new();
        let decides = self.deciders().contains(to);
        let branches = std::mem::take(&mut received.branches);
        for Branch { state, lies, trace, .. } in &branches {
            worker.budget.step()?;
            let decision = decides.then(|| worker.protocol.decide(to, state)).transpose();
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
        worker.memo.pool.give(branches.into_iter().map(|branch| branch.state));
        Ok(ReachableDecisions { decisions, received })
    }

    /// Looks at every outcome made of one decision of each general.
    fn judge(
        &self,
        reachable: &[ReachableDecisions<'_, P>],
        decided: &mut Decided<P>,
        spent: u32,
    ) -> Result<(), SearchOutcomeOf<P>> {
        let Some((first, others)) = reachable.split_first() else { return self.ruled(decided) };
        for (decision, lies, trace) in &first.decisions {
            if self.lies_left(spent).is_none_or(|left| *lies <= left) {
                decided[first.received.to.id()].clone_from(decision);
                self.judge(others, decided, spent + lies)
                    .map_err(|end| end.after(|| self.decisions(&first.received, *trace)))?;
            }
        }
        Ok(())
    }

    /// Whether no outcome made of one decision of each general, as free as lies are, is a violation.
    fn is_fine(
        &self,
        reachable: &[(General, &[ReachableDecision<P>])],
        decided: &mut Decided<P>,
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
        interner: &Interner<P>,
        worker: &Worker<'_, P>,
        global: &GlobalState,
    ) -> Result<(), SearchOutcomeOf<P>> {
        let mut decided = vec![None; self.space.terms.n()];
        for me in self.deciders().iter() {
            decided[me.id()] = Some(worker.protocol.decide(me, interner.state(global, me))?);
        }
        self.ruled(&decided)
    }

    fn ruled(&self, decided: &Decided<P>) -> Result<(), SearchOutcomeOf<P>> {
        let violated = self.case.roles().violated(self.space.terms, decided);
        let violated = violated.map(Violation::Property);
        let found = |violation| Err(SearchOutcome::Found(violation, Box::new(Decisions::new())));
        violated.map_or(Ok(()), found)
    }
}
