//! A protocol that was chosen on the command line, and the command line that chooses it again.

use std::ffi::OsStr;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use itertools::Itertools;
use serde_json::Value;

use super::answer::BadInput;
use super::files::quoted;
use super::program::{EXEC, Program, Specification, flag};
use super::protocols::{Parameters, Protocol};
use crate::Graph;

/// A protocol that was chosen on the command line, for a number of traitors that is not known yet, and the arguments
/// of a command.
pub struct ChosenWith<A> {
    pub name: String,
    matches: ArgMatches,
    pub arguments: A,
}

impl<A> ChosenWith<A> {
    /// The protocol with its parameters for at most `f` traitors on this graph.
    pub fn given<'p>(
        &self,
        program: &'p Program,
        f: usize,
        graph: &Graph,
    ) -> Result<Specification<'p>, BadInput> {
        let protocol = program.protocol(&self.name).expect("clap knows the protocols' names");
        let parameters = protocol.made.given(&self.matches, f, graph)?;
        if let Some((flag, value)) = self.unwritable(protocol, &*parameters) {
            let finite = "a file can't hold that, so it must be a finite number";
            return Err(BadInput(format!("{flag} is {value}: {finite}")));
        }
        Ok(program.specified(protocol, parameters))
    }

    /// An argument that would be null in a file: NaN or infinity.
    fn unwritable(
        &self,
        protocol: &Protocol,
        parameters: &dyn Parameters,
    ) -> Option<(String, String)> {
        let is_none = |value: &str| value.parse::<f64>().is_ok_and(|number| !number.is_finite());
        protocol.arguments().iter().find_map(|arg| {
            let values = self.matches.get_raw(arg.get_id().as_str()).into_iter().flatten();
            let mut values = values.filter_map(|value| value.to_str());
            // A name such as "inf" is not a number, and is written as a text.
            let value =
                values.find(|value| is_none(value) && !holds_text(&parameters.write(), value))?;
            Some((flag(arg), value.to_owned()))
        })
    }

    /// The protocol and its arguments, as they were given.
    pub fn again(&self, program: &Program) -> String {
        let arguments = program.protocol(&self.name).map(Protocol::arguments).unwrap_or_default();
        format!("{} {}", self.name, again(&arguments, &self.matches)).trim_end().to_owned()
    }

    /// The arguments that are also needed to read a file with this protocol.
    pub fn reading(&self, program: &Program) -> String {
        let mut arguments =
            program.protocol(&self.name).map(Protocol::arguments).unwrap_or_default();
        arguments.retain(|_| self.name == EXEC);
        again(&arguments, &self.matches)
    }
}

/// Whether a value contains this text.
fn holds_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(held) => held.eq_ignore_ascii_case(text),
        Value::Array(items) => items.iter().any(|item| holds_text(item, text)),
        Value::Object(fields) => fields.values().any(|field| holds_text(field, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The arguments that were given, on a command line.
fn again(arguments: &[Arg], matches: &ArgMatches) -> String {
    let words = arguments.iter().flat_map(|arg| {
        let name = arg.get_id().as_str();
        let usual = matches.value_source(name) == Some(ValueSource::DefaultValue);
        let given = matches.get_raw_occurrences(name).filter(|_| !usual).into_iter().flatten();
        given.map(|values| occurrence(arg, &values.collect_vec())).collect_vec()
    });
    words.collect_vec().join(" ")
}

/// A single occurrence of an argument.
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

/// The protocols are those of the [program](Program::choosing), which is not known here.
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

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::OralMessages;

    #[test]
    fn a_number_that_no_file_can_hold_is_refused() {
        #[derive(Args, Serialize, Deserialize)]
        struct Given {
            #[arg(long)]
            share: Option<f64>,
            #[arg(long)]
            word: Option<String>,
        }
        let made = |_: &Given, f| OralMessages::new(f);
        let protocol = Protocol::with_arguments("mine", made);
        let Ok(program) = Program::of("mine".to_owned(), vec![protocol], Vec::new()) else {
            panic!()
        };
        let given = |line: &[&str]| {
            let command = Command::new("any").subcommand(Given::augment_args(Command::new("mine")));
            let matches = command.get_matches_from([&["any", "mine"], line].concat());
            let (name, matches) = matches.subcommand().unwrap();
            let (name, matches) = (name.to_owned(), matches.clone());
            let chosen = ChosenWith { name, matches, arguments: () };
            let refused = chosen.given(&program, 1, &Graph::complete(4)).err();
            refused.map(|BadInput(line)| line).unwrap_or_default()
        };
        assert_eq!(given(&["--share", "0.5", "--word", "nan"]), "");
        for value in ["NaN", "inf", "1e999"] {
            let line = format!(
                "--share is {value}: a file can't hold that, so it must be a finite number"
            );
            assert_eq!(given(&["--share", value]), line);
        }
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
}
