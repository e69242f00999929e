//! The initial choices of the adversary, which make a case: who the traitors are, what the inputs are, and which
//! messages between loyal generals do not arrive in their round. The engines make all other choices on the way.

use std::collections::BTreeMap;

use crate::adversary::FaultClass;
use crate::execution::simulate::Roles;
use crate::general::{General, Generals};
use crate::machine::{MessageId, ValueId};
use crate::schedule::Shift;

/// The first choices of the adversary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct InitialChoices {
    pub faults: FaultClass,
    pub traitors: Generals,
    pub inputs: BTreeMap<General, ValueId>,
    /// The messages between loyal generals that do not arrive in their round.
    pub disruptions: Vec<Shift<MessageId>>,
}

impl InitialChoices {
    /// The traitors who do not obey at all, and say what they like: the Byzantine ones.
    pub fn liars(&self) -> Generals {
        if self.faults.is_byzantine() { self.traitors } else { Generals::NONE }
    }

    pub fn roles(&self) -> Roles<'_> {
        let InitialChoices { faults, traitors, inputs, .. } = self;
        Roles { faults: *faults, traitors: *traitors, inputs, twins: &[] }
    }
}

/// Which inputs are given to a traitor who is not bound by its input. For a verdict one input stands for all; but lies
/// are counted relative to the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TraitorsOrders {
    One,
    Each,
}
