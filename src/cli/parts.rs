//! One question in many parts: a part for each machine, a record of those that are done, and how they
//! become one verdict.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use itertools::Itertools;
use serde_json::{Value, json};

use super::answer::{BadInput, print};
use super::files::{quoted, write};
use super::program::Specification;
use super::watch::{Deadline, Work, watched};
use crate::files;
use crate::machine::Machine;
use crate::question::Focus;
use crate::report::notation::{Notation, read_attack};
use crate::report::part_file::PartFile;
use crate::search::Found;
use crate::search::part::Part;
use crate::search::progress::Halt;
use crate::{Check, Ruling, Verdict};

/// Into so many parts work is divided that is recorded.
const RECORDED: usize = 64;

/// The most that is read of what is recorded, in MiB.
const MOST_RECORDED: u64 = 1024;

/// Which part of the work is done here, and where it is recorded.
#[derive(clap::Args)]
#[command(next_help_heading = "Large and long work")]
pub struct Parts {
    /// Search one of K shards of the space, such as 3/64, and write the result to a file: `turncoat
    /// merge` combines the results into one verdict
    #[arg(long, value_name = "I/K", conflicts_with_all = ["save", "format", "output", "expect"])]
    shard: Option<Part>,
    /// File for the result of --shard [default: turncoat-I-of-K.json]
    #[arg(long, value_name = "FILE", requires = "shard")]
    result: Option<PathBuf>,
    /// Record finished work in this file, and skip what is recorded there: after a crash, the same
    /// command resumes
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

/// What is asked of a protocol by numbers.
pub type Asked<'a> = Check<&'a dyn Machine>;

/// What is asked, as it is written into part files.
pub fn question(specification: &Specification<'_>, check: &Asked<'_>) -> Result<Value, BadInput> {
    let (graph, adversary) = check.setting().ok().unzip();
    let code = graph.as_ref().map_or(Ok(Value::Null), |graph| specification.code(graph))?;
    let mut question = json!({
        "turncoat": env!("CARGO_PKG_VERSION"),
        "protocol": specification,
        "graph": graph,
        "adversary": adversary,
    });
    if *check.focus() != Focus::default() {
        question["focus"] = json!(check.focus());
    }
    if !code.is_null() {
        question[CODE] = code;
    }
    Ok(question)
}

/// Where in a question it stands what tells its code from other code.
const CODE: &str = "code";

/// Of what one question is where it is not the same as another: "another question", and what more is to be said of
/// that, ": mine.py has changed".
pub fn of_another(written: &Value, asked: &Value) -> Option<(&'static str, String)> {
    // How long is waited for an answer changes none.
    let [written, asked] = [written, asked].map(|question| {
        let mut question = question.clone();
        let protocol = question.get_mut("protocol").and_then(Value::as_object_mut);
        protocol.and_then(|protocol| protocol.shift_remove("answer_timeout"));
        question
    });
    if written == asked {
        return None;
    }
    let same = |field: &str| written[field] == asked[field];
    let [before, now] = [&written, &asked].map(|question| &question["protocol"]["command"]);
    if !same("turncoat") {
        return Some(("another version of turncoat", format!(", {}", written["turncoat"])));
    } else if before != now {
        return Some(("another program", format!(": {before}, and this is {now}")));
    }
    let mut others = asked.as_object().into_iter().flatten().filter(|(field, _)| *field != CODE);
    match others.all(|(field, _)| same(field)) {
        false => Some(("another question", String::new())),
        true => Some(("other code", format!(": {}", changed(&written[CODE], &asked[CODE])))),
    }
}

/// What is not as it was, of the code.
fn changed(before: &Value, now: &Value) -> String {
    if before["executable"] != now["executable"] {
        return "this program was built anew in between".to_owned();
    }
    let files = now["files"].as_object().into_iter().flatten();
    let files = files.filter(|(name, digest)| before["files"][name.as_str()] != **digest);
    let names = files.map(|(name, _)| quoted(Path::new(name))).collect_vec();
    match names.as_slice() {
        [_, ..] => format!("{} changed in between", names.join(", ")),
        [] => "what the program answers changed in between".to_owned(),
    }
}

/// What came of it.
pub enum Done {
    /// The whole verdict, or the one on a part.
    Verdict(Box<Verdict<Found>>),
    /// Nothing was found in this part.
    Part(ExitCode),
}

impl Parts {
    /// Whether the work is divided.
    pub fn are_asked_for(&self) -> bool {
        self.shard.is_some() || self.checkpoint.is_some()
    }

    /// Goes through all parts that are not recorded yet.
    pub fn search(
        &self,
        specification: &Specification<'_>,
        notation: &dyn Notation,
        asked: Asked<'_>,
        deadline: Deadline,
        label: &str,
    ) -> Result<Done, BadInput> {
        asked.subject(true).map_err(BadInput::new)?;
        let question = question(specification, &asked)?;
        let mine = self.shard.map_or_else(|| Part::new(1, 1).map_err(BadInput::new), Ok)?;
        let pieces = if self.checkpoint.is_some() { RECORDED } else { 1 };
        let too_many = || BadInput(format!("--shard {mine}: there can't be so many parts"));
        let pieces = mine.parts(pieces).ok_or_else(too_many)?;
        let mut record = match &self.checkpoint {
            Some(file) => Record::open(file, &question, mine.of().saturating_mul(RECORDED))?,
            None => Record::default(),
        };
        let work = Work::of_search(label);
        let missing = pieces.clone().filter(|piece| !record.done.contains_key(piece)).collect_vec();
        let halted = watched(&work, deadline, |progress| {
            missing.into_iter().find_map(|piece| {
                progress.begin(record.share(mine));
                let check = asked.clone().part(piece);
                let verdict = check.verdict(progress).map_err(BadInput::new);
                let recorded =
                    verdict.and_then(|verdict| record.add(verdict, piece, &question, notation));
                recorded.transpose()
            })
        });
        if let Some(verdict) = halted.transpose()? {
            return Ok(Done::Verdict(Box::new(verdict)));
        }
        let done = pieces.filter_map(|piece| record.done.get(&piece)).collect_vec();
        let steps = done.iter().map(|file| file.steps).sum();
        let attacks = done.iter().filter_map(|file| file.attack.clone());
        if let Some(part) = self.shard {
            specification.confirm(notation, None)?;
            // Of several attacks one counts in the end: the one with the fewest traitors.
            let traitors = |attack: &Value| attack["traitors"].as_array().map_or(0, Vec::len);
            let file = PartFile::new(question, part, steps, attacks.min_by_key(traitors));
            return told(&file, self.result.as_deref(), label).map(Done::Part);
        }
        let attacks = attacks.map(|attack| read_attack(notation, attack)).try_collect();
        let attacks = attacks.map_err(BadInput::new)?;
        let settled = watched(&work, deadline, |progress| asked.settled(steps, attacks, progress));
        Ok(Done::Verdict(Box::new(settled.map_err(BadInput::new)?)))
    }
}

/// Writes and tells what came of a part.
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

/// What is done already, and the file in which that is kept.
#[derive(Default)]
struct Record {
    file: Option<(PathBuf, std::fs::File)>,
    done: HashMap<Part, PartFile>,
}

impl Record {
    /// What is recorded in a file, if it is there: of this question, and of parts of which there are so
    /// many. A line at its end that was not written to its end is left out, and taken out.
    fn open(path: &Path, question: &Value, of: usize) -> Result<Record, BadInput> {
        let trouble =
            |error: &dyn std::fmt::Display| BadInput(format!("{}: {error}", path.display()));
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(trouble(&"a checkpoint must be a regular file: name another one"));
        }
        let mut file = OpenOptions::new();
        let file = file.create(true).truncate(false).read(true).append(true).open(path);
        let file = file.map_err(|error| trouble(&error))?;
        let text = files::read_up_to(&file, MOST_RECORDED).map_err(|error| trouble(&error))?;
        let (whole, begun) = text.split_at(text.rfind('\n').map_or(0, |end| end + 1));
        if !PartFile::could_begin(begun, whole.is_empty()) {
            return Err(trouble(&"it is there, and is no checkpoint: name another file"));
        }
        let mut done = HashMap::new();
        for (number, line) in whole.lines().enumerate() {
            let read = PartFile::read(line);
            let read = read.map_err(|error| trouble(&format!("line {}: {error}", number + 1)))?;
            if let Some((what, more)) = of_another(&read.question, question) {
                let other = format!("what is recorded there is of {what}{more}");
                return Err(trouble(&format!("{other}: name another file")));
            }
            if read.part.of() != of {
                let other = format!("part {} is no part of this one: name another file", read.part);
                return Err(trouble(&other));
            }
            done.insert(read.part, read);
        }
        file.set_len(whole.len() as u64).map_err(|error| trouble(&error))?;
        // Lines are synced as they are written: so that they are found, the name must be, too.
        files::sync_folder(path);
        Ok(Record { file: Some((path.to_owned(), file)), done })
    }

    /// The share of this part that is done.
    fn share(&self, mine: Part) -> f64 {
        self.done.keys().map(|part| mine.of() as f64 / part.of() as f64).sum()
    }

    /// Records the verdict on a part; answers with it if it is not of the whole part.
    fn add(
        &mut self,
        verdict: Verdict<Found>,
        part: Part,
        question: &Value,
        notation: &dyn Notation,
    ) -> Result<Option<Verdict<Found>>, BadInput> {
        let attack = match &verdict.ruling {
            Ruling::Holds | Ruling::Bounded(Halt::Part | Halt::Harvest) => None,
            Ruling::Broken(found) => Some(json!(notation.write_attack(&found.attack))),
            Ruling::Bounded(_) => return Ok(Some(verdict)),
        };
        let done = PartFile::new(question.clone(), part, verdict.steps, attack);
        if let Some((path, file)) = &mut self.file {
            let before = file.metadata().map(|file| file.len());
            let written = file.write_all(done.write().as_bytes()).and_then(|()| file.sync_data());
            written.map_err(|error| {
                // Half a line is taken back; if that fails too, it is left out when it is read.
                let _ = before.and_then(|before| file.set_len(before));
                BadInput(format!("{} can't be written: {error}", path.display()))
            })?;
        }
        self.done.insert(part, done);
        Ok(None)
    }
}
