//! `turncoat replay`: the execution under an attack from a file.

use std::fmt::Display;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::output::{Output, Told};
use super::protocols::{Specification, Task, Written};
use super::{Answer, BadInput};
use crate::report::attack_file::{AttackFile, part};
use crate::report::json;
use crate::report::story::Story;
use crate::report::telling::stale;
use crate::testable::asked;
use crate::{Testable, run};

#[derive(clap::Args)]
pub struct Arguments {
    /// Attack file, or - for standard input
    file: PathBuf,
    /// Exit with 0 for this outcome (holds or broken) and 1 for any other
    #[arg(long, value_enum)]
    expect: Option<Answer>,
    #[command(flatten)]
    output: Output,
}

pub fn replay(arguments: &Arguments) -> Result<ExitCode, BadInput> {
    let from_input = arguments.file.as_os_str() == "-";
    let name = if from_input { Path::new("standard input") } else { &arguments.file };
    let in_file = |error: &dyn Display| BadInput(format!("{}: {error}", name.display()));
    let text = read(arguments).map_err(|error| in_file(&error))?;
    let file = AttackFile::read(&text).map_err(|error| in_file(&error))?;
    let specification: Specification =
        part("protocol", file.protocol.clone()).map_err(|error| in_file(&error))?;
    let task = Replay { specification: &specification, file, arguments };
    specification.perform(task).map_err(|BadInput(error)| in_file(&error))
}

fn read(arguments: &Arguments) -> std::io::Result<String> {
    if arguments.file.as_os_str() != "-" {
        return std::fs::read_to_string(&arguments.file);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// To run the attack in a file.
struct Replay<'a> {
    specification: &'a Specification,
    file: AttackFile,
    arguments: &'a Arguments,
}

impl Task for Replay<'_> {
    type Outcome = ExitCode;

    fn with<P>(self, protocol: P) -> Result<ExitCode, BadInput>
    where
        P: Testable<Value: Written, Message: Written>,
    {
        let Replay { specification, file, arguments } = self;
        let attack = file.attack().map_err(BadInput::new)?;
        let execution = run(&protocol, &attack).map_err(BadInput::new)?;
        if let Some(stale) = stale(&protocol, &attack, &execution) {
            return Err(BadInput(stale));
        }
        let violated = execution.violation().is_some();
        let given = arguments.output.give(&Told {
            verdict: if violated { "broken" } else { "holds" },
            text: &|style| {
                let story = Story::in_brief(&protocol, &attack, &execution);
                format!("{}\n\n{}", story.setting, style.show(&story))
            },
            json: &|| {
                let task = asked(&protocol, &attack.graph).task;
                let mut json = json::execution::<P>(task, &attack, &execution);
                json["n"] = json!(attack.n());
                json::add_graph(&mut json, &attack.graph);
                json::merge(&mut json, &json!(specification));
                json
            },
            picture: &|| Some(Story::of(&protocol, &attack, &execution)),
            own: &|_| None,
        })?;
        if let Some(failure) = given {
            return Ok(failure);
        }
        let answer = if violated { Answer::Broken } else { Answer::Holds };
        Ok(answer.exit(arguments.expect))
    }
}
