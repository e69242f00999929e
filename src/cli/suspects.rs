//! `turncoat suspects`: which sets of traitors can have brought about what one general was told.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use itertools::Itertools;
use serde::Serialize;
use serde_json::{Value, json};

use super::adversary::AdversaryArguments;
use super::answer::{BOUNDED, BadInput, PlainFormat, as_text, print, whole_number};
use super::check::label;
use super::files;
use super::program::{Program, Specification, ToRun};
use super::terminal::shown;
use super::watch::{Budget, Deadline, Work, watched};
use crate::attack::Attack;
use crate::execution::{Size, run_by_numbers};
use crate::machine::Machine;
use crate::question::Question;
use crate::report::attack_file::AttackFile;
use crate::report::json::{self, add_graph};
use crate::report::notation::Notation;
use crate::report::view_file::ViewFile;
use crate::search::suspects::NumberedView;
use crate::search::{Evidence, Suspicion, SuspicionRuling};
use crate::suspects::suspected;
use crate::{General, Graph, LoyalView};

#[derive(clap::Args)]
pub struct SuspectsArguments {
    /// Attack file or view file, or - for standard input
    file: PathBuf,
    #[command(flatten)]
    run: ToRun,
    /// The loyal general whose view it is, by number: needed with an attack file
    #[arg(short, long, value_name = "N", value_parser = whole_number)]
    general: Option<usize>,
    /// Number of traitors, at most
    #[arg(short, value_parser = whole_number, allow_negative_numbers = true)]
    f: usize,
    /// Save the attack that explains the view to this file, if one set alone explains it
    #[arg(long, value_name = "FILE", value_parser = files::to_write())]
    save: Option<PathBuf>,
    /// Stop after a time (20s, 5min), or try each set for a number of steps
    #[arg(long)]
    budget: Option<Budget>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: PlainFormat,
    #[command(flatten)]
    enemy: AdversaryArguments,
}

pub const AFTER_HELP: &str = "\
Example: turncoat check oral -n 3 -f 1 --save attack.json
         turncoat suspects attack.json --general 2 -f 1

Exit codes:
  0  each set of traitors explains the view, or is ruled out
  2  bad input
  3  some sets are left open";

pub fn suspects(program: &Program, arguments: &SuspectsArguments) -> Result<ExitCode, BadInput> {
    let SuspectsArguments { file, run, general, f, save, budget, format, enemy } = arguments;
    let from_input = file.as_os_str() == "-";
    let name = if from_input { Path::new("standard input") } else { file };
    let in_file = |error: &dyn Display| BadInput(format!("{}: {error}", name.display()));
    let text = match from_input {
        true => std::io::read_to_string(std::io::stdin()),
        false => std::fs::read_to_string(file),
    };
    let text = text.map_err(|error| in_file(&error))?;
    let general = general.map(General::try_from).transpose();
    let general = general.map_err(|error| BadInput(format!("--general: {error}")))?;
    let Viewed { specification, notation, graph, view } =
        viewed(program, run, &text, general).map_err(|BadInput(error)| in_file(&error))?;
    let notation = &*notation;
    let (question, limit) = asked(notation, &graph, enemy, *f, *budget);
    let (label, deadline) = (label(&graph, *f), Deadline::of(*budget));
    let work = Work { label: &label, whole: "a set", steps: "steps", stops: true };
    let suspected = notation.answered(|| {
        let suspected =
            watched(&work, deadline, |progress| suspected(&question, &view, limit, progress));
        suspected.map_err(|error| in_file(&error))
    });
    let suspected = suspected?;
    specification.confirm(notation, None)?;
    let settled = suspected.is_settled();
    let text = match format {
        PlainFormat::Text => shown(&suspected),
        PlainFormat::Json => String::new(),
    };
    let written = suspected.map(|attack| notation.write_attack(&attack));
    print(&match format {
        PlainFormat::Text => text,
        PlainFormat::Json => {
            let mut json = json!(specification);
            let facts = json!({
                "n": graph.n(),
                "f": f,
                "adversary": written.adversary,
                "view": written_view(notation, &view),
                "settled": settled,
                "sets": sets(&written.sets),
            });
            json::merge(&mut json, &facts);
            add_graph(&mut json, &graph);
            as_text(&json)
        }
    })?;
    let mut explaining = written.explaining().filter_map(|set| match &set.ruling {
        crate::search::SuspicionRuling::Explains { attack, .. } => Some(&**attack),
        _ => None,
    });
    let one = explaining.next().filter(|_| explaining.next().is_none());
    if save.is_some() && one.is_none() {
        let sets = written.explaining().count();
        return Err(BadInput(format!(
            "--save: {sets} sets explain the view, and one attack is saved: say --suspects LIST for one \
             of them"
        )));
    }
    files::save(save.as_deref(), &specification, one.cloned())?;
    Ok(ExitCode::from(if settled { 0 } else { BOUNDED }))
}

fn asked<'a>(
    notation: &'a dyn Notation,
    graph: &Graph,
    enemy: &AdversaryArguments,
    f: usize,
    budget: Option<Budget>,
) -> (Question<&'a dyn Machine, ()>, u64) {
    let question = Question::about(notation as &dyn Machine, ());
    let limit = match budget {
        Some(Budget::Steps(steps)) => steps,
        Some(Budget::Time(_)) | None => u64::MAX,
    };
    (question.on(graph).against(enemy.adversary(f)), limit)
}

/// A view, and the protocol and setting that it belongs to.
struct Viewed<'p> {
    specification: Specification<'p>,
    notation: Box<dyn Notation>,
    graph: Graph,
    view: NumberedView,
}

/// The view in a view file, or a general's view in the attack of an attack file.
fn viewed<'p>(
    program: &'p Program,
    run: &ToRun,
    text: &str,
    general: Option<General>,
) -> Result<Viewed<'p>, BadInput> {
    let file: Value = serde_json::from_str(text)
        .map_err(|error| BadInput(format!("this is not JSON: {error}")))?;
    if ViewFile::is_one(&file) {
        let ViewFile { protocol, graph, view } = ViewFile::read(file).map_err(BadInput::new)?;
        if let Some(general) = general.filter(|general| *general != view.general) {
            let (asked, whose) = (general.id(), view.general.id());
            return Err(BadInput(format!(
                "--general is {asked}: the view is that of general {whose}"
            )));
        }
        let specification = program.read(protocol, run).map_err(BadInput::new)?;
        let notation = specification.notation()?;
        let view = ViewFile::by_numbers(view, &*notation).map_err(BadInput::new)?;
        return Ok(Viewed { specification, notation, graph, view });
    }
    let file = AttackFile::read(text).map_err(BadInput::new)?;
    let specification = program.read(file.protocol.clone(), run).map_err(BadInput::new)?;
    let notation = specification.notation()?;
    let attack = file.by_numbers(&*notation).map_err(BadInput::new)?;
    let terms = notation.terms(&attack.graph, true).map_err(BadInput::new)?;
    let general =
        general.ok_or(BadInput::new("--general is missing: it says whose view is explained"))?;
    if general.id() >= attack.n() {
        let (id, n) = (general.id(), attack.n());
        return Err(BadInput(format!(
            "--general: general {id} is not there: the {n} generals are numbered from 0"
        )));
    } else if attack.traitors.contains(general) {
        return Err(BadInput(format!(
            "--general: general {} is a traitor there: the view must be that of a loyal general",
            general.id()
        )));
    }
    let (execution, _) = run_by_numbers(&*notation, &terms, &attack).map_err(BadInput::new)?;
    if let Some(fault) = &execution.fault {
        return Err(BadInput::new(fault.told(terms.task)));
    }
    let view = LoyalView::of(&attack, &execution, general);
    Ok(Viewed { specification, notation, graph: attack.graph, view })
}

/// The view as it is written in a view file.
fn written_view(notation: &dyn Notation, view: &NumberedView) -> LoyalView<Value, Value> {
    let value = |value| Ok::<_, std::convert::Infallible>(notation.write_value(value));
    let written = view.clone().map(value, |_, message| Ok(notation.write_message(message)));
    let Ok(written) = written;
    written
}

/// The answer for each set as JSON.
fn sets<V, M>(sets: &[Suspicion<Attack<V, M>>]) -> Value
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
