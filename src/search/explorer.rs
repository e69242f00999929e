//! The exhaustive engine: every behaviour of the traitors in one case, depth first.
//!
//! A general's next state depends on its own inbox alone, so the successors of a global state are
//! a product of each receiver's successors (`branching` finds those), and in the last round no
//! product of states is needed, only of the decisions to which each loyal general can be brought.
//! Global states that were met before in the same round are not gone through again.
//!
//! It runs in two ways. With free lies only the loyal are followed. With priced lies traitors are
//! followed too, because a lie is counted against what loyalty would have said; then no more than
//! a given number of lies is spent, and of equal states the one with the fewest lies is kept.

use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::branching::{Branch, Inbox, Received, Trace};
use super::effort::{Halt, Meter, ROOM};
use super::end::{End, EndOf, Explored};
use super::script::Script;
use super::space::{Case, Space};
use crate::fault::Guarded;
use crate::general::{General, Generals};
use crate::property::{Outcome, Property, Violation};
use crate::protocol::{Round, Seat};
use crate::testable::Testable;

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

/// Explores one case. A global state has, for each general, the number of its state.
pub(crate) struct Explorer<'a, P: Testable> {
    space: &'a Space<'a, P>,
    case: &'a Case<P::Value>,
    lies: Lies,
    followed: Generals,
    protocol: Guarded<'a, P>,
    meter: Meter<'a>,
    states: IndexSet<P::State, FxBuildHasher>,
    /// The global states met before, by the round that begins in them, with the lies spent.
    visited: FxHashMap<(Round, Box<[u32]>), u32>,
}

/// What one general can come to, or be brought to decide, each with the fewest lies it takes.
struct Options<S, T> {
    received: Received<S>,
    choices: Vec<(T, u32, Trace)>,
}

impl<'a, P: Testable> Explorer<'a, P> {
    pub fn new(
        space: &'a Space<'a, P>,
        case: &'a Case<P::Value>,
        lies: Lies,
        meter: Meter<'a>,
    ) -> Explorer<'a, P> {
        let followed = match lies {
            Lies::Free => space.everybody().minus(case.traitors),
            Lies::AtMost(_) => space.everybody(),
        };
        let protocol = Guarded::new(space.protocol, &space.terms.values);
        let (states, visited) = (IndexSet::default(), FxHashMap::default());
        Explorer { space, case, lies, followed, protocol, meter, states, visited }
    }

    /// Goes through all behaviours of the case.
    pub fn explore(mut self) -> Explored<P> {
        let result = self.begin();
        (self.meter.steps(), result)
    }

    fn begin(&mut self) -> Result<(), EndOf<P>> {
        let mut global = vec![NOT_FOLLOWED; self.space.terms.n];
        for me in self.followed.iter() {
            let seat = Seat::new(me, self.space.terms.n);
            let state = self.protocol.start(seat, self.case.inputs.get(&me))?;
            global[me.id()] = self.number(state);
        }
        if self.space.terms.rounds == 0 {
            self.end(0, &global, 0)
        } else {
            self.visit(1, &global, 0)
        }
    }

    /// All that can follow when a round begins in this global state, so many lies spent.
    fn visit(&mut self, round: Round, global: &[u32], spent: u32) -> Result<(), EndOf<P>> {
        if round == self.space.terms.rounds {
            return self.end(round, global, spent);
        }
        let mut options = Vec::new();
        for to in self.followed.iter() {
            let mut received = self.receive(round, to, global, spent)?;
            let branches = std::mem::take(&mut received.branches).into_iter();
            let choices = branches.map(|b| (self.number(b.state), b.lies, b.trace)).collect();
            options.push(Options { received, choices });
        }
        let mut next = vec![NOT_FOLLOWED; self.space.terms.n];
        self.combine(round + 1, &options, &mut next, spent)
    }

    /// Visits every global state made of one choice for each receiver; those that `options` does
    /// not speak of have chosen.
    fn combine(
        &mut self,
        round: Round,
        options: &[Options<P::State, u32>],
        next: &mut [u32],
        spent: u32,
    ) -> Result<(), EndOf<P>> {
        let Some((option, others)) = options.split_first() else {
            return if self.is_new(round, next, spent)? {
                self.visit(round, next, spent)
            } else {
                Ok(())
            };
        };
        for &(state, lies, trace) in &option.choices {
            if self.lies_left(spent).is_none_or(|left| lies <= left) {
                next[option.received.to.id()] = state;
                self.combine(round, others, next, spent + lies)
                    .map_err(|end| end.after(|| self.script(&option.received, trace)))?;
            }
        }
        Ok(())
    }

    /// The last round: to which decisions can each loyal lieutenant be brought?
    fn end(&mut self, round: Round, global: &[u32], spent: u32) -> Result<(), EndOf<P>> {
        let mut options = Vec::new();
        for to in self.followed.minus(self.case.traitors).without(General::COMMANDER).iter() {
            let mut received = self.receive(round, to, global, spent)?;
            let mut decisions = IndexMap::<_, _, FxBuildHasher>::default();
            for Branch { state, lies, trace, .. } in std::mem::take(&mut received.branches) {
                self.meter.step()?;
                let decision = self.protocol.decide(to, &state);
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
        let mut decided = vec![None; self.space.terms.n];
        self.judge(&options, &mut decided, spent)
    }

    /// Looks at every outcome made of one decision of each general.
    fn judge(
        &self,
        options: &[Options<P::State, P::Value>],
        decided: &mut [Option<P::Value>],
        spent: u32,
    ) -> Result<(), EndOf<P>> {
        let Some((option, others)) = options.split_first() else {
            let Case { traitors, inputs } = self.case;
            let outcome = Outcome { traitors: *traitors, inputs, decisions: decided };
            let violated = Property::violated(&outcome).map(Violation::Property);
            return violated.map_or(Ok(()), |violation| Err(End::Found(violation, Script::new())));
        };
        for (decision, lies, trace) in &option.choices {
            if self.lies_left(spent).is_none_or(|left| *lies <= left) {
                decided[option.received.to.id()] = Some(decision.clone());
                self.judge(others, decided, spent + lies)
                    .map_err(|end| end.after(|| self.script(&option.received, *trace)))?;
            }
        }
        Ok(())
    }

    /// What one general can come to in a round that begins in this global state.
    fn receive(
        &mut self,
        round: Round,
        to: General,
        global: &[u32],
        spent: u32,
    ) -> Result<Received<P::State>, EndOf<P>> {
        let state = |general: General| &self.states[global[general.id()] as usize];
        if round == 0 {
            return Ok(Received::nothing(round, to, state(to).clone()));
        }
        let says = |from| {
            let follows = from != to && self.followed.contains(from);
            follows.then(|| self.protocol.send(from, state(from), round, to)).transpose()
        };
        let honest = self.space.everybody().iter().map(says).collect::<Result<_, _>>()?;
        let inbox = Inbox {
            space: self.space,
            protocol: &self.protocol,
            traitors: self.case.traitors,
            round,
            to,
            honest,
            lies_left: self.lies_left(spent),
        };
        inbox.received(state(to).clone(), &mut self.meter)
    }

    fn script(&self, received: &Received<P::State>, trace: Trace) -> Script<P::Message> {
        received.script(self.space, self.case.traitors, trace)
    }

    fn lies_left(&self, spent: u32) -> Option<u32> {
        match self.lies {
            Lies::Free => None,
            Lies::AtMost(most) => Some(most - spent),
        }
    }

    fn number(&mut self, state: P::State) -> u32 {
        self.states.insert_full(state).0 as u32
    }

    /// Whether a global state was not met before in this round with as few lies.
    fn is_new(&mut self, round: Round, global: &[u32], spent: u32) -> Result<bool, Halt> {
        self.meter.step()?;
        if self.states.len() + self.visited.len() > ROOM {
            return Err(Halt::Room);
        }
        let before = self.visited.entry((round, global.into())).or_insert(u32::MAX);
        let new = spent < *before;
        *before = spent.min(*before);
        Ok(new)
    }
}
