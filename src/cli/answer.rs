//! What all commands have in common: how they answer, and how they refuse.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::Value;

/// How the answer is written.
#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum PlainFormat {
    /// For a person
    #[default]
    Text,
    /// For a program
    Json,
}

/// A verdict, as a program sees it.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VerdictName {
    /// Agreement and validity hold in every behaviour of the adversary
    Holds,
    /// There is an attack
    Broken,
    /// No attack was found, and not everything was covered
    Bounded,
}

impl VerdictName {
    pub fn of(name: &str) -> VerdictName {
        VerdictName::from_str(name, false).unwrap_or(VerdictName::Bounded)
    }

    /// The exit code for this answer where that one is expected.
    pub fn exit(self, expected: Option<VerdictName>) -> ExitCode {
        ExitCode::from(match (self, expected) {
            (_, Some(expected)) => u8::from(self != expected),
            (VerdictName::Holds, None) => 0,
            (VerdictName::Broken, None) => 1,
            (VerdictName::Bounded, None) => BOUNDED,
        })
    }
}

pub const BAD_INPUT: u8 = 2;
pub const BOUNDED: u8 = 3;

/// Bad input: one line that says what, where, and what is allowed.
pub struct BadInput(pub String);

impl BadInput {
    pub fn new(what: impl Display) -> BadInput {
        BadInput(what.to_string())
    }
}

/// Says on standard error what is wrong. Nobody has to read it.
pub fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "turncoat: {line}");
}

/// Writes to standard output, of which nobody has to read to the end. That was a success, if it is all
/// that is to be done.
pub fn print(text: &str) -> Result<ExitCode, BadInput> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(BadInput(format!("standard output can't be written: {error}")))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// A number given as an argument.
pub fn whole_number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "give a whole number, such as 4".to_owned())
}

pub fn as_text(json: &Value) -> String {
    format!("{json:#}\n")
}
