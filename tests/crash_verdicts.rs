//! Section 2, faults that are no lies: what the exhaustive search says of FloodSet and the vote is
//! what its twin says that tries every crash and every omission.

use turncoat::FaultClass::{self, Byzantine, Crash, ReceiveOmission, SendOmission};
use turncoat::execution::Size;
use turncoat::{Adversary, CoordinatorVote, FloodSet, InteractiveConsistency, Testable, check};

use crate::crash_twins::smallest;

/// The traitors and the size of the smallest attack, if the protocol is broken.
fn broken<P: Testable>(protocol: P, n: usize, f: usize, faults: FaultClass) -> Option<[usize; 2]> {
    let verdict = check(protocol).generals(n).against(Adversary::new(faults, f)).run().unwrap();
    assert_ne!(verdict.name(), "bounded", "{verdict}");
    verdict.counterexample().map(|found| {
        assert_eq!(found.size, Size::Smallest, "{found}");
        [found.attack.traitors.len(), found.attack.size()]
    })
}

/// Holds the search against the twin.
fn agree<P: Testable>(
    protocol: &P,
    n: usize,
    f: usize,
    faults: FaultClass,
    expected: Option<[usize; 2]>,
) {
    let setting = format!("{protocol:?}, n = {n}, f = {f}, {faults}");
    assert_eq!(broken(protocol, n, f, faults), expected, "{setting}");
    let twin = smallest(protocol, n, f, faults);
    let twin = twin.map(|attack| [attack.traitors.len(), attack.size()]);
    assert_eq!(twin, expected, "{setting}, the twin");
}

/// f + 1 rounds hold and f break; but where n < f + 2, f are enough.
#[test]
fn flood_set_needs_a_round_more_than_there_are_crashes() {
    for (rounds, n, f, expected) in [
        (2, 3, 1, None),
        (1, 3, 1, Some([1, 1])),
        (3, 4, 2, None),
        (2, 4, 2, Some([2, 2])),
        (2, 4, 1, None),
        (1, 4, 1, Some([1, 1])),
        (2, 3, 2, None),
        (1, 3, 2, Some([1, 1])),
        (1, 2, 1, None),
    ] {
        agree(&FloodSet::new(rounds), n, f, Crash, expected);
    }
}

/// What is survived as a crash is not as an omission to send: a value that is kept back until the
/// last round reaches some too late.
#[test]
fn omissions_are_not_crashes() {
    agree(&FloodSet::new(1), 2, 1, SendOmission, None);
    agree(&FloodSet::new(2), 3, 1, SendOmission, Some([1, 3]));
    agree(&FloodSet::new(2), 3, 1, ReceiveOmission, None);
}

/// n - f votes are enough against crashes, and not against one who lies.
#[test]
fn the_vote_survives_crashes_and_no_traitor() {
    for n in [3, 4] {
        agree(&CoordinatorVote::new(1), n, 1, Crash, None);
        assert!(broken(CoordinatorVote::new(1), n, 1, Byzantine).is_some(), "n = {n}");
    }
    agree(&CoordinatorVote::new(0), 3, 1, Crash, Some([1, 1]));
    assert!(broken(FloodSet::new(2), 4, 1, Byzantine).is_some());
}

/// What survives those who lie survives those who stop.
#[test]
fn who_survives_traitors_survives_crashes() {
    for faults in FaultClass::ALL {
        assert_eq!(broken(InteractiveConsistency::new(1), 4, 1, faults), None, "{faults}");
    }
}
