//! `turncoat refute`: the argument that no protocol can be correct, built against this one.

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::ValueEnum;
use itertools::Itertools;
use serde_json::json;

use super::answer::{BadInput, whole_number};
use super::check::label;
use super::chosen::ChosenWith;
use super::files::{self, replayed};
use super::graph::Among;
use super::output::{Format, Output, Told};
use super::program::Program;
use super::watch::{Deadline, Work, watched};
use crate::machine::Machine;
use crate::refute::Worlds;
use crate::report::json;
#[cfg(feature = "pages")]
use crate::report::page::refutation_page;
use crate::report::ring::ring;
use crate::report::telling::{Stories, terms_of};
use crate::{Adversary, FaultClass, General, Generals, Refute as Asked};

pub const AFTER_HELP: &str = "\
A protocol in rounds can be refuted if n <= 3f and messages are not signed, or if 2f generals can
cut the graph in two: copies of the generals are wired into a ring (Fischer, Lynch, Merritt 1986).
If it is for consensus, n <= 2f is too few, signed or not.

An event-driven protocol can be refuted if n <= 3f, signed or not, and one for consensus if n <= 2f,
even if generals only crash: mail between two sides is late until both have decided (Dwork, Lynch,
Stockmeyer 1988).

Example: turncoat refute oral -n 3 -f 1";

#[derive(clap::Args)]
pub struct RefuteArguments {
    #[command(flatten)]
    among: Among,
    /// Number of traitors, at most
    #[arg(short, value_parser = whole_number)]
    f: usize,
    /// How traitors are faulty: byzantine or, for an event-driven protocol, crash
    #[arg(long, value_enum, default_value_t = FaultClass::Byzantine)]
    faults: FaultClass,
    /// Three groups of at most f generals each, such as 0/1,2/3,4 [default: as equal as possible]
    #[arg(long, value_name = "A/B/C")]
    groups: Option<Groups>,
    /// Show a world in which this property is violated: agreement, validity or termination
    #[arg(long, value_name = "PROPERTY")]
    violates: Option<String>,
    /// Save the attack of the world in which the protocol fails to this file
    #[arg(long, value_name = "FILE", value_parser = files::to_write())]
    save: Option<PathBuf>,
    /// Exit with 0 for this result and 1 for any other
    #[arg(long, value_enum)]
    expect: Option<End>,
    #[command(flatten)]
    output: Output,
}

/// How it may end.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum End {
    /// The protocol is broken
    Refuted,
    /// The traitors would have to forge a signature
    Forgery,
    /// The protocol is not deterministic
    Undetermined,
    /// No theorem rules out a correct protocol
    Possible,
}

/// Three groups of generals: `0/1,2/3,4`.
#[derive(Clone)]
struct Groups([Generals; 3]);

impl fmt::Display for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = |group: &Generals| group.iter().map(General::id).join(",");
        f.write_str(&self.0.iter().map(group).join("/"))
    }
}

impl FromStr for Groups {
    type Err = String;

    fn from_str(text: &str) -> Result<Groups, String> {
        let usage = || "give three groups such as 0/1,2/3,4".to_owned();
        let general = |id: &str| {
            let id = id.trim().parse::<usize>().map_err(|_| usage())?;
            General::try_from(id).map_err(|error| error.to_string())
        };
        let group = |group: &str| {
            let generals: Vec<General> = group.split(',').map(general).try_collect()?;
            let twice = generals.iter().duplicates().next();
            match twice {
                Some(twice) => Err(format!("general {} is named twice", twice.id())),
                None => Ok(Generals::from_iter(generals)),
            }
        };
        let groups: Vec<Generals> = text.split('/').map(group).try_collect()?;
        groups.try_into().map(Groups).map_err(|_| usage())
    }
}

/// Prints the argument. The exit code is 1 if the protocol is refuted or not deterministic, otherwise 0.
pub fn refute(
    program: &Program,
    chosen: &ChosenWith<RefuteArguments>,
) -> Result<ExitCode, BadInput> {
    let RefuteArguments { among, f, faults, groups, violates, save, expect, output } =
        &chosen.arguments;
    let graph = &among.graph()?;
    let specification = &chosen.given(program, *f, graph)?;
    let notation = &*specification.notation()?;
    let mut question = Asked::about(notation as &dyn Machine, Worlds::default());
    question = question.on(graph).against(Adversary::new(*faults, *f));
    if let Some(Groups(groups)) = groups {
        question = question.groups(*groups);
    }
    if let Some(property) = violates {
        question = question.violating(property.clone());
    }
    let label = label(graph, *f);
    let work = Work { label: &label, whole: "the worlds", steps: "worlds", stops: false };
    let refuted = notation.answered(|| {
        let refuted = watched(&work, Deadline::of(None), |progress| question.refutation(progress));
        refuted.map_err(BadInput::new)
    });
    let (refutation, states) = refuted?;
    let broken = refutation.broken().map(|world| (&world.attack, &world.execution));
    specification.confirm(notation, broken)?;
    let terms = &terms_of(notation, graph);
    let stories = Stories::new(notation, terms, states.into_table(notation));
    let in_words = |whole| stories.refutation(&refutation, whole);
    let broken = refutation.broken();
    let replay = broken.map(|_| chosen.arguments.replay(program, chosen)).unwrap_or_default();
    output.give(&Told {
        verdict: refutation.name(),
        text: &|style| style.show(&in_words(false)) + &replay,
        json: &|| {
            let written = refutation.map((), |argument| notation.write_argument(argument));
            json::refutation(&json!(specification), &written)
        },
        // If the protocol is refuted, the world in which it is broken is drawn.
        picture: &|| broken.map(|world| stories.story(&world.attack, &world.execution, true)),
        own: &|format| match format {
            Format::Dot => ring(&in_words(false)),
            #[cfg(feature = "pages")]
            Format::Html => Some(refutation_page(&in_words(true), &in_words(false).to_string())),
            _ => None,
        },
    })?;
    let attack = broken.map(|world| notation.write_attack(&world.attack));
    files::save(save.as_deref(), specification, attack)?;
    let end = End::from_str(refutation.name(), false).unwrap_or(End::Possible);
    let fine = matches!(end, End::Forgery | End::Possible);
    let expected = expect.map_or(fine, |expected| expected == end);
    Ok(ExitCode::from(u8::from(!expected)))
}

impl RefuteArguments {
    /// How to replay the world in which the protocol is broken.
    fn replay(&self, program: &Program, chosen: &ChosenWith<RefuteArguments>) -> String {
        let RefuteArguments { among, f, faults, groups, violates, save, .. } = self;
        let faults = (!faults.is_byzantine()).then(|| format!(" --faults {faults}"));
        let groups = groups.as_ref().map(|groups| format!(" --groups {groups}"));
        let violates = violates.as_ref().map(|property| format!(" --violates {property}"));
        let again = format!(
            "refute {}{} -f {f}{}{}{}",
            chosen.again(program),
            among.arguments(),
            faults.unwrap_or_default(),
            groups.unwrap_or_default(),
            violates.unwrap_or_default()
        );
        replayed(&program.call(), save.as_deref(), &again, &chosen.reading(program))
    }
}
