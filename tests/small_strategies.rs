//! Strategies: what they draw fits, what they shrink to is small, and mistakes get one clear line.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use turncoat::strategy::{Settings, attacks, forgeries, inputs, judged, lies, schedules, traitors};
use turncoat::{
    Adversary, Attack, AttackOn, General, Generals, OralMessages, Order, Setting, SignedMessages,
    Testable, TwoStep, check, prop_assert_holds, run,
};

fn om(m: usize) -> OralMessages {
    OralMessages::new(m)
}

/// The attack to which proptest shrinks what breaks a protocol; the fewer cases, the sooner.
fn found<P: Testable + Clone>(protocol: &P, settings: impl Into<Settings>) -> AttackOn<P> {
    let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
    let chance = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, chance);
    let strategy = attacks(protocol.clone(), settings);
    match runner.run(&strategy, |attack| {
        prop_assert_holds!(protocol, attack);
        Ok(())
    }) {
        Err(TestError::Fail(_, attack)) => attack,
        other => panic!("{protocol:?}: {other:?}"),
    }
}

fn breaks<P: Testable>(protocol: &P, attack: &AttackOn<P>) -> bool {
    judged(protocol, attack).is_err()
}

/// No lie can be taken back, and the attack is not much larger than the smallest there is.
fn is_small<P: Testable + Clone>(protocol: &P, n: usize, f: usize) {
    let attack = found(protocol, Setting::new(n, f));
    assert!(breaks(protocol, &attack), "{attack:?}");
    for lie in 0..attack.lies.len() {
        let mut without = attack.clone();
        without.lies.remove(lie);
        assert!(!breaks(protocol, &without), "{protocol:?}: {attack:?}");
    }
    // Bit by bit not every attack can be made as small as the smallest, but none stays large.
    let smallest = check(protocol).generals(n).traitors(f).assert_broken().attack;
    assert!(attack.size() <= 3 + smallest.size(), "{protocol:?}: {attack:?}");
}

#[test]
fn what_breaks_a_protocol_shrinks_to_something_small() {
    is_small(&om(1), 3, 1);
    is_small(&om(1), 5, 2);
    is_small(&TwoStep::new(), 4, 2);
    is_small(&SignedMessages::new(0), 3, 1);
}

/// Fewer generals are tried where there are settings with fewer; and what is shrunk stays one of
/// the adversary's.
#[test]
fn it_shrinks_to_fewer_generals_where_that_is_allowed() {
    let attack = found(&om(1), Settings::among(3..=6, |_| 1));
    assert!(attack.n() == 3 && attack.size() <= 2, "{attack:?}");
}

#[test]
fn crashes_and_changes_of_the_schedule_shrink_as_well() {
    let lost = Adversary::byzantine(1).without_replays().any_order().disrupted(2, 1);
    let attack = found(&SignedMessages::new(1), Setting::new(3, lost));
    assert_eq!(attack.size(), 2, "{attack:?}");
    assert!(attack.schedule.iter().all(|shift| shift.arrival.is_asynchronous()), "{attack:?}");
    let attack = found(&om(0), Setting::new(4, Adversary::crash(1)));
    assert_eq!((attack.crashes.len(), attack.size()), (1, 1), "{attack:?}");
}

/// A stored attack comes first, whatever would be drawn.
#[test]
fn stored_attacks_come_first() {
    let stored = check(om(1)).generals(3).traitors(1).assert_broken().attack;
    let strategy = attacks(om(1), Setting::new(3, 1)).first([stored.clone(), stored.clone()]);
    let mut runner = TestRunner::default();
    let mut drawn = || strategy.new_tree(&mut runner).map(|tree| tree.current());
    assert_eq!([drawn().unwrap(), drawn().unwrap()], [stored.clone(), stored.clone()]);
    assert!((0..20).any(|_| drawn().unwrap() != stored));
    let elsewhere = attacks(om(1), Setting::new(4, 1)).first([stored]);
    let reason = elsewhere.new_tree(&mut runner).unwrap_err();
    assert_eq!(reason.message(), "an attack to begin with has n = 3, byzantine; here are n = 4");
}

#[test]
fn mistakes_get_one_line() {
    let reason = |settings: Settings| {
        let new = attacks(om(1), settings).new_tree(&mut TestRunner::default());
        new.unwrap_err().message().to_owned()
    };
    let expected = [
        (Settings::among([], |n| n), "there is no setting to choose from: give at least one"),
        (Setting::new(3, 3).into(), "f is 3: with n = 3 there can be at most 2 traitors"),
        (Setting::new(0, 0).into(), "n is 0: there must be from 1 to 64 generals"),
    ];
    for (settings, line) in expected {
        assert_eq!(reason(settings), line);
    }
    let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
    let misfit = judged(&om(1), &Attack::new(3, Generals::first(5), inputs));
    assert_eq!(misfit.unwrap_err(), "general 3 is not there: the 3 generals are numbered from 0");
}

fn signed() -> SignedMessages {
    SignedMessages::new(2)
}

fn anything_goes() -> Setting {
    Setting::new(4, Adversary::byzantine(2).any_order())
}

proptest! {
    #![proptest_config(Config { cases: 64, ..Config::default() })]

    #[test]
    fn settings_are_those_that_were_given(setting in Settings::among(4..=9, |n| (n - 1) / 3)) {
        prop_assert!((4..=9).contains(&setting.n()));
        prop_assert_eq!(setting.adversary.traitors, (setting.n() - 1) / 3);
    }

    #[test]
    fn parts_are_put_together_by_the_user(
        traitors in traitors(Setting::new(5, 2)),
        inputs in inputs(&om(2), 5).unwrap(),
    ) {
        prop_assert!(traitors.len() <= 2);
        let attack = Attack::new(5, traitors, inputs);
        prop_assert_holds!(om(2), attack);
    }

    #[test]
    fn every_attack_fits(attack in attacks(signed(), anything_goes())) {
        let execution = run(&signed(), &attack).unwrap();
        prop_assert!(execution.idle.is_empty() && execution.lacking.is_empty());
        prop_assert_holds!(signed(), attack);
    }

    #[test]
    fn lies_and_schedules_and_forgeries_are_there_by_themselves(
        lies in lies(signed(), anything_goes()),
        schedule in schedules(signed(), anything_goes()),
        (wire, forgery) in forgeries(&signed(), 4).unwrap(),
    ) {
        prop_assert!(lies.iter().all(|lie| lie.wire.round <= 3));
        prop_assert!(schedule.iter().all(|shift| !shift.arrival.is_asynchronous()));
        prop_assert!(wire.from != wire.to && !forgery.label.is_empty());
    }

    /// A strategy of a strategy: the user's own choice decides the protocol.
    #[test]
    fn strategies_are_composed(
        (m, attack) in (1..=2_usize).prop_flat_map(|m| {
            (Just(m), attacks(om(m), Setting::new(3 * m + 1, m)))
        }),
    ) {
        prop_assert_holds!(om(m), attack);
    }
}
