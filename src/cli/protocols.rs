//! A protocol known by its name: how arguments on the command line, or parameters in a file, become a protocol.

use clap::{Arg, ArgMatches, Args, Command};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answer::BadInput;
use super::parameters::boxed;
use crate::execution::NumberedExecution;
use crate::fault::guarded;
use crate::machine::NumberedAttack;
use crate::protocols::in_waves::AnyProtocol;
use crate::report::notation::Notation;
use crate::{Graph, Testable};

/// A protocol on the command line, by its name: see [`main_with`](super::main_with).
///
/// Its values, decisions and messages are written to files, and read from them: derive `Serialize` and
/// `Deserialize` for their types.
#[derive(Serialize)]
pub struct Protocol {
    #[serde(rename = "protocol")]
    pub(super) name: &'static str,
    /// Its help in one line.
    #[serde(skip)]
    pub(super) about: &'static str,
    pub(super) title: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) claim: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) source: &'static str,
    #[serde(skip)]
    pub(super) examples: Examples,
    #[serde(skip)]
    pub(super) made: Box<dyn Kind>,
}

/// For each command that takes a protocol, the arguments that are worth trying first; none if the command has no
/// answer for it.
pub struct Examples {
    pub check: &'static str,
    pub sweep: &'static str,
    pub hunt: &'static str,
    pub refute: &'static str,
}

/// The examples for protocols without more interesting ones.
pub const USUAL: Examples = Examples {
    check: "-n 4 -f 1",
    sweep: "-n 3..=4 -f 1",
    hunt: "-n 4 -f 1 --cases 1_000",
    refute: "-n 3 -f 1",
};

const NONE: Examples = Examples { check: "", sweep: "", hunt: "", refute: "" };

impl Examples {
    pub fn of(&self, command: &str) -> &'static str {
        match command {
            "check" => self.check,
            "sweep" => self.sweep,
            "hunt" => self.hunt,
            _ => self.refute,
        }
    }
}

impl Protocol {
    /// A protocol with this name, in rounds or event-driven, made for at most `f` traitors (the `-f` of the command
    /// line): `Protocol::new("mine", |f| Mine::new(f))`.
    ///
    /// The name consists of lower-case letters, digits, `-` and `_`, and differs from the names of the built-in
    /// protocols.
    pub fn new<P, Kind>(name: &'static str, make: impl Fn(usize) -> P + 'static) -> Protocol
    where
        P: AnyProtocol<Kind>,
        P::Tested: Testable<
                Value: Serialize + DeserializeOwned,
                Decision: Serialize,
                Message: Serialize + DeserializeOwned,
            > + 'static,
    {
        Protocol::with_arguments(name, move |NoArguments {}, f| make(f))
    }

    /// A protocol with its own arguments on the command line, as [clap](https://docs.rs/clap) derives them. Attack
    /// files contain them, too, so derive `Serialize` and `Deserialize` as well as `clap::Args`.
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// use turncoat::ReliableBroadcast;
    /// use turncoat::cli::Protocol;
    ///
    /// #[derive(clap::Args, Serialize, Deserialize)]
    /// struct Quorums {
    ///     /// Number of READYs that are enough to deliver
    ///     #[arg(long, value_name = "K", default_value_t = 3)]
    ///     quorum: usize,
    /// }
    ///
    /// // mine check ready -n 4 -f 1 --quorum 2
    /// let protocol = Protocol::with_arguments("ready", |arguments: &Quorums, f| {
    ///     ReliableBroadcast::new().tolerating(f).deliver_at(arguments.quorum)
    /// });
    /// # drop(protocol);
    /// ```
    pub fn with_arguments<A, P, Kind>(
        name: &'static str,
        make: impl Fn(&A, usize) -> P + 'static,
    ) -> Protocol
    where
        A: Args + Serialize + DeserializeOwned + 'static,
        P: AnyProtocol<Kind>,
        P::Tested: Testable<
                Value: Serialize + DeserializeOwned,
                Decision: Serialize,
                Message: Serialize + DeserializeOwned,
            > + 'static,
    {
        let made = made::<A, Given<A>>(
            |arguments, f, _| Ok(Given { f, arguments }),
            move |Given { f, arguments }| {
                let protocol = guarded(|| make(arguments, *f).tested());
                boxed(protocol.map_err(|said| BadInput(format!("{name} can't be made: {said}")))?)
            },
        );
        // Only the protocol's author knows which arguments it needs.
        let needs = made.augment(Command::new(name)).get_arguments().any(Arg::is_required_set);
        let examples = if needs { NONE } else { USUAL };
        let (title, claim, source) = ("A protocol of this program's own", "", "");
        Protocol { name, about: title, title, claim, source, examples, made }
    }

    /// Describes it in one line, for `--help` and `list`.
    #[must_use]
    pub fn about(self, line: &'static str) -> Protocol {
        Protocol { about: line, title: line, ..self }
    }

    /// States what it claims in one line, for `list`: "n >= 3m + 1 generals survive m traitors".
    #[must_use]
    pub fn claim(self, claim: &'static str) -> Protocol {
        Protocol { claim, ..self }
    }

    /// Names its source in one line, for `list`.
    #[must_use]
    pub fn source(self, source: &'static str) -> Protocol {
        Protocol { source, ..self }
    }

    /// Its arguments.
    pub(super) fn arguments(&self) -> Vec<Arg> {
        self.made.augment(Command::new(self.name)).get_arguments().cloned().collect()
    }
}

#[derive(Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoArguments {}

/// The parameters of a protocol that is made from its arguments and the number of traitors.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given<A> {
    f: usize,
    arguments: A,
}

/// How arguments `A` become parameters `S`, which can be written down, and how these become a protocol.
struct Made<A, S> {
    given: Box<GivenBy<A, S>>,
    notation: Box<NotationOf<S>>,
}

/// Makes the parameters for at most this many traitors on this graph.
type GivenBy<A, S> = dyn Fn(A, usize, &Graph) -> Result<S, BadInput>;

/// Makes the numbered protocol with these parameters.
type NotationOf<S> = dyn Fn(&S) -> Result<Box<dyn Notation>, BadInput>;

pub fn made<A, S>(
    given: impl Fn(A, usize, &Graph) -> Result<S, BadInput> + 'static,
    notation: impl Fn(&S) -> Result<Box<dyn Notation>, BadInput> + 'static,
) -> Box<dyn Kind>
where
    A: Args + 'static,
    S: Serialize + DeserializeOwned + 'static,
{
    Box::new(Made { given: Box::new(given), notation: Box::new(notation) })
}

/// `Made` for arguments and parameters of any type.
pub trait Kind {
    fn augment(&self, command: Command) -> Command;

    fn given(
        &self,
        matches: &ArgMatches,
        f: usize,
        graph: &Graph,
    ) -> Result<Box<dyn Parameters + '_>, BadInput>;

    fn read(&self, written: Value) -> serde_json::Result<Box<dyn Parameters + '_>>;
}

/// The parameters of a protocol, of any type.
pub trait Parameters {
    fn notation(&self) -> Result<Box<dyn Notation>, BadInput>;

    fn write(&self) -> Value;

    /// What identifies the code that runs the protocol on this graph, where the version of this program does not.
    fn code(&self, graph: &Graph) -> Result<Value, BadInput> {
        let _ = graph;
        Ok(Value::Null)
    }

    /// Checks that a finding can be reproduced, and that answers are the same again, where that is not certain
    /// anyway.
    fn confirm(
        &self,
        notation: &dyn Notation,
        found: Option<Confirmable<'_>>,
    ) -> Result<(), BadInput> {
        let _ = (notation, found);
        Ok(())
    }
}

/// An attack, and its execution.
pub type Confirmable<'a> = (&'a NumberedAttack, &'a NumberedExecution);

impl<A: Args, S: Serialize + DeserializeOwned> Kind for Made<A, S> {
    fn augment(&self, command: Command) -> Command {
        A::augment_args(command)
    }

    fn given(
        &self,
        matches: &ArgMatches,
        f: usize,
        graph: &Graph,
    ) -> Result<Box<dyn Parameters + '_>, BadInput> {
        let arguments = A::from_arg_matches(matches).map_err(BadInput::new)?;
        Ok(Box::new((&*self.notation, (self.given)(arguments, f, graph)?)))
    }

    fn read(&self, written: Value) -> serde_json::Result<Box<dyn Parameters + '_>> {
        Ok(Box::new((&*self.notation, serde_json::from_value::<S>(written)?)))
    }
}

impl<S: Serialize> Parameters for (&NotationOf<S>, S) {
    fn notation(&self) -> Result<Box<dyn Notation>, BadInput> {
        (self.0)(&self.1)
    }

    fn write(&self) -> Value {
        json!(self.1)
    }
}
