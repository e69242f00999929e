//! `turncoat hunt`: attacks drawn at random.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::hunt::Cases;
use crate::machine::Machine;
use crate::report::json;
use crate::report::telling::terms_of;
use crate::verdict::{Hunted, NumberedFinding};
use crate::{Graph, Hunt as Asked};
use indicatif::HumanCount;
use serde_json::json;

use super::adversary::AdversaryArguments;
use super::answer::{BadInput, VerdictName, whole_number};
use super::check::label;
use super::chosen::ChosenWith;
use super::exhibit::{Exhibit, Trophy};
use super::files::{self, replayed};
use super::focus::FocusArguments;
use super::graph::Among;
use super::output::{Output, Told};
use super::program::Program;
use super::watch::{Budget, Deadline, Work, watched};

#[derive(clap::Args)]
pub struct HuntArguments {
    #[command(flatten)]
    among: Among,
    /// Number of traitors, at most
    #[arg(short, value_parser = whole_number)]
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
    #[arg(long, value_name = "FILE", value_parser = files::to_write())]
    save: Option<PathBuf>,
    /// Stop the hunt after a time (20s, 5min)
    #[arg(long, value_name = "TIME", value_parser = time)]
    budget: Option<Duration>,
    /// Exit with 0 for this verdict and 1 for any other
    #[arg(long, value_enum)]
    expect: Option<VerdictName>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    focus: FocusArguments,
    #[command(flatten)]
    enemy: AdversaryArguments,
}

/// Parses a number that may be long, and may then be written as 10_000.
fn long_number(text: &str) -> Result<u64, String> {
    let number = text.replace('_', "").parse();
    number.map_err(|_| "give a whole number, such as 10_000".to_owned())
}

fn time(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(Budget::Time(time)) => Ok(time),
        _ => Err("give a time such as 20s or 5min".to_owned()),
    }
}

/// Prints the result before it saves the attack, so that nothing is lost if the file can't be written.
pub fn hunt(program: &Program, chosen: &ChosenWith<HuntArguments>) -> Result<ExitCode, BadInput> {
    let arguments = &chosen.arguments;
    let graph = &arguments.among.graph()?;
    let specification = &chosen.given(program, arguments.f, graph)?;
    let notation = &*specification.notation()?;
    let hunted = notation.answered(|| arguments.hunted(notation, graph))?;
    let found = hunted.finding.as_ref().map(|finding| &finding.found);
    specification.confirm(notation, found.map(|found| (&found.attack, &found.execution)))?;
    let terms = &terms_of(notation, graph);
    let hunted = hunted.map(|found| Trophy::of(notation, terms, found));
    let rest = speed(&hunted) + &arguments.again(program, chosen, &hunted);
    let exhibit = || hunted.finding.as_ref().map(|trophy| &trophy.exhibit);
    arguments.output.give(&Told {
        verdict: hunted.name(),
        text: &|style| style.show(&hunted.as_ref().map(Trophy::in_words)) + &rest,
        json: &|| json::hunted(&json!(specification), &hunted.as_ref().map(Trophy::json)),
        picture: &|| exhibit().map(Exhibit::picture),
        own: &|_| None,
    })?;
    files::save(arguments.save.as_deref(), specification, exhibit().map(Exhibit::attack))?;
    Ok(VerdictName::of(hunted.name()).exit(arguments.expect))
}

impl HuntArguments {
    fn hunted(
        &self,
        machine: &dyn Machine,
        graph: &Graph,
    ) -> Result<Hunted<NumberedFinding>, BadInput> {
        let HuntArguments { f, cases, seed, from, shrink, budget, .. } = *self;
        let question = Asked::about(machine, Cases::default());
        let question = question.on(graph).against(self.enemy.adversary(f));
        let question = question.focused(self.focus.focus());
        let question = question.cases(cases).seed(seed).starting_at(from).shrinking_for(shrink);
        let label = label(graph, f);
        let work = Work { label: &label, whole: "the cases", steps: "cases", stops: true };
        let deadline = Deadline::of(budget.map(Budget::Time));
        watched(&work, deadline, |progress| question.hunted(progress)).map_err(BadInput::new)
    }

    /// How to draw the case of the finding again, and how to replay the attack.
    fn again(
        &self,
        program: &Program,
        chosen: &ChosenWith<HuntArguments>,
        hunted: &Hunted<Trophy<'_>>,
    ) -> String {
        let Some(finding) = &hunted.finding else { return String::new() };
        let HuntArguments { among, f, seed, enemy, focus, save, .. } = self;
        let again = format!(
            "hunt {}{} -f {f} --seed {seed} --from {} --cases 1{}{}",
            chosen.again(program),
            among.arguments(),
            finding.case,
            enemy.arguments(),
            focus.arguments(),
        );
        let call = program.call();
        let replay = replayed(&call, save.as_deref(), &again, &chosen.reading(program));
        if save.is_some() { format!("{:<12}{call} {again}\n{replay}", "Again") } else { replay }
    }
}

/// The speed of the hunt.
fn speed(hunted: &Hunted<Trophy<'_>>) -> String {
    let a_second = hunted.coverage.cases as f64 / hunted.time.as_secs_f64().max(1e-9);
    let smaller = hunted.finding.as_ref().map(|finding| {
        let time = Duration::from_micros(finding.time.as_micros() as u64);
        format!("; shrunk in {}", humantime::format_duration(time))
    });
    let executions = HumanCount(a_second as u64);
    format!("{:<12}{executions} executions a second{}.\n", "Speed", smaller.unwrap_or_default())
}
