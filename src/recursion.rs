//! Tests that a protocol's claim about its recursion is true of its code.

use std::any::Any;
use std::collections::BTreeMap;

use itertools::Itertools;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};

use crate::attack::{AttackOn, Edit, Lie};
use crate::execution::Simulator;
use crate::fault::{cloned, or_panic};
use crate::general::{General, Generals};
use crate::machine::{Machine, Numbered};
use crate::protocols::path::{Path, paths};
use crate::testable::{Recursive, Testable, Wire};

/// How many attacks are drawn.
const ATTACKS: u64 = 1_000;

/// Tests that a protocol's [recursion](crate::Claims::recursive) describes it: under attacks drawn at random, with
/// any number of traitors among n generals, every loyal lieutenant decides what the recursion says. A verdict of the
/// [compositional engine](crate::search::Engine::Compositional) is worth as much as this claim.
///
/// ```
/// use turncoat::{OralMessages, assert_recursive};
///
/// assert_recursive(&OralMessages::new(2), 5);
/// ```
///
/// # Panics
///
/// If the recursion does not describe the protocol, with the first attack that shows it; if there is no recursion, or
/// the protocol can't be run.
#[track_caller]
pub fn assert_recursive<P: Testable>(protocol: &P, n: usize) {
    or_panic(|| recursive(protocol, n));
}

fn recursive<P: Testable>(protocol: &P, n: usize) {
    let numbered = Numbered::lent(protocol);
    let terms = numbered.terms(&n.into(), true).unwrap_or_else(|refusal| panic!("{refusal}"));
    let values = terms.values.iter().map(|value| cloned(numbered.value(*value))).collect_vec();
    let simulator = Simulator::new(protocol, n).unwrap_or_else(|refusal| panic!("{refusal}"));
    let recursive = protocol.claims().recursion.expect("the protocol describes no recursion");
    assert_eq!(recursive.depth(n), protocol.rounds(n), "it must be as deep as there are rounds");
    for seed in 0..ATTACKS {
        let rng = &mut SmallRng::seed_from_u64(seed);
        let play: TracedPlay<'_, P> = TracedPlay::drawn(&values, recursive, n, rng);
        let execution = simulator.run(&play.attack).unwrap_or_else(|misfit| panic!("{misfit}"));
        assert!(
            execution.fault.is_none() && execution.idle.is_empty(),
            "its recursion tells messages that have no place: {:?}",
            play.attack
        );
        let lieutenants = Generals::first(n).without(General::COMMANDER);
        for lieutenant in lieutenants.minus(play.attack.traitors).iter() {
            let takes = play.takes(Path::root(), lieutenant);
            let decides = &execution.decisions[lieutenant.id()];
            assert!(
                decides
                    .as_ref()
                    .map(|decides| decides as &dyn Any)
                    .is_some_and(|decides| decides.downcast_ref() == Some(&takes)),
                "{lieutenant} decides {decides:?}, and by its recursion it takes {takes:?}: {:?}",
                play.attack
            );
        }
    }
}

/// An attack, and what it makes the generals hear on each path.
struct TracedPlay<'a, P: Testable> {
    recursive: &'a dyn Recursive<P::Value, P::Message>,
    n: usize,
    attack: AttackOn<P>,
    /// What each general is told on each path, by path and general.
    told: BTreeMap<(Path, General), P::Value>,
}

impl<'a, P: Testable> TracedPlay<'a, P> {
    fn drawn(
        values: &[P::Value],
        recursive: &'a dyn Recursive<P::Value, P::Message>,
        n: usize,
        rng: &mut impl Rng,
    ) -> TracedPlay<'a, P> {
        let everybody = Generals::first(n);
        let value = |rng: &mut _| values.choose(rng).expect("there is a value").clone();
        let honesty = rng.random_range(0.0..1.0);
        let traitors = everybody.iter().filter(|_| rng.random_bool(0.5)).collect_vec();
        let order = value(rng);
        let inputs = [(General::COMMANDER, order.clone())].into();
        let attack = AttackOn::<P>::new(n, traitors.into_iter().collect(), inputs);
        let mut play: TracedPlay<'_, P> =
            TracedPlay { recursive, n, attack, told: BTreeMap::new() };
        for path in (1..=recursive.depth(n)).flat_map(|length| paths(length, everybody)) {
            let from = path.last().expect("a path names the commander");
            let honest = match from.is_commander() {
                true => order.clone(),
                false => play.told[&(path.parent(), from)].clone(),
            };
            for to in everybody.minus(path.generals()).iter() {
                let obeys = !play.attack.traitors.contains(from) || rng.random_bool(honesty);
                let says = if obeys { Some(honest.clone()) } else { Some(value(rng)) };
                let says = says.filter(|_| obeys || rng.random_bool(0.8));
                if says.as_ref() != Some(&honest) {
                    let names = path.iter().collect_vec();
                    let of = recursive.relay(&names, &honest);
                    let edit = match &says {
                        Some(value) => Edit::Instead { of, say: recursive.relay(&names, value) },
                        None => Edit::Withhold(of),
                    };
                    let wire = Wire { round: path.len(), from, to };
                    play.attack.lies.push(Lie { wire, edit });
                }
                let told = says.unwrap_or_else(|| recursive.unheard());
                play.told.insert((path, to), told);
            }
        }
        play
    }

    /// The value that a lieutenant resolves from the subtree of a path.
    fn takes(&self, path: Path, lieutenant: General) -> P::Value {
        let told = &self.told[&(path, lieutenant)];
        let relays = Generals::first(self.n).minus(path.generals()).without(lieutenant);
        let relayed = path.len() < self.recursive.depth(self.n);
        let relays = relays.iter().filter(|_| relayed);
        let relayed = relays.map(|relay| self.takes(path.then(relay), lieutenant));
        self.recursive.resolve(told, &relayed.collect_vec())
    }
}
