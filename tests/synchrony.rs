//! Event-driven protocols where all mail takes one wave: the engine that searches sets of states is compared with the
//! one that searches single states, and both with random search, on random protocols, for each class of faults.

use turncoat::adversary::{FaultClass, Timing};
use turncoat::search::progress::Halt;
use turncoat::search::{Engine, Reduction};
use turncoat::{
    Adversary, Effects, EventDriven, EventTestable, General, Graph, HotStuff, InWaves, Order,
    Problem, ReliableBroadcast, Ruling, Seat, Termination, Timer, Verdict, check, hunt, run,
};

use crate::event_tables::EventTables;

fn punctual(faults: FaultClass) -> Adversary {
    Adversary::new(faults, 1).timed(Timing::Synchronous)
}

/// Compares the verdicts on a random protocol: with sets of states, without them, and at random; and runs the attack
/// again. Returns the verdict in a word.
fn engines_agree(seed: u64, faults: FaultClass) -> &'static str {
    let protocol = EventTables::new(seed);
    let asked = check(protocol).generals(protocol.n).against(punctual(faults)).steps(200_000);
    let in_sets = asked.clone().run().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let others = [
        asked.clone().engine(Engine::Naive),
        asked.clone().without(Reduction::PerReceiver),
        asked.clone().without(Reduction::Antichains),
        asked.clone().without(Reduction::Renaming),
    ];
    for (number, other) in others.into_iter().enumerate() {
        let other = other.run().unwrap();
        let same = [&in_sets, &other].map(Verdict::name);
        let is_bounded = same.contains(&"bounded");
        assert!(same[0] == same[1] || is_bounded, "seed {seed}, {faults}, {number}: {same:?}");
    }
    if let Some(found) = in_sets.counterexample() {
        let again = run(&InWaves(protocol), &found.attack).unwrap();
        assert_eq!(again.decisions, found.execution.decisions, "seed {seed}, {faults}");
    }
    let hunted = hunt(protocol).generals(protocol.n).against(punctual(faults)).cases(100);
    let hunted = hunted.run().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let missed = in_sets.holds() && hunted.finding.is_some();
    assert!(!missed, "seed {seed}, {faults}: {hunted}");
    in_sets.name()
}

#[test]
fn sets_of_states_are_as_good_as_single_ones() {
    for faults in FaultClass::ALL {
        let ends: Vec<_> = (0..12).map(|seed| engines_agree(seed, faults)).collect();
        for (end, least) in [("holds", 1), ("broken", 3)] {
            let many = ends.iter().filter(|other| **other == end).count();
            assert!(many >= least, "{faults}: {many} end with {end}");
        }
    }
}

/// Mutants that are broken when mail is in time are broken when it is late as well; and some that late mail breaks hold
/// when it is in time.
#[test]
fn mutants_of_reliable_broadcast_are_broken_in_time_too() {
    let bracha = ReliableBroadcast::new();
    for (name, protocol, n, faults, broken) in [
        ("as published", bracha, 4, FaultClass::Byzantine, None),
        ("nobody joins in", bracha.amplify_at(0), 4, FaultClass::Byzantine, Some("totality")),
        ("delivers at f + 1", bracha.deliver_at(2), 4, FaultClass::Byzantine, Some("totality")),
        ("joins in at f", bracha.amplify_at(1), 4, FaultClass::Byzantine, Some("totality")),
        ("ready at 2f + 1", bracha.ready_at(3), 5, FaultClass::Byzantine, Some("agreement")),
        ("as published", bracha, 4, FaultClass::Crash, None),
        ("ready at n echoes", bracha.ready_at(4), 4, FaultClass::Crash, Some("validity")),
        ("as published", bracha, 4, FaultClass::SendOmission, None),
        ("nobody joins in", bracha.amplify_at(0), 4, FaultClass::SendOmission, Some("totality")),
        ("ready at n echoes", bracha.ready_at(4), 4, FaultClass::ReceiveOmission, Some("validity")),
    ] {
        let verdict = check(protocol).generals(n).against(punctual(faults)).run().unwrap();
        let found = verdict.counterexample().map(|found| found.violation.name());
        assert_eq!(found, broken, "{name}, {faults}: {verdict}");
        assert_ne!(verdict.name(), "bounded", "{name}, {faults}: {verdict}");
    }
}

/// Timers go off when all is quiet; so if a leader is a traitor, the next one takes over.
#[test]
fn views_pass_in_time() {
    let asked = |protocol| check(protocol).generals(4).against(punctual(FaultClass::Crash));
    let verdict = asked(HotStuff::new()).run().unwrap();
    assert!(verdict.holds(), "{verdict}");
}

/// Sets its timer again whenever that goes off, and never decides.
#[derive(Clone, Copy, Debug)]
struct Ticks;

impl EventDriven for Ticks {
    type Value = Order;
    type Decision = Order;
    type Message = Order;
    type State = bool;

    fn begin(&self, _: Seat, _: Option<&Order>, effects: &mut Effects<Order>) -> bool {
        effects.set_timer(1);
        false
    }

    fn receive(&self, _: &mut bool, _: General, _: &Order, _: &mut Effects<Order>) {}

    fn timer(&self, ticked: &mut bool, timer: Timer, effects: &mut Effects<Order>) {
        *ticked ^= true;
        effects.set_timer(timer);
    }

    fn decision(&self, _: &bool) -> Option<Order> {
        None
    }
}

impl EventTestable for Ticks {
    fn problem(&self, _: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)).deciding(Termination::All))
    }

    fn alphabet(&self, _: usize, _: General, _: General) -> Vec<Order> {
        vec![Order::ATTACK]
    }
}

/// If all is never quiet, there is no verdict on who decides.
#[test]
fn timers_without_end_are_left_unjudged() {
    for timing in [Timing::Synchronous, Timing::Asynchronous] {
        for faults in [FaultClass::Byzantine, FaultClass::Crash] {
            let asked = check(Ticks).generals(3).against(Adversary::new(faults, 1).timed(timing));
            for asked in [asked.clone(), asked.clone().engine(Engine::Naive)] {
                let ruling = asked.run().unwrap().ruling;
                assert!(matches!(ruling, Ruling::Bounded(Halt::Timers)), "{timing}: {ruling:?}");
            }
            assert!(asked.violating("agreement").run().unwrap().holds(), "{timing}");
        }
    }
}
