//! Protocols in other languages: they get the same answers as protocols in Rust, and a program that misbehaves gets a
//! finding or one line. `golden/answers/exec*.txt` has what a person sees.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use jsonschema::validator_for;
use serde_json::{Value, json};
use turncoat::{
    General, Graph, Lockstep, Problem, Repertoire, Round, Seat, Testable, Verdict, Wire, check,
};

use crate::command_line::{scratch_folder, turncoat, turncoat_in};

const PYTHON: &str = "examples/exec/om1.py";
const JAVASCRIPT: &str = "examples/exec/om1.js";

/// OM(1) as in `examples/exec/om1.py`.
#[derive(Debug)]
struct Om1;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Notes {
    me: General,
    n: usize,
    order: String,
    votes: BTreeMap<General, String>,
}

const ORDERS: [&str; 2] = ["RETREAT", "ATTACK"];

fn orders() -> Vec<String> {
    ORDERS.map(str::to_owned).to_vec()
}

fn speaks(round: Round, from: General, to: General) -> bool {
    from.is_commander() == (round == 1) && !to.is_commander()
}

impl Lockstep for Om1 {
    type Value = String;
    type Decision = String;
    type Message = String;
    type State = Notes;

    fn rounds(&self, _n: usize) -> usize {
        2
    }

    fn start(&self, seat: Seat, order: Option<&String>) -> Notes {
        let order = order.map_or("RETREAT", String::as_str).to_owned();
        Notes { me: seat.me, n: seat.n, order, votes: BTreeMap::new() }
    }

    fn send(&self, notes: &Notes, round: Round, to: General) -> impl IntoIterator<Item = String> {
        speaks(round, notes.me, to).then(|| notes.order.clone())
    }

    fn receive(&self, notes: &mut Notes, round: Round, from: General, order: &String) {
        match round {
            1 if from.is_commander() => notes.order = order.clone(),
            2 if !from.is_commander() => {
                notes.votes.entry(from).or_insert_with(|| order.clone());
            }
            _ => {}
        }
    }

    fn decide(&self, notes: &Notes) -> Option<String> {
        let votes = notes.votes.values().chain([&notes.order]);
        let attacks = votes.filter(|vote| *vote == "ATTACK").count();
        let attack = attacks * 2 > notes.n - 1;
        Some(ORDERS[usize::from(attack)].to_owned())
    }
}

impl Testable for Om1 {
    fn problem(&self, _: &Graph) -> Result<Problem<String>, String> {
        Ok(Problem::broadcast(orders()))
    }

    fn repertoire(&self, _n: usize, Wire { round, from, to }: Wire) -> Repertoire<String> {
        match speaks(round, from, to) {
            true => Repertoire::one_of(orders()),
            false => Repertoire::silent(),
        }
    }
}

/// The verdict as in JSON: its name, the number of behaviours, and the smallest attack.
fn told<F>(verdict: &Verdict<F>, attack: Value) -> Value {
    let behaviours = verdict.behaviours.exact().expect("they are few").to_string();
    json!({ "verdict": verdict.name(), "behaviours": behaviours, "attack": attack })
}

/// OM(1) holds among four generals and not among three, on the same number of behaviours and with the same smallest
/// attack, in every language.
#[test]
fn om1_is_the_same_in_every_language() {
    for n in [3, 4] {
        let verdict = check(Om1).generals(n).traitors(1).run().unwrap();
        let attack = verdict.counterexample().map(|found| {
            let attack = json!(found.attack);
            json!([attack["traitors"], attack["inputs"], attack["lies"]])
        });
        let expected = told(&verdict, attack.unwrap_or_default());
        assert_eq!(expected["verdict"], ["broken", "holds"][n - 3]);
        for program in [PYTHON, JAVASCRIPT] {
            let answer =
                turncoat(&format!("check exec --command {program} -n {n} -f 1 --format json"));
            let json: Value = serde_json::from_str(&answer.out).expect(&answer.err);
            let found = &json["counterexample"];
            let attack = json!([found["traitors"], found["inputs"], found["lies"]]);
            let attack = if found.is_null() { Value::Null } else { attack };
            let said = json!({
                "verdict": json["verdict"], "behaviours": json["behaviours"], "attack": attack
            });
            assert_eq!(said, expected, "{program}, n = {n}");
        }
    }
}

#[test]
fn the_answer_does_not_depend_on_threads() {
    for program in [PYTHON, "examples/exec/om1_broken.js"] {
        let on = |threads| {
            turncoat(&format!("check exec --command {program} -n 4 -f 1 --threads {threads}")).out
        };
        assert_eq!(on(1), on(4), "{program}");
    }
}

/// turncoat waits for a program that hangs no longer than `--answer-timeout`, and only once.
#[test]
fn a_program_that_hangs_gets_a_line() {
    let command = "--command 'python3 tests/exec/misbehaves.py mute' --answer-timeout 700ms";
    let start = std::time::Instant::now();
    let answer = turncoat(&format!("check exec {command} -n 3 -f 1"));
    assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{}", answer.err);
    assert!(answer.err.contains("the program did not answer within 700ms"), "{}", answer.err);
    assert_eq!(answer.err.lines().count(), 1, "{}", answer.err);
    // A generous limit, for a busy machine. The program would answer after a minute.
    assert!(start.elapsed().as_secs() < 30);
}

/// turncoat waits once for a program that closes its output and lives on, not once per question.
#[test]
fn a_program_that_closes_its_output_is_waited_for_once() {
    let start = std::time::Instant::now();
    let answer = turncoat("check exec --command 'tests/exec/misbehaves.py closes' -n 2 -f 1");
    assert_eq!((answer.code, answer.err.as_str()), (1, ""));
    assert!(answer.out.contains("the program ended: it closed its output"), "{}", answer.out);
    // A generous limit: it used to wait a second or two for each of many questions.
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

/// Whether a process with this id is running, and is not just the entry of one that has ended.
fn runs(id: &str) -> bool {
    let status = Command::new("ps").args(["-o", "stat=", "-p", id]).output().expect("ps starts");
    let status = String::from_utf8(status.stdout).expect("it prints text");
    !status.trim().is_empty() && !status.trim().starts_with('Z')
}

/// When turncoat ends, for whatever reason, the program ends, and so do the processes that the program started.
#[test]
fn nothing_is_left_running() {
    let folder = scratch_folder("left_running");
    fs::create_dir_all(&folder).unwrap();
    let root = env!("CARGO_MANIFEST_DIR");
    let obeys =
        format!("sh -c 'sleep 300 & echo $! > child; exec {root}/tests/exec/misbehaves.py not'");
    let answer = turncoat_in(&folder, &format!("check exec --command \"{obeys}\" -n 2 -f 0"), "");
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    let child = fs::read_to_string(folder.join("child")).unwrap();
    assert!(!runs(child.trim()));

    let hangs = "sh -c 'sleep 300 & echo $! $$ > draft; mv draft both; sleep 300'";
    let arguments = ["check", "exec", "--command", hangs, "-n", "2", "-f", "0"];
    let mut turncoat = Command::new(env!("CARGO_BIN_EXE_turncoat"))
        .args(arguments)
        .current_dir(&folder)
        .spawn()
        .unwrap();
    let ids = loop {
        match fs::read_to_string(folder.join("both")) {
            Ok(ids) => break ids,
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    assert!(ids.split_whitespace().all(runs), "{ids}");
    let kill = Command::new("kill").arg(turncoat.id().to_string()).status();
    assert!(kill.unwrap().success());
    assert_eq!(turncoat.wait().unwrap().code(), Some(130));
    assert!(!ids.split_whitespace().any(runs), "{ids}");
}

/// What was recorded about a program does not count if its code has changed: its own file, or one that it imports.
#[test]
fn parts_of_other_code_do_not_count() {
    let folder = scratch_folder("other_code");
    fs::create_dir_all(&folder).unwrap();
    let changed = |file: &str, from: &str, to: &str| {
        let text = fs::read_to_string(format!("examples/exec/{file}")).unwrap();
        assert!(text.contains(from));
        fs::write(folder.join(file), text.replace(from, to)).unwrap();
    };
    let as_it_is = || ["om1.py", "turncoat.py"].map(|file| changed(file, "", ""));
    let asked = |more: &str| {
        let check = format!("check exec --command 'python3 om1.py' -n 4 -f 1 {more}");
        let answer = turncoat_in(&folder, &check, "");
        (answer.code, answer.err)
    };
    as_it_is();
    let fine = || (0, String::new());
    assert_eq!(asked("--checkpoint done"), fine());
    assert_eq!(asked("--checkpoint done --answer-timeout 20s"), fine());
    assert_eq!(asked("--shard 1/2 --result 1"), fine());
    let recorded = "turncoat: done: what is recorded there is of other code: ";
    changed("om1.py", "> state", ">= state");
    let (code, line) = asked("--checkpoint done");
    assert_eq!(code, 2);
    assert_eq!(line, format!("{recorded}om1.py changed since: name another file\n"));
    assert_eq!(asked("--shard 2/2 --result 2").0, 0);
    let merge = |more: &str| {
        let answer = turncoat_in(&folder, &format!("merge 1 2 --command {more}"), "");
        (answer.code, answer.err)
    };
    let (code, lines) = merge("'python3 om1.py'");
    assert_eq!(code, 2);
    assert!(lines.starts_with("turncoat: 2: it is of other code than the files before it: om1.py"));
    as_it_is();
    assert_eq!(asked("--shard 2/2 --result 2 --answer-timeout 20s"), fine());
    assert_eq!(merge("'python3 om1.py' --answer-timeout 30s"), fine());
    let other = "\"python3 om1.py\", and this is \"python3 ./om1.py\": search all of them anew";
    let line = format!("turncoat: the parts are of another program: {other}\n");
    assert_eq!(merge("'python3 ./om1.py'"), (2, line));
    changed("turncoat.py", "p.decide(state)", "\"ATTACK\"");
    let (code, line) = asked("--checkpoint done");
    assert_eq!(code, 2);
    assert!(line.starts_with(&format!("{recorded}the answers of the program changed")), "{line}");
}

/// Everything that turncoat asks, that the helpers' examples answer and that the documentation shows fits the schema.
#[test]
fn lines_fit_their_schema() {
    let schema: Value = serde_json::from_str(&turncoat("schema exec").out).unwrap();
    jsonschema::meta::validate(&schema).expect("it is a schema");
    let line = validator_for(&schema).expect("it is a schema that can be used");
    let folder = scratch_folder("exec");
    fs::create_dir_all(&folder).unwrap();
    let root = env!("CARGO_MANIFEST_DIR");
    let mut lines = Vec::new();
    for (program, n) in [(PYTHON, 3), (JAVASCRIPT, 2), ("examples/exec/reliable_broadcast.py", 2)] {
        let heard = format!("sh -c 'tee $$.asked | {root}/{program} | tee $$.answered'");
        let arguments = format!("check exec --command \"{heard}\" -n {n} -f 1 --threads 1");
        let answer = turncoat_in(&folder, &arguments, "");
        assert_ne!(answer.code, 2, "{}", answer.err);
    }
    for file in fs::read_dir(&folder).unwrap() {
        let said = fs::read_to_string(file.unwrap().path()).unwrap();
        // A program that was killed may have left its last line unfinished.
        let whole = said.rfind('\n').map_or("", |end| &said[..end]);
        lines.extend(whole.lines().map(str::to_owned));
    }
    let docs = fs::read_to_string("docs/exec.md").unwrap();
    let shown = docs.split("```json\n").skip(1).flat_map(|block| block.split("```").take(1));
    let shown = shown.flat_map(str::lines).filter(|line| !line.is_empty()).map(str::to_owned);
    let before = lines.len();
    lines.extend(shown);
    assert!(before > 100 && lines.len() > before + 20, "{before}, {}", lines.len());
    for said in &lines {
        let said: Value = serde_json::from_str(said).unwrap();
        assert!(line.is_valid(&said), "{said}");
        let mut more = said.clone();
        more["colour"] = json!("blue");
        assert!(!line.is_valid(&more), "{more}");
    }
    for strange in [
        json!([]),
        json!({ "ask": "describe", "n": 65, "f": 1 }),
        json!({ "ask": "send", "state": 1, "round": 0, "to": 1 }),
        json!({ "name": "both", "values": [1], "rounds": 1, "events": true }),
        json!({ "name": "none", "values": [null], "rounds": 1 }),
        json!({ "state": 1, "effects": [{ "send": 1 }] }),
    ] {
        assert!(!line.is_valid(&strange), "{strange}");
    }
}

/// The page shows the example word for word, and the helpers are short enough to be copied.
#[test]
fn the_page_shows_the_example() {
    let docs = fs::read_to_string("docs/exec.md").unwrap();
    let example = fs::read_to_string(PYTHON).unwrap();
    let code = &example[example.find("import turncoat").unwrap()..];
    assert!(docs.contains(code), "docs/exec.md: copy {PYTHON} into it");
    for helper in ["turncoat.py", "turncoat.js"] {
        let helper = fs::read_to_string(format!("examples/exec/{helper}")).unwrap();
        assert!(helper.lines().count() <= 100);
    }
}
