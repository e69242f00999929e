//! `turncoat rounds`: what a person reads of too few rounds, and of enough.

use expect_test::expect_file;
use serde_json::Value;

use crate::command_line::{turncoat, turncoat_with};

#[test]
fn what_a_person_sees_of_rounds() {
    for (arguments, code, golden) in [
        ("rounds -n 7 -f 2 -r 2", 1, "rounds_7_2_2.txt"),
        ("rounds -n 4 -f 1 -r 1", 1, "rounds_4_1_1.txt"),
        ("rounds -n 4 -f 1 -r 2", 0, "rounds_4_1_2.txt"),
        ("rounds -n 5 -f 1 -r 2", 0, "rounds_5_1_2.txt"),
        ("rounds -n 3 -f 1 -r 2 --format json", 1, "rounds_3_1_2.json"),
        ("rounds -n 4 -f 1 -r 2 --format json", 0, "rounds_4_1_2.json"),
        ("rounds --help", 0, "help_rounds.txt"),
    ] {
        let answer = turncoat(arguments);
        assert_eq!((answer.code, answer.err.as_str()), (code, ""), "turncoat {arguments}");
        expect_file![format!("golden/{golden}")].assert_eq(&answer.out);
    }
}

#[test]
fn an_expected_answer_about_rounds_is_a_success() {
    for (arguments, code) in [
        ("rounds -n 4 -f 1 -r 1 --expect none", 0),
        ("rounds -n 4 -f 1 -r 1 --expect exists", 1),
        ("rounds -n 4 -f 1 -r 2 --expect exists", 0),
        ("rounds -n 4 -f 1 -r 2 --expect none", 1),
        ("rounds -n 5 -f 1 -r 2 --budget 100", 3),
        ("rounds -n 5 -f 1 -r 2 --budget 100 --expect exists", 1),
    ] {
        let answer = turncoat(arguments);
        assert_eq!((answer.code, answer.err.as_str()), (code, ""), "turncoat {arguments}");
    }
}

/// What is in the JSON is an attack like any other: in a file, it is replayed.
#[test]
fn a_link_of_the_chain_is_replayed() {
    let answer = turncoat("rounds -n 7 -f 2 -r 2 --format json").out;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let links = answer["chain"]["links"].as_array().unwrap();
    assert_eq!(links.len(), 2);
    for link in links {
        let mut file = serde_json::json!({
            "turncoat_attack": 1,
            "protocol": { "protocol": "oral", "m": 1, "values": 2, "choice": "majority" },
        });
        let attack = link["attack"].as_object().unwrap().clone();
        file.as_object_mut().unwrap().extend(attack);
        let replayed = turncoat_with("replay -", &file.to_string());
        assert!(replayed.code < 2 && replayed.err.is_empty(), "{}", replayed.err);
        assert!(replayed.out.contains("LIE"), "{}", replayed.out);
    }
}

#[test]
fn rounds_that_make_no_sense_get_one_line() {
    let mut lines = String::new();
    for arguments in [
        "rounds -n 2 -f 1 -r 1",
        "rounds -n 65 -f 1 -r 1",
        "rounds -n 4 -f 4 -r 1",
        "rounds -n 4 -f 1 -r 0",
        "rounds -n 4 -f 1 -r two",
        "rounds -n 4 -f 1 -r -1",
        "rounds -n 4 -f 1 -r 1 --values 0",
        "rounds -n 4 -f 1 -r 1 --values 257",
        "rounds -n 7 -f 2 -r 3",
        "rounds -n 40 -f 13 -r 1",
        "rounds -n 64 -f 63 -r 64",
        "rounds -n 4 -f 1 -r 1 --expect broken",
        "rounds -n 4 -f 1",
        "rounds oral -n 4 -f 1 -r 1",
    ] {
        let answer = turncoat(arguments);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "turncoat {arguments}");
        assert_eq!(answer.err.lines().count(), 1, "turncoat {arguments}\n{}", answer.err);
        lines += &format!("$ turncoat {arguments}\n{}\n", answer.err);
    }
    expect_file!["golden/bad_rounds.txt"].assert_eq(&lines);
}
