//! What a person or a program reads: pure renderers of verdicts, executions and attacks.

pub mod attack_file;
pub mod grid;
pub mod hunted;
pub mod json;
pub mod story;
pub mod text;
