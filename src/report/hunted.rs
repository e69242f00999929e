//! What came of a hunt, as text.

use std::fmt;

use itertools::Itertools;

use super::text::{labelled, lies, title};
use crate::attack::Attack;
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
        let Hunted { protocol, n, adversary, coverage, finding, .. } = self;
        writeln!(f, "{}\n", title(self.name(), protocol, *n, adversary))?;
        match finding {
            Some(finding) => writeln!(f, "{finding}")?,
            None => {
                let tried = match (coverage.cases, self.cases) {
                    (tried, cases) if tried < cases => {
                        let [tried, cases] = [tried, cases].map(number);
                        format!("{tried} of {cases} attacks drawn at random, then it was stopped")
                    }
                    (tried, _) => format!("{} attacks drawn at random", number(tried)),
                };
                writeln!(f, "Nothing was found in {tried}. That is no proof.\n")?;
            }
        }
        let adversary = adversary.told(self.signed, self.forgeries);
        let facts =
            [("Drawn from", adversary), ("Hunt", self.told()), ("Coverage", covered(coverage))];
        for (label, text) in self.harvested.map(lies).into_iter().chain(facts) {
            writeln!(f, "{}", labelled(label, &text))?;
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
        writeln!(f, "{counterexample}")?;
        let (before, after) = (parts(drawn), parts(&counterexample.attack));
        let undetermined = matches!(
            &counterexample.violation,
            Violation::Fault(Fault { kind: FaultKind::Undetermined(..), .. })
        );
        if undetermined {
            return writeln!(
                f,
                "Found at case {case} with {before}, and left as it is: what a protocol that is \
                 not\ndeterministic does with fewer lies says nothing."
            );
        }
        let stopped = counterexample.size == Size::NotMinimal;
        let executions = number(*executions);
        let end = if stopped { ", when the time was up" } else { "" };
        writeln!(
            f,
            "Found at case {case} with {before}, shrunk to {after} in {executions} executions{end}."
        )
    }
}

/// "2 crashes, 1 lie and 3 changes of the schedule"; "no lie".
pub(crate) fn parts<V, M>(attack: &Attack<V, M>) -> String {
    let kinds = [
        (attack.crashes.len(), "crash", "crashes"),
        (attack.lies.len(), "lie", "lies"),
        (attack.schedule.len(), "change of the schedule", "changes of the schedule"),
    ];
    let kinds = kinds.into_iter().filter(|(parts, ..)| *parts > 0);
    let told = kinds.map(|(parts, one, many)| match parts {
        1 => format!("1 {one}"),
        _ => format!("{} {many}", number(parts as u64)),
    });
    match told.collect_vec().as_slice() {
        [] => "no lie".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::general::{General, Generals};
    use crate::schedule::{Arrival, Crash, Shift};
    use crate::testable::Wire;

    #[test]
    fn the_parts_of_an_attack_are_counted_by_kind() {
        let [general, to] = [0, 1].map(General::new);
        let wire = Wire { round: 1, from: general, to };
        let crash = Crash { general, round: 1, reaches: Generals::NONE };
        let shift = Shift { wire, message: 7, arrival: Arrival::Never };
        let mut attack: Attack<u8, i32> = Attack::new(2, Generals::NONE, BTreeMap::new());
        assert_eq!(parts(&attack), "no lie");
        attack.schedule = vec![shift; 2];
        assert_eq!(parts(&attack), "2 changes of the schedule");
        attack.crashes = vec![crash];
        assert_eq!(parts(&attack), "1 crash and 2 changes of the schedule");
    }
}
