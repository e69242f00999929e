//! A protocol's own faults: it panics, answers differently when asked twice, or decides something
//! that is no value. Each is a finding, with the attack that shows it, and never a crash.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use crate::general::{General, Generals};
use crate::outcome::Task;
use crate::protocol::{Lockstep, Plain, Round, Seat};
use crate::signature::Signed;
use crate::testable::Testable;

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
    /// [`Lockstep::start`].
    Start,
    /// [`Lockstep::send`], in this round.
    Send(Round),
    /// [`Lockstep::receive`], in this round.
    Receive(Round),
    /// [`Lockstep::end_round`], of this round.
    EndRound(Round),
    /// [`Lockstep::decide`].
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

/// A protocol whose faults are caught.
///
/// A traitor runs the protocol as well, since a lie is measured against what loyalty would have
/// said; but nobody answers for what becomes of a traitor. If its run panics, loyalty would have
/// said nothing from then on: such a general has no state.
pub(crate) struct Guarded<'a, P: Lockstep> {
    protocol: &'a P,
    values: &'a [P::Value],
    traitors: Generals,
    /// Every so many calls one is made twice, to see whether the answers agree.
    twice_every: u32,
    calls: Cell<u32>,
}

impl<'a, P: Lockstep> Guarded<'a, P> {
    /// Some calls are made twice.
    pub(crate) fn new(
        protocol: &'a P,
        values: &'a [P::Value],
        traitors: Generals,
    ) -> Guarded<'a, P> {
        Guarded { protocol, values, traitors, twice_every: 251, calls: Cell::new(0) }
    }

    /// The same with every call made twice.
    pub(crate) fn thorough(self) -> Guarded<'a, P> {
        Guarded { twice_every: 1, ..self }
    }

    pub(crate) fn traitors(&self) -> Generals {
        self.traitors
    }

    pub(crate) fn start(
        &self,
        seat: Seat,
        input: Option<&P::Value>,
    ) -> Result<Option<P::State>, Fault> {
        self.forgive(seat.me, self.ask(seat.me, Call::Start, || self.protocol.start(seat, input)))
    }

    /// What is sent, in the order in which it arrives.
    pub(crate) fn send(
        &self,
        me: General,
        state: &Option<P::State>,
        round: Round,
        to: General,
    ) -> Result<Vec<P::Message>, Fault> {
        let Some(state) = state else { return Ok(Vec::new()) };
        let said = self.ask(me, Call::Send(round), || {
            let mut said = Vec::from_iter(self.protocol.send(state, round, to));
            said.sort_unstable();
            said
        });
        Ok(self.forgive(me, said)?.unwrap_or_default())
    }

    pub(crate) fn receive(
        &self,
        me: General,
        state: &mut Option<P::State>,
        round: Round,
        from: General,
        message: &P::Message,
    ) -> Result<(), Fault> {
        self.change(me, Call::Receive(round), state, |state| {
            self.protocol.receive(state, round, from, message);
        })
    }

    pub(crate) fn end_round(
        &self,
        me: General,
        state: &mut Option<P::State>,
        round: Round,
    ) -> Result<(), Fault> {
        self.change(me, Call::EndRound(round), state, |state| {
            self.protocol.end_round(state, round);
        })
    }

    /// What a loyal general decides.
    pub(crate) fn decide(&self, me: General, state: &Option<P::State>) -> Result<P::Value, Fault> {
        let state = state.as_ref().expect("a loyal general has a state");
        let decision = self.ask(me, Call::Decide, || self.protocol.decide(state))?;
        if self.values.contains(&decision) {
            return Ok(decision);
        }
        let kind = FaultKind::OutsideValues(format!("{decision:?}"));
        Err(Fault { general: me, call: Call::Decide, kind })
    }

    /// The signatures in a message; if the protocol panics when it looks for them, one that nobody
    /// can show.
    pub(crate) fn signatures(&self, message: &P::Message) -> Vec<Signed>
    where
        P: Testable,
    {
        guarded(|| self.protocol.signatures(message)).unwrap_or_else(|panic| {
            let nobody = General::new(Generals::MAX - 1);
            let statement = format!("what makes `signatures` panic: {panic}");
            vec![Signed { by: nobody, statement: statement.into_bytes().into() }]
        })
    }

    /// A traitor's run that panics is no fault of the protocol.
    fn forgive<T>(&self, me: General, answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
        match answer {
            Err(Fault { kind: FaultKind::Panicked(_), .. }) if self.traitors.contains(me) => {
                Ok(None)
            }
            answer => answer.map(Some),
        }
    }

    fn ask<T: Plain>(
        &self,
        general: General,
        call: Call,
        question: impl Fn() -> T,
    ) -> Result<T, Fault> {
        let fault = |kind| Fault { general, call, kind };
        let ask = || guarded(&question).map_err(|message| fault(FaultKind::Panicked(message)));
        let answer = ask()?;
        if self.twice() {
            agree(&answer, &ask()?).map_err(fault)?;
        }
        Ok(answer)
    }

    fn change(
        &self,
        general: General,
        call: Call,
        seat: &mut Option<P::State>,
        step: impl Fn(&mut P::State),
    ) -> Result<(), Fault> {
        let Some(state) = seat else { return Ok(()) };
        let fault = |kind| Fault { general, call, kind };
        let step = |state: &mut P::State| {
            guarded(|| step(state)).map_err(|message| fault(FaultKind::Panicked(message)))
        };
        let before = self.twice().then(|| state.clone());
        let changed = step(state).and_then(|()| match before {
            None => Ok(()),
            Some(mut again) => {
                step(&mut again)?;
                agree(state, &again).map_err(fault)
            }
        });
        if self.forgive(general, changed)?.is_none() {
            *seat = None;
        }
        Ok(())
    }

    fn twice(&self) -> bool {
        self.calls.set(self.calls.get().wrapping_add(1));
        self.calls.get().is_multiple_of(self.twice_every)
    }
}

/// Whether two answers to one question are the same.
pub(crate) fn agree<T: Eq + fmt::Debug>(one: &T, other: &T) -> Result<(), FaultKind> {
    if one == other {
        return Ok(());
    }
    Err(FaultKind::Undetermined(format!("{one:?}"), format!("{other:?}")))
}

thread_local! {
    /// Whether a panic on this thread is caught by [`guarded`], and reported there.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    /// Where the last such panic was.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs code that is not ours; a panic becomes its message, with its place in the source.
///
/// This is compiled for each piece of code that is run so; all but the catching stands elsewhere.
pub(crate) fn guarded<T>(code: impl FnOnce() -> T) -> Result<T, String> {
    let outer = guard();
    let result = panic::catch_unwind(AssertUnwindSafe(code));
    GUARDED.set(outer);
    result.map_err(told)
}

/// From here on panics on this thread are caught: what was so before.
///
/// The panic hook is the process's own, so it is wrapped once, and all panics but the caught ones
/// are handed on to the hook that was there.
fn guard() -> bool {
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
    GUARDED.replace(true)
}

/// What the panic that was caught last said, and where.
fn told(payload: Box<dyn Any + Send>) -> String {
    PLACE.with_borrow(|place| format!("{} (at {place})", message(payload.as_ref())))
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caught_panic_says_what_and_where() {
        let message = guarded(|| -> () { panic!("no such {}", "path") }).unwrap_err();
        assert!(message.starts_with("no such path (at src/fault.rs:"), "{message}");
        assert_eq!(guarded(|| 7), Ok(7));
    }

    #[test]
    fn two_answers_are_compared() {
        assert_eq!(agree(&1, &1), Ok(()));
        assert_eq!(agree(&1, &2), Err(FaultKind::Undetermined("1".into(), "2".into())));
    }
}
