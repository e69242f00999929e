//! Who can have brought about what one general was told, as text and as JSON.

use std::fmt;

use indexmap::IndexMap;
use itertools::Itertools;
use serde::Serialize;
use serde_json::{Value, json};

use super::many;
use super::style::{Emphasis, Style};
use super::telling::Stories;
use super::text::{among, wrapped};
use crate::adversary::Adversary;
use crate::attack::Attack;
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
    /// What was said, in which round and by whom.
    told: Vec<(Round, String, String)>,
    sets: Vec<SetInWords>,
}

/// What is said of one set.
#[derive(Clone, Debug)]
struct SetInWords {
    names: String,
    ruling: SuspicionRuling<ExplanationInWords>,
    /// What rules it out, a line each.
    evidence: Vec<String>,
}

/// An attack that explains the view.
#[derive(Clone, Debug)]
struct ExplanationInWords {
    amount: String,
    lines: Vec<String>,
}

impl SuspectsInWords {
    /// The answer about a view, by numbers; each attack is run once more.
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

/// Who was given what, and who lies, crashes or is late.
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
    // The first says who the traitors are.
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

impl fmt::Display for SuspectsInWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SuspectsInWords { setting, viewer, input, told, sets } = self;
        let style = Style::of(f);
        let strong = |text: String| style.paint(Emphasis::Strong, text);
        writeln!(f, "{}\n", style.line(&strong(format!("Who is the traitor? {setting}")), 0))?;
        let given = input.iter().map(|input| format!(", whose input is {input}")).join("");
        writeln!(f, "{}", strong(format!("What {viewer} was told{given}")))?;
        for (round, from, said) in told {
            writeln!(f, "{}", style.line(&format!("  Round {round}: {from} tells: {said}"), 6))?;
        }
        let explained = sets.iter().filter_map(|set| match &set.ruling {
            SuspicionRuling::Explains { attack, size } => Some((set, attack, size)),
            _ => None,
        });
        let explained = explained.collect_vec();
        let title = match explained.is_empty() {
            true => "No set of traitors is known to explain it".to_owned(),
            false => "It is explained by".to_owned(),
        };
        writeln!(f, "\n{}", strong(title))?;
        for (set, attack, size) in &explained {
            let size = match size {
                Size::Smallest => "no attack of theirs is smaller",
                Size::LocallyMinimal | Size::NotMinimal => {
                    "there may be a smaller attack of theirs"
                }
            };
            let line = format!("  {}, with {}: {size}", set.names, attack.amount);
            writeln!(f, "{}", style.line(&line, 6))?;
            for line in &attack.lines {
                writeln!(f, "{}", style.line(&format!("      {line}"), 10))?;
            }
        }
        let larger = sets.iter().filter(|set| matches!(set.ruling, SuspicionRuling::Contains(_)));
        match larger.count() {
            0 => {}
            1 => writeln!(f, "  and the larger set of which one of these is a part")?,
            more => writeln!(f, "  and the {more} larger sets of which one of these is a part")?,
        }
        let ruled_out = sets.iter().filter_map(|set| match &set.ruling {
            SuspicionRuling::RuledOut(evidence) => Some((set, evidence)),
            _ => None,
        });
        let mut alike: IndexMap<(String, &[String]), Vec<&str>> = IndexMap::new();
        for (set, evidence) in ruled_out {
            let why = match (evidence, set.evidence.len()) {
                (Evidence::Smallest(_), 0) => "whatever it is told".to_owned(),
                (Evidence::Smallest(_), 1) => "by this".to_owned(),
                (Evidence::Smallest(_), 2) => "by these two".to_owned(),
                (Evidence::Smallest(_), parts) => {
                    format!("by these {parts}, and by no fewer")
                }
                (Evidence::Whole { more_than: 0 }, _) => "by all of it together".to_owned(),
                (Evidence::Whole { more_than: 1 }, _) => {
                    "by all of it together, and by no one message".to_owned()
                }
                (Evidence::Whole { more_than }, _) => {
                    format!("by all of it together, and by no {more_than} messages")
                }
            };
            alike.entry((why, &set.evidence)).or_default().push(&set.names);
        }
        for ((why, evidence), names) in alike {
            writeln!(f, "\n{}", strong(format!("Ruled out {why}")))?;
            for line in evidence {
                writeln!(f, "{}", style.line(&format!("  {line}"), 6))?;
            }
            f.write_str(&wrapped(&names.join("; "), "    ", style))?;
        }
        let open = sets.iter().filter_map(|set| match &set.ruling {
            SuspicionRuling::Open(halt) => Some((&set.names, halt)),
            _ => None,
        });
        let open = open.collect_vec();
        if !open.is_empty() {
            writeln!(f, "\n{}", strong("Left open".to_owned()))?;
        }
        for (names, halt) in open {
            writeln!(f, "{}", style.line(&format!("  {names}: {halt}"), 6))?;
        }
        Ok(())
    }
}

/// What is said of each set as JSON.
#[must_use]
pub(crate) fn sets<V, M>(sets: &[Suspicion<Attack<V, M>>]) -> Value
where
    V: Clone + Serialize,
    M: Clone + Serialize,
{
    let told = sets.iter().map(|Suspicion { traitors, ruling }| match ruling {
        SuspicionRuling::Explains { attack, size } => {
            let mut attack = json!(attack);
            if let Value::Object(fields) = &mut attack {
                fields.shift_remove("n");
                fields.shift_remove("graph");
            }
            let smallest = *size == Size::Smallest;
            json!({ "traitors": traitors, "explains": true, "attack": attack, "smallest": smallest })
        }
        SuspicionRuling::Contains(others) => {
            json!({ "traitors": traitors, "explains": true, "because_of": others })
        }
        SuspicionRuling::RuledOut(Evidence::Smallest(parts)) => {
            let parts = parts.iter().map(|(round, from)| json!({ "round": round, "from": from }));
            let parts = parts.collect_vec();
            json!({ "traitors": traitors, "explains": false, "ruled_out_by": parts })
        }
        SuspicionRuling::RuledOut(Evidence::Whole { more_than }) => {
            json!({ "traitors": traitors, "explains": false, "ruled_out_by_more_than": more_than })
        }
        SuspicionRuling::Open(halt) => {
            json!({ "traitors": traitors, "explains": null, "open": halt })
        }
    });
    told.collect()
}
