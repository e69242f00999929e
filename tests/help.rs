//! Help, completions and the manual: every command has an example, and every example can be run.

use std::fs;

use crate::command_line::turncoat;

const COMMANDS: [&str; 11] = [
    "check",
    "sweep",
    "hunt",
    "refute",
    "replay",
    "rounds",
    "bounds",
    "list",
    "schema",
    "completions",
    "man",
];

const PROTOCOLS: [&str; 10] = [
    "oral",
    "routed",
    "signed",
    "two-step",
    "relay-threshold",
    "first-order",
    "dolev-strong",
    "flood-set",
    "vote",
    "interactive",
];

/// The examples in a help text.
fn examples(help: &str) -> Vec<String> {
    let at =
        help.find("Example: ").or_else(|| help.find("Examples: ")).expect("there is an example");
    let lines = help[at..].lines().take_while(|line| !line.is_empty());
    let commands = lines.filter_map(|line| line.find("turncoat ").map(|at| &line[at..]));
    commands.map(str::to_owned).collect()
}

#[test]
fn every_command_has_an_example() {
    for command in COMMANDS {
        let help = turncoat(&format!("{command} --help"));
        assert_eq!(help.code, 0);
        assert!(!examples(&help.out).is_empty(), "turncoat {command} --help");
    }
}

/// The examples for a protocol are accepted, and answered within seconds.
#[test]
fn every_example_for_a_protocol_can_be_run() {
    for command in ["check", "sweep", "hunt", "refute"] {
        for protocol in PROTOCOLS {
            let help = turncoat(&format!("{command} {protocol} --help")).out;
            let [example] = &examples(&help)[..] else { panic!("one example: {help}") };
            let example = example.strip_prefix("turncoat ").unwrap();
            assert!(example.starts_with(&format!("{command} {protocol} ")), "{example}");
            let budget = match command {
                "hunt" => " --cases 20",
                "refute" => "",
                _ => " --budget 20000",
            };
            let example = example.replace(" --save attack.json", "");
            let example = example.split(" --cases").next().unwrap();
            let answer = turncoat(&format!("{example}{budget}"));
            assert_ne!(answer.code, 2, "turncoat {example}: {}", answer.err);
        }
    }
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let answer = turncoat(&format!("completions {shell}"));
        assert_eq!((answer.code, answer.err.as_str()), (0, ""));
        for word in COMMANDS.iter().chain(&PROTOCOLS).chain(&["color"]) {
            assert!(answer.out.contains(word), "{shell} does not know {word}");
        }
    }
    let answer = turncoat("completions tcsh");
    assert_eq!((answer.code, answer.err.lines().count()), (2, 1));
}

#[test]
fn there_is_a_manual() {
    let page = turncoat("man");
    assert_eq!((page.code, page.err.as_str()), (0, ""));
    assert!(page.out.contains(".TH turncoat 1") && page.out.contains("Exit codes"), "{}", page.out);
    let folder = format!("{}/man", env!("CARGO_TARGET_TMPDIR"));
    let written = turncoat(&format!("man --dir {folder}"));
    assert_eq!((written.code, written.out.as_str(), written.err.as_str()), (0, "", ""));
    for command in ["turncoat", "turncoat-rounds", "turncoat-check-oral", "turncoat-sweep-vote"] {
        let page = fs::read_to_string(format!("{folder}/{command}.1")).unwrap();
        assert!(page.contains("turncoat"), "{page}");
    }
    let refused = turncoat("man --dir /proc/nowhere");
    assert_eq!((refused.code, refused.err.lines().count()), (2, 1));
}
