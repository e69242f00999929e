//! Unusual protocols, made to crash turncoat or to make it say something false.

use std::collections::HashMap;

use turncoat::execution::Size;
use turncoat::search::Engine;
use turncoat::{Adversary, Repertoire, VerdictOn, Violation, check, run};

use crate::by_functions::ByFunctions;

/// The verdicts of both engines, which must be the same.
fn verdict(odd: &ByFunctions, n: usize, f: usize) -> VerdictOn<&ByFunctions> {
    let adversary = Adversary::byzantine(f).without_strays();
    let ask = |engine| check(odd).generals(n).against(adversary).engine(engine).run();
    let (exhaustive, naive) = (ask(Engine::Exhaustive).unwrap(), ask(Engine::Naive).unwrap());
    assert_eq!(exhaustive.name(), naive.name(), "{exhaustive}\n{naive}");
    assert_eq!(exhaustive.behaviours, naive.behaviours);
    exhaustive
}

#[test]
fn a_loyal_general_that_panics_when_it_answers_a_traitor_is_found() {
    let answer = ByFunctions {
        rounds: 2,
        send: |seen, _, to| {
            assert_ne!(seen.heard[to.id()], 5, "that was rude");
            vec![0]
        },
        ..ByFunctions::plain()
    };
    let found = verdict(&answer, 2, 1);
    let found = found.counterexample().unwrap();
    assert_eq!((found.attack.lies.len(), found.size), (1, Size::Smallest));
}

#[test]
fn a_loyal_commander_that_panics_in_the_last_round_is_found() {
    let commander = ByFunctions {
        receive: |seen, _, from, message| {
            assert!(!(seen.me == 0 && from.id() == 2 && message == 5), "mutiny");
        },
        ..ByFunctions::plain()
    };
    assert_eq!(verdict(&commander, 3, 1).name(), "broken");
}

/// A traitor's own state may break without harm: here a traitor's protocol panics on the echo of its own lie.
#[test]
fn a_traitor_whose_own_run_panics_is_no_finding() {
    let echo = ByFunctions {
        rounds: 2,
        send: |seen, round, to| vec![if round == 1 { 0 } else { seen.heard[to.id()] }],
        receive: |seen, round, from, message| {
            assert!(!(round == 2 && message == 5), "I never said that");
            seen.heard[from.id()] = message;
        },
        repertoire: |wire| match wire.round {
            1 => Repertoire::one_of(0..10),
            // The commander can say 5, loyal or not; if a traitor does, a loyal lieutenant panics.
            _ if wire.from.is_commander() => Repertoire::one_of(0..10),
            _ => Repertoire::one_of((0..10).filter(|message| *message != 5)),
        },
        ..ByFunctions::plain()
    };
    assert_eq!(verdict(&echo, 2, 1).name(), "broken");
    let deaf = ByFunctions {
        receive: |seen, round, from, message| {
            assert!(!(round == 2 && message == 5 && seen.me == 1), "I never said that");
            seen.heard[from.id()] = message;
        },
        repertoire: ByFunctions::plain().repertoire,
        ..echo
    };
    // Lieutenant 1 panics if it is loyal and a traitor commander says 5.
    let found = verdict(&deaf, 2, 1);
    let found = found.counterexample().unwrap();
    assert_eq!(found.attack.traitors.to_string(), "the commander");
    // If lieutenant 1 is the traitor, its panic does not count.
    check(&deaf).generals(2).against(Adversary::byzantine(1).loyal_commander()).assert_holds();
}

/// Lieutenant 5 panics when it hears lieutenant 3, after three lies and before it hears lieutenant 4, whose lie would
/// be a fourth.
#[test]
fn a_fault_on_hearing_the_loyal_costs_no_lies_that_come_later() {
    let later = ByFunctions {
        rounds: 2,
        send: |seen, round, to| match (round, seen.me, to.id()) {
            (1, 4, 2 | 3) => vec![0],
            (2, 1..=4, 5) => vec![seen.heard[4]],
            _ => vec![],
        },
        receive: |seen, round, from, message| match (round, from.id(), message) {
            (2, 3, 9) if seen.heard[1..3] == [9, 9] => panic!("nines"),
            (2, 4, 1) if seen.heard[1..4] == [1; 3] => panic!("ones"),
            (_, from, message) => seen.heard[from] = message,
        },
        repertoire: |wire| match (wire.round, wire.from.id(), wire.to.id()) {
            (1, 4, 2 | 3) | (2, 1..=4, 5) => Repertoire::one_of([0, 1, 9]),
            _ => Repertoire::silent(),
        },
        ..ByFunctions::plain()
    };
    let found = check(&later).generals(6).traitors(2).assert_broken();
    assert_eq!((found.attack.lies.len(), found.size), (3, Size::Smallest), "{found}");
}

/// The search reaches one state first with a lie, and then without one. It must visit the state again, because only
/// then is a lie left for what follows.
#[test]
fn a_state_is_visited_again_with_fewer_lies() {
    let forgetful = ByFunctions {
        rounds: 3,
        send: |seen, round, to| match (seen.me, round, to.id()) {
            (1, 1 | 3, 2) => vec![1],
            (0, 2, 2) => vec![0],
            _ => vec![],
        },
        receive: |seen, round, _, message| match round {
            1 => seen.heard[1] = message,
            2 => seen.heard[1] = 0,
            _ => assert_ne!(message, 0, "nothing at last"),
        },
        repertoire: |wire| match (wire.from.id(), wire.round, wire.to.id()) {
            (1, 1 | 3, 2) => Repertoire::one_of([0, 1]),
            (0, 2, 2) => Repertoire::one_of([0]),
            _ => Repertoire::silent(),
        },
        ..ByFunctions::plain()
    };
    let found = check(&forgetful).generals(3).traitors(1).assert_broken();
    assert_eq!((found.attack.lies.len(), found.size), (1, Size::Smallest), "{found}");
}

/// Lies are counted slot by slot: moving a message from one slot to another counts as two.
#[test]
fn a_lie_changes_one_slot() {
    let cross = ByFunctions {
        send: |seen, _, _| if seen.me == 0 { vec![] } else { vec![10] },
        receive: |seen, _, from, message| seen.heard[from.id()] += message,
        decide: |seen| {
            assert!(!(seen.me == 2 && seen.heard[1] == 20), "moved");
            0
        },
        repertoire: |wire| match wire.from.is_commander() {
            true => Repertoire::silent(),
            false => Repertoire::of([vec![10], vec![20]]),
        },
        ..ByFunctions::plain()
    };
    let found =
        check(&cross).generals(4).against(Adversary::byzantine(1).without_strays()).assert_broken();
    assert_eq!((found.attack.lies.len(), found.size), (2, Size::Smallest));
}

#[test]
fn a_message_in_two_slots_is_refused() {
    let overlap = ByFunctions {
        repertoire: |_| Repertoire::of([vec![1, 2], vec![1]]),
        ..ByFunctions::plain()
    };
    assert_eq!(
        check(&overlap).generals(2).traitors(1).run().unwrap_err().to_string(),
        "the repertoire has 1 in two slots of the wire from the commander to lieutenant 1 in round \
         1: a message must belong to one slot"
    );
}

/// A loyal general says 77, but only after a rare lie.
#[test]
fn what_the_repertoire_leaves_out_is_noticed_wherever_it_is_said() {
    let undescribed = ByFunctions {
        rounds: 2,
        send: |seen, round, _| vec![if round == 2 && seen.heard.contains(&5) { 77 } else { 0 }],
        ..ByFunctions::plain()
    };
    let error = check(&undescribed).generals(2).traitors(1).run().unwrap_err().to_string();
    assert!(error.starts_with("the repertoire has no place for what"), "{error}");
}

/// Without its first lie, the attack would say two things in one slot, which the adversary may not do.
#[test]
fn shrinking_stays_within_what_the_adversary_may_do() {
    let shrinks = ByFunctions {
        rounds: 3,
        send: |seen, round, to| match (seen.me, round, to.id()) {
            (1, 1, 2) => vec![0],
            (2, 2, 1) => vec![seen.heard[1]],
            (1, 3, 2) if seen.heard[2] == 0 => vec![7],
            _ => vec![],
        },
        receive: |seen, round, from, message| {
            let before = seen.heard[from.id()];
            assert!(!(round == 3 && message == 8 && matches!(before, 1 | 7)), "8 after {before}");
            seen.heard[from.id()] = message;
        },
        repertoire: |wire| match (wire.from.id(), wire.round, wire.to.id()) {
            (1, 1, 2) | (2, 2, 1) => Repertoire::one_of([0, 1]),
            (1, 3, 2) => Repertoire::one_of([6, 7, 8]),
            _ => Repertoire::silent(),
        },
        ..ByFunctions::plain()
    };
    let found = check(&shrinks)
        .generals(3)
        .against(Adversary::byzantine(1).without_strays())
        .assert_broken();
    let said = found.execution.deliveries.iter().map(|delivery| delivery.said.len());
    assert_eq!(said.max(), Some(1), "{found}");
    assert_eq!((found.attack.lies.len(), found.size), (2, Size::Smallest), "{found}");
    assert_eq!(run(&shrinks, &found.attack).unwrap(), found.execution);
}

/// Ties that are broken by the order of a hash map: the most common accident. turncoat reports exactly that, and never
/// takes it for a bug of its own.
#[test]
fn a_hash_map_that_breaks_ties_is_always_found_out() {
    let hashed = ByFunctions {
        decide: |seen| {
            let mut votes = HashMap::from([(0_u8, 1), (1, 1)]);
            for vote in &seen.heard {
                *votes.entry(*vote).or_insert(0) += 0;
            }
            let most = votes.into_iter().max_by_key(|(_, count)| *count);
            most.map_or(0, |(vote, _)| vote) & 1
        },
        ..ByFunctions::plain()
    };
    for _ in 0..100 {
        let found = check(&hashed).generals(4).traitors(1).assert_broken();
        let Violation::Fault(fault) = &found.violation else { panic!("{found}") };
        assert!(["determinism", "values"].contains(&fault.kind.property()), "{fault}");
    }
}

/// Protocols with many rounds are searched or refused; the stack never overflows.
#[test]
fn many_rounds_are_refused_before_the_stack_overflows() {
    let long = |rounds| ByFunctions {
        rounds,
        send: |_, _, _| vec![],
        repertoire: |_| Repertoire::silent(),
        ..ByFunctions::plain()
    };
    check(&long(128)).generals(4).traitors(1).assert_holds();
    let error = check(&long(129)).generals(4).traitors(1).run().unwrap_err().to_string();
    assert!(error.starts_with("there are 129 rounds among 4 generals"), "{error}");
    check(&long(0)).generals(4).traitors(1).assert_holds();
    check(&long(1)).generals(1).traitors(0).assert_holds();
}

/// One general differs from the others, and there are millions of sets of traitors.
#[test]
fn behaviours_are_counted_without_going_through_all_sets() {
    let unalike = ByFunctions {
        send: |_, _, _| vec![],
        repertoire: |wire| match wire.from.id() {
            1 => Repertoire::one_of([1]),
            _ => Repertoire::silent(),
        },
        ..ByFunctions::plain()
    };
    let verdict = check(&unalike).generals(34).traitors(17).steps(10).run().unwrap();
    assert_eq!(verdict.name(), "bounded");
    // General 1 as a traitor has two choices on the wire to each loyal general.
    let adversary = Adversary::byzantine(3).without_strays();
    let small = check(&unalike).generals(6).against(adversary).run().unwrap();
    let sets = [1, 5 + (1 << 5), 10 + 5 * (1 << 4), 10 + 10 * (1 << 3)];
    assert_eq!(small.behaviours.to_string(), sets.iter().sum::<i32>().to_string());
}
