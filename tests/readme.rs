//! The README and the pages of `docs` show what the program prints today. `UPDATE_EXPECT=1 cargo test` rewrites them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use turncoat::search::Reduction;

use crate::command_line::{timeless, turncoat_in};
use crate::help::{PRIVATE, says};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// The output of a command as the README shows it. All commands run in one folder, which has the examples, too.
fn answer(command: &str) -> String {
    if let Some(example) = command.strip_prefix("cargo run --example ") {
        let cargo = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--example"])
            .args(example.split_whitespace())
            .output()
            .expect("cargo starts");
        return String::from_utf8(cargo.stdout).expect("it prints text");
    }
    let command = command.replace("cargo run --release -- ", "turncoat ");
    let arguments = command.strip_prefix("turncoat ").filter(|rest| !rest.contains(['\'', '|']));
    timeless(&match arguments {
        Some(arguments) => turncoat_in(&folder(), arguments, "").out,
        None => by_shell(&command).0,
    })
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&folder).unwrap();
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    // The link may exist already, from an earlier run or another test.
    let _ = std::os::unix::fs::symlink(examples, folder.join("examples"));
    folder
}

/// What a shell prints with the program on its path, and its exit code.
fn by_shell(command: &str) -> (String, i32) {
    let program = Path::new(env!("CARGO_BIN_EXE_turncoat")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let ran = Command::new("sh")
        .args(["-c", command])
        .env("PATH", path)
        .current_dir(folder())
        .output()
        .expect("there is a shell");
    let code = ran.status.code().expect("it ends by itself");
    assert_ne!(code, 127, "nobody knows how to run '{command}'");
    (String::from_utf8(ran.stdout).expect("it prints text"), code)
}

/// A page with the output of every console block renewed. A command that was run before is not run again.
fn answered(page: &str, known: &mut BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let mut lines = page.lines().peekable();
    let mut in_console = false;
    while let Some(line) = lines.next() {
        text += &format!("{line}\n");
        in_console = if line.starts_with("```") { line == "```console" } else { in_console };
        let Some(command) = line.strip_prefix("$ ").filter(|_| in_console) else { continue };
        if command == "cargo test" {
            continue; // that is what runs here
        }
        while lines.next_if(|next| !next.starts_with("```") && !next.starts_with("$ ")).is_some() {}
        text += known.entry(command.to_owned()).or_insert_with_key(|command| answer(command));
    }
    text
}

/// The README and all pages of `docs`, except the gallery, which `gallery.rs` draws.
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
    let (mut blocks, mut known) = (0, BTreeMap::new());
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let answered = answered(&text, &mut known);
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

/// A heading as links name it, such as `#exit-codes`.
fn anchor(heading: &str) -> String {
    let letter = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
    heading.trim().to_lowercase().chars().filter(letter).collect::<String>().replace(' ', "-")
}

/// The headings of a page, as links name them.
fn anchors(text: &str) -> Vec<String> {
    let texts = text.split("```").step_by(2).flat_map(str::lines);
    texts
        .filter(|line| line.starts_with('#'))
        .map(|it| anchor(it.trim_start_matches('#')))
        .collect()
}

/// Every link of a page leads to an existing file and heading; each page is in the summary; and each code block names
/// its language.
#[test]
fn every_link_leads_somewhere() {
    let gallery = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/gallery/README.md");
    let (mut links, mut blocks) = (0, 0);
    let summary = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/SUMMARY.md"));
    let summary = summary.unwrap();
    for page in pages().into_iter().chain([gallery.into()]) {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let there = if file.is_empty() { page.clone() } else { page.with_file_name(file) };
            assert!(there.exists(), "{}: {link}", page.display());
            let is_there =
                || anchors(&fs::read_to_string(&there).unwrap()).contains(&heading.into());
            assert!(heading.is_empty() || is_there(), "{}: {link}", page.display());
            links += 1;
        }
        for opening in text.lines().filter(|line| line.starts_with("```")).step_by(2) {
            assert_ne!(opening, "```", "{}: say what each block is in", page.display());
            blocks += 1;
        }
        let name = page.to_string_lossy().into_owned();
        let name = name.rsplit_once("/docs/").map(|(_, name)| format!("]({name})"));
        let is_listed = name.is_none_or(|name| name == "](SUMMARY.md)" || summary.contains(&name));
        assert!(is_listed, "docs/SUMMARY.md: {} is missing", page.display());
    }
    assert!(links > 20 && blocks > 20, "{links} {blocks}");
}

/// A page without its code blocks, and the code blocks in this language.
fn taken_apart(text: &str, language: &str) -> (String, String) {
    let (mut prose, mut code, mut block) = (String::new(), String::new(), None);
    for line in text.split_inclusive('\n') {
        match (line.strip_prefix("```"), block) {
            (Some(begun), None) => block = Some(begun.trim()),
            (Some(_), Some(_)) => block = None,
            (None, None) => prose += line,
            (None, Some(begun)) => code += if begun == language { line } else { "" },
        }
    }
    (prose, code)
}

/// Commands in running text, or in a block without output, can be run as well: here with small budgets.
#[test]
fn every_command_in_a_text_is_understood() {
    let mut commands = 0;
    for page in pages() {
        let (prose, lines) = taken_apart(&fs::read_to_string(&page).unwrap(), "sh");
        let inline = prose.split('`').skip(1).step_by(2);
        let needs_more = ["COMMAND", "FILE", "..", "attack.json", "merge", " man", "completions"];
        for command in inline.chain(lines.lines()).filter(|code| code.starts_with("turncoat ")) {
            let command = command.split(" > ").next().unwrap();
            let is_short = command.split(' ').count() < 3
                || needs_more.iter().any(|word| command.contains(word)) && !command.contains("..=");
            if is_short {
                continue;
            }
            let little = match command.split(' ').nth(1).unwrap_or_default() {
                "check" | "sweep" if !command.contains("--budget") => " --budget 1000",
                "hunt" => " --budget 300ms --shrink 100ms",
                _ => "",
            };
            let (_, code) = by_shell(&format!("{command}{little}"));
            assert_ne!(code, 2, "{}: {command}", page.display());
            commands += 1;
        }
    }
    assert!(commands > 20, "{commands}");
}

/// A page must not use phrases that are banned from help texts, except those with a plain meaning there.
#[test]
fn pages_are_in_plain_words() {
    let plain = ["how many", "be enough", "by themselves", "from what", "every part"];
    let strange = PRIVATE.iter().filter(|(it, _)| it.contains(' ') && !plain.contains(it));
    for (page, (phrase, better)) in itertools::iproduct!(pages(), strange) {
        let (prose, _) = taken_apart(&fs::read_to_string(&page).unwrap(), "");
        let is_table = |line: &&str| line.starts_with("| ");
        let words = prose.lines().filter(|line| !is_table(line)).collect::<Vec<_>>().join(" ");
        let found = says(&words.to_lowercase(), phrase);
        assert!(!found, "{}: not \"{phrase}\", but \"{better}\"", page.display());
    }
}

/// The code on a page is that of an example, word for word.
#[test]
fn pages_show_the_examples() {
    for (page, example, from) in [
        ("README.md", include_str!("../examples/own_protocol.rs"), "\n\n"),
        ("docs/events.md", include_str!("../examples/own_event_protocol.rs"), "\n\n"),
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

/// The page on verdicts says why each reduction is sound.
#[test]
fn every_reduction_is_explained() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verdicts.md"));
    let page = page.unwrap();
    let event_driven = Reduction::ASYNCHRONOUS.iter().chain(&Reduction::SYNCHRONOUS);
    for reduction in Reduction::ALL.iter().chain(event_driven).chain(&Reduction::COMPOSITION) {
        assert!(page.contains(&format!("| {reduction} |")), "docs/verdicts.md: {reduction}");
    }
}
