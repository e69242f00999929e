//! Command lines that nobody would write, and many that somebody would: each gets an answer or a line that says what is
//! wrong, in time, and within its memory limit.
//!
//! This test tries a few hundred small ones. `.ci/fuzz` tries ten thousand of every size, and enforces the time to the
//! second; `.ci/fuzz 500 7` tries 500 with seed 7.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use itertools::Itertools;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::command_line::scratch_folder;
use crate::drawn_command_lines::{FILES, drawn};

/// How many command lines are tried, and how large their numbers are.
struct Scale {
    runs: u64,
    seed: u64,
    /// The numbers of generals, of traitors and of everything else.
    numbers: &'static [&'static str],
    /// Whether every command that takes a budget gets one.
    budgeted: bool,
    /// By how much a run may exceed its budget.
    slack: Duration,
}

/// How long a question without a budget may take before it prints an estimate of its size.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a question without a budget is watched once it has printed an estimate of its size.
const LONG_ENOUGH: Duration = Duration::from_secs(15);

/// More memory than a run without a limit may take: its default is four fifths of what is free.
fn most_memory() -> u64 {
    let all = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    kilobytes(&all, "MemTotal:").map_or(u64::MAX, |kilobytes| kilobytes * 1024 / 10 * 9)
}

/// The number on a line of a file in `/proc`.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

impl Scale {
    fn of_environment() -> Scale {
        let number = |name| std::env::var(name).ok().and_then(|number| number.parse().ok());
        let seed = number("TURNCOAT_FUZZ_SEED").unwrap_or(0);
        match number("TURNCOAT_FUZZ") {
            Some(runs) => Scale {
                runs,
                seed,
                numbers: &[
                    "0", "1", "2", "3", "4", "5", "6", "7", "9", "13", "20", "40", "64", "256",
                ],
                budgeted: false,
                slack: Duration::from_secs(2),
            },
            // The machine that runs the tests may be busy.
            None => Scale {
                runs: 300,
                seed,
                numbers: &["0", "1", "1", "2", "3", "3", "4", "4"],
                budgeted: true,
                slack: PATIENCE,
            },
        }
    }
}

/// The exit code of a command line, or what is wrong with its answer.
fn tried(words: &[String], folder: &Path, scale: &Scale) -> Result<i32, String> {
    let after = |flag: &str| words.iter().position(|word| word == flag).map(|at| &words[at + 1..]);
    let after = |flag| after(flag).and_then(<[_]>::first);
    let budget = after("--budget").and_then(|time| time_of(time));
    let memory = match after("--max-memory").map(String::as_str) {
        Some("40MB" | "500MB") => 700_000_000,
        Some("1GiB") => 1_400_000_000,
        _ => most_memory(),
    };
    let [out, err] = ["stdout", "stderr"].map(|name| folder.join(name));
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_turncoat"))
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let most = budget.map_or(PATIENCE, |budget| budget + scale.slack);
    let told = || budget.is_none() && fs::metadata(&err).is_ok_and(|file| file.len() > 0);
    let ended = ended(&mut child, start, most, memory, told);
    if ended.is_err() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let told = told();
    let [out, err] = [out, err].map(|file| String::from_utf8(fs::read(file).unwrap()).unwrap());
    let Some(status) = ended? else {
        // Without a budget it may take as long as it likes, once it has said how large the question is.
        return if told { Ok(ENDLESS) } else { Err(format!("it takes {:?}", start.elapsed())) };
    };
    let code = status.code().ok_or_else(|| status.to_string())?;
    let is_help = err.contains("Usage: turncoat");
    let is_a_line =
        |line: &str| line.starts_with("turncoat: ") && line.chars().count() <= LONGEST_LINE;
    let all = uncoloured(&format!("{out}{err}"));
    let commands = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
    let mut files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    for (wrong, what) in [
        (!(0..=3).contains(&code), "that is no exit code"),
        (["bug in turncoat", "panicked at"].iter().any(|panic| all.contains(panic)), "a panic"),
        (all.contains(commands), "what is printed commands a terminal"),
        (!is_help && !err.lines().all(is_a_line), "what is wrong is not told in lines"),
        (code == 2 && err.is_empty(), "nothing says what is wrong"),
        (files.any(|file| file.extension().is_some_and(|kind| kind == "draft")), "a draft is left"),
    ] {
        if wrong {
            return Err(format!("{what} (exit code {code})\n{err}"));
        }
    }
    Ok(code)
}

/// The longest line that may say what is wrong.
const LONGEST_LINE: usize = 330;

/// Stands for an exit code: the run announced that it would take long, and it did.
const ENDLESS: i32 = -1;

/// Waits for the process to end. `None` if its time was up and it was killed; an error if it took too much memory.
fn ended(
    child: &mut Child,
    start: Instant,
    most: Duration,
    memory: u64,
    told: impl Fn() -> bool,
) -> Result<Option<ExitStatus>, String> {
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Ok(Some(status));
        }
        let taken = resident(child.id());
        if taken > memory {
            return Err(format!("it takes {taken} bytes of memory"));
        }
        let taken = start.elapsed();
        if taken > most || taken > LONG_ENOUGH && told() {
            child.kill().unwrap();
            child.wait().unwrap();
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The resident memory of a process in bytes, where that is known.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    kilobytes(&status, "VmRSS:").unwrap_or(0) * 1024
}

/// A budget that is a length of time.
fn time_of(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let number: u64 = digits.parse().ok()?;
    match &text[digits.len()..] {
        "us" => Some(Duration::from_micros(number)),
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        _ => None,
    }
}

/// A text without colour codes.
fn uncoloured(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ';');
        text + rest.strip_prefix('m').unwrap_or("\u{1b}")
    })
}

/// The same as a person would type it.
fn typed(words: &[String]) -> String {
    let words = words.iter().map(|word| format!("{:?}", word.chars().take(40).collect::<String>()));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn whatever_is_asked_is_answered_in_time_or_refused_in_a_line() {
    let scale = &Scale::of_environment();
    let folder = scratch_folder("fuzzed");
    let tried = |case: u64| {
        let mut dice = Xoshiro256PlusPlus::seed_from_u64(scale.seed << 32 | case);
        let words = drawn(&mut dice, scale.numbers, scale.budgeted);
        let folder: PathBuf = folder.join(case.to_string());
        fs::create_dir_all(&folder).unwrap();
        FILES.iter().for_each(|(name, text)| fs::write(folder.join(name), text).unwrap());
        let tried = tried(&words, &folder, scale);
        fs::remove_dir_all(&folder).unwrap();
        tried.map_err(|wrong| format!("turncoat {}\n  {wrong}\n", typed(&words)))
    };
    let tried: Vec<_> = (0..scale.runs).into_par_iter().map(tried).collect();
    let (codes, wrong): (Vec<i32>, Vec<String>) = tried.into_iter().partition_result();
    println!("by exit code: {:?}", codes.iter().counts().into_iter().sorted().collect_vec());
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), scale.runs, wrong.concat());
    let answered = codes.iter().filter(|code| **code != 2).count();
    assert!(answered * 5 > codes.len(), "only {answered} are answered");
}
