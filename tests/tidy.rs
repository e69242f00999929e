//! Style that matters: floors, short files, first lines, and words that have no place.

use std::fs;
use std::path::{Path, PathBuf};

/// The floors from the ground up, each a list of files and folders under `src`. A file imports
/// only from its own floor and those below it.
const FLOORS: [&[&str]; 10] = [
    &["general", "graph", "order", "count", "outcome"],
    &["protocol", "fault", "testable", "signature", "forgery"],
    &["protocols", "attack", "schedule", "knowledge", "adversary", "setting", "property"],
    &["machine"],
    &["execution"],
    &["search", "impossibility"],
    &["verdict"],
    &["report"],
    &[
        "artifacts",
        "check",
        "estimate",
        "hunt",
        "monotone",
        "question",
        "recursion",
        "refute",
        "regressions",
        "strategy",
        "symmetry",
    ],
    &["cli", "main", "lib"],
];

/// The longest a file may be.
const LINES: usize = 400;

/// The Rust files in a folder, at every depth.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, mut files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    let folders = folders.iter().filter(|folder| !folder.ends_with("target"));
    files.extend(folders.flat_map(|folder| self::files(folder)));
    files.sort();
    files
}

/// Every source file with its name from the top and its text.
fn sources() -> Vec<(String, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["src", "tests", "examples", "benches"]
        .into_iter()
        .flat_map(|folder| files(&top.join(folder)));
    let read = |file: PathBuf| {
        let name = file.strip_prefix(top).unwrap().display().to_string();
        (name, fs::read_to_string(&file).unwrap())
    };
    files.map(read).collect()
}

/// The room of a file: `search` for `src/search.rs` and for `src/search/choices/space.rs`.
fn room(file: &str) -> &str {
    let inside = file.strip_prefix("src/").unwrap_or(file);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

fn floor(room: &str) -> usize {
    let floor = FLOORS.iter().position(|rooms| rooms.contains(&room));
    floor.unwrap_or_else(|| panic!("src/{room}.rs is on no floor: give it one in {}", file!()))
}

#[test]
fn a_file_imports_only_from_floors_below() {
    for (file, text) in sources().iter().filter(|(file, _)| file.starts_with("src/")) {
        let own = room(file);
        // What a test imports is the test's business.
        let code = text.split("#[cfg(test)]").next().unwrap_or(text);
        for import in code.split("crate::").skip(1) {
            let other = import.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            if own == "lib" || other == own || other.chars().next().is_some_and(char::is_uppercase)
            {
                continue;
            }
            // `use crate::{..}`: what the crate shows the world.
            let other = if other.is_empty() { "lib" } else { other };
            assert!(
                floor(other) <= floor(own),
                "{file} imports crate::{other} from a higher floor: move what it needs down, or \
                 the file up"
            );
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for (file, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= LINES, "{file} has {lines} lines: split it, at most {LINES} are allowed");
        let first = text.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("//! "),
            "{file} must begin with a line `//! ..`: what is it for?"
        );
    }
}

#[test]
fn only_the_top_floors_touch_the_world() {
    let world = ["std::fs", "std::env", "std::io", "std::net", "std::process"];
    for (file, text) in sources().iter().filter(|(file, _)| file.starts_with("src/")) {
        if floor(room(file)) >= floor("check") {
            continue;
        }
        let found = world.iter().find(|module| text.contains(**module));
        assert_eq!(found, None, "{file}: files and the environment only from `check` up");
    }
}

/// A length of time is a number like others; what reads a clock is not the same twice.
#[test]
fn only_the_builders_and_the_command_line_read_a_clock() {
    for (file, text) in sources().iter().filter(|(file, _)| file.starts_with("src/")) {
        let clock = text.replace("use std::time::Duration;", "").contains("std::time");
        let allowed = floor(room(file)) >= floor("hunt");
        assert!(!clock || allowed, "{file}: clocks belong to src/hunt.rs and src/cli");
    }
}

#[test]
fn nothing_is_left_undone() {
    // Written so that this file does not name them.
    let undone = ["to", "unimplemen", "FIX", "#[igno"].into_iter().zip(["do!", "ted!", "ME", "re"]);
    let undone: Vec<String> = undone.map(|(start, end)| format!("{start}{end}")).collect();
    let rooms = ["util", "common", "types", "helpers", "prelude", "mod"];
    for (file, text) in sources() {
        let found = undone.iter().find(|word| text.contains(word.as_str()));
        assert_eq!(found, None, "{file}: finish it, or take it out");
        let name = file.rsplit('/').next().unwrap_or(&file).trim_end_matches(".rs");
        assert!(!rooms.contains(&name), "{file}: name it after what lives there");
    }
}
