//! The protocols by name, with their parameters: on the command line, in attack files, in lists.

use clap::{Args, Subcommand, ValueEnum};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::signed::{Signed, SignedArguments, TwoSteps, TwoStepsArguments};
use super::unsigned::{
    FloodSetArguments, Flooding, MadeFor, MadeForArguments, Routed, RoutedArguments,
};
use super::{BadInput, whole_number};
use crate::protocols::oral::{Choice, OralMessages};
use crate::{Graph, Order, Testable};

/// A protocol with its parameters, and the arguments of a command.
#[derive(Subcommand)]
pub enum Subject<A: Args> {
    /// OM(m), oral messages: claims n >= 3m + 1 (Lamport, Shostak, Pease 1982)
    Oral {
        #[command(flatten)]
        oral: OralArguments,
        #[command(flatten)]
        arguments: A,
    },
    /// OM(m,p), oral messages on a graph: claims p >= 3m (Lamport, Shostak, Pease 1982)
    Routed {
        #[command(flatten)]
        routed: RoutedArguments,
        #[command(flatten)]
        arguments: A,
    },
    /// SM(m), signed messages: claims any n, at most m traitors (Lamport, Shostak, Pease 1982)
    Signed {
        #[command(flatten)]
        signed: SignedArguments,
        #[command(flatten)]
        arguments: A,
    },
    /// The commander signs, and everyone shares once: claims one traitor
    TwoStep {
        #[command(flatten)]
        signed: TwoStepsArguments,
        #[command(flatten)]
        arguments: A,
    },
    /// SM(m) that relays an order only while fewer than K have signed it: claims m < K traitors
    RelayThreshold {
        /// Number of signatures, the commander's included, at which an order is no longer relayed
        #[arg(short, value_name = "K", value_parser = whole_number, allow_negative_numbers = true)]
        k: usize,
        #[command(flatten)]
        signed: SignedArguments,
        #[command(flatten)]
        arguments: A,
    },
    /// SM(m) that relays only the first order it gets: claims one traitor, with two orders
    FirstOrder {
        #[command(flatten)]
        signed: SignedArguments,
        #[command(flatten)]
        arguments: A,
    },
    /// SM(m) that relays at most two orders: claims any n, at most m traitors (Dolev, Strong 1983)
    DolevStrong {
        #[command(flatten)]
        signed: SignedArguments,
        #[command(flatten)]
        arguments: A,
    },
    /// Consensus by the union of all inputs: claims n > f, if traitors only crash
    FloodSet {
        #[command(flatten)]
        flood_set: FloodSetArguments,
        #[command(flatten)]
        arguments: A,
    },
    /// A coordinator proposes, and n - m votes decide: claims n > 2m, if traitors only crash
    Vote {
        #[command(flatten)]
        vote: MadeForArguments,
        #[command(flatten)]
        arguments: A,
    },
    /// Consensus by OM(m) from every general: claims n >= 3m + 1 (Pease, Shostak, Lamport 1980)
    Interactive {
        #[command(flatten)]
        interactive: MadeForArguments,
        #[command(flatten)]
        arguments: A,
    },
}

impl<A: Args> Subject<A> {
    /// The protocol, and the arguments of the command.
    pub fn parts(self) -> (Chosen, A) {
        match self {
            Subject::Oral { oral, arguments } => (Chosen::Oral(oral), arguments),
            Subject::Routed { routed, arguments } => (Chosen::Routed(routed), arguments),
            Subject::Signed { signed, arguments } => (Chosen::Signed(signed), arguments),
            Subject::TwoStep { signed, arguments } => (Chosen::TwoStep(signed), arguments),
            Subject::RelayThreshold { k, signed, arguments } => {
                (Chosen::RelayThreshold(k, signed), arguments)
            }
            Subject::FirstOrder { signed, arguments } => (Chosen::FirstOrder(signed), arguments),
            Subject::DolevStrong { signed, arguments } => (Chosen::DolevStrong(signed), arguments),
            Subject::FloodSet { flood_set, arguments } => (Chosen::FloodSet(flood_set), arguments),
            Subject::Vote { vote, arguments } => (Chosen::Vote(vote), arguments),
            Subject::Interactive { interactive, arguments } => {
                (Chosen::Interactive(interactive), arguments)
            }
        }
    }
}

/// A protocol as it was chosen on the command line, before it is known for how many traitors.
pub enum Chosen {
    Oral(OralArguments),
    Routed(RoutedArguments),
    Signed(SignedArguments),
    TwoStep(TwoStepsArguments),
    RelayThreshold(usize, SignedArguments),
    FirstOrder(SignedArguments),
    DolevStrong(SignedArguments),
    FloodSet(FloodSetArguments),
    Vote(MadeForArguments),
    Interactive(MadeForArguments),
}

impl Chosen {
    /// The parameters when there may be so many traitors on this graph.
    pub fn given(&self, f: usize, graph: &Graph) -> Result<Specification, BadInput> {
        Ok(match self {
            Chosen::Oral(oral) => Specification::Oral(oral.given(f)),
            Chosen::Routed(routed) => Specification::Routed(routed.given(f, graph)),
            Chosen::Signed(signed) => Specification::Signed(signed.given(f)?),
            Chosen::TwoStep(signed) => Specification::TwoStep(signed.given()?),
            Chosen::RelayThreshold(k, signed) => {
                Specification::RelayThreshold(signed.given(f)?.below(*k))
            }
            Chosen::FirstOrder(signed) => Specification::FirstOrder(signed.given(f)?),
            Chosen::DolevStrong(signed) => Specification::DolevStrong(signed.given(f)?),
            Chosen::FloodSet(flood_set) => Specification::FloodSet(flood_set.given(f)),
            Chosen::Vote(vote) => Specification::Vote(vote.given(f)),
            Chosen::Interactive(interactive) => Specification::Interactive(interactive.given(f)),
        })
    }
}

/// A protocol with all its parameters, as it is written down.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "protocol", rename_all = "kebab-case")]
pub enum Specification {
    Oral(Oral),
    Routed(Routed),
    Signed(Signed),
    TwoStep(TwoSteps),
    RelayThreshold(Signed),
    FirstOrder(Signed),
    DolevStrong(Signed),
    FloodSet(Flooding),
    Vote(MadeFor),
    Interactive(MadeFor),
}

/// What is done with a protocol, whichever it is.
pub trait Task {
    type Outcome;

    fn with<P>(self, protocol: P) -> Result<Self::Outcome, BadInput>
    where
        P: Testable<Value: Written, Message: Written>;
}

/// What can be written to a file, and read from it.
pub trait Written: Serialize + DeserializeOwned {}

impl<T: Serialize + DeserializeOwned> Written for T {}

impl Specification {
    /// Does a task with the protocol.
    pub fn perform<T: Task>(&self, task: T) -> Result<T::Outcome, BadInput> {
        match self {
            Specification::Oral(oral) => task.with(oral.protocol()?),
            Specification::Routed(routed) => task.with(routed.protocol()?),
            Specification::Signed(signed) => signed.unthresholded()?.perform(task, |sm| sm),
            Specification::TwoStep(signed) => signed.perform(task),
            Specification::RelayThreshold(signed) => {
                let k = signed.threshold()?;
                signed.perform(task, |sm| sm.relaying_below(k))
            }
            Specification::FirstOrder(signed) => {
                signed.unthresholded()?.perform(task, |sm| sm.relaying_first(1))
            }
            Specification::DolevStrong(signed) => {
                signed.unthresholded()?.perform(task, |sm| sm.relaying_first(2))
            }
            Specification::FloodSet(flooding) => task.with(flooding.protocol()?),
            Specification::Vote(made_for) => task.with(made_for.vote()?),
            Specification::Interactive(made_for) => task.with(made_for.interactive()?),
        }
    }

    /// The protocol as arguments, those that are not the defaults.
    pub fn arguments(&self, f: usize) -> String {
        match self {
            Specification::Oral(oral) => oral.arguments(f),
            Specification::Routed(routed) => routed.arguments(f),
            Specification::Signed(signed) => signed.arguments("signed", f),
            Specification::TwoStep(signed) => signed.arguments(),
            Specification::RelayThreshold(signed) => signed.arguments("relay-threshold", f),
            Specification::FirstOrder(signed) => signed.arguments("first-order", f),
            Specification::DolevStrong(signed) => signed.arguments("dolev-strong", f),
            Specification::FloodSet(flooding) => flooding.arguments(f),
            Specification::Vote(made_for) => made_for.arguments("vote", f),
            Specification::Interactive(made_for) => made_for.arguments("interactive", f),
        }
    }
}

#[derive(Args)]
pub struct OralArguments {
    /// Number of traitors the algorithm is designed for: it runs m + 1 rounds [default: f]
    #[arg(short, value_parser = whole_number, allow_negative_numbers = true)]
    m: Option<usize>,
    /// Number of possible orders: RETREAT, ATTACK, ..
    #[arg(long, value_name = "K", default_value_t = 2, value_parser = whole_number)]
    values: usize,
    /// Function that turns votes into an order
    #[arg(long, value_enum, default_value_t = ChoiceName::Majority)]
    choice: ChoiceName,
}

#[derive(Clone, Copy, ValueEnum)]
enum ChoiceName {
    /// The order with more than half of the votes, else RETREAT
    Majority,
    /// The median of the votes
    Median,
    /// The order with the most votes; the smallest, if several have as many
    Plurality,
}

/// The parameters of oral messages.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oral {
    m: usize,
    values: usize,
    choice: Choice,
}

impl OralArguments {
    fn given(&self, f: usize) -> Oral {
        let choice = match self.choice {
            ChoiceName::Majority => Choice::Majority,
            ChoiceName::Median => Choice::Median,
            ChoiceName::Plurality => Choice::Plurality,
        };
        Oral { m: self.m.unwrap_or(f), values: self.values, choice }
    }
}

impl Oral {
    fn protocol(&self) -> Result<OralMessages, BadInput> {
        let Oral { m, values, choice } = *self;
        Ok(OralMessages::new(m).over(orders(values)?).choice(choice))
    }

    fn arguments(&self, f: usize) -> String {
        let Oral { m, values, choice } = *self;
        let choice = match choice {
            Choice::Majority => "",
            Choice::Median => " --choice median",
            Choice::Plurality => " --choice plurality",
        };
        format!("oral{}{}{choice}", unless("-m", m, f), unless("--values", values, 2))
    }
}

/// The most orders there are.
const MOST_VALUES: usize = 256;

/// The first so many orders.
pub fn orders(values: usize) -> Result<Vec<Order>, BadInput> {
    if values == 0 || values > MOST_VALUES {
        let allowed = format!("there must be from 1 to {MOST_VALUES} orders");
        return Err(BadInput(format!("values is {values}: {allowed}")));
    }
    Ok(Order::first(values))
}

/// A number as an argument, unless it is the default.
pub fn unless(flag: &str, number: usize, default: usize) -> String {
    if number == default { String::new() } else { format!(" {flag} {number}") }
}
