//! Attack files: what is refused and how, and that no text whatever makes the reader panic.

use expect_test::expect_file;
use proptest::prelude::*;
use turncoat::protocols::oral::Relay;
use turncoat::report::attack_file::AttackFile;
use turncoat::{OralMessages, Order, run};

use crate::command_line::turncoat_with;

const GOOD: &str = include_str!("golden/attack.json");

/// Each is the good file with one thing changed.
#[test]
fn bad_files_get_one_line() {
    let mut lines = String::new();
    for (from, to) in [
        ("{", "{{"),
        ("\"turncoat_attack\": 1", "\"turncoat_attack\": 2"),
        ("\"turncoat_attack\": 1", "\"turncoat_attack\": \"one\""),
        ("\"turncoat_attack\": 1,", ""),
        ("\"protocol\":\"oral\"", "\"protocol\":\"orla\""),
        ("{\"protocol\":\"oral\"", "{\"protocol\":7"),
        ("{\"protocol\":\"oral\",", "{"),
        ("{\"protocol\":\"oral\",\"m\":1,\"values\":2,\"choice\":\"majority\"}", "7"),
        ("\"m\":1", "\"m\":-1"),
        ("\"m\":1", "\"m\":1,\"k\":2"),
        ("\"values\":2", "\"values\":0"),
        ("\"n\": 3,", ""),
        ("\"n\": 3", "\"n\": 0"),
        ("\"n\": 3", "\"n\": 65"),
        ("\"n\": 3", "\"n\": \"three\""),
        ("\"m\":1", "\"m\":30"),
        ("\"traitors\": [1]", "\"traitors\": [1,7]"),
        ("\"traitors\": [1]", "\"traitors\": [64]"),
        ("\"traitors\": [1]", "\"traitors\": []"),
        ("\"traitors\": [1]", "\"traitors\": [0]"),
        ("\"0\":\"ATTACK\"", ""),
        ("\"0\":\"ATTACK\"", "\"0\":\"CHARGE\""),
        ("\"0\":\"ATTACK\"", "\"0\":\"order 2\""),
        ("\"0\":\"ATTACK\"", "\"2\":\"ATTACK\""),
        ("\"0\":\"ATTACK\"", "\"x\":\"ATTACK\""),
        ("\"round\":2", "\"round\":0"),
        ("\"round\":2", "\"round\":3"),
        ("\"from\":1", "\"from\":3"),
        ("\"to\":2", "\"to\":1"),
        ("\"to\":2", "\"to\":0"),
        ("\"instead_of\":", "\"withhold\":"),
        ("\"instead_of\":", "\"in_place_of\":"),
        ("\"path\":[0,1],\"value\":\"ATTACK\"", "\"path\":[0],\"value\":\"ATTACK\""),
        ("\"path\":[0,1]", "\"path\":[0,1,2,0,1,2,0,1,2,0,1,2,0,1,2,0]"),
        ("\"lies\"", "\"truths\""),
    ] {
        let bad = GOOD.replacen(from, to, 1);
        // A path of m = 30 among 3 generals is no problem; among 60 it is.
        let bad = if to == "\"m\":30" { bad.replace("\"n\": 3", "\"n\": 60") } else { bad };
        assert_ne!(bad, GOOD, "{from}");
        let answer = turncoat_with("replay -", &bad);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{from} -> {to}");
        assert_eq!(answer.err.lines().count(), 1, "{from} -> {to}\n{}", answer.err);
        lines += &format!("{from} -> {to}\n{}\n", answer.err);
    }
    for (name, text) in [("nothing", ""), ("not JSON", "attack!"), ("another thing", "[1, 2]")] {
        let answer = turncoat_with("replay -", text);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{name}");
        lines += &format!("{name}\n{}\n", answer.err);
    }
    expect_file!["golden/bad_files.txt"].assert_eq(&lines);
}

/// Reads a text as the replay command does, and runs what it says. It answers whether it ran.
fn read_and_run(text: &str) -> bool {
    let Ok(file) = AttackFile::read(text) else { return false };
    let Ok(attack) = file.attack::<Order, Relay<Order>>() else { return false };
    attack.n() <= 8 && run(&OralMessages::new(2), &attack).is_ok()
}

#[test]
fn the_good_file_runs() {
    assert!(read_and_run(GOOD));
}

/// Words of which attack files are made, and some that should not be there.
fn words() -> impl Strategy<Value = String> {
    let pieces = GOOD.split_inclusive(|letter: char| !letter.is_alphanumeric());
    let mut pieces: Vec<String> = pieces.map(str::to_owned).collect();
    let strange = ["-1", "64", "255", "1e99", "null", "\"say\":", "{}", "[", "]", "\u{0}", "é"];
    pieces.extend(strange.map(str::to_owned));
    prop::sample::select(pieces)
}

/// A few pieces of the good file are replaced by others, doubled, or left out.
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
    /// `PROPTEST_CASES=10000000 cargo test --release damaged` is the long run.
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
