//! A protocol whose faults are caught.

use std::cell::Cell;
use std::fmt::Debug;

use super::{Call, Fault, FaultKind, agree, guarded};
use crate::general::{General, Generals};
use crate::protocol::{Lockstep, Plain, Round, Seat};
use crate::signature::Signed;
use crate::testable::Testable;

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
    /// After so many.
    twice_after: Cell<u32>,
}

/// What comes of a call, unless it is a fault: a word of memory, which hardly any call needs.
pub(crate) type Caught<T> = Result<T, Box<Fault>>;

/// How often a call is made twice, as a rule.
const TWICE_EVERY: u32 = 251;

impl<'a, P: Lockstep> Guarded<'a, P> {
    /// Some calls are made twice.
    pub(crate) fn new(
        protocol: &'a P,
        values: &'a [P::Value],
        traitors: Generals,
    ) -> Guarded<'a, P> {
        let (twice_every, twice_after) = (TWICE_EVERY, Cell::new(TWICE_EVERY));
        Guarded { protocol, values, traitors, twice_every, twice_after }
    }

    /// The same with every call made twice.
    pub(crate) fn thorough(self) -> Guarded<'a, P> {
        Guarded { twice_every: 1, twice_after: Cell::new(1), ..self }
    }

    pub(crate) fn traitors(&self) -> Generals {
        self.traitors
    }

    pub(crate) fn start(&self, seat: Seat, input: Option<&P::Value>) -> Caught<Option<P::State>> {
        let made = Made { by: seat.me, call: Call::Start };
        self.forgive(&made, self.ask(&made, || self.protocol.start(seat, input)))
    }

    /// What is sent, in the order in which it arrives.
    pub(crate) fn send(
        &self,
        me: General,
        state: &Option<P::State>,
        round: Round,
        to: General,
    ) -> Caught<Vec<P::Message>> {
        let mut said = Vec::new();
        self.send_into(me, state, round, to, &mut said)?;
        Ok(said)
    }

    /// Puts what is sent behind what was said before.
    pub(crate) fn send_into(
        &self,
        me: General,
        state: &Option<P::State>,
        round: Round,
        to: General,
        said: &mut Vec<P::Message>,
    ) -> Caught<()> {
        let Some(state) = state else { return Ok(()) };
        let (made, before) = (&Made { by: me, call: Call::Send(round) }, said.len());
        let say = |said: &mut Vec<P::Message>, before: usize| {
            made.caught(|| {
                said.extend(self.protocol.send(state, round, to));
                said[before..].sort_unstable();
            })
        };
        let mut answer = say(said, before);
        if answer.is_ok() && self.is_twice() {
            let mut again = Vec::new();
            answer = say(&mut again, 0).and_then(|()| made.same(&said[before..], &again));
        }
        if self.forgive(made, answer)?.is_none() {
            said.truncate(before);
        }
        Ok(())
    }

    pub(crate) fn receive(
        &self,
        me: General,
        state: &mut Option<P::State>,
        round: Round,
        from: General,
        message: &P::Message,
    ) -> Caught<()> {
        self.change(&Made { by: me, call: Call::Receive(round) }, state, |state| {
            self.protocol.receive(state, round, from, message);
        })
    }

    pub(crate) fn end_round(
        &self,
        me: General,
        state: &mut Option<P::State>,
        round: Round,
    ) -> Caught<()> {
        self.change(&Made { by: me, call: Call::EndRound(round) }, state, |state| {
            self.protocol.end_round(state, round);
        })
    }

    /// What a loyal general decides.
    pub(crate) fn decide(&self, me: General, state: &Option<P::State>) -> Caught<P::Value> {
        let state = state.as_ref().expect("a loyal general has a state");
        let made = Made { by: me, call: Call::Decide };
        let decision = self.ask(&made, || self.protocol.decide(state))?;
        if self.values.contains(&decision) {
            return Ok(decision);
        }
        Err(made.fault(FaultKind::OutsideValues(format!("{decision:?}"))))
    }

    /// The signatures in a message; if the protocol panics when it looks for them, one that nobody
    /// can show.
    pub(crate) fn signatures(&self, message: &P::Message) -> Vec<Signed>
    where
        P: Testable,
    {
        guarded(|| self.protocol.signing().signatures(message)).unwrap_or_else(|panic| {
            let nobody = General::new(Generals::MAX - 1);
            let statement = format!("what makes `signatures` panic: {panic}");
            vec![Signed { by: nobody, statement: statement.into_bytes().into() }]
        })
    }

    /// A traitor's run that panics is no fault of the protocol.
    fn forgive<T>(&self, made: &Made, answer: Caught<T>) -> Caught<Option<T>> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(fault) => {
                let panicked = matches!(fault.kind, FaultKind::Panicked(_));
                if panicked && self.traitors.contains(made.by) { Ok(None) } else { Err(fault) }
            }
        }
    }

    fn ask<T: Plain>(&self, made: &Made, question: impl Fn() -> T) -> Caught<T> {
        let answer = made.caught(&question)?;
        if self.is_twice() {
            made.same(&answer, &made.caught(&question)?)?;
        }
        Ok(answer)
    }

    fn change(
        &self,
        made: &Made,
        seat: &mut Option<P::State>,
        step: impl Fn(&mut P::State),
    ) -> Caught<()> {
        let Some(state) = seat else { return Ok(()) };
        let before = self.is_twice().then(|| state.clone());
        let mut changed = made.caught(|| step(state));
        if let Some(mut again) = before
            && changed.is_ok()
        {
            changed = made.caught(|| step(&mut again)).and_then(|()| made.same(state, &again));
        }
        if self.forgive(made, changed)?.is_none() {
            *seat = None;
        }
        Ok(())
    }

    /// Whether this call is one of those that are made twice.
    fn is_twice(&self) -> bool {
        let after = self.twice_after.get() - 1;
        self.twice_after.set(if after == 0 { self.twice_every } else { after });
        after == 0
    }
}

/// Which call is made, in whose seat. It is looked at only if that is a fault, so it is passed on
/// by reference.
struct Made {
    by: General,
    call: Call,
}

impl Made {
    /// What comes of it; a panic is a fault.
    #[inline]
    fn caught<T>(&self, code: impl FnOnce() -> T) -> Caught<T> {
        guarded(code).map_err(|message| self.fault(FaultKind::Panicked(message)))
    }

    /// Made twice: that two answers differ is a fault.
    #[cold]
    fn same<T: Eq + Debug + ?Sized>(&self, one: &T, other: &T) -> Caught<()> {
        agree(one, other).map_err(|kind| self.fault(kind))
    }

    #[cold]
    fn fault(&self, kind: FaultKind) -> Box<Fault> {
        Box::new(Fault { general: self.by, call: self.call, kind })
    }
}
