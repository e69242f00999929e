//! `turncoat rounds`: whether a number of rounds can suffice.

use std::process::ExitCode;

use super::answer::{BOUNDED, BadInput, PlainFormat, as_text, print, whole_number};
use super::terminal::style;
use super::watch::{Budget, Deadline, Work, watched};
use crate::check;
use crate::impossibility::{Existence, rounds_watched};
use crate::report::rounds::{json, text};

pub const AFTER_HELP: &str = "\
Example: turncoat rounds -n 7 -f 2 -r 2

Exit codes:
  0  there is a protocol, and the exhaustive search has verified it (or --expect names the answer)
  1  there is none (or --expect names another answer)
  2  bad input
  3  there is one, and the budget did not suffice to verify it";

#[derive(clap::Args)]
pub struct RoundsArguments {
    /// Number of generals, the commander included
    #[arg(short, value_parser = whole_number)]
    n: usize,
    /// Number of traitors, at most
    #[arg(short, value_parser = whole_number)]
    f: usize,
    /// Number of rounds
    #[arg(short, value_parser = whole_number)]
    r: usize,
    /// Number of possible orders: RETREAT, ATTACK, ..
    #[arg(long, value_name = "K", default_value_t = 2, value_parser = whole_number)]
    values: usize,
    /// Stop verifying the protocol after a time (20s, 5min) or a number of steps
    #[arg(long)]
    budget: Option<Budget>,
    /// Exit with 0 for this answer and 1 for any other
    #[arg(long, value_enum)]
    expect: Option<ExpectedRounds>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: PlainFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ExpectedRounds {
    /// A protocol exists, and the exhaustive search has verified it
    Exists,
    /// No protocol exists
    None,
}

pub fn rounds(arguments: &RoundsArguments) -> Result<ExitCode, BadInput> {
    let RoundsArguments { n, f, r, values, budget, expect, format } = *arguments;
    let label = &format!("n = {n}, f = {f}, r = {r}");
    let work = Work { label, whole: "the executions", steps: "executions", stops: false };
    let found = watched(&work, Deadline::of(None), |progress| {
        rounds_watched(values, n, f, r, progress).map_err(BadInput::new)
    })?;
    let verdict = match &found.existence {
        Existence::None(_) => None,
        Existence::Protocol(table) => {
            let mut question = check(table.clone()).generals(n).traitors(f);
            if let Some(Budget::Steps(steps)) = budget {
                question = question.steps(steps);
            }
            let deadline = Deadline::of(budget);
            let run = |progress: &_| question.run_watched(progress);
            let verdict = watched(&Work::of_search(label), deadline, run);
            Some(verdict.map_err(BadInput::new)?)
        }
    };
    let written = match format {
        PlainFormat::Json => as_text(&json(&found, verdict.as_ref())),
        PlainFormat::Text => text(&found, verdict.as_ref(), style()),
    };
    print(&written)?;
    let answer = match &verdict {
        None => Some(ExpectedRounds::None),
        Some(verdict) if verdict.holds() => Some(ExpectedRounds::Exists),
        Some(verdict) => {
            assert!(verdict.counterexample().is_none(), "bug in turncoat: the table is wrong");
            None
        }
    };
    Ok(ExitCode::from(match (answer, expect) {
        (_, Some(_)) => u8::from(answer != expect),
        (Some(ExpectedRounds::Exists), None) => 0,
        (Some(ExpectedRounds::None), None) => 1,
        (None, None) => BOUNDED,
    }))
}
