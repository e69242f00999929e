//! The search, compared with a twin of the adversary on random tiny protocols: where it finds nothing there is nothing,
//! what it finds is true, and there is nothing smaller.

use itertools::Itertools;
use turncoat::count::Count;
use turncoat::execution::Size;
use turncoat::search::Engine;
use turncoat::{
    Adversary, AttackOn, Check, Counterexample, FaultClass, Testable, VerdictOn, check, run,
};

use crate::enemy_twins::Twin;
use crate::random_signed_protocols::Drawn as Signed;
use crate::tiny_protocols::Tiny;

/// How many protocols are drawn, and how many attacks on each the twin tries one by one.
const SEEDS: u64 = 1_600;
const ATTACKS: usize = 1_000;
const LIARS: u64 = 1_000;
const SIGNED: u64 = 100;

/// The most behaviours that the naive engine tries.
const AFFORDABLE: u64 = 4_000;

/// The step budget of a search.
const STEPS: u64 = 30_000;

/// A question about this adversary.
pub fn ask<P: Testable>(protocol: P, n: usize, adversary: Adversary) -> Check<P> {
    check(protocol).generals(n).against(adversary)
}

/// What the adversary of a protocol may do, drawn from the same seed.
fn drawn(tiny: &Tiny) -> Adversary {
    let faults = FaultClass::ALL[[0, 0, 1, 2, 3][tiny.tables.draw("faults", [], 5)]];
    let disruptions = [0, 0, 1, 2][tiny.tables.draw("disruptions", [], 4)];
    let any_order = tiny.tables.one_in(2, "any order", []);
    let fewest = usize::from(disruptions == 0 && !any_order);
    let f = fewest + tiny.tables.draw("f", [], tiny.n.min(3) - fewest);
    let mut adversary =
        Adversary::new(faults, f).disrupted(disruptions, tiny.tables.draw("latest", [], 3));
    adversary.exactly = tiny.tables.one_in(4, "exactly", []);
    adversary.loyal_commander = tiny.tables.one_in(4, "loyal commander", []);
    adversary.strays = !tiny.tables.one_in(2, "without strays", []);
    adversary.replays = tiny.tables.one_in(3, "replays", []);
    adversary.silence = !tiny.never_silent();
    adversary.any_order = any_order;
    adversary
}

/// The same adversary, restricted to lies: the naive engine knows no other faults.
pub fn liars(tiny: &Tiny) -> Adversary {
    let mut adversary = drawn(tiny).disrupted(0, 0);
    adversary.faults = FaultClass::Byzantine;
    adversary.any_order = false;
    adversary.traitors = adversary.traitors.max(1);
    adversary
}

/// The counterexample is what it claims to be.
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

/// How a search fared: its verdict, the size of the attack if there is one, and whether the twin tried everything that
/// the verdict covers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fared {
    Bounded,
    Holds { all: bool },
    Broken { size: usize, all: bool },
}

/// Compares a verdict with the twin.
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

/// Compares the search with the twin, and with the naive engine if that is affordable.
fn held<P: Testable + Clone>(protocol: &P, n: usize, adversary: Adversary) -> Fared {
    let twin = Twin::new(protocol, n, adversary);
    let verdict = ask(protocol.clone(), n, adversary).steps(STEPS).run().unwrap();
    let setting = format!("{protocol:?}, {adversary:?}\n{verdict}");
    let fared = compare(&twin, &verdict, &setting);
    if fared != Fared::Bounded {
        assert_eq!(verdict.behaviours.to_string(), twin.ways().to_string(), "{setting}");
        let lies = adversary.faults == FaultClass::Byzantine && !adversary.any_order;
        if lies && adversary.disruptions == 0 && twin.ways() <= Count::from(AFFORDABLE) {
            let naive = ask(protocol.clone(), n, adversary).engine(Engine::Naive).run().unwrap();
            let setting = format!("{protocol:?}, {adversary:?}\n{naive}");
            assert_eq!(naive.behaviours, verdict.behaviours, "{setting}");
            assert_eq!(compare(&twin, &naive, &setting), fared, "{setting}");
        }
    }
    // With few steps less is proved, but every verdict is true.
    for steps in [1, 10, 30, 100] {
        let hasty = ask(protocol.clone(), n, adversary).steps(steps).run().unwrap();
        let setting = format!("{protocol:?}, {adversary:?}, at most {steps} steps\n{hasty}");
        hasty.counterexample().inspect(|found| assert_true(&twin, found, &setting));
    }
    fared
}

/// Compares the search with the twin on the protocol drawn from this seed. Protocols that break though everybody obeys
/// are mostly skipped.
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

/// Both engines, where the adversary can only lie.
#[test]
fn the_engines_find_what_their_twin_finds() {
    let (mut holds, mut broken) = (0, 0);
    for tiny in (SEEDS..SEEDS + LIARS).map(Tiny::new) {
        let liars = liars(&tiny);
        if Twin::new(&tiny, tiny.n, liars).ways() <= Count::from(AFFORDABLE) {
            match held(&tiny, tiny.n, liars) {
                Fared::Holds { all: true } => holds += 1,
                Fared::Broken { size: 1.., all: true } => broken += 1,
                _ => {}
            }
        }
    }
    assert!(holds > 60 && broken > 60, "{holds} hold, {broken} are broken");
}

/// With signatures, what traitors can say depends on what they overheard, even if it never arrives.
#[test]
fn the_search_finds_what_its_twin_finds_where_messages_are_signed() {
    let (mut lied, mut shifted) = ([0; 4], [0; 4]);
    let count = |by_size: &mut [usize; 4], fared| {
        if let Fared::Broken { size, all: true } = fared {
            by_size[size.min(3)] += 1;
        }
    };
    for seed in 0..SIGNED {
        let drawn = Signed::new(seed);
        for f in 1..drawn.n.min(3) {
            let adversary = Adversary::byzantine(f).without_replays();
            count(&mut lied, held(&&drawn, drawn.n, adversary));
        }
        let drawn = Signed::new(2 * seed);
        let (disruptions, latest) = (seed as usize % 3, seed as usize % 2);
        let mut adversary = Adversary::byzantine(1).disrupted(disruptions, latest);
        adversary.any_order = seed % 4 > 0;
        adversary.replays = seed % 5 > 2;
        if !Twin::new(&drawn, drawn.n, adversary).breaks_by_itself() {
            count(&mut shifted, held(&&drawn, drawn.n, adversary));
        }
    }
    assert!(lied[1] > 30 && lied[2] > 20, "{lied:?}");
    assert!(shifted[1] > 10 && shifted[2] > 10, "{shifted:?}");
}

/// A crash is one decision for good, so the twin can try all attacks by crashes.
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
