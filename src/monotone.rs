//! Tests the claim of a protocol that it is monotone.

use std::collections::BTreeMap;

use itertools::Itertools;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};

use crate::adversary::Adversary;
use crate::execution::NumberedExecution;
use crate::fault::or_panic;
use crate::general::General;
use crate::machine::{Machine, MessageId, Numbered, Terms};
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::space::Space;
use crate::search::decisions::{SlotChoices, simulated};
use crate::search::progress::Progress;
use crate::search::random::draw::any_roles;
use crate::testable::{Testable, Wire};

/// How many attacks are drawn.
const ATTACKS: u64 = 1_000;

/// Tests that a protocol is [monotone](crate::Claims::monotone) among n generals. It draws attacks at random, with
/// any number of traitors, raises some of what the traitors say in their slots in the last round, and leaves all else
/// as it is. Then nobody may decide a lower value, or no longer decide. A verdict that relies on the reduction to
/// [extremes](crate::search::Reduction::Extremes) is worth as much as this claim.
///
/// ```
/// use turncoat::{OralMessages, assert_monotone};
///
/// assert_monotone(&OralMessages::new(2), 5);
/// ```
///
/// # Panics
///
/// If the protocol is not monotone, with an attack that shows it; if the protocol does not claim to be, does not say
/// what a traitor could say, or can't be run.
#[track_caller]
pub fn assert_monotone<P: Testable>(protocol: &P, n: usize) {
    or_panic(|| monotone(protocol, n));
}

fn monotone<P: Testable>(protocol: &P, n: usize) {
    assert!(protocol.claims().monotone, "the protocol does not say that it is monotone");
    let numbered = Numbered::lent(protocol);
    let terms = numbered.terms(&n.into(), true).unwrap_or_else(|refusal| panic!("{refusal}"));
    let adversary = Adversary::byzantine(n);
    let space = Space::new(&numbered, &terms, adversary, &Progress::new());
    let space = space.unwrap_or_else(|refusal| panic!("{refusal}"));
    let space = space.expect("nobody stops it");
    assert!(space.harvested().is_none(), "the protocol does not say what a traitor could say");
    for seed in 0..ATTACKS {
        RaisedPlay::drawn(&space, &mut SmallRng::seed_from_u64(seed)).rises();
    }
}

/// What the traitors say on each wire where they don't obey.
type SpokenByWire = BTreeMap<Wire, SlotChoices>;

/// A play, and a copy of it in which some of what is said in the last round is raised.
struct RaisedPlay<'a> {
    space: &'a Space<'a>,
    case: InitialChoices,
    said: SpokenByWire,
    raised: SpokenByWire,
}

impl<'a> RaisedPlay<'a> {
    fn drawn(space: &'a Space<'a>, rng: &mut impl Rng) -> RaisedPlay<'a> {
        let Terms { rounds, .. } = space.terms;
        let (turned, obeyed) = (rng.random_range(0.0..0.8), rng.random_range(0.0..1.0));
        let case = any_roles(space, turned, rng);
        let mut said = SpokenByWire::new();
        for wire in (1..=*rounds).flat_map(|round| space.terms.wires(round)) {
            if case.traitors.contains(wire.from)
                && (wire.round == *rounds || !rng.random_bool(obeyed))
            {
                said.insert(wire, anything(space, wire, rng));
            }
        }
        let mut raised = said.clone();
        let share = rng.random_range(0.1..1.0);
        for (wire, spoken) in raised.iter_mut().filter(|(wire, _)| wire.round == *rounds) {
            for (slot, said) in spoken.iter_mut().enumerate() {
                if rng.random_bool(share)
                    && let Some(more) = higher(space, *wire, slot, said).choose(rng)
                {
                    said.clone_from(more);
                }
            }
        }
        RaisedPlay { space, case, said, raised }
    }

    /// Asserts that the raised play makes nobody decide a lower value.
    fn rises(&self) {
        let Space { machine, terms, .. } = *self.space;
        let executions = [&self.said, &self.raised].map(|speech| self.played(speech));
        let deciders = terms.task.deciders(terms.n()).minus(self.case.traitors);
        for me in deciders.iter() {
            let [low, high] = executions.each_ref().map(|execution| execution.decisions[me.id()]);
            let falls = match (low, high) {
                (Some(low), Some(high)) => machine.compare_decisions(low, high).is_gt(),
                (low, high) => low.is_some() && high.is_none(),
            };
            if falls {
                let [low, high] = [low, high].map(|decision| machine.show_decided(decision));
                let told = executions.each_ref().map(|execution| self.told(me, execution));
                panic!(
                    "{} is not monotone, as it says: {} decides {low} when it is told\n{}\nand it \
                     decides {high} when it is told\n{}",
                    self.name(),
                    terms.task.name(me),
                    told[0],
                    told[1]
                );
            }
        }
    }

    fn name(&self) -> String {
        self.space.machine.name().unwrap_or_default()
    }

    /// What one general is told, for the message of a failure.
    fn told(&self, me: General, execution: &NumberedExecution) -> String {
        let Space { machine, terms, .. } = *self.space;
        let line = |(Wire { round, from, .. }, message): (Wire, &MessageId)| {
            let from_whom = terms.task.name(from);
            format!("  round {round}, by {from_whom}: {}", machine.tell(from, *message))
        };
        execution.view(me).map(line).join("\n")
    }

    fn played(&self, speech: &SpokenByWire) -> NumberedExecution {
        let simulated = simulated(self.space, &self.case, &[], |wire| speech.get(&wire).cloned());
        let (_, execution) = simulated.unwrap_or_else(|refusal| panic!("{refusal}"));
        if let Some(fault) = &execution.fault {
            let (name, told) = (self.name(), self.told(fault.general, &execution));
            panic!("{name} has a fault, and may have none: {fault}, when it is told\n{told}");
        }
        execution
    }
}

/// A random choice of what to say on a wire.
fn anything(space: &Space<'_>, wire: Wire, rng: &mut impl Rng) -> SlotChoices {
    let wire_choices = space.wire_choices(wire);
    let said = (0..wire_choices.slots()).map(|slot| {
        let silent = if wire_choices.stray() == Some(slot) { 0.7 } else { 0.2 };
        let said = wire_choices.messages(slot).choose(rng).cloned();
        said.filter(|_| !wire_choices.optional(slot) || !rng.random_bool(silent))
    });
    said.collect()
}

/// The choices of a slot that are higher than what is said there; none if the repertoire has no such slot.
fn higher(
    space: &Space<'_>,
    wire: Wire,
    slot: usize,
    said: &Option<MessageId>,
) -> Vec<Option<MessageId>> {
    let wire_choices = space.wire_choices(wire);
    let messages = wire_choices.messages(slot);
    match said {
        _ if wire_choices.stray() == Some(slot) => Vec::new(),
        None => vec![messages.last().cloned()],
        Some(said) => {
            let above =
                messages.iter().filter(|message| space.machine.compare(**message, *said).is_gt());
            let above = above.copied().map(Some);
            let silence = messages.first() == Some(said) && wire_choices.optional(slot);
            above.chain(silence.then_some(None)).collect()
        }
    }
}
