//! The engines for event-driven protocols: compared with known results on reliable broadcast, and with each other on
//! random protocols, with each reduction left out in turn.

use itertools::Itertools;
use turncoat::search::{Engine, Reduction};
use turncoat::{
    Adversary, BenOr, Check, EventTestable, General, Generals, InWaves, ReliableBroadcast, check,
    hunt, run,
};

use crate::event_tables::EventTables;

/// The verdict in a word, the violated property, and the fewest messages of traitors that the loyal hear.
type Told = (&'static str, Option<&'static str>, Option<u32>);

fn told<P: EventTestable>(asked: Check<InWaves<P>>) -> Told {
    let verdict = asked.run().unwrap_or_else(|error| panic!("{error}"));
    let found = verdict.counterexample().map(|found| found.violation.name());
    (verdict.name(), found, verdict.least_heard)
}

/// Exactly one traitor: the commander, or a lieutenant.
fn one_traitor(loyal_commander: bool) -> Adversary {
    let mut adversary = Adversary::byzantine(1).exactly();
    match loyal_commander {
        true => adversary = adversary.loyal_commander(),
        false => adversary.suspects = Some(Generals::NONE.with(General::COMMANDER)),
    }
    adversary
}

/// With a loyal commander, validity demands that everybody delivers: elsewhere that is called termination.
#[test]
fn the_mutants_of_reliable_broadcast_are_broken_as_cheaply_as_is_known() {
    let bracha = ReliableBroadcast::new();
    let three = bracha.tolerating(1);
    let holds = ("holds", None, None);
    let breaks = |property, least| ("broken", Some(property), Some(least));
    let cases = [
        ("as published", bracha, 4, holds, holds),
        ("ready at 2f + 1 echoes", bracha.ready_at(3), 5, breaks("agreement", 8), holds),
        ("nobody joins in", bracha.amplify_at(0), 4, breaks("totality", 5), holds),
        ("delivers at f + 1", bracha.deliver_at(2), 4, breaks("totality", 4), holds),
        ("joins in at f", bracha.amplify_at(1), 4, breaks("totality", 2), breaks("validity", 1)),
        ("ready at f + 1 echoes", bracha.ready_at(2), 4, breaks("totality", 5), holds),
        ("ready at n echoes", bracha.ready_at(4), 4, holds, breaks("validity", 0)),
        (
            "n = 3, with 2, 2, 2",
            three.ready_at(2).amplify_at(2).deliver_at(2),
            3,
            breaks("totality", 3),
            holds,
        ),
        (
            "n = 3, with 3, 2, 3",
            three.ready_at(3).amplify_at(2).deliver_at(3),
            3,
            breaks("totality", 4),
            breaks("validity", 0),
        ),
    ];
    for (name, protocol, n, traitor, loyal) in cases {
        for (loyal_commander, expected) in [(false, traitor), (true, loyal)] {
            let asked = check(protocol).generals(n).against(one_traitor(loyal_commander));
            assert_eq!(told(asked), expected, "{name}, loyal commander: {loyal_commander}");
        }
    }
}

#[test]
fn among_three_the_naive_engine_says_the_same_of_reliable_broadcast() {
    let three = ReliableBroadcast::new().tolerating(1);
    for (echoes, amplify, deliver) in [(2, 2, 2), (3, 2, 3), (2, 1, 2), (2, 0, 3), (3, 2, 2)] {
        let protocol = three.ready_at(echoes).amplify_at(amplify).deliver_at(deliver);
        let asked = check(protocol).generals(3).traitors(1);
        let naive = told(asked.clone().engine(Engine::Naive));
        assert_eq!(told(asked), naive, "{echoes}, {amplify}, {deliver}");
    }
}

/// Compares each engine with the naive one on a random protocol. Returns the verdict in a word.
pub fn engines_agree(seed: u64, adversary: Adversary) -> &'static str {
    let protocol = EventTables::new(seed);
    let steps = if adversary.faults.is_byzantine() { 3_000_000 } else { 300_000 };
    let asked = check(protocol).generals(protocol.n).against(adversary).steps(steps);
    let (name, _, least) = told(asked.clone().engine(Engine::Naive));
    if name == "bounded" {
        return name;
    }
    // If the proof takes too many steps, the verdict has no least number of messages.
    let same = |found: Told, expected: Told, what: &str| {
        let proved = found.2.is_some() && expected.2.is_some();
        let same = found.0 == expected.0 && (found.2 == expected.2 || !proved);
        assert!(same || found.0 == "bounded", "seed {seed}: {what}: {found:?}, not {expected:?}");
    };
    let naive = (name, None, least);
    same(told(asked.clone()), naive, "the board");
    for reduction in Reduction::ASYNCHRONOUS {
        same(told(asked.clone().without(reduction)), naive, &reduction.to_string());
    }
    for property in ["agreement", "validity", "termination", "totality"] {
        // Some problems do not ask for all of these properties.
        let asked = asked.clone().violating(property);
        let Ok(naive) = asked.clone().engine(Engine::Naive).run() else { continue };
        let found = told(asked);
        if naive.name() == "bounded" {
            continue;
        }
        same(found, (naive.name(), None, naive.least_heard), property);
        // A fault is found whichever property is asked for, and may cost as little.
        let of_property = naive.counterexample().map(|found| found.violation.name());
        if [found.1, of_property].iter().flatten().all(|name| *name == property) {
            assert_eq!(found.1, of_property, "seed {seed}: {property}");
        }
    }
    name
}

#[test]
fn all_engines_agree_on_random_protocols() {
    let restarting = Adversary::byzantine(1).restarting(1);
    for (adversary, seeds) in
        [(Adversary::byzantine(1), 40), (Adversary::crash(1), 12), (restarting, 12)]
    {
        let ends: Vec<_> = (0..seeds).map(|seed| engines_agree(seed, adversary)).collect();
        for (end, least) in [("holds", 1), ("broken", seeds / 2)] {
            let many = ends.iter().filter(|other| **other == end).count() as u64;
            assert!(many >= least, "{adversary:?}: {many} end with {end}");
        }
    }
}

/// Where the search says that a protocol holds against crashes, a hunt finds nothing either; and an attack that the
/// search finds ends as reported when it is run again.
#[test]
fn crashes_are_not_found_where_there_are_none() {
    let mut held = 0;
    let restarting = Adversary::byzantine(0).restarting(1);
    for (crashes, seed) in [Adversary::crash(1), restarting].into_iter().cartesian_product(0..25) {
        let protocol = EventTables::new(seed);
        let asked = check(protocol).generals(protocol.n).against(crashes).steps(1_000_000);
        let verdict = asked.run().unwrap();
        if let Some(found) = verdict.counterexample() {
            let again = run(&InWaves(protocol), &found.attack).unwrap();
            assert_eq!(again.decisions, found.execution.decisions, "seed {seed}");
        } else if verdict.holds() {
            held += 1;
            hunt(protocol).generals(protocol.n).against(crashes).cases(300).assert_finds_nothing();
        }
    }
    assert!(held >= 4, "{held} hold");
}

/// Ben-Or's second protocol survives crashes if n > 2f, in all rounds.
#[test]
fn ben_or_survives_crashes() {
    let crashes = Adversary::crash(1);
    let verdict = check(BenOr::new().against_crashes()).generals(3).against(crashes).run().unwrap();
    assert!(verdict.holds() && verdict.carried.is_some(), "{verdict}");
    let bracha = ReliableBroadcast::new();
    for (protocol, n, broken) in [
        (bracha, 4, None),
        (bracha.tolerating(1), 3, Some("totality")),
        (bracha.amplify_at(0), 4, None),
        (bracha.ready_at(4), 4, Some("validity")),
    ] {
        let verdict = check(protocol).generals(n).against(crashes).run().unwrap();
        let found = verdict.counterexample().map(|found| found.violation.name());
        assert_eq!(found, broken, "{verdict}");
        assert_ne!(verdict.name(), "bounded", "{verdict}");
    }
}
