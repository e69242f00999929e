//! Strategies for proptest: what they draw, the message of a failure, and that attacks are kept.

use std::collections::BTreeMap;
use std::fs;

use expect_test::expect;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use turncoat::strategy::{Settings, attacks, forgeries, inputs, judged, lies, schedules, traitors};
use turncoat::{
    Adversary, Arrival, AttackOn, General, Generals, OralMessages, Order, Regressions, Setting,
    SignedMessages, Testable, TwoStep, check, prop_assert_holds, run,
};

use crate::command_line::scratch_folder;
use crate::panics;
use crate::strategy_shrinking::oral;

const ATTACK: Order = Order::ATTACK;

proptest! {
    #![proptest_config(Config { cases: 64, ..Config::default() })]

    /// A strategy can borrow the protocol or own it.
    #[test]
    fn signed_messages_survive(
        lent in attacks(&SignedMessages::new(2), Setting::new(4, 2)),
        owned in attacks(SignedMessages::new(1), Settings::among(2..=4, |_| 1)),
    ) {
        prop_assert_holds!(SignedMessages::new(2), lent);
        prop_assert_holds!(&SignedMessages::new(1), owned);
    }

    /// Every drawn attack fits the setting.
    #[test]
    fn attacks_are_the_adversary_s(attack in attacks(OralMessages::new(1), any_setting())) {
        prop_assert!(attack.n() >= 2 && attack.traitors.len() <= 2 && attack.traitors.len() < attack.n());
        prop_assert!(run(&OralMessages::new(1), &attack).unwrap().idle.is_empty());
    }

    /// First a setting is drawn, then the traitors and the inputs, and then what they do.
    #[test]
    fn parts_are_put_together(
        (by, given, attack) in (traitors(Setting::new(5, 2)), inputs(&OralMessages::new(1), 5).unwrap())
            .prop_flat_map(|(by, given)| {
                let drawn = attacks(OralMessages::new(1), Setting::new(5, 2));
                (Just(by), Just(given.clone()), drawn.by(by).given(given))
            }),
        told in lies(OralMessages::new(1), Setting::new(4, 1)).prop_map(|lies| lies.len()),
        shifted in schedules(OralMessages::new(1), in_any_order(4, 1)),
        (wire, forgery) in forgeries(&SignedMessages::new(1), 3).unwrap(),
    ) {
        prop_assert_eq!((by, &given), (attack.traitors, &attack.inputs));
        prop_assert!(told < 100 && wire.round <= 2);
        prop_assert!(wire.from != wire.to && !forgery.label.is_empty());
        prop_assert!(shifted.iter().all(|shift| shift.arrival == Arrival::First));
    }

    #[test]
    fn settings_are_those_that_were_given(setting in Settings::among(4..=9, |n| (n - 1) / 3)) {
        prop_assert!((4..=9).contains(&setting.n()));
        prop_assert_eq!(setting.adversary.traitors, (setting.n() - 1) / 3);
    }

    #[test]
    fn every_attack_fits(attack in attacks(SignedMessages::new(2), in_any_order(4, 2))) {
        let execution = run(&SignedMessages::new(2), &attack).unwrap();
        prop_assert!(execution.idle.is_empty() && execution.lacking.is_empty());
        prop_assert_holds!(SignedMessages::new(2), attack);
    }

    /// A strategy of strategies: the user's own choice decides the protocol.
    #[test]
    fn strategies_are_composed(
        (m, attack) in (1..=2_usize).prop_flat_map(|m| {
            (Just(m), attacks(OralMessages::new(m), Setting::new(3 * m + 1, m)))
        }),
    ) {
        prop_assert_holds!(OralMessages::new(m), attack);
    }
}

fn any_setting() -> Settings {
    Settings::among(2..=5, |n| (n - 1).min(2))
}

fn in_any_order(n: usize, f: usize) -> Setting {
    Setting::new(n, Adversary::byzantine(f).any_order())
}

fn refused<S: Strategy>(strategy: S) -> String {
    let reason = strategy.new_tree(&mut TestRunner::deterministic()).err().unwrap();
    format!("{}\n", reason.message())
}

/// What can't be drawn is an error in one line.
#[test]
fn bad_settings_get_one_line() {
    let om = || OralMessages::new(1);
    let four = || attacks(om(), Setting::new(4, 1));
    let lieutenants = Generals::first(3).without(General::COMMANDER);
    let stored = oral(5, &[1], ATTACK, &[]);
    let mut nobody = oral(4, &[1], ATTACK, &[]);
    nobody.inputs.clear();
    let lines = [
        refused(Settings::among([], |n| n)),
        refused(attacks(om(), Settings::among([], |n| n))),
        refused(attacks(om(), Setting::new(0, 0))),
        refused(attacks(om(), Setting::new(65, 1))),
        refused(attacks(om(), Setting::new(3, 3))),
        refused(attacks(OralMessages::new(30), Setting::new(60, 1))),
        refused(four().by(lieutenants)),
        refused(four().by(Generals::first(9))),
        refused(four().given(BTreeMap::new())),
        refused(four().first([stored])),
        refused(four().first([nobody])),
        format!("{}\n", forgeries(&om(), 4).err().unwrap()),
        format!("{}\n", inputs(&om(), 0).err().unwrap()),
    ];
    assert!(lines.iter().all(|line| line.lines().count() == 1));
    expect![[r#"
        there is no setting to choose from: give at least one
        there is no setting to choose from: give at least one
        n is 0: there must be from 1 to 64 generals
        n is 65: there must be from 1 to 64 generals
        f is 3: with n = 3 there can be at most 2 traitors
        OM(30) among 60 generals would have each lieutenant remember 3e38 values; that number times n times the number of orders can be at most 4194304: choose a smaller m or n
        the adversary can't turn lieutenants 1 and 2
        general 4 is not there: the 4 generals are numbered from 0
        inputs: the commander, 0, needs an input
        an attack to begin with has n = 5, byzantine; here are n = 4
        an attack to begin with does not fit: inputs: the commander, 0, needs an input
        OM(1) has no forgeries
        n is 0: there must be from 1 to 64 generals
    "#]].assert_eq(&lines.concat());
}

/// The attack to which proptest shrinks a failure, and the failure's message. The test uses few cases, to be quick.
fn found<P: Testable + Clone>(
    protocol: &P,
    settings: impl Into<Settings>,
) -> (String, AttackOn<P>) {
    let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
    let chance = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, chance);
    match runner.run(&attacks(protocol.clone(), settings), |attack| {
        prop_assert_holds!(protocol, attack);
        Ok(())
    }) {
        Err(TestError::Fail(reason, attack)) => (reason.message().to_owned(), attack),
        other => panic!("{protocol:?}: {other:?}"),
    }
}

/// Shrinking bit by bit does not make every attack the smallest, but none stays large.
#[test]
fn what_breaks_a_protocol_shrinks_to_something_small() {
    fn is_small<P: Testable + Clone>(protocol: &P, n: usize, f: usize) {
        let (_, attack) = found(protocol, Setting::new(n, f));
        assert!(judged(protocol, &attack).is_err(), "{attack:?}");
        let smallest = check(protocol).generals(n).traitors(f).assert_broken().attack;
        assert!(attack.size() <= 3 + smallest.size(), "{protocol:?}: {attack:?}");
    }
    is_small(&OralMessages::new(1), 3, 1);
    is_small(&OralMessages::new(1), 5, 2);
    is_small(&TwoStep::new(), 4, 2);
    is_small(&SignedMessages::new(0), 3, 1);
}

#[test]
fn crashes_and_changes_of_the_schedule_shrink_as_well() {
    let lost = Adversary::byzantine(1).without_replays().any_order().disrupted(2, 1);
    let (_, attack) = found(&SignedMessages::new(1), Setting::new(3, lost));
    assert_eq!(attack.size(), 2, "{attack:?}");
    assert!(attack.schedule.iter().all(|shift| shift.arrival.is_asynchronous()), "{attack:?}");
    let (_, attack) = found(&OralMessages::new(0), Setting::new(4, Adversary::crash(1)));
    assert_eq!((attack.crashes.len(), attack.size()), (1, 1), "{attack:?}");
}

/// proptest shows the whole story, and the attack in it is small.
#[test]
fn a_case_that_fails_tells_the_story() {
    let (reason, attack) = found(&OralMessages::new(1), Settings::among(3..=6, |_| 1));
    assert_eq!(attack.size(), 1);
    expect![[r#"
        OM(1) among 3 generals

        The traitor is lieutenant 2.
        The commander is loyal. His order is ATTACK.

        Round 1
              the commander tells 1, 2: ATTACK

        Round 2
              lieutenant 1 tells 2: the commander said ATTACK
          LIE lieutenant 2 tells 1: the commander said RETREAT  (loyal: the commander said ATTACK)

        Messages sent: 4; in an honest run: 4.

        What the loyal held in the end
          the commander  gave the order ATTACK
          lieutenant 1   the commander said ATTACK
                         lieutenant 2 said the commander said RETREAT
                         votes: 1 for RETREAT, 1 for ATTACK; strict majority, else the default: RETREAT
                         decides RETREAT

        Violated: validity (IC2). The loyal commander orders ATTACK, and lieutenant 1 decides RETREAT.
    "#]].assert_eq(&reason);
    let elsewhere = AttackOn::<OralMessages> { graph: 0.into(), ..attack.clone() };
    let misfit = judged(&OralMessages::new(1), &elsewhere).unwrap_err();
    assert_eq!(misfit, "n is 0: there must be from 1 to 64 generals");
    let crowded = AttackOn::<OralMessages> { traitors: Generals::first(5), ..attack };
    let misfit = judged(&OralMessages::new(1), &crowded).unwrap_err();
    assert_eq!(misfit, "general 3 is not there: the 3 generals are numbered from 0");
}

/// Stored attacks are drawn first, one after the other.
#[test]
fn what_was_found_before_comes_first() {
    let stored = Regressions::in_dir("proptest-regressions/attacks/oral");
    let om = OralMessages::new(1);
    let replayed = stored.replay(&om);
    let kept: Vec<_> = replayed.runnable().cloned().collect();
    assert_eq!(kept.len(), 2);
    let settings = Settings::among([3, 5], |n| n / 2);
    let strategy = attacks(&om, settings).first(kept.clone());
    let mut runner = TestRunner::deterministic();
    let mut drawn = || strategy.new_tree(&mut runner).unwrap().current();
    assert_eq!([drawn(), drawn()], kept[..]);
    assert!(!kept.contains(&drawn()));
}

/// An attack that is found is stored, and comes first until the protocol survives it.
#[test]
fn what_is_found_is_kept() {
    let directory = scratch_folder("strategy");
    let stored = Regressions::in_dir(&directory);
    let clean = |text: String| text.replace(&directory.display().to_string(), "DIRECTORY");
    stored.assert_survived_by(&OralMessages::new(1), Setting::new(4, 1));
    assert!(!directory.exists());
    let found = clean(panics::told(|| {
        stored.assert_survived_by(&OralMessages::new(1), Setting::new(3, 1))
    }));
    assert!(
        found.starts_with(
            "expected that all are survived\n\nOM(1) among 3 generals\n\nThe traitor is"
        ),
        "{found}"
    );
    assert!(found.contains("\nLocally minimal (1 lie): "), "{found}");
    let last = found.lines().last().unwrap();
    assert!(last.starts_with("Kept in DIRECTORY/n3-f1-"), "{found}");
    assert_eq!(stored.replay(&OralMessages::new(1)).broken().count(), 1);
    // It comes first from then on, whatever is drawn.
    let again = clean(panics::told(|| {
        stored.assert_survived_by(&OralMessages::new(1), Setting::new(4, 1))
    }));
    assert!(
        again
            .starts_with("expected that all are survived\n\nOM(1): 1 stored attack in DIRECTORY\n"),
        "{again}"
    );
    // An attack that can't be stored is still shown, and a question that can't be asked is refused in one line.
    let blocked = Regressions::in_dir(directory.join("blocked"));
    fs::write(directory.join("blocked"), "").unwrap();
    let unread =
        panics::told(|| blocked.assert_survived_by(&OralMessages::new(1), Setting::new(3, 1)));
    assert!(unread.contains("unreadable: "), "{unread}");
    let nowhere = Regressions::in_dir(directory.join("none"));
    let refused =
        panics::told(|| nowhere.assert_survived_by(&OralMessages::new(1), Setting::new(3, 3)));
    assert_eq!(refused, "f is 3: with n = 3 there can be at most 2 traitors");
}
