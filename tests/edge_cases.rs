//! The twelve kinds of Ed25519 signature on which libraries differ (Chalkias, Garillot,
//! Nikolaenko: "Taming the many EdDSAs", SSR 2020), built from points of small order.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use ed25519_dalek::{Digest, Sha512, Signature, VerifyingKey};

/// What a kind is, and why libraries differ on it.
pub struct Kind {
    /// The number of its vector in the paper.
    pub number: usize,
    pub name: &'static str,
    pub why: &'static str,
    /// A case of this kind with this message, if the message's hash fits.
    build: fn(&[u8]) -> Option<Case>,
}

/// A key, a message, and a signature.
pub struct Case {
    pub key: VerifyingKey,
    pub message: Vec<u8>,
    pub signature: Signature,
}

impl Kind {
    /// An endless series of cases of this kind, always the same.
    pub fn cases(&self) -> impl Iterator<Item = Case> {
        (0_u32..).filter_map(|count| (self.build)(format!("edge case {count}").as_bytes()))
    }
}

/// All kinds, by number.
pub const KINDS: [Kind; 12] = [
    Kind {
        number: 0,
        name: "small-order key and R, S = 0",
        why: "it is a signature by nobody, which the equation accepts",
        build: |message| built(small(1), small(1), message, equation_holds),
    },
    Kind {
        number: 1,
        name: "small-order key, mixed-order R",
        why: "the same, for those who refuse small order in R only, or S = 0",
        build: |message| built(small(1), mixed("r", 1), message, equation_holds),
    },
    Kind {
        number: 2,
        name: "mixed-order key, small-order R",
        why: "the same, for those who refuse small order in keys only",
        build: |message| built(mixed("a", 1), small(1), message, equation_holds),
    },
    Kind {
        number: 3,
        name: "mixed-order key and R, both equations hold",
        why: "only who asks whether a point is of full order refuses it, or a batch by chance",
        build: |message| built(mixed("a", 1), mixed("r", 1), message, equation_holds),
    },
    Kind {
        number: 4,
        name: "mixed-order key and R, only the equation with the cofactor holds",
        why: "RFC 8032 allows either equation",
        // The paper's vector is not chosen so that 8 k is a multiple of 8 also modulo L; this one is, to separate it
        // from kind 5.
        build: |message| {
            built(mixed("a", 1), mixed("r", 1), message, |k, key, r| {
                !equation_holds(k, key, r) && is_multiple_of_8(k * Scalar::from(8_u8))
            })
        },
    },
    Kind {
        number: 5,
        name: "the same, but not if 8 k is reduced modulo L first",
        why: "8 k modulo L is no multiple of 8, so the key's part of small order remains",
        // R is of order L here, as in the paper.
        build: |message| {
            built(mixed("a", 1), ordinary("r"), message, |k, key, r| {
                !equation_holds(k, key, r) && !is_multiple_of_8(k * Scalar::from(8_u8))
            })
        },
    },
    Kind {
        number: 6,
        name: "S above L",
        why: "who does not compare S with L lets anybody make a second signature of a first",
        build: |message| {
            let case = built(ordinary("a"), ordinary("r"), message, |_, _, _| true)?;
            let s = plus_order(*case.signature.s_bytes());
            assert!(has_high_bits_clear(&s), "S + L is below 2^253");
            Some(case.with_s(s))
        },
    },
    Kind {
        number: 7,
        name: "S far above L",
        why: "the same, for those who look at the three highest bits of S instead",
        build: |message| {
            let case = built(ordinary("a"), ordinary("r"), message, |_, _, _| true)?;
            let mut s = *case.signature.s_bytes();
            while has_high_bits_clear(&s) {
                s = plus_order(s);
            }
            Some(case.with_s(s))
        },
    },
    Kind {
        number: 8,
        name: "mixed-order key, non-canonical small-order R, hashed reduced",
        why: "some refuse such an R, some hash what they were sent, some what it stands for",
        build: |message| {
            built(mixed("a", 1), hashed_reduced(minus_zero()), message, equation_holds)
        },
    },
    Kind {
        number: 9,
        name: "mixed-order key, non-canonical small-order R, hashed as given",
        why: "the same, the other way round",
        build: |message| built(mixed("a", 1), minus_zero(), message, equation_holds),
    },
    Kind {
        number: 10,
        name: "non-canonical small-order key, hashed reduced",
        why: "some refuse such a key, some hash what they were sent, some what it stands for",
        build: |message| {
            let key = hashed_reduced(minus_zero());
            let case = built(key, mixed("r", 4), message, equation_holds)?;
            // S = r, whatever is hashed: so the hash of the key as given must not fit, too.
            let k = hash(case.signature.r_bytes(), case.key.as_bytes(), message);
            (!equation_holds(k, &minus_zero(), &mixed("r", 4))).then_some(case)
        },
    },
    Kind {
        number: 11,
        name: "non-canonical small-order key, hashed as given",
        why: "the same, the other way round",
        build: |message| built(minus_zero(), mixed("r", 4), message, equation_holds),
    },
];

/// A key or an R: the sum of a secret times B and a point of small order.
struct Half {
    secret: Scalar,
    torsion: EdwardsPoint,
    /// The encoding that is part of the key or the signature.
    sent: [u8; 32],
    /// The encoding that is hashed.
    hashed: [u8; 32],
}

/// With a point of small order: for `torsion` 1 it has order 8, for 4 order 2.
fn mixed(label: &str, torsion: usize) -> Half {
    half(Scalar::from_hash(Sha512::new_with_prefix(label)), torsion)
}

fn ordinary(label: &str) -> Half {
    mixed(label, 0)
}

fn small(torsion: usize) -> Half {
    half(Scalar::ZERO, torsion)
}

fn half(secret: Scalar, torsion: usize) -> Half {
    let torsion = EIGHT_TORSION[torsion];
    let bytes = encoded(EdwardsPoint::mul_base(&secret) + torsion);
    Half { secret, torsion, sent: bytes, hashed: bytes }
}

/// The point of order 2, at x = 0, with the sign bit set: x = -0.
fn minus_zero() -> Half {
    let mut bytes = encoded(EIGHT_TORSION[4]);
    bytes[31] |= 0x80;
    Half { sent: bytes, hashed: bytes, ..small(4) }
}

/// For a library that decodes what it was sent, and hashes its own encoding of the result.
fn hashed_reduced(half: Half) -> Half {
    let point = EdwardsPoint::mul_base(&half.secret) + half.torsion;
    Half { hashed: encoded(point), ..half }
}

/// Signs as RFC 8032 says, and keeps the signature if `fits` accepts k, the key and R.
fn built(
    key: Half,
    r: Half,
    message: &[u8],
    fits: fn(Scalar, &Half, &Half) -> bool,
) -> Option<Case> {
    let k = hash(&r.hashed, &key.hashed, message);
    let s = r.secret + k * key.secret;
    fits(k, &key, &r).then(|| Case {
        key: VerifyingKey::from_bytes(&key.sent).expect("a point"),
        message: message.to_vec(),
        signature: Signature::from_components(r.sent, s.to_bytes()),
    })
}

/// Whether S B = R + k A. The parts of large order agree by construction; this checks the rest.
fn equation_holds(k: Scalar, key: &Half, r: &Half) -> bool {
    (r.torsion + k * key.torsion).is_identity()
}

fn hash(r: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    let hash = Sha512::new_with_prefix(r).chain_update(key).chain_update(message);
    Scalar::from_hash(hash)
}

fn encoded(point: EdwardsPoint) -> [u8; 32] {
    point.compress().to_bytes()
}

fn is_multiple_of_8(scalar: Scalar) -> bool {
    scalar.as_bytes()[0].is_multiple_of(8)
}

fn has_high_bits_clear(s: &[u8; 32]) -> bool {
    s[31] & 0xE0 == 0
}

/// S + L, where L is one more than the largest scalar.
fn plus_order(s: [u8; 32]) -> [u8; 32] {
    let largest = (-Scalar::ONE).to_bytes();
    let mut carry = 1;
    std::array::from_fn(|i| {
        let sum = u16::from(s[i]) + u16::from(largest[i]) + carry;
        carry = sum >> 8;
        sum as u8
    })
}

impl Case {
    fn with_s(mut self, s: [u8; 32]) -> Case {
        self.signature = Signature::from_components(*self.signature.r_bytes(), s);
        self
    }
}
