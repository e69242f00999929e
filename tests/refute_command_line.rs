//! `turncoat refute` as a person and a script meet it.

use std::path::PathBuf;

use expect_test::expect_file;
use serde_json::Value;

use crate::command_line::turncoat;

#[test]
fn what_a_person_sees() {
    for (arguments, code, golden) in [
        ("refute oral -n 3 -f 1", 1, "refute_3_1.txt"),
        ("refute oral -n 5 -f 2 --groups 3,4/0/1,2", 1, "refute_5_2.txt"),
        ("refute oral -m 1 -n 30 -f 10", 1, "refute_30_10.txt"),
        ("refute oral -n 4 -f 1", 0, "refute_4_1.txt"),
        ("refute signed -n 3 -f 1", 0, "refute_signed.txt"),
        ("refute flood-set -n 3 -f 1", 1, "refute_flood_set_3_1.txt"),
        ("refute flood-set -n 4 -f 2", 1, "refute_flood_set_4_2.txt"),
        ("refute oral -n 3 -f 1 --format json", 1, "refute_3_1.json"),
        ("refute signed -n 3 -f 1 --format json", 0, "refute_signed.json"),
        ("refute signed -m 3 -n 4 -f 1 --graph path", 1, "refute_signed_path.txt"),
        ("refute oral -f 1 --graph prism", 0, "refute_prism.txt"),
        ("refute oral -h", 0, "help_refute_oral.txt"),
    ] {
        let answer = turncoat(arguments);
        assert_eq!((answer.code, answer.err.as_str()), (code, ""), "turncoat {arguments}");
        expect_file![format!("golden/{golden}")].assert_eq(&answer.out);
    }
}

#[test]
fn the_exit_code_is_what_was_expected_or_not() {
    for (arguments, code) in [
        ("refute oral -n 3 -f 1 --expect refuted", 0),
        ("refute oral -n 3 -f 1 --expect forgery", 1),
        ("refute oral -n 4 -f 1 --expect possible", 0),
        ("refute signed -n 3 -f 1 --expect forgery", 0),
        ("refute signed -n 3 -f 1 --expect refuted", 1),
    ] {
        assert_eq!(turncoat(arguments).code, code, "turncoat {arguments}");
    }
}

/// The attack that is saved is one as any other: it is replayed, and breaks the protocol.
#[test]
fn the_world_that_gives_way_is_replayed() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("refuted.json");
    let name = file.display();
    let refuted = turncoat(&format!("refute oral -n 6 -f 2 --format json --save {name}"));
    assert_eq!((refuted.code, refuted.err.as_str()), (1, ""));
    let refuted: Value = serde_json::from_str(&refuted.out).unwrap();
    let world = &refuted["worlds"][refuted["world"].as_u64().unwrap() as usize - 1];
    let replayed = turncoat(&format!("replay {name} --format json"));
    assert_eq!((replayed.code, replayed.err.as_str()), (1, ""));
    let replayed: Value = serde_json::from_str(&replayed.out).unwrap();
    for field in ["property", "lies", "decisions", "traitors"] {
        assert_eq!(replayed[field], world[field], "{field}");
    }
    let signed = "refute signed -m 3 -n 4 -f 1 --graph path";
    assert_eq!(turncoat(&format!("{signed} --save {name}")).code, 1);
    assert_eq!(turncoat(&format!("replay {name} --expect broken")).code, 0);
    let nothing = turncoat(&format!("refute oral -n 4 -f 1 --save {name}"));
    assert_eq!(nothing.code, 0);
    assert!(nothing.err.contains("there is no attack to save to"), "{}", nothing.err);
}

#[test]
fn bad_input_gets_one_line() {
    let mut told = String::new();
    for arguments in [
        "refute oral -n 2 -f 1",
        "refute oral -n 3 -f 3",
        "refute oral -n 0 -f 1",
        "refute oral -n 200 -f 70",
        "refute oral -n 3 -f 1 --groups 0/1",
        "refute oral -n 3 -f 1 --groups 0/1/x",
        "refute oral -n 3 -f 1 --groups 0/1/1",
        "refute oral -n 4 -f 2 --groups 0/1,1/2",
        "refute oral -n 4 -f 2 --groups 0/1/2",
        "refute oral -n 4 -f 1 --groups 0/1/2,3",
        "refute oral -n 3 -f 1 --groups 0/1/7",
        "refute oral -n 3 -f 1 --values 1",
        "refute oral -n 3",
        "refute nobody -n 3 -f 1",
        "refute oral -n 3 -f 1 --expect holds",
        "refute oral -n 3 -f 1 --save /there/is/no/such/folder/attack.json",
    ] {
        let answer = turncoat(arguments);
        assert_eq!(answer.code, 2, "turncoat {arguments}");
        assert_eq!(answer.err.lines().count(), 1, "turncoat {arguments}: {}", answer.err);
        told += &format!("$ turncoat {arguments}\n{}", answer.err);
    }
    expect_file!["golden/bad_refute_arguments.txt"].assert_eq(&told);
}
