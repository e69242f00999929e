//! OM(1) and OM(2) as stateright models, folded by hand as far as an expert gets.
//!
//! What the expert knows and uses:
//!
//! - What a loyal lieutenant relays follows from what it was told, so the state has only what traitors told each loyal
//!   lieutenant before the last round: one bit per slot, in one word. In OM(1) that is what a traitor commander said;
//!   in OM(2) it is also what each traitor lieutenant said that the commander had said.
//! - What is told to one loyal lieutenant in a slot is one action, and slots come in a fixed order. So equal states
//!   that are reached in different ways are merged.
//! - The last round is no action. On each path a traitor can tell each loyal lieutenant anything, independently of what
//!   it says elsewhere, and a majority is monotone. So a lieutenant can be made to decide exactly what it decides if
//!   the traitors all say RETREAT in the last round, and if they all say ATTACK. Agreement breaks if one lieutenant can
//!   be made to decide ATTACK and another RETREAT; validity breaks if one can be made to decide against the order.
//! - Loyal lieutenants are interchangeable: what they were told is sorted. (Those who were already told something in
//!   this slot are sorted among themselves, and so are the others.)
//! - Traitor sets that differ only in the names of lieutenants are interchangeable.
//!
//! Each of the last two can be switched off, to show what it saves. The space is that of
//! [`oral_natural`](crate::oral_natural): every set of f traitors (or one of those that differ only by name), both
//! orders, and either order in every slot.
//!
//! There is no such model of OM(3): what a lieutenant was told before the last round would then have slots that name
//! other loyal lieutenants, so sorting would no longer be a renaming; and there would be 14 bits for each of 7 loyal
//! lieutenants at n = 10.

use stateright::{Model, Property};

use crate::question::Question;

/// OM(m), m = 1 or 2, among n generals with f traitors.
#[derive(Clone, Copy, Debug)]
pub struct OralFolded {
    question: Question,
    /// Whether to search all traitor sets, or only one of those that differ by name.
    every_set: bool,
}

/// What traitors told each loyal lieutenant before the last round.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// Traitors as bits, the commander lowest.
    traitors: u32,
    order: bool,
    /// The slot in which the loyal lieutenants are told something, and which of them is next.
    slot: u8,
    next: u8,
    /// How many loyal lieutenants there are.
    loyal: u8,
    /// For each loyal lieutenant what he was told, one bit per slot. The lowest bit is what the commander said; the
    /// next ones are what traitor lieutenants said that he had said.
    told: [u8; MOST_LOYAL],
}

/// The most loyal lieutenants that a state has room for.
const MOST_LOYAL: usize = 8;

/// What a traitor says in the next slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Say(bool);

impl OralFolded {
    /// The model with all traitor sets, or only one of those that differ by name.
    ///
    /// # Panics
    ///
    /// If this is neither OM(1) nor OM(2), or if there are too few generals for the rounds, or too many.
    #[must_use]
    pub fn new(question: Question, every_set: bool) -> OralFolded {
        let Question { m, n, f, .. } = question;
        let fits = (1..=2).contains(&m) && n >= m + 2 && n <= MOST_LOYAL + 1 + f.saturating_sub(1);
        assert!(fits, "there is no folded model of {question}");
        OralFolded { question, every_set }
    }
}

/// The representative of all states that differ only in the names of loyal lieutenants.
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

    /// What this loyal lieutenant decides if all traitors say `last` in the last round.
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
        // What each other lieutenant said that the commander said, according to all others. A loyal lieutenant told
        // everybody the same.
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

    /// Whether one of the loyal lieutenants can be made to decide this.
    fn reaches(&self, decision: bool, m: usize) -> bool {
        (0..usize::from(self.loyal)).any(|me| self.decision(me, decision, m) == decision)
    }

    /// Whether one loyal lieutenant can be made to decide one way, and another the other way. (If one can be made to
    /// decide both, any other lieutenant completes the pair.)
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
