//! `turncoat sweep`: verdicts for many n and f.

use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::str::FromStr;

use crate::report::grid::{Cell, grid};
use crate::report::json;
use crate::report::map::map;
use crate::report::page::sweep_page;
use crate::report::telling::terms_of;
use crate::{Generals, Graph};
use itertools::Itertools;
use serde_json::{Value, json};

use super::answer::{BadInput, VerdictName};
use super::check::{QuestionArguments, confirmed, label};
use super::chosen::ChosenWith;
use super::exhibit::Exhibit;
use super::graph::Family;
use super::output::{Format, Told};
use super::program::{Program, Specification};
use super::watch::Deadline;
use crate::report::story::Story;
#[cfg(feature = "pages")]
use crate::report::style::Style;

#[derive(clap::Args)]
pub struct SweepArguments {
    /// Range of the number of generals, such as 3..=7
    #[arg(short, value_name = "RANGE")]
    n: Range,
    /// Range of the number of traitors, such as 1..=2
    #[arg(short, value_name = "RANGE")]
    f: Range,
    /// Who can talk to whom
    #[arg(long, value_enum, default_value_t)]
    graph: Family,
    #[command(flatten)]
    question: QuestionArguments,
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

/// Answers each cell, row by row, and prints the grid. The exit code is the worst of all cells.
pub fn sweep(program: &Program, chosen: &ChosenWith<SweepArguments>) -> Result<ExitCode, BadInput> {
    let SweepArguments { n: Range(ns), f: Range(fs), graph: family, question } = &chosen.arguments;
    if *ns.start() == 0 {
        return Err(BadInput::new("n begins at 0: there must be at least one general"));
    }
    question.output.of_many()?;
    let deadline = Deadline::of(question.budget);
    let (mut cells, mut verdicts, mut names) = (Vec::new(), Vec::<Value>::new(), Vec::new());
    let (mut refused, mut pictures, mut gaps) = (None, Vec::new(), Vec::new());
    let all = ns.clone().cartesian_product(fs.clone()).collect_vec();
    for (number, &(n, f)) in all.iter().enumerate() {
        if f >= n {
            cells.push(Cell { n, f, verdict: None });
            continue;
        }
        let graph = &family.of(n)?;
        let specification = &chosen.given(program, f, graph)?;
        let label = &format!("{} of {}: {}", number + 1, all.len(), label(graph, f));
        match answered(specification, question, graph, f, deadline, label) {
            Ok(Answered { name, verdict, json, drawn, not_covered }) => {
                gaps.extend(not_covered.map(|powers| (powers, format!("n = {n}, f = {f}"))));
                pictures.extend(drawn.map(|picture| (n, f, picture)));
                cells.push(Cell { n, f, verdict: Some(verdict) });
                verdicts.push(json);
                names.push(name);
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
    let oral = chosen.name == "oral" && *family == Family::Complete;
    let bound = |f| oral.then_some(3 * f + 1);
    let place = match family {
        Family::Complete => "",
        Family::Ring => " on a ring",
        Family::Path => " on a path",
    };
    let names = names.iter().sorted().dedup().join(", ");
    let setting = format!("{names}, at most f traitors among n generals{place}");
    let text = |style| {
        let marked = if oral { "; [ ] marks n = 3f + 1" } else { "" };
        format!("{setting}{marked}\n\n{}{}", grid(&cells, bound, style), not_covered(&gaps))
    };
    question.output.give(&Told {
        verdict: "frontier",
        text: &text,
        json: &|| json!(verdicts),
        picture: &|| None,
        own: &|format| match format {
            Format::Svg => Some(map(&setting, &cells, bound)),
            #[cfg(feature = "pages")]
            Format::Html => {
                Some(sweep_page(&setting, &cells, bound, &pictures, &text(Style::PLAIN)))
            }
            _ => None,
        },
    })?;
    if let Some(refusal) = refused {
        return Err(refusal); // the cells that could be answered have been
    }
    let answers = cells.iter().filter_map(|cell| cell.verdict).map(VerdictName::of).collect_vec();
    let unexpected = answers.iter().find(|answer| question.expect.is_some_and(|e| e != **answer));
    let worst =
        [VerdictName::Broken, VerdictName::Bounded].iter().find(|bad| answers.contains(bad));
    let answer =
        if question.expect.is_some() { unexpected.or(question.expect.as_ref()) } else { worst };
    Ok(answer.unwrap_or(&VerdictName::Holds).exit(question.expect))
}

/// The answer for a cell.
struct Answered {
    /// The name of the protocol.
    name: String,
    verdict: &'static str,
    json: Value,
    /// The story of its counterexample.
    drawn: Option<Story>,
    /// What was not covered, if nothing was found.
    not_covered: Option<String>,
}

/// What was not covered, for each cell in which nothing was found; written once if it is the same for all.
fn not_covered(gaps: &[(String, String)]) -> String {
    let cells = gaps.iter().cloned().into_group_map();
    let lists = gaps.iter().map(|(powers, _)| powers).unique().collect_vec();
    let told = lists.iter().map(|powers| match lists.len() {
        1 => format!("Not covered  {powers}.\n"),
        _ => format!("Not covered  {powers} ({}).\n", cells[*powers].join("; ")),
    });
    let told = told.collect::<String>();
    if told.is_empty() { told } else { format!("\n{told}") }
}

/// Answers one cell.
fn answered(
    specification: &Specification<'_>,
    question: &QuestionArguments,
    graph: &Graph,
    f: usize,
    deadline: Deadline,
    label: &str,
) -> Result<Answered, BadInput> {
    let notation = &*specification.notation()?;
    let verdict = question.verdict(notation, graph, f, deadline, label)?;
    confirmed(&verdict, specification, notation)?;
    let terms = &terms_of(notation, graph);
    let verdict = verdict.map(|found| Exhibit::of(notation, terms, found));
    let json = json::verdict(&json!(specification), &verdict.as_ref().map(Exhibit::json));
    let drawn = verdict.counterexample().map(Exhibit::picture);
    let broken = drawn.is_some();
    let gaps = if broken { None } else { verdict.adversary.not_covered(verdict.signed) };
    let (verdict, name) = (verdict.name(), verdict.protocol);
    Ok(Answered { verdict, json, drawn, name, not_covered: gaps })
}
