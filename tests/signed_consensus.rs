//! Consensus with signatures: it holds with n > 2f, and is broken among fewer generals.

use turncoat::protocols::signed_consensus::SignedConsensus;
use turncoat::signature::ed25519::Ed25519;
use turncoat::{Adversary, Order, Property, check, hunt, refute};

#[test]
fn it_holds_with_more_than_twice_as_many_as_traitors() {
    for (n, f) in [(1, 0), (2, 0), (3, 0), (3, 1), (4, 1)] {
        check(SignedConsensus::new(f)).generals(n).traitors(f).assert_holds();
    }
    let real = SignedConsensus::new(1).signatures(Ed25519::from_seed(1));
    check(real).generals(3).traitors(1).assert_holds();
    let three = SignedConsensus::new(1).over(Order::first(3));
    check(three).generals(3).against(Adversary::byzantine(1).without_replays()).assert_holds();
    hunt(SignedConsensus::new(2)).generals(5).traitors(2).cases(300).assert_finds_nothing();
}

#[test]
fn it_is_broken_with_fewer() {
    for (n, f) in [(2, 1), (3, 2), (4, 3)] {
        let found = check(SignedConsensus::new(f)).generals(n).traitors(f).assert_broken();
        assert_eq!(found.violation.property(), Some(Property::Validity), "n = {n}, f = {f}");
    }
    // The impossibility argument applies to any protocol, signed or not.
    refute(SignedConsensus::new(1)).generals(4).traitors(2).assert_refuted();
}

/// With one round fewer the vectors of the loyal differ.
#[test]
fn a_round_less_is_too_few() {
    let found = check(SignedConsensus::new(0)).generals(3).traitors(1).assert_broken();
    assert_eq!(found.violation.property(), Some(Property::Agreement));
}
