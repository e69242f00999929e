//! Canned attacks, tried before any search: the traitors are silent, say the same in every slot, or say one thing to
//! some generals and another to the others. Many protocols fall to them, and among many generals nothing else would
//! find that as fast.

use itertools::Itertools;

use super::choices::initial::{InitialChoices, TraitorsOrders};
use super::choices::space::Space;
use super::decisions::simulated;
use crate::execution::NumberedExecution;
use crate::general::{General, Generals};
use crate::machine::NumberedAttack;
use crate::testable::{Refusal, Wire};

/// What every traitor does in one canned attack: it obeys (the outer `None`), or sends one message to generals with an
/// even number and another to those with an odd one (an inner `None` is silence). A message is given by its place in a
/// slot; a slot with fewer messages uses its last one.
type CannedAttack = Option<[Option<usize>; 2]>;

/// The most values that are tried, and cases for each set of traitors: more make no attack more obvious.
const VALUES: usize = 3;

/// The canned attacks of `size` traitors, with their executions. The traitors are the first lieutenants, or the
/// commander and the first lieutenants, or the first generals who can be traitors.
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
    // A traitor that is not Byzantine says what a loyal general would say.
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
