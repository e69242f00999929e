//! `turncoat sweep`: verdicts for many n and f.

use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::str::FromStr;

use serde::Serialize;
use serde_json::{Value, json};
use turncoat::report::grid::{Cell, grid};
use turncoat::report::json;
use turncoat::{Generals, Testable};

use super::check::Question;
use super::protocols::{Specification, Subject};
use super::watch::Deadline;
use super::{Answer, BadInput, Format, as_text, print};

#[derive(clap::Args)]
pub struct Arguments {
    /// The numbers of generals, such as 3..=7
    #[arg(short, value_name = "RANGE")]
    n: Range,
    /// The numbers of traitors, such as 1..=2
    #[arg(short, value_name = "RANGE")]
    f: Range,
    #[command(flatten)]
    question: Question,
}

/// A range of numbers: `3..=7`, `3..8`, or `5`.
#[derive(Clone)]
struct Range(RangeInclusive<usize>);

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Range, String> {
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let range = if let Some((first, last)) = text.split_once("..=") {
            number(first).zip(number(last))
        } else if let Some((first, end)) = text.split_once("..") {
            number(first).zip(number(end).and_then(|end| end.checked_sub(1)))
        } else {
            number(text).map(|number| (number, number))
        };
        let range = range.filter(|(first, last)| first <= last && *last <= Generals::MAX);
        range.map(|(first, last)| Range(first..=last)).ok_or_else(|| {
            format!("give a range such as 3..=7, 3..8 or 5, up to {}", Generals::MAX)
        })
    }
}

pub fn sweep(subject: Subject<Arguments>) -> Result<ExitCode, BadInput> {
    match subject {
        Subject::Oral { oral, arguments } => table(&arguments, |f| {
            let oral = oral.given(f);
            Ok((oral.protocol()?, Specification::Oral(oral)))
        }),
    }
}

/// Answers each cell, row by row, and prints the grid. The exit code is that of the worst cell.
fn table<P>(
    arguments: &Arguments,
    protocol: impl Fn(usize) -> Result<(P, Specification), BadInput>,
) -> Result<ExitCode, BadInput>
where
    P: Testable<Value: Serialize, Message: Serialize>,
{
    let Arguments { n: Range(ns), f: Range(fs), question } = arguments;
    if *ns.start() == 0 {
        return Err(BadInput::new("n begins at 0: there must be at least one general"));
    }
    let deadline = Deadline::of(question.budget);
    let (mut cells, mut verdicts, mut names) = (Vec::new(), Vec::<Value>::new(), Vec::new());
    let mut refused = None;
    for (n, f) in ns.clone().flat_map(|n| fs.clone().map(move |f| (n, f))) {
        if f >= n {
            cells.push(Cell { n, f, verdict: None });
            continue;
        }
        let (protocol, specification) = protocol(f)?;
        match question.verdict(protocol, n, f, deadline) {
            Ok(verdict) => {
                cells.push(Cell { n, f, verdict: Some(verdict.name()) });
                verdicts.push(json::verdict(&json!(specification), &verdict));
                names.push(verdict.protocol);
            }
            Err(refusal) => {
                cells.push(Cell { n, f, verdict: Some("refused") });
                refused.get_or_insert(refusal);
            }
        }
    }
    if verdicts.is_empty()
        && let Some(refusal) = refused
    {
        return Err(refusal);
    }
    names.sort();
    names.dedup();
    let text = match question.format {
        Format::Json => as_text(&json!(verdicts)),
        Format::Text => format!(
            "{}, at most f traitors among n generals; [ ] marks n = 3f + 1\n\n{}",
            names.join(", "),
            grid(&cells)
        ),
    };
    if let Err(failure) = print(&text) {
        return Ok(failure);
    }
    if let Some(refusal) = refused {
        return Err(refusal); // the cells that could be answered have been
    }
    let answers = cells.iter().filter_map(|cell| cell.verdict).map(Answer::of).collect::<Vec<_>>();
    let unexpected = answers.iter().find(|answer| question.expect.is_some_and(|e| e != **answer));
    let worst = [Answer::Broken, Answer::Bounded].into_iter().find(|bad| answers.contains(bad));
    let answer = match question.expect {
        Some(expected) => *unexpected.unwrap_or(&expected),
        None => worst.unwrap_or(Answer::Holds),
    };
    Ok(answer.exit(question.expect))
}
