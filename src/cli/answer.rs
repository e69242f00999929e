//! What all commands share: how they print answers and report bad input.

use std::fmt::{Display, Write as _};
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::Value;

use crate::escape::{commands, escaped};
use crate::testable::Refusal;

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

    /// The exit code for this verdict, where `expected` is the one asked for with `--expect`.
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

/// Bad input: one line that says what is wrong, where, and what is allowed.
pub struct BadInput(pub String);

impl BadInput {
    pub fn new(what: impl Display) -> BadInput {
        BadInput(what.to_string())
    }
}

impl From<Refusal> for BadInput {
    fn from(refusal: Refusal) -> BadInput {
        BadInput::new(refusal)
    }
}

/// Reports on standard error what is wrong, in one line of at most about three hundred characters. It is no error if
/// nobody reads it.
pub fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "turncoat: {}", in_brief(&escaped(&line.to_string())));
}

/// Shortens a very long line in the middle: the end says what is allowed.
fn in_brief(line: &str) -> String {
    const FIRST: usize = 200;
    const LAST: usize = 100;
    let letters = line.chars().count();
    if letters <= FIRST + LAST {
        return line.to_owned();
    }
    let first = line.chars().take(FIRST).chain(" .. ".chars());
    first.chain(line.chars().skip(letters - LAST)).collect()
}

/// Prints to standard output, and returns success. It is no error if the reader stops early.
pub fn print(text: &str) -> Result<ExitCode, BadInput> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(BadInput(format!("standard output can't be written: {error}")))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Parses a number that was given as an argument.
pub fn whole_number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "give a whole number, such as 4".to_owned())
}

/// JSON as text. Strings in it are escaped so that they can't command a terminal.
pub fn as_text(json: &Value) -> String {
    let mut text = String::new();
    for letter in format!("{json:#}\n").chars() {
        match letter != '\n' && commands(letter) {
            true => write!(text, "\\u{:04x}", u32::from(letter)).expect("a string takes all"),
            false => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_written_without_letters_that_command_a_terminal() {
        let value = json!({ "name\u{202e}": "\n\u{7f}\u{9b}2J \u{e9}" });
        let text = as_text(&value);
        assert_eq!(text, "{\n  \"name\\u202e\": \"\\n\\u007f\\u009b2J \u{e9}\"\n}\n");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_long_line_keeps_its_beginning_and_its_end() {
        let line = format!("{}{}{}", "a".repeat(200), "b".repeat(9999), "c".repeat(100));
        assert_eq!(in_brief(&line), format!("{} .. {}", "a".repeat(200), "c".repeat(100)));
        assert_eq!(in_brief(&line[..300]), line[..300]);
    }
}
