//! Whatever a search finds is run again by the simulator before it is believed.

use super::Found;
use super::choices::space::Space;
use crate::execution::simulate::Labels;
use crate::execution::{Size, replayed};
use crate::fault::Fault;
use crate::machine::{Machine, NumberedAttack, Terms};
use crate::property::Violation;

/// How often an attack is run before it is believed, each call twice.
const CONFIRMATIONS: usize = 8;

/// How often it is run where a search and the simulator disagree.
const INQUIRIES: usize = 64;

/// The attack with what the simulator says of it, if that is a violation, on every run.
pub(crate) fn confirmed(
    machine: &dyn Machine,
    terms: &Terms,
    labels: &Labels<'_>,
    attack: &NumberedAttack,
) -> Option<Found> {
    examined(machine, terms, labels, attack, CONFIRMATIONS)
}

fn examined(
    machine: &dyn Machine,
    terms: &Terms,
    labels: &Labels<'_>,
    attack: &NumberedAttack,
    times: usize,
) -> Option<Found> {
    let (execution, worker) = replayed(machine, terms, attack, labels, times);
    let violation = execution.violation()?;
    let (attack, states) = (attack.clone(), worker.into_memory());
    Some(Found { attack, execution, states, violation, size: Size::NotMinimal })
}

impl Space<'_> {
    /// The attack with what the simulator says of it, if that is a violation, on every run.
    pub fn confirmed(&self, attack: &NumberedAttack) -> Option<Found> {
        confirmed(self.machine, self.terms, &self.labels(), attack)
    }

    /// The same after many more runs: for what has been found already, and is not confirmed.
    pub fn inquired(&self, attack: &NumberedAttack) -> Option<Found> {
        examined(self.machine, self.terms, &self.labels(), attack, INQUIRIES)
    }

    /// The attack under which the protocol is known to have a fault that one run need not show.
    pub fn faulty(&self, attack: &NumberedAttack, fault: Fault) -> Found {
        let (mut execution, worker) = replayed(self.machine, self.terms, attack, &self.labels(), 1);
        execution.fault = Some(fault.clone());
        let (attack, states) = (attack.clone(), worker.into_memory());
        let violation = Violation::Fault(fault);
        Found { attack, execution, states, violation, size: Size::NotMinimal }
    }
}
