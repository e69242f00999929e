//! The initial choices of the adversary, which make a case: who the traitors are, what the inputs are,
//! and which messages of the loyal do not arrive in their round. All else the engines decide on the way.

use std::collections::BTreeMap;

use crate::adversary::FaultClass;
use crate::execution::simulate::Roles;
use crate::general::{General, Generals};
use crate::machine::{MessageId, ValueId};
use crate::schedule::Shift;

/// The first choices of the enemy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct InitialChoices {
    pub faults: FaultClass,
    pub traitors: Generals,
    pub inputs: BTreeMap<General, ValueId>,
    /// What the loyal say to each other that does not arrive in its round.
    pub disruptions: Vec<Shift<MessageId>>,
}

impl InitialChoices {
    /// Who does not obey at all, and says what it likes.
    pub fn liars(&self) -> Generals {
        if self.faults.is_byzantine() { self.traitors } else { Generals::NONE }
    }

    pub fn roles(&self) -> Roles<'_> {
        let InitialChoices { faults, traitors, inputs, .. } = self;
        Roles { faults: *faults, traitors: *traitors, inputs, twins: &[] }
    }
}

/// Which inputs a traitor is given who is not bound by them. For a verdict one stands for all; but
/// lies are counted against them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TraitorsOrders {
    One,
    Each,
}
