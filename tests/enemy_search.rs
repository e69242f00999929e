//! The search held against the enemy's twin, on tiny protocols at random: where it finds nothing
//! there is nothing, what it finds is true, and nothing smaller is to be found.

use itertools::Itertools;
use turncoat::execution::Size;
use turncoat::{
    Adversary, AttackOn, Check, Counterexample, FaultClass, Testable, VerdictOn, check, run,
};

use crate::enemy_twins::Twin;
use crate::random_signed_protocols::Drawn as Signed;
use crate::tiny_protocols::Tiny;

/// How many protocols are drawn, and how many attacks on each are gone through one by one.
const SEEDS: u64 = 1_600;
const ATTACKS: usize = 1_000;
const SIGNED: u64 = 100;

/// How many steps a search may take.
const STEPS: u64 = 30_000;

/// A question about this adversary.
pub fn ask<P: Testable>(protocol: P, n: usize, adversary: Adversary) -> Check<P> {
    check(protocol).generals(n).against(adversary)
}

/// What the enemy of a protocol may do, drawn from the same seed.
fn drawn(tiny: &Tiny) -> Adversary {
    let faults = FaultClass::ALL[[0, 0, 1, 2, 3][tiny.draw("faults", [], 5)]];
    let disruptions = [0, 0, 1, 2][tiny.draw("disruptions", [], 4)];
    let any_order = tiny.one_in(2, "any order", []);
    let fewest = usize::from(disruptions == 0 && !any_order);
    let f = fewest + tiny.draw("f", [], tiny.n.min(3) - fewest);
    let mut adversary =
        Adversary::new(faults, f).disrupted(disruptions, tiny.draw("latest", [], 3));
    adversary.exactly = tiny.one_in(4, "exactly", []);
    adversary.loyal_commander = tiny.one_in(4, "loyal commander", []);
    adversary.strays = !tiny.one_in(2, "without strays", []);
    adversary.replays = tiny.one_in(3, "replays", []);
    adversary.silence = !tiny.never_silent();
    adversary.any_order = any_order;
    adversary
}

/// The counterexample is what it says it is.
fn assert_true<P: Testable>(twin: &Twin<'_, P>, found: &Counterexample<P>, setting: &str) {
    let attack: AttackOn<P> = found.attack.clone();
    let again = run(twin.protocol, &attack).unwrap();
    assert_eq!(again, found.execution, "{setting}");
    assert_eq!(again.violation().as_ref(), Some(&found.violation), "{setting}");
    assert_eq!(again.idle, [], "{setting}");
    assert!(twin.may(&attack, &again), "{setting}");
    for part in 0..attack.size() {
        let without = without::<P>(&attack, part);
        let execution = run(twin.protocol, &without).unwrap();
        let smaller = execution.violation().is_some() && twin.may(&without, &execution);
        assert!(!smaller || found.size == Size::NotMinimal, "{setting}: {part} is not needed");
    }
}

/// The attack without one of its parts.
fn without<P: Testable>(attack: &AttackOn<P>, part: usize) -> AttackOn<P> {
    let mut without = attack.clone();
    let (lies, crashes) = (attack.lies.len(), attack.crashes.len());
    if part < lies {
        without.lies.remove(part);
    } else if part < lies + crashes {
        without.crashes.remove(part - lies);
    } else {
        without.schedule.remove(part - lies - crashes);
    }
    without
}

/// How a search fared: what it said, with how many parts if something was found, and whether its
/// twin went through everything that this speaks of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fared {
    Bounded,
    Holds { all: bool },
    Broken { size: usize, all: bool },
}

/// Holds a verdict against the twin.
fn compare<P: Testable>(twin: &Twin<'_, P>, verdict: &VerdictOn<P>, setting: &str) -> Fared {
    let none_of = |traitors| {
        let swept = twin.sweep(traitors, usize::MAX, &mut ATTACKS.clone());
        assert_eq!(swept.found, None, "{setting}");
        swept.all
    };
    let mut sizes = twin.adversary.sizes();
    let Some(found) = verdict.counterexample() else {
        let halted = verdict.steps == STEPS;
        assert!(verdict.holds() || halted, "{setting}");
        return if halted { Fared::Bounded } else { Fared::Holds { all: sizes.all(none_of) } };
    };
    assert_true(twin, found, setting);
    let (traitors, size) = (found.attack.traitors.len(), found.attack.size());
    if found.size != Size::Smallest {
        assert_eq!((found.size, verdict.steps), (Size::LocallyMinimal, STEPS), "{setting}");
        return Fared::Bounded;
    }
    let fewer = sizes.take_while(|fewer| *fewer < traitors).all(none_of);
    let swept = twin.sweep(traitors, size, &mut ATTACKS.clone());
    let smallest = swept.found.as_ref().map(|attack| attack.size());
    assert!(smallest.is_none_or(|smallest| smallest == size), "{setting}: {:?}", swept.found);
    assert!(smallest.is_some() || !swept.all, "{setting}: the twin finds nothing");
    Fared::Broken { size, all: fewer && swept.all }
}

/// Holds the search against the twin.
fn held<P: Testable + Clone>(protocol: &P, n: usize, adversary: Adversary) -> Fared {
    let twin = Twin::new(protocol, n, adversary);
    let verdict = ask(protocol.clone(), n, adversary).steps(STEPS).run().unwrap();
    let setting = format!("{protocol:?}, {adversary:?}\n{verdict}");
    let fared = compare(&twin, &verdict, &setting);
    if fared != Fared::Bounded {
        assert_eq!(verdict.behaviours.to_string(), twin.ways().to_string(), "{setting}");
    }
    // With few steps less is proved, but what is said is true.
    for steps in [10, 100] {
        let hasty = ask(protocol.clone(), n, adversary).steps(steps).run().unwrap();
        let setting = format!("{protocol:?}, {adversary:?}, at most {steps} steps\n{hasty}");
        hasty.counterexample().inspect(|found| assert_true(&twin, found, &setting));
    }
    fared
}

/// Holds the search against the twin on what is drawn from this seed. Of those protocols that break
/// though all obey them few are of interest.
pub fn held_on_tiny(seed: u64) -> Option<(FaultClass, Fared)> {
    let tiny = Tiny::new(seed);
    let adversary = drawn(&tiny);
    let dull = !seed.is_multiple_of(8) && Twin::new(&tiny, tiny.n, adversary).breaks_by_itself();
    (!dull).then(|| (adversary.faults, held(&tiny, tiny.n, adversary)))
}

#[test]
fn the_search_finds_what_its_twin_finds() {
    let fared = (0..SEEDS).filter_map(held_on_tiny).collect_vec();
    for faults in FaultClass::ALL {
        let count = |wanted: fn(Fared) -> bool| {
            let mine = fared.iter().filter(|(class, _)| *class == faults);
            mine.filter(|(_, fared)| wanted(*fared)).count()
        };
        let holds = count(|fared| fared == Fared::Holds { all: true });
        let by_one = count(|fared| fared == Fared::Broken { size: 1, all: true });
        let by_more = count(|fared| matches!(fared, Fared::Broken { size: 2.., all: true }));
        let enough = holds > 50 && by_one > 30 && by_more > 1;
        assert!(enough, "{faults}: {holds} hold, {by_one} and {by_more} are broken");
    }
}

/// Where messages are signed, what can be said hangs on what was overheard, though it never arrives.
#[test]
fn the_search_finds_what_its_twin_finds_where_messages_are_signed() {
    let mut by_size = [0; 4];
    for seed in 0..SIGNED {
        let drawn = Signed::new(2 * seed);
        let (disruptions, latest) = (seed as usize % 3, seed as usize % 2);
        let mut adversary = Adversary::byzantine(1).disrupted(disruptions, latest);
        adversary.any_order = seed % 4 > 0;
        adversary.replays = seed % 5 > 2;
        if !Twin::new(&drawn, drawn.n, adversary).breaks_by_itself()
            && let Fared::Broken { size, all: true } = held(&&drawn, drawn.n, adversary)
        {
            by_size[size.min(3)] += 1;
        }
    }
    assert!(by_size[1] > 10 && by_size[2] > 10, "{by_size:?}");
}

/// A crash is decided once and for all, so that all attacks by crashes can be gone through.
#[test]
fn all_crashes_are_gone_through() {
    let mut sizes = [0; 4];
    for tiny in (0..SEEDS).map(Tiny::new) {
        let mut adversary = drawn(&tiny).disrupted(0, 0);
        adversary.faults = FaultClass::Crash;
        adversary.any_order = false;
        let twin = Twin::new(&tiny, tiny.n, adversary);
        if twin.breaks_by_itself() {
            continue;
        }
        let verdict = ask(tiny, tiny.n, adversary).run().unwrap();
        let size = |found: &Counterexample<_>| (found.attack.traitors.len(), found.attack.size());
        let found = verdict.counterexample().map(size);
        let mut needed = adversary.sizes().map(|size| (size, twin.crashes_needed(size)));
        let needed = needed.find_map(|(traitors, size)| Some((traitors, size?)));
        assert_eq!(found, needed, "{tiny:?}, {adversary:?}\n{verdict}");
        sizes[found.map_or(0, |(_, size)| size)] += 1;
    }
    assert!(sizes[0] > 100 && sizes[1] > 100 && sizes[2] > 1, "{sizes:?}");
}
