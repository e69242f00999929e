//! What is asked of a program in another language, what it answers, and what becomes of an answer that is none.
//!
//! A program that reports an error, or ends, when it is asked something does what a protocol in Rust does that
//! panics: that is a finding. One whose answer is not understood, or does not come, is no protocol that could be asked
//! about: whatever was found is forgotten, and one line says what it answered to what.

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

/// Somebody who answers a line with a line.
pub trait Answering: Send + Sync {
    fn answer(&self, question: &str) -> Result<String, NoAnswer>;

    /// Whoever answers next has answered nothing before.
    fn start_anew(&self) {}
}

/// Why no line comes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoAnswer {
    /// The program has ended: how, and what it said last.
    Ended(String),
    /// It takes longer than this.
    Late(Duration),
    /// What comes is no line of text: what the program answers with, as in "more than one line".
    With(String),
    /// There is no program, for this reason.
    NotStarted(String),
}

/// What is wrong with an answer, in a few words.
#[derive(Debug)]
pub struct NotUnderstood(pub String);

/// The fields of an answer.
pub type Fields = Map<String, Value>;

/// An answer, or how the program failed to give one, as it may.
pub type Reply = Result<Fields, String>;

/// Whether two answers say the same: a failure may be told in other words the second time.
pub fn says_the_same(one: &Reply, other: &Reply) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => one == other,
        (one, other) => one.is_err() && other.is_err(),
    }
}

/// A program that is asked, and what it has answered so far.
pub struct Conversation {
    program: Box<dyn Answering>,
    known: Mutex<HashMap<String, Remembered>>,
    /// Why nothing that it answered counts.
    trouble: OnceLock<String>,
}

/// An answer, and how far it can be relied on.
enum Remembered {
    /// It was given once.
    Once(Reply),
    /// It was given twice.
    Twice(Reply),
    /// It was another one the second time.
    Changing,
}

/// So many answers are remembered.
const MOST_KNOWN: usize = 1 << 17;

/// So many letters of a line are shown.
const SHOWN: usize = 80;

/// So many of what a program says of its failure.
const TOLD: usize = 300;

impl Conversation {
    pub fn with(program: impl Answering + 'static) -> Conversation {
        let (known, trouble) = Default::default();
        Conversation { program: Box::new(program), known, trouble }
    }

    /// Why nothing that it answered counts, if that is so.
    pub fn trouble(&self) -> Option<&String> {
        self.trouble.get()
    }

    /// Who is asked.
    pub fn program(&self) -> &dyn Answering {
        &*self.program
    }

    /// What it answered, if that is still known, and always was the same.
    pub fn remembered(&self, question: &str) -> Option<Reply> {
        match self.known().get(question) {
            Some(Remembered::Once(answer) | Remembered::Twice(answer)) => Some(answer.clone()),
            Some(Remembered::Changing) | None => None,
        }
    }

    /// So many questions of which that is known: the same ones whatever order they were asked in, in another order.
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

    /// Asks, and takes what is to be known from the answer. Every question is asked a second time when it comes up a
    /// second time, so that it shows whether the answers are the same; from then on the answer is remembered.
    ///
    /// It unwinds, as a protocol does that panics, if there is no such answer.
    pub fn ask<T>(
        &self,
        question: &str,
        take: impl FnOnce(Fields) -> Result<T, NotUnderstood>,
    ) -> T {
        self.attempt(question, take).unwrap_or_else(|failure| Misbehaved(failure).unwind())
    }

    /// The same; where the program fails to answer, as it may, what it says of that.
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

    /// Asks the program; it unwinds where it does not answer at all.
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

    /// From now on nothing counts that it answered, since this is no answer.
    fn fail(&self, question: &str, answer: &str, why: &str) -> ! {
        let (question, answer) = (in_brief(question), in_brief(answer));
        self.stop(format!("to {question} the program answered {answer}{why}"))
    }

    /// From now on nothing counts that it answered.
    fn stop(&self, why: String) -> ! {
        let trouble = self.trouble.get_or_init(|| escaped(&why));
        Misbehaved(trouble.clone()).unwind()
    }
}

/// Why a line that should be JSON is none that can be read.
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

/// A field of an answer as what it should be.
pub fn field<T: DeserializeOwned>(answer: &mut Fields, name: &str) -> Result<T, NotUnderstood> {
    let value = answer.shift_remove(name);
    let value = value.ok_or_else(|| NotUnderstood(format!("{name:?} is missing")))?;
    // With its name, so that an error names the place.
    let fields = part("the answer", Value::from_iter([(name, value)]));
    let fields: BTreeMap<String, T> = fields.map_err(|error| NotUnderstood(error.to_string()))?;
    Ok(fields.into_values().next().expect("it is the one field"))
}

/// There must be nothing else in an answer.
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

/// The first letters of a text, if it has more.
fn first(text: &str, most: usize) -> String {
    let text = text.trim();
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{} ..", &text[..end]),
        None => text.to_owned(),
    }
}
