//! A verdict, a hunt and an estimate, as text.

use std::fmt;

use itertools::Itertools;

use super::many;
use super::story::{Amount, Story, all_held, may};
use super::style::{Emphasis, Style};
use crate::adversary::{Adversary, FaultClass, Timing};
use crate::count::grouped;
use crate::execution::Size;
use crate::graph::Graph;
use crate::property::AskedProperties;
use crate::search::progress::Halt;
use crate::search::{Coverage, Engine, Harvested};
use crate::testable::{Lacking, Refusal};
use crate::verdict::{Estimate, Expected, Hunted, Ruling, Verdict};

/// The whole verdict: the ruling, the story if the protocol is broken, and what was covered.
impl fmt::Display for Verdict<CounterexampleInWords> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { protocol, graph, adversary, behaviours, steps, ruling, .. } = self;
        let style = Style::of(f);
        writeln!(f, "{}\n", title(self.name(), protocol, graph, adversary, style))?;
        match ruling {
            Ruling::Holds => {
                let unforgeability = if self.forgeries { ", and no forgery counts" } else { "" };
                let held = all_held(&self.asked);
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
        let steps = grouped(&steps.to_string());
        let work = match (adversary.timing, ruling) {
            (None, _) => format!("{behaviours} {what}, in {steps} steps"),
            (Some(_), Ruling::Bounded(_)) => format!("some of all executions, in {steps} steps"),
            (Some(Timing::Synchronous), Ruling::Broken(_)) => {
                format!("executions in which all is in time, in {steps} steps")
            }
            (Some(_), Ruling::Broken(_)) => format!("executions of any schedule, in {steps} steps"),
            (Some(_), Ruling::Holds) => match self.carried {
                None => format!("all executions, in {steps} steps"),
                Some(carried) => {
                    let carried = many(carried, "vector");
                    format!(
                        "all executions, in all phases without end, each like the first as is claimed \
                         ({carried} of what is carried from one to the next), in {steps} steps"
                    )
                }
            },
        };
        let broken = matches!(ruling, Ruling::Broken(_));
        let not_covered = if broken { None } else { adversary.not_covered(self.signed) };
        let adversary = ("Adversary", adversary.told(self.signed, self.forgeries));
        let messages = self.honest_messages.map(|messages| {
            let messages = many(messages as u64, "message");
            ("Honest run", format!("{messages}, where all inputs are the first value"))
        });
        let least = self.least_heard.map(|least| {
            let messages = many(u64::from(least), "message");
            let least = format!(
                "in every attack by so few traitors the loyal hear {messages} of theirs or more"
            );
            ("Least", least)
        });
        let work = [(covered, work), ("Reductions", reductions)].into_iter();
        let work = least.into_iter().chain(work).chain(messages);
        f.write_str(&facts(&self.asked, self.harvested, adversary, not_covered, work, style))?;
        let Some(Lacking { wire, message }) = self.lacking.clone() else { return Ok(()) };
        let undescribed = Refusal::Undescribed { wire, message };
        let lacking = format!(
            "{undescribed}. No attack in which that is said was looked for, and \"holds\" would not \
             cover one"
        );
        writeln!(f, "{}", labelled("Lacking", &lacking, style))
    }
}

/// Labelled facts: what the question was narrowed down to, where the lies came from if the protocol does not describe
/// them, what the adversary could and could not do, and what was done.
fn facts(
    asked: &AskedProperties,
    harvested: Option<Harvested>,
    adversary: (&'static str, String),
    not_covered: Option<String>,
    work: impl IntoIterator<Item = (&'static str, String)>,
    style: Style,
) -> String {
    let lies = harvested.map(|harvested| ("Lies", format!("made of {}", heard(harvested))));
    let not_covered = not_covered.map(|powers| ("Not covered", powers));
    let left_out = asked.left_out().join(", ");
    let alone = format!("{}, and not {left_out}", asked.titles().join(", "));
    let asked_alone = (!left_out.is_empty()).then_some(("Asked", alone));
    let given = asked.inputs().iter();
    let given = given.map(|(general, value)| format!("general {} is given {value}", general.id()));
    let given = given.collect_vec().join(", ");
    let given = (!given.is_empty()).then_some(("Inputs", given));
    let facts = asked_alone.into_iter().chain(given).chain(lies).chain([adversary]);
    let facts = facts.chain(not_covered).chain(work);
    facts.map(|(label, text)| labelled(label, &text, style) + "\n").collect()
}

/// "the 34 messages heard in 24 runs".
fn heard(Harvested { messages, runs, left_out }: Harvested) -> String {
    let [messages, runs] = [messages, runs].map(|number| grouped(&number.to_string()));
    if runs == "0" {
        return format!("the {messages} messages on the menu, and what was said before");
    }
    let left_out = match left_out {
        0 => String::new(),
        _ => format!(", of which {left_out} were said only in their place"),
    };
    format!("the {messages} messages heard in {runs} runs{left_out}")
}

/// A counterexample in words, for any protocol.
pub(crate) struct CounterexampleInWords {
    pub story: Story,
    pub size: Size,
}

/// The whole story, and how small the attack is known to be.
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
            Size::NotMinimal => format!("Not shrunk ({told})."),
        };
        writeln!(f, "{}", style.line(&small, 0))
    }
}

/// The result: the story if an attack was found, and what was tried. Times are left out, so that the same hunt always
/// reads the same.
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
        let adversary = ("Drawn from", adversary.told(self.signed, self.forgeries));
        let work = [("Hunt", told(self)), ("Coverage", covered(coverage))];
        f.write_str(&facts(&self.asked, self.harvested, adversary, not_covered, work, style))
    }
}

/// "10,000 cases of seed 7, in 312 of which all obeyed; the largest attack has 14 lies".
fn told(hunted: &Hunted<FindingInWords>) -> String {
    let Coverage { cases, obedient, largest, .. } = hunted.coverage;
    let first = match hunted.first {
        0 => String::new(),
        first => format!(" from case {first} on"),
    };
    let (cases, largest) = (many(cases, "case"), many(largest as u64, "part"));
    format!(
        "{cases} of seed {}{first}, in {} of which all obeyed; the largest attack has {largest}",
        hunted.seed,
        number(obedient),
    )
}

/// A finding in words, for any protocol.
pub(crate) struct FindingInWords {
    pub broken: CounterexampleInWords,
    /// In which case it was found.
    pub case: u64,
    /// The profile of the random adversary that drew it.
    pub profile: String,
    /// The size of the attack as it was drawn.
    pub drawn: Amount,
    /// How often the protocol was run to shrink it.
    pub executions: u64,
    /// Whether the protocol is not deterministic.
    pub undetermined: bool,
}

/// The whole story, and how the attack was found and shrunk.
impl fmt::Display for FindingInWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FindingInWords { broken, case, profile, drawn: before, executions, undetermined } =
            self;
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
        writeln!(f, "{}", style.line(&found, 0))?;
        writeln!(f, "{}", style.line(&format!("It was drawn with {profile}."), 0))
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

/// What each engine is expected to do, and which one fits.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Estimate { protocol, graph, adversary, exhaustive, compositional } = self;
        writeln!(f, "{}\n", title("not searched", protocol, graph, adversary, Style::of(f)))?;
        let exhaustive = match exhaustive {
            Ok(Expected { behaviours, steps }) => format!(
                "{behaviours} raw behaviours, in about {steps} steps, as if strays changed nothing and no two \
                 states were equal"
            ),
            Err(error) => format!("can't: {error}"),
        };
        let compositional = match compositional {
            Ok(behaviours) => {
                let lacks = adversary.without_strays().not_covered(false).unwrap_or_default();
                format!("{behaviours} raw behaviours; not covered: {lacks}")
            }
            Err(error) => format!("can't: {error}"),
        };
        let fits = match self.engine() {
            Engine::Compositional => "compositional",
            _ => "exhaustive",
        };
        for (label, text) in
            [("Exhaustive", exhaustive), ("Composed", compositional), ("Fitting", fits.to_owned())]
        {
            writeln!(f, "{}", labelled(label, &text, Style::of(f)))?;
        }
        Ok(())
    }
}

/// The singular, the plural, and a phrase for removing one.
type Nouns = [&'static str; 3];

impl Amount {
    const SHIFTS: Nouns =
        ["change of the schedule", "changes of the schedule", "change, taken back"];

    const HAPPENINGS: Nouns = ["timer or coin", "timers and coins", "of these, left to itself"];

    const RESTARTS: Nouns = ["restart", "restarts", "restart, taken back"];

    const TWINS: Nouns = ["second node", "second nodes", "second node, taken back"];

    /// The nouns for what traitors do wrong.
    fn wrong(&self) -> Nouns {
        match self.faults {
            FaultClass::Byzantine => ["lie", "lies", "lie, made honest"],
            FaultClass::Crash => ["crash", "crashes", "crash, taken back"],
            FaultClass::SendOmission | FaultClass::ReceiveOmission => {
                ["omission", "omissions", "omission, taken back"]
            }
        }
    }

    /// The nouns for all parts of the attack together.
    fn words(&self) -> Nouns {
        match (self.wrongs, self.shifts, self.happenings, self.restarts, self.twins) {
            (_, 0, 0, 0, 0) => self.wrong(),
            (0, _, 0, 0, 0) => Amount::SHIFTS,
            (0, 0, _, 0, 0) => Amount::HAPPENINGS,
            (0, 0, 0, _, 0) => Amount::RESTARTS,
            (0, 0, 0, 0, _) => Amount::TWINS,
            _ => ["", "of these", "of these, taken back"],
        }
    }
}

/// "2 lies and 1 change of the schedule".
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [
            (self.wrongs, self.wrong()),
            (self.shifts, Amount::SHIFTS),
            (self.happenings, Amount::HAPPENINGS),
            (self.restarts, Amount::RESTARTS),
            (self.twins, Amount::TWINS),
        ];
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
fn title(name: &str, protocol: &str, graph: &Graph, adversary: &Adversary, style: Style) -> String {
    let bound = if adversary.exactly { "exactly" } else { "at most" };
    let (setting, traitors) = (among(protocol, graph), many(adversary.traitors as u64, "traitor"));
    let may = may(adversary.faults).map(|may| format!(", who {may}")).unwrap_or_default();
    let only = adversary.only();
    let setting = format!(": {setting}, {bound} {traitors}{only}{may}");
    style.line(&(style.word(name) + &style.paint(Emphasis::Strong, setting)), 0)
}

/// "OM(1) among 4 generals", "OM(1) among 4 generals on a ring". If the name contains a comma, another one follows
/// it.
#[must_use]
pub fn among(protocol: &str, graph: &Graph) -> String {
    let comma = if protocol.contains(", ") { "," } else { "" };
    let generals = many(graph.n() as u64, "general");
    let place = graph.place().map(|place| format!(" {place}")).unwrap_or_default();
    format!("{protocol}{comma} among {generals}{place}")
}

/// A label in a column of its own, with a sentence beside it.
pub(super) fn labelled(label: &str, text: &str, style: Style) -> String {
    let indent = " ".repeat(label.len().max(12));
    let label = style.paint(Emphasis::Faint, format!("{label:<12}"));
    let options = textwrap::Options::new(style.prose()).initial_indent(&label);
    let options = options.subsequent_indent(&indent);
    textwrap::fill(&format!("{text}."), options)
}

/// A paragraph with this indent, and a deeper one from its second line on.
pub(super) fn wrapped(text: &str, indent: &str, style: Style) -> String {
    let subsequent = if indent.is_empty() { String::new() } else { format!("{indent}  ") };
    let options = textwrap::Options::new(style.prose()).initial_indent(indent);
    textwrap::fill(text, options.subsequent_indent(&subsequent)) + "\n"
}
