//! The naive engine: runs the simulator on every raw behaviour, one after the other, with no
//! reduction at all. It is the twin against which the exhaustive engine is held, so it goes back
//! to the repertoire, and shares nothing with the other but the simulator.

use itertools::Itertools;

use super::effort::Meter;
use super::end::{End, EndOf, Explored};
use super::script::Script;
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
    let protocol = Guarded::new(space.protocol, &space.terms.values, case.traitors);
    let execution = simulate(&protocol, space.terms, &case.inputs, |wire, honest| {
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
    let slots = wires
        .map(|wire| (wire, slots(space.adversary, space.protocol.repertoire(space.terms.n, wire))));
    let slots = slots.collect_vec();
    let lengths = slots.iter().map(|(wire, slots)| (*wire, slots.len())).collect_vec();
    let choices = slots.into_iter().flat_map(|(_, slots)| slots);
    choices.multi_cartesian_product().map(move |said| {
        let mut said = said.into_iter();
        let spoken = |(wire, slots): &(Wire, usize)| (*wire, said.by_ref().take(*slots).collect());
        lengths.iter().map(spoken).collect()
    })
}

/// Everything that can be said in each slot of a wire with this repertoire, strays last.
fn slots<M: Clone + Ord>(
    adversary: Adversary,
    Repertoire { slots, strays }: Repertoire<M>,
) -> Vec<Vec<Option<M>>> {
    let slots = slots.into_iter().map(|slot| (slot, adversary.silence));
    let strays = adversary.strays.then_some((strays, true));
    let slots = slots.chain(strays).filter(|(messages, _)| !messages.is_empty());
    let choices = slots.map(|(messages, optional)| {
        let messages = messages.into_iter().sorted().dedup().map(Some);
        messages.chain(optional.then_some(None)).collect()
    });
    choices.collect()
}
