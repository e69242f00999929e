//! The conversation with a program in another language: what it is asked, what it answers, and what happens when an
//! answer is invalid.
//!
//! A program that reports an error, or ends, when it is asked something is like a protocol in Rust that panics: that
//! is a finding. If an answer is invalid or does not come, the program does not run a protocol that could be checked:
//! all results are dropped, and one line says what it answered to which question.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rustc_hash::FxBuildHasher;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::escape::escaped;
use crate::fault::Misbehaved;
use crate::report::attack_file::part;
use crate::report::unique_keys;

/// Something that answers a line with a line.
pub trait Answering: Send + Sync {
    fn answer(&self, question: &str) -> Result<String, NoAnswer>;

    /// Starts anew: from now on, answers come from a process that has not answered anything before.
    fn start_anew(&self) {}
}

/// Why no line was received.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoAnswer {
    /// The program has ended. The text says how, and the last words that it said.
    Ended(String),
    /// The answer takes longer than this.
    Late(Duration),
    /// The output is not a line of text. The text completes "the program answered with ..", as in "more than one
    /// line".
    With(String),
    /// The program could not be started, for this reason.
    NotStarted(String),
}

/// What is wrong with an answer, in a few words.
#[derive(Debug)]
pub struct NotUnderstood(pub String);

/// The fields of an answer.
pub type Fields = Map<String, Value>;

/// An answer, or a message for how the program failed to give one, as a protocol may fail.
pub type Reply = Result<Fields, String>;

/// Whether two answers say the same: a failure may be worded differently the second time.
pub fn says_the_same(one: &Reply, other: &Reply) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => one == other,
        (one, other) => one.is_err() && other.is_err(),
    }
}

/// A program, and the answers that it has given so far.
pub struct Conversation {
    program: Box<dyn Answering>,
    known: Mutex<HashMap<String, Remembered>>,
    /// Why none of its answers count, if that is so.
    trouble: OnceLock<String>,
}

/// An answer, and how far it can be relied on.
enum Remembered {
    /// The program gave it once.
    Once(Reply),
    /// The program gave it twice.
    Twice(Reply),
    /// The program gave another one the second time.
    Changing,
}

/// The most answers that are remembered.
const MOST_KNOWN: usize = 1 << 17;

/// The most characters of a line that are shown.
const SHOWN: usize = 80;

/// The most characters that are shown of a program's words about its failure.
const TOLD: usize = 300;

impl Conversation {
    pub fn with(program: impl Answering + 'static) -> Conversation {
        let (known, trouble) = Default::default();
        Conversation { program: Box::new(program), known, trouble }
    }

    /// Why none of its answers count, if that is so.
    pub fn trouble(&self) -> Option<&String> {
        self.trouble.get()
    }

    /// The program.
    pub fn program(&self) -> &dyn Answering {
        &*self.program
    }

    /// The answer to a question, if it is still known and has always been the same.
    pub fn remembered(&self, question: &str) -> Option<Reply> {
        match self.known().get(question) {
            Some(Remembered::Once(answer) | Remembered::Twice(answer)) => Some(answer.clone()),
            Some(Remembered::Changing) | None => None,
        }
    }

    /// At most this many known questions and answers, in a pseudorandom order that does not depend on the order in
    /// which they were asked.
    pub fn sample(&self, most: usize) -> Vec<(String, Reply)> {
        let known = self.known();
        let mut questions: Vec<(u64, &String)> =
            known.keys().map(|question| (FxBuildHasher.hash_one(question), question)).collect();
        questions.sort_unstable();
        let answered = questions.into_iter().filter_map(|(_, question)| match &known[question] {
            Remembered::Once(answer) | Remembered::Twice(answer) => {
                Some((question.clone(), answer.clone()))
            }
            Remembered::Changing => None,
        });
        answered.take(most).collect()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Remembered>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks a question, and takes what is needed from the answer. A question that comes up a second time is asked a
    /// second time, to find out whether the answers are the same; from then on the answer is remembered.
    ///
    /// It unwinds, like a protocol that panics, if there is no such answer.
    pub fn ask<T>(
        &self,
        question: &str,
        take: impl FnOnce(Fields) -> Result<T, NotUnderstood>,
    ) -> T {
        self.attempt(question, take).unwrap_or_else(|failure| Misbehaved(failure).unwind())
    }

    /// The same, but if the program fails to answer, as a protocol may, its message is the error.
    pub fn attempt<T>(
        &self,
        question: &str,
        take: impl FnOnce(Fields) -> Result<T, NotUnderstood>,
    ) -> Result<T, String> {
        let answer = self.said(question)?;
        Ok(take(answer.clone()).unwrap_or_else(|NotUnderstood(why)| {
            self.fail(question, &Value::Object(answer).to_string(), &format!(": {why}"))
        }))
    }

    fn said(&self, question: &str) -> Reply {
        if let Some(trouble) = self.trouble.get() {
            Misbehaved(trouble.clone()).unwind();
        }
        let before = match self.known().get(question) {
            Some(Remembered::Twice(answer)) => return answer.clone(),
            Some(Remembered::Once(answer)) => Some(answer.clone()),
            Some(Remembered::Changing) | None => None,
        };
        let answer = self.answer_anew(question);
        let mut known = self.known();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        match (known.get_mut(question), before) {
            (Some(Remembered::Changing), _) => {}
            (Some(known), Some(before)) if !says_the_same(&before, &answer) => {
                *known = Remembered::Changing;
            }
            (Some(known), Some(before)) => *known = Remembered::Twice(before),
            _ => drop(known.insert(question.to_owned(), Remembered::Once(answer.clone()))),
        }
        answer
    }

    /// Asks the program. Unwinds if it gives no answer at all.
    fn answer_anew(&self, question: &str) -> Reply {
        let asked = in_brief(question);
        let line = match self.program.answer(question) {
            Ok(line) => line,
            Err(NoAnswer::Ended(how)) => {
                let how = first(&how, TOLD);
                let ended = format!("when it was asked {asked} the program ended: {how}");
                return Err(escaped(&ended));
            }
            Err(NoAnswer::Late(time)) => {
                let time = humantime::format_duration(time);
                self.stop(format!(
                    "to {asked} the program did not answer within {time} (--answer-timeout): an answer ends with a \
                     line break, and must be flushed"
                ))
            }
            Err(NoAnswer::With(what)) => {
                self.stop(format!("to {asked} the program answered with {what}"))
            }
            Err(NoAnswer::NotStarted(why)) => self.stop(why),
        };
        let answer = match unique_keys::read(&line) {
            Ok(Value::Object(answer)) => answer,
            Ok(_) => self.fail(question, &line, ", which is no JSON object"),
            Err((place, error)) => self.fail(question, &line, &no_json(&place, &error)),
        };
        if let Some(error) = answer.get("error") {
            let error = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
            return Err(escaped(&first(&error, TOLD)));
        }
        Ok(answer)
    }

    /// Marks all its answers as void, because this answer is invalid.
    fn fail(&self, question: &str, answer: &str, why: &str) -> ! {
        let (question, answer) = (in_brief(question), in_brief(answer));
        self.stop(format!("to {question} the program answered {answer}{why}"))
    }

    /// Marks all its answers as void.
    fn stop(&self, why: String) -> ! {
        let trouble = self.trouble.get_or_init(|| escaped(&why));
        Misbehaved(trouble.clone()).unwind()
    }
}

/// Why a line can't be read as JSON.
fn no_json(place: &str, error: &serde_json::Error) -> String {
    let told = error.to_string();
    if error.is_data() {
        return format!(": at {place}: {told}");
    } else if told.starts_with("recursion limit") {
        return ": it is nested too deep: there can be 127 brackets in each other".to_owned();
    } else if told.starts_with("number out of range") {
        return ": a number in it is too large: write it as a text".to_owned();
    }
    ", which is no JSON: what is no answer belongs on standard error".to_owned()
}

/// Takes a field of an answer as the type that it should have.
pub fn field<T: DeserializeOwned>(answer: &mut Fields, name: &str) -> Result<T, NotUnderstood> {
    let value = answer.shift_remove(name);
    let value = value.ok_or_else(|| NotUnderstood(format!("{name:?} is missing")))?;
    // The name is included, so that an error contains the place.
    let fields = part("the answer", Value::from_iter([(name, value)]));
    let fields: BTreeMap<String, T> = fields.map_err(|error| NotUnderstood(error.to_string()))?;
    Ok(fields.into_values().next().expect("it is the one field"))
}

/// Checks that an answer has no other fields.
pub fn no_more(answer: &Fields) -> Result<(), NotUnderstood> {
    match answer.keys().next() {
        None => Ok(()),
        Some(name) => Err(NotUnderstood(format!("{name:?} is none of its fields"))),
    }
}

/// The beginning of a line.
pub fn in_brief(line: &str) -> String {
    first(line, SHOWN)
}

/// The first characters of a text that has more.
fn first(text: &str, most: usize) -> String {
    let text = text.trim();
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{} ..", &text[..end]),
        None => text.to_owned(),
    }
}
