//! The honest run: nobody is a traitor, and everything arrives in its turn.

use std::collections::BTreeMap;

use super::written::obeyed;
use crate::attack::Attack;
use crate::general::{General, Generals};
use crate::machine::{Machine, NumberedAttack, Terms, ValueId, Worker, fits};

/// How many messages are sent in the honest run with these inputs; nothing if the protocol can't be run so, or
/// misbehaves.
pub(crate) fn honest_messages(
    machine: &dyn Machine,
    terms: &Terms,
    inputs: &BTreeMap<General, ValueId>,
) -> Option<usize> {
    let honest: NumberedAttack = Attack::new(&terms.graph, Generals::NONE, inputs.clone());
    fits(machine, terms, &honest).ok()?;
    let mut worker = Worker::new(machine, terms, Generals::NONE);
    let execution = obeyed(&mut worker, terms, &honest, &|_, _| None);
    execution.fault.is_none().then(|| execution.messages())
}
