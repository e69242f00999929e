//! What a program in another language says about the protocol that it runs: its answer to the first question.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use super::conversation::{Conversation, Fields, NotUnderstood, no_more};
use super::opaque::OpaqueValue;
use crate::outcome::Task;
use crate::report::attack_file::part;
use crate::{Attack, General, Generals, Graph, Problem, Seat, Termination};

/// A protocol that a program runs among n generals, of whom at most f can be traitors.
#[derive(Clone)]
pub struct Described {
    pub program: Arc<Conversation>,
    pub n: usize,
    pub f: usize,
    pub name: String,
    pub runs_in: RunsIn,
    /// The whole answer.
    pub answer: OpaqueValue,
    values: Vec<OpaqueValue>,
    task: Task,
    termination: Termination,
    answers: Vec<Optional>,
}

/// Whether the protocol runs in rounds or is event-driven.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunsIn {
    /// In this many rounds.
    Rounds(usize),
    /// Event-driven, and run for this many waves.
    Events(usize),
}

/// A question that a program may be unable to answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Optional {
    EndRound,
    Repertoire,
    Alphabet,
    Timer,
    Coin,
}

/// The fields of the answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    name: String,
    values: Vec<OpaqueValue>,
    #[serde(default)]
    task: Task,
    #[serde(default)]
    termination: MustDecide,
    rounds: Option<usize>,
    #[serde(default)]
    events: bool,
    waves: Option<usize>,
    #[serde(default)]
    answers: Vec<Optional>,
}

/// Who must decide.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum MustDecide {
    #[default]
    All,
    AllOrNone,
    Free,
}

/// The number of values for which loyal runs are made, which identify the protocol.
const LOYAL_RUNS: usize = 4;

/// The number of waves of an execution, if the program does not say it.
const WAVES: usize = 32;

impl Described {
    /// Asks a program what it runs. It unwinds, like a protocol that panics, if the answer is invalid.
    ///
    /// # Errors
    ///
    /// The program refuses, in a line of its own, or fails.
    pub fn by(program: Conversation, n: usize, f: usize) -> Result<Described, String> {
        let question = json!({ "ask": "describe", "n": n, "f": f }).to_string();
        let answered = program.attempt(&question, |answer| {
            if let Some(why) = answer.get("refuse").and_then(Value::as_str) {
                return Ok(Err(why.to_owned()));
            }
            let answer = Value::Object(answer);
            let whole = OpaqueValue::of(&answer)?;
            let answer: Description =
                part("the answer", answer).map_err(|error| NotUnderstood(error.to_string()))?;
            let runs_in = match (answer.rounds, answer.events, answer.waves) {
                (Some(rounds), false, None) => RunsIn::Rounds(rounds),
                (None, true, waves) => RunsIn::Events(waves.unwrap_or(WAVES)),
                _ => {
                    let form =
                        "it has either \"rounds\", or \"events\": true and perhaps \"waves\"";
                    return Err(NotUnderstood(form.to_owned()));
                }
            };
            if answer.values.iter().any(|value| value.text() == "null") {
                return Err(NotUnderstood("null is no value: it stands for none".to_owned()));
            }
            Ok(Ok((runs_in, whole, answer)))
        });
        let (runs_in, answer, Description { name, values, task, termination, answers, .. }) =
            answered.map_err(|failure| {
                format!("the program does not describe its protocol: {failure}")
            })??;
        let termination = match termination {
            MustDecide::All => Termination::All,
            MustDecide::AllOrNone => Termination::AllOrNone,
            MustDecide::Free => Termination::Free,
        };
        let program = Arc::new(program);
        Ok(Described { program, n, f, name, runs_in, answer, values, task, termination, answers })
    }

    /// The same description, with answers from another conversation.
    pub fn answered_by(&self, program: Conversation) -> Described {
        Described { program: Arc::new(program), ..self.clone() }
    }

    /// Whether the program can answer this question.
    pub fn answers(&self, question: Optional) -> bool {
        self.answers.contains(&question)
    }

    /// The problem of the protocol; an error if the program's answers are void.
    pub fn problem(&self, n: usize) -> Result<Problem<OpaqueValue>, String> {
        if let Some(trouble) = self.program.trouble() {
            return Err(trouble.clone());
        }
        if n != self.n {
            let described = format!("the program was asked for {} generals", self.n);
            return Err(format!(
                "{described}, and there are {n}: change \"n\" of the protocol, too"
            ));
        }
        let values = self.values.iter().cloned();
        let problem = match self.task {
            Task::Broadcast => Problem::broadcast(values),
            Task::Consensus => Problem::consensus(values),
        };
        Ok(problem.deciding(self.termination))
    }

    /// The attacks in which everybody is loyal, and all generals with an input have the same one, for each of the
    /// first values.
    pub fn loyal_runs(&self, graph: &Graph) -> Vec<Attack<Value, Value>> {
        let given = match self.task {
            Task::Broadcast => Generals::from_iter([General::COMMANDER]),
            Task::Consensus => Generals::first(graph.n()),
        };
        let loyal = |value: &OpaqueValue| {
            let inputs: BTreeMap<_, _> =
                given.iter().map(|general| (general, json!(value))).collect();
            Attack::new(graph, Generals::NONE, inputs)
        };
        self.values.iter().take(LOYAL_RUNS).map(loyal).collect()
    }

    /// The decision in a state.
    pub fn decide(&self, state: &OpaqueValue) -> Option<OpaqueValue> {
        let question = format!(r#"{{"ask":"decide","state":{}}}"#, state.text());
        self.program.ask(&question, |mut answer| {
            let decision = opaque(&mut answer, "decision")?;
            no_more(&answer)?;
            Ok(Some(decision).filter(|decision| decision.text() != "null"))
        })
    }

    /// The question with which a general starts.
    pub fn beginning(&self, ask: &str, seat: Seat, input: Option<&OpaqueValue>) -> String {
        let Seat { me, n, neighbours } = seat;
        let neighbours: Vec<usize> = neighbours.iter().map(|general| general.id()).collect();
        format!(
            r#"{{"ask":"{ask}","me":{},"n":{n},"f":{},"neighbours":{},"input":{}}}"#,
            me.id(),
            self.f,
            json!(neighbours),
            input.map_or("null", OpaqueValue::text),
        )
    }
}

/// Takes a field of an answer that can be any JSON.
pub fn opaque(answer: &mut Fields, name: &str) -> Result<OpaqueValue, NotUnderstood> {
    let value = answer.shift_remove(name);
    let value = value.ok_or_else(|| NotUnderstood(format!("{name:?} is missing")))?;
    OpaqueValue::of(&value)
}

/// Shows the program's name for the protocol.
impl fmt::Debug for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Described").field(&self.name).finish()
    }
}
