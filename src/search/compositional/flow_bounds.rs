//! Bounds on the flow of votes: how many the relays can waste, and how many they must not force upon
//! the loyal, from what each of the loyal needs, and may have.
//!
//! Whom a relay lets hear what is its own choice: at the same price, by symmetry, whoever they are.
//! So only sums over classes of the loyal count. That is exact: where one of a class has two votes
//! more than another, there is a relay that can let the other hear the second value in its place
//! (one that does not hear itself is in the way at most once, and there are two more than the other
//! way round). So votes can be spread evenly in a class, and whether such sums are to be had is a
//! question of flow: for every set of classes, enough votes can reach it, and no more must than it
//! may have (Hoffman's circulation theorem).
//!
//! Both are bounds on the flow of the set. A relay whom fewer hear than there are in the set wastes a
//! vote for each who is missing; one whom more hear than there are outside forces a vote upon the set for
//! each of the others; and of either there can be only so many.

use arrayvec::ArrayVec;

use super::vote_classes::{CLASSES, Class, KINDS, Voters};

/// The most budgets: two for each set of classes.
pub(super) const FLOW_BOUNDS: usize = 2 * ((1 << CLASSES) - 1);

/// Relays of one kind who have a choice, after its place among all kinds. The class to which they belong is
/// that as it looks to them.
pub(super) type Choosing<'a> = (usize, Voters<'a>);

/// The votes that can be wasted on a set of classes, or forced upon it, beyond those that must be.
pub(super) struct FlowBound {
    wasted: bool,
    pub free: i16,
    /// What the relays whose turn is yet to come can spend.
    pub left: i16,
    /// What one of each kind spends, of those who have a choice.
    pub spends: ArrayVec<Spends, KINDS>,
}

/// What a relay spends: a vote for each by whom those who hear it are fewer, or more, than so many;
/// less what it must spend.
#[derive(Clone, Copy)]
pub(super) struct Spends {
    than: i16,
    must: i16,
    pub can: i16,
}

impl FlowBound {
    /// What can be wasted where the set must get so many votes from these relays, or forced upon it
    /// where it may.
    fn of(wasted: bool, votes: usize, choosing: &[Choosing<'_>], set: Set) -> FlowBound {
        let votes = votes as i16;
        let free = if wasted { -votes } else { votes };
        let mut flow_bound = FlowBound { wasted, free, left: 0, spends: ArrayVec::new() };
        for (kind, &(_, Voters { number, outcomes, own })) in choosing.iter().enumerate() {
            let among = own.map(|class| set.classes >> class & 1 == 1);
            let than = match wasted {
                true => set.inside - usize::from(among == Some(true)),
                false => set.outside - usize::from(among == Some(false)),
            };
            let (number, than) = (number as i16, than as i16);
            flow_bound.spends.push(Spends { than, must: 0, can: 0 });
            let [one, other] =
                [outcomes.fewest(), outcomes.most()].map(|heard| flow_bound.on(kind, heard));
            let (must, can) = (one.min(other), (one - other).abs());
            flow_bound.spends[kind] = Spends { than, must, can };
            flow_bound.free += number * (if wasted { than } else { 0 } - must);
            flow_bound.left += number * can;
        }
        flow_bound
    }

    /// What a relay of this kind spends whom so many hear.
    fn on(&self, kind: usize, heard: usize) -> i16 {
        let Spends { than, must, .. } = self.spends[kind];
        let more = heard as i16 - than;
        (if self.wasted { -more } else { more }).max(0) - must
    }

    /// What is spent then, too. (What leaves enough for all that can still be spent is as good as
    /// nothing.)
    pub fn spend(&self, spent: i16, kind: usize, heard: usize) -> i16 {
        (spent + self.on(kind, heard)).max(self.free - self.left)
    }
}

/// A set of classes, how many are in it, and how many are not.
#[derive(Clone, Copy)]
struct Set {
    classes: usize,
    inside: usize,
    outside: usize,
}

/// Sets the bounds, but for those that nobody can exceed; whether they are enough for what
/// must be spent. (A set in which somebody needs no vote can waste no fewer than without him, and
/// one in which somebody may have every vote can have no fewer forced upon the others: such sets
/// are left out.)
pub(super) fn set_flow_bounds(
    flow_bounds: &mut Vec<FlowBound>,
    classes: &[Class],
    choosing: &[Choosing<'_>],
) -> bool {
    flow_bounds.clear();
    let everybody: usize = classes.iter().map(|class| class.size).sum();
    let votes = all_votes(choosing);
    for set in 1..1_usize << classes.len() {
        let members = classes.iter().enumerate().filter(|(place, _)| set >> place & 1 == 1);
        let (mut size, mut least, mut most) = (0, Some(0), Some(0));
        for (_, class) in members {
            size += class.size;
            let needs = Some(class.size * class.least).filter(|_| class.least > 0);
            let may = Some(class.size * class.most).filter(|_| class.most < votes);
            least = least.zip(needs).map(|(least, needs)| least + needs);
            most = most.zip(may).map(|(most, may)| most + may);
        }
        let set = Set { classes: set, inside: size, outside: everybody - size };
        for (wasted, votes) in [(true, least), (false, most)] {
            let Some(votes) = votes else { continue };
            let flow_bound = FlowBound::of(wasted, votes, choosing, set);
            if flow_bound.free < 0 {
                return false;
            } else if flow_bound.free < flow_bound.left {
                flow_bounds.push(flow_bound);
            }
        }
    }
    true
}

/// How many relays have a choice.
fn all_votes(choosing: &[Choosing<'_>]) -> usize {
    choosing.iter().map(|(_, voters)| voters.number).sum()
}

/// The classes as they look to those relays who have a choice, and those; nothing, if the others
/// give somebody too many votes.
pub(super) fn without_the_settled<'a>(
    classes: &[Class],
    voters: &[Voters<'a>],
) -> Option<(ArrayVec<Class, CLASSES>, ArrayVec<Choosing<'a>, KINDS>)> {
    let (mut given, mut choosing) = ([0; CLASSES], ArrayVec::<Choosing<'a>, KINDS>::new());
    for (kind, &Voters { number, outcomes, own }) in voters.iter().enumerate() {
        match outcomes.only() {
            None if number == 0 => {}
            None => choosing.push((kind, voters[kind])),
            Some(false) => {}
            Some(true) => {
                for (class, given) in given.iter_mut().enumerate() {
                    *given += number - usize::from(own == Some(class));
                }
            }
        }
    }
    let votes = all_votes(&choosing);
    let mut left: ArrayVec<Class, CLASSES> = ArrayVec::new();
    let mut merged: ArrayVec<usize, CLASSES> = ArrayVec::new();
    for (Class { size, least, most }, given) in classes.iter().zip(given) {
        // Nobody hears more votes than there are left.
        let (least, most) = (least.saturating_sub(given), most.checked_sub(given)?.min(votes));
        let alike = left.iter().position(|class| (class.least, class.most) == (least, most));
        match alike {
            Some(class) => left[class].size += size,
            None => left.push(Class { size: *size, least, most }),
        }
        merged.push(alike.unwrap_or(left.len() - 1));
    }
    for (_, voters) in &mut choosing {
        voters.own = voters.own.map(|class| merged[class]);
    }
    Some((left, choosing))
}
