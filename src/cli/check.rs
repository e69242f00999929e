//! `turncoat check`: one verdict.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::adversary::Enemy;
use super::files::{self, replayed};
use super::graph::Among;
use super::output::{Output, Told};
use super::parts::{self, Divided, Done, Parts};
use super::protocols::{Specification, Subject, Task, Written};
use super::watch::{Budget, Deadline, Work, watched};
use super::{Answer, BadInput, whole_number};
use crate::report::json;
use crate::report::story::Story;
use crate::search::Engine;
use crate::{Check as Asked, Counterexample, Graph, Testable, Verdict, check as ask};

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    among: Among,
    /// Number of traitors, at most
    #[arg(short, value_parser = whole_number, allow_negative_numbers = true)]
    f: usize,
    /// Save the attack of the counterexample to this file
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Print the estimated cost per engine and exit
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    parts: Parts,
}

/// How a question is asked, whatever its n and f.
#[derive(clap::Args)]
pub struct Question {
    /// Search engine
    #[arg(long, value_enum, default_value_t = EngineName::Auto)]
    engine: EngineName,
    /// Stop the search after a time (20s, 5min) or a number of steps
    #[arg(long)]
    pub budget: Option<Budget>,
    /// Exit with 0 for this verdict and 1 for any other
    #[arg(long, value_enum)]
    pub expect: Option<Answer>,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    enemy: Enemy,
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

impl Question {
    /// The verdict on a protocol.
    pub fn verdict<P: Testable>(
        &self,
        protocol: P,
        graph: &Graph,
        f: usize,
        deadline: Deadline,
        label: &str,
    ) -> Result<Verdict<P>, BadInput> {
        let check = self.asked(protocol, graph, f);
        let work = Work { label, whole: "the space", steps: "steps", stops: true };
        watched(&work, deadline, |progress| check.run_watched(progress)).map_err(BadInput::new)
    }

    fn asked<P: Testable>(&self, protocol: P, graph: &Graph, f: usize) -> Asked<P> {
        let mut check = ask(protocol).on(graph).against(self.enemy.adversary(f));
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

    /// The same by the engine that goes through parts, unless another one is asked for.
    fn asked_in_parts<P: Testable>(&self, protocol: P, graph: &Graph, f: usize) -> Asked<P> {
        let asked = self.asked(protocol, graph, f);
        if self.engine == EngineName::Auto { asked.engine(Engine::Exhaustive) } else { asked }
    }

    /// The adversary's limits as arguments.
    fn arguments(&self) -> String {
        let composed = self.engine == EngineName::Compositional;
        let engine = if composed { " --engine compositional" } else { "" };
        format!("{}{engine}", self.enemy.arguments())
    }
}

pub fn check(subject: Subject<Arguments>) -> Result<ExitCode, BadInput> {
    let (chosen, arguments) = subject.parts();
    let graph = &arguments.among.graph()?;
    let specification = &chosen.given(arguments.f, graph)?;
    specification.perform(Check { specification, graph, arguments: &arguments })
}

/// What a progress bar calls the work.
pub fn label(graph: &Graph, f: usize) -> String {
    format!("n = {}, f = {f}", graph.n())
}

/// To give the verdict on a protocol.
struct Check<'a> {
    specification: &'a Specification,
    graph: &'a Graph,
    arguments: &'a Arguments,
}

impl Task for Check<'_> {
    type Outcome = ExitCode;

    fn with<P>(self, protocol: P) -> Result<ExitCode, BadInput>
    where
        P: Testable<Value: Written, Message: Written>,
    {
        let Check { specification, graph, arguments } = self;
        let Arguments { f, question, dry_run, .. } = arguments;
        if *dry_run {
            let estimate = question.asked(protocol, graph, *f).estimate().map_err(BadInput::new)?;
            let given = question.output.give(&Told {
                verdict: "estimate",
                text: &|style| style.show(&estimate),
                json: &|| json::estimate(&json!(specification), &estimate),
                picture: &|| None,
                own: &|_| None,
            })?;
            return Ok(given.unwrap_or(ExitCode::SUCCESS));
        }
        let (deadline, label) = (Deadline::of(question.budget), label(graph, *f));
        if arguments.parts.are_asked_for() {
            let ask = || question.asked_in_parts(&protocol, graph, *f);
            let (parts, asked) = (&arguments.parts, parts::question(specification, &ask()));
            let divided = Divided { parts, question: asked, deadline, label: &label, ask };
            return match divided.run()? {
                Done::Part(exit) => Ok(exit),
                Done::Verdict(verdict) => self.answer(&verdict),
            };
        }
        let verdict = question.verdict(protocol, graph, *f, deadline, &label)?;
        self.answer(&verdict)
    }
}

impl Check<'_> {
    fn answer<P>(&self, verdict: &Verdict<P>) -> Result<ExitCode, BadInput>
    where
        P: Testable<Value: Written, Message: Written>,
    {
        let Check { specification, arguments: Arguments { save, question, .. }, .. } = self;
        let (save, output) = (save.as_deref(), &question.output);
        answered(verdict, specification, output, save, question.expect, || self.replay())
    }

    /// How the counterexample is seen again.
    fn replay(&self) -> String {
        let Check { specification, arguments: Arguments { among, f, save, question, .. }, .. } =
            self;
        let again = format!(
            "turncoat check {}{} -f {f}{}",
            specification.arguments(*f),
            among.arguments(),
            question.arguments(),
        );
        replayed(save.as_deref(), &again)
    }
}

/// Prints the verdict first, and saves the attack then, so that a file that can't be written loses
/// nothing.
pub fn answered<P>(
    verdict: &Verdict<P>,
    specification: &Specification,
    output: &Output,
    save: Option<&Path>,
    expect: Option<Answer>,
    replay: impl FnOnce() -> String,
) -> Result<ExitCode, BadInput>
where
    P: Testable<Value: Written, Message: Written>,
{
    let replay = verdict.counterexample().map(|_| replay()).unwrap_or_default();
    let given = output.give(&Told {
        verdict: verdict.name(),
        text: &|style| style.show(verdict) + &replay,
        json: &|| json::verdict(&json!(specification), verdict),
        picture: &|| verdict.counterexample().map(picture),
        own: &|_| None,
    })?;
    if let Some(failure) = given {
        return Ok(failure);
    }
    let attack = verdict.counterexample().map(|found| &found.attack);
    files::save::<P>(save, specification, attack)?;
    Ok(Answer::of(verdict.name()).exit(expect))
}

/// What is seen of a counterexample.
pub fn picture<P: Testable>(found: &Counterexample<P>) -> Story {
    Story::of(&found.protocol, &found.attack, &found.execution)
}
