//! The phase queen: consensus on a bit among n > 4f generals, up to f of whom are traitors. Berman
//! and Garay, "Asymptotically optimal distributed consensus", ICALP 1989; as told by Attiya and
//! Welch, "Distributed Computing" (2004), section 5.2.5.
//!
//! There are f + 1 phases, each with a queen of its own and two rounds. In the first round all tell
//! what they prefer, and each takes what most say. In the second the queen tells what she has taken.
//! Whoever had a large majority keeps what it has, and all others do as the queen says.

use std::collections::BTreeMap;

use turncoat::{General, Lockstep, Round, Seat};

/// The phase queen against so many traitors.
#[derive(Clone, Debug)]
pub struct PhaseQueen {
    f: usize,
    discounted: usize,
}

impl PhaseQueen {
    /// The algorithm.
    pub fn new(f: usize) -> PhaseQueen {
        PhaseQueen { f, discounted: f }
    }

    /// The same with a bug: a bare majority is taken for a large one, as if there were no traitors
    /// among those who made it.
    pub fn hasty(f: usize) -> PhaseQueen {
        PhaseQueen { f, discounted: 0 }
    }

    /// More than half of all, without those who may be traitors: then every loyal general has seen
    /// the same majority.
    fn is_large(&self, votes: usize, n: usize) -> bool {
        votes > n / 2 + self.discounted
    }
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct State {
    seat: Seat,
    /// What it prefers.
    bit: bool,
    /// What each has told to prefer in this phase.
    told: BTreeMap<General, bool>,
    /// How many preferred the same in this phase.
    votes: usize,
    /// What the queen has told in this phase.
    queen: Option<bool>,
}

fn queen(round: Round) -> General {
    General::new((round - 1) / 2)
}

fn is_first(round: Round) -> bool {
    round % 2 == 1
}

impl Lockstep for PhaseQueen {
    type Value = bool;
    type Decision = bool;
    type Message = bool;
    type State = State;

    fn rounds(&self, _n: usize) -> usize {
        2 * (self.f + 1)
    }

    fn start(&self, seat: Seat, input: Option<&bool>) -> State {
        let bit = input.copied().unwrap_or(false);
        State { seat, bit, told: BTreeMap::new(), votes: 0, queen: None }
    }

    fn send(&self, state: &State, round: Round, _to: General) -> impl IntoIterator<Item = bool> {
        (is_first(round) || queen(round) == state.seat.me).then_some(state.bit)
    }

    fn receive(&self, state: &mut State, round: Round, from: General, bit: &bool) {
        if is_first(round) {
            state.told.entry(from).or_insert(*bit);
        } else if from == queen(round) {
            state.queen.get_or_insert(*bit);
        }
    }

    fn end_round(&self, state: &mut State, round: Round) {
        let State { seat, bit, told, votes, queen: told_by_queen } = state;
        if is_first(round) {
            told.insert(seat.me, *bit);
            let ones = told.values().filter(|bit| **bit).count();
            let zeros = told.len() - ones;
            *bit = ones > zeros;
            *votes = ones.max(zeros);
            told.clear();
        } else {
            let order = told_by_queen.take().unwrap_or(false);
            if !self.is_large(*votes, seat.n) && queen(round) != seat.me {
                *bit = order;
            }
            *votes = 0;
        }
    }

    fn decide(&self, state: &State) -> Option<bool> {
        Some(state.bit)
    }
}

#[cfg(test)]
mod agreement;
