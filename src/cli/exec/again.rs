//! Asks the questions again, in another order and in new processes: a program that keeps something from one question
//! to the next does not run a protocol, and results for it are not true.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::conversation::{Answering, Conversation, NoAnswer, Reply, in_brief, says_the_same};
use super::described::Described;
use super::opaque::OpaqueValue;
use crate::cli::answer::BadInput;
use crate::cli::code;
use crate::escape::escaped;
use crate::execution::{NumberedExecution, run_by_numbers};
use crate::fault::{Fault, FaultKind, unwound};
use crate::machine::NumberedAttack;
use crate::report::notation::{Notation, read_attack};
use crate::search::progress::Progress;
use crate::testable::Refusal;
use crate::{Attack, Graph};

/// If nothing was found, this many answers are asked for again, for at most this long.
const SAMPLE: usize = 256;
const SAMPLE_TIME: Duration = Duration::from_secs(1);

/// For how long the questions of an execution are asked in the opposite order, at most.
const REVERSED_TIME: Duration = Duration::from_secs(2);

/// For how many of them, the last ones, a new process is started each, and for how long at most.
const FIRST_QUESTIONS: usize = 4;
const FIRST_TIME: Duration = Duration::from_millis(500);

/// The program of a conversation, whose answers are compared with earlier ones.
struct Again {
    before: Arc<Conversation>,
    answers: Mutex<Vec<(String, Reply)>>,
    /// The first answer that differs from an earlier one.
    difference: OnceLock<String>,
}

/// The content of an answer, however it is written.
fn said(answer: &Result<String, NoAnswer>) -> Reply {
    let line = match answer {
        Ok(line) => line,
        Err(NoAnswer::Ended(how)) => return Err(format!("nothing, but ended: {how}")),
        Err(NoAnswer::Late(time)) => {
            return Err(format!("nothing within {}", humantime::format_duration(*time)));
        }
        Err(NoAnswer::With(what) | NoAnswer::NotStarted(what)) => return Err(what.clone()),
    };
    match serde_json::from_str(line) {
        Ok(Value::Object(answer)) if !answer.contains_key("error") => Ok(answer),
        _ => Err(line.clone()),
    }
}

fn told(said: &Reply) -> String {
    match said {
        Ok(answer) => in_brief(&Value::Object(answer.clone()).to_string()),
        Err(line) => in_brief(line),
    }
}

/// The same text for all answers that say the same.
fn canonical(said: &Reply) -> String {
    let answer = said.clone().ok();
    let answer = answer.and_then(|answer| OpaqueValue::of(&Value::Object(answer)).ok());
    answer.map_or_else(|| "failed".to_owned(), |answer| answer.text().to_owned())
}

impl Again {
    fn of(before: &Arc<Conversation>) -> Arc<Again> {
        let (answers, difference) = Default::default();
        Arc::new(Again { before: Arc::clone(before), answers, difference })
    }

    /// Asks a question again. Answers whether everything has been the same so far.
    fn is_same(&self, question: &str, once: &Reply) -> bool {
        let again = said(&self.before.program().answer(question));
        self.compare(question, once, &again);
        self.difference.get().is_none()
    }

    fn compare(&self, question: &str, once: &Reply, again: &Reply) {
        if !says_the_same(once, again) {
            let (question, once, again) = (in_brief(question), told(once), told(again));
            let line = format!(
                "the program is not deterministic: to {question} it answered {once}, and when it was asked again, after \
                 other questions, {again}: it must keep nothing from one question to the next"
            );
            let _ = self.difference.set(escaped(&line));
        }
    }

    /// The questions in the order in which they were first asked, each once, with its first answer.
    fn asked(&self) -> Vec<(String, Reply)> {
        let mut met = std::collections::HashSet::new();
        let mut asked = self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        asked.retain(|(question, _)| met.insert(question.clone()));
        asked
    }

    /// An error if an answer differs, or if all answers are void.
    fn trouble(&self) -> Result<(), BadInput> {
        match self.difference.get().or_else(|| self.before.trouble()) {
            Some(line) => Err(BadInput(line.clone())),
            None => Ok(()),
        }
    }
}

impl Answering for Arc<Again> {
    fn answer(&self, question: &str) -> Result<String, NoAnswer> {
        let answer = self.before.program().answer(question);
        let said = said(&answer);
        if let Some(once) = self.before.remembered(question) {
            self.compare(question, &once, &said);
        }
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.push((question.to_owned(), said));
        answer
    }
}

/// The result of running attacks again.
struct RunAgain {
    executions: Vec<NumberedExecution>,
    notation: Box<dyn Notation>,
    again: Arc<Again>,
}

/// Runs attacks with new processes, without any remembered answers.
fn run_again(
    described: &Described,
    attacks: &[Attack<Value, Value>],
) -> Result<RunAgain, BadInput> {
    let again = Again::of(&described.program);
    again.before.program().start_anew();
    let anew = described.answered_by(Conversation::with(Arc::clone(&again)));
    let notation = anew.notation()?;
    let ran = unwound(|| {
        let run = |attack: &Attack<Value, Value>| {
            let attack = serde_json::to_value(attack).map_err(BadInput::new)?;
            let attack = read_attack(&*notation, attack).map_err(BadInput::new)?;
            let terms = notation.terms(&attack.graph, true).map_err(BadInput::new)?;
            let ran = run_by_numbers(&*notation, &terms, &attack).map_err(BadInput::new);
            ran.map(|(execution, _)| execution)
        };
        attacks.iter().map(run).collect::<Result<Vec<_>, BadInput>>()
    });
    again.trouble()?;
    if let Some(line) = anew.program.trouble() {
        return Err(BadInput(line.clone()));
    }
    let executions = ran.map_err(|misbehaved| BadInput::new(Refusal::from(misbehaved)))??;
    Ok(RunAgain { executions, notation, again })
}

/// Checks that a finding can be reproduced.
pub fn confirmed(
    described: &Described,
    notation: &dyn Notation,
    (attack, execution): (&NumberedAttack, &NumberedExecution),
    progress: &Progress,
) -> Result<(), BadInput> {
    // In this case, the finding itself is that the program answers differently when it is asked again.
    if matches!(&execution.fault, Some(Fault { kind: FaultKind::Undetermined(..), .. })) {
        return Ok(());
    }
    let attack = notation.write_attack(attack);
    let RunAgain { executions, notation: anew, again } = run_again(described, &[attack])?;
    let end = |notation: &dyn Notation, execution: &NumberedExecution| {
        let decided = execution.decisions.iter();
        let decided = decided.map(|decision| decision.map(|made| notation.write_decision(made)));
        (decided.collect::<Vec<_>>(), execution.fault.is_some())
    };
    if executions.iter().any(|ran| end(&*anew, ran) != end(notation, execution)) {
        return Err(BadInput::new(
            "the program is not deterministic: an attack was found, and when it was run again it led to another end: the \
             program must keep nothing from one question to the next",
        ));
    }
    let (asked, program) = (again.asked(), described.program.program());
    program.start_anew();
    let within = |time: Duration| {
        let until = Instant::now() + time;
        move || !progress.is_stopped() && Instant::now() < until
    };
    let goes_on = within(REVERSED_TIME);
    let _ = asked.iter().rev().all(|(question, once)| goes_on() && again.is_same(question, once));
    again.trouble()?;
    let goes_on = within(FIRST_TIME);
    let _ = asked.iter().rev().take(FIRST_QUESTIONS).all(|(question, once)| {
        program.start_anew();
        goes_on() && again.is_same(question, once)
    });
    again.trouble()
}

/// Checks that some of the answers are the same again when they are asked for in another order.
pub fn sampled(described: &Described, progress: &Progress) -> Result<(), BadInput> {
    let again = Again::of(&described.program);
    described.program.program().start_anew();
    let until = Instant::now() + SAMPLE_TIME;
    let _ = described.program.sample(SAMPLE).into_iter().all(|(question, once)| {
        let goes_on = !progress.is_stopped() && Instant::now() < until;
        goes_on && again.is_same(&question, &once)
    });
    again.trouble()
}

/// A digest of all answers in executions in which everybody is loyal, and all generals with an input have the same
/// one.
pub fn loyal_answers(described: &Described, graph: &Graph) -> Result<String, BadInput> {
    let attacks = described.loyal_runs(graph);
    let mut answers = run_again(described, &attacks)?.again.asked();
    answers.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let lines =
        answers.iter().map(|(question, answer)| format!("{question}\n{}\n", canonical(answer)));
    Ok(code::of_text(&lines.collect::<String>()))
}
