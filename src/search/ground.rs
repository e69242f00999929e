//! What stays the same while a case is explored, and what follows from it in one round: what is said,
//! what the enemy overhears, and what a receiver can come to. It can be shared by threads; what each
//! of them has for itself is a [`Hand`].

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::branching::{Inbox, ReceivedBy};
use super::case::CaseOf;
use super::effort::Meter;
use super::end::EndOf;
use super::fates::fates;
use super::memory::{Memory, MemoryOf};
use super::overheard::Overheard;
use super::received::Trace;
use super::reduction::{Reduction, Reductions};
use super::script::Script;
use super::space::Space;
use super::symmetry::SymmetryOf;
use super::voices::{Voice, VoicesOf};
use crate::adversary::FaultClass;
use crate::fault::Guarded;
use crate::general::{General, Generals};
use crate::protocol::{Round, Seat};
use crate::schedule::Crash;
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
pub(super) struct Ground<'a, P: Testable> {
    pub space: &'a Space<'a, P>,
    pub case: &'a CaseOf<P>,
    pub reductions: Reductions,
    lies: Lies,
    pub followed: Generals,
    /// By round, the signatures that can still be of use to anybody.
    useful: Vec<Overheard>,
    /// Who can be renamed.
    symmetry: Option<&'a SymmetryOf<'a, P>>,
    /// Whether of what can be said in the last round only the extremes are gone through.
    extremes: bool,
    /// Every call is made twice.
    pub thorough: bool,
    /// What was learned by hands that were laid down.
    memories: Mutex<Vec<MemoryOf<P>>>,
}

/// With what one thread asks the protocol, and counts how often.
pub(super) struct Hand<'a, P: Testable> {
    pub protocol: Guarded<'a, P>,
    pub memory: MemoryOf<P>,
    pub meter: Meter<'a>,
}

/// What was met so far, numbered.
pub(super) struct Book<P: Testable> {
    /// The states. A traitor whose own run has failed has none.
    pub states: IndexSet<Option<P::State>, FxBuildHasher>,
    /// What the enemy has overheard.
    pub overheard: IndexSet<Overheard, FxBuildHasher>,
}

/// Where the execution stands when a round begins.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Global {
    /// For each general, the number of its state. Who has crashed has none.
    pub states: Box<[u32]>,
    /// The number of what the enemy has overheard.
    pub overheard: u32,
    /// Which of the disrupted messages of the case have been said, by place.
    pub said: u64,
}

/// In the place of a general who is not followed.
pub(super) const NOT_FOLLOWED: u32 = u32::MAX;

/// What each followed general says to each other, by receiver and sender.
pub(super) type Outboxes<'v, M> = Vec<Vec<Option<Cow<'v, [M]>>>>;

/// What is said in a round.
pub(super) struct Said<'v, M: Clone> {
    /// What the enemy can show then.
    pub overheard: Overheard,
    /// Which of the disrupted messages have been said by now.
    pub disrupted: u64,
    /// By who crashes in the round: what reaches whom.
    pub fates: Vec<(Vec<Crash>, Outboxes<'v, M>)>,
}

impl<P: Testable> Default for Book<P> {
    fn default() -> Book<P> {
        Book { states: IndexSet::default(), overheard: IndexSet::default() }
    }
}

impl<P: Testable> Book<P> {
    pub fn state(&self, global: &Global, general: General) -> &Option<P::State> {
        &self.states[global.states[general.id()] as usize]
    }

    pub fn number(&mut self, state: Option<P::State>) -> u32 {
        self.states.insert_full(state).0 as u32
    }
}

impl<'a, P: Testable> Ground<'a, P> {
    pub fn new(
        space: &'a Space<'a, P>,
        case: &'a CaseOf<P>,
        lies: Lies,
        reductions: Reductions,
        symmetry: Option<&'a SymmetryOf<'a, P>>,
    ) -> Ground<'a, P> {
        let mute = case.faults.is_byzantine() && reductions.has(Reduction::TraitorToLoyal);
        let followed = match lies {
            Lies::Free if mute => space.everybody().minus(case.traitors),
            Lies::Free | Lies::AtMost(_) => space.everybody(),
        };
        let rounds = if space.is_signed() { space.terms.rounds } else { 0 };
        let useful = (1..=rounds).map(|round| space.useful(round)).collect();
        let extremes = lies == Lies::Free && space.has_extremes(reductions);
        Ground {
            space,
            case,
            reductions,
            lies,
            followed,
            useful,
            symmetry,
            extremes,
            thorough: false,
            memories: Mutex::default(),
        }
    }

    pub fn hand(&self, meter: Meter<'a>) -> Hand<'a, P> {
        let protocol =
            Guarded::new(self.space.protocol, &self.space.terms.values, self.case.traitors);
        let protocol = if self.thorough { protocol.thorough() } else { protocol };
        let memory = self.memories.lock().ok().and_then(|mut memories| memories.pop());
        Hand { protocol, memory: memory.unwrap_or_else(Memory::new), meter }
    }

    /// Where the execution stands when the first round begins.
    pub fn start(&self, hand: &Hand<'a, P>, book: &mut Book<P>) -> Result<Global, EndOf<P>> {
        let Ground { space, case, .. } = *self;
        let mut global = self.nowhere();
        for me in self.followed.iter() {
            let seat = Seat::on(&space.terms.graph, me);
            let state = hand.protocol.start(seat, case.inputs.get(&me))?;
            global.states[me.id()] = book.number(state);
        }
        global.overheard = book.overheard.insert_full(space.made_by(case.traitors)).0 as u32;
        Ok(global)
    }

    /// Lays a hand down: the next one knows what it has learned. Answers with its steps.
    pub fn lay_down(&self, hand: Hand<'_, P>) -> u64 {
        if let Ok(mut memories) = self.memories.lock() {
            memories.push(hand.memory);
        }
        hand.meter.steps()
    }

    /// What comes of what is said in a round that begins in this global state, so many lies spent.
    pub fn said<'v>(
        &self,
        book: &Book<P>,
        voices: &'v VoicesOf<P::Message>,
        round: Round,
        global: &Global,
        spent: u32,
    ) -> Result<Said<'v, P::Message>, EndOf<P>> {
        let says = |from: &'v Option<Arc<Voice<_>>>, to: General| {
            let said = from.as_ref()?.says[to.id()].as_deref();
            said.map(Cow::Borrowed)
        };
        let outbox = |to| voices.iter().map(|from| says(from, to)).collect();
        let outboxes: Outboxes<'_, _> = self.everybody().map(outbox).collect();
        let before = &book.overheard[global.overheard as usize];
        let overheard = self.overhear(round, before, voices)?;
        let (disrupted, outboxes) = self.disrupted(round, global.said, outboxes);
        if self.space.adversary.faults != FaultClass::Crash {
            return Ok(Said { overheard, disrupted, fates: vec![(Vec::new(), outboxes)] });
        }
        let lives = |general: &General| book.state(global, *general).is_some();
        let able = self.able_to_crash(lives, &outboxes);
        let most = self.lies_left(spent).map_or(usize::MAX, |left| left as usize);
        let fates = fates(round, &able, most).map(|crashes| {
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
        Ok(Said { overheard, disrupted, fates: fates.collect() })
    }

    /// What the enemy can show, of all that is of use to anybody, when it has heard what the loyal
    /// say: each a signature that the speaker makes, or that it could have from its owner.
    fn overhear(
        &self,
        round: Round,
        before: &Overheard,
        voices: &VoicesOf<P::Message>,
    ) -> Result<Overheard, EndOf<P>> {
        let Some(useful) = self.useful.get(round - 1) else { return Ok(before.clone()) };
        let mut overheard = before.and(useful);
        for &(wire, number) in voices.iter().flatten().flat_map(|voice| &voice.shows) {
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
        hand: &mut Hand<'_, P>,
        round: Round,
        to: General,
        state: Option<P::State>,
        (overheard, disrupted): (&Overheard, u64),
        honest: &'h [Option<Cow<'h, [P::Message]>>],
        spent: u32,
    ) -> Result<ReceivedBy<'h, P>, EndOf<P>> {
        let overdue = self.overdue(round, to, disrupted);
        let Ground { space, symmetry, .. } = *self;
        let lies_left = self.lies_left(spent);
        let merges = self.reductions.has(Reduction::EqualStates);
        let extremes = self.extremes && round == space.terms.rounds;
        let Hand { protocol, memory, meter } = hand;
        let inbox = Inbox {
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
        inbox.received(state, honest, memory, meter)
    }

    pub fn script(&self, received: &ReceivedBy<'_, P>, trace: Trace) -> Script<P::Message> {
        let byzantine = self.space.adversary.faults.is_byzantine();
        let traitors = self
            .space
            .neighbours(received.to)
            .iter()
            .filter(|from| self.case.traitors.contains(*from));
        let speakers = traitors.filter(|_| byzantine);
        received.script(self.space, speakers, trace)
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

    pub fn nowhere(&self) -> Global {
        let states = vec![NOT_FOLLOWED; self.space.terms.n()].into();
        Global { states, overheard: 0, said: 0 }
    }
}
