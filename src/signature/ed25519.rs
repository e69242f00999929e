//! Ed25519 (RFC 8032): real keys and real bytes, and the three verifiers of one library.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use ed25519_dalek::{
    Digest, PUBLIC_KEY_LENGTH, Sha512, Signature, Signer, SigningKey, VerifyingKey, verify_batch,
};

use super::Signatures;
use crate::general::{General, Generals};

/// The domain from which keys are derived, together with the seed. The keys of a seed never change.
const DOMAIN: &[u8] = b"turncoat: the Ed25519 key of a general";

/// The scheme of `ed25519-dalek`, with a pair of keys for each of the [`Generals::MAX`] generals.
///
/// Everybody verifies strictly, unless [`verifiers`](Ed25519::verifiers) says otherwise. Clones
/// share their keys.
///
/// The keys are for tests only: whoever knows the seed has them all.
#[derive(Clone)]
pub struct Ed25519 {
    seed: u64,
    /// The keys with which the generals sign.
    secret: Arc<[SigningKey]>,
    /// The keys under which the generals' signatures are verified.
    enrolled: Arc<[VerifyingKey]>,
    /// Never empty.
    verifiers: Arc<[Verifier]>,
}

/// A way to verify a signature. All three accept signatures that are made as RFC 8032 says. They differ where a key
/// or an R has a part of small order, or is not canonically encoded (Chalkias, Garillot, Nikolaenko: "Taming the many
/// EdDSAs", SSR 2020).
///
/// `Strict` is `verify_strict` of the library, `Plain` its `verify`: S B - k A, encoded, must be the bytes of R.
/// `Batch` is `verify_batch`, with a batch of one: z S B = z R + (z k mod L) A, for a number z that is drawn from a
/// hash of the batch; where there is a part of small order, chance decides.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Verifier {
    /// Rejects keys and points of small order, as every verifier should.
    #[default]
    Strict,
    /// Checks the equation only.
    Plain,
    /// Checks the randomized equation of a batch of one.
    Batch,
}

impl Verifier {
    /// All of them.
    pub const ALL: [Verifier; 3] = [Verifier::Strict, Verifier::Plain, Verifier::Batch];

    fn accepts(self, key: &VerifyingKey, statement: &[u8], signature: &Signature) -> bool {
        match self {
            Verifier::Strict => key.verify_strict(statement, signature),
            Verifier::Plain => ed25519_dalek::Verifier::verify(key, statement, signature),
            Verifier::Batch => verify_batch(&[statement], &[*signature], &[*key]),
        }
        .is_ok()
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verifier::Strict => "strict",
            Verifier::Plain => "plain",
            Verifier::Batch => "batch",
        })
    }
}

/// Why a public key can't be enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Its number of bytes is wrong.
    #[error("a public key has {PUBLIC_KEY_LENGTH} bytes, not {0}")]
    WrongLength(usize),
    /// It does not encode a point of the curve.
    #[error("the public key is no point of the curve")]
    NoPoint,
    /// It is a weak key, in whatever encoding.
    #[error("the public key is a point of small order: anybody could sign for its owner")]
    SmallOrder,
}

impl Ed25519 {
    /// The keys of all generals, derived from a seed: the same seed gives the same keys for ever.
    #[must_use]
    pub fn from_seed(seed: u64) -> Ed25519 {
        let secret: Arc<[_]> = (0..Generals::MAX).map(|id| signing_key(seed, id)).collect();
        let enrolled = secret.iter().map(SigningKey::verifying_key).collect();
        Ed25519 { seed, secret, enrolled, verifiers: Arc::new([Verifier::Strict]) }
    }

    /// General i verifies with the (i mod k)-th of these k verifiers. If there are none, everybody verifies strictly,
    /// as by default.
    #[must_use]
    pub fn verifiers(mut self, verifiers: impl IntoIterator<Item = Verifier>) -> Ed25519 {
        self.verifiers = verifiers.into_iter().collect();
        if self.verifiers.is_empty() {
            self.verifiers = Arc::new([Verifier::Strict]);
        }
        self
    }

    /// From now on signatures of this general are verified under this public key.
    ///
    /// The corresponding secret key is not known here: [`sign`](Signatures::sign) goes on using the key of the seed,
    /// and the signatures that it makes for this general do not verify.
    ///
    /// # Errors
    ///
    /// If this is not a public key, or a weak one. (A key with a part of small order besides one of large order is
    /// not weak, but no honest owner makes one.)
    pub fn enrol(mut self, general: General, key: &[u8]) -> Result<Ed25519, KeyError> {
        let bytes = key.try_into().map_err(|_| KeyError::WrongLength(key.len()))?;
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NoPoint)?;
        if key.is_weak() {
            return Err(KeyError::SmallOrder);
        }
        Arc::make_mut(&mut self.enrolled)[general.id()] = key;
        Ok(self)
    }

    /// The key under which signatures of this general are verified.
    #[must_use]
    pub fn public_key(&self, general: General) -> [u8; PUBLIC_KEY_LENGTH] {
        self.enrolled[general.id()].to_bytes()
    }

    /// The verifiers that the generals use in turn.
    pub(crate) fn verifiers_in_turn(&self) -> &[Verifier] {
        &self.verifiers
    }

    /// The key with which this general signs.
    pub(crate) fn signing_key(&self, general: General) -> &SigningKey {
        &self.secret[general.id()]
    }
}

fn signing_key(seed: u64, id: usize) -> SigningKey {
    let hash = Sha512::new_with_prefix(DOMAIN).chain_update(seed.to_le_bytes());
    let hash = hash.chain_update((id as u64).to_le_bytes()).finalize();
    let (secret, _) = hash.split_first_chunk().expect("a hash has 64 bytes");
    SigningKey::from_bytes(secret)
}

/// Omits the keys.
impl fmt::Debug for Ed25519 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut scheme = f.debug_struct("Ed25519");
        scheme.field("seed", &self.seed).field("verifiers", &self.verifiers);
        scheme.finish_non_exhaustive()
    }
}

impl Signatures for Ed25519 {
    type Signature = SignatureBytes;

    fn sign(&self, me: General, statement: &[u8]) -> SignatureBytes {
        self.signing_key(me).sign(statement).to_bytes().into()
    }

    fn verify(
        &self,
        me: General,
        by: General,
        statement: &[u8],
        signature: &SignatureBytes,
    ) -> bool {
        let verifier = self.verifiers[me.id() % self.verifiers.len()];
        Signature::from_slice(signature.as_bytes())
            .is_ok_and(|signature| verifier.accepts(&self.enrolled[by.id()], statement, &signature))
    }
}

/// A signature as it is sent: bytes, written in hex. Traitors send any bytes; a signature that is not 64 bytes long
/// never verifies.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SignatureBytes(Arc<[u8]>);

impl SignatureBytes {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for SignatureBytes {
    fn from(bytes: Vec<u8>) -> SignatureBytes {
        SignatureBytes(bytes.into())
    }
}

impl From<[u8; 64]> for SignatureBytes {
    fn from(bytes: [u8; 64]) -> SignatureBytes {
        SignatureBytes(bytes.into())
    }
}

impl fmt::Display for SignatureBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SignatureBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no signature: say its bytes in hex, two digits each")]
pub struct NoHex(String);

impl FromStr for SignatureBytes {
    type Err = NoHex;

    fn from_str(text: &str) -> Result<SignatureBytes, NoHex> {
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let byte = |two: &[u8]| match two {
            [high, low] => Some((digit(high)? << 4 | digit(low)?) as u8),
            _ => None,
        };
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(byte).collect();
        bytes.map(SignatureBytes::from).ok_or_else(|| NoHex(text.to_owned()))
    }
}

impl TryFrom<String> for SignatureBytes {
    type Error = NoHex;

    fn try_from(text: String) -> Result<SignatureBytes, NoHex> {
        text.parse()
    }
}

impl From<SignatureBytes> for String {
    fn from(bytes: SignatureBytes) -> String {
        bytes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn general(id: usize) -> General {
        General::new(id)
    }

    fn hex(bytes: &[u8]) -> String {
        SignatureBytes::from(bytes.to_vec()).to_string()
    }

    /// If the keys changed, files that hold signatures would be worthless.
    #[test]
    fn the_keys_of_a_seed_are_the_same_for_ever() {
        let scheme = Ed25519::from_seed(7);
        let keys = [0, 63].map(|id| hex(&scheme.public_key(general(id))));
        let expected = [
            "5c4e4c352001105b3510cede9a1498e370b119ec8b1acfe541a310b6bf8f5135",
            "89996f1aba4019f0931885a84b14da8c97ba516e4324c59e6003cd02bbdbcc9e",
        ];
        assert_eq!(keys, expected);
        assert_ne!(scheme.enrolled, Ed25519::from_seed(8).enrolled);
        let mut keys = scheme.enrolled.iter().map(VerifyingKey::to_bytes).collect::<Vec<_>>();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), Generals::MAX);
    }

    #[test]
    fn everybody_verifies_with_a_verifier_in_turn() {
        let verifiers = |list: &[Verifier]| {
            let scheme = Ed25519::from_seed(7).verifiers(list.iter().copied());
            format!("{scheme:?}")
        };
        assert_eq!(verifiers(&[]), "Ed25519 { seed: 7, verifiers: [Strict], .. }");
        let mixed = verifiers(&[Verifier::Batch, Verifier::Plain]);
        assert_eq!(mixed, "Ed25519 { seed: 7, verifiers: [Batch, Plain], .. }");
        assert_eq!(serde_json::to_string(&Verifier::ALL).unwrap(), r#"["strict","plain","batch"]"#);
        assert_eq!(
            Verifier::ALL.map(|verifier| verifier.to_string()),
            ["strict", "plain", "batch"]
        );
    }

    #[test]
    fn who_is_enrolled_signs_with_the_key_that_was_enrolled() {
        let (ours, theirs) = (Ed25519::from_seed(1), Ed25519::from_seed(2));
        let key = theirs.public_key(general(5));
        let scheme = ours.clone().enrol(general(3), &key).unwrap();
        assert_eq!(scheme.public_key(general(3)), key);
        let verifies = |signature| scheme.verify(general(0), general(3), b"ATTACK", &signature);
        assert!(verifies(theirs.sign(general(5), b"ATTACK")));
        assert!(!verifies(scheme.sign(general(3), b"ATTACK")));
        assert_eq!(ours.public_key(general(3)), Ed25519::from_seed(1).public_key(general(3)));
    }

    #[test]
    fn what_is_no_good_key_is_refused() {
        let refused = |key: &[u8]| Ed25519::from_seed(1).enrol(general(0), key).unwrap_err();
        for length in [0, 31, 33, 64] {
            assert_eq!(refused(&vec![0x58; length]), KeyError::WrongLength(length));
        }
        assert_eq!(refused(&[]).to_string(), "a public key has 32 bytes, not 0");
        let y = |y: u8| [&[y][..], &[0; 31]].concat();
        // There is no point at y = 2; the neutral element is at 1, points of order 4 at 0.
        assert_eq!(refused(&y(2)), KeyError::NoPoint);
        for weak in [y(0), y(1)] {
            assert_eq!(refused(&weak), KeyError::SmallOrder);
            // The same with the sign bit set, which is not a canonical encoding of the neutral element.
            assert_eq!(refused(&[&weak[..31], &[0x80]].concat()), KeyError::SmallOrder);
            // The same with p = 2^255 - 19 added to y.
            let large = [&[0xED + weak[0]][..], &[0xFF; 30], &[0x7F]].concat();
            assert_eq!(refused(&large), KeyError::SmallOrder);
        }
    }

    #[test]
    fn anything_but_64_bytes_never_verifies() {
        let scheme = Ed25519::from_seed(1).verifiers(Verifier::ALL);
        let genuine = scheme.sign(general(0), b"");
        for length in [0, 1, 32, 63, 65, 128] {
            let bytes = genuine.as_bytes().iter().copied().chain([0; 64]);
            let signature = bytes.take(length).collect::<Vec<_>>().into();
            for me in (0..3).map(general) {
                assert!(scheme.verify(me, general(0), b"", &genuine));
                assert!(!scheme.verify(me, general(0), b"", &signature), "{length} bytes");
            }
        }
    }

    #[test]
    fn what_is_no_hex_says_what_is() {
        for text in ["0", "0x", "012", "+1", "é", "zz", " 00"] {
            let error = text.parse::<SignatureBytes>().unwrap_err().to_string();
            let expected = "is no signature: say its bytes in hex, two digits each";
            assert_eq!(error, format!("'{text}' {expected}"));
        }
        let bytes = "".parse::<SignatureBytes>().unwrap();
        assert_eq!((bytes.as_bytes(), bytes.to_string()), (&[][..], String::new()));
        assert_eq!("00fFa1".parse::<SignatureBytes>().unwrap().to_string(), "00ffa1");
    }
}
