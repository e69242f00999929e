//! `turncoat hunt` as a person and a script meet it: golden text, exit codes, one line for each
//! piece of bad input.

use std::path::PathBuf;

use expect_test::expect_file;
use serde_json::Value;

use crate::command_line::turncoat;

/// What is printed, without the line that is another one each time.
fn timeless(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("Speed "));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn what_a_person_sees() {
    for (arguments, code, golden) in [
        ("hunt oral -n 3 -f 1", 1, "hunt_3_1.txt"),
        ("hunt oral -n 4 -f 1 --cases 2_000 --seed 7", 3, "hunt_4_1.txt"),
        ("hunt oral -n 5 -f 2 -m 1 --no-replays --exactly", 1, "hunt_m1_5_2.txt"),
        ("hunt oral -n 4 -f 1 --disruptions 1 --latest 1", 1, "hunt_disrupted.txt"),
        ("hunt signed -n 4 -f 2 --cases 300 --faults crash", 3, "hunt_crash.txt"),
        ("hunt two-step -n 4 -f 2 --format json", 1, "hunt_two_step.json"),
        ("hunt oral -n 4 -f 1 --cases 500 --from 9 --format json", 3, "hunt_4_1.json"),
        ("hunt oral -h", 0, "help_hunt_oral.txt"),
    ] {
        let answer = turncoat(arguments);
        assert_eq!((answer.code, answer.err.as_str()), (code, ""), "turncoat {arguments}");
        expect_file![format!("golden/{golden}")].assert_eq(&timeless(&answer.out));
    }
}

#[test]
fn the_answer_does_not_depend_on_threads() {
    for arguments in [
        "hunt oral -n 7 -f 2 -m 1",
        "hunt oral -n 7 -f 2 -m 1 --format json",
        "hunt oral -n 4 -f 1 --cases 3_000 --seed 5",
        "hunt first-order -n 4 -f 2 --seed 2",
    ] {
        let one = turncoat(&format!("{arguments} --threads 1"));
        for threads in [2, 4] {
            let other = turncoat(&format!("{arguments} --threads {threads}"));
            assert_eq!(timeless(&one.out), timeless(&other.out), "turncoat {arguments}");
            assert_eq!(one.code, other.code);
        }
    }
}

/// The commands that the answer names find the case alone, and show its attack.
#[test]
fn what_was_found_is_found_again_alone() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hunted.json");
    let (question, name) = ("hunt oral -n 7 -f 2 -m 1 --seed 3 --any-order", file.display());
    let hunted = turncoat(&format!("{question} --save {name}"));
    assert_eq!((hunted.code, hunted.err.as_str()), (1, ""));
    let named = |label: &str| {
        let line = hunted.out.lines().find(|line| line.starts_with(label)).unwrap();
        line.strip_prefix(label).unwrap().trim().strip_prefix("turncoat ").unwrap().to_owned()
    };
    let story = |text: &str| {
        let story = text.split_once("\n\n").unwrap().1;
        story.split("\nLocally minimal").next().unwrap().to_owned()
    };
    let again = turncoat(&named("Again"));
    assert_eq!(again.code, 1, "{}", again.err);
    assert_eq!(story(&again.out), story(&hunted.out));
    let replayed = turncoat(&named("Replay"));
    assert_eq!(replayed.code, 1, "{}", replayed.err);
    assert_eq!(story(&replayed.out), story(&hunted.out));
}

#[test]
fn json_and_text_tell_the_same() {
    let text = turncoat("hunt oral -n 7 -f 2 -m 1").out;
    let json: Value =
        serde_json::from_str(&turncoat("hunt oral -n 7 -f 2 -m 1 --format json").out).unwrap();
    assert_eq!(json["verdict"], "broken");
    let found = format!(
        "Found at case {} with {} lies, shrunk to {} lies in {} executions.",
        json["found_at_case"],
        json["drawn_size"],
        json["counterexample"]["lies"].as_array().unwrap().len(),
        json["shrinking_executions"],
    );
    assert!(text.contains(&found), "{found}\n{text}");
    assert_eq!(json["coverage"]["cases"], json["found_at_case"].as_u64().unwrap() + 1);
}

#[test]
fn expect_and_budget_do_as_with_check() {
    for (arguments, code) in [
        ("hunt oral -n 3 -f 1 --expect broken", 0),
        ("hunt oral -n 3 -f 1 --expect bounded", 1),
        ("hunt oral -n 4 -f 1 --cases 100 --expect bounded", 0),
        ("hunt oral -n 4 -f 1 --cases 100 --expect broken", 1),
        ("hunt oral -n 4 -f 1 --cases 9_000_000_000 --budget 300ms", 3),
    ] {
        assert_eq!(turncoat(arguments).code, code, "turncoat {arguments}");
    }
}

#[test]
fn bad_arguments_get_one_line() {
    let mut lines = String::new();
    for arguments in [
        "hunt oral -n 4 -f 1 --cases 0",
        "hunt oral -n 4 -f 1 --cases many",
        "hunt oral -n 4 -f 1 --cases -5",
        "hunt oral -n 4 -f 1 --seed x",
        "hunt oral -n 4 -f 1 --from x",
        "hunt oral -n 4 -f 1 --budget 100",
        "hunt oral -n 4 -f 1 --shrink soon",
        "hunt oral -n 4 -f 1 --faults lazy",
        "hunt oral -n 4 -f 1 --disruptions 65",
        "hunt oral -n 4 -f 1 --engine naive",
        "hunt oral -n 4 -f 4",
        "hunt oral -n 4",
        "hunt byzantium -n 4 -f 1",
    ] {
        let answer = turncoat(arguments);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "turncoat {arguments}");
        assert_eq!(answer.err.lines().count(), 1, "turncoat {arguments}\n{}", answer.err);
        lines += &format!("$ turncoat {arguments}\n{}\n", answer.err);
    }
    expect_file!["golden/bad_hunt_arguments.txt"].assert_eq(&lines);
}
