//! Known facts about Ed25519, tested on the scheme and on the library below it: Wycheproof's vectors, and the edge
//! cases on which correct verifiers differ.

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{
    Digest, Sha512, Signature, Signer, SigningKey, Verifier as _, VerifyingKey, verify_batch,
};
use proptest::prelude::*;
use turncoat::General;
use turncoat::signature::Signatures;
use turncoat::signature::ed25519::{Ed25519, KeyError, SignatureBytes, Verifier};
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

use crate::edge_cases::{Case, KINDS, Kind};

const SIGNER: General = General::COMMANDER;

fn general(id: usize) -> General {
    General::new(id)
}

/// The vectors that a verifier gets wrong, and how many vectors are valid and invalid.
fn wycheproof(verifier: Verifier) -> (Vec<String>, [usize; 2]) {
    let scheme = Ed25519::from_seed(0).verifiers([verifier]);
    let (mut wrong, mut counts) = (vec![], [0, 0]);
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let scheme = scheme.clone().enrol(SIGNER, &group.key.pk).unwrap();
        for vector in group.tests {
            let valid = vector.result == TestResult::Valid;
            let signature = SignatureBytes::from(vector.sig.to_vec());
            if scheme.verify(general(1), SIGNER, &vector.msg, &signature) != valid {
                wrong.push(format!("vector {}: {}", vector.tc_id, vector.comment));
            }
            counts[usize::from(!valid)] += 1;
        }
    }
    (wrong, counts)
}

#[test]
fn all_151_vectors_of_wycheproof_are_verified_as_they_should_be() {
    for verifier in [Verifier::Strict, Verifier::Plain] {
        assert_eq!(wycheproof(verifier), (vec![], [88, 63]), "{verifier}");
    }
}

/// A batch decodes R where the others compare bytes, so it takes -0 for 0.
#[test]
fn a_batch_accepts_one_vector_of_wycheproof_that_is_invalid() {
    let (wrong, counts) = wycheproof(Verifier::Batch);
    assert_eq!(counts, [88, 63]);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].starts_with("vector 151: R encodes y = 1 with the sign bit"), "{wrong:?}");
}

/// Whether `verify`, `verify_strict`, and `verify_batch` of a single signature accept the paper's vectors, by number.
const TABLE: [[bool; 3]; 12] = {
    const V: bool = true;
    const X: bool = false;
    [
        [V, X, X],
        [V, X, X],
        [V, X, X],
        [V, V, X],
        [X, X, X],
        [X, X, X],
        [X, X, X],
        [X, X, X],
        [X, X, X],
        [X, X, X],
        [X, X, X],
        [V, X, V],
    ]
};

/// Of each kind, a batch accepts one case in this many, or none (0): with a part of order 8 or 2 it is a matter of
/// chance. The last vector of [`TABLE`] was lucky.
const ONE_IN: [usize; 12] = [8, 8, 8, 8, 8, 8, 0, 0, 0, 8, 2, 2];

fn plain(case: &Case) -> bool {
    case.key.verify(&case.message, &case.signature).is_ok()
}

fn strict(case: &Case) -> bool {
    case.key.verify_strict(&case.message, &case.signature).is_ok()
}

fn batch(cases: &[&Case]) -> bool {
    let messages: Vec<&[u8]> = cases.iter().map(|case| &*case.message).collect();
    let signatures: Vec<Signature> = cases.iter().map(|case| case.signature).collect();
    let keys: Vec<VerifyingKey> = cases.iter().map(|case| case.key).collect();
    verify_batch(&messages, &signatures, &keys).is_ok()
}

/// The first case with the verdicts of the paper's vector. `verify` and `verify_strict` give a fixed verdict on each
/// kind; only a batch depends on chance, and this picks the paper's outcome.
fn like_the_paper(kind: &Kind) -> Case {
    let same = |case: &Case| batch(&[case]) == TABLE[kind.number][2];
    kind.cases().take(64).find(same).unwrap_or_else(|| panic!("no case of kind {}", kind.number))
}

#[test]
fn the_table_of_verdicts_is_reproduced() {
    for (kind, row) in KINDS.iter().zip(TABLE) {
        let case = like_the_paper(kind);
        let verdicts = [plain(&case), strict(&case), batch(&[&case])];
        assert_eq!(verdicts, row, "kind {}, {}: {}", kind.number, kind.name, kind.why);
    }
}

#[test]
fn single_verifiers_say_the_same_of_every_case_of_a_kind() {
    for (kind, [in_plain, in_strict, _]) in KINDS.iter().zip(TABLE) {
        for case in kind.cases().take(32) {
            let verdicts = [plain(&case), strict(&case)];
            assert_eq!(verdicts, [in_plain, in_strict], "kind {}, {}", kind.number, kind.name);
        }
    }
}

fn assert_about_one_in(n: usize, accepted: usize, of: usize, kind: &Kind) {
    let expected = of.checked_div(n).unwrap_or(0);
    let near = (expected / 2..=expected * 3 / 2).contains(&accepted);
    let Kind { number, name, .. } = kind;
    assert!(near, "kind {number}, {name}: {accepted} of {of} accepted");
}

#[test]
fn a_batch_of_one_is_a_matter_of_chance() {
    for (kind, n) in KINDS.iter().zip(ONE_IN) {
        let accepted = kind.cases().take(128).filter(|case| batch(&[case])).count();
        assert_about_one_in(n, accepted, 128, kind);
    }
}

/// So a batch accepts what `verify` refuses (kinds 4 and 5), and refuses what `verify_strict` accepts (kind 3): one
/// signature, two verdicts, and neither library is wrong.
#[test]
fn a_batch_decides_by_its_companions() {
    let companions: Vec<Case> = (0..256).map(honest).collect();
    for (kind, n) in KINDS.iter().zip(ONE_IN) {
        let case = like_the_paper(kind);
        let accepts = |companion: &&Case| batch(&[&case, companion]);
        let accepted = companions.iter().filter(accepts).count();
        assert_about_one_in(n, accepted, companions.len(), kind);
    }
    assert!(companions.windows(2).all(|pair| batch(&[&pair[0], &pair[1]])));
}

fn honest(id: u16) -> Case {
    let message = id.to_le_bytes().to_vec();
    let key = SigningKey::from_bytes(message.repeat(16)[..].try_into().unwrap());
    Case { key: key.verifying_key(), signature: key.sign(&message), message }
}

/// Weak keys are refused at enrolment; with the other keys the scheme agrees with the library.
#[test]
fn the_scheme_takes_no_weak_key() {
    let scheme = Ed25519::from_seed(0).verifiers(Verifier::ALL);
    for kind in &KINDS {
        let case = like_the_paper(kind);
        let enrolled = scheme.clone().enrol(SIGNER, case.key.as_bytes());
        if [0, 1, 10, 11].contains(&kind.number) {
            assert_eq!(enrolled.unwrap_err(), KeyError::SmallOrder, "kind {}", kind.number);
            continue;
        }
        let enrolled = enrolled.unwrap();
        let signature = SignatureBytes::from(case.signature.to_bytes());
        let accepts = |me| enrolled.verify(general(me), SIGNER, &case.message, &signature);
        let [in_plain, in_strict, in_batch] = TABLE[kind.number];
        assert_eq!([3, 61, 2].map(accepts), [in_strict, in_plain, in_batch], "{}", kind.name);
    }
}

/// The equation with the cofactor, 8 S B = 8 R + 8 k A, where 8 k is reduced modulo L first or not.
fn with_cofactor(case: &Case, reduce_first: bool) -> bool {
    let [r, key] = [case.signature.r_bytes(), case.key.as_bytes()];
    let hash = Sha512::new_with_prefix(r).chain_update(key).chain_update(&case.message);
    let k = Scalar::from_hash(hash);
    let s = Scalar::from_canonical_bytes(*case.signature.s_bytes()).into_option();
    let [r, key] = [r, key].map(|bytes| CompressedEdwardsY(*bytes).decompress().unwrap());
    let right = if reduce_first {
        r.mul_by_cofactor() + Scalar::from(8_u8) * k * key
    } else {
        (r + k * key).mul_by_cofactor()
    };
    s.is_some_and(|s| EdwardsPoint::mul_base(&s).mul_by_cofactor() == right)
}

/// The paper's row for a library that multiplies by the cofactor (Zebra), and what separates kind 5 from kind 4.
#[test]
fn the_equation_with_the_cofactor_holds_where_the_paper_says() {
    for kind in &KINDS {
        for case in kind.cases().take(16) {
            let holds = ![6, 7, 8].contains(&kind.number);
            assert_eq!(with_cofactor(&case, false), holds, "kind {}", kind.number);
            match kind.number {
                4 => assert!(with_cofactor(&case, true)),
                5 => assert!(!with_cofactor(&case, true)),
                _ => {}
            }
        }
    }
}

/// Small, mixed or large order of the key and of R; `!` marks an encoding that is not canonical.
#[test]
fn points_have_the_orders_that_the_kinds_say() {
    let order = |bytes: &[u8; 32]| {
        let point = CompressedEdwardsY(*bytes).decompress().unwrap();
        let order = match (point.is_small_order(), point.is_torsion_free()) {
            (true, _) => "small",
            (_, true) => "large",
            _ => "mixed",
        };
        if point.compress().as_bytes() == bytes { order.into() } else { format!("{order}!") }
    };
    let orders = KINDS.iter().map(|kind| {
        let case = kind.cases().next().unwrap();
        let (key, r) = (order(case.key.as_bytes()), order(case.signature.r_bytes()));
        format!("{} {key} {r}", kind.number)
    });
    let expected = [
        "0 small small",
        "1 small mixed",
        "2 mixed small",
        "3 mixed mixed",
        "4 mixed mixed",
        "5 mixed large",
        "6 large large",
        "7 large large",
        "8 mixed small!",
        "9 mixed small!",
        "10 small! mixed",
        "11 small! mixed",
    ];
    assert_eq!(orders.collect::<Vec<_>>(), expected);
}

proptest! {
    #[test]
    fn only_what_was_signed_verifies(
        seed: u64,
        by in 0_usize..64,
        other in 0_usize..63,
        statement in prop::collection::vec(any::<u8>(), 0..80),
        another in prop::collection::vec(any::<u8>(), 0..80),
        bit in 0_usize..512,
    ) {
        let scheme = Ed25519::from_seed(seed).verifiers(Verifier::ALL);
        let (by, other) = (general(by), general((by + 1 + other) % 64));
        let signature = scheme.sign(by, &statement);
        let mut flipped = signature.as_bytes().to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        for me in (0..3).map(general) {
            prop_assert!(scheme.verify(me, by, &statement, &signature));
            prop_assert!(!scheme.verify(me, other, &statement, &signature));
            prop_assert!(!scheme.verify(me, by, &statement, &flipped.clone().into()));
            if statement != another {
                prop_assert!(!scheme.verify(me, by, &another, &signature));
            }
        }
        prop_assert_eq!(&scheme.sign(by, &statement), &signature);
    }

    #[test]
    fn a_signature_reads_back_as_itself(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let signature = SignatureBytes::from(bytes);
        let written = serde_json::to_string(&signature).unwrap();
        prop_assert_eq!(&written, &format!("\"{signature}\""));
        prop_assert_eq!(serde_json::from_str::<SignatureBytes>(&written).unwrap(), signature);
    }
}
