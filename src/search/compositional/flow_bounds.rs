//! Bounds on the flow of votes: how many votes the relays may waste, and how many they may force upon the loyal, given
//! how many each loyal general needs and may have.
//!
//! A relay chooses who hears the second value from it; by symmetry, the price depends only on how many hear it. So only
//! sums over classes of loyal generals count. That is exact: if one general of a class has two votes more than another,
//! some relay can let the other hear the second value in its place. (Not if that relay is the other general, since no
//! relay hears itself. But at least two more relays are heard by the one alone than by the other alone, so there is
//! another one.) So votes can be spread evenly in a class, and whether given sums are possible is a question of flow:
//! for every set of classes, enough votes can reach it, and no more must reach it than it may have (Hoffman's
//! circulation theorem).
//!
//! Both are bounds on the flow into a set. A relay that fewer generals hear than the set has wastes a vote for each
//! that is missing. A relay that more generals hear than there are outside the set forces a vote upon the set for each
//! in excess. There may be only so many of either.

use arrayvec::ArrayVec;

use super::vote_classes::{CLASSES, Class, KINDS, Voters};

/// The most bounds: two for each set of classes.
pub(super) const FLOW_BOUNDS: usize = 2 * ((1 << CLASSES) - 1);

/// Relays of one kind that have a choice, with the kind's place among all kinds. Their own class is numbered among the
/// classes as these relays see them.
pub(super) type Choosing<'a> = (usize, Voters<'a>);

/// How many votes may be wasted on a set of classes, or forced upon it, beyond those that cannot be avoided.
pub(super) struct FlowBound {
    wasted: bool,
    pub free: i16,
    /// The most that the relays still to come can spend.
    pub left: i16,
    /// What one relay of each kind spends, for the kinds that have a choice.
    pub spends: ArrayVec<Spends, KINDS>,
}

/// What a relay spends: a vote for each general by which its hearers are fewer, or more, than `than`; less what it must
/// spend in any case.
#[derive(Clone, Copy)]
pub(super) struct Spends {
    than: i16,
    must: i16,
    pub can: i16,
}

impl FlowBound {
    /// The bound on votes wasted, if the set needs `votes` from these relays; or on votes forced upon it, if it may
    /// have `votes`.
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

    /// What a relay of this kind spends if `heard` generals hear the second value from it.
    fn on(&self, kind: usize, heard: usize) -> i16 {
        let Spends { than, must, .. } = self.spends[kind];
        let more = heard as i16 - than;
        (if self.wasted { -more } else { more }).max(0) - must
    }

    /// What is spent in all with this relay. (Any amount that leaves enough for all that can still be spent counts as
    /// the same.)
    pub fn spend(&self, spent: i16, kind: usize, heard: usize) -> i16 {
        (spent + self.on(kind, heard)).max(self.free - self.left)
    }
}

/// A set of classes, how many generals are in it, and how many are not.
#[derive(Clone, Copy)]
struct Set {
    classes: usize,
    inside: usize,
    outside: usize,
}

/// Sets the bounds, without those that nobody can exceed. Returns whether they allow what must be spent. (Sets with a
/// general who needs no vote are left out for wasted votes: without that general the bound is at least as strict. So
/// are sets with a general who may have every vote, for forced votes.)
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

/// The relays that have a choice, and the classes as they see them, after the votes of the others. `None` if the others
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
        // Nobody hears more votes than are left.
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
