//! Consensus by interactive consistency, where it holds and where it breaks, and consensus on the command line.

use itertools::Itertools;
use turncoat::search::Engine;
use turncoat::{
    Adversary, Attack, General, Generals, InteractiveConsistency, Order, Property, Repertoire,
    Testable, Wire, check, run,
};

use crate::attack_file::assert_each_change_gets_one_line;
use crate::command_line::{turncoat, turncoat_with};

#[test]
fn interactive_consistency_needs_3m_plus_1() {
    for (m, n, f, broken) in [
        (1, 4, 1, None),
        (1, 5, 1, None),
        (0, 2, 0, None),
        (1, 3, 1, Some(Property::Validity)),
        (0, 4, 1, Some(Property::Agreement)),
        // More rounds than f + 1 are no safer.
        (2, 4, 1, Some(Property::Validity)),
    ] {
        let verdict = check(InteractiveConsistency::new(m)).generals(n).traitors(f).run().unwrap();
        let found = verdict.counterexample().map(|found| found.violation.property().unwrap());
        assert_eq!(found, broken, "m = {m}, n = {n}, f = {f}\n{verdict}");
        assert_eq!(verdict.holds(), broken.is_none());
    }
    let three_values = InteractiveConsistency::new(1).over(Order::first(3));
    check(three_values)
        .generals(4)
        .against(Adversary::byzantine(1).without_strays())
        .assert_holds();
}

#[test]
fn the_engines_agree_on_consensus() {
    for (m, n) in [(0, 2), (0, 3), (1, 3)] {
        let ask = |engine| {
            let check = check(InteractiveConsistency::new(m)).generals(n);
            check.against(Adversary::byzantine(1).without_strays()).engine(engine).run().unwrap()
        };
        let (naive, exhaustive) = (ask(Engine::Naive), ask(Engine::Exhaustive));
        assert_eq!(naive.name(), exhaustive.name(), "m = {m}, n = {n}");
        assert_eq!(naive.behaviours, exhaustive.behaviours, "m = {m}, n = {n}");
    }
}

/// Messages of generals who obey are in the repertoire, and no message is in two slots.
#[test]
fn all_that_is_said_is_described() {
    let protocol = InteractiveConsistency::new(2);
    let inputs = (0..4).map(|id| (General::new(id), Order::first(2)[id % 2])).collect();
    let execution = run(&protocol, &Attack::new(4, Generals::NONE, inputs)).unwrap();
    for delivery in &execution.deliveries {
        let Repertoire { slots, .. } = protocol.repertoire(4, delivery.wire);
        assert_eq!(slots.len(), delivery.said.len(), "{delivery:?}");
        for said in delivery.said {
            let places = slots.iter().positions(|slot| slot.contains(said));
            assert_eq!(places.count(), 1, "{delivery:?}");
        }
    }
    let back = Wire { round: 2, from: General::new(1), to: General::new(0) };
    let slots = protocol.repertoire(4, back).slots.concat();
    assert!(slots.iter().all(|relay| !relay.path.generals().contains(General::new(0))));
}

/// An attack file with a crash.
const CRASH: &str = r#"{
  "turncoat_attack": 1,
  "protocol": {"protocol":"flood-set","rounds":1,"values":2},
  "n": 3,
  "faults": "crash",
  "traitors": [0],
  "inputs": {"0":"RETREAT","1":"ATTACK","2":"ATTACK"},
  "crashes": [{"general":0,"round":1,"reaches":[1]}],
  "lies": []
}"#;

#[test]
fn a_crash_is_replayed() {
    let replayed = turncoat_with("replay -", CRASH);
    assert_eq!((replayed.code, replayed.err.as_str()), (1, ""));
    assert!(replayed.out.contains("General 0 crashes in round 1 and still reaches general 1."));
    let longer = CRASH.replace("\"rounds\":1", "\"rounds\":2");
    assert_eq!(turncoat_with("replay -", &longer).code, 0);
    let json = turncoat_with("replay - --format json", CRASH).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["crashes"], serde_json::json!([{"general": 0, "round": 1, "reaches": [1]}]));
    assert_eq!((&json["faults"], &json["property"]), (&"crash".into(), &"agreement".into()));
}

#[test]
fn a_file_that_does_not_fit_gets_one_line() {
    assert_each_change_gets_one_line(CRASH, "bad_crash_files.txt");
}

/// The parameters are printed as they were given.
#[test]
fn what_is_not_the_default_is_said_again() {
    for (arguments, again) in [
        ("flood-set -n 4 -f 1", "check flood-set -n 4 -f 1 --save"),
        ("flood-set --rounds 1 -n 4 -f 1", "check flood-set --rounds 1 -n 4 -f 1 --save"),
        ("vote -m 2 -n 5 -f 1", "check vote -m 2 -n 5 -f 1 --save"),
        ("interactive -m 0 --values 3 -n 3 -f 1", "check interactive -m 0 --values 3 -n 3"),
    ] {
        let answer = turncoat(&format!("check {arguments}"));
        assert_eq!((answer.code, answer.err.as_str()), (1, ""), "{arguments}");
        assert!(answer.out.contains(again), "{arguments}\n{}", answer.out);
    }
}
