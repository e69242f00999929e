//! Part files: the result of searching one part of a space, or how far that search has come (a checkpoint), each as
//! one line of JSON with a seal that reveals damage.
//!
//! ```json
//! {"turncoat_part":1,"question":{..},"part":{"number":3,"of":64},"steps":4711,"seal":"5f1c..."}
//! ```
//!
//! If the protocol was found to be broken, there is an `attack`, as in an [attack file](super::attack_file).

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::attack_file::part;
use super::unique_keys;
use crate::search::milestone::Milestone;
use crate::search::part::Part;

/// The version of the format.
pub const VERSION: u64 = 1;

/// The result of searching a part.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartFile {
    turncoat_part: u64,
    /// The question: the protocol, among which generals, against which adversary. Only results for the same question
    /// belong together.
    pub question: Value,
    /// Which part was searched.
    pub part: Part,
    /// How many steps that took.
    pub steps: u64,
    /// An attack that breaks the protocol, if one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attack: Option<Value>,
    /// How far the search has come, if it has not ended: then this is a checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<Milestone>,
}

/// Why a line is not a part file.
#[derive(Debug, thiserror::Error)]
pub enum PartFileError {
    /// It is something else, or truncated.
    #[error("it is damaged, or something else: {0}")]
    Json(#[from] serde_json::Error),
    /// It has another version.
    #[error("it has version {0}; this program reads version {VERSION}")]
    Version(Value),
    /// It was changed after it was written.
    #[error("it is damaged: its seal is not that of what it says")]
    Seal,
    /// A part of it can't be read.
    #[error("{0}")]
    Part(String),
}

impl PartFile {
    /// The result of a search that has ended.
    #[must_use]
    pub fn new(question: Value, part: Part, steps: u64, attack: Option<Value>) -> PartFile {
        PartFile { turncoat_part: VERSION, question, part, steps, attack, reached: None }
    }

    /// Reads a line.
    ///
    /// # Errors
    ///
    /// It is not JSON, not a part file, of another version, or damaged.
    pub fn read(line: &str) -> Result<PartFile, PartFileError> {
        let mut file = unique_keys::read(line).map_err(|(_, error)| error)?;
        let fields = file.as_object_mut();
        let fields =
            fields.ok_or_else(|| PartFileError::Part("it must be an object".to_owned()))?;
        match fields.get("turncoat_part") {
            Some(version) if *version == VERSION => {}
            Some(version) => return Err(PartFileError::Version(version.clone())),
            None => {
                let must = format!("it must be an object with \"turncoat_part\": {VERSION}");
                return Err(PartFileError::Part(must));
            }
        }
        let sealed = fields.shift_remove("seal");
        if sealed != Some(json!(seal(&file))) {
            return Err(PartFileError::Seal);
        }
        part("the file", file).map_err(|error| PartFileError::Part(error.to_string()))
    }

    /// Whether this could be the beginning of a line that was not written completely. If no line comes before it, it
    /// must be long enough to tell: a lone `{` could begin any file.
    #[must_use]
    pub fn could_begin(text: &str, is_first: bool) -> bool {
        const BEGINNING: &str = "{\"turncoat_part\":";
        let too_short = is_first && !text.is_empty();
        text.starts_with(BEGINNING) || !too_short && BEGINNING.starts_with(text)
    }

    /// The line for this result, with its newline.
    #[must_use]
    pub fn write(&self) -> String {
        let mut file = json!(self);
        file["seal"] = json!(seal(&file));
        format!("{file}\n")
    }
}

fn seal(file: &Value) -> String {
    let digest = Sha256::digest(file.to_string());
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let part = Part::new(3, 64).unwrap();
        let file = PartFile::new(json!({ "n": 4 }), part, 4711, Some(json!({ "lies": [] })));
        let line = file.write();
        assert_eq!(PartFile::read(&line).unwrap(), file);
        let error = |line: &str| PartFile::read(line).unwrap_err().to_string();
        assert!(error(&line[..line.len() / 2]).contains("damaged"));
        let other = line.replace("4711", "4712");
        assert_eq!(error(&other), "it is damaged: its seal is not that of what it says");
        assert!(error("{}").contains("turncoat_part"));
        assert!(error("[]").contains("an object"));
        let newer = line.replace("\"turncoat_part\":1", "\"turncoat_part\":2");
        assert!(error(&newer).contains("version 2"));
    }
}
