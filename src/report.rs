//! Reports for people and programs: pure renderers of verdicts, executions and attacks.

pub mod attack_file;
pub mod bounds;
pub mod dot;
pub mod grid;
pub mod itf;
pub mod json;
pub mod map;
mod markup;
pub mod mermaid;
#[cfg(feature = "cli")]
pub(crate) mod notation;
#[cfg(feature = "pages")]
pub mod page;
pub mod part_file;
pub mod refuted;
pub mod ring;
pub mod rounds;
mod speech;
pub mod story;
pub mod style;
pub(crate) mod suspected;
pub mod svg;
pub(crate) mod telling;
pub mod text;
pub(crate) mod unique_keys;
#[cfg(feature = "cli")]
pub(crate) mod view_file;

use crate::count::many;

/// The text with its first letter in upper case.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// The text as a sentence.
fn sentence(text: &str) -> String {
    capital(text) + "."
}

/// Whether a line belongs to a value whose `Debug` text spans several lines, so that it is no conclusion of its own.
fn is_within(line: &str) -> bool {
    line.starts_with([' ', '}', ']', ')'])
}
