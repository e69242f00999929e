//! The fault-free run: what is decided when all obey, and whether the protocol's testing side describes
//! what is said then.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::choices::space::Space;
use crate::attack::Attack;
use crate::general::{General, Generals};
use crate::machine::{MessageId, ValueId};
use crate::testable::{Refusal, Wire};

/// What each general with an input is given.
pub(crate) type Inputs = BTreeMap<General, ValueId>;

/// What each general decides, by number.
pub(crate) type DecidedValues = Vec<Option<ValueId>>;

/// What is decided with these inputs when all obey, and all arrives in its turn; nothing if the
/// protocol has a fault even then.
///
/// # Errors
///
/// The repertoire lacks what is said, or a signature is shown that nobody could have.
pub(crate) fn decisions(space: &Space<'_>, inputs: &Inputs) -> Result<DecidedValues, Refusal> {
    let terms = space.terms;
    let attack = Attack::new(&terms.graph, Generals::NONE, inputs.clone());
    let mut worker = space.worker(Generals::NONE);
    let execution = space.run(&mut worker, &attack);
    space.lay_down(worker);
    if execution.fault.is_some() {
        return Ok(execution.decisions);
    }
    let said = execution.deliveries.iter().map(|delivery| (delivery.wire, delivery.said));
    let said: FxHashMap<Wire, &[MessageId]> = said.collect();
    let mut shown = FxHashSet::default();
    for round in 1..=terms.rounds {
        let mut news = Vec::new();
        for wire in terms.wires(round) {
            let said = said.get(&wire).copied().unwrap_or_default();
            space.describes(wire, said)?;
            for &number in
                said.iter().flat_map(|message| space.wire_choices(wire).signatures(message))
            {
                let signed = space.signature(number);
                if signed.by != wire.from && !shown.contains(&number) {
                    return Err(Refusal::Unheard { wire, signed: signed.clone() });
                }
                news.push(number);
            }
        }
        shown.extend(news);
    }
    Ok(execution.decisions)
}
