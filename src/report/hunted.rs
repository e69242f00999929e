//! What came of a hunt, as text.

use std::fmt;

use super::story::Amount;
use super::style::Style;
use super::text::{CounterexampleInWords, labelled, lies, title};
use crate::adversary::Adversary;
use crate::count::grouped;
use crate::execution::Size;
use crate::graph::Graph;
use crate::search::Coverage;
use crate::search::Harvested;

/// What came of a hunt, whatever the protocol is.
pub(super) struct HuntedInWords<'a> {
    pub name: &'a str,
    pub protocol: &'a str,
    pub graph: &'a Graph,
    pub adversary: &'a Adversary,
    pub signed: bool,
    pub forgeries: bool,
    pub harvested: Option<Harvested>,
    pub first: u64,
    pub cases: u64,
    pub seed: u64,
    pub coverage: &'a Coverage,
    pub found: Option<FindingInWords>,
}

/// What came of it: the story if something was found, and what was tried. How long it took is left
/// out, so that the same hunt reads the same.
impl fmt::Display for HuntedInWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HuntedInWords { name, protocol, graph, adversary, coverage, found, .. } = self;
        let style = Style::of(f);
        writeln!(f, "{}\n", title(name, protocol, graph, adversary, style))?;
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
        let work = [("Hunt", self.told()), ("Coverage", covered(coverage))];
        let facts = self.harvested.map(lies).into_iter().chain(adversary);
        for (label, text) in facts.chain(not_covered).chain(work) {
            writeln!(f, "{}", labelled(label, &text, style))?;
        }
        Ok(())
    }
}

impl HuntedInWords<'_> {
    /// "10,000 cases of seed 7, in 312 of which all obeyed; the largest attack has 14 lies".
    fn told(&self) -> String {
        let Coverage { cases, obedient, largest, .. } = *self.coverage;
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

/// What was found, whatever the protocol is.
pub(super) struct FindingInWords {
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
