//! A space in parts: a protocol that holds, holds in each of them; no part is searched twice; and the command line
//! writes, merges, records and resumes parts.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use turncoat::search::part::Part;
use turncoat::search::progress::Halt;
use turncoat::{
    Adversary, FloodSet, OralMessages, Ruling, SignedMessages, Testable, TwoStep, check,
};

use crate::command_line::{scratch_folder, timeless, turncoat};

/// Part `number` of `of`.
fn part(number: usize, of: usize) -> Part {
    Part::new(number, of).unwrap()
}

/// The steps of each part in which nothing is found, and the number of parts in which an attack is found.
fn gone_through<P: Testable>(ask: impl Fn() -> turncoat::Check<P>, of: usize) -> (Vec<u64>, usize) {
    let (mut steps, mut broken) = (Vec::new(), 0);
    for number in 1..=of {
        let verdict = ask().part(part(number, of)).run().unwrap();
        match verdict.ruling {
            Ruling::Broken(_) => broken += 1,
            Ruling::Bounded(halt) => {
                assert_eq!(halt, Halt::Part);
                steps.push(verdict.steps);
            }
            Ruling::Holds => panic!("a part can't show that it holds"),
        }
    }
    (steps, broken)
}

#[test]
fn what_holds_holds_in_each_part_and_what_is_broken_is_in_one() {
    let oral = |m, n, f| move || check(OralMessages::new(m)).generals(n).traitors(f);
    for of in [1, 2, 7, 64] {
        let (steps, broken) = gone_through(oral(1, 4, 1), of);
        assert_eq!((steps.len(), broken), (of, 0));
        assert_eq!(gone_through(|| check(SignedMessages::new(1)).generals(4).traitors(1), of).1, 0);
        let crash = || check(FloodSet::new(2)).generals(4).against(Adversary::crash(1));
        assert_eq!(gone_through(crash, of).1, 0);
        assert!(gone_through(|| check(TwoStep::new()).generals(4).traitors(2), of).1 > 0);
    }
    // Each part does its share of the work, and repeats little work of the others.
    let signed = || check(SignedMessages::new(3)).generals(6).traitors(3);
    let whole = signed().run().unwrap().steps;
    for of in [4, 8] {
        let (steps, _) = gone_through(signed, of);
        let (most, all) = (*steps.iter().max().unwrap(), steps.iter().sum::<u64>());
        assert!(most < 2 * whole / of as u64 && 10 * all < 13 * whole, "{steps:?} of {whole}");
    }
}

#[test]
fn parts_are_numbered_from_one() {
    for (number, of) in [(0, 3), (4, 3), (1, 0)] {
        assert!(Part::new(number, of).is_err(), "{number}/{of}");
    }
    assert_eq!("3/64".parse::<Part>().unwrap(), part(3, 64));
    for wrong in ["3", "3/", "x/4", "0/4", "5/4", "-1/4"] {
        assert!(wrong.parse::<Part>().is_err(), "{wrong}");
    }
}

/// A folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let folder = scratch_folder(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs all parts of a question, and returns the names of their files.
fn sharded(question: &str, of: usize, name: &str, code: i32) -> Vec<String> {
    let folder = folder(name);
    let shard = |number: usize| {
        let file = folder.join(format!("{number}.json")).display().to_string();
        let answer = turncoat(&format!("{question} --shard {number}/{of} --result {file}"));
        assert_eq!((answer.code, answer.err.as_str()), (code, ""), "{question}");
        assert!(answer.out.starts_with(&format!("PART {number}/{of} of the space")));
        file
    };
    (1..=of).map(shard).collect()
}

#[test]
fn merged_parts_say_what_the_whole_says() {
    let holds = "check oral -n 4 -f 1";
    let files = sharded(holds, 3, "merged", 0);
    let whole = turncoat(holds);
    let merged = turncoat(&format!("merge {}", files.join(" ")));
    assert_eq!((merged.code, merged.err.as_str()), (0, ""));
    let but_for_steps = |text: &str| {
        let lines = text.lines().map(|line| line.split(" behaviours, in ").next().unwrap());
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(but_for_steps(&merged.out), but_for_steps(&whole.out));

    let broken = "check two-step -n 4 -f 2";
    let file = folder("merged_attack").join("attack.json").display().to_string();
    let files = sharded(broken, 1, "merged_broken", 1);
    let merged = turncoat(&format!("merge {} --save {file} --format json", files.join(" ")));
    assert_eq!((merged.code, merged.err.as_str()), (1, ""));
    let whole = turncoat(&format!("{broken} --format json"));
    let counterexample = |text: &str| {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        json["counterexample"].clone()
    };
    assert_eq!(counterexample(&merged.out), counterexample(&whole.out));
    assert_eq!(turncoat(&format!("replay {file}")).code, 1);
}

#[test]
fn files_that_do_not_belong_together_are_refused_with_a_line_each() {
    let files = sharded("check oral -n 4 -f 1", 3, "together", 0);
    let others = sharded("check oral -n 5 -f 1", 3, "apart", 0);
    let fourths = sharded("check oral -n 4 -f 1", 2, "halves", 0);
    let damaged = folder("damaged").join("2.json");
    let text = fs::read_to_string(&files[1]).unwrap();
    let refused = |names: &[&str], said: &[&str]| {
        let answer = turncoat(&format!("merge {}", names.join(" ")));
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{names:?}");
        let lines: Vec<&str> = answer.err.lines().collect();
        assert_eq!(lines.len(), said.len(), "{}", answer.err);
        for (line, said) in lines.iter().zip(said) {
            assert!(line.starts_with("turncoat: ") && line.contains(said), "{line}");
        }
    };
    let [one, two, three] = [0, 1, 2].map(|place| files[place].as_str());
    refused(&[one, three], &["1 of 3 parts is missing: 2/3"]);
    refused(&[one, two, two, three], &["part 2/3 is in"]);
    refused(&[one, two, two], &["part 2/3 is in", "1 of 3 parts is missing: 3/3"]);
    refused(&[one, &others[1], three], &["it is of another question"]);
    refused(&[one, &fourths[1], three], &["it is part 2/2"]);
    refused(&[one, "nowhere.json", three], &["nowhere.json"]);
    let name = damaged.display().to_string();
    for (broken, said) in [
        (text[..text.len() / 2].to_owned(), "damaged"),
        (text.replace("\"number\":2", "\"number\":3"), "its seal"),
        (String::new(), "one line"),
        ("{}\n".to_owned(), "turncoat_part"),
    ] {
        fs::write(&damaged, broken).unwrap();
        refused(&[one, &name, three], &[said]);
        // Two parts are missing and only one file is unusable, so the missing parts are named as well.
        refused(&[one, &name], &[said, "2 of 3 parts are missing: 2/3, 3/3"]);
    }
    // The other files are as good as before.
    assert_eq!(turncoat(&format!("merge {}", files.join(" "))).code, 0);
}

#[test]
fn a_record_of_another_question_is_refused() {
    let file = folder("other_record").join("record.jsonl").display().to_string();
    assert_eq!(turncoat(&format!("check oral -n 4 -f 1 --checkpoint {file}")).code, 0);
    let other = turncoat(&format!("check oral -n 5 -f 1 --checkpoint {file}"));
    assert_eq!((other.code, other.err.lines().count()), (2, 1), "{}", other.err);
    assert!(other.err.contains("of another question, in which "), "{}", other.err);
    fs::write(&file, "{}\n").unwrap();
    let other = turncoat(&format!("check oral -n 4 -f 1 --checkpoint {file}"));
    assert!(other.code == 2 && other.err.contains("line 1: it must be an object"), "{}", other.err);
}

/// Killed again and again, and once while it wrote, a check ends with the same verdict and as many steps.
#[test]
fn what_was_killed_goes_on_where_it_was() {
    let mut all = 0;
    for (question, seed) in [
        ("check signed -n 6 -m 3 -f 3 --threads 1", 7),
        ("check signed -n 6 -m 3 -f 3 --threads 2", 8),
        // There are many cases here, and nothing is found in those with few traitors.
        ("check oral -n 5 -f 2 -m 1 --exactly --values 3", 9),
    ] {
        let record = folder("killed").join("record.jsonl");
        let whole = turncoat(&format!("{question} --engine exhaustive"));
        let question = format!("{question} --checkpoint {}", record.display());
        let lines = || fs::read_to_string(&record).unwrap_or_default();
        let whole_lines = |text: &str| text.rfind('\n').map_or(0, |end| end + 1);
        let (mut rng, mut kills) = (Xoshiro256PlusPlus::seed_from_u64(seed), 0);
        loop {
            let mut child = Command::new(env!("CARGO_BIN_EXE_turncoat"))
                .args(question.split(' '))
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            let (start, before) = (Instant::now(), lines());
            let rest = Duration::from_millis(rng.random_range(1..100));
            while start.elapsed() < rest || lines() == before {
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            if child.try_wait().unwrap().is_some() {
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            let stays = &before[..whole_lines(&before)];
            assert!(lines().starts_with(stays), "what was recorded stays");
            kills += 1;
            if kills == 2 {
                // As if it had been killed while it wrote.
                let (done, begun) = (lines(), "{\"turncoat_part\":1,\"que");
                fs::write(&record, format!("{}{begun}", &done[..whole_lines(&done)])).unwrap();
            }
        }
        let again = turncoat(&question);
        assert_eq!((again.code, again.err), (whole.code, whole.err), "{question}");
        assert_eq!(timeless(&again.out), timeless(&whole.out), "{question}, killed {kills} times");
        all += kills;
    }
    assert!(all >= 2, "it was killed {all} times");
}

/// A check of a part can be killed and resumed, too.
#[test]
fn a_part_has_a_checkpoint_too() {
    let folder = folder("part_killed");
    let [record, result] = ["record.jsonl", "part.json"].map(|name| folder.join(name));
    let question = format!(
        "check signed -n 6 -m 3 -f 3 --shard 2/3 --result {} --checkpoint {}",
        result.display(),
        record.display()
    );
    let begun = turncoat(&format!("{question} --budget 300_000"));
    assert_eq!(begun.code, 3, "{}", begun.out);
    let ended = turncoat(&question);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{}", ended.out);
    let without = question.split(" --checkpoint").next().unwrap();
    assert_eq!(turncoat(without).out, ended.out);
    let merged = turncoat(&format!("merge {}", record.display()));
    assert!(merged.err.contains("line"), "{}", merged.err);
    let other = turncoat(&question.replace("2/3", "1/3"));
    assert!(other.err.contains("of part 2/3, and this is 1/3: name another file"), "{}", other.err);
}

/// A checkpoint belongs to one engine, and having recorded more than a budget allows does no harm.
#[test]
fn a_checkpoint_is_gone_on_from_as_it_was_left() {
    let record = folder("left").join("record.jsonl");
    let question = format!("check oral -n 4 -f 1 --checkpoint {}", record.display());
    for other in ["naive", "compositional"] {
        let refused = turncoat(&format!("{question} --engine {other}"));
        assert_eq!((refused.code, refused.err.lines().count()), (2, 1), "{}", refused.err);
        assert!(refused.err.contains("for the exhaustive engine only"), "{}", refused.err);
    }
    assert_eq!(turncoat(&question).code, 0);
    let little = turncoat(&format!("{question} --budget 10"));
    assert!(little.code == 0 || little.code == 3, "{}", little.err);
    let other = record.with_file_name("other.jsonl");
    let events = turncoat(&format!("check bracha -n 4 -f 1 --checkpoint {}", other.display()));
    assert!(events.code == 2 && !other.exists(), "{}", events.out);
}

/// No other process resumes a checkpoint that is being written.
#[test]
fn a_checkpoint_is_one_process_s() {
    let record = folder("locked").join("record.jsonl");
    let question = format!("check signed -n 7 -m 3 -f 3 --checkpoint {}", record.display());
    let mut child = Command::new(env!("CARGO_BIN_EXE_turncoat"))
        .args(question.split(' '))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while fs::metadata(&record).map_or(0, |file| file.len()) == 0 {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(2));
    }
    let second = turncoat(&question);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!((second.code, second.out.as_str()), (2, ""));
    assert!(second.err.contains("another process is at this checkpoint"), "{}", second.err);
}

#[test]
fn what_is_no_checkpoint_stays_as_it_is() {
    let file = folder("no_checkpoint").join("precious.txt");
    let question = format!("check oral -n 4 -f 1 --checkpoint {}", file.display());
    let result = format!("check oral -n 4 -f 1 --shard 1/3 --result {}", file.display());
    assert_eq!(turncoat(&result).code, 0);
    let part = fs::read_to_string(&file).unwrap();
    for (precious, why) in [
        ("a line without an end", "it is there, and is no checkpoint: name another file"),
        ("a line\nand another one", "it is there, and is no checkpoint: name another file"),
        ("a line\n", "line 1: it is damaged, or something else"),
        (&part, "what is recorded there is of part 1/3, and this is 1/1: name another file"),
    ] {
        fs::write(&file, precious).unwrap();
        let answer = turncoat(&question);
        assert_eq!((answer.code, answer.out.as_str(), answer.err.lines().count()), (2, "", 1));
        assert!(answer.err.contains(why), "{}", answer.err);
        assert_eq!(fs::read_to_string(&file).unwrap(), precious);
    }
}

#[test]
fn memory_is_bounded() {
    let answer = turncoat("check oral -n 10 -f 3 --engine exhaustive --max-memory 40MB");
    assert_eq!((answer.code, answer.err.as_str()), (3, ""), "{}", answer.out);
    assert!(answer.out.contains("the memory limit was reached"), "{}", answer.out);
}
