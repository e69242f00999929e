//! Files that are written, and how an attack that is saved in one is seen again.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};
use serde::Serialize;
use serde_json::Value;

use super::answer::{BadInput, complain};
use crate::Attack;
use crate::escape::commands;
use crate::files;
use crate::report::attack_file::AttackFile;

/// The name of a file that is to be written. That is tried at once, so that no long search is in vain.
pub fn to_write() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|file| {
        if file.as_os_str() == "-" {
            return Err("this is no file: name one, or say ./- if it is called so".to_owned());
        }
        let tried = files::try_to_write(&file);
        tried.map(|()| file).map_err(|error| format!("it can't be written: {error}"))
    })
}

pub fn write(file: &Path, text: &str) -> Result<(), BadInput> {
    files::write(file, text)
        .map_err(|error| BadInput(format!("{} can't be written: {error}", file.display())))
}

/// Saves an attack, if that is asked for and there is one.
pub fn save(
    file: Option<&Path>,
    specification: &impl Serialize,
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
/// is asked again; `reading` is what is said when such a file is read.
pub fn replayed(program: &str, save: Option<&Path>, again: &str, reading: &str) -> String {
    let file = quoted(save.unwrap_or(Path::new("attack.json")));
    let saved = match save {
        Some(_) => String::new(),
        None => format!("{program} {again} --save {file} && "),
    };
    let replay = format!("{program} replay {file} {reading}");
    format!("{:<12}{saved}{}\n", "Replay", replay.trim_end())
}

/// A file's name as a shell reads it, without letters that command a terminal.
pub fn quoted(file: &Path) -> String {
    let name = file.display().to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "/._-".contains(letter);
    if name.chars().all(plain) {
        return name;
    }
    if !name.contains(commands) {
        return format!("'{}'", name.replace('\'', "'\\''"));
    }
    let byte = |byte: u8| match byte {
        b' '..=b'~' if !b"'\\".contains(&byte) => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    format!("$'{}'", name.bytes().map(byte).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_name() {
        for (name, word) in [
            ("a/b-1.json", "a/b-1.json"),
            ("two words", "'two words'"),
            ("it's", r"'it'\''s'"),
            ("\u{1b}]0;it's\n", r"$'\x1b]0;it\x27s\x0a'"),
        ] {
            assert_eq!(quoted(Path::new(name)), word);
        }
    }
}
