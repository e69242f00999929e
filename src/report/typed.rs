//! Answers as a test gets them, which know the type of their protocol: what of them is told does not.

use std::fmt;

use super::hunted::FindingInWords;
use super::refuted::RefutationInWords;
use super::story::Amount;
use super::story::Story;
use super::text::CounterexampleInWords;
use crate::execution::Counterexample;
use crate::testable::Testable;
use crate::verdict::{Finding, HuntedOn, RefutationOf, VerdictOn};

/// The whole verdict: the ruling, the story if the protocol is broken, and what was covered.
impl<P: Testable> fmt::Display for VerdictOn<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().map(broken).fmt(f)
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
impl<P: Testable> fmt::Display for HuntedOn<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().map(hit).fmt(f)
    }
}

/// The whole story, and how it was found and made smaller.
impl<P: Testable> fmt::Display for Finding<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hit(self).fmt(f)
    }
}

/// The whole argument, and what came of it.
impl<P: Testable> fmt::Display for RefutationOf<P> {
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
        drawn: Amount::of(drawn),
        executions: *executions,
        undetermined: counterexample.violation.is_undetermined(),
    }
}
