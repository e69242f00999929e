//! What turncoat has to say of the phase queen. Nothing is described of what a traitor could say:
//! that is heard from runs of the protocol.

use std::path::Path;

use expect_test::expect_file;
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use turncoat::regressions::Regressions;
use turncoat::strategy::{Settings, attacks};
use turncoat::{Setting, Task, Testable, check, hunt, prop_assert_holds};

use crate::PhaseQueen;

/// All that turncoat needs to know.
impl Testable for PhaseQueen {
    fn values(&self) -> Vec<bool> {
        vec![false, true]
    }
    fn task(&self) -> Task {
        Task::Consensus
    }
}

proptest! {
    #[test]
    fn one_traitor_among_five_is_survived(attack in attacks(PhaseQueen::new(1), Setting::new(5, 1))) {
        prop_assert_holds!(PhaseQueen::new(1), attack);
    }

    #[test]
    fn so_are_as_many_as_the_bound_allows(
        attack in attacks(PhaseQueen::new(2), Settings::among(5..=9, |n| (n - 1) / 4)),
    ) {
        prop_assert_holds!(PhaseQueen::new(2), attack);
    }
}

#[test]
fn the_bug_is_found_by_a_property_test_and_made_small() {
    let hasty = PhaseQueen::hasty(1);
    let test = |attack| {
        prop_assert_holds!(hasty, attack);
        Ok(())
    };
    let found = TestRunner::deterministic().run(&attacks(hasty.clone(), Setting::new(5, 1)), test);
    let Err(TestError::Fail(story, attack)) = found else { panic!("nothing is found: {found:?}") };
    assert!(story.message().contains("Violated: agreement"), "{story}");
    assert_eq!(attack.traitors.len(), 1);
    assert!(attack.size() <= 4, "{story}");
}

#[test]
fn the_bug_is_found_by_a_hunt_which_tells_the_story() {
    let found = hunt(PhaseQueen::hasty(1)).generals(5).traitors(1).assert_finds();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("story.txt");
    expect_file![golden].assert_eq(&found.to_string());
}

/// The attacks that were found before: the mended protocol survives them, the other one does not.
#[test]
fn stored_attacks_are_replayed() {
    let stored = Regressions::in_dir("proptest-regressions/attacks");
    let mended = PhaseQueen::new(1);
    let replayed = stored.replay(&mended);
    assert!(!replayed.attacks.is_empty());
    replayed.assert_survived();
    let hasty = PhaseQueen::hasty(1);
    let broken = stored.replay(&hasty);
    assert!(broken.to_string().contains("Violated: agreement"), "{broken}");
}

/// With crashes alone nothing needs to be heard: what is left out is all there is.
#[test]
fn three_traitors_among_four_may_crash() {
    use turncoat::FaultClass;

    check(PhaseQueen::new(1)).generals(5).traitors(1).faults(FaultClass::Crash).assert_holds();
}
