//! Canned attacks, tried before anything is searched: traitors who are silent, who say the same thing
//! in every slot, or who say one thing to some and another to others. Many protocols fall to them, and
//! among many generals nothing else would find that as fast.

use itertools::Itertools;

use super::choices::initial::{InitialChoices, TraitorsOrders};
use super::choices::space::Space;
use super::decisions::simulated;
use crate::execution::NumberedExecution;
use crate::general::{General, Generals};
use crate::machine::NumberedAttack;
use crate::testable::{Refusal, Wire};

/// What every traitor does in one obvious attack: it obeys, or says this to generals with an even number,
/// and that to the others. Messages are numbered in their order in a slot; in a slot with fewer, the last
/// one serves.
type CannedAttack = Option<[Option<usize>; 2]>;

/// More values than these make no attack more obvious.
const VALUES: usize = 3;

/// The obvious attacks of so many traitors, and what comes of them: the first lieutenants, or the
/// commander and the first lieutenants, or the first who can be turned.
pub(crate) fn attacks(
    space: &Space<'_>,
    size: usize,
) -> impl Iterator<Item = Result<(NumberedAttack, NumberedExecution), Refusal>> {
    let everybody = space.everybody();
    let lieutenants = everybody.without(General::COMMANDER).iter().take(size).collect::<Generals>();
    let suspects = space.suspects().iter().take(size).collect();
    let chosen = [lieutenants, everybody.iter().take(size).collect(), suspects];
    let possible = move |traitors: &Generals| {
        traitors.len() == size && traitors.minus(space.suspects()).is_empty()
    };
    let chosen = chosen.into_iter().filter(possible).unique();
    let cases = chosen.flat_map(|traitors| {
        space
            .cases_of(traitors, TraitorsOrders::Each, space.adversary.disruptions, None)
            .take(VALUES)
    });
    let canned_attacks = canned_attacks(space, size);
    let simulated = move |(case, canned): (InitialChoices, CannedAttack)| {
        let speak = |wire: Wire| {
            let said = canned?[wire.to.id() % 2];
            Some(space.wire_choices(wire).uniform(said))
        };
        simulated(space, &case, &case.disruptions, speak)
    };
    cases.cartesian_product(canned_attacks).map(simulated)
}

fn canned_attacks(space: &Space<'_>, size: usize) -> Vec<CannedAttack> {
    // Who is faulty in another way says what loyalty has it say.
    if size == 0 || !space.adversary.faults.is_byzantine() {
        return vec![None];
    }
    let values = space.terms.values.len().min(VALUES);
    let always = (0..values).map(|number| Some([Some(number); 2]));
    let two_faced = (0..values)
        .array_combinations()
        .flat_map(|[one, other]| [[one, other], [other, one]].map(|faces| Some(faces.map(Some))));
    let silence = space.adversary.silence.then_some(Some([None; 2]));
    always.chain(two_faced).chain(silence).collect()
}
