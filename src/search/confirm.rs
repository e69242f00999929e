//! Confirmation: whatever a search finds is run again by the simulator before it is believed.

use super::Found;
use super::choices::space::Space;
use crate::execution::simulate::Labels;
use crate::execution::{Size, replayed};
use crate::fault::{Call, Fault, FaultKind};
use crate::general::General;
use crate::machine::{Machine, NumberedAttack, Terms, ValueId};
use crate::property::Violation;
use crate::testable::Refusal;

/// How often an attack is run before it is believed.
pub(super) const CONFIRMATIONS: usize = 8;

/// How often it is run if the search and the simulator disagree.
const INQUIRIES: usize = 64;

/// The attack with the simulator's execution, if that is a violation in every one of `times` runs.
pub(super) fn confirmed(
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
    /// The attack with the simulator's execution, if that is a violation in every run.
    pub fn confirmed(&self, attack: &NumberedAttack) -> Option<Found> {
        confirmed(self.machine, self.terms, &self.labels(), attack, CONFIRMATIONS)
    }

    /// The same with many more runs, for a finding that was not confirmed at once.
    pub fn inquired(&self, attack: &NumberedAttack) -> Option<Found> {
        confirmed(self.machine, self.terms, &self.labels(), attack, INQUIRIES)
    }

    /// What a search has found, as the simulator runs it. Where the two disagree the protocol is not deterministic: the
    /// search knows so already, or the protocol contradicts itself when it is asked again.
    pub fn believed(
        &self,
        attack: &NumberedAttack,
        violation: Violation,
        contradicted: impl FnOnce(&Violation) -> Result<Option<Fault>, Refusal>,
    ) -> Result<Found, Refusal> {
        if let Some(found) = self.confirmed(attack).or_else(|| self.inquired(attack)) {
            return Ok(found);
        }
        let (mut execution, worker) = replayed(self.machine, self.terms, attack, &self.labels(), 1);
        self.machine.tested()?;
        worker.table.tested()?;
        let fault = match violation {
            Violation::Fault(fault @ Fault { kind: FaultKind::Undetermined(..), .. }) => fault,
            _ => contradicted(&violation)?.ok_or_else(|| self.contradiction(attack, &violation))?,
        };
        execution.fault = Some(fault.clone());
        let (attack, states) = (attack.clone(), worker.into_memory());
        let violation = Violation::Fault(fault);
        Ok(Found { attack, execution, states, violation, size: Size::NotMinimal })
    }
}

impl Space<'_> {
    /// The refusal when a search finds again and again what no run shows.
    fn contradiction(&self, attack: &NumberedAttack, violation: &Violation) -> Refusal {
        let value = |value: &ValueId| self.machine.show_value(*value);
        let attack = attack.map(value, |message| self.machine.show_message(*message));
        let found = violation.name().to_owned();
        Refusal::Contradicted { found, attack: format!("{attack:?}") }
    }
}

impl Found {
    /// Whether the protocol does not behave the same each time: then what it does with fewer lies says nothing.
    pub fn is_undetermined(&self) -> bool {
        let Violation::Fault(fault) = &self.violation else { return false };
        matches!(fault.kind, FaultKind::Undetermined(..))
    }
}

/// The fault of a protocol with which a search comes to a different end when it is repeated.
pub(crate) fn another_end(violation: &Violation) -> Fault {
    let kind = FaultKind::Undetermined(violation.name().into(), "another end".into());
    Fault { general: General::COMMANDER, call: Call::Whole, kind }
}
