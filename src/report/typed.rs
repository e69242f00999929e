//! Answers as a test gets them, which know the type of their protocol: what of them is told does not.

use std::fmt;

use super::hunted::{FindingInWords, HuntedInWords};
use super::refuted::RefutationInWords;
use super::story::Story;
use super::telling::amount;
use super::text::{CounterexampleInWords, RulingInWords, VerdictInWords};
use crate::execution::Counterexample;
use crate::fault::{Fault, FaultKind};
use crate::property::Violation;
use crate::testable::Testable;
use crate::verdict::{Finding, Hunted, Refutation, Ruling, Verdict};

/// The whole verdict: the ruling, the story if the protocol is broken, and what was covered.
impl<P: Testable> fmt::Display for Verdict<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let searched = VerdictInWords {
            name: self.name(),
            protocol: &self.protocol,
            graph: &self.graph,
            adversary: &self.adversary,
            task: self.task,
            demands: &self.demands,
            signed: self.signed,
            forgeries: self.forgeries,
            harvested: self.harvested,
            reductions: &self.reductions,
            behaviours: &self.behaviours,
            steps: self.steps,
            end: match &self.ruling {
                Ruling::Holds => RulingInWords::Holds,
                Ruling::Broken(found) => RulingInWords::Broken(Box::new(broken(found))),
                Ruling::Bounded(halt) => RulingInWords::Bounded(*halt),
            },
        };
        searched.fmt(f)
    }
}

/// The whole story, and how small the attack is.
impl<P: Testable> fmt::Display for Counterexample<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        broken(self).fmt(f)
    }
}

/// What came of it: the story if something was found, and what was tried. How long it took is left
/// out, so that the same hunt reads the same.
impl<P: Testable> fmt::Display for Hunted<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let drawn = HuntedInWords {
            name: self.name(),
            protocol: &self.protocol,
            graph: &self.graph,
            adversary: &self.adversary,
            signed: self.signed,
            forgeries: self.forgeries,
            harvested: self.harvested,
            first: self.first,
            cases: self.cases,
            seed: self.seed,
            coverage: &self.coverage,
            found: self.finding.as_ref().map(hit),
        };
        drawn.fmt(f)
    }
}

/// The whole story, and how it was found and made smaller.
impl<P: Testable> fmt::Display for Finding<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hit(self).fmt(f)
    }
}

/// The whole argument, and what came of it.
impl<P: Testable> fmt::Display for Refutation<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        RefutationInWords::in_brief(self).fmt(f)
    }
}

fn broken<P: Testable>(found: &Counterexample<P>) -> CounterexampleInWords {
    let Counterexample { attack, execution, size, protocol, .. } = found;
    CounterexampleInWords { story: Story::in_brief(protocol, attack, execution), size: *size }
}

fn hit<P: Testable>(finding: &Finding<P>) -> FindingInWords {
    let Finding { case, drawn, executions, counterexample, .. } = finding;
    FindingInWords {
        broken: broken(counterexample),
        case: *case,
        drawn: amount(drawn),
        executions: *executions,
        undetermined: matches!(
            &counterexample.violation,
            Violation::Fault(Fault { kind: FaultKind::Undetermined(..), .. })
        ),
    }
}
