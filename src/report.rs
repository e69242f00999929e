//! What a person or a program reads: pure renderers of verdicts, executions and attacks.

pub mod attack_file;
pub mod bounds;
mod cast;
mod estimate;
pub mod grid;
pub mod hunted;
pub mod json;
mod line;
pub mod picture;
pub mod refuted;
pub mod rounds;
pub mod story;
mod telling;
pub mod text;

/// The same with a capital letter at its beginning.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// The same as a sentence.
fn sentence(text: &str) -> String {
    capital(text) + "."
}
