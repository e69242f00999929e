//! The last round of a monotone protocol: what a receiver can reach if only the lowest and the highest messages of each
//! slot are tried, and all strays.

use super::branches::{Action, Branches};
use super::byzantine_sender::Turn;
use super::receiving::{PlaceBits, Receiver};
use super::thread::Thread;
use crate::general::{General, Generals};
use crate::search::choices::wire_choices::Candidate;
use crate::search::outcome::SearchOutcome;
use crate::testable::Wire;

/// The lowest or the highest message of a slot.
#[derive(Clone, Copy)]
enum Extreme {
    Lowest,
    Highest,
}

impl Extreme {
    fn is(self, candidate: &Candidate) -> bool {
        match self {
            Extreme::Lowest => candidate.opens,
            Extreme::Highest => candidate.closes,
        }
    }
}

impl Receiver<'_> {
    /// Everything that is said in turn, twice: once with all traitors saying the lowest message of each slot, and once
    /// the highest. The senders before the first traitor are heard only once.
    pub(super) fn hear_extremes(
        &self,
        senders: Generals,
        received: &mut Branches<'_>,
        thread: &mut Thread<'_>,
    ) -> Result<(), SearchOutcome> {
        let free = senders.iter().find(|from| self.is_free(*from));
        let before = free.map_or(senders, |free| senders.below(free));
        for from in before.iter() {
            self.hear_honest(from, PlaceBits::NONE, received, thread)?;
        }
        if free.is_none() {
            return Ok(());
        }
        let mut start = received.branches.clone();
        let mut ends = Vec::new();
        for extreme in [Extreme::Lowest, Extreme::Highest] {
            for from in senders.minus(before).iter() {
                if self.is_free(from) {
                    self.hear_extreme(from, extreme, received, thread)?;
                } else {
                    self.hear_honest(from, PlaceBits::NONE, received, thread)?;
                }
            }
            ends.append(&mut received.branches);
            // The second time begins where the first one began.
            std::mem::swap(&mut received.branches, &mut start);
        }
        received.branches = ends;
        Ok(())
    }

    /// What a traitor says in its turn: this extreme of each slot, and any stray.
    fn hear_extreme(
        &self,
        from: General,
        extreme: Extreme,
        received: &mut Branches<'_>,
        thread: &mut Thread<'_>,
    ) -> Result<(), SearchOutcome> {
        let wire = Wire { round: self.round, from, to: self.to };
        let wire_choices = self.space.wire_choices(wire);
        let sayable = thread.memo.sayable.on(wire, wire_choices, self.overheard);
        let turn = self.turn(wire, wire_choices, sayable, received, thread);
        let before = received.branches.len();
        let rows = &mut thread.memo.rows;
        rows.make_room();
        for branch in received.branches.iter_mut().filter(|_| self.merges) {
            let row = |state| rows.meet(wire, state, wire_choices.candidates.len());
            branch.row = branch.state.and_then(row);
        }
        for (first, stretch) in wire_choices.stretches() {
            let Candidate { slot, mark, .. } = stretch[0];
            if wire_choices.stray() == Some(slot) {
                self.hear_stretch(&turn, 0, (first, stretch), received, thread)?;
                if stretch.last().is_some_and(|candidate| candidate.closes) {
                    received.close(mark, 0, true, false);
                }
            } else if let Some(place) = stretch.iter().position(|said| extreme.is(said)) {
                for at in 0..received.branches.len() {
                    thread.budget.step()?;
                    self.say(&turn, first + place, at, received, thread)?;
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
        turn: &Turn<'_>,
        number: usize,
        at: usize,
        received: &mut Branches<'_>,
        thread: &mut Thread<'_>,
    ) -> Result<(), SearchOutcome> {
        let Wire { round, from, to } = turn.wire;
        let branch = received.branches[at];
        let rows = &mut thread.memo.rows;
        let state = match (rows.next(branch.row, number), branch.state) {
            (Some(known), _) => Some(known),
            (None, None) => None,
            (None, Some(state)) => {
                let message = turn.wire_choices.candidates[number].message;
                let heard = thread.worker.receive_anew(to, state, round, from, message);
                heard.map_err(|fault| {
                    let cut_short = || self.cut_short(received, at, turn, number);
                    SearchOutcome::from(fault).after(cut_short)
                })?
            }
        };
        let changed = state != branch.state;
        if let Some(state) = state {
            rows.learn(branch.row, number, state, changed);
            if changed {
                received.branches[at].row = rows.follow(branch.row, state);
            }
        }
        received.branches[at].state = state;
        received.add(from, Action::Says(number as u32), at);
        Ok(())
    }
}
