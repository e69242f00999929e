//! What is searched after what: the obvious attacks, then everything with ever more traitors, and
//! once something is found, everything with ever more lies. Whatever an engine finds is run again
//! by the simulator before it is believed.

use super::effort::Halt;
use super::end::End;
use super::explorer::{Explorer, Lies};
use super::script::{self, Script};
use super::shrink::shrunk;
use super::space::{Case, Space, TraitorsOrders};
use super::survey::{Survey, survey};
use super::{Answer, Engine, Search, naive, probe};
use crate::attack::AttackOn;
use crate::count::Count;
use crate::execution::{Counterexample, replayed};
use crate::fault::{Call, Fault, FaultKind};
use crate::general::General;
use crate::property::Violation;
use crate::testable::{Refusal, Testable};

/// The most steps spent on the proof that fewer traitors than in a known attack can't.
const PROOF_OF_TRAITORS: u64 = 2_000_000;

/// The most steps spent on the proof that fewer lies than in a known attack can't.
const PROOF_OF_LIES: u64 = 20_000_000;

impl<P: Testable> Search<'_, P> {
    /// Looks for an attack; one that is found is made as small as can be.
    pub fn run(&self) -> Result<Answer<P>, Refusal> {
        let space = Space::new(self.protocol, self.terms, self.adversary)?;
        Campaign { search: self, space: &space, whole: space.behaviours(), steps: 0 }.run()
    }
}

/// A search under way.
struct Campaign<'a, P: Testable> {
    search: &'a Search<'a, P>,
    space: &'a Space<'a, P>,
    /// All raw behaviours.
    whole: Count,
    steps: u64,
}

impl<P: Testable> Campaign<'_, P> {
    fn run(mut self) -> Result<Answer<P>, Refusal> {
        let obvious = self.probe()?;
        let (mut covered, mut found, mut halt) = (Vec::new(), None, None);
        for size in self.search.adversary.sizes() {
            if obvious.as_ref().is_some_and(|found| found.attack.traitors.len() <= size) {
                break;
            }
            let most = if obvious.is_some() { PROOF_OF_TRAITORS } else { u64::MAX };
            let survey = self.survey(size, Lies::Free, most);
            covered.extend(survey.covered.iter().map(|case| self.space.behaviours_of(*case)));
            (found, halt) = self.outcome(survey)?;
            if found.is_some() || halt.is_some() {
                break;
            }
        }
        let Some(found) = found.or(obvious) else {
            let behaviours = covered.into_iter().sum();
            return Ok(Answer { behaviours, steps: self.steps, found: None, halt });
        };
        let local = self.shrunk(found);
        // Unless the search was halted, it is known that fewer traitors can't.
        let smallest = if halt.is_none() { self.smallest(&local)? } else { None };
        let found = Some(smallest.unwrap_or(local));
        Ok(Answer { behaviours: self.whole, steps: self.steps, found, halt: None })
    }

    /// The first obvious attack that breaks the protocol.
    fn probe(&mut self) -> Result<Option<Counterexample<P>>, Refusal> {
        for size in self.search.adversary.sizes() {
            for attack in probe::attacks(self.space, size) {
                let attack = attack?;
                let execution = replayed(self.search.protocol, self.search.terms, &attack);
                for delivery in &execution.deliveries {
                    let honest = delivery.loyal.as_ref().unwrap_or(&delivery.said);
                    self.space.placed(delivery.wire, honest)?;
                }
                let steps = self.steps + execution.messages() as u64;
                self.steps = steps.min(self.search.limit);
                if let Some(violation) = execution.violation(&attack) {
                    return Ok(Some(Counterexample {
                        attack,
                        execution,
                        violation,
                        smallest: false,
                    }));
                }
            }
        }
        Ok(None)
    }

    /// Goes through all cases with so many traitors, with at most so many more steps.
    fn survey(&mut self, size: usize, lies: Lies, most: u64) -> Survey<P> {
        let Campaign { search: Search { limit, progress, engine, .. }, space, ref whole, .. } =
            *self;
        let limit = most.min(limit - self.steps);
        let orders = match lies {
            Lies::Free => TraitorsOrders::One,
            Lies::AtMost(_) => TraitorsOrders::Each,
        };
        let survey = survey(space.cases(size, orders), limit, progress, |case, meter| {
            if lies != Lies::Free {
                return Explorer::new(space, case, lies, meter).explore();
            }
            let explored = match engine {
                Engine::Exhaustive => Explorer::new(space, case, lies, meter).explore(),
                Engine::Naive => naive::explore(space, case, meter),
            };
            let behaviours = space.behaviours_of(case.traitors).log10();
            progress.covered(10_f64.powf(behaviours - whole.log10()));
            explored
        });
        self.steps += survey.steps;
        survey
    }

    /// What a survey found, confirmed, or why it ended before it found anything.
    fn outcome(
        &self,
        survey: Survey<P>,
    ) -> Result<(Option<Counterexample<P>>, Option<Halt>), Refusal> {
        match survey.end {
            None => Ok((None, None)),
            Some((case, End::Found(violation, script))) => {
                Ok((Some(self.confirmed(&case, violation, &script)?), None))
            }
            Some((_, End::Halted(halt))) => Ok((None, Some(halt))),
            Some((_, End::Refused(refusal))) => Err(refusal),
        }
    }

    /// The attack that an engine found, run again by the simulator.
    fn confirmed(
        &self,
        case: &Case<P::Value>,
        violation: Violation,
        script: &Script<P::Message>,
    ) -> Result<Counterexample<P>, Refusal> {
        let attack = script::attack(self.space, case, script)?;
        let mut execution = replayed(self.search.protocol, self.search.terms, &attack);
        let shown = execution.violation(&attack);
        if execution.fault.is_none() && shown.as_ref() != Some(&violation) {
            execution.fault = Some(self.disagreement(case, &violation, shown.as_ref()));
        }
        let violation = execution.violation(&attack).unwrap_or(violation);
        Ok(Counterexample { attack, execution, violation, smallest: false })
    }

    /// The search and the simulator disagree: that is the protocol's fault if the search, asked
    /// again, disagrees with itself.
    fn disagreement(
        &self,
        case: &Case<P::Value>,
        searched: &Violation,
        simulated: Option<&Violation>,
    ) -> Fault {
        let meter = super::effort::Meter::new(self.search.progress, u64::MAX);
        let again = Explorer::new(self.space, case, Lies::Free, meter).explore().1;
        let same = matches!(&again, Err(End::Found(again, _)) if again == searched);
        assert!(
            !same || matches!(searched, Violation::Fault(_)),
            "bug in turncoat: the search finds {searched:?} where the simulator finds {simulated:?}"
        );
        let name =
            |violation: Option<&Violation>| violation.map_or("nothing wrong", Violation::name);
        let kind = FaultKind::Undetermined(name(Some(searched)).into(), name(simulated).into());
        Fault { general: General::COMMANDER, call: Call::Decide, kind }
    }

    fn shrunk(&self, found: Counterexample<P>) -> Counterexample<P> {
        let Search { protocol, terms, adversary, .. } = *self.search;
        let attack = shrunk(protocol, terms, found.attack.clone(), adversary.exactly);
        let execution = replayed(protocol, terms, &attack);
        match execution.violation(&attack) {
            Some(violation) => Counterexample { attack, execution, violation, smallest: false },
            // Only a protocol that is not deterministic does that; it was broken once.
            None => found,
        }
    }

    /// The first of the attacks with the fewest lies among those with as many traitors as this
    /// one has, if that can be proved within the budget.
    fn smallest(
        &mut self,
        local: &Counterexample<P>,
    ) -> Result<Option<Counterexample<P>>, Refusal> {
        let AttackOn::<P> { traitors, lies, .. } = &local.attack;
        let end = self.steps.saturating_add(PROOF_OF_LIES);
        for most in 0..=lies.len() {
            let survey = self.survey(traitors.len(), Lies::AtMost(most as u32), end - self.steps);
            match self.outcome(survey)? {
                (Some(found), _) if found.attack.lies.len() <= most => {
                    return Ok(Some(Counterexample { smallest: true, ..found }));
                }
                (_, None) => {}
                (_, Some(_)) => break,
            }
        }
        Ok(None)
    }
}
