//! The cheapest way in which relays of whom each lets so many of the loyal hear the second value
//! give every one of the loyal as many votes for it as it must have.
//!
//! Whom a relay lets hear what is its own choice: at the same price, by symmetry, whoever they are.
//! So only sums over classes of the loyal count. That is exact: where one of a class has two votes
//! more than another, there is a relay that can let the other hear the second value in its place
//! (one that does not hear itself is in the way at most once, and there are two more than the other
//! way round). So votes can be spread evenly in a class, and whether such sums are to be had is a
//! question of flow: for every set of classes, enough votes can reach it, and no more must than it
//! may have (Hoffman's circulation theorem).

use std::rc::Rc;

use arrayvec::ArrayVec;
use itertools::Itertools;

use super::effort::Halt;

/// The price of what can't be had.
pub(super) const IMPOSSIBLE: u64 = u64::MAX;

/// The most ways of voting that are held at a time.
const MOST_WAYS: usize = 1 << 20;

/// The most classes: by what they were told, and by what they are to take.
pub(super) const CLASSES: usize = 4;

/// Sums over sets of classes: what is still needed, and what is given already.
type Sums = ArrayVec<u32, { 2 * ((1 << CLASSES) - 1) }>;

/// So many of the loyal, each of whom needs from `least` to `most` votes for the second value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Class {
    pub size: usize,
    pub least: usize,
    pub most: usize,
}

/// So many relays of one kind.
#[derive(Clone, Debug)]
pub(super) struct Voters {
    pub number: usize,
    /// What it costs that this many of those who hear such a relay take the second value from it.
    pub prices: Rc<[u64]>,
    /// The class to which they belong themselves: they do not hear themselves.
    pub own: Option<usize>,
}

impl Voters {
    /// What they say, if they can say but one thing and to all the same: whether it is the second
    /// value, and its price.
    fn only(&self) -> Option<(bool, u64)> {
        let mut possible =
            self.prices.iter().enumerate().filter(|(_, price)| **price != IMPOSSIBLE);
        let (count, price) = possible.next()?;
        let all = count > 0 && count + 1 == self.prices.len();
        let only = possible.next().is_none() && (all || count == 0);
        only.then_some((all, *price))
    }
}

/// What has been voted so far, in one of the ways that are worth going on with.
#[derive(Clone, Debug)]
struct Partial {
    sums: Sums,
    price: u64,
    /// Which one it comes from, and how many heard the second value from the last relay.
    last: (usize, usize),
}

/// A set of classes that is not satisfied whatever the relays say.
struct Condition {
    classes: usize,
    needs: u32,
    /// The most that it may have, unless it can't have more anyway.
    may: Option<u32>,
}

/// The votes on one subtree.
pub(super) struct Ballots {
    /// All that can come of the first relays, of the first two, and so on; of those that matter.
    partial: Vec<Vec<Partial>>,
    /// To which kind each relay belongs that has a choice.
    choosing: Vec<usize>,
    /// What those cost who have none.
    settled: u64,
}

impl Ballots {
    /// Goes through what the relays can say; nothing comes of it if some class can't be satisfied.
    ///
    /// # Errors
    ///
    /// There are too many ways to hold them all.
    pub fn cast(
        classes: &[Class],
        voters: &[Voters],
        steps: &mut u64,
    ) -> Result<Option<Ballots>, Halt> {
        let Some((classes, merged, settled)) = without_the_settled(classes, voters) else {
            return Ok(None);
        };
        let choosing = voters.iter().enumerate().filter(|(_, kind)| kind.only().is_none());
        let choosing = choosing.flat_map(|(index, kind)| std::iter::repeat_n(index, kind.number));
        let choosing = choosing.collect_vec();
        let own = |index: usize| voters[index].own.map(|class| merged[class]);
        let sets = 1..1_usize << classes.len();
        let heard = |set: usize, own: Option<usize>| -> u32 {
            let sizes = classes.iter().enumerate().filter(|(class, _)| set >> class & 1 == 1);
            let sizes: usize = sizes.map(|(_, class)| class.size).sum();
            (sizes - usize::from(own.is_some_and(|own| set >> own & 1 == 1))) as u32
        };
        let mut conditions = Vec::new();
        for set in sets {
            let of_set = classes.iter().enumerate().filter(|(class, _)| set >> class & 1 == 1);
            let (needs, may) = of_set.fold((0, 0), |(needs, may), (_, class)| {
                (needs + class.least * class.size, may + class.most * class.size)
            });
            let most: u32 = choosing.iter().map(|index| heard(set, own(*index))).sum();
            if needs as u32 > most {
                return Ok(None);
            }
            let may = Some(may as u32).filter(|may| *may < most);
            conditions.push(Condition { classes: set, needs: needs as u32, may });
        }
        let all = (1 << classes.len()) - 1;
        let start = conditions.iter().flat_map(|condition| [condition.needs, 0]).collect();
        let mut partial = vec![vec![Partial { sums: start, price: 0, last: (0, 0) }]];
        for index in &choosing {
            let reach = conditions.iter().map(|condition| {
                let others = all & !condition.classes;
                (heard(condition.classes, own(*index)), heard(others, own(*index)))
            });
            let reach = reach.collect_vec();
            let prices = voters[*index].prices.iter().enumerate();
            let prices = prices.filter(|(_, price)| **price != IMPOSSIBLE).collect_vec();
            let before = &partial[partial.len() - 1];
            let mut after = Vec::with_capacity(before.len() * prices.len());
            for (from, partial) in before.iter().enumerate() {
                for &(count, price) in &prices {
                    let mut sums = partial.sums.clone();
                    let fits = conditions.iter().zip(&reach).enumerate().all(|(place, with)| {
                        let (Condition { may, .. }, (inside, outside)) = with;
                        let count = count as u32;
                        sums[2 * place] = sums[2 * place].saturating_sub(count.min(*inside));
                        may.is_none_or(|may| {
                            sums[2 * place + 1] += count.saturating_sub(*outside);
                            sums[2 * place + 1] <= may
                        })
                    });
                    if fits {
                        let price = partial.price + price;
                        after.push(Partial { sums, price, last: (from, count) });
                    }
                }
            }
            *steps += after.len() as u64;
            if after.len() > MOST_WAYS {
                return Err(Halt::Room);
            }
            partial.push(undominated(after));
        }
        partial[choosing.len()].retain(|end| end.sums.iter().step_by(2).all(|needed| *needed == 0));
        let ballots = Ballots { partial, choosing, settled };
        Ok(ballots.cheapest().is_some().then_some(ballots))
    }

    fn cheapest(&self) -> Option<(usize, &Partial)> {
        self.partial.last()?.iter().enumerate().min_by_key(|(_, end)| end.price)
    }

    /// What the cheapest way costs.
    pub fn price(&self) -> u64 {
        self.settled + self.cheapest().map_or(0, |(_, end)| end.price)
    }

    /// How many hear the second value from each relay in the cheapest way, by kind of relay.
    pub fn counts(&self, voters: &[Voters]) -> Vec<Vec<usize>> {
        let settled = voters.iter().map(|kind| match kind.only() {
            Some((true, _)) => vec![kind.prices.len() - 1; kind.number],
            Some((false, _)) => vec![0; kind.number],
            None => Vec::new(),
        });
        let mut counts = settled.collect_vec();
        let mut at = self.cheapest().map_or(0, |(at, _)| at);
        for (partial, kind) in self.partial[1..].iter().zip(&self.choosing).rev() {
            let (from, count) = partial[at].last;
            counts[*kind].push(count);
            at = from;
        }
        counts
    }
}

/// The classes as they look to those relays who have a choice, which of them each class has become,
/// and what the others cost; nothing, if the others give somebody too many votes, or some relay
/// can't say anything.
fn without_the_settled(
    classes: &[Class],
    voters: &[Voters],
) -> Option<(ArrayVec<Class, CLASSES>, ArrayVec<usize, CLASSES>, u64)> {
    let mut settled = 0;
    let mut given = [0; CLASSES];
    for kind in voters.iter().filter(|kind| kind.number > 0) {
        if kind.prices.iter().all(|price| *price == IMPOSSIBLE) {
            return None;
        }
        let Some((says, price)) = kind.only() else { continue };
        settled += kind.number as u64 * price;
        for (class, given) in given.iter_mut().enumerate().filter(|_| says) {
            *given += kind.number - usize::from(kind.own == Some(class));
        }
    }
    let mut left: ArrayVec<Class, CLASSES> = ArrayVec::new();
    let mut merged = ArrayVec::new();
    for (Class { size, least, most }, given) in classes.iter().zip(given) {
        let (least, most) = (least.saturating_sub(given), most.checked_sub(given)?);
        let alike = left.iter().position(|class| (class.least, class.most) == (least, most));
        match alike {
            Some(class) => left[class].size += size,
            None => left.push(Class { size: *size, least, most }),
        }
        merged.push(alike.unwrap_or(left.len() - 1));
    }
    Some((left, merged, settled))
}

/// Those than which no other needs less and has given less, at no higher price.
fn undominated(mut all: Vec<Partial>) -> Vec<Partial> {
    all.sort_unstable_by(|one, other| (&one.sums, one.price).cmp(&(&other.sums, other.price)));
    let mut kept: Vec<Partial> = Vec::new();
    for partial in all {
        let dominates = |other: &Partial| {
            other.price <= partial.price
                && other.sums.iter().zip(&partial.sums).all(|(other, own)| other <= own)
        };
        if !kept.iter().any(dominates) {
            kept.push(partial);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use rand::rngs::SmallRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    /// The fewest lies, relay by relay, whoever hears the second value from whom.
    fn tried(
        bounds: &[(usize, usize)],
        relays: &[(Rc<[u64]>, Option<usize>)],
        votes: &[usize],
    ) -> u64 {
        let Some(((prices, own), rest)) = relays.split_first() else {
            let right =
                |(votes, (least, most)): (&usize, &(usize, usize))| least <= votes && votes <= most;
            let right = votes.iter().zip(bounds).all(right);
            return if right { 0 } else { IMPOSSIBLE };
        };
        let hear = (0..votes.len()).filter(|column| Some(*column) != *own).powerset();
        let prices = hear.map(|hear| {
            let mut votes = votes.to_vec();
            hear.iter().for_each(|column| votes[*column] += 1);
            prices[hear.len()].saturating_add(tried(bounds, rest, &votes))
        });
        prices.min().unwrap_or(IMPOSSIBLE)
    }

    #[test]
    fn sums_are_enough() {
        let mut possible = 0;
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
            let prices = |hear: usize, rng: &mut SmallRng| -> Rc<[u64]> {
                let share = rng.random_range(0.2..1.0);
                let price = |rng: &mut SmallRng| match rng.random_bool(share) {
                    true => rng.random_range(0..5),
                    false => IMPOSSIBLE,
                };
                (0..=hear).map(|_| price(rng)).collect()
            };
            let of_class = |(own, class): (usize, &Class)| Voters {
                number: class.size,
                prices: prices(total - 1, rng),
                own: Some(own),
            };
            let mut voters = classes.iter().enumerate().map(of_class).collect_vec();
            if rng.random_bool(0.3) {
                voters.clear();
            }
            let number = rng.random_range(0..=2);
            voters.push(Voters { number, prices: prices(total, rng), own: None });

            let bounds = classes
                .iter()
                .flat_map(|class| std::iter::repeat_n((class.least, class.most), class.size));
            let bounds = bounds.collect_vec();
            let mut relays = Vec::new();
            for Voters { number, prices, own } in &voters {
                let first = classes.iter().take(own.unwrap_or(0)).map(|class| class.size);
                let first: usize = first.sum();
                let own = |index: usize| own.map(|_| first + index);
                relays.extend((0..*number).map(|index| (prices.clone(), own(index))));
            }
            let known = tried(&bounds, &relays, &vec![0; total]);
            let cast = Ballots::cast(&classes, &voters, &mut 0).unwrap();
            let price = cast.as_ref().map_or(IMPOSSIBLE, Ballots::price);
            assert_eq!(price, known, "seed {seed}: {classes:?} {voters:?}");
            possible += usize::from(known != IMPOSSIBLE);
        }
        assert!(possible > 300, "only {possible} were possible");
    }
}
