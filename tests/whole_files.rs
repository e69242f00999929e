//! Files are written whole or not at all, and read no further than necessary; and no text from a file or a protocol can
//! control a terminal.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use turncoat::{General, Graph, Lockstep, Problem, Round, Seat, Testable, Words, check, refute};

use crate::by_functions::ByFunctions;
use crate::command_line::{Answer, scratch_folder, turncoat, turncoat_with};

/// An empty folder.
fn folder(name: &str) -> PathBuf {
    let folder = scratch_folder(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The names of everything in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// Runs the program where no file can hold a byte, as on a full disk.
#[cfg(unix)]
fn on_a_full_disk(folder: &Path, arguments: &str) -> Answer {
    let program = env!("CARGO_BIN_EXE_turncoat");
    let line = format!("trap '' XFSZ; ulimit -f 0; exec {program} {arguments}");
    let output = Command::new("sh").arg("-c").arg(line).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    Answer { out: text(output.stdout), err: text(output.stderr), code }
}

#[cfg(unix)]
#[test]
fn on_a_full_disk_the_old_file_stays_and_the_verdict_is_told() {
    let folder = folder("full_disk");
    for (arguments, begins) in [
        ("check oral -n 3 -f 1 --format html -o old", "BROKEN"),
        ("check oral -n 3 -f 1 --save old", "BROKEN"),
        ("hunt oral -n 3 -f 1 --save old", "BROKEN"),
        ("refute oral -n 3 -f 1 -o old", "REFUTED"),
        ("check oral -n 4 -f 1 --shard 1/2 --result old", "PART 1/2"),
    ] {
        for old in [Some("what was there"), None] {
            match old {
                Some(old) => fs::write(folder.join("old"), old).unwrap(),
                None => fs::remove_file(folder.join("old")).unwrap(),
            }
            let Answer { out, err, code } = on_a_full_disk(&folder, arguments);
            assert_eq!((code, err.lines().count()), (2, 1), "{arguments}\n{err}");
            assert!(err.starts_with("turncoat: old can't be written: "), "{err}");
            assert!(out.starts_with(begins), "{arguments}\n{out}");
            assert_eq!(fs::read_to_string(folder.join("old")).ok().as_deref(), old);
            assert_eq!(names(&folder).len(), usize::from(old.is_some()), "{:?}", names(&folder));
        }
    }
}

/// A checkpoint is made of lines, each written whole: a line that was half written is removed.
#[cfg(unix)]
#[test]
fn on_a_full_disk_a_checkpoint_stays_as_it_was() {
    let folder = folder("full_checkpoint");
    let record = folder.join("record");
    let question = format!("check signed -n 6 -m 3 -f 3 --checkpoint {}", record.display());
    assert_eq!(turncoat(&format!("{question} --budget 900_000")).code, 3);
    let some = fs::read_to_string(&record).unwrap();
    assert!(some.lines().count() >= 1);
    let answer = on_a_full_disk(&folder, &question);
    assert_eq!((answer.code, answer.err.lines().count()), (2, 1), "{}", answer.err);
    assert_eq!(fs::read_to_string(&record).unwrap(), some);
    assert_eq!(turncoat(&question).code, 0);
    assert!(fs::read_to_string(&record).unwrap().starts_with(&some));
}

#[test]
fn what_is_no_checkpoint_is_refused_and_stays() {
    let folder = folder("braces");
    let file = folder.join("settings.json");
    for text in ["{", "{\"turncoat_part\"", "{\n", "{}"] {
        fs::write(&file, text).unwrap();
        let answer = turncoat(&format!("check oral -n 4 -f 1 --checkpoint {}", file.display()));
        assert_eq!((answer.code, answer.err.lines().count()), (2, 1), "{}", answer.err);
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_checkpoint_and_an_attack_may_come_through_one() {
    let folder = folder("pipes");
    let pipe = folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let answer = turncoat(&format!("check oral -n 4 -f 1 --checkpoint {}", pipe.display()));
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("a checkpoint must be a regular file"), "{}", answer.err);
    let attack = turncoat_with("replay /dev/stdin", include_str!("golden/attack.json"));
    assert_eq!((attack.code, attack.err.as_str()), (1, ""));
}

#[test]
fn more_threads_than_can_work_are_refused() {
    let answer = turncoat("check oral -n 4 -f 1 --threads 10000");
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert!(answer.err.starts_with("turncoat: --threads is 10000: there can be at most "));
}

/// Of almost a hundred thousand million missing parts, eight are named.
#[test]
fn what_is_missing_of_many_parts_is_counted() {
    let file = folder("many_parts").join("1.json").display().to_string();
    let many = format!("check oral -n 4 -f 1 --shard 1/99999999999 --result {file}");
    assert_eq!(turncoat(&many).code, 0);
    let answer = turncoat(&format!("merge {file}"));
    assert_eq!(
        (answer.code, answer.err.as_str()),
        (
            2,
            "turncoat: 99999999998 of 99,999,999,999 parts are missing: 2/99999999999, \
             3/99999999999, 4/99999999999, 5/99999999999, 6/99999999999, 7/99999999999, \
             8/99999999999, 9/99999999999 ..\n"
        )
    );
}

/// A protocol that sends without end, and an attack with more lies on one wire than are allowed.
#[test]
fn what_is_said_on_one_wire_has_a_limit_that_is_told() {
    let endless = Endless;
    let found = check(endless).generals(2).traitors(0).assert_broken().to_string();
    assert!(found.contains("more than 32768 messages are sent to one general at once"), "{found}");
    let good = include_str!("golden/attack.json");
    let (before, lie) = good.split_once("\"lies\": [\n").unwrap();
    let lie = lie.trim_start().strip_suffix("\n  ]\n}\n").unwrap();
    let lies = |count: usize| format!("{before}\"lies\": [{}]}}", vec![lie; count].join(","));
    let many = turncoat_with("replay -", &lies(16_385));
    assert_eq!(
        (many.code, many.err.as_str()),
        (
            2,
            "turncoat: standard input: lie 16385: at most 16384 lies and changes of the schedule can be \
             on one wire in one round, and from general 1 to general 2 in round 2 there are more\n"
        )
    );
    let most = turncoat_with("replay -", &lies(16_384));
    assert!(most.err.contains("lie 2: there is nothing to take back"), "{}", most.err);
}

/// A general that sends everything that there is.
#[derive(Clone, Copy, Debug)]
struct Endless;

impl Lockstep for Endless {
    type Value = u8;
    type Decision = u8;
    type Message = u64;
    type State = ();

    fn rounds(&self, _n: usize) -> usize {
        1
    }

    fn start(&self, _: Seat, _: Option<&u8>) {}

    fn send(&self, (): &(), _: Round, _: General) -> impl IntoIterator<Item = u64> {
        0..
    }

    fn receive(&self, (): &mut (), _: Round, _: General, _: &u64) {}

    fn decide(&self, (): &()) -> Option<u8> {
        Some(0)
    }
}

impl Testable for Endless {
    fn problem(&self, _: &Graph) -> Result<Problem<u8>, String> {
        Ok(Problem::broadcast([0]))
    }
}

/// Sets the title of a terminal, hides a line behind another, and starts a line that looks like turncoat's.
const HOSTILE: &str = "\u{1b}]0;mine\u{7}\r\u{202e}\nturncoat: HOLDS";

#[test]
fn what_is_wrong_is_told_in_one_line_that_is_not_too_long() {
    let good = include_str!("golden/attack.json");
    let long = "x".repeat(1 << 20);
    for (from, to, said) in [
        (
            "ATTACK",
            HOSTILE,
            r"at inputs.0: '\u{1b}]0;mine\u{7}\r\u{202e}\nturncoat: HOLDS' is no order",
        ),
        ("lies", HOSTILE, r"unknown field `\u{1b}]0;mine"),
        ("oral", HOSTILE, r"at protocol: this program has no `\u{1b}]0;mine"),
        ("lies", &long, "`schedule`"),
        ("ATTACK", &long, "say RETREAT, ATTACK, or 'order 2' to 'order 255'"),
    ] {
        let written = json!(to).to_string();
        let bad = good.replacen(from, &written[1..written.len() - 1], 1);
        assert_ne!(bad, good);
        let Answer { out, err, code } = turncoat_with("replay -", &bad);
        assert_eq!((code, out.as_str(), err.lines().count()), (2, "", 1), "{err}");
        assert!(err.contains(said) && err.chars().count() < 330, "{err}");
        let commands = |letter: char| letter.is_control() || letter == '\u{202e}';
        assert!(!err.trim_end().contains(commands), "{err:?}");
    }
}

/// The name of a file may hold anything: it is quoted so that a shell reads it and no terminal obeys it.
#[cfg(unix)]
#[test]
fn the_name_of_a_file_commands_nobody() {
    let folder = folder("named");
    let run = |arguments: &[&str]| {
        let program = Command::new(env!("CARGO_BIN_EXE_turncoat"))
            .args(arguments)
            .current_dir(&folder)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(program.stdout), text(program.stderr))
    };
    let (out, err) = run(&["check", "oral", "-n", "3", "-f", "1", "--save", HOSTILE]);
    assert_eq!(err, "");
    let replay = out.lines().last().unwrap();
    assert!(
        replay.ends_with(r"turncoat replay $'\x1b]0;mine\x07\x0d\xe2\x80\xae\x0aturncoat: HOLDS'")
    );
    assert!(folder.join(HOSTILE).exists());
    let (out, err) = run(&["replay", &format!("{HOSTILE}!")]);
    assert_eq!(out, "");
    assert!(
        err.starts_with(r"turncoat: \u{1b}]0;mine\u{7}\r\u{202e}\nturncoat: HOLDS!: "),
        "{err}"
    );
}

/// A value that prints what an attacker would like.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Loud(u8);

impl fmt::Debug for Loud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HOSTILE}{}", self.0)
    }
}

/// The commander sends an order that everybody obeys.
#[derive(Clone, Debug)]
struct Obey;

impl Lockstep for Obey {
    type Value = Loud;
    type Decision = Loud;
    type Message = Loud;
    type State = Option<Loud>;

    fn rounds(&self, _n: usize) -> usize {
        1
    }

    fn start(&self, _seat: Seat, input: Option<&Loud>) -> Option<Loud> {
        input.copied()
    }

    fn send(&self, state: &Option<Loud>, _: Round, _: General) -> impl IntoIterator<Item = Loud> {
        *state
    }

    fn receive(&self, state: &mut Option<Loud>, _: Round, _: General, message: &Loud) {
        *state = Some(*message);
    }

    fn decide(&self, state: &Option<Loud>) -> Option<Loud> {
        Some(state.unwrap_or(Loud(0)))
    }
}

impl Testable for Obey {
    fn problem(&self, _: &Graph) -> Result<Problem<Loud>, String> {
        Ok(Problem::broadcast([Loud(0), Loud(1)]))
    }

    fn words(&self) -> &dyn Words<Loud, Option<Loud>> {
        self
    }
}

impl Words<Loud, Option<Loud>> for Obey {
    fn name(&self) -> String {
        HOSTILE.to_owned()
    }

    fn explain(&self, state: &Option<Loud>) -> Vec<String> {
        vec![format!("{state:?}"), "two\nlines".to_owned()]
    }
}

#[track_caller]
fn assert_commands_nobody(text: &str) {
    let commands = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
    assert!(!text.contains(commands), "{text:?}");
    assert!(text.lines().all(|line| !line.starts_with("turncoat:")), "{text}");
}

#[test]
fn what_a_protocol_says_of_itself_commands_no_terminal() {
    let found = check(Obey).generals(3).traitors(1).assert_broken();
    assert_commands_nobody(&found.to_string());
    assert!(found.to_string().contains("\n                 lines\n"), "{found}");
    assert_commands_nobody(&check(Obey).generals(3).traitors(1).run().unwrap().to_string());
    assert_commands_nobody(&refute(Obey).generals(3).traitors(1).run().unwrap().to_string());
    let panics = ByFunctions { decide: |_| panic!("{HOSTILE}"), ..ByFunctions::plain() };
    assert_commands_nobody(&check(&panics).generals(3).traitors(1).run().unwrap().to_string());
}
