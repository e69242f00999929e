//! The phase queen: consensus on a bit among n > 4f generals, up to f of whom are traitors. Berman and Garay,
//! "Asymptotically optimal distributed consensus", ICALP 1989; as presented by Attiya and Welch, "Distributed
//! Computing" (2004), section 5.2.5.
//!
//! There are f + 1 phases, each with its own queen and two rounds. In the first round every general sends its
//! preference, and adopts what most generals sent. In the second round the queen sends the preference that she adopted.
//! A general that saw a large majority keeps its own, and all others adopt the queen's.

use std::collections::BTreeMap;

use turncoat::{General, Lockstep, Round, Seat};

/// The phase queen against up to f traitors.
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

    /// The algorithm with a bug: it takes a bare majority for a large one, as if no traitor could be part of it.
    pub fn hasty(f: usize) -> PhaseQueen {
        PhaseQueen { f, discounted: 0 }
    }

    /// Whether these votes are a majority even without those of f traitors: then every loyal general has seen the same
    /// majority.
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
    /// What each general said that it prefers in this phase.
    told: BTreeMap<General, bool>,
    /// How many generals sent the preference that it adopted in this phase.
    votes: usize,
    /// What the queen sent in this phase.
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
