//! What stays the same while a case is explored, and what follows from it in one round: what is said,
//! what the enemy overhears, and what a receiver can come to. It can be shared by threads; what each
//! of them has for itself is a [`Thread`].

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::branches::{Branches, Trace};
use super::crash_choices::crash_choices;
use super::memo::Memo;
use super::receiving::Receiver;
use super::sends::AllSends;
use crate::adversary::FaultClass;
use crate::general::{General, Generals};
use crate::machine::{Machine, Memory, Said, StateId, StateTable, Terms, Worker};
use crate::protocol::{Round, Seat};
use crate::schedule::Crash;
use crate::search::budget::StepBudget;
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::signature_set::SignatureSet;
use crate::search::choices::space::Space;
use crate::search::decisions::Decisions;
use crate::search::outcome::SearchOutcome;
use crate::search::reduction::{Reduction, Reductions};
use crate::search::symmetry::Symmetry;
use crate::testable::{Refusal, Wire};

/// How lies are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lies {
    /// They are not: is there any attack?
    Free,
    /// Is there an attack of at most so many lies?
    AtMost(u32),
}

/// What is the same in all rounds of a case.
pub(crate) struct RoundContext<'a> {
    pub space: &'a Space<'a>,
    pub case: &'a InitialChoices,
    pub reductions: Reductions,
    lies: Lies,
    pub followed: Generals,
    /// By round, the signatures that can still be of use to anybody.
    useful: Vec<SignatureSet>,
    /// Who can be renamed.
    symmetry: Option<&'a Symmetry<'a>>,
    /// Whether of what can be said in the last round only the extremes are gone through.
    extremes: bool,
    /// Every call is made twice.
    pub thorough: bool,
    /// What was learned by threads before.
    pool: &'a Pool,
}

/// What threads have learned that are done with their work, for those that come after them.
#[derive(Default)]
pub(crate) struct Pool {
    known: Mutex<Vec<(Memory, Memo)>>,
    stores: AtomicU64,
}

impl Pool {
    /// Whoever comes from now on has learned nothing.
    pub fn forget(&self) {
        if let Ok(mut known) = self.known.lock() {
            known.clear();
        }
    }
}

/// What one thread has for itself.
pub(crate) struct Thread<'a> {
    /// Asks the protocol.
    pub worker: Worker<'a>,
    pub memo: Memo,
    /// Counts how often.
    pub budget: StepBudget<'a>,
}

impl Thread<'_> {
    /// The number that a state of a store has for the worker.
    pub fn adopt(&mut self, store: &Store<'_>, state: Option<StateId>) -> Option<StateId> {
        self.memo.speak_of(store.number);
        let (state, adopted) = (state?, &mut self.memo.adopted);
        if let Some(Some(known)) = adopted.get(state.place()) {
            return Some(*known);
        }
        adopted.resize(adopted.len().max(state.place() + 1), None);
        let own = self.worker.table.adopt(&*store.table, state);
        adopted[state.place()] = Some(own);
        Some(own)
    }

    /// The number that a state of the worker has in a store.
    pub fn put(&mut self, store: &mut Store<'_>, state: Option<StateId>) -> Option<StateId> {
        self.memo.speak_of(store.number);
        let (state, stored) = (state?, &mut self.memo.stored);
        if let Some(Some(known)) = stored.get(state.place()) {
            return Some(*known);
        }
        stored.resize(stored.len().max(state.place() + 1), None);
        let put = store.table.adopt(&*self.worker.table, state);
        stored[state.place()] = Some(put);
        Some(put)
    }

    /// Does work whose steps were counted before.
    pub fn uncounted<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let unlimited = self.budget.unlimited();
        let budget = std::mem::replace(&mut self.budget, unlimited);
        let done = work(self);
        self.budget = budget;
        done
    }

    /// Forgets what is too much: then all numbers of states that the worker has given mean nothing.
    pub fn make_room(&mut self) {
        if self.worker.make_room() {
            self.memo.forget_states();
        }
        self.memo.make_room();
    }
}

/// The global states that were met so far are made of these, by number. Threads share it.
pub(crate) struct Store<'a> {
    number: u64,
    /// The states of all generals.
    pub table: Box<dyn StateTable + 'a>,
    /// What the enemy has overheard.
    pub overheard: IndexSet<SignatureSet, FxBuildHasher>,
}

impl<'a> Store<'a> {
    /// With nothing in it.
    pub fn new(machine: &'a dyn Machine, pool: &Pool) -> Store<'a> {
        let number = pool.stores.fetch_add(1, Ordering::Relaxed) + 1;
        Store { number, table: machine.table(None), overheard: IndexSet::default() }
    }

    pub fn signatures(&self, global: &GlobalState) -> &SignatureSet {
        &self.overheard[global.overheard as usize]
    }
}

/// Where the execution stands when a round begins.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct GlobalState {
    /// For each general, the number of its state. Who has crashed has none, and neither has who is not
    /// followed.
    pub states: Box<[Option<StateId>]>,
    /// The number of what the enemy has overheard.
    pub overheard: u32,
    /// Which of the disrupted messages of the case have been said, by place.
    pub said: u64,
}

/// What each followed general says to each other, by receiver and sender.
pub(crate) type Outboxes = Vec<Vec<Option<Said>>>;

/// What is said in a round.
pub(crate) struct RoundMessages {
    /// What the enemy can show then.
    pub overheard: SignatureSet,
    /// Which of the disrupted messages have been said by now.
    pub disrupted: u64,
    /// By who crashes in the round: what reaches whom.
    pub crash_choices: Vec<(Vec<Crash>, Outboxes)>,
}

impl<'a> RoundContext<'a> {
    pub fn new(
        space: &'a Space<'a>,
        case: &'a InitialChoices,
        lies: Lies,
        reductions: Reductions,
        symmetry: Option<&'a Symmetry<'a>>,
        pool: &'a Pool,
    ) -> RoundContext<'a> {
        let mute = case.faults.is_byzantine() && reductions.has(Reduction::TraitorToLoyal);
        let followed = match lies {
            Lies::Free if mute => space.everybody().minus(case.traitors),
            Lies::Free | Lies::AtMost(_) => space.everybody(),
        };
        let rounds = if space.is_signed() { space.terms.rounds } else { 0 };
        let useful = (1..=rounds).map(|round| space.useful(round)).collect();
        let extremes = lies == Lies::Free && space.has_extremes(reductions);
        RoundContext {
            space,
            case,
            reductions,
            lies,
            followed,
            useful,
            symmetry,
            extremes,
            thorough: false,
            pool,
        }
    }

    /// What one more thread has for itself.
    pub fn thread(&self, budget: StepBudget<'a>) -> Thread<'a> {
        let Space { machine, terms, .. } = *self.space;
        let known = self.pool.known.lock().ok().and_then(|mut known| known.pop());
        let (memory, memo) = known.filter(|_| !self.thorough).unwrap_or_default();
        let worker = Worker::remembering(machine, terms, self.case.traitors, memory);
        let worker = if self.thorough { worker.thorough() } else { worker };
        Thread { worker, memo, budget }
    }

    /// A thread is done: the next one knows what it has learned. Answers with its steps.
    pub fn lay_down(&self, Thread { worker, memo, budget }: Thread<'_>) -> u64 {
        if !self.thorough
            && let Ok(mut known) = self.pool.known.lock()
        {
            known.push((worker.into_memory(), memo));
        }
        budget.steps()
    }

    /// Where the execution stands when the first round begins.
    pub fn start(
        &self,
        thread: &mut Thread<'a>,
        store: &mut Store<'_>,
    ) -> Result<GlobalState, SearchOutcome> {
        let RoundContext { space, case, .. } = *self;
        let mut global = self.nowhere();
        for me in self.followed.iter() {
            let seat = Seat::on(&space.terms.graph, me);
            let state = thread.worker.start(seat, case.inputs.get(&me).copied())?;
            global.states[me.id()] = thread.put(store, state);
        }
        let made = space.made_by(case.traitors);
        global.overheard = store.overheard.insert_full(made).0 as u32;
        Ok(global)
    }

    /// What comes of what is said in a round that begins in this global state, so many lies spent.
    pub fn said(
        &self,
        store: &Store<'_>,
        sends: &AllSends,
        round: Round,
        global: &GlobalState,
        spent: u32,
    ) -> Result<RoundMessages, SearchOutcome> {
        let outbox = |to: General| {
            let says = sends.iter().map(|from| from.as_ref()?.says[to.id()].clone());
            says.collect()
        };
        let outboxes: Outboxes = self.everybody().map(outbox).collect();
        let overheard = self.overhear(round, store.signatures(global), sends)?;
        let (disrupted, outboxes) = self.disrupted(round, global.said, outboxes);
        if self.space.adversary.faults != FaultClass::Crash {
            let crash_choices = vec![(Vec::new(), outboxes)];
            return Ok(RoundMessages { overheard, disrupted, crash_choices });
        }
        let lives = |general: &General| global.states[general.id()].is_some();
        let able = self.able_to_crash(lives, &outboxes);
        let most = self.lies_left(spent).map_or(usize::MAX, |left| left as usize);
        let crash_choices = crash_choices(round, &able, most).map(|crashes| {
            let mut outboxes = outboxes.clone();
            for (to, outbox) in self.everybody().zip(&mut outboxes) {
                for crash in &crashes {
                    if crash.silences(Wire { round, from: crash.general, to }) {
                        outbox[crash.general.id()] = Some(Said::default());
                    }
                }
            }
            (crashes, outboxes)
        });
        Ok(RoundMessages { overheard, disrupted, crash_choices: crash_choices.collect() })
    }

    /// What the enemy can show, of all that is of use to anybody, when it has heard what the loyal
    /// say: each a signature that the speaker makes, or that it could have from its owner.
    fn overhear(
        &self,
        round: Round,
        before: &SignatureSet,
        sends: &AllSends,
    ) -> Result<SignatureSet, SearchOutcome> {
        let Some(useful) = self.useful.get(round - 1) else { return Ok(before.clone()) };
        let mut overheard = before.and(useful);
        for &(wire, number) in sends.iter().flatten().flat_map(|sends| &sends.shows) {
            let signed = self.space.signature(number);
            if signed.by != wire.from && !before.has(number) {
                let signed = signed.clone();
                return Err(Refusal::Unheard { wire, signed }.into());
            }
            overheard.add(number);
        }
        Ok(overheard)
    }

    /// Whether what a receiver comes to hangs on its state and on what the loyal say to it, and on
    /// nothing else that differs from one global state to another.
    fn recurs(&self) -> bool {
        let free = self.lies == Lies::Free && self.space.adversary.faults.is_byzantine();
        let merges = self.reductions.has(Reduction::EqualStates);
        free && merges && self.case.disruptions.is_empty() && !self.space.is_signed()
    }

    /// Writes down all on which it hangs what one general comes to in a round, if that can have been
    /// asked before.
    pub fn is_asked_again(
        &self,
        thread: &mut Thread<'_>,
        round: Round,
        to: General,
        state: Option<StateId>,
        honest: &[Option<Said>],
    ) -> bool {
        let receptions = &mut thread.memo.receptions;
        if !receptions.are_kept() || !self.recurs() || self.thorough {
            return false;
        }
        let key = &mut receptions.key;
        let traitors = self.case.traitors.word();
        key.clear();
        key.extend([(round << 6 | to.id()) as u32, traitors as u32, (traitors >> 32) as u32]);
        key.push(state.map_or(0, StateId::number));
        for said in honest.iter().flatten() {
            key.push(said.len() as u32);
            key.extend(said.iter().map(|message| message.number()));
        }
        true
    }

    /// What one general can come to in a round, from this state of the worker's.
    #[expect(clippy::too_many_arguments, reason = "all that a receiver's round hangs on")]
    pub fn received<'h>(
        &self,
        thread: &mut Thread<'_>,
        round: Round,
        to: General,
        state: Option<StateId>,
        (overheard, disrupted): (&SignatureSet, u64),
        honest: &'h [Option<Said>],
        spent: u32,
    ) -> Result<Branches<'h>, SearchOutcome> {
        let RoundContext { space, symmetry, .. } = *self;
        let inbox = Receiver {
            space,
            traitors: self.case.traitors,
            round,
            to,
            overdue: self.overdue(round, to, disrupted),
            lies_left: self.lies_left(spent),
            overheard,
            merges: self.reductions.has(Reduction::EqualStates),
            symmetry,
            extremes: self.extremes && round == space.terms.rounds,
        };
        inbox.received(state, honest, thread)
    }

    pub fn decisions(&self, received: &Branches<'_>, trace: Trace) -> Decisions {
        let byzantine = self.space.adversary.faults.is_byzantine();
        let traitors = self
            .space
            .neighbours(received.to)
            .iter()
            .filter(|from| self.case.traitors.contains(*from));
        let speakers = traitors.filter(|_| byzantine);
        received.decisions(self.space, speakers, trace)
    }

    pub fn everybody(&self) -> impl Iterator<Item = General> + use<> {
        self.space.everybody().iter()
    }

    pub fn loyal(&self) -> Generals {
        self.space.everybody().minus(self.case.traitors)
    }

    /// The loyal who decide.
    pub fn deciders(&self) -> Generals {
        let Terms { task, .. } = self.space.terms;
        task.deciders(self.space.terms.n()).minus(self.case.traitors)
    }

    pub fn lies_left(&self, spent: u32) -> Option<u32> {
        match self.lies {
            Lies::Free => None,
            Lies::AtMost(most) => Some(most - spent),
        }
    }

    /// How many lies are spent when there were so many, if they are counted, and more are told.
    pub fn spent(&self, spent: u32, more: usize) -> u32 {
        spent + self.lies_left(spent).map_or(0, |_| more as u32)
    }

    pub fn nowhere(&self) -> GlobalState {
        let states = vec![None; self.space.terms.n()].into();
        GlobalState { states, overheard: 0, said: 0 }
    }
}
