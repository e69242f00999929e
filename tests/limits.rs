//! Limits hold: a budget, a signal and a memory limit end the work in every phase.

#[cfg(target_os = "linux")]
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use turncoat::report::part_file::PartFile;
use turncoat::search::Engine;
use turncoat::search::progress::{Halt, Phase, Progress};
use turncoat::{OralMessages, Ruling, SignedMessages, check, hunt};

#[cfg(target_os = "linux")]
use crate::command_line::scratch_folder;
use crate::command_line::turncoat;

/// Questions that would take minutes, days, or more memory than there is, each in another phase.
const ENDLESS: [&str; 11] = [
    "check oral -m 5 -n 13 -f 1 --disruptions 1",
    "check two-step --signatures ed25519 -n 31 -f 1",
    "check signed --instances 4 -n 20 -f 2",
    "check interactive -n 63 -f 1",
    "check interactive -m 1 --values 6 -n 40 -f 3 --exactly",
    "check flood-set -n 8 -f 3 --faults crash --exactly",
    "check flood-set --values 3 -n 64 -f 1 --engine naive",
    "check dolev-strong --values 7 --verifiers plain --unbound -n 40 -f 0",
    "check bracha -n 64 -f 20",
    "check ibft -n 40 -f 20 --exactly",
    "hunt interactive -n 63 -f 1",
];

/// Far more than anything here should take, even on a busy machine.
const LONG: Duration = Duration::from_secs(30);

#[cfg(target_os = "linux")]
fn started(arguments: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_turncoat"));
    let command = command.args(arguments.split(' ')).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}

#[test]
fn a_budget_holds_in_every_phase() {
    for arguments in ENDLESS {
        let start = Instant::now();
        let answer = turncoat(&format!("{arguments} --budget 100ms"));
        assert_eq!(answer.code, 3, "turncoat {arguments}\n{}", answer.err);
        assert!(answer.out.starts_with("BOUNDED"), "turncoat {arguments}\n{}", answer.out);
        assert!(start.elapsed() < LONG, "turncoat {arguments}");
    }
    let answer = turncoat("check interactive -n 63 -f 1 --dry-run --budget 100ms");
    let stopped = "turncoat: it was stopped before it was known what that would take\n";
    assert!(answer.code == 3 && answer.err.ends_with(stopped), "{}", answer.err);
    let answer = turncoat("sweep interactive -n 60..=63 -f 1 --budget 100ms");
    assert_eq!((answer.code, answer.out.matches("bounded").count()), (3, 4), "{}", answer.out);
}

#[test]
fn what_is_hopeless_is_said_before_anything_is_done() {
    let answer = turncoat("check interactive -m 1 --values 6 -n 63 -f 3 --exactly");
    let line = "turncoat: about 100,329,516 messages can be said on all wires: at most 50,000,000 can be \
                prepared, so ask about fewer generals, rounds or values\n";
    assert_eq!((answer.code, answer.err.as_str()), (2, line));
    // A question that is large but not hopeless is announced, too, while it is prepared.
    let answer = turncoat("check interactive -n 63 -f 1 --budget 1s");
    let line = "turncoat: about 33,443,172 messages can be said: all are prepared first\n";
    assert_eq!((answer.code, answer.err.as_str()), (3, line));
}

#[test]
fn no_case_is_made_that_is_not_gone_through() {
    // There are millions of cases with three disruptions here, all of them with more lies than allowed.
    for (seed, code) in [(10, 1), (27, 1), (77, 3)] {
        let arguments = format!("hunt oral -n 7 -f 2 --disruptions 3 --cases 1 --seed {seed}");
        assert_eq!(turncoat(&arguments).code, code, "turncoat {arguments}");
    }
    let arguments = "hunt signed -n 6 -f 0 --disruptions 6 --cases 10";
    assert_eq!(turncoat(arguments).code, 1);
}

#[test]
fn sets_of_traitors_are_counted_where_nobody_is_alike() {
    for (arguments, code) in [
        ("check oral -n 64 -f 1 --graph ring", 1),
        ("check oral -n 32 -f 1 --graph path", 1),
        ("check signed -n 32 -f 1 --graph ring", 1),
        ("check flood-set -n 32 -f 1 --graph ring", 1),
        ("check oral -n 64 -f 2 --graph ring --dry-run", 0),
        ("sweep oral -n 62..=64 -f 1 --graph ring", 1),
    ] {
        assert_eq!(turncoat(arguments).code, code, "turncoat {arguments}");
    }
}

#[test]
fn who_is_told_to_stop_says_bounded_and_where_it_was() {
    let stopped = Progress::new();
    stopped.stop();
    let oral = || check(OralMessages::new(2)).generals(7).traitors(2);
    let signed = check(SignedMessages::new(2)).generals(4).traitors(2);
    let questions = [oral(), oral().engine(Engine::Naive), oral().engine(Engine::Compositional)];
    for question in questions.into_iter().chain([oral().fitting_engine()]) {
        let verdict = question.run_watched(&stopped).unwrap();
        assert!(matches!(verdict.ruling, Ruling::Bounded(Halt::Stopped)), "{verdict}");
    }
    let verdict = signed.run_watched(&stopped).unwrap();
    assert_eq!((verdict.name(), stopped.phase()), ("bounded", Phase::Preparing));
    let hunted = hunt(OralMessages::new(1)).generals(4).traitors(2).run_watched(&stopped).unwrap();
    assert_eq!((hunted.name(), hunted.coverage.cases), ("bounded", 0));

    for (f, phase) in [(1, Phase::Searching), (2, Phase::Shrinking)] {
        let progress = Progress::new();
        let verdict = check(OralMessages::new(1)).generals(4).traitors(f).run_watched(&progress);
        assert_eq!(progress.phase(), phase, "{}", verdict.unwrap());
    }
}

/// A field of `/proc/PID/status`.
#[cfg(target_os = "linux")]
fn status(child: &Child, field: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    Some(line[field.len()..].trim_matches([':', '\t', ' ']).to_owned())
}

#[cfg(target_os = "linux")]
fn ended(mut child: Child, arguments: &str, mut look: impl FnMut(&Child)) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            return status.code();
        }
        look(&child);
        if start.elapsed() > LONG {
            child.kill().expect("it can be killed");
            panic!("turncoat {arguments} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_bound_on_memory_holds_in_every_phase() {
    for arguments in [
        "check oral -m 5 -n 13 -f 1 --disruptions 1 --max-memory 60MB",
        "check oral -m 5 -n 13 -f 1 --engine exhaustive --max-memory 60MB",
        "check oral -m 5 -n 13 -f 1 --dry-run --max-memory 60MB",
        "check interactive -m 1 --values 6 -n 40 -f 3 --exactly --max-memory 60MB",
        "check signed -m 4 -n 7 -f 4 --max-memory 60MB",
        "hunt interactive -n 63 -f 1 --max-memory 60MB",
    ] {
        let mut most = 0;
        let code = ended(started(arguments), arguments, |child| {
            let held = status(child, "VmHWM").and_then(|held| held.split(' ').next()?.parse().ok());
            most = most.max(held.unwrap_or(0));
        });
        assert_eq!(code, Some(3), "turncoat {arguments}");
        assert!(most < 300_000, "turncoat {arguments} took {most} kB");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn one_signal_ends_the_work_in_every_phase() {
    for arguments in ENDLESS {
        assert_eq!(signalled(arguments), Some(3), "turncoat {arguments}");
    }
}

/// A merge checks the verdict of its parts, however long that takes.
#[test]
#[cfg(target_os = "linux")]
fn one_signal_ends_a_merge() {
    let folder = scratch_folder("merged_and_signalled");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("part.json").display().to_string();
    let shard = format!("check oral -m 5 -n 13 -f 0 --shard 1/1 --result {file}");
    // The shard had no traitors; the file is changed to claim that it covered one traitor and one disruption.
    assert_eq!(turncoat(&shard).code, 0);
    let mut part = PartFile::read(std::fs::read_to_string(&file).unwrap().trim_end()).unwrap();
    part.question["adversary"]["traitors"] = 1.into();
    part.question["adversary"]["disruptions"] = 1.into();
    std::fs::write(&file, part.write()).unwrap();
    assert_eq!(signalled(&format!("merge {file}")), Some(3));
}

/// The exit code of a run that is told to stop once.
#[cfg(target_os = "linux")]
fn signalled(arguments: &str) -> Option<i32> {
    let child = started(arguments);
    // Wait until it handles SIGTERM.
    let listens =
        |caught: String| u64::from_str_radix(&caught, 16).is_ok_and(|set| set >> 14 & 1 == 1);
    let start = Instant::now();
    while !status(&child, "SigCgt").is_some_and(listens) && start.elapsed() < LONG {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(100));
    let told = Command::new("kill").arg(child.id().to_string()).status();
    assert!(told.expect("it can be told").success(), "turncoat {arguments} has ended before");
    ended(child, arguments, |_| {})
}
