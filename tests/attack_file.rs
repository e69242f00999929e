//! Attack files: what is refused and how, and that no text makes the reader panic.

use std::fs;

use expect_test::{expect, expect_file};
use proptest::prelude::*;
use turncoat::protocols::oral::Relay;
use turncoat::report::attack_file::AttackFile;
use turncoat::{OralMessages, Order, run};

use crate::command_line::turncoat_with;

const GOOD: &str = include_str!("golden/attack.json");

/// Each change to a good attack file is refused in one line. The golden file has the changes, `FROM -> TO`, of which
/// several may be made together (`and`), and the line for each.
pub fn assert_each_change_gets_one_line(good: &str, golden: &str) {
    let golden = format!("{}/tests/golden/{golden}", env!("CARGO_MANIFEST_DIR"));
    let kept = fs::read_to_string(&golden).unwrap();
    let changes = kept.lines().filter(|line| line.contains(" -> "));
    let lines = changes.map(|change| {
        let bad = change.split(" and ").fold(good.to_owned(), |text, change| {
            let (from, to) = change.split_once(" -> ").unwrap();
            assert!(text.contains(from), "{change}");
            text.replacen(from, to, 1)
        });
        format!("{change}\n{}\n", refused(&bad))
    });
    expect_file![&golden].assert_eq(&lines.collect::<String>());
}

/// The line that refuses a text that is no good attack file.
fn refused(text: &str) -> String {
    let answer = turncoat_with("replay -", text);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{text}");
    assert_eq!(answer.err.lines().count(), 1, "{text}\n{}", answer.err);
    answer.err
}

#[test]
fn bad_files_get_one_line() {
    assert_each_change_gets_one_line(GOOD, "bad_files.txt");
    expect![[r#"
        turncoat: standard input: this is not JSON: EOF while parsing a value at line 1 column 0
        turncoat: standard input: this is not JSON: expected value at line 1 column 1
        turncoat: standard input: this is no attack file: it must be an object with "turncoat_attack": 1
    "#]]
    .assert_eq(&["", "attack!", "[1, 2]"].map(refused).concat());
}

/// Reads a text as the replay command does, and runs the attack in it. Returns whether it ran.
fn read_and_run(text: &str) -> bool {
    let Ok(file) = AttackFile::read(text) else { return false };
    let Ok(attack) = file.attack::<Order, Relay<Order>>() else { return false };
    attack.n() <= 8 && run(&OralMessages::new(2), &attack).is_ok()
}

#[test]
fn the_good_file_runs() {
    assert!(read_and_run(GOOD));
}

/// Words that attack files are made of, and some that do not belong there.
fn words() -> impl Strategy<Value = String> {
    let pieces = GOOD.split_inclusive(|letter: char| !letter.is_alphanumeric());
    let mut pieces: Vec<String> = pieces.map(str::to_owned).collect();
    let strange = ["-1", "64", "255", "1e99", "null", "\"say\":", "{}", "[", "]", "\u{0}", "é"];
    pieces.extend(strange.map(str::to_owned));
    prop::sample::select(pieces)
}

/// The good file with a few pieces replaced, doubled or left out.
fn damaged() -> impl Strategy<Value = String> {
    let damage = (any::<prop::sample::Index>(), 0_usize..3, words());
    prop::collection::vec(damage, 1..6).prop_map(|damage| {
        let pieces = GOOD.split_inclusive(|letter: char| !letter.is_alphanumeric());
        let mut pieces: Vec<String> = pieces.map(str::to_owned).collect();
        for (place, kind, word) in damage {
            let place = place.index(pieces.len());
            match kind {
                0 => drop(pieces.remove(place)),
                1 => pieces[place] = word,
                _ => pieces.insert(place, word),
            }
        }
        pieces.concat()
    })
}

proptest! {
    /// For a long run: `PROPTEST_CASES=10000000 cargo test --release damaged`.
    #[test]
    fn no_damaged_file_makes_the_reader_panic(text in damaged()) {
        read_and_run(&text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in prop_oneof![
        ".*",
        prop::collection::vec(words(), 0..60).prop_map(|words| words.concat()),
    ]) {
        read_and_run(&text);
    }
}
