//! What came of a hunt, as text.

use std::fmt;

use super::story::Amount;
use super::style::Style;
use super::text::{CounterexampleInWords, labelled, lies, title};
use crate::count::grouped;
use crate::execution::Size;
use crate::search::Coverage;
use crate::verdict::Hunted;

/// What came of it: the story if something was found, and what was tried. How long it took is left
/// out, so that the same hunt reads the same.
impl fmt::Display for Hunted<FindingInWords> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Hunted { protocol, graph, adversary, coverage, finding: found, .. } = self;
        let style = Style::of(f);
        writeln!(f, "{}\n", title(self.name(), protocol, graph, adversary, style))?;
        match found {
            Some(found) => writeln!(f, "{}", style.show(found))?,
            None => {
                let tried = match (coverage.cases, self.cases) {
                    (tried, cases) if tried < cases => {
                        let [tried, cases] = [tried, cases].map(number);
                        format!("{tried} of {cases} attacks drawn at random, then it was stopped")
                    }
                    (tried, _) => format!("{} attacks drawn at random", number(tried)),
                };
                let found = format!("Nothing was found in {tried}. That is no proof.");
                writeln!(f, "{}\n", style.line(&found, 0))?;
            }
        }
        let not_covered = if found.is_some() { None } else { adversary.not_covered(self.signed) };
        let adversary = [("Drawn from", adversary.told(self.signed, self.forgeries))];
        let not_covered = not_covered.map(|powers| ("Not covered", powers));
        let work = [("Hunt", told(self)), ("Coverage", covered(coverage))];
        let facts = self.harvested.map(lies).into_iter().chain(adversary);
        for (label, text) in facts.chain(not_covered).chain(work) {
            writeln!(f, "{}", labelled(label, &text, style))?;
        }
        Ok(())
    }
}

/// "10,000 cases of seed 7, in 312 of which all obeyed; the largest attack has 14 lies".
fn told(hunted: &Hunted<FindingInWords>) -> String {
    let Coverage { cases, obedient, largest, .. } = hunted.coverage;
    let noun = if cases == 1 { "case" } else { "cases" };
    let first = match hunted.first {
        0 => String::new(),
        first => format!(" from case {first} on"),
    };
    let (cases, obedient) = (number(cases), number(obedient));
    let parts = if largest == 1 { "part" } else { "parts" };
    format!(
        "{cases} {noun} of seed {}{first}, in {obedient} of which all obeyed; the largest \
         attack has {} {parts}",
        hunted.seed,
        number(largest as u64),
    )
}

/// What was found, whatever the protocol is.
pub(crate) struct FindingInWords {
    pub broken: CounterexampleInWords,
    /// In which case it was found.
    pub case: u64,
    /// How much of an attack was drawn.
    pub drawn: Amount,
    /// How often the protocol was run to make it smaller.
    pub executions: u64,
    /// The protocol is not deterministic.
    pub undetermined: bool,
}

/// The whole story, and how it was found and made smaller.
impl fmt::Display for FindingInWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FindingInWords { broken, case, drawn: before, executions, undetermined } = self;
        let style = Style::of(f);
        writeln!(f, "{}", style.show(broken))?;
        if *undetermined {
            let found = format!(
                "Found at case {case} with {before}, and left as it is: what a protocol that is \
                 not\ndeterministic does with fewer lies says nothing."
            );
            return writeln!(f, "{}", style.line(&found, 0));
        }
        let (after, stopped) = (broken.story.amount, broken.size == Size::NotMinimal);
        let executions = number(*executions);
        let end = if stopped { ", when the time was up" } else { "" };
        let found = format!(
            "Found at case {case} with {before}, shrunk to {after} in {executions} executions{end}."
        );
        writeln!(f, "{}", style.line(&found, 0))
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
