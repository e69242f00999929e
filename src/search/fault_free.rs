//! The fault-free run: what is decided when all obey, and whether the protocol's testing side describes
//! what is said then.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::choices::space::Space;
use crate::attack::Attack;
use crate::execution::obeyed;
use crate::fault::Guarded;
use crate::general::{General, Generals};
use crate::protocol::Lockstep;
use crate::testable::{Refusal, Testable, Wire};

/// What each general with an input is given.
pub(crate) type Inputs<P> = BTreeMap<General, <P as Lockstep>::Value>;

/// What each general decides, by number.
pub(crate) type DecidedValues<P> = Vec<Option<<P as Lockstep>::Value>>;

/// What is decided with these inputs when all obey, and all arrives in its turn; nothing if the
/// protocol has a fault even then.
///
/// # Errors
///
/// The repertoire lacks what is said, or a signature is shown that nobody could have.
pub(crate) fn decisions<P: Testable>(
    space: &Space<'_, P>,
    inputs: &Inputs<P>,
) -> Result<DecidedValues<P>, Refusal> {
    let Space { protocol, terms, .. } = space;
    let attack = Attack::new(&terms.graph, Generals::NONE, inputs.clone());
    let guarded = Guarded::new(*protocol, &terms.values, Generals::NONE);
    let execution = obeyed(&guarded, terms, &attack, &space.labels());
    if execution.fault.is_some() {
        return Ok(execution.decisions);
    }
    let said = execution.deliveries.iter().map(|delivery| (delivery.wire, delivery.said));
    let said: FxHashMap<Wire, &[P::Message]> = said.collect();
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
