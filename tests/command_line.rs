//! The command line as a person and a script meet it: golden text, exit codes, one line for each piece of bad input.
//! (Golden files that begin with `$ turncoat` name the commands to run.) `UPDATE_EXPECT=1 cargo test` rewrites the
//! golden text.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use expect_test::expect_file;
use serde_json::Value;

/// The output of one run of the program.
pub struct Answer {
    pub out: String,
    pub err: String,
    pub code: i32,
}

/// Runs the program with these arguments and this standard input.
pub fn turncoat_with(arguments: &str, input: &str) -> Answer {
    turncoat_in(Path::new("."), arguments, input)
}

/// The same, in a folder.
pub fn turncoat_in(folder: &Path, arguments: &str, input: &str) -> Answer {
    let mut child = Command::new(env!("CARGO_BIN_EXE_turncoat"))
        .args(words(arguments))
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

/// The words of a command, split as a shell would, quotes and all.
pub fn words(command: &str) -> Vec<String> {
    let parts = |mark| command.split(mark).count();
    let quote = if parts('"') > 1 { '"' } else { '\'' };
    assert!(parts(quote) % 2 == 1, "a quote is not closed: {command}");
    let parts = command.split(quote).enumerate().flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    parts.collect()
}

pub fn turncoat(arguments: &str) -> Answer {
    turncoat_with(arguments, "")
}

/// The path of a file of this name, for one test.
pub fn scratch(name: &str) -> String {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).display().to_string()
}

/// An unused path for a folder of this name, which a test may create.
pub fn scratch_folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(scratch(name));
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// What is printed, without the line that differs every time.
pub fn timeless(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("Speed ")).flat_map(|line| [line, "\n"]).collect()
}

/// Every file in `golden/answers` is what a person sees: commands, each with its output and its exit code. The test
/// runs every command that stands there. Bad input gets one line on standard error, and good input none.
#[test]
fn what_a_person_sees() {
    for file in fs::read_dir("tests/golden/answers").unwrap() {
        let file = file.unwrap().path();
        let kept = fs::read_to_string(&file).unwrap();
        let commands = kept.lines().filter_map(|line| line.strip_prefix("$ turncoat "));
        let answers = commands.map(|command| {
            let Answer { out, err, code } = turncoat(command);
            let lines = err.lines().count();
            assert_eq!(lines, usize::from(code == 2), "turncoat {command}\n{err}");
            assert!(lines == 0 || out.is_empty(), "turncoat {command}\n{out}");
            format!("$ turncoat {command}\n{}{err}(exit code {code})\n", timeless(&out))
        });
        let answers = answers.collect::<Vec<_>>().join("\n");
        expect_file![Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)].assert_eq(&answers);
    }
}

/// The expected and the actual exit codes of many commands.
#[test]
fn exit_codes_say_whether_it_is_as_expected() {
    let kept = fs::read_to_string("tests/golden/exit_codes.txt").unwrap();
    let codes = kept.lines().map(|line| {
        let (_, command) = line.split_once("turncoat ").unwrap();
        let answer = turncoat(command);
        assert_eq!(answer.err, "", "turncoat {command}");
        format!("{}  turncoat {command}\n", answer.code)
    });
    expect_file!["golden/exit_codes.txt"].assert_eq(&codes.collect::<String>());
}

/// The same command prints the same bytes every time, on one thread and on more.
#[test]
fn the_answer_does_not_depend_on_threads() {
    for arguments in [
        "check oral -m 1 -n 7 -f 2",
        "check oral -m 1 -n 7 -f 2 --format json",
        "check oral -n 6 -f 2 --budget 300000",
        "check oral -n 7 -f 2 --budget 300000",
        "check oral -n 5 -f 1 --values 3",
        "hunt oral -n 7 -f 2 -m 1",
        "hunt oral -n 7 -f 2 -m 1 --format json",
        "hunt oral -n 4 -f 1 --cases 3_000 --seed 5",
        "hunt first-order -n 4 -f 2 --seed 2",
    ] {
        let one = turncoat(&format!("{arguments} --threads 1"));
        for threads in [2, 2, 4] {
            let other = turncoat(&format!("{arguments} --threads {threads}"));
            assert_eq!(timeless(&one.out), timeless(&other.out), "{arguments}, {threads} threads");
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
    let large = turncoat("check oral -m 1 -n 13 -f 4 --engine exhaustive --format json").out;
    let large: Value = serde_json::from_str(&large).unwrap();
    assert_eq!(large["behaviours"], Value::Null);
    assert!(large["behaviours_log10"].as_f64().unwrap() > 40.0);
    assert_eq!(large["counterexample"]["smallest"], "locally");
}

#[test]
fn a_saved_attack_is_replayed() {
    let name = scratch("replayed.json");
    let checked = turncoat(&format!("check oral -n 3 -f 1 --save {name}"));
    assert_eq!((checked.code, checked.err.as_str()), (1, ""));
    assert!(checked.out.ends_with(&format!("turncoat replay {name}\n")), "{}", checked.out);
    let text = fs::read_to_string(&name).unwrap();
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

/// A file that can't be written is refused before the search starts.
#[test]
fn a_file_that_cannot_be_written_costs_no_search() {
    for (question, option) in [
        ("check oral -n 9 -f 3", "--save"),
        ("check oral -n 9 -f 3 --format svg", "--output"),
        ("check oral -n 9 -f 3 --shard 1/2", "--result"),
        ("check oral -n 9 -f 3", "--checkpoint"),
        ("sweep oral -n 9 -f 3", "--output"),
        ("hunt oral -n 9 -f 3", "--save"),
        ("refute oral -n 3 -f 1", "--save"),
        ("merge 1 2", "--save"),
        ("suspects view.json -f 1", "--save"),
    ] {
        for file in ["/no/such/folder/file", "nowhere/file", "/proc", "-"] {
            let answer = turncoat(&format!("{question} {option} {file}"));
            assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{}", answer.err);
            let line = format!("turncoat: invalid value '{file}' for '{option} <FILE>': ");
            assert!(answer.err.replace("-o, ", "").starts_with(&line), "{}", answer.err);
            assert_eq!(answer.err.lines().count(), 1, "{}", answer.err);
        }
    }
    let file = scratch("nothing.json");
    let answer = turncoat(&format!("check oral -n 4 -f 1 --save {file}"));
    assert_eq!(answer.code, 0);
    assert!(answer.err.starts_with("turncoat: there is no attack to save"), "{}", answer.err);
    assert!(!Path::new(&file).exists());
}

/// One cell that is too large costs no other cell its verdict.
#[test]
fn a_sweep_answers_what_it_can() {
    let answer = turncoat("sweep oral -n 16 -f 5..=15 -m 5 --engine exhaustive --budget 1000");
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    let large = "sweep oral -n 4..=12 -f 1 -m 8 --values 40 --engine exhaustive --budget 1000";
    let answer = turncoat(large);
    assert_eq!(answer.code, 2);
    assert!(answer.out.contains("[broken]") && answer.out.contains("refused"), "{}", answer.out);
    assert!(answer.err.starts_with("turncoat: OM(8) among"), "{}", answer.err);
}

/// The budget is kept even if there is only time to try the obvious attacks.
#[test]
fn a_budget_of_time_is_kept() {
    let start = std::time::Instant::now();
    let answer = turncoat("check oral -n 13 -f 4 --engine exhaustive --budget 500ms");
    assert_eq!((answer.code, answer.err.as_str()), (3, ""));
    // A generous limit, for a busy machine. Without a budget this takes hours.
    assert!(start.elapsed().as_secs() < 60);
}

/// Ctrl-C ends a long search, with a verdict on what it has covered.
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
fn nobody_has_to_read_what_is_wrong() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let refused = Command::new(env!("CARGO_BIN_EXE_turncoat"))
        .args(["check", "oral", "-n", "0", "-f", "0"])
        .stderr(writer)
        .status();
    assert_eq!(refused.unwrap().code(), Some(2));
}
