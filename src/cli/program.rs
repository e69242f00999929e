//! A program and its protocols: how one is chosen on the command line, and named in files.

use std::ffi::OsStr;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{Arg, ArgGroup, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use itertools::Itertools;
use serde::de::Error;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::answer::BadInput;
use super::files::quoted;
use super::protocols::{Parameters, Protocol};
use crate::Graph;
use crate::report::attack_file::{AttackFileError, in_words, part};
use crate::report::json::merge;
use crate::report::notation::Notation;

/// A program: what it is called, and the protocols that it has.
pub struct Program {
    call: String,
    pub protocols: Vec<Protocol>,
}

impl Program {
    /// The program that has these protocols.
    ///
    /// # Errors
    ///
    /// A name is none, or two have the same.
    pub fn of(call: String, protocols: Vec<Protocol>) -> Result<Program, BadInput> {
        let names = protocols.iter().map(|protocol| protocol.name);
        let is_name = |name: &str| {
            let part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
            name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(part)
        };
        if let Some(name) = names.clone().find(|name| !is_name(name)) {
            let form =
                "a name begins with a small letter, and small letters, digits, - and _ follow";
            return Err(BadInput(format!("a protocol can't be called {name:?}: {form}")));
        }
        if let Some(name) = names.duplicates().next() {
            return Err(BadInput(format!("two protocols are called {name:?}: rename one of them")));
        }
        Ok(Program { call, protocols })
    }

    /// As it was called, in a line for a shell that calls it again.
    pub fn call(&self) -> String {
        quoted(Path::new(&self.call))
    }

    /// What it is called in its help.
    pub fn name(&self) -> String {
        let name = Path::new(&self.call).file_stem().map(OsStr::to_string_lossy);
        name.unwrap_or_default().into_owned()
    }

    /// A command that is followed by a protocol; `everywhere` is what all commands have for arguments.
    ///
    /// # Errors
    ///
    /// A protocol has an argument that is there already.
    pub fn choosing<A: Args>(
        &self,
        command: Command,
        everywhere: &[Arg],
    ) -> Result<Command, BadInput> {
        let (asking, program) = (command.get_name().to_owned(), self.name());
        let of_command = A::augment_args(Command::new("any"));
        let others = of_command.get_arguments().chain(everywhere).collect_vec();
        self.protocols.iter().try_fold(command, |command, protocol| {
            let Protocol { name, about, examples, made, .. } = protocol;
            let own = protocol.arguments();
            let taken = |own: &&Arg| others.iter().any(|other| is_same(own, other)) || is_help(own);
            if let Some(twice) = own.iter().find(taken) {
                let flag = flag(twice);
                return Err(BadInput(format!(
                    "{name} has an argument {flag}, which is there already"
                )));
            }
            // clap knows the arguments of a type by the type's name, too.
            let of_protocol = made.augment(Command::new(*name));
            let group =
                |own: &&ArgGroup| of_command.get_groups().any(|it| it.get_id() == own.get_id());
            if let Some(twice) = of_protocol.get_groups().find(group) {
                let twice = twice.get_id();
                return Err(BadInput(format!(
                    "{name} has arguments called {twice}, which are there already"
                )));
            }
            let of = A::augment_args(of_protocol);
            let of = of.about(*about).long_about(None);
            Ok(command.subcommand(match examples.of(&asking) {
                "" => of,
                example => of.after_help(format!("Example: {program} {asking} {name} {example}")),
            }))
        })
    }

    /// A protocol as it is written in a file. What a file says is not run: if a program is to be, `command` says which.
    pub fn read(
        &self,
        written: Value,
        command: Option<&str>,
    ) -> Result<Specification<'_>, AttackFileError> {
        let wrong = |message| in_protocol(&serde_json::Error::custom(message));
        let mut written: Map<String, Value> = part("protocol", written)?;
        let name = written
            .shift_remove("protocol")
            .ok_or_else(|| in_protocol(&serde_json::Error::missing_field("protocol")))?;
        let name: String = part("protocol", name)?;
        let protocol = self.protocol(&name).ok_or_else(|| {
            wrong(format!(
                "this program has no `{name}`: read the file with the program that wrote it, or name one \
                 that `{} list` lists",
                self.name()
            ))
        })?;
        match command {
            Some(command) if name == EXEC => drop(written.insert(COMMAND.into(), command.into())),
            Some(_) => return Err(wrong(format!("--{COMMAND} is for {EXEC}, and this is {name}"))),
            None if name == EXEC => {
                let named = written.get(COMMAND).unwrap_or(&Value::Null);
                let why = "what a file names is not run by itself";
                return Err(wrong(format!(
                    "it was found in the program {named}: say --{COMMAND} CMD, as {why}"
                )));
            }
            None => {}
        }
        let parameters = protocol.made.read(Value::Object(written));
        let parameters = parameters.map_err(|error| in_protocol(&error))?;
        Ok(Specification { protocol, parameters })
    }

    fn protocol(&self, name: &str) -> Option<&Protocol> {
        self.protocols.iter().find(|protocol| protocol.name == name)
    }
}

/// What is wrong with a protocol in a file.
fn in_protocol(error: &serde_json::Error) -> AttackFileError {
    AttackFileError::Part { place: "protocol".to_owned(), message: in_words(error) }
}

/// The protocol that is a program of its own, and the argument that says which.
const EXEC: &str = "exec";
const COMMAND: &str = "command";

/// Whether two arguments can't stand beside each other.
fn is_same(one: &Arg, other: &Arg) -> bool {
    let long = one.get_long().is_some() && one.get_long() == other.get_long();
    let short = one.get_short().is_some() && one.get_short() == other.get_short();
    one.get_id() == other.get_id() || long || short
}

fn is_help(arg: &Arg) -> bool {
    arg.get_id() == "help" || arg.get_long() == Some("help") || arg.get_short() == Some('h')
}

/// An argument as it is given: `--quorum`, `-m`; nothing if it has its place.
fn flag(arg: &Arg) -> String {
    match (arg.get_long(), arg.get_short()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some(short)) => format!("-{short}"),
        (None, None) => arg.get_id().to_string(),
    }
}

/// A protocol as it was chosen on the command line, before it is known for how many traitors, and the
/// arguments of a command.
pub struct ChosenWith<A> {
    pub name: String,
    matches: ArgMatches,
    pub arguments: A,
}

impl<A> ChosenWith<A> {
    /// The protocol with its parameters when there may be so many traitors on this graph.
    pub fn given<'p>(
        &self,
        program: &'p Program,
        f: usize,
        graph: &Graph,
    ) -> Result<Specification<'p>, BadInput> {
        let protocol = program.protocol(&self.name).expect("clap knows the protocols' names");
        Ok(Specification { protocol, parameters: protocol.made.given(&self.matches, f, graph)? })
    }

    /// The protocol and its arguments, as they were given.
    pub fn again(&self, program: &Program) -> String {
        let arguments = program.protocol(&self.name).map(Protocol::arguments).unwrap_or_default();
        format!("{} {}", self.name, again(&arguments, &self.matches)).trim_end().to_owned()
    }

    /// What is said besides when a file is read that has this protocol.
    pub fn reading(&self, program: &Program) -> String {
        let mut arguments =
            program.protocol(&self.name).map(Protocol::arguments).unwrap_or_default();
        arguments.retain(|arg| self.name == EXEC && arg.get_id() == COMMAND);
        again(&arguments, &self.matches)
    }
}

/// Those of these arguments that were given.
fn again(arguments: &[Arg], matches: &ArgMatches) -> String {
    let words = arguments.iter().flat_map(|arg| {
        let name = arg.get_id().as_str();
        let usual = matches.value_source(name) == Some(ValueSource::DefaultValue);
        let given = matches.get_raw_occurrences(name).filter(|_| !usual).into_iter().flatten();
        given.map(|values| occurrence(arg, &values.collect_vec())).collect_vec()
    });
    words.collect_vec().join(" ")
}

/// One time that an argument is given.
fn occurrence(arg: &Arg, values: &[&OsStr]) -> String {
    let values = values.iter().map(|value| quoted(Path::new(value)));
    let values = match arg.get_value_delimiter() {
        _ if !arg.get_action().takes_values() => String::new(),
        Some(delimiter) => values.collect_vec().join(&delimiter.to_string()),
        None => values.collect_vec().join(" "),
    };
    let flag = if arg.is_positional() { String::new() } else { flag(arg) };
    format!("{flag} {values}").trim().to_owned()
}

impl<A: Args> FromArgMatches for ChosenWith<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<ChosenWith<A>, clap::Error> {
        let (name, matches) = matches
            .subcommand()
            .ok_or_else(|| clap::Error::new(clap::error::ErrorKind::MissingSubcommand))?;
        let arguments = A::from_arg_matches(matches)?;
        Ok(ChosenWith { name: name.to_owned(), matches: matches.clone(), arguments })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = ChosenWith::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The protocols are those of the [program](Program::choosing), which are not known yet.
impl<A: Args> Subcommand for ChosenWith<A> {
    fn augment_subcommands(command: Command) -> Command {
        command
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        command
    }

    fn has_subcommand(_: &str) -> bool {
        true
    }
}

/// A protocol with all its parameters, as it is written down.
pub struct Specification<'p> {
    protocol: &'p Protocol,
    parameters: Box<dyn Parameters + 'p>,
}

impl Specification<'_> {
    /// The protocol itself, by numbers.
    pub fn notation(&self) -> Result<Box<dyn Notation>, BadInput> {
        self.parameters.notation()
    }
}

impl Serialize for Specification<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut written = json!({ "protocol": self.protocol.name });
        merge(&mut written, &self.parameters.write());
        written.serialize(to)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::OralMessages;
    use crate::cli::check::CheckArguments;

    fn named(name: &'static str) -> Protocol {
        Protocol::new(name, OralMessages::new)
    }

    fn refused<T>(refused: Result<T, BadInput>) -> String {
        refused.err().map(|BadInput(line)| line).unwrap_or_default()
    }

    #[test]
    fn a_name_is_one_and_nobody_elses() {
        let program = |names: &[&'static str]| {
            let protocols = names.iter().map(|name| named(name)).collect();
            refused(Program::of("mine".to_owned(), protocols))
        };
        assert_eq!(program(&["oral", "mine", "mine-2"]), "");
        assert_eq!(
            program(&["mine", "oral", "mine"]),
            "two protocols are called \"mine\": rename one of them"
        );
        for name in ["", "-n", "Mine", "my protocol", "2pc", "\u{1b}[2J"] {
            assert!(program(&[name]).starts_with("a protocol can't be called "), "{name:?}");
        }
    }

    #[derive(Args, Serialize, Deserialize)]
    struct Lies {
        #[arg(short = 'k', long)]
        lies: usize,
    }

    #[derive(Args, Serialize, Deserialize)]
    struct Budget {
        #[arg(long)]
        budget: usize,
    }

    #[derive(Args, Serialize, Deserialize)]
    struct Threads {
        #[arg(long = "threads")]
        lanes: usize,
    }

    #[derive(Args, Serialize, Deserialize)]
    struct Output {
        #[arg(long)]
        width: usize,
    }

    #[derive(Args, Serialize, Deserialize)]
    struct Help {
        #[arg(short = 'h')]
        happy: usize,
    }

    #[test]
    fn an_argument_is_nobody_elses() {
        fn told<A: Args + Serialize + DeserializeOwned + 'static>() -> String {
            let protocol = Protocol::with_arguments("mine", |_: &A, f| OralMessages::new(f));
            let Ok(program) = Program::of("mine".to_owned(), vec![protocol]) else { panic!() };
            let everywhere = [Arg::new("threads").long("threads")];
            refused(program.choosing::<CheckArguments>(Command::new("check"), &everywhere))
        }
        assert_eq!(told::<Lies>(), "");
        assert_eq!(told::<Budget>(), "mine has an argument --budget, which is there already");
        assert_eq!(told::<Threads>(), "mine has an argument --threads, which is there already");
        assert_eq!(told::<Help>(), "mine has an argument -h, which is there already");
        assert_eq!(told::<Output>(), "mine has arguments called Output, which are there already");
    }

    #[test]
    fn what_was_given_is_given_again() {
        #[derive(Args)]
        struct Given {
            #[arg(long, value_delimiter = ',')]
            among: Vec<String>,
            #[arg(short, default_value_t = 3)]
            k: usize,
            #[arg(long)]
            odd: bool,
            #[arg(long)]
            even: bool,
            name: String,
        }
        let command = Given::augment_args(Command::new("mine"));
        let arguments: Vec<Arg> = command.get_arguments().cloned().collect();
        let matches = command.get_matches_from(["mine", "--odd", "two words", "--among=1,it's"]);
        assert_eq!(again(&arguments, &matches), "--among 1,'it'\\''s' --odd 'two words'");
    }

    #[test]
    fn a_protocol_that_cannot_be_made_is_bad_input() {
        let protocol = Protocol::new("mine", |f| -> OralMessages { panic!("not for {f}") });
        let Ok(program) = Program::of("mine".to_owned(), vec![protocol]) else { panic!() };
        let written = json!({ "protocol": "mine", "f": 7, "arguments": {} });
        let Ok(specification) = program.read(written, None) else { panic!() };
        let line = refused(specification.notation());
        assert!(line.starts_with("mine can't be made: not for 7 (at src/cli/program.rs"), "{line}");
    }
}
