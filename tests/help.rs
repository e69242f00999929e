//! Help, completions and the manual: every command has an example, and every example can be run; all help is as wide as
//! a terminal and in plain English. `UPDATE_EXPECT=1 cargo test` rewrites the golden text.

use std::fs;

use expect_test::expect_file;

use crate::command_line::{scratch, turncoat};

/// All commands of the program.
pub const COMMANDS: [&str; 13] = [
    "check",
    "sweep",
    "hunt",
    "refute",
    "merge",
    "replay",
    "suspects",
    "rounds",
    "bounds",
    "list",
    "schema",
    "completions",
    "man",
];

/// All protocols of the program.
pub const PROTOCOLS: [&str; 23] = [
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
    "signed-consensus",
    "bracha",
    "ben-or",
    "bracha-agreement",
    "mmr",
    "hotstuff",
    "chained-hotstuff",
    "tendermint",
    "pbft",
    "ibft",
    "dbft",
    "simplex",
    "exec",
];

/// The commands that take a protocol.
pub const ASKING: [&str; 4] = ["check", "sweep", "hunt", "refute"];

/// The widest that a line of help may be.
const WIDTH: usize = 100;

/// Words and phrases that users of other tools would not understand, each with what to say instead.
pub const PRIVATE: [(&str, &str); 57] = [
    ("whim", "random adversary"),
    ("temper", "behaviour"),
    ("chase", "random search"),
    ("disorder", "random schedule"),
    ("spares", "state pool"),
    ("voices", "sends"),
    ("survey", "parallel cases"),
    ("lying", "byzantine sender"),
    ("extremes", "monotone"),
    ("campaign", "driver"),
    ("electorate", "vote classes"),
    ("ballots", "vote counting"),
    ("unfold", "witness"),
    ("unfit", "composition error"),
    ("overheard", "signature set"),
    ("twins", "mimic"),
    ("stage", "simulator"),
    ("scene", "setting"),
    ("puppeteer", "simulator"),
    ("whimsical", "simulator"),
    ("ground", "round context"),
    ("hand", "worker"),
    ("book", "interner"),
    ("fates", "crash choices"),
    ("script", "decisions"),
    ("deed", "action"),
    ("menu", "wire choices"),
    ("muddle", "error of the repertoire"),
    ("honest", "fault-free"),
    ("probe", "canned attacks"),
    ("walk", "symmetry test"),
    ("meter", "step budget"),
    ("keepsake", "artifacts"),
    ("ink", "style"),
    ("what they like", "any message"),
    ("what it likes", "any message"),
    ("by themselves", "one by one"),
    ("gone through", "searched"),
    ("go through", "search"),
    ("goes through", "searches"),
    ("made up", "synthesized"),
    ("is made for", "is designed for"),
    ("made smaller", "shrunk"),
    ("has no place", "out-of-protocol"),
    ("can't be had", "is impossible"),
    ("came of", "result"),
    ("comes of", "result"),
    ("gives way", "fails"),
    ("are alike", "interchangeable"),
    ("be enough", "suffice"),
    ("be taken", "limit"),
    ("every part", "every shard"),
    ("with 1 for any other", "and 1 for any other"),
    ("as equal as can be", "as equal as possible"),
    ("how many", "number of"),
    ("the real thing", "real signatures"),
    ("from what", "seed"),
];

/// Whether a text has this word or phrase, and not only as part of a longer word.
pub fn says(text: &str, phrase: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-');
    text.match_indices(phrase).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + phrase.len()..]);
        !is_word(before.chars().next_back()) && !is_word(after.chars().next())
    })
}

/// Asserts that a help text is no wider than a terminal, and has no words that only we use.
fn check_prose(arguments: &str, help: &str) {
    for line in help.lines() {
        let width = line.chars().count();
        assert!(width <= WIDTH, "turncoat {arguments}: {width} columns, at most {WIDTH}: {line}");
    }
    let text = help.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    for (phrase, better) in PRIVATE {
        assert!(!says(&text, phrase), "turncoat {arguments}: not \"{phrase}\", but \"{better}\"");
    }
}

#[test]
fn all_help_is_narrow_and_in_plain_words() {
    for command in [""].iter().chain(&COMMANDS) {
        let arguments = format!("{command} --help");
        let help = turncoat(&arguments);
        assert_eq!((help.code, help.err.as_str()), (0, ""), "turncoat {arguments}");
        check_prose(&arguments, &help.out);
        assert!(command.is_empty() || !examples(&help.out).is_empty(), "turncoat {arguments}");
        let name = if command.is_empty() { "turncoat" } else { command };
        expect_file![format!("golden/help/{name}.txt")].assert_eq(&help.out);
    }
    for (command, protocol) in itertools::iproduct!(ASKING, PROTOCOLS) {
        for short in ["-h", "--help"] {
            let arguments = format!("{command} {protocol} {short}");
            let help = turncoat(&arguments);
            assert_eq!((help.code, help.err.as_str()), (0, ""), "turncoat {arguments}");
            check_prose(&arguments, &help.out);
        }
    }
    // The arguments that all protocols share are pinned once per command.
    for command in ASKING {
        let help = turncoat(&format!("{command} signed --help")).out;
        expect_file![format!("golden/help/{command}_signed.txt")].assert_eq(&help);
    }
}

/// The examples in a help text.
fn examples(help: &str) -> Vec<String> {
    let at =
        help.find("Example: ").or_else(|| help.find("Examples: ")).expect("there is an example");
    let lines = help[at..].lines().take_while(|line| !line.is_empty());
    let commands = lines.filter_map(|line| line.find("turncoat ").map(|at| &line[at..]));
    commands.map(str::to_owned).collect()
}

/// Each example for a protocol is accepted, and answered within seconds.
#[test]
fn every_example_for_a_protocol_can_be_run() {
    for command in ASKING {
        for protocol in PROTOCOLS {
            let help = turncoat(&format!("{command} {protocol} --help")).out;
            if (command, help.contains("Example: ")) == ("refute", false) {
                // The impossibility arguments do not apply to the problems of these protocols.
                let answer = turncoat(&format!("refute {protocol} -n 3 -f 1"));
                assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{protocol}");
                continue;
            }
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
}

#[test]
fn there_is_a_manual() {
    let page = turncoat("man");
    assert_eq!((page.code, page.err.as_str()), (0, ""));
    assert!(page.out.contains(".TH turncoat 1") && page.out.contains("Exit codes"), "{}", page.out);
    let folder = scratch("man");
    let written = turncoat(&format!("man --dir {folder}"));
    assert_eq!((written.code, written.out.as_str(), written.err.as_str()), (0, "", ""));
    for command in ["turncoat", "turncoat-rounds", "turncoat-check-oral", "turncoat-sweep-vote"] {
        let page = fs::read_to_string(format!("{folder}/{command}.1")).unwrap();
        assert!(page.contains("turncoat"), "{page}");
    }
}
