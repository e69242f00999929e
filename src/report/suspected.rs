//! Words for which sets of traitors can have brought about a view.

use std::fmt;

use indexmap::IndexMap;
use itertools::Itertools;

use super::many;
use super::style::{Emphasis, Style};
use super::telling::Stories;
use super::text::{among, wrapped};
use crate::adversary::Adversary;
use crate::execution::{Size, obeyed};
use crate::general::General;
use crate::machine::{Machine, NumberedAttack, Terms, Worker};
use crate::protocol::Round;
use crate::search::suspects::NumberedView;
use crate::search::{Evidence, Suspicion, SuspicionRuling};

/// The whole answer in words.
#[derive(Clone, Debug)]
pub(crate) struct SuspectsInWords {
    /// "OM(1) among 3 generals, at most 1 traitor".
    setting: String,
    viewer: String,
    input: Option<String>,
    /// What was said, with its round and its sender.
    told: Vec<(Round, String, String)>,
    sets: Vec<SetInWords>,
}

/// The words for one set.
#[derive(Clone, Debug)]
struct SetInWords {
    names: String,
    ruling: SuspicionRuling<ExplanationInWords>,
    /// What rules it out, one line each.
    evidence: Vec<String>,
}

/// An attack that explains the view.
#[derive(Clone, Debug)]
struct ExplanationInWords {
    amount: String,
    lines: Vec<String>,
}

impl SuspectsInWords {
    /// The answer about a view of a numbered protocol; each attack is run once more.
    pub fn of(
        machine: &dyn Machine,
        terms: &Terms,
        adversary: &Adversary,
        view: &NumberedView,
        sets: &[Suspicion<NumberedAttack>],
    ) -> SuspectsInWords {
        let stories = Stories::new(machine, terms, machine.table(None));
        let name = |general: General| terms.task.name(general);
        let said = |round: Round, from: General| {
            let told = view.told_by(round, from).map(|message| stories.tell(from, *message));
            let told = told.collect_vec();
            if told.is_empty() { "nothing".to_owned() } else { told.join("; ") }
        };
        let wires = view.told.iter().map(|told| (told.round, told.from)).sorted().unique();
        let told = wires.map(|(round, from)| (round, name(from), said(round, from)));
        let sets = sets.iter().map(|Suspicion { traitors, ruling }| {
            let evidence = match ruling {
                SuspicionRuling::RuledOut(Evidence::Smallest(parts)) => parts.as_slice(),
                _ => &[],
            };
            let evidence = evidence.iter().map(|(round, from)| {
                format!("in round {round} {} tells: {}", name(*from), said(*round, *from))
            });
            SetInWords {
                names: terms.task.names(*traitors),
                ruling: ruling.map(|attack| explanation(machine, terms, attack)),
                evidence: evidence.collect(),
            }
        });
        let bound = if adversary.exactly { "exactly" } else { "at most" };
        let traitors = many(adversary.traitors as u64, "traitor");
        let only = adversary.only();
        let protocol = among(&machine.name().unwrap_or_default(), &terms.graph);
        SuspectsInWords {
            setting: format!("{protocol}, {bound} {traitors}{only}"),
            viewer: name(view.general),
            input: view.input.map(|input| machine.show_value(input)),
            told: told.collect(),
            sets: sets.collect(),
        }
    }
}

/// The words for an attack: who was given what, and who lies, crashes or is late.
fn explanation(
    machine: &dyn Machine,
    terms: &Terms,
    attack: &NumberedAttack,
) -> ExplanationInWords {
    let mut worker = Worker::new(machine, terms, attack.traitors);
    let execution = obeyed(&mut worker, terms, attack, &|_, _| None);
    let stories = Stories::new(machine, terms, worker.into_memory().into_table(machine));
    let story = stories.story(attack, &execution, false);
    let rounds = story.rounds.iter();
    let odd =
        rounds.flat_map(|step| step.messages.iter().map(move |message| (step.round, message)));
    let odd = odd.filter(|(_, message)| message.mark.is_some());
    let odd = odd.map(|(round, message)| {
        let [from, to] = [message.from, message.to].map(|general| story.name(general));
        let loyal = message.loyal.iter().map(|loyal| format!("loyal: {loyal}"));
        let notes = loyal.chain(message.arrival.clone()).join("; ");
        format!("Round {round}: {from} tells {to}: {}  ({notes})", message.text)
    });
    // The first sentence says who the traitors are: skip it.
    let lines = story.cast.iter().skip(1).cloned().chain(odd).collect();
    ExplanationInWords { amount: story.amount.to_string(), lines }
}

impl<A> SuspicionRuling<A> {
    fn map<B>(&self, change: impl FnOnce(&A) -> B) -> SuspicionRuling<B> {
        match self {
            SuspicionRuling::Explains { attack, size } => {
                SuspicionRuling::Explains { attack: Box::new(change(attack)), size: *size }
            }
            SuspicionRuling::Contains(others) => SuspicionRuling::Contains(*others),
            SuspicionRuling::RuledOut(evidence) => SuspicionRuling::RuledOut(evidence.clone()),
            SuspicionRuling::Open(halt) => SuspicionRuling::Open(*halt),
        }
    }
}

/// What was told, which sets explain it and how, and what rules out the others; with a final newline.
impl fmt::Display for SuspectsInWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = Style::of(f);
        let title = strong(style, format!("Who is the traitor? {}", self.setting));
        writeln!(f, "{}\n", style.line(&title, 0))?;
        f.write_str(&self.view(style))?;
        f.write_str(&self.explained(style))?;
        f.write_str(&self.ruled_out(style))?;
        f.write_str(&self.open(style))
    }
}

fn strong(style: Style, text: String) -> String {
    style.paint(Emphasis::Strong, text)
}

impl SuspectsInWords {
    fn view(&self, style: Style) -> String {
        let SuspectsInWords { viewer, input, told, .. } = self;
        let given = input.iter().map(|input| format!(", whose input is {input}")).join("");
        let mut text = strong(style, format!("What {viewer} was told{given}")) + "\n";
        for (round, from, said) in told {
            text += &(style.line(&format!("  Round {round}: {from} tells: {said}"), 6) + "\n");
        }
        if told.is_empty() { text + "  nothing\n" } else { text }
    }

    /// The smallest sets that explain the view, and what they do.
    fn explained(&self, style: Style) -> String {
        let explained = self.sets.iter().filter_map(|set| match &set.ruling {
            SuspicionRuling::Explains { attack, size } => Some((&set.names, attack, size)),
            _ => None,
        });
        let explained = explained.collect_vec();
        let title = match explained.is_empty() {
            true => "No set of traitors is known to explain it",
            false => "It is explained by",
        };
        let mut text = format!("\n{}\n", strong(style, title.to_owned()));
        for (names, attack, size) in explained {
            let size = match size {
                Size::Smallest => "no attack of theirs is smaller",
                Size::LocallyMinimal | Size::NotMinimal => {
                    "there may be a smaller attack of theirs"
                }
            };
            text += &(style.line(&format!("  {names}, with {}: {size}", attack.amount), 6) + "\n");
            for line in &attack.lines {
                text += &(style.line(&format!("      {line}"), 10) + "\n");
            }
        }
        let larger = self.sets.iter();
        let larger = larger.filter(|set| matches!(set.ruling, SuspicionRuling::Contains(_)));
        text + &match larger.count() {
            0 => String::new(),
            1 => "  and the larger set of which one of these is a part\n".to_owned(),
            more => format!("  and the {more} larger sets of which one of these is a part\n"),
        }
    }

    /// What rules out sets, each time with all the sets that it rules out.
    fn ruled_out(&self, style: Style) -> String {
        let mut alike: IndexMap<(String, &[String]), Vec<&str>> = IndexMap::new();
        for set in &self.sets {
            if let SuspicionRuling::RuledOut(evidence) = &set.ruling {
                let why = ruled_out_by(evidence);
                alike.entry((why, &set.evidence)).or_default().push(&set.names);
            }
        }
        let told = alike.into_iter().map(|((why, evidence), names)| {
            let mut text = format!("\n{}\n", strong(style, format!("Ruled out {why}")));
            for line in evidence {
                text += &(style.line(&format!("  {line}"), 6) + "\n");
            }
            text + &wrapped(&names.join("; "), "    ", style)
        });
        told.collect()
    }

    fn open(&self, style: Style) -> String {
        let open = self.sets.iter().filter_map(|set| match &set.ruling {
            SuspicionRuling::Open(halt) => Some(format!("  {}: {halt}", set.names)),
            _ => None,
        });
        let open = open.map(|line| style.line(&line, 6) + "\n").join("");
        if open.is_empty() {
            return open;
        }
        format!("\n{}\n{open}", strong(style, "Left open".to_owned()))
    }
}

fn ruled_out_by(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Smallest(parts) => match parts.len() {
            0 => "whatever it is told".to_owned(),
            1 => "by this".to_owned(),
            2 => "by these two".to_owned(),
            parts => format!("by these {parts}, and by no fewer"),
        },
        Evidence::Whole { more_than: 0 } => "by all of it together".to_owned(),
        Evidence::Whole { more_than: 1 } => {
            "by all of it together, and by no one message".to_owned()
        }
        Evidence::Whole { more_than } => {
            format!("by all of it together, and by no {more_than} messages")
        }
    }
}
