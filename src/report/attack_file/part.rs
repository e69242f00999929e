//! The parts of an attack file, and what can be wrong with them.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// The version of the format.
pub const VERSION: u64 = 1;

/// The field that says what the file is, and its version.
pub(super) const MARK: &str = "turncoat_attack";

/// A text that is no attack file.
#[derive(Debug, thiserror::Error)]
pub enum AttackFileError {
    /// It is not JSON.
    #[error("this is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is JSON, and something else.
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

/// A part of an attack file, of this name, as what it should be.
///
/// # Errors
///
/// It is something else: where, and what would be right.
pub fn part<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, AttackFileError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let place = error.path().to_string();
        let place = if place == "." { name.to_owned() } else { place };
        AttackFileError::Part { place, message: in_words(&error.into_inner()) }
    })
}

/// The reader's own words, but for names of types.
fn in_words(error: &serde_json::Error) -> String {
    error.to_string().replace("expected usize", "expected a whole number")
}
