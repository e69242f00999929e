//! The round context: what stays the same while a case is explored, and what follows from it in one
//! round: what is said, what the enemy overhears, and what a receiver can come to. It can be shared by
//! threads; what each of them has for itself is a [`Worker`].

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::branches::Trace;
use super::crash_choices::crash_choices;
use super::memo::{Memo, MemoOf};
use super::receiving::{BranchesOf, Receiver};
use super::sends::{Sends, SendsOf};
use crate::adversary::FaultClass;
use crate::fault::Guarded;
use crate::general::{General, Generals};
use crate::protocol::{Round, Seat};
use crate::schedule::Crash;
use crate::search::budget::StepBudget;
use crate::search::choices::initial::InitialChoicesOf;
use crate::search::choices::signature_set::SignatureSet;
use crate::search::choices::space::Space;
use crate::search::decisions::Decisions;
use crate::search::outcome::SearchOutcomeOf;
use crate::search::reduction::{Reduction, Reductions};
use crate::search::symmetry::SymmetryOf;
use crate::testable::{Refusal, Terms, Testable, Wire};

/// How lies are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lies {
    /// They are not: is there any attack?
    Free,
    /// Is there an attack of at most so many lies?
    AtMost(u32),
}

/// What is the same in all rounds of a case.
pub(crate) struct RoundContext<'a, P: Testable> {
    pub space: &'a Space<'a, P>,
    pub case: &'a InitialChoicesOf<P>,
    pub reductions: Reductions,
    lies: Lies,
    pub followed: Generals,
    /// By round, the signatures that can still be of use to anybody.
    useful: Vec<SignatureSet>,
    /// Who can be renamed.
    symmetry: Option<&'a SymmetryOf<'a, P>>,
    /// Whether of what can be said in the last round only the extremes are gone through.
    extremes: bool,
    /// Every call is made twice.
    pub thorough: bool,
    /// What was learned by workers that were retired.
    memos: Mutex<Vec<MemoOf<P>>>,
}

/// With what one thread asks the protocol, and counts how often.
pub(crate) struct Worker<'a, P: Testable> {
    pub protocol: Guarded<'a, P>,
    pub memo: MemoOf<P>,
    pub budget: StepBudget<'a>,
}

/// What was met so far, numbered.
pub(crate) struct Interner<P: Testable> {
    /// The states. A traitor whose own run has failed has none.
    pub states: IndexSet<Option<P::State>, FxBuildHasher>,
    /// What the enemy has overheard.
    pub overheard: IndexSet<SignatureSet, FxBuildHasher>,
}

/// Where the execution stands when a round begins.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct GlobalState {
    /// For each general, the number of its state. Who has crashed has none.
    pub states: Box<[u32]>,
    /// The number of what the enemy has overheard.
    pub overheard: u32,
    /// Which of the disrupted messages of the case have been said, by place.
    pub said: u64,
}

/// In the place of a general who is not followed.
pub(crate) const NOT_FOLLOWED: u32 = u32::MAX;

/// What each followed general says to each other, by receiver and sender.
pub(crate) type Outboxes<'v, M> = Vec<Vec<Option<Cow<'v, [M]>>>>;

/// What is said in a round.
pub(crate) struct RoundMessages<'v, M: Clone> {
    /// What the enemy can show then.
    pub overheard: SignatureSet,
    /// Which of the disrupted messages have been said by now.
    pub disrupted: u64,
    /// By who crashes in the round: what reaches whom.
    pub crash_choices: Vec<(Vec<Crash>, Outboxes<'v, M>)>,
}

impl<P: Testable> Default for Interner<P> {
    fn default() -> Interner<P> {
        Interner { states: IndexSet::default(), overheard: IndexSet::default() }
    }
}

impl<P: Testable> Interner<P> {
    pub fn state(&self, global: &GlobalState, general: General) -> &Option<P::State> {
        &self.states[global.states[general.id()] as usize]
    }

    pub fn number(&mut self, state: Option<P::State>) -> u32 {
        self.states.insert_full(state).0 as u32
    }
}

impl<'a, P: Testable> RoundContext<'a, P> {
    pub fn new(
        space: &'a Space<'a, P>,
        case: &'a InitialChoicesOf<P>,
        lies: Lies,
        reductions: Reductions,
        symmetry: Option<&'a SymmetryOf<'a, P>>,
    ) -> RoundContext<'a, P> {
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
            memos: Mutex::default(),
        }
    }

    pub fn worker(&self, budget: StepBudget<'a>) -> Worker<'a, P> {
        let protocol =
            Guarded::new(self.space.protocol, &self.space.terms.values, self.case.traitors);
        let protocol = if self.thorough { protocol.thorough() } else { protocol };
        let memo = self.memos.lock().ok().and_then(|mut memos| memos.pop());
        Worker { protocol, memo: memo.unwrap_or_else(Memo::new), budget }
    }

    /// Where the execution stands when the first round begins.
    pub fn start(
        &self,
        worker: &Worker<'a, P>,
        interner: &mut Interner<P>,
    ) -> Result<GlobalState, SearchOutcomeOf<P>> {
        let RoundContext { space, case, .. } = *self;
        let mut global = self.nowhere();
        for me in self.followed.iter() {
            let seat = Seat::on(&space.terms.graph, me);
            let state = worker.protocol.start(seat, case.inputs.get(&me))?;
            global.states[me.id()] = interner.number(state);
        }
        global.overheard = interner.overheard.insert_full(space.made_by(case.traitors)).0 as u32;
        Ok(global)
    }

    /// Retires a worker: the next one knows what it has learned. Answers with its steps.
    pub fn retire(&self, worker: Worker<'_, P>) -> u64 {
        if let Ok(mut memos) = self.memos.lock() {
            memos.push(worker.memo);
        }
        worker.budget.steps()
    }

    /// What comes of what is said in a round that begins in this global state, so many lies spent.
    pub fn said<'v>(
        &self,
        interner: &Interner<P>,
        sends: &'v SendsOf<P::Message>,
        round: Round,
        global: &GlobalState,
        spent: u32,
    ) -> Result<RoundMessages<'v, P::Message>, SearchOutcomeOf<P>> {
        let says = |from: &'v Option<Arc<Sends<_>>>, to: General| {
            let said = from.as_ref()?.says[to.id()].as_deref();
            said.map(Cow::Borrowed)
        };
        let outbox = |to| sends.iter().map(|from| says(from, to)).collect();
        let outboxes: Outboxes<'_, _> = self.everybody().map(outbox).collect();
        let before = &interner.overheard[global.overheard as usize];
        let overheard = self.overhear(round, before, sends)?;
        let (disrupted, outboxes) = self.disrupted(round, global.said, outboxes);
        if self.space.adversary.faults != FaultClass::Crash {
            return Ok(RoundMessages {
                overheard,
                disrupted,
                crash_choices: vec![(Vec::new(), outboxes)],
            });
        }
        let lives = |general: &General| interner.state(global, *general).is_some();
        let able = self.able_to_crash(lives, &outboxes);
        let most = self.lies_left(spent).map_or(usize::MAX, |left| left as usize);
        let crash_choices = crash_choices(round, &able, most).map(|crashes| {
            let mut outboxes = outboxes.clone();
            for (to, outbox) in self.everybody().zip(&mut outboxes) {
                for crash in &crashes {
                    if crash.silences(Wire { round, from: crash.general, to }) {
                        outbox[crash.general.id()] = Some(Cow::Owned(Vec::new()));
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
        sends: &SendsOf<P::Message>,
    ) -> Result<SignatureSet, SearchOutcomeOf<P>> {
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

    /// What one general can come to in a round, from this state.
    #[expect(clippy::too_many_arguments, reason = "all that a receiver's round hangs on")]
    pub fn received<'h>(
        &self,
        worker: &mut Worker<'_, P>,
        round: Round,
        to: General,
        state: Option<P::State>,
        (overheard, disrupted): (&SignatureSet, u64),
        honest: &'h [Option<Cow<'h, [P::Message]>>],
        spent: u32,
    ) -> Result<BranchesOf<'h, P>, SearchOutcomeOf<P>> {
        let overdue = self.overdue(round, to, disrupted);
        let RoundContext { space, symmetry, .. } = *self;
        let lies_left = self.lies_left(spent);
        let merges = self.reductions.has(Reduction::EqualStates);
        let extremes = self.extremes && round == space.terms.rounds;
        let Worker { protocol, memo, budget } = worker;
        let receiver = Receiver {
            space,
            protocol,
            round,
            to,
            overdue,
            lies_left,
            overheard,
            merges,
            symmetry,
            extremes,
        };
        receiver.received(state, honest, memo, budget)
    }

    pub fn decisions(&self, received: &BranchesOf<'_, P>, trace: Trace) -> Decisions<P::Message> {
        let byzantine = self.space.adversary.faults.is_byzantine();
        let traitors = self
            .space
            .neighbours(received.to)
            .iter()
            .filter(|from| self.case.traitors.contains(*from));
        let speakers = traitors.filter(|_| byzantine);
        received.decisions(self.space, speakers, trace)
    }

    pub fn everybody(&self) -> impl Iterator<Item = General> + use<P> {
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
        let states = vec![NOT_FOLLOWED; self.space.terms.n()].into();
        GlobalState { states, overheard: 0, said: 0 }
    }
}
