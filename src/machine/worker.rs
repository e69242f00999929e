//! Asks a protocol and remembers its answers, for one thread.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::numbers::{DecisionId, MessageId, StateId, ValueId};
use super::table::{Guarded, StateTable, StoredStates};
use super::{Machine, Terms};
use crate::fault::{Call, Fault, FaultKind, contradiction, contrasted, interrupt};
use crate::general::{General, Generals, Swap};
use crate::protocol::events::OwnEvent;
use crate::protocol::{Round, Seat};
use crate::testable::Refusal;

/// The result of a call, or a fault. The fault is boxed, since it is rare and the result small.
pub(crate) type Caught<T> = Result<T, Box<Fault>>;

/// What is said, in the order of messages.
pub(crate) type Said = Arc<[MessageId]>;

/// Something that says when work must stop.
pub(crate) trait Stops: Sync {
    fn is_stopped(&self) -> bool;
}

/// Runs a protocol and remembers its answers, so that its code runs once per question. Now and then a question is
/// asked twice, to see whether the answers agree.
///
/// Traitors run the protocol as well, since a lie is a deviation from what a loyal general would have said. But the
/// protocol is not blamed for what becomes of a traitor: if a traitor's run panics, it has no state from then on,
/// and its honest behaviour is silence.
pub(crate) struct Worker<'a> {
    machine: &'a dyn Machine,
    pub table: Box<dyn StateTable + 'a>,
    terms: &'a Terms,
    pub traitors: Generals,
    /// Nothing is remembered: every question goes to the protocol.
    anew: bool,
    /// Every question is asked twice.
    twice: bool,
    twice_after: u32,
    /// What says when to stop, even in the middle of an execution.
    stops_with: Option<&'a dyn Stops>,
    answers: Answers,
    /// Buffers for what is sent: the answer, and the answer when asked again.
    spoken: [Vec<MessageId>; 2],
}

/// What a worker remembers, kept for another worker.
#[derive(Default)]
pub(crate) struct Memory {
    states: Option<StoredStates>,
    answers: Answers,
}

impl Memory {
    /// A table of the remembered states.
    pub fn into_table(self, machine: &dyn Machine) -> Box<dyn StateTable + '_> {
        machine.table(self.states)
    }
}

/// The known answers, by question.
#[derive(Default)]
struct Answers {
    started: FxHashMap<(Seat, Option<ValueId>), StateId>,
    sent: FxHashMap<(StateId, Round, General), Said>,
    received: FxHashMap<(StateId, MessageId, Round, General), StateId>,
    ended: FxHashMap<(StateId, Round), StateId>,
    silent: FxHashMap<StateId, bool>,
    pending: FxHashMap<StateId, Arc<[OwnEvent]>>,
    happened: FxHashMap<(StateId, OwnEvent), StateId>,
    decided: FxHashMap<StateId, Option<DecisionId>>,
    swapped: FxHashMap<(StateId, Swap), StateId>,
}

/// Up to this many messages from one sender are received one by one, since some steps may be known. Longer lists are
/// received in one go: keeping each intermediate state would take memory quadratic in their length.
const STEP_BY_STEP: usize = 16;

/// More messages than this, from all senders together, are received in one go as well.
const MANY_STEPS: usize = 512;

/// Normally every so many questions one is asked twice.
const TWICE_EVERY: u32 = 251;

/// Above so many states, or four times as many answers, everything is forgotten.
const MOST: usize = 1 << 17;

impl<'a> Worker<'a> {
    /// A worker among these traitors, who can be changed later.
    pub fn new(machine: &'a dyn Machine, terms: &'a Terms, traitors: Generals) -> Worker<'a> {
        Worker::remembering(machine, terms, traitors, Memory::default())
    }

    /// The same, with what another worker remembers of the same protocol on the same terms.
    pub fn remembering(
        machine: &'a dyn Machine,
        terms: &'a Terms,
        traitors: Generals,
        Memory { states, answers }: Memory,
    ) -> Worker<'a> {
        let table = machine.table(states);
        let (anew, twice, twice_after) = (false, false, TWICE_EVERY);
        let spoken = <[Vec<_>; 2]>::default();
        let stops_with = None;
        Worker {
            machine,
            table,
            terms,
            traitors,
            anew,
            twice,
            twice_after,
            stops_with,
            answers,
            spoken,
        }
    }

    /// The same, but its work is [interrupted](crate::fault::unless_interrupted) when `progress` says to stop.
    pub fn stopping_with(self, progress: Option<&'a dyn Stops>) -> Worker<'a> {
        Worker { stops_with: progress, ..self }
    }

    /// What it remembers, for another worker.
    pub fn into_memory(self) -> Memory {
        Memory { states: Some(self.table.into_stored()), answers: self.answers }
    }

    /// The same, but nothing is remembered and every question is asked twice.
    pub fn thorough(self) -> Worker<'a> {
        Worker { anew: true, twice: true, ..self }
    }

    /// From now on nothing is remembered, and only the usual few questions are asked twice.
    pub fn ask_once(&mut self) {
        (self.anew, self.twice) = (true, false);
    }

    pub fn machine(&self) -> &'a dyn Machine {
        self.machine
    }

    /// If it remembers much, forgets everything: then the state numbers that it gave out are meaningless. Returns
    /// whether it did.
    pub fn make_room(&mut self) -> bool {
        let Answers { received, sent, .. } = &self.answers;
        let much = self.table.len() > MOST || received.len() + sent.len() > 4 * MOST;
        if much {
            self.table.clear();
            self.answers = Answers::default();
        }
        much
    }

    /// The state in which a general begins.
    pub fn start(&mut self, seat: Seat, input: Option<ValueId>) -> Caught<Option<StateId>> {
        if let Some(known) = self.known(|answers| answers.started.get(&(seat, input))) {
            return Ok(Some(known));
        }
        let question = self.question(seat.me, Call::Start);
        let started = self.ask(question, |table| table.start(seat, input))?;
        self.learn(started, |answers, state| answers.started.insert((seat, input), state));
        Ok(started)
    }

    /// What is sent, in order of arrival.
    pub fn send(
        &mut self,
        me: General,
        state: Option<StateId>,
        round: Round,
        to: General,
    ) -> Caught<Said> {
        let Some(state) = state else { return Ok(Said::default()) };
        let key = (state, self.terms.key(round), to);
        if let Some(known) = self.known(|answers| answers.sent.get(&key)) {
            return Ok(known);
        }
        let question = self.question(me, Call::Send(round));
        let [mut once, mut again] = std::mem::take(&mut self.spoken);
        once.clear();
        let mut said = question.answered(self.table.send(state, round, to, &mut once));
        if said.is_ok() && self.is_twice() {
            again.clear();
            let repeated = question.answered(self.table.send(state, round, to, &mut again));
            let told = |said: &[MessageId]| self.machine.show_messages(said);
            said = repeated
                .and_then(|()| question.same(once == again, || [told(&once), told(&again)]));
        }
        let said = said.map(|()| if once.is_empty() { Said::default() } else { once[..].into() });
        self.spoken = [once, again];
        let Some(said) = question.forgiven(self.traitors, said)? else {
            return Ok(Said::default());
        };
        self.learn(Some(()), |answers, ()| answers.sent.insert(key, said.clone()));
        Ok(said)
    }

    /// The state that follows when a message arrives.
    pub fn receive(
        &mut self,
        me: General,
        state: Option<StateId>,
        round: Round,
        from: General,
        message: MessageId,
    ) -> Caught<Option<StateId>> {
        let Some(state) = state else { return Ok(None) };
        let key = (state, message, self.terms.key(round), from);
        if let Some(known) = self.known(|answers| answers.received.get(&key)) {
            return Ok(Some(known));
        }
        let question = self.question(me, Call::Receive(round));
        let next =
            self.ask(question, |table| table.receive(state, round, &[(from, &[message])]))?;
        self.learn(next, |answers, next| answers.received.insert(key, next));
        Ok(next)
    }

    /// The state that follows when these messages arrive, one after another.
    pub fn receive_all(
        &mut self,
        me: General,
        state: Option<StateId>,
        round: Round,
        inbox: &[(General, &[MessageId])],
    ) -> Caught<Option<StateId>> {
        let long = |messages: &[MessageId]| messages.len() > STEP_BY_STEP;
        let all = || inbox.iter().map(|(_, messages)| messages.len()).sum::<usize>();
        let is_long = || inbox.iter().any(|(_, messages)| long(messages)) || all() > MANY_STEPS;
        if let Some(known) = state
            && (self.anew || is_long())
        {
            let question = self.question(me, Call::Receive(round));
            return self.ask(question, |table| table.receive(known, round, inbox));
        }
        let mut next = state;
        for (from, messages) in inbox {
            for message in *messages {
                next = self.receive(me, next, round, *from, *message)?;
            }
        }
        Ok(next)
    }

    /// As [`receive`](Worker::receive), for a caller that remembers the answers itself.
    pub fn receive_anew(
        &mut self,
        me: General,
        state: StateId,
        round: Round,
        from: General,
        message: MessageId,
    ) -> Caught<Option<StateId>> {
        let question = self.question(me, Call::Receive(round));
        self.ask(question, |table| table.receive(state, round, &[(from, &[message])]))
    }

    /// The state that follows when a round is over.
    pub fn end_round(
        &mut self,
        me: General,
        state: Option<StateId>,
        round: Round,
    ) -> Caught<Option<StateId>> {
        let Some(state) = state else { return Ok(None) };
        let key = (state, self.terms.key(round));
        if let Some(known) = self.known(|answers| answers.ended.get(&key)) {
            return Ok(Some(known));
        }
        let question = self.question(me, Call::EndRound(round));
        let next = self.ask(question, |table| table.end_round(state, round))?;
        self.learn(next, |answers, next| answers.ended.insert(key, next));
        Ok(next)
    }

    /// Whether nothing is about to be sent, if rounds are waves.
    pub fn is_silent(&mut self, me: General, state: Option<StateId>) -> Caught<bool> {
        let Some(state) = state else { return Ok(true) };
        if let Some(known) = self.known(|answers| answers.silent.get(&state)) {
            return Ok(known);
        }
        let question = QuestionedCall { by: me, call: Call::Whole };
        let silent = question.answered(self.table.is_silent(state))?;
        self.learn(Some(()), |answers, ()| answers.silent.insert(state, silent));
        Ok(silent)
    }

    /// The timers that can go off and the coins that can show a face.
    pub fn pending(&mut self, me: General, state: Option<StateId>) -> Caught<Arc<[OwnEvent]>> {
        let Some(state) = state else { return Ok(Arc::default()) };
        if let Some(known) = self.known(|answers| answers.pending.get(&state)) {
            return Ok(known);
        }
        let question = QuestionedCall { by: me, call: Call::Whole };
        let pending: Arc<[_]> = question.answered(self.table.pending(state))?.into();
        self.learn(Some(()), |answers, ()| answers.pending.insert(state, Arc::clone(&pending)));
        Ok(pending)
    }

    /// The state that follows when one of those events happens.
    pub fn happens(
        &mut self,
        me: General,
        state: Option<StateId>,
        event: OwnEvent,
    ) -> Caught<Option<StateId>> {
        let Some(state) = state else { return Ok(None) };
        if let Some(known) = self.known(|answers| answers.happened.get(&(state, event))) {
            return Ok(Some(known));
        }
        let question = QuestionedCall { by: me, call: Call::Own(event) };
        let next = self.ask(question, |table| table.happens(state, event))?;
        self.learn(next, |answers, next| answers.happened.insert((state, event), next));
        Ok(next)
    }

    /// The phase that a general is in.
    pub fn phase(&self, state: StateId) -> Result<u32, Refusal> {
        let phase = self.table.phase(state);
        phase.map_err(|message| Refusal::Panicked { call: "phase", message })
    }

    /// The state of a general in its second phase, as if that were the first.
    pub fn renumbered(&mut self, state: StateId) -> Result<StateId, Refusal> {
        let renumbered = self.table.renumbered(state);
        renumbered.map_err(|message| Refusal::Panicked { call: "renumbered", message })
    }

    /// What a loyal general decides, if it has decided.
    pub fn decide(&mut self, me: General, state: Option<StateId>) -> Caught<Option<DecisionId>> {
        let state = state.expect("a loyal general has a state");
        if let Some(known) = self.known(|answers| answers.decided.get(&state)) {
            return Ok(known);
        }
        let question = self.question(me, Call::Decide);
        let mut decision = question.answered(self.table.decide(state));
        if let Ok(once) = decision
            && self.is_twice()
        {
            let again = question.answered(self.table.decide(state));
            let told = |decision| self.machine.show_decided(decision);
            let same =
                again.and_then(|again| question.same(once == again, || [told(once), told(again)]));
            decision = same.and(decision);
        }
        let decision = decision?;
        if let Some(made) = decision
            && self.terms.decides_values
            && !self.machine.decided_value(made).is_some_and(|value| self.terms.has(value))
        {
            let decision = self.machine.show_decision(made);
            return Err(question.fault(FaultKind::OutsideValues(decision)));
        }
        self.learn(Some(()), |answers, ()| answers.decided.insert(state, decision));
        Ok(decision)
    }

    /// The state that the general in that place holds when two interchangeable generals have changed places.
    pub fn swapped(&mut self, state: StateId, swap: Swap) -> Result<StateId, Refusal> {
        if let Some(known) = self.known(|answers| answers.swapped.get(&(state, swap))) {
            return Ok(known);
        }
        let swapped = self.table.swapped(state, swap);
        let swapped =
            swapped.map_err(|message| Refusal::Panicked { call: "swapped_state", message })?;
        let swapped = swapped.unwrap_or(state);
        self.answers.swapped.insert((state, swap), swapped);
        Ok(swapped)
    }

    fn known<T: Clone>(&self, of: impl FnOnce(&Answers) -> Option<&T>) -> Option<T> {
        if self.anew { None } else { of(&self.answers).cloned() }
    }

    fn learn<T, U>(&mut self, answer: Option<T>, note: impl FnOnce(&mut Answers, T) -> Option<U>) {
        if let Some(answer) = answer.filter(|_| !self.anew) {
            note(&mut self.answers, answer);
        }
    }

    /// A call to the protocol, in the terms of the protocol's author.
    fn question(&self, by: General, call: Call) -> QuestionedCall {
        if self.stops_with.is_some_and(Stops::is_stopped) {
            interrupt();
        }
        let call = if self.terms.in_waves { call.in_waves() } else { call };
        QuestionedCall { by, call }
    }

    /// Asks for a state.
    fn ask(
        &mut self,
        question: QuestionedCall,
        ask: impl Fn(&mut dyn StateTable) -> Guarded<StateId>,
    ) -> Caught<Option<StateId>> {
        let mut answer = question.answered(ask(&mut *self.table));
        if let Ok(once) = answer
            && self.is_twice()
        {
            let again = question.answered(ask(&mut *self.table));
            let told = |state| self.table.show(state);
            let same =
                again.and_then(|again| question.same(once == again, || [told(once), told(again)]));
            answer = same.and(answer);
        }
        question.forgiven(self.traitors, answer)
    }

    /// Whether this question is one of those that are asked twice.
    fn is_twice(&mut self) -> bool {
        self.twice_after -= 1;
        let now = self.twice_after == 0 || self.twice;
        if now {
            self.twice_after = TWICE_EVERY;
        }
        now
    }
}

/// Which call is made, and for which general.
#[derive(Clone, Copy)]
struct QuestionedCall {
    by: General,
    call: Call,
}

impl QuestionedCall {
    /// Turns a panic into a fault.
    fn answered<T>(self, answer: Guarded<T>) -> Caught<T> {
        answer.map_err(|message| {
            self.fault(match contradiction() {
                Some([one, other]) => FaultKind::Undetermined(one, other),
                None => FaultKind::Panicked(message),
            })
        })
    }

    /// Turns a difference between two answers into a fault.
    fn same(self, same: bool, told: impl FnOnce() -> [String; 2]) -> Caught<()> {
        if same {
            return Ok(());
        }
        let [one, other] = contrasted(told());
        Err(self.fault(FaultKind::Undetermined(one, other)))
    }

    /// Forgives a panic in a traitor's run: it is not the protocol's fault.
    fn forgiven<T>(self, traitors: Generals, answer: Caught<T>) -> Caught<Option<T>> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(fault) => {
                let panicked = matches!(fault.kind, FaultKind::Panicked(_));
                if panicked && traitors.contains(self.by) { Ok(None) } else { Err(fault) }
            }
        }
    }

    #[cold]
    fn fault(self, kind: FaultKind) -> Box<Fault> {
        Box::new(Fault { general: self.by, call: self.call, kind })
    }
}
