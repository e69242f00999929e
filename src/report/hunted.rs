//! What came of a hunt, as text.

use std::fmt;

use super::look::Look;
use super::text::{amount, labelled, lies, title};
use crate::count::grouped;
use crate::execution::Size;
use crate::fault::{Fault, FaultKind};
use crate::property::Violation;
use crate::search::coverage::Coverage;
use crate::testable::Testable;
use crate::verdict::{Finding, Hunted};

/// What came of it: the story if something was found, and what was tried. How long it took is left
/// out, so that the same hunt reads the same.
impl<P: Testable> fmt::Display for Hunted<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Hunted { protocol, graph, adversary, coverage, finding, .. } = self;
        let look = Look::of(f);
        writeln!(f, "{}\n", title(self.name(), protocol, graph, adversary, look))?;
        match finding {
            Some(finding) => writeln!(f, "{}", look.show(finding))?,
            None => {
                let tried = match (coverage.cases, self.cases) {
                    (tried, cases) if tried < cases => {
                        let [tried, cases] = [tried, cases].map(number);
                        format!("{tried} of {cases} attacks drawn at random, then it was stopped")
                    }
                    (tried, _) => format!("{} attacks drawn at random", number(tried)),
                };
                let found = format!("Nothing was found in {tried}. That is no proof.");
                writeln!(f, "{}\n", look.line(&found, 0))?;
            }
        }
        let found = finding.is_some();
        let not_covered = if found { None } else { adversary.not_covered(self.signed) };
        let adversary = [("Drawn from", adversary.told(self.signed, self.forgeries))];
        let not_covered = not_covered.map(|powers| ("Not covered", powers));
        let work = [("Hunt", self.told()), ("Coverage", covered(coverage))];
        let facts = self.harvested.map(lies).into_iter().chain(adversary);
        for (label, text) in facts.chain(not_covered).chain(work) {
            writeln!(f, "{}", labelled(label, &text, look))?;
        }
        Ok(())
    }
}

impl<P: Testable> Hunted<P> {
    /// "10,000 cases of seed 7, in 312 of which all obeyed; the largest attack has 14 lies".
    fn told(&self) -> String {
        let Coverage { cases, obedient, largest, .. } = self.coverage;
        let noun = if cases == 1 { "case" } else { "cases" };
        let first = match self.first {
            0 => String::new(),
            first => format!(" from case {first} on"),
        };
        let (cases, obedient) = (number(cases), number(obedient));
        let parts = if largest == 1 { "part" } else { "parts" };
        format!(
            "{cases} {noun} of seed {}{first}, in {obedient} of which all obeyed; the largest \
             attack has {} {parts}",
            self.seed,
            number(largest as u64),
        )
    }
}

/// The whole story, and how it was found and made smaller.
impl<P: Testable> fmt::Display for Finding<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { case, drawn, executions, counterexample, .. } = self;
        let look = Look::of(f);
        writeln!(f, "{}", look.show(counterexample))?;
        let (before, after) = (amount(drawn).told, amount(&counterexample.attack).told);
        let undetermined = matches!(
            &counterexample.violation,
            Violation::Fault(Fault { kind: FaultKind::Undetermined(..), .. })
        );
        if undetermined {
            let found = format!(
                "Found at case {case} with {before}, and left as it is: what a protocol that is \
                 not\ndeterministic does with fewer lies says nothing."
            );
            return writeln!(f, "{}", look.line(&found, 0));
        }
        let stopped = counterexample.size == Size::NotMinimal;
        let executions = number(*executions);
        let end = if stopped { ", when the time was up" } else { "" };
        let found = format!(
            "Found at case {case} with {before}, shrunk to {after} in {executions} executions{end}."
        );
        writeln!(f, "{}", look.line(&found, 0))
    }
}

fn covered(coverage: &Coverage) -> String {
    let Coverage { cases, swayed, views, more_views, .. } = *coverage;
    let share = 100.0 * swayed as f64 / cases.max(1) as f64;
    let at_least = if more_views { "at least " } else { "" };
    let view = if views == 1 { "view" } else { "different views" };
    format!(
        "{at_least}{} {view} of loyal generals; in {share:.1}% of the cases one of them decided \
         otherwise than if all had obeyed",
        number(views)
    )
}

fn number(number: u64) -> String {
    grouped(&number.to_string())
}
