//! turncoat's verdicts on the phase queen. The protocol does not describe what a traitor could say: turncoat listens to
//! runs of the protocol for that.

use expect_test::expect_file;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use turncoat::regressions::Regressions;
use turncoat::strategy::{Settings, attacks};
use turncoat::{Adversary, Graph, Problem, Setting, Testable, check, hunt, prop_assert_holds};

use crate::PhaseQueen;

/// All that turncoat needs to know about the protocol.
impl Testable for PhaseQueen {
    fn problem(&self, _graph: &Graph) -> Result<Problem<bool>, String> {
        Ok(Problem::consensus([false, true]))
    }
}

proptest! {
    #[test]
    fn one_traitor_among_five_is_survived(attack in attacks(PhaseQueen::new(1), Setting::new(5, 1))) {
        prop_assert_holds!(PhaseQueen::new(1), attack);
    }

    #[test]
    fn so_are_as_many_as_the_bound_allows(
        (f, attack) in Settings::among(5..=9, |n| (n - 1) / 4).prop_flat_map(|setting| {
            let f = setting.adversary.traitors;
            (Just(f), attacks(PhaseQueen::new(f), setting))
        }),
    ) {
        prop_assert_holds!(PhaseQueen::new(f), attack);
    }
}

#[test]
fn the_bug_is_found_by_a_property_test_and_made_small() {
    let hasty = PhaseQueen::hasty(1);
    let test = |attack| {
        prop_assert_holds!(hasty, attack);
        Ok(())
    };
    let config = Config { failure_persistence: None, ..Config::default() };
    let chance = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, chance);
    let found = runner.run(&attacks(hasty.clone(), Setting::new(5, 1)), test);
    let Err(TestError::Fail(story, attack)) = found else { panic!("nothing is found: {found:?}") };
    assert!(story.message().contains("Violated: agreement"), "{story}");
    assert_eq!(attack.traitors.len(), 1);
    let hunted = hunt(hasty).generals(5).traitors(1).assert_finds();
    assert!(attack.size() <= 2 * hunted.attack.size(), "{story}");
}

#[test]
fn the_bug_is_found_by_a_hunt_which_tells_the_story() {
    let found = hunt(PhaseQueen::hasty(1)).generals(5).traitors(1).assert_finds();
    expect_file!["../story.txt"].assert_eq(&found.to_string());
}

/// Attacks that were found before: the correct protocol survives them, the hasty one does not.
#[test]
fn stored_attacks_are_replayed() {
    let stored = Regressions::in_dir("proptest-regressions/attacks");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let found = hunt(PhaseQueen::hasty(1)).generals(5).traitors(1).assert_finds();
        stored.keep(&PhaseQueen::hasty(1).words().name(), &found.attack).unwrap();
    }
    let mended = PhaseQueen::new(1);
    let replayed = stored.replay(&mended);
    assert!(!replayed.attacks.is_empty());
    replayed.assert_survived();
    let hasty = PhaseQueen::hasty(1);
    let broken = stored.replay(&hasty);
    assert!(broken.to_string().contains("Violated: agreement"), "{broken}");
}

/// Against crashes turncoat need not listen to runs: messages that are not sent are all that a traitor can add.
#[test]
fn crashes_are_survived_for_certain() {
    check(PhaseQueen::new(1)).generals(5).against(Adversary::crash(1)).assert_holds();
}
