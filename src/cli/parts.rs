//! Long work: split into parts, one for each machine, or with a checkpoint.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::answer::{BadInput, print};
use super::asked::{Asked, question};
use super::checkpoint::Checkpoint;
use super::files::{quoted, to_write, write};
use super::program::Specification;
use super::watch::{Deadline, Work, watched};
use crate::report::notation::Notation;
use crate::report::part_file::PartFile;
use crate::search::Found;
use crate::search::part::Part;
use crate::search::progress::Halt;
use crate::{Ruling, Verdict};

/// Which part of the work is done here, and where it is recorded.
#[derive(clap::Args)]
#[command(next_help_heading = "Large and long work")]
pub struct Parts {
    /// Search one of K shards of the space, such as 3/64, and write the result to a file: `turncoat
    /// merge` combines the results into one verdict
    #[arg(long, value_name = "I/K", conflicts_with_all = ["save", "format", "output", "expect"])]
    shard: Option<Part>,
    /// File for the result of --shard [default: turncoat-I-of-K.json]
    #[arg(long, value_name = "FILE", requires = "shard", value_parser = to_write())]
    result: Option<PathBuf>,
    /// Record in this file, from time to time, how far the search has come: after a crash, the same
    /// command resumes from there
    #[arg(long, value_name = "FILE", value_parser = to_write())]
    checkpoint: Option<PathBuf>,
}

/// The result of the work.
pub enum Done {
    /// A verdict, on the whole space or on a part.
    Verdict(Box<Verdict<Found>>),
    /// The result of a part was written to a file; this is the exit code.
    Part(ExitCode),
}

impl Parts {
    /// Whether the work is to be split or recorded.
    pub fn are_asked_for(&self) -> bool {
        self.shard.is_some() || self.checkpoint.is_some()
    }

    /// Searches what is not recorded yet.
    pub fn search(
        &self,
        specification: &Specification<'_>,
        notation: &dyn Notation,
        asked: Asked<'_>,
        deadline: Deadline,
        label: &str,
    ) -> Result<Done, BadInput> {
        asked.can_be_divided().map_err(BadInput::new)?;
        let question = question(specification, &asked)?;
        let mine = self.shard.map_or_else(|| Part::new(1, 1).map_err(BadInput::new), Ok)?;
        let asked = self.shard.map_or(asked.clone(), |part| asked.part(part));
        let opened = |file: &PathBuf| Checkpoint::open(file, &question, mine);
        let mut checkpoint = self.checkpoint.as_ref().map(opened).transpose()?;
        let verdict =
            watched(&Work::of_search(label), deadline, |progress| match &mut checkpoint {
                Some(checkpoint) => checkpoint.keep(progress, || asked.verdict(progress)),
                None => asked.verdict(progress).map_err(BadInput::new),
            });
        let verdict = verdict?;
        let attack = match (self.shard, &verdict.ruling) {
            (None, _) => return Ok(Done::Verdict(Box::new(verdict))),
            (_, Ruling::Holds | Ruling::Bounded(Halt::Part | Halt::Harvest)) => None,
            (_, Ruling::Broken(found)) => Some(json!(notation.write_attack(&found.attack))),
            (_, Ruling::Bounded(_)) => return Ok(Done::Verdict(Box::new(verdict))),
        };
        specification.confirm(notation, None)?;
        let file = PartFile::new(question, mine, verdict.steps, attack);
        told(&file, self.result.as_deref(), label).map(Done::Part)
    }
}

/// Writes and prints the result of a part.
fn told(file: &PartFile, result: Option<&Path>, label: &str) -> Result<ExitCode, BadInput> {
    let PartFile { part, steps, attack, .. } = file;
    let name = format!("turncoat-{}-of-{}.json", part.number(), part.of());
    let path = result.unwrap_or(Path::new(&name));
    let found = if attack.is_some() { "an attack was found" } else { "nothing was found" };
    let steps = indicatif::HumanCount(*steps);
    let said = format!("PART {part} of the space, {label}: {found}, in {steps} steps.\n");
    print(&said)?;
    write(path, &file.write())?;
    print(&format!("Written to {}.\n", quoted(path)))?;
    Ok(ExitCode::from(u8::from(attack.is_some())))
}
