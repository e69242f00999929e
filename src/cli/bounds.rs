//! `turncoat bounds`: what is known about a problem, by which theorem, and how turncoat demonstrates it.

use std::process::ExitCode;

use super::answer::{BOUNDED, BadInput, PlainFormat, as_text, print, whole_number};
use super::terminal::shown;
use crate::Task;
use crate::impossibility::{BoundsProblem, Solvability};
use crate::report::bounds::json;

#[derive(clap::Args)]
pub struct BoundsArguments {
    /// Number of generals, the commander included
    #[arg(short, value_parser = whole_number, allow_negative_numbers = true)]
    n: usize,
    /// Number of traitors, at most
    #[arg(short, value_parser = whole_number, allow_negative_numbers = true)]
    f: usize,
    /// Messages are signed, and nobody can forge a signature
    #[arg(long)]
    signed: bool,
    /// Connectivity of the graph: fewest generals whose removal disconnects it [default: n - 1]
    #[arg(long, value_name = "K", value_parser = whole_number, allow_negative_numbers = true)]
    connectivity: Option<usize>,
    /// Number of rounds, at most [default: as many as needed]
    #[arg(short, value_parser = whole_number, allow_negative_numbers = true)]
    r: Option<usize>,
    /// Quorum size to judge: do any two share a loyal general, and can one form if f are silent?
    #[arg(short, value_parser = whole_number, allow_negative_numbers = true)]
    q: Option<usize>,
    /// Problem to solve
    #[arg(long, value_enum, default_value_t = Task::Broadcast)]
    task: Task,
    /// Exit with 0 for this answer and 1 for any other
    #[arg(long, value_enum)]
    expect: Option<ExpectedSolvability>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: PlainFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ExpectedSolvability {
    /// A protocol exists
    Solvable,
    /// No protocol exists
    Unsolvable,
    /// Whether that many rounds suffice depends on more than the connectivity
    DependsOnGraph,
}

pub const AFTER_HELP: &str = "\
Examples: turncoat bounds -n 4 -f 1 -r 1
          turncoat bounds -n 3 -f 1 --signed
          turncoat bounds -n 5 -f 1 -q 3

Exit codes:
  0  solvable (or --expect names the answer)
  1  unsolvable (or --expect names another answer)
  2  bad input
  3  whether that many rounds suffice depends on the graph";

pub fn bounds(arguments: &BoundsArguments) -> Result<ExitCode, BadInput> {
    let BoundsArguments { n, f, signed, connectivity, r, q, task, expect, format } = *arguments;
    let all = BoundsProblem::new(n, f);
    let connectivity = connectivity.unwrap_or(all.connectivity);
    let problem = BoundsProblem { signed, connectivity, rounds: r, task, quorum: q, ..all };
    let bounds = problem.bounds().map_err(BadInput::new)?;
    let text = match format {
        PlainFormat::Json => as_text(&json(&bounds)),
        PlainFormat::Text => shown(&bounds),
    };
    print(&text)?;
    let answer = match bounds.answer {
        Solvability::Solvable => ExpectedSolvability::Solvable,
        Solvability::Unsolvable => ExpectedSolvability::Unsolvable,
        Solvability::DependsOnGraph => ExpectedSolvability::DependsOnGraph,
    };
    Ok(ExitCode::from(match (answer, expect) {
        (_, Some(expected)) => u8::from(answer != expected),
        (ExpectedSolvability::Solvable, None) => 0,
        (ExpectedSolvability::Unsolvable, None) => 1,
        (ExpectedSolvability::DependsOnGraph, None) => BOUNDED,
    }))
}
