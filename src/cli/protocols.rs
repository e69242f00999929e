//! The protocols by name, with their parameters: on the command line, in attack files, in lists.

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};
use turncoat::Order;
use turncoat::protocols::oral::{Choice, OralMessages};

use super::{BadInput, whole_number};

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
}

#[derive(Args)]
pub struct OralArguments {
    /// How many traitors the algorithm is made for: it has m + 1 rounds [default: f]
    #[arg(short, value_parser = whole_number, allow_negative_numbers = true)]
    m: Option<usize>,
    /// How many orders there are to choose from: RETREAT, ATTACK, ..
    #[arg(long, value_name = "K", default_value_t = 2, value_parser = whole_number)]
    values: usize,
    /// The common function that turns votes into an order
    #[arg(long, value_enum, default_value_t = ChoiceName::Majority)]
    choice: ChoiceName,
}

#[derive(Clone, Copy, ValueEnum)]
enum ChoiceName {
    /// What more than half of the votes say, else RETREAT
    Majority,
    /// The median of the votes
    Median,
    /// What most of the votes say, the smallest of several
    Plurality,
}

/// A protocol with all its parameters, as it is written down.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(tag = "protocol", rename_all = "kebab-case")]
pub enum Specification {
    Oral(Oral),
}

/// The parameters of oral messages.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oral {
    m: usize,
    values: usize,
    choice: Choice,
}

/// The most orders there are.
const MOST_VALUES: usize = 256;

impl OralArguments {
    /// The parameters when there may be so many traitors.
    pub fn given(&self, f: usize) -> Oral {
        let choice = match self.choice {
            ChoiceName::Majority => Choice::Majority,
            ChoiceName::Median => Choice::Median,
            ChoiceName::Plurality => Choice::Plurality,
        };
        Oral { m: self.m.unwrap_or(f), values: self.values, choice }
    }
}

impl Oral {
    pub fn protocol(&self) -> Result<OralMessages, BadInput> {
        let Oral { m, values, choice } = *self;
        if values == 0 || values > MOST_VALUES {
            let allowed = format!("there must be from 1 to {MOST_VALUES} orders");
            return Err(BadInput(format!("values is {values}: {allowed}")));
        }
        Ok(OralMessages::new(m).over(Order::first(values)).choice(choice))
    }

    /// The protocol as arguments, those that are not the defaults.
    pub fn arguments(&self, f: usize) -> String {
        let Oral { m, values, choice } = *self;
        let m = if m == f { String::new() } else { format!(" -m {m}") };
        let values = if values == 2 { String::new() } else { format!(" --values {values}") };
        let choice = match choice {
            Choice::Majority => "",
            Choice::Median => " --choice median",
            Choice::Plurality => " --choice plurality",
        };
        format!("oral{m}{values}{choice}")
    }
}
