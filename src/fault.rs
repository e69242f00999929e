//! A protocol's own faults: it panics, gives two answers to one question, or decides something that is not one of the
//! values. Each is a finding, with the attack that shows it, and never a crash.

use std::any::{Any, type_name};
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::{fmt, mem};

use crate::escape::escaped;
use crate::general::General;
use crate::outcome::Task;
use crate::protocol::Round;
use crate::protocol::events::OwnEvent;

/// What a protocol did that no protocol may do, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The general for whom the protocol was called.
    pub general: General,
    /// The call in which it happened.
    pub call: Call,
    /// What it did.
    pub kind: FaultKind,
}

/// A call to the protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// [`Lockstep::start`](crate::Lockstep::start).
    Start,
    /// [`Lockstep::send`](crate::Lockstep::send), in this round.
    Send(Round),
    /// [`Lockstep::receive`](crate::Lockstep::receive), in this round.
    Receive(Round),
    /// [`Lockstep::end_round`](crate::Lockstep::end_round), of this round.
    EndRound(Round),
    /// [`EventDriven::begin`](crate::EventDriven::begin).
    Begin,
    /// [`EventDriven::receive`](crate::EventDriven::receive), in this wave.
    Hear(Round),
    /// [`EventDriven::decision`](crate::EventDriven::decision).
    Decision,
    /// [`EventDriven::timer`](crate::EventDriven::timer) or [`EventDriven::coin`](crate::EventDriven::coin).
    Own(OwnEvent),
    /// [`Lockstep::decide`](crate::Lockstep::decide).
    Decide,
    /// No single call: the same attack led to different ends.
    Whole,
}

/// What a protocol may not do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// It panicked, with this message.
    Panicked(String),
    /// It was asked the same thing twice, and gave these two different answers.
    Undetermined(String, String),
    /// It decided this, which is not one of the values.
    OutsideValues(String),
}

impl FaultKind {
    /// The property that it violates, in one word.
    #[must_use]
    pub fn property(&self) -> &'static str {
        match self {
            FaultKind::Panicked(_) => "no-panic",
            FaultKind::Undetermined(..) => "determinism",
            FaultKind::OutsideValues(_) => "values",
        }
    }
}

impl Call {
    /// The call to an event-driven protocol that this call stands for.
    pub(crate) fn in_waves(self) -> Call {
        match self {
            Call::Start => Call::Begin,
            Call::Receive(wave) => Call::Hear(wave),
            Call::Decide => Call::Decision,
            other => other,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Call::Start => write!(f, "start"),
            Call::Send(round) => write!(f, "send in round {round}"),
            Call::Receive(round) => write!(f, "receive in round {round}"),
            Call::EndRound(round) => write!(f, "end_round of round {round}"),
            Call::Begin => write!(f, "begin"),
            Call::Hear(wave) => write!(f, "receive in wave {wave}"),
            Call::Decision => write!(f, "decision"),
            Call::Own(event) => write!(f, "what it does when {event}"),
            Call::Decide => write!(f, "decide"),
            Call::Whole => write!(f, "the whole execution"),
        }
    }
}

impl Fault {
    /// What happened, in one line, with the names that generals have in this task.
    #[must_use]
    pub fn told(&self, task: Task) -> String {
        let Fault { general, call, kind } = self;
        let general = task.name(*general);
        match kind {
            FaultKind::Panicked(message) => {
                format!("the protocol panics in {call}, run by {general}: {message}")
            }
            FaultKind::Undetermined(one, other) if *call == Call::Whole => format!(
                "the protocol is not deterministic: the same attack leads to {one} and then to \
                 {other}"
            ),
            FaultKind::Undetermined(one, other) if one == other => format!(
                "the protocol is not deterministic: {call}, run by {general}, answers {one} twice \
                 to the same question, and the two are not equal: see the `eq` and `hash` of its type"
            ),
            FaultKind::Undetermined(one, other) => format!(
                "the protocol is not deterministic: {call}, run by {general}, answers {one} and \
                 then {other} to the same question"
            ),
            FaultKind::OutsideValues(decision) => {
                format!("{general} decides {decision}, which is none of the values")
            }
        }
    }
}

/// What happened, in one line, with the names that generals have in a broadcast.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(Task::Broadcast))
    }
}

thread_local! {
    /// Whether a panic on this thread is caught by [`guarded`], and reported there.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    /// The method of a user's type that is running on this thread, if any: see [`method`].
    static METHOD: Cell<Option<Method>> = const { Cell::new(None) };
    /// The two answers of a node that contradicts itself.
    static CONTRADICTION: Cell<Option<[String; 2]>> = const { Cell::new(None) };
    /// Where the last caught panic was.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A method's name, and a function that names the type that has it.
type Method = (&'static str, fn() -> &'static str);

/// Runs code that is not ours. A panic becomes an error: its message, its place in the source, and the
/// [method](method) if it happened in a method of a user's type.
///
/// This function is compiled for each closure that it runs, so it does as little as possible itself.
#[inline]
pub(crate) fn guarded<T>(code: impl FnOnce() -> T) -> Result<T, String> {
    let mut code = Some(code);
    caught(&mut || match code.take() {
        Some(code) => code(),
        None => unreachable!("it is run once"),
    })
}

/// The part of [`guarded`] that is compiled once for each type of result.
fn caught<T>(code: &mut dyn FnMut() -> T) -> Result<T, String> {
    let outer = GUARDED.replace(true);
    if !outer {
        hush();
    }
    let result = panic::catch_unwind(AssertUnwindSafe(code));
    GUARDED.set(outer);
    match result {
        Ok(result) => Ok(result),
        Err(payload) => Err(told(payload)),
    }
}

/// At most this many characters are shown of each of two different answers.
const SHOWN: usize = 1_000;

/// At most this many of them come before the difference.
const BEFORE: usize = 40;

/// Two different answers, shortened to the part where they differ if they are long.
#[cold]
pub(crate) fn contrasted(answers: [String; 2]) -> [String; 2] {
    let [one, other] = &answers;
    let is_long = |text: &String| text.chars().nth(SHOWN).is_some();
    if !is_long(one) && !is_long(other) {
        return answers;
    }
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let begin = if same < SHOWN / 2 { 0 } else { same - BEFORE };
    [one, other].map(|text| {
        let mut rest = text.chars().skip(begin);
        let part: String = rest.by_ref().take(SHOWN).collect();
        let [before, after] = [begin > 0, rest.next().is_some()];
        format!("{}{part}{}", if before { ".. " } else { "" }, if after { " .." } else { "" })
    })
}

/// Called within [`guarded`] when a node that is run again gives another answer. Whoever called `guarded` gets the
/// two answers from [`contradiction`].
#[cold]
pub(crate) fn contradicts(once: String, again: String) -> ! {
    CONTRADICTION.set(Some(contrasted([once, again])));
    panic!("it answers otherwise than it did");
}

/// The two answers, if the last caught panic was a contradiction.
pub(crate) fn contradiction() -> Option<[String; 2]> {
    CONTRADICTION.take()
}

/// Runs a method of a user's type, within [`guarded`], so that an error message for a panic names the method.
#[inline]
pub(crate) fn method<T: ?Sized, R>(name: &'static str, code: impl FnOnce() -> R) -> R {
    METHOD.set(Some((name, type_name::<T>)));
    let result = code();
    METHOD.set(None);
    result
}

/// Runs a method of a user's type where no panic is expected: a panic unwinds to the code that asked the whole
/// question, where it is [caught](unwound).
#[inline]
pub(crate) fn vouched<T: ?Sized, R>(name: &'static str, code: impl FnOnce() -> R) -> R {
    guarded(|| method::<T, R>(name, code)).unwrap_or_else(|said| Misbehaved(said).unwind())
}

/// A copy of a value, message or state.
pub(crate) fn cloned<T: Clone>(thing: &T) -> T {
    vouched::<T, T>("clone", || thing.clone())
}

/// A value, message or state as its [`Debug`](fmt::Debug) prints it, or a note that it can't be printed.
pub(crate) fn shown<T: fmt::Debug>(thing: &T) -> String {
    let shown = guarded(|| method::<T, String>("fmt", || escaped(&format!("{thing:?}"))));
    shown.unwrap_or_else(|said| format!("({said})"))
}

/// What a method of a user's type did wrong, in one line.
#[derive(Debug)]
pub(crate) struct Misbehaved(pub String);

impl Misbehaved {
    /// Unwinds to the code that asked the whole question.
    #[cold]
    pub fn unwind(self) -> ! {
        panic::resume_unwind(Box::new(self))
    }
}

/// Does work in which a user's type may misbehave.
pub(crate) fn unwound<T>(work: impl FnOnce() -> T) -> Result<T, Misbehaved> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let misbehaved = payload.downcast::<Misbehaved>();
        *misbehaved.unwrap_or_else(|payload| panic::resume_unwind(payload))
    })
}

/// The payload of a panic that stops work in the middle of an execution.
struct Interrupted;

/// Unwinds to the code that began the work, which was told to stop.
#[cold]
pub(crate) fn interrupt() -> ! {
    panic::resume_unwind(Box::new(Interrupted))
}

/// Does work that may be interrupted; none if it was.
pub(crate) fn unless_interrupted<T>(work: impl FnOnce() -> T) -> Option<T> {
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    done.map_or_else(
        |payload| match payload.is::<Interrupted>() {
            true => None,
            false => panic::resume_unwind(payload),
        },
        Some,
    )
}

/// Does such work where only a panic can report what the user's type did.
#[track_caller]
pub(crate) fn or_panic<T>(work: impl FnOnce() -> T) -> T {
    unwound(work).unwrap_or_else(|Misbehaved(what)| panic!("{what}"))
}

/// Keeps caught panics from being reported.
///
/// The panic hook belongs to the process, so it is wrapped once, and all panics but the caught ones are handed on to
/// the hook that was there. (A hook that someone sets later reports the caught panics too, and then a finding does
/// not say where the panic was.)
#[inline]
fn hush() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                return hook(info);
            }
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            PLACE.with_borrow_mut(|last| *last = place);
        }));
    });
}

/// The message of the last caught panic, with the method and the place where it happened.
#[cold]
fn told(payload: Box<dyn Any + Send>) -> String {
    let method = METHOD.take();
    let place = PLACE.take();
    let said = match payload.downcast::<Misbehaved>() {
        Ok(misbehaved) => return misbehaved.0,
        Err(payload) => escaped(&message(payload)),
    };
    let place = if place.is_empty() { place } else { format!(" (at {place})") };
    match method {
        None => format!("{said}{place}"),
        Some((name, of)) => format!("`{name}` of `{}` panics: {said}{place}", of()),
    }
}

/// The message of a panic. Dropping its payload may panic, and so may dropping the payload of that panic.
fn message(payload: Box<dyn Any + Send>) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("no message").to_owned();
    let outer = GUARDED.replace(true);
    if let Err(another) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(another);
    }
    GUARDED.set(outer);
    PLACE.take();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_panic_is_of_that_one() {
        let said = guarded(|| panic!("one")).unwrap_err();
        assert!(said.starts_with("one (at src/fault.rs:"), "{said}");
        // No hook is called for this panic, as if another one had been set, so its place is not known.
        let said = guarded(|| panic::resume_unwind(Box::new("two"))).unwrap_err();
        assert_eq!(said, "two");
        let said = guarded(|| method::<u8, ()>("cmp", || panic::resume_unwind(Box::new(3))));
        assert_eq!(said.unwrap_err(), "`cmp` of `u8` panics: no message");
        let said = guarded(|| {
            method::<u8, ()>("eq", || ());
            panic::resume_unwind(Box::new("four"))
        });
        assert_eq!(said, Err::<(), _>("four".to_owned()));
    }

    #[test]
    fn of_long_answers_the_part_is_shown_in_which_they_differ() {
        let short = ["one", "other"].map(str::to_owned);
        assert_eq!(contrasted(short.clone()), short);
        let long = |letter: char| format!("{}{letter}{}", "a".repeat(5_000), "b".repeat(5_000));
        let [one, other] = contrasted([long('x'), long('y')]);
        assert!(one.starts_with(&format!(".. {}xb", "a".repeat(40))) && one.ends_with("b .."));
        assert!(one.len() < 1_100 && one.replace('x', "y") == other);
    }

    #[test]
    fn who_asks_the_whole_question_hears_what_misbehaves() {
        let asked = unwound(|| vouched::<u8, ()>("eq", || panic::resume_unwind(Box::new("no"))));
        assert_eq!(asked.unwrap_err().0, "`eq` of `u8` panics: no");
        // A guard around it gives the same message.
        let asked = guarded(|| vouched::<u8, ()>("eq", || panic::resume_unwind(Box::new("no"))));
        assert_eq!(asked.unwrap_err(), "`eq` of `u8` panics: no");
    }
}
