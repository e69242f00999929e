//! Shrinking: takes lies and traitors from an attack while it still breaks the protocol.

use super::effort::Progress;
use super::space::Space;
use crate::attack::AttackOn;
use crate::execution::{Size, obeyed};
use crate::fault::Guarded;
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
    let culprits = attack.culprits();
    let fewer = AttackOn::<P> { traitors: culprits, ..attack.clone() };
    if culprits == attack.traitors || space.adversary.exactly || !breaks(space, &fewer) {
        return (attack, Size::LocallyMinimal);
    }
    // Of those who are loyal now more is asked, so fewer lies may do.
    shrunk(space, fewer, progress)
}

/// Whether this attack is one of the adversary's, and breaks the protocol.
fn breaks<P: Testable>(space: &Space<'_, P>, attack: &AttackOn<P>) -> bool {
    let protocol = Guarded::new(space.protocol, &space.terms.values, attack.traitors);
    let execution = obeyed(&protocol, space.terms, attack, &space.labels());
    let allowed = execution.deliveries.iter().all(|delivery| {
        let loyal = !attack.traitors.contains(delivery.wire.from);
        loyal || space.allows(delivery)
    });
    allowed && execution.lacking.is_empty() && execution.violation().is_some()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::adversary::Adversary;
    use crate::attack::{Attack, Edit, Lie};
    use crate::general::General;
    use crate::order::Order;
    use crate::protocols::oral::{OralMessages, Relay};
    use crate::protocols::path::Path;
    use crate::testable::{Terms, Wire};

    const RETREAT: Order = Order::RETREAT;
    const ATTACK: Order = Order::ATTACK;

    fn told(from: usize, to: usize, of: Order, say: Order) -> Lie<Relay<Order>> {
        let from = General::new(from);
        let round = if from.is_commander() { 1 } else { 2 };
        let path = if round == 1 { Path::root() } else { Path::root().then(from) };
        let relay = |value| Relay { path: path.clone(), value };
        let edit = Edit::Instead { of: relay(of), say: relay(say) };
        Lie { wire: Wire { round, from, to: General::new(to) }, edit }
    }

    fn attack(n: usize, traitors: &[usize], lies: &[Lie<Relay<Order>>]) -> AttackOn<OralMessages> {
        let traitors = traitors.iter().map(|id| General::new(*id)).collect();
        let inputs = BTreeMap::from([(General::COMMANDER, ATTACK)]);
        AttackOn::<OralMessages> { lies: lies.to_vec(), ..Attack::new(n, traitors, inputs) }
    }

    /// Lies that are not needed go, and then traitors who tell none.
    #[test]
    fn literal_in_literal_out() {
        let needed = [told(1, 2, ATTACK, RETREAT)];
        let with_idle = [&[told(1, 2, RETREAT, ATTACK)], &needed[..]].concat();
        let two = [told(0, 2, ATTACK, RETREAT), told(1, 4, ATTACK, RETREAT)];
        let many = [&two[..], &[told(1, 2, ATTACK, RETREAT)]].concat();
        let cases = [
            (attack(3, &[1], &with_idle), attack(3, &[1], &needed)),
            (attack(3, &[1], &needed), attack(3, &[1], &needed)),
            (attack(3, &[1, 0], &needed), attack(3, &[1], &needed)),
            (attack(5, &[0, 1], &many), attack(5, &[0, 1], &two)),
        ];
        for (before, after) in cases {
            let protocol = OralMessages::new(1);
            let terms = Terms::of(&protocol, before.n).unwrap();
            let progress = Progress::new();
            let space = Space::new(&protocol, &terms, Adversary::at_most(2), &progress);
            let space = space.unwrap().unwrap();
            let shrunk = shrunk(&space, before, &progress);
            assert_eq!(shrunk, (after, Size::LocallyMinimal));
        }
    }
}
