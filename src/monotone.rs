//! Tests that a protocol that says that it is monotone is.

use std::collections::BTreeMap;

use itertools::Itertools;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};

use crate::adversary::{Adversary, FaultClass};
use crate::execution::ExecutionOf;
use crate::general::General;
use crate::search::case::{Case, CaseOf};
use crate::search::effort::Progress;
use crate::search::script::{Spoken, staged};
use crate::search::space::Space;
use crate::testable::{Terms, Testable, Wire};

/// How many attacks are drawn.
const ATTACKS: u64 = 1_000;

/// Tests that a protocol is [monotone](Testable::monotone) among n generals: under attacks drawn at
/// random, with any number of traitors, nobody decides a lower value when in the last round some of
/// what the traitors say in their slots is raised, and all else is left as it is. What the search says
/// that goes through [extremes](crate::search::Reduction::Extremes) is worth as much as this.
///
/// ```
/// use turncoat::{OralMessages, assert_monotone};
///
/// assert_monotone(&OralMessages::new(2), 5);
/// ```
///
/// # Panics
///
/// If it is not, with what shows it; if the protocol does not say that it is, does not say what a
/// traitor could say, or can't be run.
#[track_caller]
pub fn assert_monotone<P: Testable>(protocol: &P, n: usize) {
    assert!(protocol.monotone(), "the protocol does not say that it is monotone");
    let terms = Terms::of(protocol, n).unwrap_or_else(|refusal| panic!("{refusal}"));
    let adversary = Adversary::byzantine(n);
    let space = Space::new(protocol, &terms, adversary, &Progress::new());
    let space = space.unwrap_or_else(|refusal| panic!("{refusal}"));
    let space = space.expect("nobody stops it");
    assert!(space.harvested().is_none(), "the protocol does not say what a traitor could say");
    for seed in 0..ATTACKS {
        Play::drawn(&space, &mut SmallRng::seed_from_u64(seed)).rises();
    }
}

/// What the traitors say on each wire on which they don't obey.
type Speech<M> = BTreeMap<Wire, Spoken<M>>;

/// A play, and one in which some of what is said in the last round is raised.
struct Play<'a, P: Testable> {
    space: &'a Space<'a, P>,
    case: CaseOf<P>,
    said: Speech<P::Message>,
    raised: Speech<P::Message>,
}

impl<'a, P: Testable> Play<'a, P> {
    fn drawn(space: &'a Space<'a, P>, rng: &mut impl Rng) -> Play<'a, P> {
        let Terms { values, rounds, inputs, .. } = space.terms;
        let (turned, obeyed) = (rng.random_range(0.0..0.8), rng.random_range(0.0..1.0));
        let everybody = space.everybody();
        let traitors = everybody.iter().filter(|_| rng.random_bool(turned)).collect();
        let value = |rng: &mut _| values.choose(rng).expect("there is a value").clone();
        let inputs = inputs.iter().map(|general| (general, value(rng))).collect();
        let (faults, disruptions) = (FaultClass::Byzantine, Vec::new());
        let case = Case { faults, traitors, inputs, disruptions };
        let mut said = Speech::<P::Message>::new();
        for wire in (1..=*rounds).flat_map(|round| space.terms.wires(round)) {
            if traitors.contains(wire.from) && (wire.round == *rounds || !rng.random_bool(obeyed)) {
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
        Play { space, case, said, raised }
    }

    /// Nobody decides a lower value for what is raised.
    fn rises(&self) {
        let executions = [&self.said, &self.raised].map(|speech| self.played(speech));
        for me in self.space.everybody().iter() {
            let [low, high] = executions.each_ref().map(|execution| &execution.decisions[me.id()]);
            if low > high {
                let decided = [low, high].map(|decision| decision.as_ref().expect("both decide"));
                let told = executions.each_ref().map(|execution| self.told(me, execution));
                panic!(
                    "{} is not monotone, as it says: {} decides {:?} when it is told\n{}\nand it \
                     decides {:?} when it is told\n{}",
                    self.space.protocol.name(),
                    self.space.terms.task.name(me),
                    decided[0],
                    told[0],
                    decided[1],
                    told[1]
                );
            }
        }
    }

    /// What one general is told.
    fn told(&self, me: General, execution: &ExecutionOf<P>) -> String {
        let Space { protocol, terms, .. } = self.space;
        let line = |(Wire { round, from, .. }, message)| {
            let from_whom = terms.task.name(from);
            format!("  round {round}, by {from_whom}: {}", protocol.tell(from, message))
        };
        execution.view(me).map(line).join("\n")
    }

    fn played(&self, speech: &Speech<P::Message>) -> ExecutionOf<P> {
        let staged = staged(self.space, &self.case, &[], |wire| speech.get(&wire).cloned());
        let (_, execution) = staged.unwrap_or_else(|refusal| panic!("{refusal}"));
        if let Some(fault) = &execution.fault {
            let (name, told) = (self.space.protocol.name(), self.told(fault.general, &execution));
            panic!("{name} has a fault, and may have none: {fault}, when it is told\n{told}");
        }
        execution
    }
}

/// Anything that can be said on a wire.
fn anything<P: Testable>(
    space: &Space<'_, P>,
    wire: Wire,
    rng: &mut impl Rng,
) -> Spoken<P::Message> {
    let menu = space.menu(wire);
    let said = (0..menu.slots()).map(|slot| {
        let silent = if menu.stray() == Some(slot) { 0.7 } else { 0.2 };
        let said = menu.messages(slot).choose(rng).cloned();
        said.filter(|_| !menu.optional(slot) || !rng.random_bool(silent))
    });
    said.collect()
}

/// What is higher than what is said in a slot; nothing where it is no slot of the repertoire.
fn higher<P: Testable>(
    space: &Space<'_, P>,
    wire: Wire,
    slot: usize,
    said: &Option<P::Message>,
) -> Vec<Option<P::Message>> {
    let menu = space.menu(wire);
    let messages = menu.messages(slot);
    match said {
        _ if menu.stray() == Some(slot) => Vec::new(),
        None => vec![messages.last().cloned()],
        Some(said) => {
            let above = messages.iter().filter(|message| *message > said).cloned().map(Some);
            let silence = messages.first() == Some(said) && menu.optional(slot);
            above.chain(silence.then_some(None)).collect()
        }
    }
}
