//! Asks all tools the same questions, checks that they agree, and prints how long each took.
//!
//! `cargo run --release -- [--quick | --heavy]`; exit code 1 if two of them disagree, 2 if the
//! arguments are wrong.

use std::process::ExitCode;
use std::time::Instant;

use peers::broadcast_natural::BroadcastNatural;
use peers::measure::{Measured, measured};
use peers::ours;
use peers::question::Question;
use peers::table;
use peers::tools::{Effort, Tool};

const USAGE: &str = "usage: peers [--quick | --heavy]
  --quick  only what takes seconds: all is done within a minute or so
  --heavy  also what takes very long, and gigabytes";

/// The questions: where each algorithm holds and where it is broken, from small to large.
fn questions() -> [Question; 17] {
    [
        Question::oral(1, 3, 1),
        Question::oral(1, 4, 1),
        Question::oral(2, 5, 1),
        Question::oral(1, 7, 2),
        Question::oral(2, 6, 2),
        Question::oral(2, 7, 2),
        Question::oral(3, 9, 3),
        Question::oral(3, 10, 3),
        Question::oral(4, 12, 4),
        Question::oral(4, 13, 4),
        Question::oral(5, 16, 5),
        Question::signed(0, 3, 1),
        Question::signed(1, 3, 1),
        Question::signed(1, 4, 2),
        Question::signed(2, 4, 2),
        Question::signed(2, 5, 2),
        Question::signed(3, 6, 3),
    ]
}

/// Reliable broadcast in which the commander is a traitor: the verdicts of stateright and turncoat, the number of
/// states or steps, and how long each takes.
fn broadcasts(most: Effort) -> String {
    let mut rows = vec![
        "| reliable broadcast, n = 4, a traitor commands | tool | verdict | states, or steps | time |".to_owned(),
        "|---|---|---|---:|---:|".to_owned(),
    ];
    let asked = [("delivers at f + 1", 2, Effort::Quick), ("as published", 3, Effort::Long)];
    for (name, deliver, effort) in asked {
        let mut row = |tool: &str, answer: &dyn Fn() -> (bool, u64)| {
            let begun = Instant::now();
            let (holds, work) = answer();
            let (time, verdict) = (begun.elapsed(), if holds { "holds" } else { "broken" });
            rows.push(format!("| {name} | {tool} | {verdict} | {work} | {time:.1?} |"));
        };
        if effort <= most {
            row("stateright, natural", &|| {
                let (holds, states) = BroadcastNatural { n: 4, deliver }.answer();
                (holds, states as u64)
            });
        }
        row("turncoat", &|| ours::broadcast(deliver));
    }
    rows.join("\n")
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let most = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Effort::Long,
        ["--quick"] => Effort::Quick,
        ["--heavy"] => Effort::Heavy,
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    println!("{}", table::head());
    let mut agreed = true;
    for question in questions() {
        let able = Tool::ALL.into_iter();
        let able = able.filter(|tool| tool.effort(question).is_some_and(|effort| effort <= most));
        let answers: Vec<Measured> = able.map(|tool| measured(tool, question)).collect();
        if answers.is_empty() {
            continue;
        }
        println!("{}", table::rows(question, &answers));
        if let Some(other) = answers.iter().find(|one| one.verdict != answers[0].verdict) {
            let (first, other) = (answers[0].tool.title(), other.tool.title());
            eprintln!("{question}: {first} and {other} do not agree");
            agreed = false;
        }
    }
    println!("{}", broadcasts(most));
    if agreed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
