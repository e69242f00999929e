//! Bracha's agreement, with local coins: G. Bracha, "Asynchronous Byzantine agreement protocols", Information and
//! Computation 75 (1987).
//!
//! It claims agreement and validity where n > 3f, whenever mail comes, and a decision with probability 1.
//!
//! Deviations. After a last round nobody starts another, and the steps of a round are numbered 1 to 3. In step 3 a
//! general that has marked nothing says just that, and not what it holds, since nobody looks at it. Votes are counted as soon
//! as n - f are valid, with all that are valid by then; in a tie RETREAT is the majority. A general that has delivered a
//! vote takes no further part in its broadcast: it has said READY already.

mod testing;

use std::collections::BTreeMap;

use super::reliable_broadcast::{BroadcastMessage, BroadcastState, ReliableBroadcast};
use crate::general::General;
use crate::order::Order;
use crate::protocol::Seat;
use crate::protocol::events::{Coin, Effects, EventDriven, Face};

/// Bracha's agreement (1987), which is what reliable broadcast was made for.
///
/// A round has three steps. In each all broadcast a vote, reliably, and wait for n - f that are valid: that some n - f valid
/// votes of the step before can have led to. In step 1 all vote for what they hold, and then hold the majority of what they
/// have seen. In step 2 they vote for that, and mark what more than n / 2 have voted for. In step 3 they vote for
/// what they have marked, or for nothing: 2f + 1 votes for an order decide, f + 1 make it one's own, and who has seen neither
/// tosses a coin.
///
/// Agreement and validity hold where n > 3f, and if all loyal generals hold the same order they decide it in the first round.
/// Even one round has too many messages for an exhaustive search. But whatever a traitor can do with reliable broadcast it
/// can do [without it](BrachaAgreement::plainly) as well, so the search of one plain round among four generals, one of them a
/// traitor, covers one round with it. For more rounds there are only hunts.
///
/// ```
/// use turncoat::{BrachaAgreement, hunt};
///
/// hunt(BrachaAgreement::new()).generals(4).traitors(1).cases(100).assert_finds_nothing();
/// let believing = BrachaAgreement::new().without_validation().plainly();
/// let found = hunt(believing).generals(4).traitors(1).assert_finds();
/// assert_eq!(found.violation.name(), "validity");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BrachaAgreement {
    rounds: u32,
    f: Option<usize>,
    reliable: bool,
    validates: bool,
}

/// When a vote is cast.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundStep {
    /// The round, from 1.
    pub round: u32,
    /// The step, from 1 to 3.
    pub step: u32,
}

/// What is said in Bracha's agreement: part of the broadcast of a vote. In steps 1 and 2 that is for an order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoteMessage {
    /// Whose vote it is.
    pub by: General,
    /// When it is cast.
    pub turn: RoundStep,
    /// What is said of it.
    pub said: BroadcastMessage<Option<Order>>,
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BrachaAgreementState {
    me: General,
    n: usize,
    turn: RoundStep,
    holds: Order,
    decided: Option<Order>,
    /// Whether it waits for its coin, or for nothing any more.
    waits: bool,
    /// The broadcasts that are under way.
    broadcasts: BTreeMap<(RoundStep, General), BroadcastState<Option<Order>>>,
    /// By turn: the vote of each general, by number, whether it is valid or not.
    votes: BTreeMap<RoundStep, Vec<Option<Option<Order>>>>,
}

/// How many votes there are for RETREAT, for ATTACK, and for nothing.
#[derive(Clone, Copy, Default)]
struct Tally([usize; 3]);

/// Both orders.
const ORDERS: [Order; 2] = [Order::RETREAT, Order::ATTACK];

/// The place of a vote in a tally.
fn place(vote: Option<Order>) -> usize {
    vote.map_or(2, |order| usize::from(order == Order::ATTACK))
}

impl Tally {
    fn of(self, order: Order) -> usize {
        self.0[place(Some(order))]
    }

    fn all(self) -> usize {
        self.0.iter().sum()
    }

    /// The order with so many votes.
    fn with(self, least: usize) -> Option<Order> {
        ORDERS.into_iter().find(|order| self.of(*order) >= least)
    }

    /// How many votes there can be if an order has no more than this.
    fn at_most(self, votes: usize) -> usize {
        let Tally([retreat, attack, nothing]) = self;
        retreat.min(votes) + attack.min(votes) + nothing
    }
}

impl RoundStep {
    const FIRST: RoundStep = RoundStep { round: 1, step: 1 };
    /// The last step of a round.
    const STEPS: u32 = 3;

    fn next(self) -> RoundStep {
        match self {
            RoundStep { round, step: RoundStep::STEPS } => RoundStep { round: round + 1, step: 1 },
            RoundStep { round, step } => RoundStep { round, step: step + 1 },
        }
    }

    fn before(self) -> Option<RoundStep> {
        match self {
            RoundStep::FIRST => None,
            RoundStep { round, step: 1 } => {
                Some(RoundStep { round: round - 1, step: RoundStep::STEPS })
            }
            RoundStep { round, step } => Some(RoundStep { round, step: step - 1 }),
        }
    }
}

impl BrachaAgreement {
    /// As published, for (n - 1) / 3 traitors, rounded down; with two rounds.
    #[must_use]
    pub fn new() -> BrachaAgreement {
        BrachaAgreement { rounds: 2, f: None, reliable: true, validates: true }
    }

    /// With so many rounds, at least one.
    #[must_use]
    pub fn rounds(self, rounds: u32) -> BrachaAgreement {
        BrachaAgreement { rounds: rounds.max(1), ..self }
    }

    /// For so many traitors.
    #[must_use]
    pub fn tolerating(self, f: usize) -> BrachaAgreement {
        BrachaAgreement { f: Some(f), ..self }
    }

    /// Votes are sent as they are, without reliable broadcast: a traitor can send each general another vote.
    ///
    /// Among four generals, one of them a traitor, one round holds all the same, after 8 million steps (`turncoat check
    /// bracha-agreement -n 4 -f 1 --rounds 1 --plain`). In two rounds agreement is broken: each of two loyal generals sees one vote
    /// fewer for what the third has decided, and tosses its coin. That attack is built by hand, and no search has found it.
    #[must_use]
    pub fn plainly(self) -> BrachaAgreement {
        BrachaAgreement { reliable: false, ..self }
    }

    /// Every vote counts, whether earlier votes justify it or not.
    ///
    /// Then a traitor who votes for nothing in step 3 keeps the loyal from deciding in the first round, though all held the same.
    #[must_use]
    pub fn without_validation(self) -> BrachaAgreement {
        BrachaAgreement { validates: false, ..self }
    }

    fn f(self, n: usize) -> usize {
        self.f.unwrap_or(n.saturating_sub(1) / 3)
    }

    /// n - f: so many are loyal, so that it can be waited for them.
    fn wait(self, n: usize) -> usize {
        n.saturating_sub(self.f(n)).max(1)
    }

    /// f + 1 votes, of which one is a loyal general's.
    fn adopts(self, n: usize) -> usize {
        self.f(n).saturating_add(1)
    }

    /// 2f + 1 votes: of any n - f others see f + 1 at least.
    fn decides(self, n: usize) -> usize {
        self.f(n).saturating_mul(2).saturating_add(1)
    }

    /// The valid votes of a turn.
    fn valid(self, state: &BrachaAgreementState, turn: RoundStep) -> Tally {
        let mut tally = Tally::default();
        let before = turn.before().filter(|_| self.validates);
        let before = before.map(|before| (before.step, self.valid(state, before)));
        for vote in state.votes.get(&turn).into_iter().flatten().flatten() {
            let justified =
                before.is_none_or(|(step, before)| self.can_give(state.n, step, before, *vote));
            tally.0[place(*vote)] += usize::from(justified);
        }
        tally
    }

    /// Whether n - f of these votes of a step, or more, can have led to this vote in the next one.
    fn can_give(self, n: usize, step: u32, votes: Tally, next: Option<Order>) -> bool {
        let wait = self.wait(n);
        if votes.all() < wait {
            return false;
        }
        let own = next.map_or(0, |order| votes.of(order));
        match (step, next) {
            // With all the votes for it, and as few others as there must be.
            (1, Some(order)) => {
                let others = wait.saturating_sub(own);
                own > others || (own == others && order == Order::RETREAT)
            }
            (2, Some(_)) => own > n / 2,
            (2, None) => votes.at_most(n / 2) >= wait,
            (3, Some(_)) => own >= self.adopts(n) || votes.at_most(self.f(n)) >= wait,
            _ => false,
        }
    }

    /// Broadcasts its vote of this turn.
    fn vote(
        self,
        state: &mut BrachaAgreementState,
        vote: Option<Order>,
        effects: &mut Effects<VoteMessage>,
    ) {
        let BrachaAgreementState { me: by, n, turn, .. } = *state;
        if !self.reliable {
            effects.broadcast(VoteMessage { by, turn, said: BroadcastMessage::Initial(vote) });
            state.note(turn, by, vote);
            return;
        }
        let thresholds = ReliableBroadcast::new().tolerating(self.f(n)).thresholds(n);
        let mut broadcast = BroadcastState::new(by, n, thresholds);
        let said = broadcast.initiate(vote);
        said.into_iter().for_each(|said| effects.broadcast(VoteMessage { by, turn, said }));
        state.broadcasts.insert((turn, by), broadcast);
        state.deliver(turn, by);
    }

    /// Goes on as long as enough is valid.
    fn advance(self, state: &mut BrachaAgreementState, effects: &mut Effects<VoteMessage>) {
        let n = state.n;
        while !state.waits {
            let votes = self.valid(state, state.turn);
            if votes.all() < self.wait(n) {
                return;
            }
            match state.turn.step {
                1 => {
                    let [retreat, attack] = ORDERS.map(|order| votes.of(order));
                    state.holds = if attack > retreat { Order::ATTACK } else { Order::RETREAT };
                    let holds = state.holds;
                    self.next(state, Some(holds), effects);
                }
                2 => self.next(state, votes.with(n / 2 + 1), effects),
                _ => {
                    state.decided = state.decided.or(votes.with(self.decides(n)));
                    let adopted = votes.with(self.adopts(n));
                    state.holds = adopted.unwrap_or(state.holds);
                    state.waits = adopted.is_none() || state.turn.round >= self.rounds;
                    if !state.waits {
                        self.next(state, adopted, effects);
                    } else if state.turn.round < self.rounds {
                        effects.ask(Coin::Local(state.turn.round));
                    }
                }
            }
        }
    }

    /// Begins the next step with this vote.
    fn next(
        self,
        state: &mut BrachaAgreementState,
        vote: Option<Order>,
        effects: &mut Effects<VoteMessage>,
    ) {
        state.turn = state.turn.next();
        self.vote(state, vote, effects);
    }
}

impl Default for BrachaAgreement {
    fn default() -> BrachaAgreement {
        BrachaAgreement::new()
    }
}

impl BrachaAgreementState {
    /// A vote has come: of each general the first counts.
    fn note(&mut self, turn: RoundStep, by: General, vote: Option<Order>) {
        let votes = self.votes.entry(turn).or_insert_with(|| vec![None; self.n]);
        votes[by.id()].get_or_insert(vote);
    }

    /// The vote that a general has broadcast counts once it is delivered.
    fn deliver(&mut self, turn: RoundStep, by: General) {
        let broadcast = self.broadcasts.get(&(turn, by));
        if let Some(vote) = broadcast.and_then(BroadcastState::delivered) {
            self.broadcasts.remove(&(turn, by));
            self.note(turn, by, vote);
        }
    }

    /// Whether the vote of this turn by a general is there.
    fn has(&self, turn: RoundStep, by: General) -> bool {
        self.votes.get(&turn).is_some_and(|votes| votes[by.id()].is_some())
    }
}

impl EventDriven for BrachaAgreement {
    type Value = Order;
    type Decision = Order;
    type Message = VoteMessage;
    type State = BrachaAgreementState;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&Order>,
        effects: &mut Effects<VoteMessage>,
    ) -> BrachaAgreementState {
        let Seat { me, n, .. } = seat;
        let mut state = BrachaAgreementState {
            me,
            n,
            turn: RoundStep::FIRST,
            holds: input.copied().unwrap_or(Order::RETREAT),
            decided: None,
            waits: false,
            broadcasts: BTreeMap::new(),
            votes: BTreeMap::new(),
        };
        let holds = state.holds;
        self.vote(&mut state, Some(holds), effects);
        self.advance(&mut state, effects);
        state
    }

    fn receive(
        &self,
        state: &mut BrachaAgreementState,
        from: General,
        message: &VoteMessage,
        effects: &mut Effects<VoteMessage>,
    ) {
        let VoteMessage { by, turn, said } = *message;
        if state.has(turn, by) {
            return;
        }
        if self.reliable {
            let BrachaAgreementState { me, n, .. } = *state;
            let thresholds = ReliableBroadcast::new().tolerating(self.f(n)).thresholds(n);
            let begun = || BroadcastState::new(me, n, thresholds);
            let broadcast = state.broadcasts.entry((turn, by)).or_insert_with(begun);
            let said = broadcast.hear(by, from, said);
            said.into_iter().for_each(|said| effects.broadcast(VoteMessage { by, turn, said }));
            state.deliver(turn, by);
        } else if let BroadcastMessage::Initial(vote) = said
            && by == from
        {
            state.note(turn, by, vote);
        }
        if state.has(turn, by) {
            self.advance(state, effects);
        }
    }

    fn coin(
        &self,
        state: &mut BrachaAgreementState,
        _: Coin,
        face: Face,
        effects: &mut Effects<VoteMessage>,
    ) {
        state.waits = false;
        state.holds = ORDERS[usize::from(face)];
        let holds = state.holds;
        self.next(state, Some(holds), effects);
        self.advance(state, effects);
    }

    fn decision(&self, state: &BrachaAgreementState) -> Option<Order> {
        state.decided
    }
}
