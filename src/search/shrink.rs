//! Shrinking: takes lies and traitors from an attack while it still breaks the protocol.

use crate::attack::AttackOn;
use crate::execution::obeyed;
use crate::fault::Guarded;
use crate::general::Generals;
use crate::testable::{Terms, Testable};

/// A locally minimal attack: every lie, made honest, removes the violation, and every traitor
/// lies, unless `all_traitors` are to stay.
///
/// Lies are tried in blocks, halved until they are single ones, and then until none can go: at
/// best a number of executions logarithmic in the lies, at worst quadratic.
pub(crate) fn shrunk<P: Testable>(
    protocol: &P,
    terms: &Terms<P::Value>,
    attack: AttackOn<P>,
    all_traitors: bool,
) -> AttackOn<P> {
    let protocol = Guarded::new(protocol, &terms.values);
    let breaks =
        |attack: &AttackOn<P>| obeyed(&protocol, terms, attack).violation(attack).is_some();
    let mut attack = attack;
    let mut block = attack.lies.len();
    while block > 0 {
        let mut smaller = false;
        let mut start = attack.lies.len();
        while start > 0 {
            start = start.saturating_sub(block);
            let mut without = attack.clone();
            without.lies.drain(start..(start + block).min(attack.lies.len()));
            if breaks(&without) {
                attack = without;
                smaller = true;
            }
        }
        if block > 1 || !smaller {
            block /= 2;
        }
    }
    let liars = attack.lies.iter().map(|lie| lie.wire.from).collect::<Generals>();
    let fewer = AttackOn::<P> { traitors: liars, ..attack.clone() };
    if !all_traitors && breaks(&fewer) { fewer } else { attack }
}
