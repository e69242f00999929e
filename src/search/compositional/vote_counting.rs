//! Vote counting: the cheapest way to give every loyal general as many votes for the second value as it must have. Each
//! relay lets some number of the loyal hear the second value from it.
//!
//! Relay by relay, we add up what each spends of the [flow bounds](FlowBound) of sets of classes. A partial way is
//! dropped if another has spent no more and is no dearer. What a relay spends is convex in the number of generals who
//! hear it: so two relays of a kind spend no more if their numbers move closer together, and where that is no dearer,
//! numbers further apart need not be tried.

use std::cmp::Reverse;

use super::flow_bounds::{FLOW_BOUNDS, FlowBound, set_flow_bounds, without_the_settled};
use super::outcomes::bits;
use super::vote_classes::{Class, Voters};
use crate::search::progress::Halt;

/// The most partial ways of voting that are held at a time.
const MOST_WAYS: usize = 1 << 20;

/// The votes so far, in one of the ways that are worth continuing.
#[derive(Clone, Copy, Debug)]
struct Partial {
    /// What is spent of each bound, beyond what cannot be avoided.
    spent: [i16; FLOW_BOUNDS],
    price: u64,
    /// The numbers of generals that may hear the next relay, as bits, if it is of the same kind.
    next: u64,
    /// The way that this one extends, and how many generals heard the second value from the last relay.
    last: (usize, usize),
}

/// Counts votes on one subtree after another, in the same memory.
#[derive(Default)]
pub(super) struct VoteCounting {
    flow_bounds: Vec<FlowBound>,
    /// The ways of voting of no relays, then of the first, of the first two, and so on, among relays that have a
    /// choice.
    partial: Vec<Partial>,
    /// The kind of each of those relays.
    choosing: Vec<usize>,
}

impl VoteCounting {
    /// The price of the cheapest way to satisfy every class, if it is below `bound`.
    ///
    /// # Errors
    ///
    /// There are too many ways to hold them all.
    pub fn cheapest(
        &mut self,
        classes: &[Class],
        voters: &[Voters<'_>],
        mut bound: u64,
        steps: &mut u64,
    ) -> Result<Option<u64>, Halt> {
        *steps += 1;
        self.partial.clear();
        self.choosing.clear();
        let least = voters.iter().map(|kind| kind.number as u64 * kind.outcomes.cheapest).sum();
        if least >= bound {
            return Ok(None);
        }
        let Some((classes, choosing)) = without_the_settled(classes, voters) else {
            return Ok(None);
        };
        if !set_flow_bounds(&mut self.flow_bounds, &classes, &choosing) {
            return Ok(None);
        }
        let spent = [0; FLOW_BOUNDS];
        self.partial.push(Partial { spent, price: least, next: 0, last: (0, 0) });
        let mut before = 0;
        for (place, &(kind, Voters { number, outcomes, .. })) in choosing.iter().enumerate() {
            for relay in 0..number {
                let (begins, ends) = (relay == 0, relay + 1 == number);
                let is_last = ends && place + 1 == choosing.len();
                self.choosing.push(kind);
                for flow_bound in &mut self.flow_bounds {
                    flow_bound.left -= flow_bound.spends[place].can;
                }
                let now = self.partial.len();
                for from in before..now {
                    let next = if begins { outcomes.possible } else { self.partial[from].next };
                    for heard in bits(next) {
                        let more = outcomes.prices[heard] - outcomes.cheapest;
                        let price = self.partial[from].price + more;
                        if price >= bound {
                            continue;
                        }
                        let next = if ends { 0 } else { next & outcomes.beside[heard] };
                        let last = (from, heard);
                        self.partial.push(Partial { price, next, last, ..self.partial[from] });
                        if !self.spend(place, heard) {
                            self.partial.pop();
                            continue;
                        }
                        // Of complete ways, only cheaper ones are of interest from now on.
                        bound = if is_last { price } else { bound };
                    }
                }
                let ways = self.partial.len() - now;
                *steps += ways as u64;
                match ways {
                    0 => return Ok(None),
                    MOST_WAYS.. => return Err(Halt::Room),
                    _ if is_last => {}
                    _ => keep_undominated(&mut self.partial, now),
                }
                before = now;
            }
        }
        Ok(self.partial.last().map(|cheapest| cheapest.price))
    }

    /// Adds to the last way what one more relay of this kind spends if `heard` generals hear it. Returns whether all
    /// bounds still hold.
    fn spend(&mut self, kind: usize, heard: usize) -> bool {
        let VoteCounting { flow_bounds, partial, .. } = self;
        let Partial { spent, .. } = partial.last_mut().expect("one was added");
        flow_bounds.iter().zip(spent).all(|(flow_bound, spent)| {
            *spent = flow_bound.spend(*spent, kind, heard);
            *spent <= flow_bound.free
        })
    }

    /// For each kind of relay: how many generals hear the second value from each relay in the cheapest way, and its
    /// price. For the votes that were counted last.
    pub fn counts(&self, voters: &[Voters<'_>]) -> Vec<Vec<(usize, u64)>> {
        let settled = voters.iter().map(|&Voters { number, outcomes, .. }| {
            let settled = if outcomes.only().is_some() { number } else { 0 };
            vec![(outcomes.most(), outcomes.cheapest); settled]
        });
        let mut counts: Vec<Vec<(usize, u64)>> = settled.collect();
        let mut at = self.partial.len() - 1;
        for kind in self.choosing.iter().rev() {
            let (from, heard) = self.partial[at].last;
            counts[*kind].push((heard, voters[*kind].outcomes.prices[heard]));
            at = from;
        }
        counts
    }
}

/// Of the ways from this place on, keeps those that no other dominates: one that has spent no more of any bound, may
/// continue in every way that it may, and is no dearer.
fn keep_undominated(partial: &mut Vec<Partial>, begin: usize) {
    let key = |partial: &Partial| (partial.price, Reverse(partial.next));
    partial[begin..].sort_unstable_by(|one, other| {
        one.spent.cmp(&other.spent).then_with(|| key(one).cmp(&key(other)))
    });
    let mut kept = begin;
    for at in begin..partial.len() {
        let own = &partial[at];
        let dominates = |other: &Partial| {
            other.price <= own.price
                && own.next & !other.next == 0
                && other.spent.iter().zip(&own.spent).all(|(other, own)| other <= own)
        };
        if !partial[begin..kept].iter().any(dominates) {
            partial.swap(kept, at);
            kept += 1;
        }
    }
    partial.truncate(kept);
}

#[cfg(test)]
mod tests {
    use itertools::Itertools;
    use rand::rngs::SmallRng;
    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::search::compositional::outcomes::{IMPOSSIBLE, Outcomes};

    /// The fewest lies, by trying for each relay every set of generals who may hear the second value from it.
    fn tried(
        bounds: &[(usize, usize)],
        relays: &[(&Outcomes, Option<usize>)],
        votes: &[usize],
    ) -> u64 {
        let Some(((outcomes, own), rest)) = relays.split_first() else {
            let right =
                |(votes, (least, most)): (&usize, &(usize, usize))| least <= votes && votes <= most;
            let right = votes.iter().zip(bounds).all(right);
            return if right { 0 } else { IMPOSSIBLE };
        };
        let hear = (0..votes.len()).filter(|column| Some(*column) != *own).powerset();
        let prices = hear.map(|hear| {
            let mut votes = votes.to_vec();
            hear.iter().for_each(|column| votes[*column] += 1);
            outcomes.prices[hear.len()].saturating_add(tried(bounds, rest, &votes))
        });
        prices.min().unwrap_or(IMPOSSIBLE)
    }

    #[test]
    fn sums_are_enough() {
        let (mut possible, mut vote_counting) = (0, VoteCounting::default());
        for seed in 0..1_500 {
            let rng = &mut SmallRng::seed_from_u64(seed);
            let mut classes = Vec::new();
            let total = rng.random_range(1..=4);
            while classes.iter().map(|class: &Class| class.size).sum::<usize>() < total {
                let left = total - classes.iter().map(|class| class.size).sum::<usize>();
                let least = rng.random_range(0..=3);
                let most = least + rng.random_range(0..=2);
                classes.push(Class { size: rng.random_range(1..=left), least, most });
            }
            let mut outcomes = |hear: usize| {
                let share = rng.random_range(0.2..1.0);
                let price = |_| match rng.random_bool(share) {
                    true => rng.random_range(0..5),
                    false => IMPOSSIBLE,
                };
                let mut prices = (0..=hear).map(price).collect_vec();
                // A relay always has some possible outcome.
                prices[rng.random_range(0..=hear)] = rng.random_range(0..5);
                Outcomes::of(prices)
            };
            let of_classes = classes.iter().map(|_| outcomes(total - 1)).collect_vec();
            let of_others = outcomes(total);
            let of_class = |(own, class): (usize, &Class)| Voters {
                number: class.size,
                outcomes: &of_classes[own],
                own: Some(own),
            };
            let mut voters = classes.iter().enumerate().map(of_class).collect_vec();
            if rng.random_bool(0.3) {
                voters.clear();
            }
            let number = rng.random_range(0..=2);
            voters.push(Voters { number, outcomes: &of_others, own: None });

            let bounds = classes
                .iter()
                .flat_map(|class| std::iter::repeat_n((class.least, class.most), class.size));
            let bounds = bounds.collect_vec();
            let mut relays = Vec::new();
            for Voters { number, outcomes, own } in &voters {
                let first = classes.iter().take(own.unwrap_or(0)).map(|class| class.size);
                let first: usize = first.sum();
                let own = |index: usize| own.map(|_| first + index);
                relays.extend((0..*number).map(|index| (*outcomes, own(index))));
            }
            let known = tried(&bounds, &relays, &vec![0; total]);
            let price = vote_counting.cheapest(&classes, &voters, IMPOSSIBLE, &mut 0).unwrap();
            let price = price.unwrap_or(IMPOSSIBLE);
            assert_eq!(price, known, "seed {seed}: {classes:?} {voters:?}");
            possible += usize::from(known != IMPOSSIBLE);
        }
        assert!(possible > 300, "only {possible} were possible");
    }
}
