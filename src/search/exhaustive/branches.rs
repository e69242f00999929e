//! The branches of one receiver in one round: the states that it can reach, and what the adversary does to bring it
//! there.

use std::hash::BuildHasher;

use hashbrown::hash_table::{Entry, HashTable};
use rustc_hash::FxBuildHasher;

use super::memo::Row;
use crate::general::General;
use crate::machine::{Said, StateId};
use crate::protocol::Round;
use crate::schedule::{Arrival, Shift};
use crate::search::choices::space::Space;
use crate::search::decisions::{Decisions, SlotChoices};
use crate::testable::Wire;

/// The states that a receiver reached, and how.
pub(crate) struct Branches<'a> {
    pub to: General,
    pub round: Round,
    /// What each general would say to this one if it were loyal, in the order of arrival; `None` for generals who are
    /// not followed.
    pub honest: &'a [Option<Said>],
    pub branches: Vec<Branch>,
    /// Everything that the adversary did, on any branch.
    pub done: Vec<TraceEntry>,
}

/// One state that the receiver can reach.
#[derive(Clone, Copy)]
pub(crate) struct Branch {
    /// `None` for a traitor whose own run has failed.
    pub state: Option<StateId>,
    /// The fewest lies, omissions and changes of the schedule that lead to it.
    pub lies: u32,
    /// The last thing that the adversary did, by place in the list of all that it did.
    pub trace: Trace,
    /// The marks of the open slots of the current wire in which something has been said.
    pub used: u64,
    /// The places from which something has arrived already, before its turn.
    pub early: u64,
    /// What is known of the state on the current wire.
    pub row: Option<Row>,
}

/// A place in the list of all that the adversary did, plus one; 0 if it did nothing.
pub(crate) type Trace = u32;

/// One action of the adversary, and the trace before it.
pub(crate) struct TraceEntry {
    pub before: Trace,
    pub from: General,
    pub action: Action,
}

/// What the adversary did with what one sender says. Candidates of the wire's choices, and honest messages (those that
/// a loyal general would send), are given by number.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    /// The sender says a candidate.
    Says(u32),
    /// The sender says a candidate, which arrives before its turn.
    SaysFirst(u32),
    /// An honest message arrives before its turn.
    First(u32),
    /// An honest message is not sent.
    Withholds(u32),
    /// An honest message does not arrive.
    Loses(u32),
}

impl Branches<'_> {
    /// Adds a branch that continues another one with this action.
    pub fn push(&mut self, from: General, action: Action, branch: Branch) {
        self.done.push(TraceEntry { before: branch.trace, from, action });
        let trace = self.done.len() as Trace;
        self.branches.push(Branch { trace, ..branch });
    }

    /// Adds this action to a branch.
    pub fn add(&mut self, from: General, action: Action, at: usize) {
        let trace = &mut self.branches[at].trace;
        self.done.push(TraceEntry { before: *trace, from, action });
        *trace = self.done.len() as Trace;
    }

    /// The decisions of the adversary that bring the receiver to where this trace ends.
    pub fn decisions(
        &self,
        space: &Space<'_>,
        speakers: impl Iterator<Item = General>,
        trace: Trace,
    ) -> Decisions {
        let Branches { to, round, done, .. } = self;
        let wire = |from| Wire { round: *round, from, to: *to };
        let silent = |from| (wire(from), vec![None; space.wire_choices(wire(from)).slots()]);
        let mut decisions =
            Decisions { spoken: speakers.map(silent).collect(), ..Decisions::new() };
        let mut trace = trace;
        while let Some(place) = trace.checked_sub(1) {
            let TraceEntry { before, from, action } = done[place as usize];
            self.enact(space, wire(from), action, &mut decisions);
            trace = before;
        }
        decisions.withheld.reverse();
        decisions.shifts.reverse();
        decisions
    }

    /// Writes an action into decisions, after those that are there.
    pub fn enact(&self, space: &Space<'_>, wire: Wire, action: Action, decisions: &mut Decisions) {
        let honest = |number: u32| {
            let honest = self.honest[wire.from.id()].as_deref();
            honest.expect("only of those who are followed it is told")[number as usize]
        };
        let shift = |message, arrival| Shift { wire, message, arrival };
        match action {
            Action::Says(number) | Action::SaysFirst(number) => {
                let candidate = &space.wire_choices(wire).candidates[number as usize];
                let message = candidate.message;
                if let Action::SaysFirst(_) = action {
                    decisions.shifts.push(shift(message, Arrival::First));
                }
                let spoken: &mut SlotChoices =
                    decisions.spoken.get_mut(&wire).expect("only traitors speak");
                spoken[candidate.slot] = Some(message);
            }
            Action::First(number) => decisions.shifts.push(shift(honest(number), Arrival::First)),
            Action::Loses(number) => decisions.shifts.push(shift(honest(number), Arrival::Never)),
            Action::Withholds(number) => decisions.withheld.push((wire, honest(number))),
        }
    }

    /// Ends a slot. Of equal branches the first one is kept; with `told_first`, branches on which something was said
    /// come first.
    pub fn close(&mut self, mark: u64, place: u64, optional: bool, told_first: bool) {
        let spoken = |branch: &Branch| branch.used & mark != 0 || branch.early & place != 0;
        if !optional {
            self.keep(spoken);
        }
        if told_first {
            self.branches.sort_by_key(|branch| !spoken(branch));
        }
        for branch in &mut self.branches {
            branch.used &= !mark;
        }
    }

    /// Keeps only the branches that go on.
    pub fn keep(&mut self, goes_on: impl FnMut(&Branch) -> bool) {
        self.branches.retain(goes_on);
    }

    /// Marks these places as having had their turn.
    pub fn forget(&mut self, places: u64) {
        for branch in &mut self.branches {
            branch.early &= !places;
        }
    }

    /// Of equal branches, keeps the first of those with the fewest lies.
    pub fn merge(&mut self) {
        if self.branches.len() < 2 {
            return;
        }
        let branches = &mut self.branches;
        let hash = |branch: &Branch| FxBuildHasher.hash_one(branch.future());
        let mut firsts = HashTable::<usize>::with_capacity(branches.len());
        let mut kept = 0;
        for at in 0..branches.len() {
            let branch = &branches[at];
            let first = firsts.entry(
                hash(branch),
                |first| branches[*first].future() == branch.future(),
                |first| hash(&branches[*first]),
            );
            match first {
                Entry::Vacant(entry) => {
                    entry.insert(kept);
                    branches.swap(kept, at);
                    kept += 1;
                }
                Entry::Occupied(entry) => {
                    let (first, lies, trace) = (*entry.get(), branch.lies, branch.trace);
                    if lies < branches[first].lies {
                        (branches[first].lies, branches[first].trace) = (lies, trace);
                    }
                }
            }
        }
        self.branches.truncate(kept);
    }
}

impl Branch {
    /// What the branch's future depends on.
    fn future(&self) -> (Option<StateId>, u64, u64) {
        (self.state, self.used, self.early)
    }
}
