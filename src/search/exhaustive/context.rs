//! What stays the same while a case is explored, and what it implies for one round: what is said, what the adversary
//! overhears, and what a receiver can reach. Threads share it; what each has for itself is a [`Thread`].

use std::collections::BTreeMap;

use super::branches::{Branches, Trace};
use super::global_state::{GlobalState, Store};
use super::receiving::Receiver;
use super::thread::{Pool, Thread};
use crate::general::{General, Generals};
use crate::machine::{Said, StateId, Terms, ValueId, Worker};
use crate::protocol::{Round, Seat};
use crate::search::budget::StepBudget;
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::signature_set::SignatureSet;
use crate::search::choices::space::Space;
use crate::search::decisions::Decisions;
use crate::search::outcome::SearchOutcome;
use crate::search::reduction::{Reduction, Reductions};
use crate::search::symmetry::Symmetry;

/// How lies are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lies {
    /// Not at all: is there any attack?
    Free,
    /// Is there an attack with at most this many lies?
    AtMost(u32),
}

/// What stays the same in all rounds of a case.
pub(crate) struct RoundContext<'a> {
    pub space: &'a Space<'a>,
    pub case: &'a InitialChoices,
    pub reductions: Reductions,
    lies: Lies,
    pub followed: Generals,
    /// By round: the signatures that can still be of use to anybody.
    pub(super) useful: Vec<SignatureSet>,
    /// The symmetry that is used, if any.
    symmetry: Option<&'a Symmetry<'a>>,
    /// Whether only the extremes are searched of what can be said in the last round.
    extremes: bool,
    /// Whether every call is made twice.
    pub thorough: bool,
    /// What earlier threads have learned.
    pool: &'a Pool,
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

    /// What a new thread has for itself.
    pub fn thread(&self, budget: StepBudget<'a>) -> Thread<'a> {
        let Space { machine, terms, .. } = *self.space;
        let known = self.pool.known.lock().ok().and_then(|mut known| known.pop());
        let (memory, memo) = known.filter(|_| !self.thorough).unwrap_or_default();
        let worker = Worker::remembering(machine, terms, self.case.traitors, memory);
        let worker = if self.thorough { worker.thorough() } else { worker };
        Thread { worker, memo, budget, lacking: None }
    }

    /// Takes back a thread that is done: the next one knows what it has learned. Returns its number of steps.
    pub fn lay_down(&self, Thread { worker, memo, budget, .. }: Thread<'_>) -> u64 {
        if !self.thorough
            && let Ok(mut known) = self.pool.known.lock()
        {
            known.push((worker.into_memory(), memo));
        }
        budget.steps()
    }

    /// The global state when the first round begins with these inputs.
    pub fn start(
        &self,
        inputs: &BTreeMap<General, ValueId>,
        thread: &mut Thread<'a>,
        store: &mut Store<'_>,
    ) -> Result<GlobalState, SearchOutcome> {
        let RoundContext { space, case, .. } = *self;
        let mut global = self.nowhere();
        for me in self.followed.iter() {
            let seat = Seat::on(&space.terms.graph, me);
            let state = thread.worker.start(seat, inputs.get(&me).copied())?;
            global.states[me.id()] = thread.put(store, state);
        }
        let made = space.made_by(case.traitors);
        global.overheard = store.overheard.insert_full(made).0 as u32;
        Ok(global)
    }

    /// Whether what a receiver reaches depends only on its state and on what the loyal say to it, and on nothing else
    /// that differs between global states.
    fn recurs(&self) -> bool {
        let free = self.lies == Lies::Free && self.space.adversary.faults.is_byzantine();
        let merges = self.reductions.has(Reduction::EqualStates);
        free && merges && self.case.disruptions.is_empty() && !self.space.is_signed()
    }

    /// Writes down everything that the outcome of a general's round depends on, if the same question can have come up
    /// before. Returns whether it can.
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

    /// What one general can reach in a round, from this state of the thread's worker.
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

    /// The loyal generals who decide.
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

    /// How many lies are spent after `more` further ones, if lies are counted.
    pub fn spent(&self, spent: u32, more: usize) -> u32 {
        spent + self.lies_left(spent).map_or(0, |_| more as u32)
    }

    pub fn nowhere(&self) -> GlobalState {
        let states = vec![None; self.space.terms.n()].into();
        GlobalState { states, overheard: 0, said: 0 }
    }
}
