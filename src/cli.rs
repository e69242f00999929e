//! The command line, also for your own protocols: see [`main_with`]. Arguments, worker threads, progress and the
//! terminal are handled here.

mod adversary;
mod answer;
mod asked;
mod bounds;
mod built_in;
mod check;
mod checkpoint;
mod chosen;
mod code;
mod event_driven;
mod exec;
mod exhibit;
mod files;
mod focus;
mod graph;
mod groups;
mod hunt;
mod merge;
mod output;
mod parameters;
mod parts;
mod pbft;
mod program;
mod protocols;
mod reference;
mod refute;
mod replay;
mod rounds;
mod signed;
mod suspects;
mod sweep;
mod terminal;
mod unsigned;
mod views;
mod watch;

use std::io::Write;
use std::process::ExitCode;

use bytesize::ByteSize;
use clap::error::{ContextKind, ContextValue, ErrorKind as Usage};
use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand};

use self::answer::{BAD_INPUT, BadInput, complain, print, whole_number};
use self::built_in::built_in;
use self::chosen::ChosenWith;
use self::program::Program;
pub use self::protocols::Protocol;
use self::terminal::{Shown, help_is_coloured};

/// Plays the traitor: is this protocol for Byzantine agreement correct, and if not, what breaks it?
#[derive(Parser)]
#[command(version, arg_required_else_help = true, after_help = EXIT_CODES)]
#[command(disable_help_subcommand = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    /// Number of worker threads [default: one per processor]
    #[arg(long, global = true, display_order = 900, value_name = "N", value_parser = whole_number)]
    threads: Option<usize>,
    /// Memory limit, such as 4GiB: a search that reaches it stops, and its verdict is bounded
    /// [default: four fifths of the free memory]
    #[arg(long, global = true, display_order = 901, value_name = "SIZE", value_parser = memory)]
    max_memory: Option<ByteSize>,
    #[command(flatten)]
    shown: Shown,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  holds, or is not refuted (or the verdict is the one that --expect names)
  1  broken, or refuted (or the verdict is another one than --expect names)
  2  bad input
  3  bounded: nothing found, and not everything covered";

#[derive(Subcommand)]
enum Command {
    /// Check one protocol with n generals and at most f traitors
    #[command(after_help = "Example: turncoat check oral -n 4 -f 1")]
    #[command(subcommand_value_name = "PROTOCOL", subcommand_help_heading = "Protocols")]
    Check {
        #[command(subcommand)]
        subject: ChosenWith<check::CheckArguments>,
    },
    /// Check a range of n and f, and draw the frontier between holds and broken
    #[command(after_help = "Example: turncoat sweep oral -n 3..=7 -f 1..=2")]
    #[command(subcommand_value_name = "PROTOCOL", subcommand_help_heading = "Protocols")]
    Sweep {
        #[command(subcommand)]
        subject: ChosenWith<sweep::SweepArguments>,
    },
    /// Search for an attack at random, where there are too many to try all
    #[command(after_help = "Example: turncoat hunt oral -n 13 -f 4 --cases 1_000_000 --seed 7")]
    #[command(subcommand_value_name = "PROTOCOL", subcommand_help_heading = "Protocols")]
    Hunt {
        #[command(subcommand)]
        subject: ChosenWith<hunt::HuntArguments>,
    },
    /// Break a protocol by an impossibility proof, where no protocol can be correct
    #[command(after_help = refute::AFTER_HELP)]
    #[command(subcommand_value_name = "PROTOCOL", subcommand_help_heading = "Protocols")]
    Refute {
        #[command(subcommand)]
        subject: ChosenWith<refute::RefuteArguments>,
    },
    /// Combine shard results into one verdict
    #[command(after_help = merge::AFTER_HELP)]
    Merge(merge::MergeArguments),
    /// Run the attack in a file and show the execution
    #[command(after_help = "Example: turncoat check oral -n 3 -f 1 --save attack.json
         turncoat replay attack.json")]
    Replay(replay::ReplayArguments),
    /// Find which sets of traitors explain what one general was told, and rule out the others
    #[command(after_help = suspects::AFTER_HELP)]
    Suspects(suspects::SuspectsArguments),
    /// Decide whether R rounds suffice: synthesize a protocol or print an impossibility proof
    #[command(after_help = rounds::AFTER_HELP)]
    Rounds(rounds::RoundsArguments),
    /// Say whether the problem can be solved, by which theorem, and which commands show it
    #[command(after_help = bounds::AFTER_HELP)]
    Bounds(bounds::BoundsArguments),
    /// List the protocols, with the bound that each claims and its source
    #[command(after_help = "Example: turncoat list --format json")]
    List(reference::ListArguments),
    /// Print the JSON Schema of a file format
    #[command(after_help = reference::SCHEMA_EXAMPLE)]
    Schema(reference::SchemaArguments),
    /// Print shell completions
    #[command(after_help = reference::COMPLETIONS_EXAMPLES)]
    Completions(reference::CompletionsArguments),
    /// Print the manual page, or write one page per command into a folder
    #[command(after_help = reference::MANUAL_EXAMPLES)]
    Man(reference::ManualArguments),
}

/// Runs the program `turncoat` with the arguments of this process, on its terminal.
pub fn main() -> ExitCode {
    answered(Program::of("turncoat".to_owned(), Vec::new(), built_in()))
}

/// The same with your own protocols beside the built-in ones: `check`, `sweep`, `hunt`, `refute`, `list` and all
/// other commands know them by name, and `replay` and `suspects` read the attacks on them. See
/// `examples/own_command_line.rs`.
///
/// ```no_run
/// use std::process::ExitCode;
/// use turncoat::OralMessages;
/// use turncoat::cli::{self, Protocol};
///
/// // cargo run -- check mine -n 4 -f 1 --format html -o attack.html
/// fn main() -> ExitCode {
///     cli::main_with([Protocol::new("mine", |f| OralMessages::new(f))])
/// }
/// ```
///
/// It ends with the exit codes that `--help` lists: 2 if two protocols have the same name, or a protocol's argument
/// has the name of an existing one.
pub fn main_with(protocols: impl IntoIterator<Item = Protocol>) -> ExitCode {
    let call = std::env::args_os().next().unwrap_or_default();
    let own = protocols.into_iter().collect();
    answered(Program::of(call.to_string_lossy().into_owned(), own, built_in()))
}

fn answered(program: Result<Program, BadInput>) -> ExitCode {
    let answer = program.and_then(|program| {
        let command = command(&program)?;
        match parsed(command.clone()) {
            Ok(line) => run(line, &program, command),
            Err(usage) => refused_usage(&usage, &program),
        }
    });
    answer.unwrap_or_else(|BadInput(line)| {
        complain(line);
        ExitCode::from(BAD_INPUT)
    })
}

/// The command line of a program.
fn command(program: &Program) -> Result<clap::Command, BadInput> {
    // The name lives as long as the process.
    let name: &'static str = program.name().leak();
    let mut command = CommandLine::command().name(name);
    let everywhere: Vec<Arg> = command.get_arguments().cloned().collect();
    for asking in command.get_subcommands_mut() {
        let with = std::mem::take(asking);
        *asking = match with.get_name() {
            "check" => program.choosing::<check::CheckArguments>(with, &everywhere)?,
            "sweep" => program.choosing::<sweep::SweepArguments>(with, &everywhere)?,
            "hunt" => program.choosing::<hunt::HuntArguments>(with, &everywhere)?,
            "refute" => program.choosing::<refute::RefuteArguments>(with, &everywhere)?,
            _ => with,
        };
        if let Some(example) = asking.get_after_help().map(ToString::to_string) {
            let example = example.replace("turncoat ", &format!("{name} "));
            *asking = std::mem::take(asking).after_help(example);
        }
    }
    Ok(with_negative_numbers(command))
}

fn parsed(command: clap::Command) -> Result<CommandLine, clap::Error> {
    CommandLine::from_arg_matches(&command.try_get_matches()?)
}

/// Lets a negative number be the value of the option before it rather than an option, so that the error message says
/// which values are allowed there.
fn with_negative_numbers(command: clap::Command) -> clap::Command {
    let of_value = |arg: Arg| match arg.get_action().takes_values() {
        true => arg.allow_negative_numbers(true),
        false => arg,
    };
    command.mut_args(of_value).mut_subcommands(with_negative_numbers)
}

/// The most threads per processor: more would only wait for each other.
const THREADS: usize = 8;

fn run(
    CommandLine { command, threads, max_memory, shown }: CommandLine,
    program: &Program,
    line: clap::Command,
) -> Result<ExitCode, BadInput> {
    shown.begin();
    if let Some(threads) = threads {
        if threads == 0 {
            return Err(BadInput::new("--threads is 0: at least one must work"));
        }
        let most = std::thread::available_parallelism().map_or(1, usize::from) * THREADS;
        if threads > most {
            let allowed = format!("there can be at most {most}, {THREADS} for each processor");
            return Err(BadInput(format!("--threads is {threads}: {allowed}")));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        pool.map_err(|error| BadInput::new(format!("--threads {threads}: {error}")))?;
    }
    if let Some(ByteSize(most)) = max_memory {
        watch::limit_memory(most);
    }
    match command {
        Command::Check { subject } => check::check(program, &subject),
        Command::Sweep { subject } => sweep::sweep(program, &subject),
        Command::Hunt { subject } => hunt::hunt(program, &subject),
        Command::Refute { subject } => refute::refute(program, &subject),
        Command::Merge(arguments) => merge::merge(program, &arguments),
        Command::Replay(arguments) => replay::replay(program, &arguments),
        Command::Suspects(arguments) => suspects::suspects(program, &arguments),
        Command::Rounds(arguments) => rounds::rounds(&arguments),
        Command::Bounds(arguments) => bounds::bounds(&arguments),
        Command::List(arguments) => reference::list(program, &arguments),
        Command::Schema(arguments) => reference::schema(&arguments),
        Command::Completions(arguments) => reference::completions(&arguments, line),
        Command::Man(arguments) => reference::manual(&arguments, line),
    }
}

/// Help is printed as it is; a usage error becomes one line.
fn refused_usage(usage: &clap::Error, program: &Program) -> Result<ExitCode, BadInput> {
    if matches!(usage.kind(), Usage::DisplayHelp | Usage::DisplayVersion) {
        let help = usage.render();
        let help = if help_is_coloured() { help.ansi().to_string() } else { help.to_string() };
        return print(&help);
    }
    if usage.kind() == Usage::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = write!(std::io::stderr(), "{}", usage.render());
        return Ok(ExitCode::from(BAD_INPUT));
    }
    if let Some(ContextValue::String(unknown)) = usage.get(ContextKind::InvalidSubcommand) {
        let near = match usage.get(ContextKind::SuggestedSubcommand) {
            Some(ContextValue::Strings(near)) => near.last(), // the nearest
            _ => None,
        };
        let near = near.map(|near| format!(" did you mean '{near}'?"));
        let name = program.name();
        let help = format!(" see '{name} --help' and '{name} list'");
        let advice = near.as_deref().unwrap_or(&help);
        return Err(BadInput(format!("there is no command or protocol '{unknown}':{advice}")));
    }
    let text = usage.render().to_string();
    let told = text.lines().take_while(|line| !line.starts_with("Usage:"));
    let told = told.filter(|line| !line.starts_with("For more information"));
    let words = told.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    let line = words.strip_prefix("error: ").unwrap_or(&words);
    Err(BadInput(format!("{line}; see '{} --help'", program.name())))
}

/// An amount of memory given as an argument.
fn memory(text: &str) -> Result<ByteSize, String> {
    let size = text.parse().ok().filter(|ByteSize(size)| *size > 0);
    size.ok_or_else(|| "give an amount of memory, such as 500MB or 4GiB".to_owned())
}
