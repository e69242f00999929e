//! A protocol in any language: a program that answers questions, each in a line of JSON. `docs/exec.md` describes
//! them.
//!
//! | file | what it does |
//! |---|---|
//! | `process` | runs the program, and exchanges lines within a time limit |
//! | `conversation` | asks, remembers, and rejects invalid answers |
//! | `opaque` | values, messages and states, as JSON that is passed on as it is |
//! | `described` | what the program says about its protocol, and questions that both kinds share |
//! | `rounds`, `events` | the protocol, in rounds or event-driven |
//! | `again` | asks again, in another order, to detect programs that keep state between questions |

mod again;
mod conversation;
mod described;
mod events;
mod opaque;
mod process;
mod rounds;

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Value, json};

use self::conversation::{Answering, Conversation};
use self::described::{Described, RunsIn};
use self::events::ExecEvents;
use self::process::Processes;
use self::rounds::ExecRounds;
use super::answer::BadInput;
use super::code;
use super::parameters::boxed;
use super::program::answer_timeout;
use super::protocols::{Confirmable, Kind, Parameters};
use super::watch::{Deadline, Work, watched};
use crate::InWaves;
use crate::fault::guarded;
use crate::graph::Graph;
use crate::report::notation::Notation;
use crate::search::progress::Progress;

#[derive(Args)]
struct ExecArguments {
    /// Program that answers questions about the protocol, with its arguments, such as 'python3 mine.py'
    #[arg(long, value_name = "CMD")]
    command: String,
    /// Time limit for each answer of the program
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = answer_timeout)]
    answer_timeout: Duration,
}

/// The parameters of a program: how it is run, and for how many generals and traitors.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exec {
    n: usize,
    f: usize,
    command: String,
    /// In milliseconds.
    answer_timeout: u64,
}

impl ExecArguments {
    fn given(self, f: usize, graph: &Graph) -> Exec {
        let answer_timeout = u64::try_from(self.answer_timeout.as_millis()).unwrap_or(u64::MAX);
        Exec { n: graph.n(), f, command: self.command, answer_timeout }
    }
}

impl Exec {
    /// Starts the program, and asks it what it runs.
    fn asked(&self) -> Result<Described, BadInput> {
        if self.answer_timeout == 0 {
            return Err(BadInput::new("answer_timeout is 0: it must be a millisecond at least"));
        }
        let timeout = Duration::from_millis(self.answer_timeout);
        let program = Processes::of(&self.command, timeout);
        let program = program.map_err(|why| BadInput(format!("--command: {why}")))?;
        questioned("asking what the program runs", false, |_| self.described(program))
    }

    fn described(&self, program: impl Answering + 'static) -> Result<Described, BadInput> {
        let program = Conversation::with(program);
        guarded(|| Described::by(program, self.n, self.f)).map_err(BadInput)?.map_err(BadInput)
    }
}

impl Described {
    /// The protocol as a new numbered protocol.
    fn notation(&self) -> Result<Box<dyn Notation>, BadInput> {
        match self.runs_in {
            RunsIn::Rounds(_) => boxed(ExecRounds(self.clone())),
            RunsIn::Events(_) => boxed(InWaves(ExecEvents(self.clone()))),
        }
    }
}

/// Asks a program questions, in such a way that Ctrl-C ends this.
fn questioned<T>(label: &str, stops: bool, ask: impl FnOnce(&Progress) -> T) -> T {
    let work = Work { label, whole: "the questions", steps: "questions", stops };
    watched(&work, Deadline::of(None), ask)
}

/// The protocol that a program runs.
pub struct ByProgram;

impl Kind for ByProgram {
    fn augment(&self, command: Command) -> Command {
        ExecArguments::augment_args(command)
    }

    fn given(
        &self,
        matches: &ArgMatches,
        f: usize,
        graph: &Graph,
    ) -> Result<Box<dyn Parameters + '_>, BadInput> {
        let arguments = ExecArguments::from_arg_matches(matches).map_err(BadInput::new)?;
        let (exec, described) = (arguments.given(f, graph), OnceLock::new());
        Ok(Box::new(Running { exec, described }))
    }

    fn read(&self, written: Value) -> serde_json::Result<Box<dyn Parameters + '_>> {
        let (exec, described) = (serde_json::from_value(written)?, OnceLock::new());
        Ok(Box::new(Running { exec, described }))
    }
}

/// The parameters, and the program's description once it was asked.
struct Running {
    exec: Exec,
    described: OnceLock<Described>,
}

impl Running {
    fn described(&self) -> Result<&Described, BadInput> {
        if let Some(described) = self.described.get() {
            return Ok(described);
        }
        let described = self.exec.asked()?;
        Ok(self.described.get_or_init(|| described))
    }
}

impl Parameters for Running {
    fn notation(&self) -> Result<Box<dyn Notation>, BadInput> {
        self.described()?.notation()
    }

    fn write(&self) -> Value {
        json!(self.exec)
    }

    /// Digests of the files that the command names, the program's description, and a digest of its answers where all
    /// are loyal.
    fn code(&self, graph: &Graph) -> Result<Value, BadInput> {
        let described = self.described()?;
        let words = process::words(&self.exec.command).map_err(BadInput)?;
        let names =
            words.iter().flat_map(|word| word.split(|c: char| c.is_whitespace() || c == '='));
        let files = names.map(Path::new).filter(|name| name.is_file());
        // A file that may be run but not read is identified by its answers.
        let files = files.map(|name| (name.display().to_string(), json!(code::of_file(name).ok())));
        let loyal = questioned("asking what the loyal do", false, |_| {
            again::loyal_answers(described, graph)
        });
        Ok(json!({
            "files": Value::from_iter(files.collect::<Vec<_>>()),
            "describe": code::of_text(described.answer.text()),
            "loyal": loyal?,
        }))
    }

    fn confirm(
        &self,
        notation: &dyn Notation,
        found: Option<Confirmable<'_>>,
    ) -> Result<(), BadInput> {
        let described = self.described()?;
        questioned("asking again", true, |progress| match found {
            Some(found) => again::confirmed(described, notation, found, progress),
            None => again::sampled(described, progress),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::hash_map::DefaultHasher;
    use std::hash::{Hash, Hasher};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::conversation::NoAnswer;
    use super::*;
    use crate::check::{Check, Everything};
    use crate::machine::Machine;
    use crate::search::progress::Progress;
    use crate::{Adversary, FaultClass};

    /// Answers the questions as OM(1) should.
    fn om1(question: &str) -> Value {
        let question: Value = serde_json::from_str(question).expect("questions are JSON");
        let state = &question["state"];
        let number = |field: &str| question[field].as_u64().unwrap_or_default();
        let speaks = |me: u64| (me == 0) == (number("round") == 1) && number("to") != 0;
        match question["ask"].as_str().expect("it is said what is asked") {
            "describe" => {
                let (values, answers) = (["RETREAT", "ATTACK"], ["repertoire"]);
                json!({ "name": "OM(1)", "values": values, "rounds": 2, "answers": answers })
            }
            "start" => {
                let order = question["input"].as_str().unwrap_or("RETREAT");
                json!({ "state": { "me": number("me"), "n": number("n"), "order": order, "votes": {} } })
            }
            "send" if speaks(state["me"].as_u64().expect("it is mine")) => {
                json!({ "messages": [state["order"]] })
            }
            "send" => json!({ "messages": [] }),
            "repertoire" if speaks(number("from")) => json!({ "slots": [["RETREAT", "ATTACK"]] }),
            "repertoire" => json!({ "slots": [] }),
            "receive" => {
                let (mut state, from) = (state.clone(), number("from"));
                match (number("round"), from) {
                    (1, 0) => state["order"] = question["message"].clone(),
                    (2, 1..) if state["votes"].get(from.to_string()).is_none() => {
                        state["votes"][from.to_string()] = question["message"].clone();
                    }
                    _ => {}
                }
                json!({ "state": state })
            }
            _ => {
                let votes = state["votes"].as_object().expect("it is mine").values();
                let attacks =
                    votes.chain([&state["order"]]).filter(|vote| *vote == "ATTACK").count();
                let majority = attacks * 2 > state["n"].as_u64().expect("it is mine") as usize - 1;
                json!({ "decision": if majority { "ATTACK" } else { "RETREAT" } })
            }
        }
    }

    /// OM(1) with some of its answers replaced.
    struct Fuzzed {
        seed: u64,
        asked: AtomicU64,
        /// Whether it gave an invalid answer, and whether it failed to answer.
        seen: Arc<[AtomicBool; 2]>,
    }

    /// An invalid answer: all answers are void from then on.
    const NO_ANSWER: usize = 0;
    /// A failure: it is a finding if a loyal general was asked.
    const FAILED: usize = 1;

    impl Answering for Fuzzed {
        fn answer(&self, question: &str) -> Result<String, NoAnswer> {
            let asked = self.asked.fetch_add(1, Ordering::Relaxed);
            let mut hasher = DefaultHasher::new();
            // Every third program also answers differently each time.
            (self.seed, question, self.seed.is_multiple_of(3).then_some(asked)).hash(&mut hasher);
            let chance = hasher.finish();
            let right = om1(question).to_string();
            let half = &right[..right.len() / 2];
            let seen = |what: usize| self.seen[what].store(true, Ordering::Relaxed);
            if !chance.is_multiple_of(1 << (self.seed % 10)) {
                return Ok(right);
            }
            let kind = chance >> 32 & if chance >> 36 & 1 == 0 { 3 } else { 15 };
            match kind {
                0..4 => seen(FAILED),
                4..14 => seen(NO_ANSWER),
                _ => {}
            }
            match kind {
                0 => Err(NoAnswer::Ended("signal: 9 (SIGKILL)".to_owned())),
                1 => Err(NoAnswer::Ended("\u{1b}[31mlast words".to_owned())),
                2 => Ok(json!({ "error": "KeyError: \u{7}".repeat(1 << (chance >> 40 & 15)) })
                    .to_string()),
                3 => Ok(r#"{"error": {"code": 7}}"#.to_owned()),
                4 => Err(NoAnswer::Late(Duration::from_secs(10))),
                5 => Err(NoAnswer::With("more than one line".to_owned())),
                6 => Ok(half.to_owned()),
                7 => Ok(String::new()),
                8 => Ok(format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))),
                9 => Ok("\u{1b}]0;junk\u{7} \u{fffd}".repeat(1 << (chance >> 40 & 10))),
                10 => Ok("[1, 2]".to_owned()),
                11 => {
                    Ok(r#"{"decision": 1, "state": 1, "messages": 1, "slots": {}, "rounds": -1}"#
                        .to_owned())
                }
                12 => Ok("{}".to_owned()),
                13 => Ok(right.replace('[', "{\"a\":[").replace(']', "]}") + "}"),
                // White space and another order of keys are allowed.
                14 => Ok(format!("  {right}\t\r\n")),
                _ => Ok(right.replacen(':', " :\t", 1)),
            }
        }
    }

    /// The verdict's name, and whether the finding is a fault; or the error line.
    fn checked(
        n: usize,
        program: impl Answering + 'static,
    ) -> Result<(&'static str, bool), String> {
        let exec = Exec { n, f: 1, command: "in this process".to_owned(), answer_timeout: 10 };
        let notation = exec.described(program).and_then(|described| described.notation());
        let verdict = notation.and_then(|notation| {
            let check = Check::about(&*notation as &dyn Machine, Everything::default());
            let check =
                check.on(Graph::complete(n)).against(Adversary::new(FaultClass::Byzantine, 1));
            notation.answered(|| check.verdict(&Progress::new()).map_err(BadInput::new))
        });
        let fault = |found: &crate::search::Found| found.execution.fault.is_some();
        verdict
            .map(|verdict| (verdict.name(), verdict.counterexample().is_some_and(fault)))
            .map_err(|BadInput(line)| line)
    }

    /// The same for a fuzzed program, and whether it gave an invalid answer, or failed.
    fn verdict(n: usize, seed: u64) -> (Result<(&'static str, bool), String>, [bool; 2]) {
        let seen = Arc::<[AtomicBool; 2]>::default();
        let program = Fuzzed { seed, asked: AtomicU64::new(0), seen: Arc::clone(&seen) };
        (checked(n, program), [NO_ANSWER, FAILED].map(|what| seen[what].load(Ordering::Relaxed)))
    }

    /// Each program misbehaves in its own way, and runs in this process. There must be no panic and no hang, and each
    /// verdict must be about the protocol or about what the program did.
    #[test]
    fn a_thousand_programs_that_misbehave_get_a_verdict_or_a_line() {
        let mut counts = [0; 4];
        for seed in 0..1000_u64 {
            let (n, right) = if seed.is_multiple_of(2) { (3, "broken") } else { (2, "holds") };
            let (verdict, [no_answer, failed]) = verdict(n, seed);
            let told =
                format!("seed {seed}: {verdict:?}, no answer: {no_answer}, failed: {failed}");
            let count = match verdict {
                Err(line) => {
                    assert!(no_answer || failed || seed.is_multiple_of(3), "{told}");
                    assert!(!line.is_empty() && !line.contains(crate::escape::commands), "{told}");
                    0
                }
                Ok((verdict, true)) => {
                    assert!(!no_answer && failed && verdict == "broken", "{told}");
                    1
                }
                Ok((verdict, false)) => {
                    assert!(!no_answer && verdict == right, "{told}");
                    2 + usize::from(failed)
                }
            };
            counts[count] += 1;
        }
        // Error lines, findings, verdicts on OM(1) itself, and verdicts where the program failed only for traitors.
        assert!(counts[..3].iter().all(|count| *count > 100) && counts[3] > 0, "{counts:?}");
    }

    /// An event-driven protocol with a mistake that shows at once.
    struct Mistaken(&'static str);

    impl Answering for Mistaken {
        fn answer(&self, question: &str) -> Result<String, NoAnswer> {
            let question: Value = serde_json::from_str(question).expect("questions are JSON");
            Ok(match question["ask"].as_str() {
                Some("describe") if self.0 == NO_ALPHABET => {
                    r#"{"name": "Mistaken", "values": [1, 2], "events": true, "answers": ["alphabet"]}"#
                }
                Some("describe") => r#"{"name": "Mistaken", "values": [1, 2], "events": true}"#,
                Some("begin") if self.0 == NO_ALPHABET => r#"{"state": 1}"#,
                Some("decide") => r#"{"decision": null}"#,
                _ => self.0,
            }
            .to_owned())
        }
    }

    const NO_ALPHABET: &str = r#"{"error": "NameError: A"}"#;

    #[test]
    fn whoever_has_no_alphabet_is_told_that_it_was_asked_for_that() {
        let line = checked(3, Mistaken(NO_ALPHABET)).unwrap_err();
        assert_eq!(line, "the protocol panics in alphabet: NameError: A");
    }

    #[test]
    fn what_is_nested_too_deep_is_json() {
        let deep = format!(r#"{{"state": {}1{}}}"#, "[".repeat(200), "]".repeat(200));
        let line = checked(3, Mistaken(deep.leak())).unwrap_err();
        assert!(
            line.ends_with("it is nested too deep: there can be 127 brackets in each other"),
            "{line}"
        );
    }

    #[test]
    fn a_mistake_in_events_is_found_although_nothing_was_said_yet() {
        let begun = |answer| checked(3, Mistaken(answer));
        for fault in [
            r#"{"error": "NameError: oder"}"#,
            r#"{"state": 1, "effects": [{"send": 1, "to": 9}]}"#,
            r#"{"state": 1, "effects": [{"ask_coin": {"local": 1}}, {"ask_coin": {"local": 1}}]}"#,
        ] {
            assert_eq!(begun(fault), Ok(("broken", true)), "{fault}");
        }
        for (strange, told) in [
            (r#"{"state": 1, "effects": [{"sned": 1}]}"#, "at effects[0]: this is no effect"),
            (
                r#"{"state": 1, "effects": [{"send": 1, "to": 64}]}"#,
                "at effects[0]: to is 64: generals are numbered from 0 to 63",
            ),
            (
                r#"{"state": 1, "effects": [{"broadcast": 1}, {"set_timer": -1}]}"#,
                "at effects[1]: set_timer is -1: a timer is a whole number from 0 to 4294967295",
            ),
            (
                r#"{"state": 1, "effects": [{"ask_coin": {"local": 4294967296}}]}"#,
                r#"ask_coin is {"local":4294967296}: a coin is {"local": K} or {"common": K}, where K"#,
            ),
            (r#"{"state": 1, "state": 2}"#, r#"at .: the key "state" is there twice"#),
            (
                r#"{"state": {"a": [{"b": 1, "b": 1}]}}"#,
                r#"at state.a[0]: the key "b" is there twice"#,
            ),
            (r#"{"state": 1e999}"#, "a number in it is too large: write it as a text"),
            (r#"{"state": 1, "effects": {}}"#, "at effects: invalid type: map, expected a seq"),
            (r#"{"state": 1}"#, "no alphabet is given, and nothing was heard"),
        ] {
            let line = begun(strange).unwrap_err();
            assert!(line.contains(told), "{line}");
        }
    }
}
