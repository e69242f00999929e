//! `turncoat merge`: one verdict of what came of all parts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use itertools::Itertools;

use super::answer::{BadInput, VerdictName, complain};
use super::check::answered;
use super::output::Output;
use super::parts::{Asked, question};
use super::protocols::Specification;
use super::watch::{Deadline, Work, watched};
use crate::check::Everything;
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
    /// Save the attack of the counterexample to this file
    #[arg(long, value_name = "FILE")]
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

pub fn merge(arguments: &MergeArguments) -> Result<ExitCode, BadInput> {
    let files = all_parts(&arguments.files)?;
    let asked = files[0].question.clone();
    let of_question = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let specification: Specification =
        read_part("protocol", of_question("protocol")).map_err(BadInput::new)?;
    let graph: Graph = read_part("graph", of_question("graph")).map_err(BadInput::new)?;
    let adversary: Adversary =
        read_part("adversary", of_question("adversary")).map_err(BadInput::new)?;
    let specification = &specification;
    let notation = &*specification.notation()?;
    let check = Asked::about(notation as &dyn Machine, Everything::default());
    let check = check.on(graph).against(adversary);
    if question(specification, &check) != asked {
        let other = "they were written by another version of turncoat, or by another program";
        return Err(BadInput(other.to_owned()));
    }
    let steps = files.iter().map(|file| file.steps).sum();
    let attacks = files.into_iter().filter_map(|file| file.attack);
    let attacks = attacks.map(|attack| read_attack(notation, attack)).collect::<Result<_, _>>();
    let attacks = attacks.map_err(BadInput::new)?;
    let work = Work { label: "all parts", whole: "the space", steps: "steps", stops: true };
    let settled =
        watched(&work, Deadline::of(None), |progress| check.settled(steps, attacks, progress));
    let verdict = settled.map_err(BadInput::new)?;
    let MergeArguments { save, expect, output, .. } = arguments;
    let save = save.as_deref();
    answered(verdict, specification, notation, output, save, *expect, String::new)
}

/// What the files hold: every part of one question, each once.
fn all_parts(names: &[PathBuf]) -> Result<Vec<PartFile>, BadInput> {
    let mut parts: BTreeMap<usize, (PartFile, &PathBuf)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for name in names {
        let read = std::fs::read_to_string(name).map_err(|error| error.to_string());
        let read = read.and_then(|text| {
            let mut lines = text.lines();
            let one = lines.next().filter(|_| lines.next().is_none());
            let one =
                one.ok_or("this is no part file: it must be one line, as --shard writes it")?;
            PartFile::read(one).map_err(|error| error.to_string())
        });
        let read = read.and_then(|file| {
            let first = parts.values().next();
            match first {
                Some((first, _)) if first.question != file.question => {
                    return Err("it is of another question than the files before it".to_owned());
                }
                Some((first, _)) if first.part.of() != file.part.of() => {
                    let of = first.part.of();
                    return Err(format!(
                        "it is part {}, and the files before it are of {of}",
                        file.part
                    ));
                }
                _ => {}
            }
            match parts.get(&file.part.number()) {
                Some((_, before)) => {
                    Err(format!("part {} is in {} already", file.part, before.display()))
                }
                None => Ok(file),
            }
        });
        match read {
            Ok(file) => drop(parts.insert(file.part.number(), (file, name))),
            Err(error) => wrong.push(format!("{}: {error}", name.display())),
        }
    }
    if let Some((first, _)) = parts.values().next() {
        let of = first.part.of();
        let missing = (1..=of).filter(|number| !parts.contains_key(number));
        let missing = missing.map(|number| format!("{number}/{of}")).collect_vec();
        if !missing.is_empty() {
            let shown = missing.iter().take(8).join(", ");
            let more = if missing.len() > 8 { " .." } else { "" };
            wrong.push(format!("{} of {of} parts are missing: {shown}{more}", missing.len()));
        }
    }
    if wrong.is_empty() {
        return Ok(parts.into_values().map(|(file, _)| file).collect());
    }
    let last = wrong.pop().unwrap_or_default();
    wrong.iter().for_each(complain);
    Err(BadInput(last))
}
