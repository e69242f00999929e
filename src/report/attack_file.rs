//! Attack files: an attack and the protocol that it is meant for, as JSON that a person can edit.
//!
//! ```json
//! {
//!   "turncoat_attack": 1,
//!   "protocol": { "protocol": "oral", "m": 1, "values": 2, "choice": "majority" },
//!   "n": 3,
//!   "traitors": [1],
//!   "inputs": { "0": "ATTACK" },
//!   "lies": [
//!     {
//!       "round": 2, "from": 1, "to": 2,
//!       "instead_of": { "path": [0, 1], "value": "ATTACK" },
//!       "say": { "path": [0, 1], "value": "RETREAT" }
//!     }
//!   ]
//! }
//! ```
//!
//! A lie has either `withhold`, or `say`, or `instead_of` and `say`. If traitors are not Byzantine, `faults` names
//! their fault class, and `crashes` says when each crashes and whom it still reaches:
//! `{ "general": 0, "round": 1, "reaches": [2] }`. `schedule` lists the messages that do not arrive at their usual
//! time: a wire and a message as in a lie, and `arrives`, which is `"first"`, `"never"` or `{ "late": 1 }`. `twins`
//! are second nodes that traitors run: `{ "general": 1, "input": "RETREAT", "to": [2] }`.

use itertools::Itertools;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::unique_keys;
use crate::attack::Attack;
use crate::protocol::Plain;

/// The version of the format.
pub const VERSION: u64 = 1;

/// The field that marks the file as an attack file, and holds its version.
const MARK: &str = "turncoat_attack";

/// An attack file, read as far as that can be done without knowing the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttackFile {
    /// The protocol that is attacked.
    pub protocol: Value,
    /// All other fields.
    pub(super) attack: Value,
}

impl AttackFile {
    /// Reads the text of an attack file.
    ///
    /// # Errors
    ///
    /// It is not JSON, an object in it has the same key twice, it is not an attack file, or it has another version.
    pub fn read(text: &str) -> Result<AttackFile, AttackFileError> {
        let mut file = unique_keys::read(text).map_err(|(place, error)| match error.is_data() {
            true => AttackFileError::at(place, "the file", error.to_string()),
            false => AttackFileError::Json(error),
        })?;
        let fields = file.as_object_mut().ok_or(AttackFileError::Other)?;
        let version = fields.remove(MARK).ok_or(AttackFileError::Other)?;
        if version != VERSION {
            return Err(AttackFileError::Version(version));
        }
        let protocol = fields.remove("protocol").ok_or(AttackFileError::NoProtocol)?;
        Ok(AttackFile { protocol, attack: file })
    }

    /// The attack, for a protocol with these values and messages.
    ///
    /// # Errors
    ///
    /// A part is missing, superfluous, or not what it should be.
    pub fn attack<V, M>(self) -> Result<Attack<V, M>, AttackFileError>
    where
        V: DeserializeOwned + Plain,
        M: DeserializeOwned + Plain,
    {
        part("the attack", self.attack)
    }

    /// The text of the file for this attack: one line for each field, and one for each lie.
    #[must_use]
    pub fn write<V, M>(protocol: &impl Serialize, attack: &Attack<V, M>) -> String
    where
        V: Serialize + Clone,
        M: Serialize + Clone,
    {
        let mut fields = vec![
            (MARK.to_owned(), json!(VERSION).to_string()),
            ("protocol".to_owned(), json!(protocol).to_string()),
        ];
        if let Value::Object(attack) = json!(attack) {
            fields.extend(attack.into_iter().map(|(name, value)| (name, lines(&value))));
        }
        let fields = fields.iter().map(|(name, value)| format!("  \"{name}\": {value}"));
        format!("{{\n{}\n}}\n", fields.format(",\n"))
    }
}

/// A field of an attack: a list of objects takes one line for each.
fn lines(field: &Value) -> String {
    match field.as_array().filter(|list| list.iter().any(Value::is_object)) {
        None => field.to_string(),
        Some(list) => {
            format!("[{}\n  ]", list.iter().map(|item| format!("\n    {item}")).join(","))
        }
    }
}

/// Why a text is not an attack file.
#[derive(Debug, thiserror::Error)]
pub enum AttackFileError {
    /// It is not JSON.
    #[error("this is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is JSON, but something else.
    #[error("this is no attack file: it must be an object with \"{MARK}\": {VERSION}")]
    Other,
    /// It is an attack file of another version.
    #[error("this attack file has version {0}; this program reads version {VERSION}")]
    Version(Value),
    /// It has no protocol.
    #[error("\"protocol\" is missing: it says which protocol is attacked")]
    NoProtocol,
    /// A part of it can't be read.
    #[error("at {place}: {message}")]
    Part {
        /// Which part, as a path from the top.
        place: String,
        /// What is wrong with it.
        message: String,
    },
}

/// Reads a part of an attack file, with this name, as the type that it should have.
///
/// # Errors
///
/// It is something else. The error names the place, and what would be right.
pub fn part<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, AttackFileError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let place = error.path().to_string();
        AttackFileError::at(place, name, in_words(&error.into_inner()))
    })
}

impl AttackFileError {
    /// An error in a part: its place within the whole of this name.
    fn at(place: String, name: &str, message: String) -> AttackFileError {
        let place = if place == "." { name.to_owned() } else { place };
        AttackFileError::Part { place, message }
    }
}

/// The parser's own words, without names of types.
pub(crate) fn in_words(error: &serde_json::Error) -> String {
    error.to_string().replace("expected usize", "expected a whole number")
}
