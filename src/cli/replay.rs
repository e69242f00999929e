//! `turncoat replay`: runs an attack from a file, and shows the execution.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::answer::{BadInput, VerdictName};
use super::output::{Output, Told};
use super::program::{Program, ToRun};
use crate::execution::run_by_numbers;
use crate::files;
use crate::report::attack_file::AttackFile;
use crate::report::json;
use crate::report::telling::Stories;

#[derive(clap::Args)]
pub struct ReplayArguments {
    /// Attack file, or - for standard input
    file: PathBuf,
    #[command(flatten)]
    run: ToRun,
    /// Exit with 0 for this outcome (holds or broken) and 1 for any other
    #[arg(long, value_enum)]
    expect: Option<VerdictName>,
    #[command(flatten)]
    output: Output,
}

pub fn replay(
    program: &Program,
    ReplayArguments { file, run, expect, output }: &ReplayArguments,
) -> Result<ExitCode, BadInput> {
    let from_input = file.as_os_str() == "-";
    let name = if from_input { Path::new("standard input") } else { file };
    let in_file = |error: &dyn Display| BadInput(format!("{}: {error}", name.display()));
    let text = match from_input {
        true => files::read_from(std::io::stdin()),
        false => files::read(file),
    };
    let text = text.map_err(|error| in_file(&error))?;
    let file = AttackFile::read(&text).map_err(|error| in_file(&error))?;
    let specification =
        program.read(file.protocol.clone(), run).map_err(|error| in_file(&error))?;
    let notation = &*specification.notation().map_err(|BadInput(error)| in_file(&error))?;
    let attack = file.by_numbers(notation).map_err(|error| in_file(&error))?;
    let terms = &notation.terms(&attack.graph, true).map_err(|error| in_file(&error))?;
    let ran = notation
        .answered(|| run_by_numbers(notation, terms, &attack).map_err(|error| in_file(&error)));
    let (execution, states) = ran?;
    specification.confirm(notation, Some((&attack, &execution)))?;
    let stories = Stories::new(notation, terms, states.into_table(notation));
    let in_brief = || stories.story(&attack, &execution, false);
    if !(execution.idle.is_empty() && execution.lacking.is_empty())
        && let Some(stale) = in_brief().undone.into_iter().next()
    {
        return Err(in_file(&stale));
    }
    let violated = execution.violation().is_some();
    output.give(&Told {
        verdict: if violated { "broken" } else { "holds" },
        text: &|style| {
            let story = in_brief();
            format!("{}\n\n{}", story.setting, style.show(&story))
        },
        json: &|| {
            let written = notation.write_execution(&execution);
            let mut json = json::execution(terms.task, &notation.write_attack(&attack), &written);
            json["honest_messages"] = json!(execution.honest_messages);
            json["n"] = json!(attack.n());
            json::add_graph(&mut json, &attack.graph);
            json::merge(&mut json, &json!(specification));
            json
        },
        picture: &|| Some(stories.story(&attack, &execution, true)),
        own: &|_| None,
    })?;
    let answer = if violated { VerdictName::Broken } else { VerdictName::Holds };
    Ok(answer.exit(*expect))
}
