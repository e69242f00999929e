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
//! A lie has either `withhold`, or `say`, or `instead_of` and `say`. Where traitors are not
//! Byzantine, `faults` says how they are faulty, and `crashes` when and whom each still reaches:
//! `{ "general": 0, "round": 1, "reaches": [2] }`. `schedule` says what does not arrive in its turn:
//! a wire and a message as in a lie, and `arrives`, which is `"first"`, `"never"` or
//! `{ "late": 1 }`.

pub(super) mod part;

use itertools::Itertools;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::part::MARK;
pub use self::part::{AttackFileError, VERSION, part};
#[cfg(feature = "cli")]
use super::notation::{Notation, read_attack};
use crate::attack::Attack;
#[cfg(feature = "cli")]
use crate::machine::NumberedAttack;
use crate::protocol::Plain;

/// An attack file, read as far as that can be done without knowing the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttackFile {
    /// The protocol that is attacked.
    pub protocol: Value,
    attack: Value,
}

impl AttackFile {
    /// Reads the text of an attack file.
    ///
    /// # Errors
    ///
    /// It is not JSON, or no attack file, or one of another version.
    pub fn read(text: &str) -> Result<AttackFile, AttackFileError> {
        let mut file: Value = serde_json::from_str(text)?;
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

    /// The attack by numbers, for a protocol that is known by its notation only.
    #[cfg(feature = "cli")]
    pub(crate) fn by_numbers(
        self,
        notation: &dyn Notation,
    ) -> Result<NumberedAttack, AttackFileError> {
        read_attack(notation, self.attack)
    }

    /// The text of the file for this attack: a field on each line, and a lie on each.
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

/// A field of an attack: a list of objects on a line each.
fn lines(field: &Value) -> String {
    match field.as_array().filter(|list| list.iter().any(Value::is_object)) {
        None => field.to_string(),
        Some(list) => {
            format!("[{}\n  ]", list.iter().map(|item| format!("\n    {item}")).join(","))
        }
    }
}
