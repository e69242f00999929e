//! Shrinking: takes lies and traitors from an attack while it still breaks the protocol.

use super::effort::Progress;
use super::space::Space;
use crate::attack::AttackOn;
use crate::execution::{Size, obeyed};
use crate::fault::Guarded;
use crate::general::Generals;
use crate::testable::Testable;

/// A locally minimal attack: every lie, made honest, removes the violation or leads out of what
/// the adversary may do, and every traitor lies, unless there must be exactly so many.
///
/// Lies are tried in blocks, halved until they are single ones, and then until none can go: at
/// best a number of executions logarithmic in the lies, at worst quadratic.
pub(crate) fn shrunk<P: Testable>(
    space: &Space<'_, P>,
    attack: AttackOn<P>,
    progress: &Progress,
) -> (AttackOn<P>, Size) {
    let mut attack = attack;
    let mut block = attack.lies.len();
    while block > 0 {
        let mut smaller = false;
        let mut start = attack.lies.len();
        while start > 0 {
            if progress.is_stopped() {
                return (attack, Size::NotMinimal);
            }
            start = start.saturating_sub(block);
            let mut without = attack.clone();
            without.lies.drain(start..(start + block).min(attack.lies.len()));
            if breaks(space, &without) {
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
    if liars == attack.traitors || space.adversary.exactly || !breaks(space, &fewer) {
        return (attack, Size::LocallyMinimal);
    }
    // Of those who are loyal now more is asked, so fewer lies may do.
    shrunk(space, fewer, progress)
}

/// Whether this attack is one of the adversary's, and breaks the protocol.
fn breaks<P: Testable>(space: &Space<'_, P>, attack: &AttackOn<P>) -> bool {
    let protocol = Guarded::new(space.protocol, &space.terms.values, attack.traitors);
    let execution = obeyed(&protocol, space.terms, attack);
    let allowed = execution.deliveries.iter().all(|delivery| {
        let loyal = !attack.traitors.contains(delivery.wire.from);
        loyal || space.menu(delivery.wire).allows(&delivery.said)
    });
    allowed && execution.violation(attack).is_some()
}
