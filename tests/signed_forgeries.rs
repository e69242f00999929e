//! Forgeries of signed chains: each rule for a proper chain has its own forgeries, and a mutant that leaves out the
//! rule is caught by these and no others.

use itertools::Itertools;
use turncoat::forgery::Tampering;
use turncoat::protocols::forged_chains::LABELS;
use turncoat::{Adversary, Ideal, Order, Repertoire, Testable, Violation, Wire, check};

use crate::pared::Pared;
use crate::signed_textbook::Mutation::{self, *};
use crate::signed_textbook::{Rule, Textbook};

fn mutant(m: usize, mutation: Mutation) -> Textbook {
    Textbook::new(m, mutation, Ideal)
}

/// The mutant without strays, and with forgeries of these labels alone; only in what lieutenants hear, unless
/// `to_commander`.
fn with_forgeries(
    labels: Vec<&'static str>,
    protocol: Textbook,
    to_commander: bool,
) -> impl Testable<Value = Order> {
    let pare = move |wire: Wire, mut repertoire: Repertoire<_>| {
        let heard = to_commander || !wire.to.is_commander();
        repertoire.strays.clear();
        repertoire.forgeries.retain(|forgery| heard && labels.contains(&forgery.label));
        repertoire
    };
    Pared::new(protocol, pare)
}

/// The label of the forgery that a mutant accepts among n = m + 2 generals with one traitor.
fn accepted(
    m: usize,
    mutation: Mutation,
    labels: Vec<&'static str>,
    to_commander: bool,
) -> Option<&'static str> {
    let protocol = with_forgeries(labels, mutant(m, mutation), to_commander);
    let adversary = Adversary::byzantine(1).without_replays();
    let verdict = check(protocol).generals(m + 2).against(adversary).run().unwrap();
    assert_ne!(verdict.name(), "bounded");
    verdict.counterexample().map(|found| match &found.violation {
        Violation::Forgery(accepted) => accepted.label,
        other => panic!("{mutation:?}: {other:?}"),
    })
}

fn labels() -> impl Iterator<Item = &'static str> {
    LABELS.into_iter().chain(Tampering::ALL.map(Tampering::label))
}

/// The labels that each catch a mutant alone.
fn caught_by(m: usize, mutation: Mutation, to_commander: bool) -> Vec<&'static str> {
    let alone = |label: &&'static str| accepted(m, mutation, vec![*label], to_commander);
    labels().filter(|label| alone(label) == Some(*label)).sorted().collect()
}

/// A mutant is caught exactly by the forgeries made for the rule that it leaves out. Cutting a chain, or reordering it,
/// takes three signatures.
#[test]
fn each_rule_has_its_forgeries() {
    let own_key = ["message", "instance", "commander"].map(|another| {
        labels().find(|label| *label == format!("a signature from another {another}")).unwrap()
    });
    let tampered = Tampering::ALL.map(Tampering::label);
    let false_signatures = [&["the wrong key"], &own_key[..], &tampered].concat();
    let changed = ["a chain cut", "a chain extended", "a chain reordered"];
    let misshapen = [
        "a chain too short for its round",
        "someone else than the commander first",
        "a signer repeated",
        "the receiver among the signers",
        "an empty chain",
        "an oversized chain",
    ];
    let one = |label| vec![label];
    let rows = [
        (2, None, vec![]),
        (1, Skips(Rule::Length), one("a chain too short for its round")),
        (1, Skips(Rule::CommanderFirst), one("someone else than the commander first")),
        (1, Skips(Rule::Distinct), one("a signer repeated")),
        (1, Skips(Rule::Receiver), one("the receiver among the signers")),
        (1, Skips(Rule::InnerLinks), false_signatures.clone()),
        (2, Skips(Rule::LastLink), [&false_signatures, &changed[..2]].concat()),
        (1, Skips(Rule::Instance), one("a signature from another instance")),
        (1, Skips(Rule::Commander), one("a signature from another commander")),
        (1, Skips(Rule::Order), one("a signature from another message")),
        (2, Skips(Rule::Prefix), changed.to_vec()),
        (2, SignaturesOnly, misshapen.to_vec()),
        (2, Credulous, labels().collect()),
    ];
    for (m, mutation, expected) in rows {
        let expected = expected.into_iter().sorted().collect_vec();
        assert_eq!(caught_by(m, mutation, true), expected, "{mutation:?}");
        // With all forgeries at once, one of these is found.
        let found = accepted(m, mutation, labels().collect(), true);
        assert_eq!(found.is_some(), !expected.is_empty(), "{mutation:?}");
        assert!(found.is_none_or(|label| expected.contains(&label)), "{mutation:?}: {found:?}");
    }
}

/// A lieutenant who has signed an order has it already. Only the commander, who has no set V in the paper, could take
/// his own order for a new one.
#[test]
fn the_receiver_among_the_signers_matters_to_the_commander_alone() {
    let mutation = Skips(Rule::Receiver);
    let found = check(mutant(2, mutation)).generals(4).traitors(1).assert_broken();
    let Violation::Forgery(accepted) = &found.violation else { panic!("{found}") };
    assert!(accepted.wire.to.is_commander(), "{found}");
    assert_eq!(caught_by(2, mutation, false), [""; 0]);
}
