//! The naive engine: runs the simulator on every raw behaviour, one after the other, with no
//! reduction at all. It is the twin against which the exhaustive engine is held.

use itertools::Itertools;

use super::effort::Meter;
use super::end::{End, EndOf, Explored};
use super::script::{Script, Spoken};
use super::space::{Case, Space};
use crate::adversary::Adversary;
use crate::execution::simulate;
use crate::fault::Guarded;
use crate::testable::{Repertoire, Testable, Wire};

/// Goes through all behaviours of a case; a step is an execution.
pub(crate) fn explore<P: Testable>(
    space: &Space<'_, P>,
    case: &Case<P::Value>,
    mut meter: Meter<'_>,
) -> Explored<P> {
    let result = scripts(space, case).try_for_each(|script| {
        meter.step()?;
        judge(space, case, script).map_or(Ok(()), Err)
    });
    (meter.steps(), result)
}

fn judge<P: Testable>(
    space: &Space<'_, P>,
    case: &Case<P::Value>,
    script: Script<P::Message>,
) -> Option<EndOf<P>> {
    let guarded = Guarded::new(space.protocol, &space.terms.values);
    let execution = simulate(&guarded, space.terms, case.scene(), |wire, honest| {
        let spoken = script.get(&wire);
        let spoken = spoken.map(|spoken| spoken.iter().flatten().cloned().sorted().collect());
        spoken.unwrap_or_else(|| honest.to_vec())
    });
    let violation = execution.violation_in(case.scene())?;
    Some(End::Found(violation, script))
}

/// Everything that the traitors can say to the loyal.
fn scripts<P: Testable>(
    space: &Space<'_, P>,
    case: &Case<P::Value>,
) -> impl Iterator<Item = Script<P::Message>> {
    let loyal = space.everybody().minus(case.traitors);
    let wires = (1..=space.terms.rounds)
        .cartesian_product(case.traitors.iter())
        .cartesian_product(loyal.iter())
        .map(|((round, from), to)| Wire { round, from, to });
    let behaviours = |wire| {
        let repertoire = space.protocol.repertoire(space.terms.n, wire);
        spoken(space.adversary, repertoire).into_iter().map(move |spoken| (wire, spoken))
    };
    let behaviours = wires.map(|wire| behaviours(wire).collect_vec());
    behaviours.multi_cartesian_product().map(Script::from_iter)
}

/// Everything that can be said on a wire with this repertoire.
fn spoken<M: Clone + Ord>(adversary: Adversary, repertoire: Repertoire<M>) -> Vec<Spoken<M>> {
    let strays = if adversary.strays { repertoire.strays } else { vec![] };
    let slots = repertoire.slots.into_iter().map(|slot| (slot, adversary.silence));
    let slots = slots.chain([(strays, true)]).filter(|(messages, _)| !messages.is_empty());
    let choices = slots.map(|(messages, optional)| {
        let messages = messages.into_iter().sorted().dedup().map(Some);
        messages.chain(optional.then_some(None)).collect_vec()
    });
    choices.multi_cartesian_product().collect()
}
