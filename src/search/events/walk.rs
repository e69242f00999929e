//! Walks through everything that traitors do to keep everybody undecided for ever: from one vector to those that come
//! again and again, and through these until each has been met with both faces of the coin.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::protocol::events::{FACES, Face};

/// By vector: which vector is carried after each face of the coin.
pub(super) type NextVectors = BTreeMap<usize, [usize; 2]>;

/// A vector, and what the coin shows in the phase that begins with it.
pub(super) type WalkTurn = (usize, Face);

/// The turns from this vector on, and the number of turns before the cycle. The last turn leads back to a vector of the
/// cycle.
pub(super) fn walk(next: &NextVectors, from: usize) -> (Vec<WalkTurn>, usize) {
    // A vector is in the cycle if nothing leads out of what it leads to.
    let comes_back =
        |at: usize| reached(next, at).iter().all(|other| reached(next, *other).contains(&at));
    let mut turns = path(next, from, |(at, _)| comes_back(at));
    turns.pop();
    let stem = turns.len();
    let begins = turns.last().map_or(from, |(at, face)| next[at][usize::from(*face)]);
    let (mut at, mut met) = (begins, BTreeSet::new());
    loop {
        let part = path(next, at, |turn| !met.contains(&turn));
        let Some((last, face)) = part.last().copied() else { return (turns, stem) };
        met.extend(part.iter().copied());
        turns.extend(part);
        at = next[&last][usize::from(face)];
    }
}

/// This vector, and all that are carried after it.
fn reached(next: &NextVectors, from: usize) -> BTreeSet<usize> {
    let (mut reached, mut left) = (BTreeSet::from([from]), vec![from]);
    while let Some(at) = left.pop() {
        left.extend(next[&at].iter().copied().filter(|other| reached.insert(*other)));
    }
    reached
}

/// The fewest turns from a vector that end with a turn like this; empty if there are none.
fn path(next: &NextVectors, from: usize, is_last: impl Fn(WalkTurn) -> bool) -> Vec<WalkTurn> {
    let (mut left, mut seen) = (VecDeque::from([(from, Vec::new())]), BTreeSet::from([from]));
    while let Some((at, turns)) = left.pop_front() {
        for face in FACES {
            let mut turns: Vec<WalkTurn> = turns.clone();
            turns.push((at, face));
            if is_last((at, face)) {
                return turns;
            }
            let then = next[&at][usize::from(face)];
            if seen.insert(then) {
                left.push_back((then, turns));
            }
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_turn_of_the_cycle_is_met() {
        let alone = BTreeMap::from([(0, [0, 0])]);
        assert_eq!(walk(&alone, 0), (vec![(0, 0), (0, 1)], 0));
        let two = BTreeMap::from([(0, [0, 12]), (12, [0, 12])]);
        assert_eq!(walk(&two, 0), (vec![(0, 0), (0, 1), (12, 0), (0, 1), (12, 1)], 0));
        let stem = BTreeMap::from([(0, [0, 1]), (1, [2, 2]), (2, [1, 2])]);
        assert_eq!(walk(&stem, 0), (vec![(0, 1), (1, 0), (2, 0), (1, 1), (2, 1)], 1));
    }
}
