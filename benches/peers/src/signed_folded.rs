//! SM(m) as a stateright model, folded by hand as far as an expert gets.
//!
//! What the expert knows and uses:
//!
//! - A chain with a loyal signature shows nobody anything new, because that general has already shown the order to
//!   everybody else. So traitors can surprise somebody only with chains that they alone have signed: if the commander
//!   is a traitor, and no later than in round f, where f is the number of traitors. If he is loyal, traitors have
//!   nothing to say.
//! - So instead of chains the state keeps the orders that each loyal lieutenant has, and the orders that some of them
//!   are about to show to everybody.
//! - Everything that traitors show one loyal lieutenant in one round is one action: any set of orders.
//! - Loyal lieutenants are interchangeable, and so are traitor sets that differ only in the names of lieutenants. Each
//!   of these two can be switched off.
//!
//! The space is that of [`signed_natural`](crate::signed_natural), without messages that show nothing new.

use stateright::{Model, Property};

use crate::question::Question;

/// SM(m) among n generals with f traitors.
#[derive(Clone, Copy, Debug)]
pub struct SignedFolded {
    question: Question,
    /// Whether to search all traitor sets, or only one of those that differ by name.
    every_set: bool,
}

/// A set of orders: RETREAT is the lowest bit, ATTACK the next one.
type Orders = u8;

/// The most loyal lieutenants that a state has room for.
const MOST_LOYAL: usize = 8;

/// What the loyal lieutenants have.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// Traitors as bits, the commander lowest.
    traitors: u32,
    /// The order of a loyal commander.
    order: bool,
    round: u8,
    /// Which loyal lieutenant traitors show something next.
    next: u8,
    /// How many loyal lieutenants there are.
    loyal: u8,
    /// The orders that some loyal lieutenant shows to all others in this round, and in the next one.
    shown: Orders,
    fresh: Orders,
    /// For each loyal lieutenant, the orders that it had when the round began, and those that it was shown in this one.
    orders: [Orders; MOST_LOYAL],
}

/// The orders that traitors show to the next lieutenant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Show(Orders);

impl SignedFolded {
    /// The model with all traitor sets, or only one of those that differ by name.
    ///
    /// # Panics
    ///
    /// If there are too many generals.
    #[must_use]
    pub fn new(question: Question, every_set: bool) -> SignedFolded {
        assert!(question.n <= MOST_LOYAL, "there is no folded model of {question}");
        SignedFolded { question, every_set }
    }

    fn is_over(&self, state: &State) -> bool {
        usize::from(state.round) > self.question.rounds()
    }
}

/// The representative of all states that differ only in the names of loyal lieutenants.
#[must_use]
pub fn sorted(state: &State) -> State {
    let mut sorted = state.clone();
    let loyal = &mut sorted.orders[..usize::from(state.loyal)];
    let (told, untold) = loyal.split_at_mut(usize::from(state.next));
    told.sort_unstable();
    untold.sort_unstable();
    sorted
}

impl State {
    fn loyal_commander(&self) -> bool {
        self.traitors & 1 == 0
    }

    /// Advances to the next action that matters: the loyal show their orders, and rounds pass.
    fn proceed(&mut self, question: Question) {
        let surprising = if self.loyal_commander() { 0 } else { self.traitors.count_ones() as u8 };
        let rounds = question.rounds() as u8;
        while self.round <= rounds && (self.round > surprising || self.next == self.loyal) {
            let shown = self.shown;
            for orders in &mut self.orders[..usize::from(self.loyal)] {
                // An order that is new to one lieutenant reaches everybody who lacks it, and is relayed.
                self.fresh |= shown & !*orders;
                *orders |= shown;
            }
            // A chain that arrives in the last round but one is relayed in the last.
            (self.shown, self.fresh) = (self.fresh, 0);
            (self.round, self.next) = (self.round + 1, 0);
        }
    }

    /// SM(m) step 3.
    fn decisions(&self) -> impl Iterator<Item = bool> {
        self.orders[..usize::from(self.loyal)].iter().map(|&orders| orders == 2)
    }
}

impl Model for SignedFolded {
    type State = State;
    type Action = Show;

    fn init_states(&self) -> Vec<State> {
        let SignedFolded { question, every_set } = *self;
        let sets: Vec<_> = match every_set {
            true => question.traitors().collect(),
            false => question.traitors_up_to_names().collect(),
        };
        let mut states = Vec::new();
        for set in sets {
            let traitors = set.iter().fold(0, |bits, traitor| bits | 1 << traitor);
            let lieutenants = (1..question.n).filter(|general| !set.contains(general));
            let loyal = lieutenants.count() as u8;
            let told: &[bool] = if traitors & 1 == 1 { &[false] } else { &[false, true] };
            for &order in told {
                let shown = if traitors & 1 == 1 { 0 } else { 1 << u8::from(order) };
                let orders = [0; MOST_LOYAL];
                let mut state =
                    State { traitors, order, round: 1, next: 0, loyal, shown, fresh: 0, orders };
                state.proceed(question);
                states.push(state);
            }
        }
        states
    }

    fn actions(&self, state: &State, actions: &mut Vec<Show>) {
        if !self.is_over(state) {
            actions.extend((0..4).map(Show));
        }
    }

    fn next_state(&self, state: &State, Show(orders): Show) -> Option<State> {
        let mut state = state.clone();
        let has = &mut state.orders[usize::from(state.next)];
        state.fresh |= orders & !*has;
        *has |= orders;
        state.next += 1;
        state.proceed(self.question);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<SignedFolded>> {
        vec![
            Property::always("agreement (IC1)", |model: &SignedFolded, state: &State| {
                let mut decisions = state.decisions();
                let first = decisions.next();
                !model.is_over(state) || decisions.all(|decision| Some(decision) == first)
            }),
            Property::always("validity (IC2)", |model: &SignedFolded, state: &State| {
                let obeys = |decision| decision == state.order;
                !model.is_over(state) || !state.loyal_commander() || state.decisions().all(obeys)
            }),
        ]
    }
}
