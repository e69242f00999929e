//! Command lines drawn at random: most follow the grammar, with extreme numbers here and there and strange files, and
//! some have junk in them.

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::IndexedRandom;

use crate::command_line::turncoat;
use crate::help::PROTOCOLS;

/// Numbers that are refused in every option.
const REFUSED: [&str; 12] = [
    "-1",
    "65",
    "257",
    "1000000",
    "4294967296",
    "18446744073709551615",
    "99999999999999999999",
    "",
    "x",
    "1e9",
    "0x4",
    "4.0",
];

/// Options that take a number.
const COUNTED: [&str; 13] = [
    "-m",
    "-k",
    "-p",
    "--values",
    "--rounds",
    "--instances",
    "--disruptions",
    "--latest",
    "--cases",
    "--seed",
    "--from",
    "--key-seed",
    "--threads",
];

/// Options that take a word, with the words.
const WORDED: [(&str, &[&str]); 18] = [
    (
        "--graph",
        &["complete", "ring", "path", "cube", "prism", "grid:2x2", "regular:4,3", "edges.txt"],
    ),
    ("--engine", &["auto", "exhaustive", "compositional", "naive"]),
    ("--faults", &["byzantine", "crash", "send-omission", "receive-omission"]),
    ("--format", &["text", "json", "svg", "mermaid", "dot", "html", "itf"]),
    ("--expect", &["holds", "broken", "bounded", "refuted", "possible"]),
    ("--choice", &["majority", "median", "plurality", "only"]),
    ("--signatures", &["ideal", "ed25519"]),
    ("--verifiers", &["strict", "strict,plain", "batch"]),
    ("--suspects", &["0", "0,1", "1,9"]),
    ("--color", &["never", "always"]),
    ("--max-memory", &["40MB", "500MB", "1GiB"]),
    ("--shard", &["1/2", "2/2", "3/2", "1/99999999999"]),
    ("--checkpoint", &["record.jsonl", "attack.json", "brace", "/dev/zero"]),
    ("--save", &["saved.json", "attack.json", "nowhere/a.json", "/dev/full"]),
    ("-o", &["out", "attack.json", ".", "/dev/null", "/dev/full", "a\u{1b}]0;b"]),
    ("--groups", &["0/1/2", "0,1/2/3", "0/0/1"]),
    ("--violates", &["agreement", "validity", "termination", "totality", "peace"]),
    ("--inputs", &["0=ATTACK", "0=RETREAT,1=ATTACK", "0=CHARGE", "9=ATTACK", "0=0=0"]),
];

const FLAGS: [&str; 11] = [
    "--exactly",
    "--loyal-commander",
    "--no-silence",
    "--no-strays",
    "--no-replays",
    "--any-order",
    "--unbound",
    "--at-least",
    "--dry-run",
    "--ascii",
    "--signed",
];

const JUNK: [&str; 20] = [
    "",
    "-",
    "--",
    "---",
    "-x",
    "--wat",
    "\u{1b}[31m",
    "\u{1b}]0;mine\u{7}",
    "a\nturncoat: HOLDS",
    "\u{202e}",
    "é",
    "\u{1f980}",
    "'",
    "\"",
    "%s",
    "/dev/zero",
    ".",
    "--format=",
    "-n=4",
    "{}",
];

/// Files in the folder of each run: those that command lines name, with their contents.
pub const FILES: [(&str, &str); 5] = [
    ("attack.json", include_str!("golden/attack.json")),
    ("edges.txt", "0 1\n1 2\n2 3\n3 0\n"),
    ("brace", "{"),
    ("empty", ""),
    ("junk", "\u{1b}]0;mine\u{7}\n{\"turncoat_attack\":1,\"\\n\\u001b\":2}"),
];

/// A command line with these numbers in it; with a budget wherever one is allowed, if `budgeted`.
pub fn drawn(dice: &mut Xoshiro256PlusPlus, numbers: &[&str], budgeted: bool) -> Vec<String> {
    let one = |dice: &mut Xoshiro256PlusPlus, of: &[&str]| of.choose(dice).unwrap().to_string();
    let number = |dice: &mut Xoshiro256PlusPlus| {
        let of = if dice.random_ratio(1, 10) { &REFUSED[..] } else { numbers };
        one(dice, of)
    };
    let mut words: Vec<String> = Vec::new();
    let command =
        one(dice, &["check", "check", "check", "hunt", "hunt", "sweep", "refute", "other"]);
    if command == "other" {
        let command = one(
            dice,
            &["rounds", "bounds", "replay", "suspects", "merge", "list", "schema", "man"],
        );
        match command.as_str() {
            "rounds" | "bounds" => {
                let few = ["0", "1", "2", "3", "4", "65"];
                words = ["-n", "-f", "-r"].map(|flag| [flag.to_owned(), one(dice, &few)]).concat();
            }
            "replay" | "suspects" | "merge" => {
                let file =
                    ["attack.json", "brace", "empty", "junk", ".", "-", "/dev/zero", "nowhere"];
                words.push(one(dice, &file));
            }
            _ => {}
        }
        words.insert(0, command);
    } else {
        words.extend([command.clone(), one(dice, &PROTOCOLS)]);
        // As many traitors as generals are refused, but quickly.
        let mut sizes = [number(dice), number(dice)];
        if !dice.random_ratio(1, 10) {
            sizes.sort_by_key(|size| size.parse::<u64>().ok());
        }
        let [f, n] = sizes;
        let n = if command == "sweep" { format!("{n}..={}", number(dice)) } else { n };
        words.extend(["-n".to_owned(), n, "-f".to_owned(), f]);
        let timed = ["check", "hunt", "sweep"].contains(&command.as_str());
        if timed && (budgeted || dice.random_ratio(2, 3)) {
            words.extend(["--budget".to_owned(), one(dice, &["1us", "50ms", "300ms", "1s"])]);
        }
    }
    let known = turncoat(&format!("{} --help", words[..2.min(words.len())].join(" "))).out;
    for _ in 0..dice.random_range(0..4) {
        let option = match dice.random_range(0..4) {
            0 => vec![one(dice, &FLAGS)],
            1 => vec![one(dice, &COUNTED), number(dice)],
            _ => {
                let (flag, values) = WORDED.choose(dice).unwrap();
                vec![flag.to_string(), one(dice, values)]
            }
        };
        // Options that the command does not have are refused, but quickly.
        if known.contains(&option[0]) || dice.random_ratio(1, 20) {
            words.extend(option);
        }
    }
    if dice.random_ratio(1, 6) {
        let place = dice.random_range(0..words.len());
        match dice.random_range(0..4) {
            0 => drop(words.remove(place)),
            1 => words[place] = one(dice, &JUNK),
            2 => words[place] = "long".repeat(3000),
            _ => words.insert(place, one(dice, &JUNK)),
        }
    }
    words
}
