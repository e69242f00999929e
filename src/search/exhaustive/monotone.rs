//! The last round of a monotone protocol: what a receiver can come to where only the lowest and the
//! highest that can be said to it are gone through, and all strays.

use super::branches::{Action, Branch, Branches};
use super::byzantine_sender::Turn;
use super::memo::{Memo, MemoOf};
use super::receiving::{BranchesOf, PlaceBits, Receiver};
use crate::general::{General, Generals};
use crate::search::budget::StepBudget;
use crate::search::choices::wire_choices::Candidate;
use crate::search::outcome::{SearchOutcome, SearchOutcomeOf};
use crate::testable::{Testable, Wire};

/// An end of what can stand in a slot.
#[derive(Clone, Copy)]
enum Extreme {
    Lowest,
    Highest,
}

impl Extreme {
    fn is<M>(self, candidate: &Candidate<M>) -> bool {
        match self {
            Extreme::Lowest => candidate.opens,
            Extreme::Highest => candidate.closes,
        }
    }
}

impl<P: Testable> Receiver<'_, P> {
    /// What all say in turn, twice: once all traitors say the lowest in each slot, and once all say the
    /// highest. Whoever comes before the first of them is heard once.
    pub(super) fn hear_extremes(
        &self,
        senders: Generals,
        received: &mut BranchesOf<'_, P>,
        memo: &mut MemoOf<P>,
        budget: &mut StepBudget<'_>,
    ) -> Result<(), SearchOutcomeOf<P>> {
        let free = senders.iter().find(|from| self.is_free(*from));
        let before = free.map_or(senders, |free| senders.below(free));
        for from in before.iter() {
            self.hear_honest(from, PlaceBits::NONE, received, budget)?;
        }
        if free.is_none() {
            return Ok(());
        }
        let Branches { branches, pool, .. } = received;
        let copy = |branch: &Branch<_>| Branch { state: pool.copy(&branch.state), ..*branch };
        let mut start = branches.iter().map(copy).collect();
        let mut ends = Vec::new();
        for extreme in [Extreme::Lowest, Extreme::Highest] {
            for from in senders.minus(before).iter() {
                if self.is_free(from) {
                    self.hear_extreme(from, extreme, received, memo, budget)?;
                } else {
                    self.hear_honest(from, PlaceBits::NONE, received, budget)?;
                }
            }
            ends.append(&mut received.branches);
            // The second time it begins where the first began.
            std::mem::swap(&mut received.branches, &mut start);
        }
        received.branches = ends;
        Ok(())
    }

    /// What a traitor says in its turn: this extreme in each slot, and any stray.
    fn hear_extreme(
        &self,
        from: General,
        extreme: Extreme,
        received: &mut BranchesOf<'_, P>,
        memo: &mut MemoOf<P>,
        budget: &mut StepBudget<'_>,
    ) -> Result<(), SearchOutcomeOf<P>> {
        let wire = Wire { round: self.round, from, to: self.to };
        let wire_choices = self.space.wire_choices(wire);
        let Memo { ignored, sayable, .. } = memo;
        let turn = self.turn(
            wire,
            wire_choices,
            sayable.on(wire, wire_choices, self.overheard),
            received,
        )?;
        let before = received.branches.len();
        // What strays change nothing is worth remembering where there are any.
        let remembers = self.merges && wire_choices.stray().is_some();
        ignored.make_room();
        for Branch { state, met, .. } in &mut received.branches {
            let noted = remembers.then(|| ignored.meet(wire, state, wire_choices.candidates.len()));
            *met = noted.flatten();
        }
        for (first, stretch) in wire_choices.stretches() {
            let Candidate { slot, mark, .. } = stretch[0];
            if wire_choices.stray() == Some(slot) {
                self.hear_stretch(&turn, 0, (first, stretch), received, ignored, budget)?;
                if stretch.last().is_some_and(|candidate| candidate.closes) {
                    received.close(mark, 0, true, false);
                }
            } else if let Some(place) = stretch.iter().position(|said| extreme.is(said)) {
                for at in 0..received.branches.len() {
                    budget.step()?;
                    self.say(&turn, first + place, at, received)?;
                    let Branch { state, met, .. } = &mut received.branches[at];
                    *met = ignored.follow(*met, state);
                }
            }
        }
        if received.branches.len() > before {
            self.merge(received);
        }
        Ok(())
    }

    /// A candidate is heard on a branch, whatever comes of it.
    fn say(
        &self,
        turn: &Turn<'_, P>,
        number: usize,
        at: usize,
        received: &mut BranchesOf<'_, P>,
    ) -> Result<(), SearchOutcomeOf<P>> {
        let Wire { round, from, to } = turn.wire;
        let message = &turn.wire_choices.candidates[number].message;
        let heard =
            self.protocol.receive(to, &mut received.branches[at].state, round, from, message);
        heard.map_err(|fault| {
            SearchOutcome::from(fault).after(|| self.cut_short(received, at, turn, number))
        })?;
        received.add(from, Action::Says(number as u32), at);
        Ok(())
    }
}
