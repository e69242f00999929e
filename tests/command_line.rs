//! The command line as a person and a script meet it: golden text, exit codes, one line for each
//! piece of bad input. `UPDATE_EXPECT=1 cargo test` writes the golden text anew.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use expect_test::expect_file;
use serde_json::Value;

/// What a run of the program answers.
pub struct Answer {
    pub out: String,
    pub err: String,
    pub code: i32,
}

/// Runs the program with these arguments, and this on standard input.
pub fn turncoat_with(arguments: &str, input: &str) -> Answer {
    turncoat_in(Path::new("."), arguments, input)
}

/// The same in a folder.
pub fn turncoat_in(folder: &Path, arguments: &str, input: &str) -> Answer {
    let mut child = Command::new(env!("CARGO_BIN_EXE_turncoat"))
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that refuses its arguments does not read its input.
    let _ = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    let code = output.status.code().expect("it is not killed");
    Answer { out: text(output.stdout), err: text(output.stderr), code }
}

pub fn turncoat(arguments: &str) -> Answer {
    turncoat_with(arguments, "")
}

/// A file of this name for one test.
fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn what_a_person_sees() {
    for (arguments, code, golden) in [
        ("check oral -n 3 -f 1", 1, "check_3_1.txt"),
        ("check oral -n 4 -f 1", 0, "check_4_1.txt"),
        ("check oral -m 1 -n 7 -f 2", 1, "check_m1_7_2.txt"),
        ("check oral -n 6 -f 2", 1, "check_6_2.txt"),
        ("check oral -n 9 -f 3", 1, "check_9_3.txt"),
        ("check oral -n 4 -f 1 --values 3 --choice plurality", 0, "check_plurality.txt"),
        ("check oral -n 7 -f 2 --budget 100000", 3, "check_bounded.txt"),
        ("check oral -n 3 -f 1 --engine naive --no-strays --exactly", 1, "check_naive.txt"),
        ("check oral -n 3 -f 1 --format json", 1, "check_3_1.json"),
        ("check oral -n 4 -f 1 --format json --loyal-commander", 0, "check_4_1.json"),
        ("sweep oral -n 1..=6 -f 1..=2", 1, "sweep.txt"),
        ("sweep oral -n 3..5 -f 1 --format json", 1, "sweep.json"),
        ("check flood-set -n 4 -f 1", 1, "check_flood_set_4_1.txt"),
        ("check vote -n 3 -f 1", 1, "check_vote_3_1.txt"),
        ("check interactive -n 4 -f 1", 0, "check_interactive_4_1.txt"),
        ("check interactive -n 3 -f 1 --format json", 1, "check_interactive_3_1.json"),
        ("list", 0, "list.txt"),
        ("list --format json", 0, "list.json"),
        ("--help", 0, "help.txt"),
        ("check oral -h", 0, "help_check_oral.txt"),
        ("check flood-set -h", 0, "help_check_flood_set.txt"),
        ("check -h", 0, "help_check.txt"),
    ] {
        let answer = turncoat(arguments);
        assert_eq!((answer.code, answer.err.as_str()), (code, ""), "turncoat {arguments}");
        expect_file![format!("golden/{golden}")].assert_eq(&answer.out);
    }
}

#[test]
fn expect_turns_the_expected_verdict_into_zero() {
    for (arguments, code) in [
        ("check oral -n 3 -f 1 --expect broken", 0),
        ("check oral -n 3 -f 1 --expect holds", 1),
        ("check oral -n 4 -f 1 --expect holds", 0),
        ("check oral -n 4 -f 1 --expect broken", 1),
        ("check oral -n 7 -f 2 --budget 1000 --expect bounded", 0),
        ("check oral -n 7 -f 2 --budget 1000 --expect holds", 1),
        ("check oral -n 10 -f 3 --engine exhaustive --budget 300ms --expect bounded", 0),
        ("sweep oral -n 4..=6 -f 1", 0),
        ("sweep oral -n 3..=4 -f 1", 1),
        ("sweep oral -n 3..=3 -f 1..=2 --expect broken", 0),
        ("sweep oral -n 3..=4 -f 1 --expect broken", 1),
    ] {
        assert_eq!(turncoat(arguments).code, code, "turncoat {arguments}");
    }
}

/// The same command prints the same bytes, on one thread and on two, on every run.
#[test]
fn the_answer_does_not_depend_on_threads() {
    for arguments in [
        "check oral -m 1 -n 7 -f 2",
        "check oral -m 1 -n 7 -f 2 --format json",
        "check oral -n 6 -f 2 --budget 300000",
        "check oral -n 7 -f 2 --budget 300000",
        "check oral -n 5 -f 1 --values 3",
    ] {
        let one = turncoat(&format!("{arguments} --threads 1"));
        for threads in [2, 2, 4] {
            let other = turncoat(&format!("{arguments} --threads {threads}"));
            assert_eq!(one.out, other.out, "turncoat {arguments} --threads {threads}");
            assert_eq!(one.code, other.code);
        }
    }
}

#[test]
fn json_and_text_tell_the_same() {
    let text = turncoat("check oral -m 1 -n 7 -f 2").out;
    let json = turncoat("check oral -m 1 -n 7 -f 2 --format json").out;
    let json: Value = serde_json::from_str(&json).unwrap();
    let counterexample = &json["counterexample"];
    assert_eq!(json["verdict"], "broken");
    assert_eq!(counterexample["smallest"], true);
    assert_eq!(counterexample["traitors"], serde_json::json!([0, 1]));
    let lies = counterexample["lies"].as_array().unwrap().len();
    assert!(text.contains(&format!("Smallest ({lies} lies)")), "{text}");
    let digits = json["behaviours"].as_str().unwrap();
    let log10 = json["behaviours_log10"].as_f64().unwrap();
    assert_eq!(log10.floor() as usize + 1, digits.len());
    assert!(text.replace(',', "").contains(digits), "{text}");
    let large = turncoat("check oral -m 1 -n 20 -f 6 --engine exhaustive --format json").out;
    let large: Value = serde_json::from_str(&large).unwrap();
    assert_eq!(large["behaviours"], Value::Null);
    assert!(large["behaviours_log10"].as_f64().unwrap() > 40.0);
    assert_eq!(large["counterexample"]["smallest"], "locally");
}

#[test]
fn a_saved_attack_is_replayed() {
    let file = scratch("replayed.json");
    let name = file.display();
    let checked = turncoat(&format!("check oral -n 3 -f 1 --save {name}"));
    assert_eq!((checked.code, checked.err.as_str()), (1, ""));
    assert!(checked.out.ends_with(&format!("turncoat replay {name}\n")), "{}", checked.out);
    let text = std::fs::read_to_string(&file).unwrap();
    expect_file!["golden/attack.json"].assert_eq(&text);
    let replayed = turncoat(&format!("replay {name}"));
    assert_eq!((replayed.code, replayed.err.as_str()), (1, ""));
    expect_file!["golden/replay.txt"].assert_eq(&replayed.out);
    let story = replayed.out.split_once("\n\n").unwrap().1;
    assert!(checked.out.contains(story), "check and replay tell one story");
    assert_eq!(turncoat_with("replay - --expect broken", &text).code, 0);
    let json = turncoat_with("replay - --format json", &text).out;
    expect_file!["golden/replay.json"].assert_eq(&json);
    let honest = text.replace("\"value\":\"RETREAT\"", "\"value\":\"ATTACK\"");
    let replayed = turncoat_with("replay -", &honest);
    assert_eq!((replayed.code, replayed.err.as_str()), (0, ""));
}

/// A verdict is not lost because its attack can't be saved.
#[test]
fn a_file_that_cannot_be_written_costs_no_verdict() {
    let answer = turncoat("check oral -n 3 -f 1 --save /no/such/folder/attack.json");
    assert_eq!(answer.code, 2);
    assert!(answer.out.starts_with("BROKEN"), "{}", answer.out);
    assert!(answer.err.starts_with("turncoat: /no/such/folder/attack.json can't be written"));
    let file = scratch("nothing.json");
    let answer = turncoat(&format!("check oral -n 4 -f 1 --save {}", file.display()));
    assert_eq!(answer.code, 0);
    assert!(answer.err.starts_with("turncoat: there is no attack to save"), "{}", answer.err);
    assert!(!file.exists());
}

/// One cell that is too large costs none of the others.
#[test]
fn a_sweep_answers_what_it_can() {
    let answer = turncoat("sweep oral -n 16 -f 5..=15 -m 5 --engine exhaustive --budget 1000");
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    let answer = turncoat("sweep oral -n 4..=20 -f 1 -m 8 --engine exhaustive --budget 1000");
    assert_eq!(answer.code, 2);
    assert!(answer.out.contains("[broken]") && answer.out.contains("refused"), "{}", answer.out);
    assert!(answer.err.starts_with("turncoat: OM(8) among"), "{}", answer.err);
}

/// Even where nothing but the obvious attacks can be tried, the time is kept.
#[test]
fn a_budget_of_time_is_kept() {
    let start = std::time::Instant::now();
    let answer = turncoat("check oral -n 13 -f 4 --engine exhaustive --budget 500ms");
    assert_eq!((answer.code, answer.err.as_str()), (3, ""));
    // Generous: the machine may be busy. Unbounded, this takes hours.
    assert!(start.elapsed().as_secs() < 60);
}

/// Ctrl-C ends a long search with what it has covered.
#[cfg(unix)]
#[test]
fn ctrl_c_makes_it_bounded() {
    let child = Command::new(env!("CARGO_BIN_EXE_turncoat"))
        .args("check oral -n 10 -f 3 --engine exhaustive".split(' '))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    std::thread::sleep(std::time::Duration::from_millis(500));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("there is a kill").success());
    let output = child.wait_with_output().expect("the program ends");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("BOUNDED: OM(3) among 10 generals"), "{text}");
    assert!(text.contains("it was stopped"), "{text}");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn bad_arguments_get_one_line() {
    let mut lines = String::new();
    for arguments in [
        "check oral -n 0 -f 0",
        "check oral -n 3 -f 3",
        "check oral -n 65 -f 1",
        "check oral -n -1 -f 1",
        "check oral -n 99999999999999999999 -f 1",
        "check oral -n 40 -f 13",
        "check oral -n 20 -f 1 -m 9 --engine exhaustive",
        "check oral -n 4 -f 1 --values 0",
        "check oral -n 4 -f 1 --values 257",
        "check oral -n 4 -f 1 --choice minority",
        "check oral -n 4 -f 1 --budget 0",
        "check oral -n 4 -f 1 --budget soon",
        "check oral -n 4 -f 1 --engine steam",
        "check oral -n 4 -f 1 --format xml",
        "check oral -n 4 -f 1 --expect peace",
        "check oral -n 4 -f 1 --threads 0",
        "check oral -n 4 -f 1 --faults rust",
        "check flood-set -n 4 -f 1 --values 9",
        "check flood-set -n 4 -f 1 --rounds 3000",
        "check vote -n 3 -f 1 -m 3",
        "check interactive -n 12 -f 5",
        "check oral -n 4 -f 1 --wat",
        "check oral -n 4",
        "check orla -n 4 -f 1",
        "chekc oral -n 4 -f 1",
        "check byzantium -n 4 -f 1",
        "sweep oral -n 7..=3 -f 1",
        "sweep oral -n 3..=70 -f 1",
        "sweep oral -n 0..=3 -f 1",
        "sweep oral -n three -f 1",
        "replay",
        "replay /no/such/file.json",
    ] {
        let answer = turncoat(arguments);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "turncoat {arguments}");
        assert_eq!(answer.err.lines().count(), 1, "turncoat {arguments}\n{}", answer.err);
        lines += &format!("$ turncoat {arguments}\n{}\n", answer.err);
    }
    expect_file!["golden/bad_arguments.txt"].assert_eq(&lines);
}

#[test]
fn nobody_has_to_read_what_is_wrong() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let refused = Command::new(env!("CARGO_BIN_EXE_turncoat"))
        .args(["check", "oral", "-n", "0", "-f", "0"])
        .stderr(writer)
        .status();
    assert_eq!(refused.unwrap().code(), Some(2));
}
