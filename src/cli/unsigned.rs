//! The parameters of the protocols without signatures, or without options for them.

use clap::Args;

use super::answer::{BadInput, whole_number};
use super::parameters::orders;
use crate::protocols::oral::{Choice, OralMessages};
use crate::protocols::signed_consensus::SignedConsensus;
use crate::{CoordinatorVote, FloodSet, Graph, InteractiveConsistency, RoutedMessages};

#[derive(Args)]
pub struct OralArguments {
    /// Number of traitors the algorithm is designed for: it runs m + 1 rounds [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// Number of possible orders: RETREAT, ATTACK, ..
    #[arg(long, value_name = "K", default_value_t = 2, value_parser = whole_number)]
    values: usize,
    /// Function that turns votes into an order
    #[arg(long, value_enum, default_value_t = Choice::Majority)]
    choice: Choice,
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
    pub fn given(&self, f: usize) -> Oral {
        Oral { m: self.m.unwrap_or(f), values: self.values, choice: self.choice }
    }
}

impl Oral {
    pub fn protocol(&self) -> Result<OralMessages, BadInput> {
        let Oral { m, values, choice } = *self;
        Ok(OralMessages::new(m).over(orders(values)?).choice(choice))
    }
}

#[derive(Args)]
pub struct FloodSetArguments {
    /// Number of rounds [default: f + 1]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    rounds: Option<usize>,
    /// Number of possible values: RETREAT, ATTACK, ..
    #[arg(long, value_name = "K", default_value_t = 2, value_parser = whole_number)]
    values: usize,
}

#[derive(Args)]
pub struct MadeForArguments {
    /// Number of traitors the protocol is designed for [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// Number of possible values: RETREAT, ATTACK, ..
    #[arg(long, value_name = "K", default_value_t = 2, value_parser = whole_number)]
    values: usize,
}

#[derive(Args)]
pub struct RoutedArguments {
    /// Number of traitors the algorithm is designed for [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// Number of neighbours that hear from the commander [default: 3m]
    #[arg(short, value_parser = whole_number)]
    p: Option<usize>,
    /// Number of possible orders: RETREAT, ATTACK, ..
    #[arg(long, value_name = "K", default_value_t = 2, value_parser = whole_number)]
    values: usize,
}

/// The parameters of oral messages on a graph.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutedParameters {
    m: usize,
    p: usize,
    values: usize,
    graph: Graph,
}

impl RoutedArguments {
    pub fn given(&self, f: usize, graph: &Graph) -> RoutedParameters {
        let m = self.m.unwrap_or(f);
        let p = self.p.unwrap_or(m.saturating_mul(3));
        RoutedParameters { m, p, values: self.values, graph: graph.clone() }
    }
}

impl RoutedParameters {
    pub fn protocol(&self) -> Result<RoutedMessages, BadInput> {
        let protocol = RoutedMessages::new(self.m, self.p, &self.graph).map_err(BadInput::new)?;
        Ok(protocol.over(orders(self.values)?))
    }
}

/// The parameters of FloodSet.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flooding {
    rounds: usize,
    values: usize,
}

/// The parameters of a protocol that is designed for a number of traitors.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeFor {
    m: usize,
    values: usize,
}

impl FloodSetArguments {
    pub fn given(&self, f: usize) -> Flooding {
        Flooding { rounds: self.rounds.unwrap_or(f.saturating_add(1)), values: self.values }
    }
}

impl MadeForArguments {
    pub fn given(&self, f: usize) -> MadeFor {
        MadeFor { m: self.m.unwrap_or(f), values: self.values }
    }
}

impl Flooding {
    pub fn protocol(&self) -> Result<FloodSet, BadInput> {
        Ok(FloodSet::new(self.rounds).over(orders(self.values)?))
    }
}

impl MadeFor {
    pub fn vote(&self) -> Result<CoordinatorVote, BadInput> {
        Ok(CoordinatorVote::new(self.m).over(orders(self.values)?))
    }

    pub fn interactive(&self) -> Result<InteractiveConsistency, BadInput> {
        Ok(InteractiveConsistency::new(self.m).over(orders(self.values)?))
    }

    pub fn signed_consensus(&self) -> Result<SignedConsensus, BadInput> {
        Ok(SignedConsensus::new(self.m).over(orders(self.values)?))
    }
}
