//! `turncoat check`: one verdict.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::adversary::AdversaryArguments;
use super::answer::{BOUNDED, BadInput, VerdictName, complain, whole_number};
use super::asked::Asked;
use super::chosen::ChosenWith;
use super::exhibit::Exhibit;
use super::files::{self, replayed};
use super::focus::FocusArguments;
use super::graph::Among;
use super::output::{Output, Told};
use super::parts::{Done, Parts};
use super::program::{Program, Specification};
use super::watch::{Budget, Deadline, Work, watched};
use crate::check::Everything;
use crate::machine::Machine;
use crate::report::json;
use crate::report::notation::Notation;
use crate::report::telling::terms_of;
use crate::search::{Engine, Found};
use crate::{Graph, Verdict};

#[derive(clap::Args)]
pub struct CheckArguments {
    #[command(flatten)]
    among: Among,
    /// Number of traitors, at most
    #[arg(short, value_parser = whole_number)]
    f: usize,
    /// Save the attack of the counterexample to this file
    #[arg(long, value_name = "FILE", value_parser = files::to_write())]
    save: Option<PathBuf>,
    /// Print the estimated cost per engine and exit
    #[arg(long, conflicts_with_all = ["save", "expect", "shard", "checkpoint"])]
    dry_run: bool,
    #[command(flatten)]
    question: QuestionArguments,
    #[command(flatten)]
    parts: Parts,
}

/// How a question is asked, whatever its n and f.
#[derive(clap::Args)]
pub struct QuestionArguments {
    /// Search engine
    #[arg(long, value_enum, default_value_t = EngineName::Auto)]
    engine: EngineName,
    /// Stop the search after a time (20s, 5min) or a number of steps
    #[arg(long)]
    pub budget: Option<Budget>,
    /// Exit with 0 for this verdict and 1 for any other
    #[arg(long, value_enum)]
    pub expect: Option<VerdictName>,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    focus: FocusArguments,
    #[command(flatten)]
    enemy: AdversaryArguments,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum EngineName {
    /// Exhaustive, or compositional if the space is too large: the verdict says what was not
    /// covered
    Auto,
    /// Every behaviour, with all sound reductions
    Exhaustive,
    /// Compose subtrees, for recursive protocols with two values: scales far beyond the others, but
    /// covers no out-of-protocol messages or replays
    Compositional,
    /// Every behaviour, without reductions: only for small spaces
    Naive,
}

impl QuestionArguments {
    pub fn verdict(
        &self,
        machine: &dyn Machine,
        graph: &Graph,
        f: usize,
        deadline: Deadline,
        label: &str,
    ) -> Result<Verdict<Found>, BadInput> {
        let check = self.asked(machine, graph, f);
        let work = Work::of_search(label);
        machine.answered(|| {
            watched(&work, deadline, |progress| check.verdict(progress)).map_err(BadInput::new)
        })
    }

    fn asked<'a>(&self, machine: &'a dyn Machine, graph: &Graph, f: usize) -> Asked<'a> {
        let check = Asked::about(machine, Everything::default());
        let check = check.on(graph).against(self.enemy.adversary(f));
        let mut check = check.focused(self.focus.focus());
        if let Some(Budget::Steps(steps)) = self.budget {
            check = check.steps(steps);
        }
        match self.engine {
            EngineName::Auto => check.fitting_engine(),
            EngineName::Exhaustive => check.engine(Engine::Exhaustive),
            EngineName::Compositional => check.engine(Engine::Compositional),
            EngineName::Naive => check.engine(Engine::Naive),
        }
    }

    /// The same question for the engine that can search parts, unless another one was asked for.
    fn asked_in_parts<'a>(&self, machine: &'a dyn Machine, graph: &Graph, f: usize) -> Asked<'a> {
        let asked = self.asked(machine, graph, f);
        if self.engine == EngineName::Auto { asked.engine(Engine::Exhaustive) } else { asked }
    }

    /// The options of the adversary on a command line.
    fn arguments(&self) -> String {
        let composed = self.engine == EngineName::Compositional;
        let engine = if composed { " --engine compositional" } else { "" };
        format!("{}{engine}{}", self.enemy.arguments(), self.focus.arguments())
    }
}

pub fn check(program: &Program, chosen: &ChosenWith<CheckArguments>) -> Result<ExitCode, BadInput> {
    let CheckArguments { among, f, save, dry_run, question, parts } = &chosen.arguments;
    let graph = &among.graph()?;
    let specification = &chosen.given(program, *f, graph)?;
    let notation = &*specification.notation()?;
    if *dry_run {
        let (asked, label) = (question.asked(notation, graph, *f), &label(graph, *f));
        let deadline = Deadline::of(question.budget);
        let work = Work::of_search(label);
        let estimate = notation.answered(|| {
            watched(&work, deadline, |progress| asked.expected(progress)).map_err(BadInput::new)
        });
        let Some(estimate) = estimate? else {
            complain("it was stopped before it was known what that would take");
            return Ok(ExitCode::from(BOUNDED));
        };
        return question.output.give(&Told {
            verdict: "estimate",
            text: &|style| style.show(&estimate),
            json: &|| json::estimate(&json!(specification), &estimate),
            picture: &|| None,
            own: &|_| None,
        });
    }
    let (deadline, label) = (Deadline::of(question.budget), &label(graph, *f));
    let verdict = if parts.are_asked_for() {
        let asked = question.asked_in_parts(notation, graph, *f);
        match notation.answered(|| parts.search(specification, notation, asked, deadline, label))? {
            Done::Part(exit) => return Ok(exit),
            Done::Verdict(verdict) => *verdict,
        }
    } else {
        question.verdict(notation, graph, *f, deadline, label)?
    };
    let (protocol, among) = (chosen.again(program), among.arguments());
    let again = format!("check {protocol}{among} -f {f}{}", question.arguments());
    let (save, output) = (save.as_deref(), &question.output);
    let replay = replayed(&program.call(), save, &again, &chosen.reading(program));
    answered(verdict, specification, notation, output, save, question.expect, &replay)
}

/// The name of the work in a progress bar.
pub fn label(graph: &Graph, f: usize) -> String {
    format!("n = {}, f = {f}", graph.n())
}

/// Checks that the verdict's foundation can be reproduced.
pub fn confirmed(
    verdict: &Verdict<Found>,
    specification: &Specification<'_>,
    notation: &dyn Notation,
) -> Result<(), BadInput> {
    let found = verdict.counterexample();
    specification.confirm(notation, found.map(|found| (&found.attack, &found.execution)))
}

/// Prints the verdict (and how to replay a counterexample) before it saves the attack, so that nothing is lost if the
/// file can't be written.
pub fn answered(
    verdict: Verdict<Found>,
    specification: &Specification<'_>,
    notation: &dyn Notation,
    output: &Output,
    save: Option<&Path>,
    expect: Option<VerdictName>,
    replay: &str,
) -> Result<ExitCode, BadInput> {
    confirmed(&verdict, specification, notation)?;
    let terms = &terms_of(notation, &verdict.graph);
    let verdict = verdict.map(|found| Exhibit::of(notation, terms, found));
    let replay = verdict.counterexample().map_or("", |_| replay);
    output.give(&Told {
        verdict: verdict.name(),
        text: &|style| style.show(&verdict.as_ref().map(Exhibit::in_words)) + replay,
        json: &|| json::verdict(&json!(specification), &verdict.as_ref().map(Exhibit::json)),
        picture: &|| verdict.counterexample().map(Exhibit::picture),
        own: &|_| None,
    })?;
    files::save(save, specification, verdict.counterexample().map(Exhibit::attack))?;
    Ok(VerdictName::of(verdict.name()).exit(expect))
}
