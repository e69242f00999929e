//! A protocol's own faults: it panics, answers differently when asked twice, or decides something
//! that is no value. Each is a finding, with the attack that shows it, and never a crash.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use crate::escape::escaped;
use crate::general::General;
use crate::outcome::Task;
use crate::protocol::Round;

/// What a protocol did that no protocol may do, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// In whose seat.
    pub general: General,
    /// In which call.
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
    /// [`Lockstep::decide`](crate::Lockstep::decide).
    Decide,
    /// No call in particular: the same attack led to different ends.
    Whole,
}

/// What a protocol may not do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// It panicked, with this message.
    Panicked(String),
    /// It was asked the same thing twice, and gave these two answers.
    Undetermined(String, String),
    /// It decided this, which is none of the values.
    OutsideValues(String),
}

impl FaultKind {
    /// The property that it violates, in a word.
    #[must_use]
    pub fn property(&self) -> &'static str {
        match self {
            FaultKind::Panicked(_) => "no-panic",
            FaultKind::Undetermined(..) => "determinism",
            FaultKind::OutsideValues(_) => "values",
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
            Call::Decide => write!(f, "decide"),
            Call::Whole => write!(f, "the whole execution"),
        }
    }
}

impl Fault {
    /// What was done, in a line, with the names that generals have in this task.
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

/// What was done, in a line, with the names that generals have in a broadcast.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(Task::Broadcast))
    }
}

thread_local! {
    /// Whether a panic on this thread is caught by [`guarded`], and reported there.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    /// Where the last such panic was.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs code that is not ours; a panic becomes its message, with its place in the source.
///
/// This is compiled for each piece of code that is run so, and run for each call to a protocol: all
/// but the catching stands elsewhere.
#[inline]
pub(crate) fn guarded<T>(code: impl FnOnce() -> T) -> Result<T, String> {
    let outer = GUARDED.replace(true);
    if !outer {
        hush();
    }
    let result = panic::catch_unwind(AssertUnwindSafe(code));
    GUARDED.set(outer);
    result.map_err(told)
}

/// Keeps the panics that are caught from being reported.
///
/// The panic hook is the process's own, so it is wrapped once, and all panics but the caught ones
/// are handed on to the hook that was there.
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

/// What the panic that was caught last said, and where.
#[cold]
fn told(payload: Box<dyn Any + Send>) -> String {
    PLACE.with_borrow(|place| format!("{} (at {place})", escaped(message(payload.as_ref()))))
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
