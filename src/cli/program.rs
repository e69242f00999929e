//! A program and its protocols: how a protocol is chosen on the command line, and named in files.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use clap::{Arg, ArgGroup, Args, Command};
use itertools::Itertools;
use serde::de::Error;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::answer::BadInput;
use super::code;
use super::files::quoted;
use super::protocols::{Confirmable, Parameters, Protocol};
use crate::Graph;
use crate::report::attack_file::{AttackFileError, in_words, part};
use crate::report::json::merge;
use crate::report::notation::Notation;

/// A program: its name, and its protocols.
pub struct Program {
    call: String,
    pub protocols: Vec<Protocol>,
    /// How many of the protocols are not built in. They come first.
    own: usize,
}

impl Program {
    /// The program that has these protocols beside the built-in ones.
    ///
    /// # Errors
    ///
    /// A name is invalid, or two protocols have the same name.
    pub fn of(
        call: String,
        own: Vec<Protocol>,
        built_in: Vec<Protocol>,
    ) -> Result<Program, BadInput> {
        let names = own.iter().map(|protocol| protocol.name);
        let is_name = |name: &str| {
            let part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
            name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(part)
        };
        if let Some(name) = names.clone().find(|name| !is_name(name)) {
            let form =
                "a name begins with a small letter, and small letters, digits, - and _ follow";
            return Err(BadInput(format!("a protocol can't be called {name:?}: {form}")));
        }
        if let Some(name) = names.clone().duplicates().next() {
            return Err(BadInput(format!("two protocols are called {name:?}: rename one of them")));
        }
        let is_taken = |name: &&str| built_in.iter().any(|protocol| protocol.name == *name);
        if let Some(name) = names.clone().find(is_taken) {
            let other = "is a protocol that is built in: give yours another name";
            return Err(BadInput(format!("{name:?} {other}")));
        }
        let (count, protocols) = (own.len(), own.into_iter().chain(built_in).collect());
        Ok(Program { call, protocols, own: count })
    }

    /// The command that called the program, quoted for a shell.
    pub fn call(&self) -> String {
        quoted(Path::new(&self.call))
    }

    /// The program's name in its help.
    pub fn name(&self) -> String {
        let name = Path::new(&self.call).file_stem().map(OsStr::to_string_lossy);
        name.unwrap_or_default().into_owned()
    }

    /// Adds the protocols to a command that takes one; `everywhere` holds the arguments that all commands have.
    ///
    /// # Errors
    ///
    /// A protocol has an argument that already exists.
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
            // clap also identifies the arguments of a type by the type's name.
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

    /// Reads a protocol from a file. A program that is named in a file is never run: `run` holds the one to run
    /// instead.
    pub fn read(&self, written: Value, run: &ToRun) -> Result<Specification<'_>, AttackFileError> {
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
        if name != EXEC
            && let Some(flag) = run.flag()
        {
            return Err(wrong(format!("{flag} is for {EXEC}, and this is {name}")));
        }
        if let Some(time) = run.answer_timeout {
            let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            written.insert(ANSWER_TIMEOUT.into(), time.into());
        }
        match &run.command {
            Some(command) => drop(written.insert(COMMAND.into(), command.as_str().into())),
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
        Ok(self.specified(protocol, parameters))
    }

    pub fn protocol(&self, name: &str) -> Option<&Protocol> {
        self.protocols.iter().find(|protocol| protocol.name == name)
    }

    /// One of the program's protocols with these parameters.
    pub fn specified<'p>(
        &self,
        protocol: &'p Protocol,
        parameters: Box<dyn Parameters + 'p>,
    ) -> Specification<'p> {
        let own = self.protocols[..self.own].iter().any(|own| own.name == protocol.name);
        Specification { protocol, parameters, own }
    }
}

/// An error in the protocol of a file.
fn in_protocol(error: &serde_json::Error) -> AttackFileError {
    AttackFileError::Part { place: "protocol".to_owned(), message: in_words(error) }
}

/// The name of the protocol that is a program in any language, and of its arguments: the command and its time limit.
pub const EXEC: &str = "exec";
const COMMAND: &str = "command";
const ANSWER_TIMEOUT: &str = "answer_timeout";

/// What is run when a file names a program.
#[derive(Args, Default)]
pub struct ToRun {
    /// Program to run, if the protocol is exec: what the file names is not run
    #[arg(long, value_name = "CMD")]
    command: Option<String>,
    /// Time limit for each answer of that program [default: that in the file]
    #[arg(long, value_name = "TIME", value_parser = answer_timeout)]
    answer_timeout: Option<Duration>,
}

impl ToRun {
    /// The name of one of these options that was given.
    fn flag(&self) -> Option<&str> {
        let command = self.command.as_ref().map(|_| "--command");
        command.or(self.answer_timeout.map(|_| "--answer-timeout"))
    }
}

/// Parses a time limit for answers.
pub fn answer_timeout(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if time < Duration::from_millis(1) {
        return Err("it must be a millisecond at least, such as 10s or 700ms".to_owned());
    }
    Ok(time)
}

/// Whether two arguments exclude each other.
fn is_same(one: &Arg, other: &Arg) -> bool {
    let long = one.get_long().is_some() && one.get_long() == other.get_long();
    let short = one.get_short().is_some() && one.get_short() == other.get_short();
    one.get_id() == other.get_id() || long || short
}

fn is_help(arg: &Arg) -> bool {
    arg.get_id() == "help" || arg.get_long() == Some("help") || arg.get_short() == Some('h')
}

/// An argument as it is written: `--quorum`, `-m`; its name if it is positional.
pub fn flag(arg: &Arg) -> String {
    match (arg.get_long(), arg.get_short()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some(short)) => format!("-{short}"),
        (None, None) => arg.get_id().to_string(),
    }
}

/// A protocol with all its parameters, in a form that can be written down.
pub struct Specification<'p> {
    protocol: &'p Protocol,
    parameters: Box<dyn Parameters + 'p>,
    /// Whether it is not built in.
    own: bool,
}

impl Specification<'_> {
    /// The numbered protocol itself.
    pub fn notation(&self) -> Result<Box<dyn Notation>, BadInput> {
        self.parameters.notation()
    }

    /// What identifies the code that runs the protocol on this graph. For a built-in protocol it is null, since the
    /// version identifies its code.
    pub fn code(&self, graph: &Graph) -> Result<Value, BadInput> {
        if self.own {
            let digest = code::of_this_program();
            let digest = digest.map_err(|error| {
                BadInput(format!(
                    "this program's own file can't be read, by which its code is known: {error}"
                ))
            })?;
            return Ok(json!({ "executable": digest }));
        }
        self.parameters.code(graph)
    }

    /// Checks that a finding can be reproduced, and that answers are the same again.
    pub fn confirm(
        &self,
        notation: &dyn Notation,
        found: Option<Confirmable<'_>>,
    ) -> Result<(), BadInput> {
        self.parameters.confirm(notation, found)
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
    use crate::cli::built_in::built_in;
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
            refused(Program::of("mine".to_owned(), protocols, built_in()))
        };
        assert_eq!(program(&["mine", "mine-2"]), "");
        assert_eq!(
            program(&["mine", "other", "mine"]),
            "two protocols are called \"mine\": rename one of them"
        );
        for name in ["oral", "exec"] {
            let line = program(&["mine", name]);
            assert!(line.contains("is a protocol that is built in"), "{line}");
        }
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
            let Ok(program) = Program::of("mine".to_owned(), vec![protocol], Vec::new()) else {
                panic!()
            };
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
    fn a_protocol_that_cannot_be_made_is_bad_input() {
        let protocol = Protocol::new("mine", |f| -> OralMessages { panic!("not for {f}") });
        let Ok(program) = Program::of("mine".to_owned(), vec![protocol], Vec::new()) else {
            panic!()
        };
        let written = json!({ "protocol": "mine", "f": 7, "arguments": {} });
        let Ok(specification) = program.read(written, &ToRun::default()) else { panic!() };
        let line = refused(specification.notation());
        assert!(line.starts_with("mine can't be made: not for 7 (at src/cli/program.rs"), "{line}");
    }
}
