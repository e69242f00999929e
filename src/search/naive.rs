//! The naive engine: runs the simulator on every raw behaviour, one after the other, without any reduction. It is the
//! twin that the exhaustive engine is tested against, so it goes back to the repertoire, and shares nothing with that
//! engine but the simulator.

use itertools::Itertools;

use super::budget::StepBudget;
use super::choices::initial::InitialChoices;
use super::choices::space::Space;
use super::decisions::Decisions;
use super::outcome::{Explored, SearchOutcome};
use crate::execution::Delivery;
use crate::execution::simulate::{Eavesdropper, Enemy, simulate};
use crate::machine::{Machine, MessageId, Worker};
use crate::testable::{Repertoire, Wire};

/// Runs all behaviours of a case; each step is an execution.
pub(crate) fn explore(
    space: &Space<'_>,
    case: &InitialChoices,
    mut budget: StepBudget<'_>,
) -> Explored {
    let mut worker = space.worker(case.traitors);
    let result = all_decisions(space, case).try_for_each(|decisions| {
        budget.step()?;
        worker.make_room();
        judge(space, &mut worker, case, decisions).map_or(Ok(()), Err)
    });
    space.lay_down(worker);
    (budget.steps(), result)
}

fn judge(
    space: &Space<'_>,
    worker: &mut Worker<'_>,
    case: &InitialChoices,
    decisions: Decisions,
) -> Option<SearchOutcome> {
    let labels = space.labels();
    let mut enemy = NaiveAdversary { machine: space.machine, decisions: &decisions };
    let execution = simulate(worker, space.terms, case.roles(), &mut enemy, &labels);
    let undescribed = || {
        let mut loyal = execution.deliveries.iter();
        loyal.find_map(|Delivery { wire, said, .. }| {
            let loyal = !case.traitors.contains(wire.from);
            loyal.then(|| space.describes(wire, said)).and_then(Result::err)
        })
    };
    // A general who has accepted a forgery may say what nobody thought of.
    if let Some(refusal) = execution.accepted.is_none().then(undescribed).flatten() {
        return Some(SearchOutcome::Refused(refusal));
    }
    let violation = execution.violation()?;
    Some(SearchOutcome::Found(violation, Box::new(decisions)))
}

/// An adversary that says what the decisions contain, as far as it has the signatures.
struct NaiveAdversary<'a> {
    machine: &'a dyn Machine,
    decisions: &'a Decisions,
}

impl Enemy for NaiveAdversary<'_> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        overhears: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>> {
        let spoken = self.decisions.spoken.get(&wire)?;
        let can_be_said = |message: &&MessageId| {
            honest.contains(message) || {
                let signatures = self.machine.signatures(**message);
                signatures.is_ok_and(|signatures| overhears.lacks(&signatures).is_none())
            }
        };
        let mut said = spoken.iter().flatten().filter(can_be_said).copied().collect_vec();
        self.machine.sort(&mut said);
        Some(said)
    }
}

/// Everything that the traitors can say to the loyal.
fn all_decisions(space: &Space<'_>, case: &InitialChoices) -> impl Iterator<Item = Decisions> {
    let loyal = space.everybody().minus(case.traitors);
    let wires = (1..=space.terms.rounds)
        .cartesian_product(case.traitors.iter())
        .cartesian_product(loyal.iter())
        .filter(|((_, from), to)| space.terms.graph.has_edge(*from, *to))
        .map(|((round, from), to)| Wire { round, from, to });
    let slots = wires.map(|wire| (wire, slots(space, space.repertoire(wire))));
    let slots = slots.collect_vec();
    let lengths = slots.iter().map(|(wire, slots)| (*wire, slots.len())).collect_vec();
    let choices = slots.into_iter().flat_map(|(_, slots)| slots);
    choices.multi_cartesian_product().map(move |said| {
        let mut said = said.into_iter();
        let spoken = |(wire, slots): &(Wire, usize)| (*wire, said.by_ref().take(*slots).collect());
        Decisions { spoken: lengths.iter().map(spoken).collect(), ..Decisions::new() }
    })
}

/// Everything that can be said in each slot of a wire with this repertoire; the slot for strays is last.
fn slots(
    space: &Space<'_>,
    Repertoire { slots, strays, forgeries, .. }: Repertoire<MessageId>,
) -> Vec<Vec<Option<MessageId>>> {
    let forged = forgeries.into_iter().map(|forgery| forgery.message);
    let strays = strays.into_iter().chain(forged).collect();
    let slots = slots.into_iter().map(|slot| (slot, space.adversary.silence));
    let strays = space.adversary.strays.then_some((strays, true));
    let slots = slots.chain(strays).filter(|(messages, _)| !messages.is_empty());
    let choices = slots.map(|(messages, optional)| {
        let mut messages = messages.into_iter().unique().collect_vec();
        space.machine.sort(&mut messages);
        let messages = messages.into_iter().map(Some);
        messages.chain(optional.then_some(None)).collect()
    });
    choices.collect()
}
