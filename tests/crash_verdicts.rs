//! Faults that are no lies (section 2): on FloodSet and the vote, the exhaustive search agrees with its twin, which
//! tries every crash and every omission.

use std::collections::BTreeMap;

use turncoat::FaultClass::{self, Crash, ReceiveOmission, SendOmission};
use turncoat::execution::Size;
use turncoat::protocols::vote::Ballot;
use turncoat::{
    Adversary, Attack, CoordinatorVote, Edit, FloodSet, General, Generals, InteractiveConsistency,
    Lie, Order, Property, Testable, Wire, check, run,
};

use crate::enemy_twins::Twin;

/// Compares the search with the twin. If the protocol is broken, the number of traitors and the size of the smallest
/// attack must be these.
fn agree<P: Testable>(
    protocol: P,
    n: usize,
    f: usize,
    faults: FaultClass,
    expected: Option<(usize, usize)>,
) {
    let adversary = Adversary::new(faults, f);
    let verdict = check(&protocol).generals(n).against(adversary).run().unwrap();
    assert_ne!(verdict.name(), "bounded", "{verdict}");
    let found = verdict.counterexample().map(|found| {
        assert_eq!(found.size, Size::Smallest, "{found}");
        (found.attack.traitors.len(), found.attack.size())
    });
    assert_eq!(found, expected, "{verdict}");
    let twin = Twin::new(&protocol, n, adversary);
    let smallest = adversary.sizes().find_map(|traitors| {
        let size = match faults {
            Crash => twin.crashes_needed(traitors),
            _ => twin.sweep(traitors, usize::MAX, &mut { usize::MAX }).found.map(|a| a.size()),
        };
        Some((traitors, size?))
    });
    assert_eq!(smallest, expected, "{verdict}, the twin");
}

fn general(id: usize) -> General {
    General::new(id)
}

fn inputs(orders: &[Order]) -> BTreeMap<General, Order> {
    orders.iter().enumerate().map(|(id, order)| (general(id), *order)).collect()
}

const A: Order = Order::ATTACK;
const R: Order = Order::RETREAT;

/// f + 1 rounds are enough, and necessary if n >= f + 2; among f + 1 generals f rounds are enough.
#[test]
fn flood_set_survives_f_crashes_in_f_plus_1_rounds() {
    for (n, f, rounds, broken_by) in [
        (3, 1, 2, None),
        (3, 1, 1, Some((1, 1))),
        (4, 1, 2, None),
        (4, 1, 1, Some((1, 1))),
        (4, 2, 3, None),
        (4, 2, 2, Some((2, 2))),
        (3, 2, 2, None),
        (3, 2, 1, Some((1, 1))),
        (2, 1, 1, None),
        (2, 1, 0, Some((0, 0))),
        (1, 0, 0, None),
    ] {
        agree(FloodSet::new(rounds), n, f, Crash, broken_by);
    }
    agree(FloodSet::new(2).over(Order::first(3)), 3, 1, Crash, None);
}

/// Only general 0 has the input RETREAT, and it crashes after it has told general 1 alone.
#[test]
fn one_round_of_flood_set_is_too_few_for_one_crash() {
    let reaches = Generals::NONE.with(general(1));
    let attack = Attack {
        faults: Crash,
        crashes: vec![turncoat::Crash { general: general(0), round: 1, reaches }],
        ..Attack::new(3, Generals::NONE.with(general(0)), inputs(&[R, A, A]))
    };
    let execution = run(&FloodSet::new(1), &attack).unwrap();
    assert_eq!(execution.decisions, [None, Some(R), Some(A)]);
    assert_eq!(execution.lacks, Some(Property::Agreement));
    let execution = run(&FloodSet::new(2), &attack).unwrap();
    assert_eq!(execution.decisions, [None, Some(R), Some(R)]);
}

/// A general who fails to receive does no more harm than one who crashes. One who fails to send can hold back its input
/// until the last round, and then tell it to one general.
#[test]
fn flood_set_survives_those_who_are_deaf_and_not_those_who_are_dumb() {
    for (n, f, rounds, dumb) in [
        (2, 1, 1, None),
        (3, 1, 1, Some((1, 1))),
        (3, 1, 2, Some((1, 3))),
        (4, 1, 2, Some((1, 4))),
        (3, 2, 2, Some((1, 3))),
    ] {
        agree(FloodSet::new(rounds), n, f, ReceiveOmission, None);
        agree(FloodSet::new(rounds), n, f, SendOmission, dumb);
    }
}

/// A Byzantine general is not bound by its input, so it need not even lie: all loyal generals have the same input, and
/// yet they fall back to the default.
#[test]
fn one_traitor_is_too_many_for_flood_set() {
    let broken = check(FloodSet::new(2)).generals(4).traitors(1).assert_broken();
    assert_eq!((broken.attack.traitors.len(), broken.attack.size()), (1, 0));
    assert_eq!(broken.violation.property(), Some(Property::Validity));
    // And if it lies, in the last round and to one general, they do not even agree.
    let wire = Wire { round: 2, from: general(0), to: general(3) };
    let [of, say] = [&[A] as &[Order], &[R, A]].map(|set| set.iter().copied().collect());
    let attack = Attack {
        lies: vec![Lie { wire, edit: Edit::Instead { of, say } }],
        ..Attack::new(4, Generals::NONE.with(general(0)), inputs(&[A; 4]))
    };
    let execution = run(&FloodSet::new(2), &attack).unwrap();
    assert_eq!(execution.decisions, [None, Some(A), Some(A), Some(R)]);
}

/// The vote by n - m survives m crashes, and no more.
#[test]
fn the_vote_survives_crashes() {
    for (n, m, f, broken_by) in [
        (3, 1, 1, None),
        (4, 1, 1, None),
        (5, 1, 1, None),
        (5, 2, 2, None),
        (3, 0, 0, None),
        (3, 0, 1, Some((1, 1))),
        (4, 1, 2, Some((2, 2))),
        (5, 1, 2, Some((2, 2))),
        // Below the bound, n <= 2m, it survives, too, because there is only one coordinator.
        (2, 1, 1, None),
        (3, 2, 2, None),
        (4, 2, 2, None),
    ] {
        agree(CoordinatorVote::new(m), n, f, Crash, broken_by);
    }
}

/// If a coordinator's proposal and vote fail to reach one general, the others can count a quorum that this one can't. A
/// general who fails to receive harms only himself.
#[test]
fn the_vote_survives_those_who_are_deaf_and_not_those_who_are_dumb() {
    for n in [3, 4] {
        agree(CoordinatorVote::new(1), n, 1, SendOmission, Some((1, 2)));
        agree(CoordinatorVote::new(1), n, 1, ReceiveOmission, None);
    }
}

/// Two quorums of 2 among 3 generals meet in one general, who votes for both.
#[test]
fn both_quorums_count_where_they_meet_in_a_traitor() {
    let wire = |round| Wire { round, from: general(0), to: general(2) };
    let instead = |of, say| Edit::Instead { of, say };
    let proposes = instead(Ballot::Propose(A), Ballot::Propose(R));
    let votes = instead(Ballot::Vote(A), Ballot::Vote(R));
    let attack = Attack {
        lies: vec![Lie { wire: wire(1), edit: proposes }, Lie { wire: wire(2), edit: votes }],
        ..Attack::new(3, Generals::NONE.with(general(0)), inputs(&[A]))
    };
    let execution = run(&CoordinatorVote::new(1), &attack).unwrap();
    assert_eq!(execution.decisions, [None, Some(A), Some(R)]);
}

/// One Byzantine traitor is too many for the vote, however many generals vote.
#[test]
fn the_vote_breaks_by_one_traitor() {
    for (n, m) in [(3, 1), (4, 1), (5, 1), (5, 2)] {
        let broken = check(CoordinatorVote::new(m)).generals(n).traitors(1).assert_broken();
        assert_eq!(broken.attack.traitors.len(), 1, "n = {n}, m = {m}");
    }
}

/// A protocol that survives traitors who lie also survives generals who stop.
#[test]
fn who_survives_traitors_survives_crashes() {
    agree(InteractiveConsistency::new(1), 4, 1, Crash, None);
    for faults in FaultClass::ALL {
        let adversary = Adversary::new(faults, 1);
        check(InteractiveConsistency::new(1)).generals(4).against(adversary).assert_holds();
    }
}
