//! Protocols that misbehave are findings, with the attack that shows the fault; protocols with a wrong description are
//! refused.

use std::sync::atomic::{AtomicUsize, Ordering};

use turncoat::execution::Size;
use turncoat::fault::{Call, FaultKind};
use turncoat::{General, Problem, Repertoire, Round, Violation, check};

use crate::by_functions::{ByFunctions, Seen};

/// The commander sends his order, everybody relays it, and everybody obeys the commander. A relayed order is remembered
/// as itself plus one, so that 0 means nothing was heard.
fn obedient() -> ByFunctions {
    ByFunctions {
        rounds: 2,
        problem: || Problem::broadcast([0, 1]),
        send: |seen, round, to| match speaks(round, seen.me, to.id()) {
            true => vec![seen.heard[0]],
            false => vec![],
        },
        receive: hear,
        decide: |seen| seen.heard[0],
        repertoire: |wire| match speaks(wire.round, wire.from.id(), wire.to.id()) {
            true => Repertoire::one_of([0, 1]),
            false => Repertoire::silent(),
        },
        ..ByFunctions::plain()
    }
}

fn speaks(round: Round, from: usize, to: usize) -> bool {
    (from == 0) == (round == 1) && to != 0
}

fn hear(seen: &mut Seen, round: Round, from: General, order: u8) {
    match round {
        1 if from.is_commander() => seen.heard[0] = order,
        2 if !from.is_commander() => seen.heard[from.id()] = order + 1,
        _ => {}
    }
}

/// Whether some lieutenant relays another order than the commander sent.
fn differs(seen: &Seen) -> bool {
    seen.heard[1..].iter().any(|relayed| *relayed != 0 && *relayed != seen.heard[0] + 1)
}

/// The fault found among three generals with one traitor, with the number of lies that it takes.
fn fault(protocol: ByFunctions) -> (turncoat::fault::Fault, usize, bool) {
    let found = check(protocol).generals(3).traitors(1).assert_broken();
    match found.violation {
        Violation::Fault(fault) => (fault, found.attack.lies.len(), found.size == Size::Smallest),
        other => panic!("found only that {} is violated", other.name()),
    }
}

#[test]
fn a_panic_is_a_finding_with_the_smallest_attack_that_shows_it() {
    let receive = |seen: &mut Seen, round, from, order| {
        hear(seen, round, from, order);
        assert!(!differs(seen), "who of you lies?");
    };
    let (found, lies, smallest) = fault(ByFunctions { receive, ..obedient() });
    assert_eq!(found.call, Call::Receive(2));
    let FaultKind::Panicked(message) = &found.kind else { panic!("{found}") };
    assert!(message.starts_with("who of you lies? (at tests/faults.rs:"), "{message}");
    assert_eq!((lies, smallest), (1, true));
    let start = |_: &mut Seen| panic!("not even a start");
    let (found, lies, _) = fault(ByFunctions { start, ..obedient() });
    assert_eq!((found.call, lies), (Call::Start, 0));
}

#[test]
fn a_decision_outside_the_values_is_a_finding() {
    let decide = |seen: &Seen| if differs(seen) { 2 } else { seen.heard[0] };
    let (found, lies, smallest) = fault(ByFunctions { decide, ..obedient() });
    assert_eq!(found.kind, FaultKind::OutsideValues("2".to_owned()));
    assert_eq!((lies, smallest), (1, true));
}

/// Every seventh decision differs from the others.
#[test]
fn a_protocol_that_is_not_deterministic_is_a_finding() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let decide = |seen: &Seen| match CALLS.fetch_add(1, Ordering::Relaxed) % 7 {
        6 => 0,
        _ => seen.heard[0],
    };
    let (found, ..) = fault(ByFunctions { decide, ..obedient() });
    assert!(matches!(found.kind, FaultKind::Undetermined(..)), "{found}");
}

#[test]
fn a_protocol_that_is_described_wrongly_is_refused() {
    let refused = |protocol| {
        let refused = check(protocol).generals(4).traitors(1).run();
        refused.err().map(|error| error.to_string()).unwrap_or_default()
    };
    let send = |seen: &Seen, round, to: General| match speaks(round, seen.me, to.id()) {
        true if round == 2 => vec![3],
        true => vec![seen.heard[0]],
        false => vec![],
    };
    assert_eq!(
        refused(ByFunctions { send, ..obedient() }),
        "the repertoire has no place for what lieutenant 1 says to lieutenant 2 in round 2 when it \
         obeys: 3"
    );
    let message =
        refused(ByFunctions { repertoire: |_| panic!("I'd rather not say"), ..obedient() });
    assert!(message.starts_with("the protocol panics in repertoire: I'd rather not"), "{message}");
}

#[test]
fn a_question_that_makes_no_sense_is_refused() {
    let ask = || check(turncoat::OralMessages::new(1));
    let refused = [
        (ask().traitors(1), "how many generals? say .generals(..)"),
        (ask().generals(4), "how many traitors? say .traitors(..)"),
        (ask().generals(0).traitors(0), "n is 0: there must be from 1 to 64 generals"),
        (ask().generals(65).traitors(1), "n is 65: there must be from 1 to 64 generals"),
        (ask().generals(4).traitors(4), "f is 4: with n = 4 there can be at most 3 traitors"),
    ];
    for (question, expected) in refused {
        assert_eq!(question.run().unwrap_err().to_string(), expected);
    }
}

#[test]
#[should_panic(expected = "expected the protocol to hold, but it is broken")]
fn assert_holds_fails_with_the_story() {
    check(turncoat::OralMessages::new(1)).generals(3).traitors(1).assert_holds();
}

#[test]
#[should_panic(expected = "expected the protocol to be broken, but found: holds")]
fn assert_broken_fails_on_what_holds() {
    drop(check(turncoat::OralMessages::new(1)).generals(4).traitors(1).assert_broken());
}

#[test]
#[should_panic(expected = "the step budget was used up")]
fn bounded_is_not_enough_for_assert_holds() {
    check(turncoat::OralMessages::new(2)).generals(7).traitors(2).steps(1000).assert_holds();
}
