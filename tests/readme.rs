//! The README shows what the program prints today. `UPDATE_EXPECT=1 cargo test` writes it anew.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command_line::{timeless, turncoat_in};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// The answer to a command as the README shows it.
fn answer(command: &str) -> String {
    let arguments = (command.strip_prefix("cargo run --release -- "))
        .or_else(|| command.strip_prefix("turncoat "));
    if let Some(arguments) = arguments {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        return timeless(&turncoat_in(folder, arguments, "").out);
    }
    let example = command.strip_prefix("cargo run --example ");
    let example = example.unwrap_or_else(|| panic!("README: nobody knows how to run '{command}'"));
    let cargo = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--example"])
        .args(example.split_whitespace())
        .output()
        .expect("cargo starts");
    String::from_utf8(cargo.stdout).expect("it prints text")
}

/// The README with every console block answered anew.
fn answered(readme: &str) -> String {
    let mut text = String::new();
    let mut lines = readme.lines().peekable();
    let mut in_console = false;
    while let Some(line) = lines.next() {
        text += &format!("{line}\n");
        in_console = if line.starts_with("```") { line == "```console" } else { in_console };
        let Some(command) = line.strip_prefix("$ ").filter(|_| in_console) else { continue };
        if command == "cargo test" {
            continue; // that is what runs here
        }
        while lines.next_if(|next| !next.starts_with("```") && !next.starts_with("$ ")).is_some() {}
        text += &answer(command);
    }
    text
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let readme = fs::read_to_string(README).unwrap();
    let answered = answered(&readme);
    assert!(answered.contains("$ cargo run --release -- check oral -n 3 -f 1\nBROKEN"));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(README, answered).unwrap();
    } else {
        assert!(readme == answered, "README.md is not current: UPDATE_EXPECT=1 cargo test readme");
    }
}

/// The protocol that the README shows is the example, to the letter.
#[test]
fn the_readme_shows_the_example() {
    let readme = fs::read_to_string(README).unwrap();
    let example = include_str!("../examples/own_protocol.rs");
    let code = example.split_once("\n\n").map_or(example, |(_, code)| code);
    let code = code.split_once("\nfn main()").map_or(code, |(code, _)| code).trim();
    assert!(readme.contains(code), "README.md: copy examples/own_protocol.rs into it");
}
