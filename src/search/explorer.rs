//! The exhaustive engine: every behaviour of the traitors in one case, depth first.
//!
//! A general's next state depends on its own inbox alone, so the successors of a global state are
//! a product of each receiver's successors (`branching` finds those), and in the last round no
//! product of states is needed, only of the decisions to which each loyal general can be brought.
//! Global states that were met before in the same round are not gone through again.
//!
//! It runs in two ways. With free lies only the loyal are followed, unless traitors obey in all but
//! their crashes or omissions. With priced lies traitors are followed too, because a lie is counted
//! against what loyalty would have said; then no more than a given number of lies (crashes,
//! omissions, changes of the schedule) is spent, and of equal states the one with the fewest is
//! kept.

use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::branching::{Inbox, ReceivedBy};
use super::case::CaseOf;
use super::effort::{Halt, Meter, ROOM};
use super::end::{End, EndOf, Explored};
use super::fates::fates;
use super::overheard::Overheard;
use super::received::{Branch, Trace};
use super::script::Script;
use super::space::Space;
use crate::adversary::FaultClass;
use crate::fault::Guarded;
use crate::general::{General, Generals};
use crate::property::Violation;
use crate::protocol::{Round, Seat};
use crate::testable::{Refusal, Terms, Testable, Wire};

/// How lies are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lies {
    /// They are not: is there any attack?
    Free,
    /// Is there an attack of at most so many lies?
    AtMost(u32),
}

/// In the place of a general who is not followed.
const NOT_FOLLOWED: u32 = u32::MAX;

/// Explores one case.
pub(crate) struct Explorer<'a, P: Testable> {
    pub(super) space: &'a Space<'a, P>,
    pub(super) case: &'a CaseOf<P>,
    lies: Lies,
    followed: Generals,
    protocol: Guarded<'a, P>,
    meter: Meter<'a>,
    /// The states, numbered. A traitor whose own run has failed has none.
    states: IndexSet<Option<P::State>, FxBuildHasher>,
    /// What the enemy has overheard, numbered.
    overheard: IndexSet<Overheard, FxBuildHasher>,
    /// By round, the signatures that can still be of use to anybody.
    useful: Vec<Overheard>,
    /// The global states met before, by the round that begins in them, with the lies spent.
    visited: FxHashMap<(Round, Global), u32>,
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

/// What one general can come to, or be brought to decide, each with the fewest lies it takes.
struct Options<P: Testable, T> {
    received: ReceivedBy<P>,
    choices: Vec<(T, u32, Trace)>,
}

/// What each followed general says to each other, by receiver and sender.
pub(super) type Outboxes<M> = Vec<Vec<Option<Vec<M>>>>;

impl<'a, P: Testable> Explorer<'a, P> {
    pub fn new(
        space: &'a Space<'a, P>,
        case: &'a CaseOf<P>,
        lies: Lies,
        meter: Meter<'a>,
    ) -> Explorer<'a, P> {
        let followed = match lies {
            Lies::Free if case.faults.is_byzantine() => space.everybody().minus(case.traitors),
            Lies::Free | Lies::AtMost(_) => space.everybody(),
        };
        let protocol = Guarded::new(space.protocol, &space.terms.values, case.traitors);
        let rounds = if space.is_signed() { space.terms.rounds } else { 0 };
        let useful = (1..=rounds).map(|round| space.useful(round)).collect();
        let (states, overheard, visited) = Default::default();
        Explorer {
            space,
            case,
            lies,
            followed,
            protocol,
            meter,
            states,
            overheard,
            useful,
            visited,
        }
    }

    /// The same with every call made twice, to see whether the answers agree.
    pub fn thorough(self) -> Explorer<'a, P> {
        Explorer { protocol: self.protocol.thorough(), ..self }
    }

    /// Goes through all behaviours of the case.
    pub fn explore(mut self) -> Explored<P> {
        let result = self.begin();
        (self.meter.steps(), result)
    }

    fn begin(&mut self) -> Result<(), EndOf<P>> {
        let mut global = self.nowhere();
        for me in self.followed.iter() {
            let seat = Seat::on(&self.space.terms.graph, me);
            let state = self.protocol.start(seat, self.case.inputs.get(&me))?;
            global.states[me.id()] = self.number(state);
        }
        let made = self.space.made_by(self.case.traitors);
        global.overheard = self.overheard.insert_full(made).0 as u32;
        let spent = self.lies_left(0).map_or(0, |_| self.case.disruptions.len() as u32);
        if self.lies_left(0).is_some_and(|left| spent > left) {
            return Ok(());
        }
        if self.space.terms.rounds > 0 {
            return self.visit(1, &global, spent);
        }
        let mut decided = vec![None; self.space.terms.n()];
        for me in self.deciders().iter() {
            decided[me.id()] = Some(self.protocol.decide(me, self.state(&global, me))?);
        }
        self.judge(&[], &mut decided, 0)
    }

    /// All that can follow when a round begins in this global state, so many lies spent.
    fn visit(&mut self, round: Round, global: &Global, spent: u32) -> Result<(), EndOf<P>> {
        let mut outboxes = self.outboxes(round, global)?;
        let overheard = self.overhear(round, global, &outboxes)?;
        let global = self.disrupt(round, global, overheard, &mut outboxes);
        if self.space.adversary.faults != FaultClass::Crash {
            return self.play(round, &global, outboxes, Generals::NONE, spent);
        }
        let able = self.able_to_crash(&global, &outboxes);
        let most = self.lies_left(spent).map_or(usize::MAX, |left| left as usize);
        for crashes in fates(round, &able, most) {
            let mut outboxes = outboxes.clone();
            for (to, outbox) in self.everybody().zip(&mut outboxes) {
                for crash in &crashes {
                    if crash.silences(Wire { round, from: crash.general, to }) {
                        outbox[crash.general.id()] = Some(Vec::new());
                    }
                }
            }
            let spent = spent + self.lies_left(spent).map_or(0, |_| crashes.len() as u32);
            let crashed = crashes.iter().map(|crash| crash.general).collect();
            self.play(round, &global, outboxes, crashed, spent)
                .map_err(|end| end.after(|| Script { crashes, ..Script::new() }))?;
        }
        Ok(())
    }

    /// All that can follow when this is said in a round, and these generals do not live to see its
    /// end.
    fn play(
        &mut self,
        round: Round,
        global: &Global,
        outboxes: Outboxes<P::Message>,
        crashed: Generals,
        spent: u32,
    ) -> Result<(), EndOf<P>> {
        if round == self.space.terms.rounds {
            return self.end(round, global, outboxes, spent);
        }
        let mut options = Vec::new();
        for (to, honest) in self.everybody().zip(outboxes) {
            if self.followed.minus(crashed).contains(to) {
                let mut received = self.receive(round, to, global, honest, spent)?;
                let branches = std::mem::take(&mut received.branches).into_iter();
                let choices = branches.map(|b| (self.number(b.state), b.lies, b.trace)).collect();
                options.push(Options { received, choices });
            }
        }
        let mut next = self.nowhere();
        (next.overheard, next.said) = (global.overheard, global.said);
        for general in crashed.iter() {
            next.states[general.id()] = self.number(None);
        }
        self.combine(round + 1, &options, &mut next, spent)
    }

    /// Visits every global state made of one choice for each receiver; those that `options` does
    /// not speak of have chosen.
    fn combine(
        &mut self,
        round: Round,
        options: &[Options<P, u32>],
        next: &mut Global,
        spent: u32,
    ) -> Result<(), EndOf<P>> {
        let Some((option, others)) = options.split_first() else {
            let new = self.is_new(round, next, spent)?;
            return if new { self.visit(round, next, spent) } else { Ok(()) };
        };
        for &(state, lies, trace) in &option.choices {
            if self.lies_left(spent).is_none_or(|left| lies <= left) {
                next.states[option.received.to.id()] = state;
                self.combine(round, others, next, spent + lies)
                    .map_err(|end| end.after(|| self.script(&option.received, trace)))?;
            }
        }
        Ok(())
    }

    /// The last round: to which decisions can each loyal lieutenant be brought? (The commander
    /// decides nothing, but it must get through the round as well.)
    fn end(
        &mut self,
        round: Round,
        global: &Global,
        outboxes: Outboxes<P::Message>,
        spent: u32,
    ) -> Result<(), EndOf<P>> {
        let mut options = Vec::new();
        for (to, honest) in self.everybody().zip(outboxes) {
            if self.case.traitors.contains(to) {
                continue;
            }
            let mut received = self.receive(round, to, global, honest, spent)?;
            let mut decisions = IndexMap::<_, _, FxBuildHasher>::default();
            for Branch { state, lies, trace, .. } in std::mem::take(&mut received.branches) {
                self.meter.step()?;
                let decides = self.deciders().contains(to);
                let decision = decides.then(|| self.protocol.decide(to, &state)).transpose();
                let decision = decision
                    .map_err(|fault| End::from(fault).after(|| self.script(&received, trace)))?;
                let fewest = decisions.entry(decision).or_insert((lies, trace));
                if lies < fewest.0 {
                    *fewest = (lies, trace);
                }
            }
            let choices = decisions.into_iter().map(|(value, (lies, trace))| (value, lies, trace));
            options.push(Options { choices: choices.collect(), received });
        }
        let mut decided = vec![None; self.space.terms.n()];
        self.judge(&options, &mut decided, spent)
    }

    /// Looks at every outcome made of one decision of each general.
    fn judge(
        &self,
        options: &[Options<P, Option<P::Value>>],
        decided: &mut [Option<P::Value>],
        spent: u32,
    ) -> Result<(), EndOf<P>> {
        let Some((option, others)) = options.split_first() else {
            let violated = self.case.scene().violated(self.space.terms, decided);
            let violated = violated.map(Violation::Property);
            let found = |violation| Err(End::Found(violation, Box::new(Script::new())));
            return violated.map_or(Ok(()), found);
        };
        for (decision, lies, trace) in &option.choices {
            if self.lies_left(spent).is_none_or(|left| *lies <= left) {
                decided[option.received.to.id()].clone_from(decision);
                self.judge(others, decided, spent + lies)
                    .map_err(|end| end.after(|| self.script(&option.received, *trace)))?;
            }
        }
        Ok(())
    }

    /// What all followed generals say in a round that begins in this global state. What a loyal
    /// one says to anybody, a traitor or not, must be in the repertoire.
    fn outboxes(&self, round: Round, global: &Global) -> Result<Outboxes<P::Message>, EndOf<P>> {
        let says = |from: General, to| {
            if !self.space.terms.graph.has_edge(from, to) || !self.followed.contains(from) {
                return Ok(None);
            }
            let said = self.protocol.send(from, self.state(global, from), round, to)?;
            if !self.case.traitors.contains(from) {
                self.space.describes(Wire { round, from, to }, &said)?;
            }
            Ok(Some(said))
        };
        let outbox = |to| self.everybody().map(|from| says(from, to)).collect();
        self.everybody().map(outbox).collect()
    }

    /// What the enemy can show, of all that is of use to anybody, when it has heard what the loyal
    /// say: each a signature that the speaker makes, or that it could have from its owner.
    fn overhear(
        &mut self,
        round: Round,
        global: &Global,
        outboxes: &Outboxes<P::Message>,
    ) -> Result<u32, EndOf<P>> {
        let Some(useful) = self.useful.get(round - 1) else { return Ok(global.overheard) };
        let before = &self.overheard[global.overheard as usize];
        let mut overheard = before.and(useful);
        for (to, honest) in self.everybody().zip(outboxes) {
            for (from, said) in self.everybody().zip(honest) {
                let loyal = said.iter().filter(|_| !self.case.traitors.contains(from)).flatten();
                let wire = Wire { round, from, to };
                for message in loyal {
                    for &number in self.space.signatures_in(wire, message).iter() {
                        let signed = self.space.signature(number);
                        if signed.by != from && !before.has(number) {
                            let signed = signed.clone();
                            return Err(Refusal::Unheard { wire, signed }.into());
                        }
                        overheard.add(number);
                    }
                }
            }
        }
        Ok(self.overheard.insert_full(overheard).0 as u32)
    }

    /// What one general can come to in a round that begins in this global state.
    fn receive(
        &mut self,
        round: Round,
        to: General,
        global: &Global,
        honest: Vec<Option<Vec<P::Message>>>,
        spent: u32,
    ) -> Result<ReceivedBy<P>, EndOf<P>> {
        let state = self.state(global, to).clone();
        let overdue = self.overdue(round, to, global);
        let (space, lies_left) = (self.space, self.lies_left(spent));
        let overheard = &self.overheard[global.overheard as usize];
        let protocol = &self.protocol;
        let inbox = Inbox { space, protocol, round, to, overdue, lies_left, overheard };
        inbox.received(state, honest, &mut self.meter)
    }

    fn script(&self, received: &ReceivedBy<P>, trace: Trace) -> Script<P::Message> {
        let byzantine = self.space.adversary.faults.is_byzantine();
        let traitors = self
            .space
            .neighbours(received.to)
            .iter()
            .filter(|from| self.case.traitors.contains(*from));
        let speakers = traitors.filter(|_| byzantine);
        received.script(self.space, speakers, trace)
    }

    pub(super) fn everybody(&self) -> impl Iterator<Item = General> + use<P> {
        self.space.everybody().iter()
    }

    /// The loyal who decide.
    fn deciders(&self) -> Generals {
        let Terms { task, .. } = self.space.terms;
        task.deciders(self.space.terms.n()).minus(self.case.traitors)
    }

    fn lies_left(&self, spent: u32) -> Option<u32> {
        match self.lies {
            Lies::Free => None,
            Lies::AtMost(most) => Some(most - spent),
        }
    }

    fn nowhere(&self) -> Global {
        let states = vec![NOT_FOLLOWED; self.space.terms.n()].into();
        Global { states, overheard: 0, said: 0 }
    }

    pub(super) fn state(&self, global: &Global, general: General) -> &Option<P::State> {
        &self.states[global.states[general.id()] as usize]
    }

    fn number(&mut self, state: Option<P::State>) -> u32 {
        self.states.insert_full(state).0 as u32
    }

    /// Whether a global state was not met before in this round with as few lies.
    fn is_new(&mut self, round: Round, global: &Global, spent: u32) -> Result<bool, Halt> {
        self.meter.step()?;
        if self.states.len() + self.visited.len() > ROOM {
            return Err(Halt::Room);
        }
        let before = self.visited.entry((round, global.clone())).or_insert(u32::MAX);
        let new = spent < *before;
        *before = spent.min(*before);
        Ok(new)
    }
}
