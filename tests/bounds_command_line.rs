//! `turncoat bounds`: what a person reads, and that the commands it names show what it says.

use std::collections::BTreeSet;

use expect_test::expect_file;
use itertools::Itertools;
use serde_json::Value;

use crate::command_line::turncoat;

#[test]
fn what_a_person_sees_of_bounds() {
    for (arguments, code, golden) in [
        ("bounds -n 4 -f 1", 0, "bounds_4_1.txt"),
        ("bounds -n 3 -f 1", 1, "bounds_3_1.txt"),
        ("bounds -n 3 -f 1 --signed", 0, "bounds_signed_3_1.txt"),
        ("bounds -n 7 -f 2 -r 2", 1, "bounds_7_2_2.txt"),
        ("bounds -n 4 -f 2 --signed --task consensus", 1, "bounds_signed_consensus_4_2.txt"),
        ("bounds -n 8 -f 2 --connectivity 3 -r 9", 1, "bounds_graph_8_2.txt"),
        ("bounds -n 8 -f 2 --connectivity 5 -r 4", 3, "bounds_graph_8_2_4.txt"),
        ("bounds -n 2 -f 1", 0, "bounds_2_1.txt"),
        ("bounds -n 5 -f 1 -q 3", 0, "bounds_5_1_quorum_3.txt"),
        ("bounds -n 5 -f 1 -q 5 --signed", 0, "bounds_5_1_quorum_5.txt"),
        ("bounds -n 4 -f 1 -r 1 --format json", 1, "bounds_4_1_1.json"),
        ("bounds --help", 0, "help_bounds.txt"),
    ] {
        let answer = turncoat(arguments);
        expect_file![format!("golden/{golden}")].assert_eq(&answer.out);
        assert_eq!((answer.code, answer.err.as_str()), (code, ""), "turncoat {arguments}");
    }
}

/// Whatever is asked, the commands that it names end as it says.
#[test]
fn the_commands_show_what_is_said() {
    const OPTIONS: [&str; 11] = [
        "",
        " -r 1",
        " -r 2",
        " -r 3",
        " --signed",
        " --signed -r 1",
        " --signed -r 2",
        " --task consensus",
        " --task consensus -r 1",
        " --signed --task consensus",
        " --connectivity 0",
    ];
    let settings = (1..=7).flat_map(|n| (0..=3.min(n - 1)).map(move |f| (n, f)));
    let mut ran = BTreeSet::new();
    for ((n, f), options) in settings.cartesian_product(OPTIONS) {
        if n == 6 && options == " -r 3" {
            continue; // With 341 million executions: half the time of all tests.
        }
        let bounds = format!("bounds -n {n} -f {f}{options}");
        let answer = turncoat(&format!("{bounds} --format json")).out;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        for shown in answer["shown_by"].as_array().unwrap() {
            let command = shown["command"].as_str().unwrap().strip_prefix("turncoat ").unwrap();
            if ran.insert(command.to_owned()) {
                let code = i64::from(turncoat(command).code);
                assert_eq!(Some(code), shown["exit_code"].as_i64(), "{bounds}: {command}");
            }
        }
    }
    assert!(ran.len() > 50, "{} commands", ran.len());
}

#[test]
fn bounds_that_make_no_sense_get_one_line() {
    let mut lines = String::new();
    for arguments in [
        "bounds -n 0 -f 0",
        "bounds -n 65 -f 1",
        "bounds -n 3 -f 3",
        "bounds -n 4 -f 1 -r 0",
        "bounds -n 4 -f 1 --connectivity 4",
        "bounds -n 4 -f 1 --connectivity -1",
        "bounds -n 4 -f 1 -q 0",
        "bounds -n 4 -f 1 -q 5",
        "bounds -n 4 -f 1 --task peace",
        "bounds -n 4 -f 1 --expect broken",
        "bounds -n 4",
    ] {
        let answer = turncoat(arguments);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "turncoat {arguments}");
        assert_eq!(answer.err.lines().count(), 1, "turncoat {arguments}\n{}", answer.err);
        lines += &format!("$ turncoat {arguments}\n{}\n", answer.err);
    }
    expect_file!["golden/bad_bounds.txt"].assert_eq(&lines);
}
