//! The signed protocols on the command line: golden text, exit codes, attacks that are kept, and
//! bad input.

use std::path::PathBuf;

use expect_test::expect_file;
use serde_json::Value;

use crate::command_line::{turncoat, turncoat_with};

#[test]
fn what_a_person_sees_of_signed_messages() {
    for (arguments, code, golden) in [
        ("check signed -n 4 -f 2", 0, "check_signed_4_2.txt"),
        ("check signed -n 3 -f 1 -m 0 --at-least --choice median", 1, "check_sm0_3_1.txt"),
        ("check two-step -n 4 -f 2", 1, "check_two_step_4_2.txt"),
        ("check two-step -n 4 -f 2 --format json", 1, "check_two_step_4_2.json"),
        ("check relay-threshold -k 1 -n 4 -f 2", 1, "check_relay_threshold.txt"),
        ("check signed -n 3 -f 1 --verifiers strict,batch", 1, "check_split.txt"),
        ("check signed -n 3 -f 1 --verifiers strict,plain --format json", 1, "check_split.json"),
        ("check signed -n 3 -f 1 --instances 2 --unbound", 1, "check_unbound.txt"),
        ("sweep relay-threshold -k 2 -n 3..=5 -f 1..=3", 1, "sweep_relay_threshold.txt"),
        ("check signed -h", 0, "help_check_signed.txt"),
    ] {
        let answer = turncoat(arguments);
        assert_eq!((answer.code, answer.err.as_str()), (code, ""), "turncoat {arguments}");
        expect_file![format!("golden/{golden}")].assert_eq(&answer.out);
    }
}

/// The verdict for each command, in one word.
#[test]
fn signed_protocols_hold_as_far_as_they_claim() {
    for (arguments, verdict) in [
        ("signed -n 3 -f 1", "holds"),
        ("signed -n 4 -f 2 --at-least", "holds"),
        ("signed -n 4 -f 2 -m 1", "broken"),
        ("signed -n 3 -f 1 --signatures ed25519", "holds"),
        ("signed -n 4 -f 2 --signatures ed25519 --key-seed 5", "holds"),
        ("signed -n 3 -f 1 --verifiers plain", "holds"),
        ("signed -n 3 -f 1 --verifiers batch", "holds"),
        ("signed -n 3 -f 1 --verifiers strict,plain", "broken"),
        ("signed -n 3 -f 1 --instances 2", "holds"),
        ("signed -n 3 -f 1 --unbound", "holds"),
        ("signed -n 5 -f 2 --budget 1000", "bounded"),
        ("two-step -n 5 -f 1", "holds"),
        ("two-step -n 4 -f 2 --signatures ed25519", "broken"),
        ("relay-threshold -k 3 -n 4 -f 2", "holds"),
        ("relay-threshold -k 2 -n 4 -f 2", "broken"),
        ("first-order -n 3 -f 1", "holds"),
        ("first-order -n 4 -f 2", "broken"),
        ("dolev-strong -n 4 -f 2 --values 3", "holds"),
        ("dolev-strong -n 3 -f 1 --values 3 --choice median", "broken"),
    ] {
        let answer = turncoat(&format!("check {arguments} --expect {verdict}"));
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{arguments}\n{}", answer.out);
    }
}

/// What `check` saves, `replay` shows again, and so does what `check` says to type for that.
#[test]
fn a_saved_attack_on_signed_messages_is_replayed() {
    for (number, arguments) in [
        "two-step -n 4 -f 2 --values 3 --choice median",
        "two-step -n 4 -f 2 --signatures ed25519 --key-seed 3",
        "signed -n 3 -f 1 --verifiers strict,batch",
        "signed -n 3 -f 1 -m 0 --at-least",
        "signed -n 3 -f 1 --instances 2 --unbound",
        "relay-threshold -k 1 -n 3 -f 1",
        "first-order -n 4 -f 2",
        "dolev-strong -n 3 -f 1 --values 3 --choice median",
    ]
    .into_iter()
    .enumerate()
    {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("signed{number}.json"));
        let checked = turncoat(&format!("check {arguments} --save {}", file.display()));
        assert_eq!((checked.code, checked.err.as_str()), (1, ""), "{arguments}");
        let replayed = turncoat(&format!("replay {} --expect broken", file.display()));
        assert_eq!((replayed.code, replayed.err.as_str()), (0, ""), "{arguments}");
        let story = replayed.out.split_once("\n\n").unwrap().1;
        assert!(checked.out.contains(story), "{arguments}\n{}", checked.out);
        let printed = turncoat(&format!("check {arguments}")).out;
        let again = printed.lines().last().unwrap();
        let again = again.strip_prefix("Replay      turncoat ").unwrap();
        let (again, _) = again.split_once(" --save").unwrap();
        assert_eq!(turncoat(again).out, printed, "{again}");
    }
}

/// Tokens and bytes are kept as they are, and a traitor can't say what it can't sign.
#[test]
fn an_attack_can_be_edited() {
    let checked = turncoat("check two-step -n 4 -f 2 --format json").out;
    let checked: Value = serde_json::from_str(&checked).unwrap();
    let lie = &checked["counterexample"]["lies"][0];
    let protocol = r#"{"protocol":"two-step","values":2,"choice":"only","signatures":"ideal"}"#;
    let file = |traitors: &str| {
        format!(
            r#"{{"turncoat_attack":1,"protocol":{protocol},"n":4,"traitors":{traitors},
                "inputs":{{"0":"ATTACK"}},"lies":[{lie}]}}"#
        )
    };
    let told = turncoat_with("replay -", &file("[0,1]"));
    assert_eq!((told.code, told.err.as_str()), (1, ""));
    let lacking = turncoat_with("replay -", &file("[1]"));
    assert_eq!((lacking.code, lacking.out.as_str()), (2, ""));
    let expected = "turncoat: standard input: lie 1: it can't be told: the traitors neither make \
                    nor have overheard the signature of the commander on \
                    8:two-step,1:0,1:0,7:RETREAT,0\n";
    assert_eq!(lacking.err, expected);
}

#[test]
fn bad_arguments_of_signed_protocols_get_one_line() {
    let mut lines = String::new();
    for arguments in [
        "signed -n 3 -f 1 --signatures ideal --verifiers plain",
        "signed -n 3 -f 1 --signatures ideal --key-seed 1",
        "signed -n 3 -f 1 --signatures rsa",
        "signed -n 3 -f 1 --verifiers strict,lax",
        "signed -n 3 -f 1 --key-seed x",
        "signed -n 3 -f 1 --values 0",
        "signed -n 3 -f 1 --instances 0",
        "signed -n 3 -f 1 --instances 4",
        "signed -n 3 -f 1 --instances 65",
        "signed -n 3 -f 1 --no-silence",
        "signed -n 40 -f 3",
        "two-step -n 3 -f 1 -m 2",
        "relay-threshold -n 3 -f 1",
        "relay-threshold -k -1 -n 3 -f 1",
        "sined -n 3 -f 1",
    ] {
        let answer = turncoat(&format!("check {arguments}"));
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{arguments}");
        assert_eq!(answer.err.lines().count(), 1, "{arguments}\n{}", answer.err);
        lines += &format!("$ turncoat check {arguments}\n{}\n", answer.err);
    }
    expect_file!["golden/bad_signed_arguments.txt"].assert_eq(&lines);
}

/// Each is a good attack file with one thing changed.
#[test]
fn bad_files_of_signed_protocols_get_one_line() {
    let good = r#"{
        "turncoat_attack": 1,
        "protocol": {
            "protocol": "signed", "m": 1, "values": 2, "choice": "only", "length": "exactly",
            "binding": "everything", "instances": 1,
            "signatures": {"ed25519": {"seed": 0, "verifiers": ["strict"]}}
        },
        "n": 3, "traitors": [0], "inputs": {"0": "ATTACK"},
        "lies": [{"round": 1, "from": 0, "to": 1, "say":
            {"order": "RETREAT", "links": [{"by": 0, "signature": "00ff"}]}}]
    }"#;
    let replayed = turncoat_with("replay -", good);
    assert_eq!((replayed.code, replayed.err.as_str()), (0, ""));
    let mut lines = String::new();
    for (from, to) in [
        ("\"signed\"", "\"relay-threshold\""),
        ("\"m\": 1", "\"m\": 1, \"k\": 1"),
        ("\"only\"", "\"best\""),
        ("\"exactly\"", "\"about\""),
        ("\"instances\": 1", "\"instances\": 0"),
        ("\"instances\": 1", "\"instances\": 2"),
        ("{\"ed25519\": {\"seed\": 0, \"verifiers\": [\"strict\"]}}", "\"rsa\""),
        ("\"strict\"", "\"lax\""),
        ("{\"ed25519\": {\"seed\": 0, \"verifiers\": [\"strict\"]}}", "\"ideal\""),
        ("00ff", "00f"),
        ("\"by\": 0", "\"by\": 64"),
        ("\"by\": 0, ", ""),
        ("\"order\"", "\"value\""),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        let answer = turncoat_with("replay -", &bad);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{from} -> {to}\n{}", answer.err);
        assert_eq!(answer.err.lines().count(), 1, "{from} -> {to}\n{}", answer.err);
        lines += &format!("{from} -> {to}\n{}\n", answer.err);
    }
    expect_file!["golden/bad_signed_files.txt"].assert_eq(&lines);
}
