//! The signed protocols on the command line: saved attacks, and bad ones.

use serde_json::Value;

use crate::attack_file::assert_each_change_gets_one_line;
use crate::command_line::{scratch, turncoat, turncoat_with};

/// `replay` shows the attack that `check` saves, and so does the command that `check` names for that.
#[test]
fn a_saved_attack_on_signed_messages_is_replayed() {
    for arguments in [
        "two-step -n 4 -f 2 --values 3 --choice median",
        "two-step -n 4 -f 2 --signatures ed25519 --key-seed 3",
        "signed -n 3 -f 1 --verifiers strict,batch",
        "signed -n 3 -f 1 -m 0 --at-least",
        "signed -n 3 -f 1 --instances 2 --unbound",
        "relay-threshold -k 1 -n 3 -f 1",
        "first-order -n 4 -f 2",
        "dolev-strong -n 3 -f 1 --values 3 --choice median",
    ] {
        let file = scratch("signed.json");
        let checked = turncoat(&format!("check {arguments} --save {file}"));
        assert_eq!((checked.code, checked.err.as_str()), (1, ""), "{arguments}");
        let replayed = turncoat(&format!("replay {file} --expect broken"));
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

/// Each file is a good attack file with one thing changed.
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
    assert_each_change_gets_one_line(good, "bad_signed_files.txt");
}
