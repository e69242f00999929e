//! `turncoat merge`: one verdict from the results of all parts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use itertools::Itertools;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{BadInput, VerdictName, complain};
use super::asked::{Asked, of_another, question};
use super::check::answered;
use super::files::to_write;
use super::output::Output;
use super::program::{Program, ToRun};
use super::watch::{Deadline, Work, watched};
use crate::check::Everything;
use crate::count::many;
use crate::files;
use crate::machine::Machine;
use crate::report::attack_file::part as read_part;
use crate::report::notation::read_attack;
use crate::report::part_file::PartFile;
use crate::{Adversary, Graph};

#[derive(clap::Args)]
pub struct MergeArguments {
    /// Files written by `check --shard`: every shard exactly once
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    run: ToRun,
    /// Save the attack of the counterexample to this file
    #[arg(long, value_name = "FILE", value_parser = to_write())]
    save: Option<PathBuf>,
    /// Exit with 0 for this verdict and 1 for any other
    #[arg(long, value_enum)]
    expect: Option<VerdictName>,
    #[command(flatten)]
    output: Output,
}

pub const AFTER_HELP: &str = "Example: turncoat check oral -n 4 -f 1 --shard 1/2
         turncoat check oral -n 4 -f 1 --shard 2/2
         turncoat merge turncoat-1-of-2.json turncoat-2-of-2.json";

pub fn merge(program: &Program, arguments: &MergeArguments) -> Result<ExitCode, BadInput> {
    let files = all_parts(&arguments.files)?;
    let asked = files[0].question.clone();
    let specification =
        &program.read(asked["protocol"].clone(), &arguments.run).map_err(BadInput::new)?;
    let graph: Graph = of_question(&asked, "graph")?;
    let adversary: Adversary = of_question(&asked, "adversary")?;
    let notation = &*specification.notation()?;
    let check = Asked::about(notation as &dyn Machine, Everything::default());
    let focus = asked.get("focus").map(|_| of_question(&asked, "focus")).transpose()?;
    let check = check.on(graph).against(adversary).focused(focus.unwrap_or_default());
    let question = notation.answered(|| question(specification, &check))?;
    if let Some((what, more)) = of_another(&asked, &question) {
        return Err(BadInput(format!("the parts are of {what}{more}: search all of them anew")));
    }
    let steps = files.iter().map(|file| file.steps).sum();
    let attacks = files.into_iter().filter_map(|file| file.attack);
    let attacks = attacks.map(|attack| read_attack(notation, attack)).collect::<Result<_, _>>();
    let attacks = attacks.map_err(BadInput::new)?;
    let settle = |progress: &_| check.settled(steps, attacks, progress);
    let settled = notation.answered(|| {
        watched(&Work::of_search("all parts"), Deadline::of(None), settle).map_err(BadInput::new)
    });
    let verdict = settled?;
    let MergeArguments { save, expect, output, .. } = arguments;
    answered(verdict, specification, notation, output, save.as_deref(), *expect, "")
}

fn of_question<T: DeserializeOwned>(asked: &Value, name: &str) -> Result<T, BadInput> {
    read_part(name, asked.get(name).cloned().unwrap_or_default()).map_err(BadInput::new)
}

/// Reads the files: every part of one question, each once.
fn all_parts(names: &[PathBuf]) -> Result<Vec<PartFile>, BadInput> {
    let mut parts = BTreeMap::new();
    let (mut wrong, mut left_out) = (Vec::new(), 0);
    for name in names {
        match next_part(name, parts.values().next().map(|(first, _)| first)) {
            Ok(file) => match parts.entry(file.part.number()) {
                Entry::Vacant(place) => drop(place.insert((file, name))),
                Entry::Occupied(before) => {
                    let (part, before) = (file.part, before.get().1.display());
                    wrong.push(format!("{}: part {part} is in {before} already", name.display()));
                }
            },
            Err(error) => {
                left_out += 1;
                wrong.push(format!("{}: {error}", name.display()));
            }
        }
    }
    if let Some((first, _)) = parts.values().next() {
        let of = first.part.of();
        let missing = of - parts.len();
        // A file that was left out may be a missing part, and its error was already reported.
        if missing > left_out {
            let names = (1..=of).filter(|number| !parts.contains_key(number));
            let names = names.take(8).map(|number| format!("{number}/{of}")).join(", ");
            let more = if missing > 8 { " .." } else { "" };
            let are = if missing == 1 { "is" } else { "are" };
            wrong.push(format!(
                "{missing} of {} {are} missing: {names}{more}",
                many(of as u64, "part")
            ));
        }
    }
    let Some(last) = wrong.pop() else {
        return Ok(parts.into_values().map(|(file, _)| file).collect());
    };
    wrong.iter().for_each(complain);
    Err(BadInput(last))
}

/// Reads a file, if it is for the same question as the first.
fn next_part(name: &Path, first: Option<&PartFile>) -> Result<PartFile, String> {
    let text = files::read(name).map_err(|error| error.to_string())?;
    let line = text.lines().exactly_one();
    let line = line.map_err(|_| {
        "this is no part file: it must be one line, as --shard writes it (a checkpoint can have more)"
    })?;
    let file = PartFile::read(line).map_err(|error| error.to_string())?;
    if file.reached.is_some() {
        return Err("it is a checkpoint, and not the result of a shard".to_owned());
    }
    let PartFile { question, part, .. } = &file;
    if let Some(first) = first {
        if let Some((what, more)) = of_another(question, &first.question) {
            return Err(format!("it is of {what} than the files before it{more}"));
        }
        if first.part.of() != part.of() {
            let of = first.part.of();
            return Err(format!("it is part {part}, and the files before it are of {of}"));
        }
    }
    Ok(file)
}
