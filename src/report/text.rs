//! A verdict as text.

use std::fmt;

use itertools::Itertools;

use super::story::{Amount, Story, all_held, may};
use super::style::{Emphasis, Style};
use crate::adversary::{Adversary, FaultClass};
use crate::count::grouped;
use crate::execution::Size;
use crate::graph::Graph;
use crate::search::Harvested;
use crate::search::progress::Halt;
use crate::verdict::{Ruling, Verdict};

/// The whole verdict: the ruling, the story if the protocol is broken, and what was covered.
impl fmt::Display for Verdict<CounterexampleInWords> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { protocol, graph, adversary, behaviours, steps, ruling, .. } = self;
        let style = Style::of(f);
        writeln!(f, "{}\n", title(self.name(), protocol, graph, adversary, style))?;
        match ruling {
            Ruling::Holds => {
                let unforgeability = if self.forgeries { ", and no forgery counts" } else { "" };
                let held = all_held(self.task, self.demands.iter().copied());
                let held = format!("{held}{unforgeability}, whatever the traitors do.");
                writeln!(f, "{}\n", style.line(&held, 0))?;
            }
            Ruling::Bounded(Halt::Harvest) => {
                let heard = self.harvested.map(heard).unwrap_or_default();
                let found = format!(
                    "Nothing was found, but the protocol does not say what a traitor could say: covered\n\
                     is what can be made of {heard}."
                );
                writeln!(f, "{}\n", style.line(&found, 0))?;
            }
            Ruling::Bounded(halt) => {
                let found = format!("Nothing was found, but not everything was covered: {halt}.");
                writeln!(f, "{}\n", style.line(&found, 0))?;
            }
            Ruling::Broken(broken) => writeln!(f, "{}", style.show(&**broken))?,
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
            writeln!(f, "{}", labelled(label, &text, style))?;
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

/// A counterexample, whatever the protocol is.
pub(crate) struct CounterexampleInWords {
    pub story: Story,
    pub size: Size,
}

/// The whole story, and how small the attack is.
impl fmt::Display for CounterexampleInWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CounterexampleInWords { story, size } = self;
        let style = Style::of(f);
        writeln!(f, "{}", style.show(story))?;
        let (told, [_, fewer, each]) = (story.amount.to_string(), story.amount.words());
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
        writeln!(f, "{}", style.line(&small, 0))
    }
}

/// One, many, and what it is to take one back.
type Nouns = [&'static str; 3];

impl Amount {
    const SHIFTS: Nouns =
        ["change of the schedule", "changes of the schedule", "change, taken back"];

    /// What traitors do wrong.
    fn wrong(&self) -> Nouns {
        match self.faults {
            FaultClass::Byzantine => ["lie", "lies", "lie, made honest"],
            FaultClass::Crash => ["crash", "crashes", "crash, taken back"],
            FaultClass::SendOmission | FaultClass::ReceiveOmission => {
                ["omission", "omissions", "omission, taken back"]
            }
        }
    }

    /// The words for all that there is.
    fn words(&self) -> Nouns {
        match (self.wrongs, self.shifts) {
            (_, 0) => self.wrong(),
            (0, _) => Amount::SHIFTS,
            _ => ["", "of these", "of these, taken back"],
        }
    }
}

/// "2 lies and 1 change of the schedule".
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [(self.wrongs, self.wrong()), (self.shifts, Amount::SHIFTS)];
        let told = kinds.iter().filter(|(count, _)| *count > 0);
        let mut told = told.map(|(count, [one, many, _])| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {many}"),
        });
        let told = told.join(" and ");
        if told.is_empty() { write!(f, "no {}", self.wrong()[0]) } else { f.write_str(&told) }
    }
}

/// "HOLDS: OM(1) among 4 generals, at most 1 traitor".
pub(super) fn title(
    name: &str,
    protocol: &str,
    graph: &Graph,
    adversary: &Adversary,
    style: Style,
) -> String {
    let bound = if adversary.exactly { "exactly" } else { "at most" };
    let traitors = if adversary.traitors == 1 { "traitor" } else { "traitors" };
    let (setting, most) = (among(protocol, graph), adversary.traitors);
    let may = may(adversary.faults).map(|may| format!(", who {may}")).unwrap_or_default();
    let only = adversary.only();
    let setting = format!(": {setting}, {bound} {most} {traitors}{only}{may}");
    style.line(&(style.word(name) + &style.paint(Emphasis::Strong, setting)), 0)
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
pub(super) fn labelled(label: &str, text: &str, style: Style) -> String {
    let indent = " ".repeat(label.len().max(12));
    let label = style.paint(Emphasis::Faint, format!("{label:<12}"));
    let options = textwrap::Options::new(style.prose()).initial_indent(&label);
    let options = options.subsequent_indent(&indent);
    textwrap::fill(&format!("{text}."), options)
}

/// A paragraph, indented like this, and more so from its second line on.
pub(super) fn wrapped(text: &str, indent: &str, style: Style) -> String {
    let subsequent = if indent.is_empty() { String::new() } else { format!("{indent}  ") };
    let options = textwrap::Options::new(style.prose()).initial_indent(indent);
    textwrap::fill(text, options.subsequent_indent(&subsequent)) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_attack_are_counted_by_kind() {
        let told = |faults, wrongs, shifts| Amount { faults, wrongs, shifts }.to_string();
        assert_eq!(told(FaultClass::Byzantine, 0, 0), "no lie");
        assert_eq!(told(FaultClass::Byzantine, 0, 2), "2 changes of the schedule");
        assert_eq!(told(FaultClass::Crash, 1, 2), "1 crash and 2 changes of the schedule");
    }
}
