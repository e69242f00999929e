//! The README and the pages of `docs` show what the program prints today. `UPDATE_EXPECT=1 cargo test` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command_line::{timeless, turncoat_in};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// The answer to a command as the README shows it.
fn answer(command: &str) -> String {
    if command.contains('\'') {
        return by_shell(command);
    }
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

/// The same of one that only a shell can read, with the program on its path.
fn by_shell(command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_turncoat")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let ran = Command::new("sh")
        .args(["-c", command])
        .env("PATH", path)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("there is a shell");
    timeless(&String::from_utf8(ran.stdout).expect("it prints text"))
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

/// The README, and all pages of `docs`.
fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
    let docs = docs
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "md"));
    let mut pages: Vec<_> = docs.collect();
    pages.push(README.into());
    pages.sort();
    pages
}

#[test]
fn what_is_shown_is_what_the_program_prints() {
    let mut blocks = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let answered = answered(&text);
        blocks += text.matches("```console").count();
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(page, answered).unwrap();
        } else {
            let current = text == answered;
            assert!(
                current,
                "{} is not current: UPDATE_EXPECT=1 cargo test readme",
                page.display()
            );
        }
    }
    assert!(blocks > 20, "{blocks}");
    let readme = fs::read_to_string(README).unwrap();
    assert!(readme.contains("$ cargo run --release -- check oral -n 3 -f 1\nBROKEN"));
    assert!(readme.lines().count() <= 250, "the README is short: the rest stands in docs");
}

/// Whatever a page links to is there; and each page is in the summary.
#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if !link.contains("://") && !file.is_empty() {
                let there = page.parent().unwrap().join(file);
                assert!(there.exists(), "{}: {link}", page.display());
                links += 1;
            }
        }
    }
    assert!(links > 20, "{links}");
    let summary = include_str!("../docs/SUMMARY.md");
    for page in pages() {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        let is_listed = ["README.md", "SUMMARY.md"].contains(&&*name) || summary.contains(&name);
        assert!(is_listed, "docs/SUMMARY.md: {name} is missing");
    }
}

/// The code that a page shows is that of an example, to the letter.
#[test]
fn pages_show_the_examples() {
    for (page, example, from) in [
        ("README.md", include_str!("../examples/own_protocol.rs"), "\n\n"),
        (
            "docs/your-crate.md",
            include_str!("../examples/own_crate.rs"),
            "use shipped::{Node, Vote};",
        ),
    ] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        let code = example.split_once(from).unwrap().1.split_once("\nfn main()").unwrap().0;
        assert!(text.contains(code.trim()), "{page}: copy the example into it");
    }
}
