//! Files that are written, and how an attack that is saved in one is seen again.

use std::path::Path;

use serde_json::Value;

use super::answer::{BadInput, complain};
use super::protocols::Specification;
use crate::Attack;
use crate::report::attack_file::AttackFile;

pub fn write(file: &Path, text: &str) -> Result<(), BadInput> {
    std::fs::write(file, text)
        .map_err(|error| BadInput(format!("{} can't be written: {error}", file.display())))
}

/// Saves an attack, if that is asked for and there is one.
pub fn save(
    file: Option<&Path>,
    specification: &Specification,
    attack: Option<Attack<Value, Value>>,
) -> Result<(), BadInput> {
    match (file, attack) {
        (Some(file), Some(attack)) => write(file, &AttackFile::write(specification, &attack))?,
        (Some(file), None) => {
            complain(format!("there is no attack to save to {}", file.display()));
        }
        (None, _) => {}
    }
    Ok(())
}

/// The line that says how an attack is seen again that is in this file, or that is saved when this
/// is asked again.
pub fn replayed(save: Option<&Path>, again: &str) -> String {
    let file = quoted(save.unwrap_or(Path::new("attack.json")));
    let saved = match save {
        Some(_) => String::new(),
        None => format!("{again} --save {file} && "),
    };
    format!("{:<12}{saved}turncoat replay {file}\n", "Replay")
}

/// A file's name as a shell reads it.
pub fn quoted(file: &Path) -> String {
    let name = file.display().to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "/._-".contains(letter);
    if name.chars().all(plain) { name } else { format!("'{}'", name.replace('\'', "'\\''")) }
}
