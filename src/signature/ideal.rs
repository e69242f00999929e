//! Ideal signatures: tokens that say who signed what. The token itself does not keep others from making it: the
//! adversary sees to that (see `knowledge`).

use std::fmt;
use std::sync::Arc;

use super::Signatures;
use crate::forgery::Tampering;
use crate::general::General;

/// The scheme in which a signature is a [`Token`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ideal;

/// A signature that can't be mistaken for another, since it names its owner and what was signed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `by` and `on`")]
pub struct Token {
    /// Whose key made it.
    pub by: General,
    /// What was signed.
    #[serde(with = "readable")]
    pub on: Arc<[u8]>,
    /// How it was spoiled, if it was: then it is no longer a signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tampering: Option<Tampering>,
}

impl Signatures for Ideal {
    type Signature = Token;

    fn sign(&self, me: General, statement: &[u8]) -> Token {
        Token { by: me, on: statement.into(), tampering: None }
    }

    fn verify(&self, _me: General, by: General, statement: &[u8], token: &Token) -> bool {
        token.by == by && token.tampering.is_none() && *token.on == *statement
    }
}

/// Shows what was signed as text.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Token { by, on, tampering } = self;
        write!(f, "{by:?} signs \"{}\"", on.escape_ascii())?;
        tampering.map_or(Ok(()), |tampering| write!(f, ", with {}", tampering.label()))
    }
}

/// Statements are written as text if they are text, as most are, and otherwise as a list of bytes.
mod readable {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged, expecting = "expected a text, or a list of bytes")]
    enum Statement<'a> {
        Text(std::borrow::Cow<'a, str>),
        Bytes(Vec<u8>),
    }

    pub fn serialize<S: Serializer>(bytes: &Arc<[u8]>, to: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Statement::Text(text.into()).serialize(to),
            Err(_) => Statement::Bytes(bytes.to_vec()).serialize(to),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<[u8]>, D::Error> {
        Ok(match Statement::deserialize(from)? {
            Statement::Text(text) => text.as_bytes().into(),
            Statement::Bytes(bytes) => bytes.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_shown_as_what_was_signed() {
        let token = Ideal.sign(General::new(3), b"1:0,\xFF");
        assert_eq!(format!("{token:?}"), r#"3 signs "1:0,\xff""#);
        let flipped = Token { tampering: Some(Tampering::FlippedBit), ..token };
        assert_eq!(format!("{flipped:?}"), r#"3 signs "1:0,\xff", with a flipped bit"#);
    }

    #[test]
    fn a_token_reads_back_as_itself() {
        for statement in ["2:SM,", ""].map(str::as_bytes).iter().chain([&[0xFF, 0][..]].iter()) {
            for tampering in [None, Some(Tampering::FlippedBit)] {
                let token = Token { tampering, ..Ideal.sign(General::new(3), statement) };
                let written = serde_json::to_string(&token).unwrap();
                assert_eq!(serde_json::from_str::<Token>(&written).unwrap(), token, "{written}");
            }
        }
        let token = serde_json::to_string(&Ideal.sign(General::new(3), b"ATTACK")).unwrap();
        assert_eq!(token, r#"{"by":3,"on":"ATTACK"}"#);
    }
}
