//! Output files, and the command that replays an attack that is saved in one.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};
use serde::Serialize;
use serde_json::Value;

use super::answer::{BadInput, complain};
use crate::Attack;
use crate::escape::commands;
use crate::files;
use crate::report::attack_file::AttackFile;

/// The name of an output file. Whether it can be written is tried at once, so that no long search is in vain.
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

/// Saves an attack, if there is one and a file was given.
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

/// The line that says how to replay the attack: from this file, or from a file that is saved when the question is
/// asked `again`. `reading` holds the arguments that are needed to read the file.
pub fn replayed(program: &str, save: Option<&Path>, again: &str, reading: &str) -> String {
    let file = quoted(save.unwrap_or(Path::new("attack.json")));
    let saved = match save {
        Some(_) => String::new(),
        None => format!("{program} {again} --save {file} && "),
    };
    let replay = format!("{program} replay {file} {reading}");
    format!("{:<12}{saved}{}\n", "Replay", replay.trim_end())
}

/// A file's name quoted for a shell, without characters that command a terminal.
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
