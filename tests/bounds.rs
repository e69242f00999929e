//! Known theorems agree with turncoat's findings: with exhaustive verdicts and with the graph of views, for all n <= 8
//! and f <= 3 that are affordable.

use std::collections::BTreeSet;

use itertools::Itertools;
use serde_json::Value;
use turncoat::impossibility::rounds::affordable;
use turncoat::impossibility::{
    Bounds, BoundsProblem, Quorum, Solvability, Theorem, Thresholds, rounds,
};
use turncoat::{
    Generals, InteractiveConsistency, OralMessages, Ruling, SignedMessages, Task, check,
};

use crate::command_line::turncoat;

fn bounds(problem: BoundsProblem) -> Bounds {
    problem.bounds().unwrap()
}

fn solvable(problem: BoundsProblem) -> bool {
    match bounds(problem).answer {
        Solvability::Solvable => true,
        Solvability::Unsolvable => false,
        Solvability::DependsOnGraph => panic!("{problem:?}: all can talk to all"),
    }
}

/// All n <= 8 and f <= 3 with f < n.
fn table() -> impl Iterator<Item = (usize, usize)> {
    (1..=8).flat_map(|n| (0..=3).map(move |f| (n, f))).filter(|(n, f)| f < n)
}

#[test]
fn rounds_find_what_is_known() {
    let mut compared = 0;
    for (n, f) in table() {
        for r in 1..=4 {
            let large = n.pow(r as u32) * f > 150; // it is affordable, but not in every test run
            if affordable(n, f, r) && !large {
                let problem = BoundsProblem { rounds: Some(r), ..BoundsProblem::new(n, f) };
                let found = rounds(n, f, r).unwrap();
                assert_eq!(found.exists(), solvable(problem), "n = {n}, f = {f}, r = {r}");
                compared += 1;
            }
        }
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn oral_messages_are_as_good_as_is_known() {
    for (n, f) in table() {
        let known = solvable(BoundsProblem::new(n, f));
        if known && f > 1 {
            continue; // that takes minutes
        }
        // Enough steps to show that a protocol holds or is broken, but not to prove that an attack is the smallest.
        let asked = check(OralMessages::new(f)).generals(n).traitors(f).steps(3_000_000);
        assert_eq!(
            asked.run().unwrap().name(),
            if known { "holds" } else { "broken" },
            "n = {n}, f = {f}"
        );
        for r in 1..=f {
            let few = BoundsProblem { rounds: Some(r), ..BoundsProblem::new(n, f) };
            if known && !solvable(few) {
                check(OralMessages::new(r - 1)).generals(n).traitors(f).assert_broken();
            }
        }
    }
}

#[test]
fn signed_messages_are_as_good_as_is_known() {
    for (n, f) in table().filter(|(n, _)| *n <= 5) {
        let signed = BoundsProblem { signed: true, ..BoundsProblem::new(n, f) };
        assert!(solvable(signed), "n = {n}, f = {f}");
        for r in 1..=f + 1 {
            let known = solvable(BoundsProblem { rounds: Some(r), ..signed });
            let verdict = check(SignedMessages::new(r - 1)).generals(n).traitors(f).run().unwrap();
            assert_eq!(verdict.holds(), known, "n = {n}, f = {f}, r = {r}");
        }
    }
}

#[test]
fn consensus_is_as_good_as_is_known() {
    for (n, f) in table().filter(|(n, f)| *f == 0 || *n <= 5 && *f == 1) {
        let known = solvable(BoundsProblem { task: Task::Consensus, ..BoundsProblem::new(n, f) });
        let asked = check(InteractiveConsistency::new(f)).generals(n).traitors(f);
        let verdict = asked.steps(20_000_000).run().unwrap();
        assert!(!matches!(verdict.ruling, Ruling::Bounded(_)), "n = {n}, f = {f}");
        assert_eq!(verdict.holds(), known, "n = {n}, f = {f}");
    }
}

/// On a graph that is not complete: the bounds of section 5 of the paper, and of Dolev.
#[test]
fn connectivity_is_needed() {
    let ring = BoundsProblem { connectivity: 2, ..BoundsProblem::new(4, 1) };
    assert_eq!(bounds(ring).conditions[1].theorem, Theorem::OralConnectivity);
    assert_eq!(bounds(ring).answer, Solvability::Unsolvable);
    assert_eq!(bounds(BoundsProblem { signed: true, ..ring }).answer, Solvability::Solvable);
    let prism = BoundsProblem { connectivity: 3, ..BoundsProblem::new(6, 1) };
    assert_eq!(bounds(prism).answer, Solvability::Solvable);
    assert_eq!(bounds(BoundsProblem { rounds: Some(1), ..prism }).answer, Solvability::Unsolvable);
    assert_eq!(
        bounds(BoundsProblem { rounds: Some(2), ..prism }).answer,
        Solvability::DependsOnGraph
    );
    let cut = BoundsProblem { connectivity: 1, signed: true, ..BoundsProblem::new(5, 1) };
    assert_eq!(bounds(cut).answer, Solvability::Unsolvable);
    for (n, f) in table() {
        for connectivity in 0..n {
            let problem = BoundsProblem { connectivity, ..BoundsProblem::new(n, f) };
            let oral = bounds(problem).answer == Solvability::Solvable;
            let signed =
                bounds(BoundsProblem { signed: true, ..problem }).answer == Solvability::Solvable;
            assert!(signed || !oral, "signatures can't harm: {problem:?}");
        }
    }
}

/// The arithmetic of thresholds agrees with sets of generals, counted one by one.
#[test]
fn votes_are_worth_what_is_said() {
    for (n, f) in table().filter(|(n, _)| *n <= 6) {
        let Thresholds { quorum, meet, loyal, certain, discounted } = Thresholds::of(n, f);
        let all = Generals::first(n);
        let quorums: Vec<Generals> = all.subsets(quorum).collect();
        let common = |one: Generals, other: Generals| one.minus(all.minus(other));
        let pairs = quorums.iter().flat_map(|one| quorums.iter().map(|other| common(*one, *other)));
        assert_eq!(pairs.clone().map(Generals::len).min(), Some(meet));
        let traitors: Vec<Generals> = all.subsets(f).collect();
        let left =
            pairs.flat_map(|both| traitors.iter().map(move |traitors| both.minus(*traitors)));
        assert_eq!(left.map(Generals::len).min(), Some(loyal));
        let sure = |votes: Generals| traitors.iter().all(|liars| !votes.minus(*liars).is_empty());
        assert!(all.subsets(certain).all(sure) && !all.subsets(certain - 1).any(sure));
        // Among the votes waited for, as many lies as there can be; all others are loyal.
        let lies = |votes: &Generals| common(*votes, traitors[0]).len();
        let outnumbered = quorums.iter().all(|votes| votes.len() - lies(votes) > lies(votes));
        assert_eq!(discounted, outnumbered, "n = {n}, f = {f}");
        assert_eq!(
            discounted,
            solvable(BoundsProblem { task: Task::Consensus, ..BoundsProblem::new(n, f) })
        );
    }
}

/// Every command that `bounds` names ends with the exit code that it states.
#[test]
fn the_commands_show_what_is_said() {
    const OPTIONS: [&str; 11] = [
        "",
        " -r 1",
        " -r 2",
        " -r 3",
        " --signed",
        " --signed -r 1",
        " --signed -r 2",
        " --task consensus",
        " --task consensus -r 1",
        " --signed --task consensus",
        " --connectivity 0",
    ];
    let settings = (1..=7).flat_map(|n| (0..=3.min(n - 1)).map(move |f| (n, f)));
    let mut ran = BTreeSet::new();
    for ((n, f), options) in settings.cartesian_product(OPTIONS) {
        if n == 6 && options == " -r 3" {
            continue; // With 341 million executions: half the time of all tests.
        }
        let bounds = format!("bounds -n {n} -f {f}{options}");
        let answer = turncoat(&format!("{bounds} --format json")).out;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        for shown in answer["shown_by"].as_array().unwrap() {
            let command = shown["command"].as_str().unwrap().strip_prefix("turncoat ").unwrap();
            if ran.insert(command.to_owned()) {
                let code = i64::from(turncoat(command).code);
                assert_eq!(Some(code), shown["exit_code"].as_i64(), "{bounds}: {command}");
            }
        }
    }
    assert!(ran.len() > 50, "{} commands", ran.len());
}

/// What `Quorum` says is true of all sets of that size, counted one by one.
#[test]
fn quorums_are_worth_what_is_said() {
    let common = |all: Generals, one: Generals, other: Generals| one.minus(all.minus(other));
    for (n, f) in table().filter(|(n, _)| *n <= 7) {
        let all = Generals::first(n);
        for size in 1..=n {
            let quorum = Quorum::of(n, f, size);
            let quorums: Vec<Generals> = all.subsets(size).collect();
            let both = quorums.iter().map(|other| common(all, quorums[0], *other).len());
            assert_eq!(both.min(), Some(quorum.meet), "n = {n}, f = {f}, q = {size}");
            let traitors: Vec<Generals> = all.subsets(f).collect();
            let met = quorums.iter().map(|other| common(all, quorums[0], *other));
            let loyal = met.flat_map(|met| traitors.iter().map(move |who| met.minus(*who).len()));
            assert_eq!(loyal.min(), Some(quorum.loyal), "n = {n}, f = {f}, q = {size}");
            let forms = traitors.iter().all(|silent| all.minus(*silent).len() >= size);
            assert_eq!(quorum.forms, forms, "n = {n}, f = {f}, q = {size}");
            assert_eq!(quorum.is_right(), Quorum::right(n, f).contains(&size));
        }
        assert_eq!(Quorum::right(n, f).is_empty(), n <= 3 * f, "n = {n}, f = {f}");
    }
    // Quorum sizes as people get them wrong: 2f + 1 is right where n = 3f + 1, and nowhere else.
    for (n, f, right) in [
        (4, 1, [true, true, true]),
        (5, 1, [false, true, false]),
        (6, 1, [true, true, false]),
        (7, 2, [false, true, true]),
        (8, 2, [false, true, false]),
        (9, 2, [false, true, false]),
        (3, 1, [false, false, false]),
    ] {
        let judged = Quorum::in_use(n, f).map(|(_, quorum)| quorum.is_right());
        assert_eq!(judged, right, "n = {n}, f = {f}");
    }
}
