//! A walk through all that traitors do to keep all undecided for ever: from a way in which a phase begins to those
//! that come again and again, and through them until each has been met with both faces of the coin.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::protocol::events::{FACES, Face};

/// By vector, which one is carried after each face of the coin.
pub(super) type NextVectors = BTreeMap<usize, [usize; 2]>;

/// A vector, and what the coin shows in the phase that begins with it.
pub(super) type WalkTurn = (usize, Face);

/// The turns from this vector on, and the number of those before the cycle. The last leads back to a vector of it.
pub(super) fn walk(next: &NextVectors, from: usize) -> (Vec<WalkTurn>, usize) {
    // From a vector of the cycle nothing leads out of it.
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

/// All vectors that are carried after this one, and itself.
fn reached(next: &NextVectors, from: usize) -> BTreeSet<usize> {
    let (mut reached, mut left) = (BTreeSet::from([from]), vec![from]);
    while let Some(at) = left.pop() {
        left.extend(next[&at].iter().copied().filter(|other| reached.insert(*other)));
    }
    reached
}

/// The fewest turns from a vector that end with one like this; none if there is none.
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
