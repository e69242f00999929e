//! A verdict as text.

use std::fmt;

use itertools::Itertools;

use super::cast::may;
use super::look::{Ink, Look};
use super::story::story_in;
use super::telling::all_held;
use crate::adversary::{Adversary, FaultClass};
use crate::attack::Attack;
use crate::count::grouped;
use crate::execution::{Counterexample, Size};
use crate::graph::Graph;
use crate::search::Harvested;
use crate::search::effort::Halt;
use crate::testable::Testable;
use crate::verdict::{Ruling, Verdict};

/// The whole verdict: the ruling, the story if the protocol is broken, and what was covered.
impl<P: Testable> fmt::Display for Verdict<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { graph, adversary, behaviours, steps, ruling, protocol, .. } = self;
        let look = Look::of(f);
        writeln!(f, "{}\n", title(self.name(), protocol, graph, adversary, look))?;
        match ruling {
            Ruling::Holds => {
                let unforgeability = if self.forgeries { ", and no forgery counts" } else { "" };
                let held = all_held(self.task, self.demands.iter().copied());
                let held = format!("{held}{unforgeability}, whatever the traitors do.");
                writeln!(f, "{}\n", look.line(&held, 0))?;
            }
            Ruling::Bounded(Halt::Harvest) => {
                let heard = self.harvested.map(heard).unwrap_or_default();
                let found = format!(
                    "Nothing was found, but the protocol does not say what a traitor could say: covered\n\
                     is what can be made of {heard}."
                );
                writeln!(f, "{}\n", look.line(&found, 0))?;
            }
            Ruling::Bounded(halt) => {
                let found = format!("Nothing was found, but not everything was covered: {halt}.");
                writeln!(f, "{}\n", look.line(&found, 0))?;
            }
            Ruling::Broken(counterexample) => writeln!(f, "{}", look.show(&**counterexample))?,
        }
        let reductions = self.reductions.iter().map(ToString::to_string).collect::<Vec<_>>();
        let reductions =
            if reductions.is_empty() { "none".to_owned() } else { reductions.join("; ") };
        let covered = if matches!(ruling, Ruling::Bounded(_)) { "Covered" } else { "Space" };
        let what = if self.signed {
            "adversary strategies (a message is dropped if the traitors cannot sign it)"
        } else {
            "raw behaviours"
        };
        let work = format!("{behaviours} {what}, in {} steps", grouped(&steps.to_string()));
        let broken = matches!(ruling, Ruling::Broken(_));
        let not_covered = if broken { None } else { adversary.not_covered(self.signed) };
        let adversary = [("Adversary", adversary.told(self.signed, self.forgeries))];
        let not_covered = not_covered.map(|powers| ("Not covered", powers));
        let work = [(covered, work), ("Reductions", reductions)];
        let facts = self.harvested.map(lies).into_iter().chain(adversary);
        for (label, text) in facts.chain(not_covered).chain(work) {
            writeln!(f, "{}", labelled(label, &text, look))?;
        }
        Ok(())
    }
}

/// A labelled fact: of what lies are made that the protocol does not describe.
pub(super) fn lies(harvested: Harvested) -> (&'static str, String) {
    ("Lies", format!("made of {}", heard(harvested)))
}

/// "the 34 messages heard in 24 runs".
fn heard(Harvested { messages, runs, left_out }: Harvested) -> String {
    let [messages, runs] = [messages, runs].map(|number| grouped(&number.to_string()));
    let left_out = match left_out {
        0 => String::new(),
        _ => format!(", of which {left_out} were said only in their place"),
    };
    format!("the {messages} messages heard in {runs} runs{left_out}")
}

/// The whole story, and how small the attack is.
impl<P: Testable> fmt::Display for Counterexample<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counterexample { attack, execution, size, protocol, .. } = self;
        let look = Look::of(f);
        writeln!(f, "{}", story_in(look, protocol, attack, execution))?;
        let Amount { told, fewer, each } = amount(attack);
        let small = match size {
            Size::Smallest => format!(
                "Smallest ({told}): no attack has fewer traitors, or as many and fewer {fewer}."
            ),
            Size::LocallyMinimal => format!(
                "Locally minimal ({told}): each {each}, removes the violation, or leads out of \
                 what the adversary may do."
            ),
            Size::NotMinimal => format!("Not made smaller ({told})."),
        };
        writeln!(f, "{}", look.line(&small, 0))
    }
}

/// How large an attack is, in words.
pub(super) struct Amount {
    /// "2 lies".
    pub told: String,
    /// "lies".
    fewer: &'static str,
    /// "lie, made honest".
    each: &'static str,
}

pub(super) fn amount<V, M>(
    Attack { faults, traitors, crashes, lies, schedule, .. }: &Attack<V, M>,
) -> Amount {
    const LIES: [&str; 3] = ["lie", "lies", "lie, made honest"];
    const OMISSIONS: [&str; 3] = ["omission", "omissions", "omission, taken back"];
    const CRASHES: [&str; 3] = ["crash", "crashes", "crash, taken back"];
    const CHANGES: [&str; 3] =
        ["change of the schedule", "changes of the schedule", "change, taken back"];
    let deaf = *faults == FaultClass::ReceiveOmission;
    let unheard = schedule.iter().filter(|shift| deaf && traitors.contains(shift.wire.to)).count();
    // An attack that fits a protocol has nothing of another class.
    let usual = match faults {
        FaultClass::Byzantine => (lies.len(), LIES),
        FaultClass::Crash => (crashes.len(), CRASHES),
        FaultClass::SendOmission => (lies.len(), OMISSIONS),
        FaultClass::ReceiveOmission => (unheard, OMISSIONS),
    };
    let changes = (schedule.len() - unheard, CHANGES);
    let mut kinds = [usual, changes].into_iter().filter(|(count, _)| *count > 0).collect_vec();
    if kinds.is_empty() {
        kinds.push(usual);
    }
    let mut told = kinds.iter().map(|(count, [one, many, _])| match count {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    });
    let told = told.join(" and ");
    match kinds.as_slice() {
        [(_, [_, fewer, each])] => Amount { told, fewer, each },
        _ => Amount { told, fewer: "of these", each: "of these, taken back" },
    }
}

/// "HOLDS: OM(1) among 4 generals, at most 1 traitor".
pub(super) fn title(
    name: &str,
    protocol: &str,
    graph: &Graph,
    adversary: &Adversary,
    look: Look,
) -> String {
    let bound = if adversary.exactly { "exactly" } else { "at most" };
    let traitors = if adversary.traitors == 1 { "traitor" } else { "traitors" };
    let (setting, most) = (among(protocol, graph), adversary.traitors);
    let may = may(adversary.faults).map(|may| format!(", who {may}")).unwrap_or_default();
    let only = adversary.only();
    let setting = format!(": {setting}, {bound} {most} {traitors}{only}{may}");
    look.line(&(look.word(name) + &look.ink(Ink::Strong, setting)), 0)
}

/// "OM(1) among 4 generals", "OM(1) among 4 generals on a ring". A name that goes on after a comma
/// ends with one.
#[must_use]
pub fn among(protocol: &str, graph: &Graph) -> String {
    let n = graph.n();
    let comma = if protocol.contains(", ") { "," } else { "" };
    let generals = if n == 1 { "general" } else { "generals" };
    let place = graph.place().map(|place| format!(" {place}")).unwrap_or_default();
    format!("{protocol}{comma} among {n} {generals}{place}")
}

/// A label in a column of its own, and a sentence beside it.
pub(super) fn labelled(label: &str, text: &str, look: Look) -> String {
    let indent = " ".repeat(label.len().max(12));
    let label = look.ink(Ink::Faint, format!("{label:<12}"));
    let options = textwrap::Options::new(look.prose()).initial_indent(&label);
    let options = options.subsequent_indent(&indent);
    textwrap::fill(&format!("{text}."), options)
}

/// A paragraph, indented like this, and more so from its second line on.
pub(super) fn wrapped(text: &str, indent: &str, look: Look) -> String {
    let subsequent = if indent.is_empty() { String::new() } else { format!("{indent}  ") };
    let options = textwrap::Options::new(look.prose()).initial_indent(indent);
    textwrap::fill(text, options.subsequent_indent(&subsequent)) + "\n"
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
        assert_eq!(amount(&attack).told, "no lie");
        attack.schedule = vec![shift; 2];
        assert_eq!(amount(&attack).told, "2 changes of the schedule");
        (attack.faults, attack.crashes) = (FaultClass::Crash, vec![crash]);
        assert_eq!(amount(&attack).told, "1 crash and 2 changes of the schedule");
    }
}
