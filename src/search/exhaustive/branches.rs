//! The branches of one receiver in one round: the states it came to, and what the adversary did to bring
//! it there.

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

/// What the receiver came to, and how.
pub(crate) struct Branches<'a> {
    pub to: General,
    pub round: Round,
    /// What each general would say to this one as a loyal one, in the order of arrival; nothing is
    /// known of those that are not followed.
    pub honest: &'a [Option<Said>],
    pub branches: Vec<Branch>,
    /// All that was done to it on any branch.
    pub done: Vec<TraceEntry>,
}

/// One state that the receiver can come to.
#[derive(Clone, Copy)]
pub(crate) struct Branch {
    /// Nothing for a traitor whose own run has failed.
    pub state: Option<StateId>,
    /// The smallest number of lies, omissions and changes of the schedule with which it does.
    pub lies: u32,
    /// The last thing that was done, by place in the list of all that was done.
    pub trace: Trace,
    /// The marks of the open slots of the current wire in which something has been said.
    pub used: u64,
    /// The places from which something has arrived already, before its turn.
    pub early: u64,
    /// What is known of the state on the current wire.
    pub row: Option<Row>,
}

/// A place in the list of all that was done, plus one; 0 where nothing was.
pub(crate) type Trace = u32;

/// The enemy did something, after all that it did before.
pub(crate) struct TraceEntry {
    pub before: Trace,
    pub from: General,
    pub action: Action,
}

/// What the enemy did with what one sender says. Candidates of the wire's choices, and what loyalty says, are
/// given by number.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    /// It says a candidate.
    Says(u32),
    /// It says a candidate, which arrives before its turn.
    SaysFirst(u32),
    /// What loyalty says arrives before its turn.
    First(u32),
    /// What loyalty says is not sent.
    Withholds(u32),
    /// What loyalty says does not arrive.
    Loses(u32),
}

impl Branches<'_> {
    /// Adds a branch on which this was done after all that was done on another one.
    pub fn push(&mut self, from: General, action: Action, branch: Branch) {
        self.done.push(TraceEntry { before: branch.trace, from, action });
        let trace = self.done.len() as Trace;
        self.branches.push(Branch { trace, ..branch });
    }

    /// On this branch, this was done.
    pub fn add(&mut self, from: General, action: Action, at: usize) {
        let trace = &mut self.branches[at].trace;
        self.done.push(TraceEntry { before: *trace, from, action });
        *trace = self.done.len() as Trace;
    }

    /// What the enemy did to bring the receiver to where this trace ends.
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

    /// A slot is over. Of equal branches the first is kept, and that shall be one in which
    /// something was said, if `told_first`.
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

    /// Only these branches go on.
    pub fn keep(&mut self, goes_on: impl FnMut(&Branch) -> bool) {
        self.branches.retain(goes_on);
    }

    /// These places have had their turn.
    pub fn forget(&mut self, places: u64) {
        for branch in &mut self.branches {
            branch.early &= !places;
        }
    }

    /// Of equal branches, the first of those with the fewest lies is kept.
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
    /// What its future hangs on.
    fn future(&self) -> (Option<StateId>, u64, u64) {
        (self.state, self.used, self.early)
    }
}
