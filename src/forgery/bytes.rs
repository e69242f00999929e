//! Forgeries of Ed25519: the bytes that a traitor can send in place of a signature.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Digest, Sha512, Signature, Signer, SigningKey, verify_batch};
use itertools::Itertools;

use super::{Forge, Tampering};
use crate::general::{General, Generals};
use crate::signature::Signatures;
use crate::signature::ed25519::{Ed25519, SignatureBytes, Verifier};

/// Signs with the keys of the seed, also for a general who was enrolled with another key.
impl Forge for Ed25519 {
    fn title(&self) -> String {
        match self.verifiers_in_turn() {
            [Verifier::Strict] => "Ed25519".to_owned(),
            [one] => format!("Ed25519 verified {one}"),
            several => format!("Ed25519 verified {} in turn", several.iter().format(", ")),
        }
    }

    fn tampered(&self, how: Tampering, by: General, statement: &[u8]) -> SignatureBytes {
        let genuine = self.signing_key(by).sign(statement);
        let (r, s) = (*genuine.r_bytes(), *genuine.s_bytes());
        // Arbitrary choices come from a hash.
        let any = hash(&genuine.to_bytes(), b"", 0);
        let choice = usize::from(any.as_bytes()[0]) << 8 | usize::from(any.as_bytes()[1]);
        match how {
            Tampering::FlippedBit => {
                let mut bytes = genuine.to_bytes();
                bytes[choice / 8 % 64] ^= 1 << (choice % 8);
                bytes.into()
            }
            Tampering::AddedOrder => joined(r, plus_order(s)),
            Tampering::SmallOrderKey => joined(encoded(EIGHT_TORSION[0]), [0; 32]),
            Tampering::SmallOrderR => {
                joined(encoded(EIGHT_TORSION[1 + choice % 7]), any.to_bytes())
            }
            Tampering::NoPoint => joined(no_point(), s),
            Tampering::Empty => Vec::new().into(),
            Tampering::Oversized => [&genuine.to_bytes()[..], &[0]].concat().into(),
        }
    }

    /// Three that need the secret scalar a of an ordinary key A = a B, and k = H(R, A, statement):
    ///
    /// - R is the neutral element, and S = k a. The equation S B = R + k A holds, but a strict verifier refuses an R
    ///   of small order.
    /// - The same with another encoding of the neutral element, with a sign bit that it should not have. A batch
    ///   decodes R, but the other verifiers compare bytes.
    /// - R = r B + T, with T of order 8, and S = r + k a. The equation holds only when both sides are multiplied by
    ///   8, as RFC 8032 allows. A batch accepts it only if it happens to multiply both sides by a multiple of 8, so
    ///   values of r are tried until a batch of one accepts.
    fn odd(&self, by: General, statement: &[u8]) -> Vec<(&'static str, SignatureBytes)> {
        let key = self.signing_key(by);
        let neutral = encoded(EIGHT_TORSION[0]);
        let mut another_neutral = neutral;
        another_neutral[31] |= 0x80;
        let of_neutral = |r| odd_signature(key, statement, Scalar::ZERO, r);
        let used = |verifier| self.verifiers_in_turn().contains(&verifier);
        let mut odd = Vec::new();
        if used(Verifier::Plain) || used(Verifier::Batch) {
            odd.push(("small-order R", of_neutral(neutral)));
        }
        if used(Verifier::Batch) {
            odd.push(("small-order R, not canonical", of_neutral(another_neutral)));
            odd.push(("mixed-order R", mixed(key, statement)));
        }
        odd.into_iter().map(|(what, signature)| (what, signature.to_bytes().into())).collect()
    }

    fn passes(&self, by: General, statement: &[u8], signature: &SignatureBytes) -> bool {
        // Generals use the verifiers in turn, so the first few generals use all of them.
        let verifiers = 0..self.verifiers_in_turn().len().min(Generals::MAX);
        let mut generals = verifiers.map(General::new);
        generals.any(|me| self.verify(me, by, statement, signature))
    }
}

/// A mixed-order signature that a batch of one accepts.
fn mixed(key: &SigningKey, statement: &[u8]) -> Signature {
    let mut mixed = (0..).map(|count| {
        let r = hash(key.verifying_key().as_bytes(), statement, count);
        let point = EdwardsPoint::mul_base(&r) + EIGHT_TORSION[1];
        odd_signature(key, statement, r, encoded(point))
    });
    let fits = |signature: &Signature| {
        verify_batch(&[statement], &[*signature], &[key.verifying_key()]).is_ok()
    };
    mixed.find(fits).expect("one in eight fits")
}

/// The signature with these bytes of R, and S = r + k a.
fn odd_signature(key: &SigningKey, statement: &[u8], r: Scalar, point: [u8; 32]) -> Signature {
    let hash = Sha512::new_with_prefix(point).chain_update(key.verifying_key().as_bytes());
    let k = Scalar::from_hash(hash.chain_update(statement));
    Signature::from_components(point, (r + k * key.to_scalar()).to_bytes())
}

fn joined(r: [u8; 32], s: [u8; 32]) -> SignatureBytes {
    Signature::from_components(r, s).to_bytes().into()
}

fn encoded(point: EdwardsPoint) -> [u8; 32] {
    point.compress().to_bytes()
}

/// S + L, as numbers of 256 bits: S is below L, and L little more than 2^252, so they fit.
fn plus_order(s: [u8; 32]) -> [u8; 32] {
    // L is one more than the largest scalar.
    let largest = (-Scalar::ONE).to_bytes();
    let mut carry = 1;
    std::array::from_fn(|i| {
        let sum = u16::from(s[i]) + u16::from(largest[i]) + carry;
        carry = sum >> 8;
        sum as u8
    })
}

/// The smallest y at which the curve has no point.
fn no_point() -> [u8; 32] {
    let mut y = [0; 32];
    while CompressedEdwardsY(y).decompress().is_some() {
        y[0] += 1;
    }
    y
}

/// A number that looks random, but is always the same for the same input.
fn hash(of: &[u8], statement: &[u8], count: u64) -> Scalar {
    let hash = Sha512::new_with_prefix(b"turncoat: a forgery").chain_update(of);
    Scalar::from_hash(hash.chain_update(count.to_le_bytes()).chain_update(statement))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::VerifyingKey;
    use itertools::iproduct;

    use super::*;

    const STATEMENTS: [&[u8]; 5] = [b"", b"ATTACK", b"RETREAT", b"2:SM,1", &[0xFF; 200]];

    fn general(id: usize) -> General {
        General::new(id)
    }

    /// Schemes, owners and statements, with one verifier after the other for generals 0, 1, 2.
    fn everything() -> impl Iterator<Item = (Ed25519, General, &'static [u8])> {
        iproduct!(0..4, 0..4, STATEMENTS).map(|(seed, id, statement)| {
            let scheme = Ed25519::from_seed(seed).verifiers(Verifier::ALL);
            (scheme, general(id), statement)
        })
    }

    fn halves(signature: &SignatureBytes) -> ([u8; 32], [u8; 32]) {
        let signature = Signature::from_slice(signature.as_bytes()).unwrap();
        (*signature.r_bytes(), *signature.s_bytes())
    }

    /// Which verifiers accept: strict, plain, batch.
    fn verdicts(
        scheme: &Ed25519,
        by: General,
        statement: &[u8],
        bytes: &SignatureBytes,
    ) -> [bool; 3] {
        [0, 1, 2].map(|me| scheme.verify(general(me), by, statement, bytes))
    }

    #[test]
    fn no_verifier_takes_what_was_tampered_with_for_a_signature() {
        for (scheme, by, statement) in everything() {
            let genuine = scheme.sign(by, statement);
            assert_eq!(verdicts(&scheme, by, statement, &genuine), [true; 3]);
            for how in Tampering::ALL {
                let bytes = scheme.tampered(how, by, statement);
                assert_ne!(bytes, genuine, "{how:?}");
                assert_eq!(bytes, scheme.clone().tampered(how, by, statement), "{how:?}");
                let verdicts = verdicts(&scheme, by, statement, &bytes);
                assert_eq!(verdicts, [false; 3], "{how:?} of {by:?} on {statement:?}");
            }
        }
    }

    #[test]
    fn tampering_does_what_it_says() {
        for (scheme, by, statement) in everything() {
            let genuine = scheme.sign(by, statement);
            let (r, s) = halves(&genuine);
            let tampered = |how| scheme.tampered(how, by, statement);

            let flipped = tampered(Tampering::FlippedBit);
            let pairs = flipped.as_bytes().iter().zip(genuine.as_bytes());
            assert_eq!(pairs.map(|(one, two)| (one ^ two).count_ones()).sum::<u32>(), 1);

            let (same, more) = halves(&tampered(Tampering::AddedOrder));
            assert_eq!((same, Scalar::from_bytes_mod_order(more).to_bytes()), (r, s));
            assert_ne!(more, s);

            let (neutral, zero) = halves(&tampered(Tampering::SmallOrderKey));
            assert_eq!((neutral[0], &neutral[1..], zero), (1, &[0; 31][..], [0; 32]));

            let (small, any) = halves(&tampered(Tampering::SmallOrderR));
            let point = CompressedEdwardsY(small).decompress().unwrap();
            assert!(point.is_small_order() && small != neutral && any != s);

            let (nothing, same) = halves(&tampered(Tampering::NoPoint));
            assert!(CompressedEdwardsY(nothing).decompress().is_none() && same == s);

            assert!(tampered(Tampering::Empty).as_bytes().is_empty());
            let oversized = tampered(Tampering::Oversized);
            assert_eq!(oversized.as_bytes().strip_prefix(genuine.as_bytes()), Some(&[0][..]));
        }
    }

    /// The name is accurate: with a key of small order this R and S sign anything.
    #[test]
    fn a_small_order_key_would_do() {
        let bytes = Ed25519::from_seed(1).tampered(Tampering::SmallOrderKey, general(0), b"");
        let signature = Signature::from_slice(bytes.as_bytes()).unwrap();
        let weak = VerifyingKey::from_bytes(&encoded(EIGHT_TORSION[0])).unwrap();
        for statement in STATEMENTS {
            assert!(ed25519_dalek::Verifier::verify(&weak, statement, &signature).is_ok());
            assert!(verify_batch(&[statement], &[signature], &[weak]).is_ok());
            assert!(weak.verify_strict(statement, &signature).is_err());
        }
    }

    #[test]
    fn where_all_verify_alike_only_that_is_odd_which_they_accept() {
        let odd = |verifier| {
            let scheme = Ed25519::from_seed(0).verifiers([verifier]);
            scheme.odd(general(0), b"ATTACK").len()
        };
        assert_eq!(Verifier::ALL.map(odd), [0, 1, 3]);
    }

    #[test]
    fn correct_verifiers_differ_on_what_is_odd() {
        for (scheme, by, statement) in everything() {
            let odd = scheme.odd(by, statement);
            assert_eq!(odd, scheme.clone().odd(by, statement));
            let verdicts = |(what, bytes): &(&'static str, SignatureBytes)| {
                (*what, verdicts(&scheme, by, statement, bytes))
            };
            assert_eq!(
                odd.iter().map(verdicts).collect::<Vec<_>>(),
                [
                    ("small-order R", [false, true, true]),
                    ("small-order R, not canonical", [false, false, true]),
                    ("mixed-order R", [false, false, true]),
                ]
            );
        }
    }
}
