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

/// What comes of a call, unless it is a fault: a word of memory, which hardly any call needs.
pub(crate) type Caught<T> = Result<T, Box<Fault>>;

/// What is said, in the order of messages.
pub(crate) type Said = Arc<[MessageId]>;

/// Who says when work is to stop.
pub(crate) trait Stops: Sync {
    fn is_stopped(&self) -> bool;
}

/// A protocol at work, which remembers what it was asked: its own code runs once for each question.
/// Every so many questions are asked twice, to see whether the answers agree.
///
/// A traitor runs the protocol as well, since a lie is measured against what loyalty would have
/// said; but nobody answers for what becomes of a traitor. If its run panics, loyalty would have
/// said nothing from then on: such a general has no state.
pub(crate) struct Worker<'a> {
    machine: &'a dyn Machine,
    pub table: Box<dyn StateTable + 'a>,
    terms: &'a Terms,
    pub traitors: Generals,
    /// Nothing is remembered: the protocol itself is asked.
    anew: bool,
    /// Every question is asked twice.
    twice: bool,
    twice_after: u32,
    /// Who says when to stop, even in the middle of an execution.
    stops_with: Option<&'a dyn Stops>,
    answers: Answers,
    /// What was said the last time, and when it was asked again: room for the next.
    spoken: [Vec<MessageId>; 2],
}

/// What a worker remembers, when it is laid down.
#[derive(Default)]
pub(crate) struct Memory {
    states: Option<StoredStates>,
    answers: Answers,
}

impl Memory {
    /// The states that are remembered.
    pub fn into_table(self, machine: &dyn Machine) -> Box<dyn StateTable + '_> {
        machine.table(self.states)
    }
}

/// What is known, by question.
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

/// So many messages are received one by one, since some of that may be known. More are received at one
/// go: to keep each state on the way would take as much as the square of a long list.
const STEP_BY_STEP: usize = 16;

/// And so are more than these, of whomever.
const MANY_STEPS: usize = 512;

/// How often a question is asked twice, as a rule.
const TWICE_EVERY: u32 = 251;

/// More states and answers than these are not kept.
const MOST: usize = 1 << 17;

impl<'a> Worker<'a> {
    /// Among these traitors, who can be changed afterwards.
    pub fn new(machine: &'a dyn Machine, terms: &'a Terms, traitors: Generals) -> Worker<'a> {
        Worker::remembering(machine, terms, traitors, Memory::default())
    }

    /// The same with what another one remembers, of the same protocol on the same terms.
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

    /// The same, but that work is [interrupted](crate::fault::unless_interrupted) when it is told to stop.
    pub fn stopping_with(self, progress: Option<&'a dyn Stops>) -> Worker<'a> {
        Worker { stops_with: progress, ..self }
    }

    /// What it remembers, for another one.
    pub fn into_memory(self) -> Memory {
        Memory { states: Some(self.table.into_stored()), answers: self.answers }
    }

    /// The same with nothing remembered and every question asked twice.
    pub fn thorough(self) -> Worker<'a> {
        Worker { anew: true, twice: true, ..self }
    }

    /// From now on nothing is remembered either, and every question is asked once, as a rule.
    pub fn ask_once(&mut self) {
        (self.anew, self.twice) = (true, false);
    }

    pub fn machine(&self) -> &'a dyn Machine {
        self.machine
    }

    /// Forgets everything if it is much: then all numbers of states that it has given mean nothing.
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

    /// What is sent, in the order in which it arrives.
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

    /// What becomes of a state when a message comes.
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

    /// The same of these messages, one after the other.
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

    /// As [`receive`](Worker::receive), for somebody who remembers the answers.
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

    /// What becomes of a state when a round is over.
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

    /// Whether nothing is about to be sent in a wave.
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

    /// What becomes of a state when one of them does.
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

    /// What the one who stands there then holds, when two who are alike have changed places.
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

    /// A call to the protocol, as who wrote the protocol knows it.
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

/// Which call is made, in whose seat.
#[derive(Clone, Copy)]
struct QuestionedCall {
    by: General,
    call: Call,
}

impl QuestionedCall {
    /// A panic is a fault.
    fn answered<T>(self, answer: Guarded<T>) -> Caught<T> {
        answer.map_err(|message| {
            self.fault(match contradiction() {
                Some([one, other]) => FaultKind::Undetermined(one, other),
                None => FaultKind::Panicked(message),
            })
        })
    }

    /// That two answers differ is a fault.
    fn same(self, same: bool, told: impl FnOnce() -> [String; 2]) -> Caught<()> {
        if same {
            return Ok(());
        }
        let [one, other] = contrasted(told());
        Err(self.fault(FaultKind::Undetermined(one, other)))
    }

    /// A traitor's run that panics is no fault of the protocol.
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
