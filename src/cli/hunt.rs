//! `turncoat hunt`: attacks drawn at random.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::report::json;
use crate::verdict::Hunted;
use crate::{Graph, Testable, hunt as ask};
use indicatif::HumanCount;
use serde_json::json;

use super::adversary::Enemy;
use super::check::{label, picture};
use super::files::{self, replayed};
use super::graph::Among;
use super::output::{Output, Told};
use super::protocols::{Specification, Subject, Task, Written};
use super::watch::{Budget, Deadline, Work, watched};
use super::{Answer, BadInput, whole_number};

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    among: Among,
    /// Number of traitors, at most
    #[arg(short, value_parser = whole_number, allow_negative_numbers = true)]
    f: usize,
    /// Number of attacks to draw
    #[arg(long, value_name = "K", default_value = "10_000", value_parser = long_number)]
    cases: u64,
    /// Random seed: the same seed draws the same attacks
    #[arg(long, value_name = "N", default_value = "0", value_parser = long_number)]
    seed: u64,
    /// Number of the first case, to repeat one case or to continue a hunt
    #[arg(long, value_name = "K", default_value = "0", value_parser = long_number)]
    from: u64,
    /// Time limit for shrinking an attack
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    shrink: Duration,
    /// Save the attack to this file
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Stop the hunt after a time (20s, 5min)
    #[arg(long, value_name = "TIME", value_parser = time)]
    budget: Option<Duration>,
    /// Exit with 0 for this verdict and 1 for any other
    #[arg(long, value_enum)]
    expect: Option<Answer>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    enemy: Enemy,
}

/// A number that may be long, and is then written as 10_000.
fn long_number(text: &str) -> Result<u64, String> {
    let number = text.replace('_', "").parse();
    number.map_err(|_| "give a whole number, such as 10_000".to_owned())
}

/// A length of time.
fn time(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(Budget::Time(time)) => Ok(time),
        _ => Err("give a time such as 20s or 5min".to_owned()),
    }
}

pub fn hunt(subject: Subject<Arguments>) -> Result<ExitCode, BadInput> {
    let (chosen, arguments) = subject.parts();
    let graph = &arguments.among.graph()?;
    let specification = &chosen.given(arguments.f, graph)?;
    specification.perform(Hunt { specification, graph, arguments: &arguments })
}

/// To hunt one protocol.
struct Hunt<'a> {
    specification: &'a Specification,
    graph: &'a Graph,
    arguments: &'a Arguments,
}

impl Task for Hunt<'_> {
    type Outcome = ExitCode;

    /// Prints what came of it first, and saves the attack then, so that a file that can't be
    /// written loses nothing.
    fn with<P>(self, protocol: P) -> Result<ExitCode, BadInput>
    where
        P: Testable<Value: Written, Message: Written>,
    {
        let Hunt { specification, arguments, .. } = self;
        let hunted = self.hunted(protocol)?;
        let rest = speed(&hunted) + &self.again(&hunted);
        let given = arguments.output.give(&Told {
            verdict: hunted.name(),
            text: &|style| style.show(&hunted) + &rest,
            json: &|| json::hunted(&json!(specification), &hunted),
            picture: &|| hunted.counterexample().map(picture),
            own: &|_| None,
        })?;
        if let Some(failure) = given {
            return Ok(failure);
        }
        let attack = hunted.counterexample().map(|found| &found.attack);
        files::save::<P>(arguments.save.as_deref(), specification, attack)?;
        Ok(Answer::of(hunted.name()).exit(arguments.expect))
    }
}

impl Hunt<'_> {
    fn hunted<P: Testable>(&self, protocol: P) -> Result<Hunted<P>, BadInput> {
        let Arguments { f, cases, seed, from, shrink, budget, .. } = *self.arguments;
        let question = ask(protocol).on(self.graph).against(self.arguments.enemy.adversary(f));
        let question = question.cases(cases).seed(seed).starting_at(from).shrinking_for(shrink);
        let label = label(self.graph, f);
        let work = Work { label: &label, whole: "the cases", steps: "cases", stops: true };
        let deadline = Deadline::of(budget.map(Budget::Time));
        watched(&work, deadline, |progress| question.run_watched(progress)).map_err(BadInput::new)
    }

    /// How the case is drawn again in which something was found, and how the attack is seen again.
    fn again<P: Testable>(&self, hunted: &Hunted<P>) -> String {
        let Some(finding) = &hunted.finding else { return String::new() };
        let Hunt { specification, arguments, .. } = self;
        let Arguments { among, f, seed, enemy, save, .. } = arguments;
        let again = format!(
            "turncoat hunt {}{} -f {f} --seed {seed} --from {} --cases 1{}",
            specification.arguments(*f),
            among.arguments(),
            finding.case,
            enemy.arguments(),
        );
        let replay = replayed(save.as_deref(), &again);
        if save.is_some() { format!("{:<12}{again}\n{replay}", "Again") } else { replay }
    }
}

/// How fast it went.
fn speed<P: Testable>(hunted: &Hunted<P>) -> String {
    let a_second = hunted.coverage.cases as f64 / hunted.time.as_secs_f64().max(1e-9);
    let smaller = hunted.finding.as_ref().map(|finding| {
        let time = Duration::from_micros(finding.time.as_micros() as u64);
        format!("; made smaller in {}", humantime::format_duration(time))
    });
    let executions = HumanCount(a_second as u64);
    format!("{:<12}{executions} executions a second{}.\n", "Speed", smaller.unwrap_or_default())
}
