//! OM(1) and OM(2) for stateright, folded by hand as far as an expert gets.
//!
//! What the expert knows and uses:
//!
//! - What a loyal lieutenant relays follows from what it was told, so of the state only what
//!   traitors told each loyal lieutenant before the last round is kept: a bit for each slot, in one
//!   word. With OM(1) that is what a traitor commander said; with OM(2) also what each traitor
//!   lieutenant said that the commander had said.
//! - What is told to one loyal lieutenant in a slot is one action, in a fixed order of slots. So
//!   states that are equal but for the way there are merged.
//! - The last round is no action. On each path a traitor says to each loyal lieutenant what it
//!   likes, whatever it says elsewhere, and a majority is monotone. So a lieutenant can be brought
//!   to just those decisions that it makes if the traitors all say RETREAT in the last round, and
//!   if they all say ATTACK. Agreement breaks if one can be brought to ATTACK and another to
//!   RETREAT; validity if one can be brought to what was not ordered.
//! - Loyal lieutenants are interchangeable: what was told to them is sorted. (Those who have been
//!   told in this slot, and those who have yet to be, each among themselves.)
//! - Traitor sets are interchangeable if they differ in the names of lieutenants only.
//!
//! Each of the last two can be switched off, so that it is seen what it gives. The space is that of
//! [`oral_natural`](crate::oral_natural): every set of f traitors (or one of all that differ by
//! name), both orders, and either order in every slot.
//!
//! There is no such model of OM(3): what a lieutenant was told before the last round has then
//! slots that name other loyal lieutenants, so sorting is no renaming any more, and there are 14
//! bits for each of 7 loyal lieutenants at n = 10 besides.

use stateright::{Model, Property};

use crate::question::Question;

/// OM(m), m = 1 or 2, among n generals, of whom f are traitors.
#[derive(Clone, Copy, Debug)]
pub struct OralFolded {
    question: Question,
    /// Whether all traitor sets are gone through, or only one of those that differ by name.
    every_set: bool,
}

/// What traitors told each loyal lieutenant before the last round.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// Traitors by bit, the commander lowest.
    traitors: u32,
    order: bool,
    /// In which slot the loyal lieutenants are told something, and which of them is next.
    slot: u8,
    next: u8,
    /// How many loyal lieutenants there are.
    loyal: u8,
    /// By loyal lieutenant: what he was told, a bit for each slot. The lowest is what the commander
    /// said, and the next ones are what traitor lieutenants said that he had said.
    told: [u8; MOST_LOYAL],
}

/// The most loyal lieutenants that a state has room for.
const MOST_LOYAL: usize = 8;

/// What is said in the next slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Say(bool);

impl OralFolded {
    /// With all traitor sets, or only one of those that differ by name.
    ///
    /// # Panics
    ///
    /// If it is not OM(1) or OM(2), there are too few generals for so many rounds, or too many.
    #[must_use]
    pub fn new(question: Question, every_set: bool) -> OralFolded {
        let Question { m, n, f, .. } = question;
        let fits = (1..=2).contains(&m) && n >= m + 2 && n <= MOST_LOYAL + 1 + f.saturating_sub(1);
        assert!(fits, "there is no folded model of {question}");
        OralFolded { question, every_set }
    }
}

/// The same state but for the names of loyal lieutenants.
#[must_use]
pub fn sorted(state: &State) -> State {
    let mut sorted = state.clone();
    let loyal = &mut sorted.told[..usize::from(state.loyal)];
    let (told, untold) = loyal.split_at_mut(usize::from(state.next));
    told.sort_unstable();
    untold.sort_unstable();
    sorted
}

impl State {
    fn loyal_commander(&self) -> bool {
        self.traitors & 1 == 0
    }

    /// How many lieutenants are traitors.
    fn traitor_lieutenants(&self) -> usize {
        (self.traitors >> 1).count_ones() as usize
    }

    /// The slots before the last round in which traitors say something.
    fn slots(&self, m: usize) -> std::ops::Range<u8> {
        let first = u8::from(self.loyal_commander());
        first..if m == 1 { 1 } else { 1 + self.traitor_lieutenants() as u8 }
    }

    fn is_over(&self, m: usize) -> bool {
        self.slot >= self.slots(m).end
    }

    /// What this loyal lieutenant decides, if all traitors say this in the last round.
    fn decision(&self, me: usize, last: bool, m: usize) -> bool {
        let bit = |of: usize, slot: usize| self.told[of] >> slot & 1 == 1;
        let (loyal, traitors) = (usize::from(self.loyal), self.traitor_lieutenants());
        // A vote of each of the others, and my own.
        let votes = |own: bool, loyal_votes: usize, traitors: usize, others: usize| {
            let attack = usize::from(own) + loyal_votes + if last { traitors } else { 0 };
            2 * attack > others + 1
        };
        let others = loyal + traitors - 1;
        let peers = || (0..loyal).filter(move |&other| other != me);
        if m == 1 {
            let relayed = peers().filter(|&other| bit(other, 0)).count();
            return votes(bit(me, 0), relayed, traitors, others);
        }
        // What each other lieutenant said that the commander said, by what all others say of it: a
        // loyal one has told all the same.
        let of_loyal = peers().filter(|&other| {
            let said = bit(other, 0);
            votes(said, if said { loyal - 2 } else { 0 }, traitors, others - 1)
        });
        let of_traitors = (1..=traitors).filter(|&slot| {
            let relayed = peers().filter(|&other| bit(other, slot)).count();
            votes(bit(me, slot), relayed, traitors - 1, others - 1)
        });
        let attack = usize::from(bit(me, 0)) + of_loyal.count() + of_traitors.count();
        2 * attack > others + 1
    }

    /// Whether one of the loyal lieutenants can be brought to this decision.
    fn reaches(&self, decision: bool, m: usize) -> bool {
        (0..usize::from(self.loyal)).any(|me| self.decision(me, decision, m) == decision)
    }

    /// Whether one of them can be brought to one decision, and another to the other. (If one can be
    /// brought to both, any other will do.)
    fn is_split(&self, m: usize) -> bool {
        self.loyal > 1 && self.reaches(false, m) && self.reaches(true, m)
    }
}

impl Model for OralFolded {
    type State = State;
    type Action = Say;

    fn init_states(&self) -> Vec<State> {
        let OralFolded { question, every_set } = *self;
        let sets: Vec<_> = match every_set {
            true => question.traitors().collect(),
            false => question.traitors_up_to_names().collect(),
        };
        let mut states = Vec::new();
        for set in sets {
            let traitors = set.iter().fold(0, |bits, traitor| bits | 1 << traitor);
            let orders: &[bool] = if traitors & 1 == 1 { &[false] } else { &[false, true] };
            for &order in orders {
                let lieutenants = (1..question.n).filter(|general| !set.contains(general));
                let loyal = lieutenants.count() as u8;
                let mut told = [0; MOST_LOYAL];
                told[..usize::from(loyal)].fill(u8::from(order));
                let mut state = State { traitors, order, slot: 0, next: 0, loyal, told };
                state.slot = state.slots(question.m).start;
                states.push(state);
            }
        }
        states
    }

    fn actions(&self, state: &State, actions: &mut Vec<Say>) {
        if !state.is_over(self.question.m) && state.loyal > 0 {
            actions.extend([Say(false), Say(true)]);
        }
    }

    fn next_state(&self, state: &State, Say(value): Say) -> Option<State> {
        let mut state = state.clone();
        state.told[usize::from(state.next)] |= u8::from(value) << state.slot;
        state.next += 1;
        if state.next == state.loyal {
            (state.slot, state.next) = (state.slot + 1, 0);
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<OralFolded>> {
        vec![
            Property::always("agreement (IC1)", |model: &OralFolded, state: &State| {
                let m = model.question.m;
                !state.is_over(m) || !state.is_split(m)
            }),
            Property::always("validity (IC2)", |model: &OralFolded, state: &State| {
                let m = model.question.m;
                !state.is_over(m) || !state.loyal_commander() || !state.reaches(!state.order, m)
            }),
        ]
    }
}

#[cfg(test)]
mod tests {
    use stateright::Checker;

    use super::*;

    #[test]
    fn each_fold_leaves_fewer_states() {
        let states = |every_set, symmetric: bool| {
            let checker = OralFolded::new(Question::oral(2, 7, 2), every_set).checker();
            let checker = if symmetric { checker.symmetry_fn(sorted) } else { checker };
            checker.spawn_dfs().join().unique_state_count()
        };
        assert_eq!(
            [states(true, false), states(true, true), states(false, true)],
            [27612, 4056, 376]
        );
    }
}
