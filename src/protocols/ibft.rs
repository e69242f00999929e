//! IBFT as it was first published: Y.-T. Lin, "Istanbul Byzantine fault tolerance", EIP 650, 2017. Its flaws: R.
//! Saltini, D. Hyland-Wood, "Correctness analysis of IBFT", arXiv 1901.07160 (2019).
//!
//! It claims agreement where n > 3f, however late mail is, and a decision once mail is timely. The second claim is
//! false: nothing but a decision undoes a lock.
//!
//! Deviations. There is one height, and each block is valid. Rounds go from 0 to a last one. A round ends for a general
//! when its timer goes off, or when it hears the proposer of a later one: there is no ROUND-CHANGE, which only keeps
//! everybody in one round. A PRE-PREPARE counts as the proposer's PREPARE. The paper waits for 2F + 1 votes, which are
//! too few where n > 3F + 1; here it is n - f for any n. Votes that come before their turn are kept only if everybody
//! must decide; for agreement it makes no difference, since they can also come later.

mod testing;

use super::votes::Votes;
use crate::general::General;
use crate::order::Order;
use crate::protocol::Seat;
use crate::protocol::events::{Effects, EventDriven, Timer};
use IbftMessage::{Commit, PrePrepare, Prepare};

/// IBFT (2017), for one height, with locks that are never undone.
///
/// In each round a proposer says PRE-PREPARE for an order, and the others PREPARE. A general who has heard one of these
/// from n - f generals is locked on the order, and says COMMIT; n - f COMMITs decide. A locked general proposes that
/// order, and says PREPARE for no other.
///
/// Agreement holds where n > 3f: two rounds among four generals, one of them a traitor, are searched completely in 30
/// million steps, in some seconds (`turncoat check ibft -n 4 -f 1`). But one general can be locked on one order in one
/// round, and another on the other order in the next. If the traitors then fall silent, n - f generals can no longer
/// agree on either, whoever proposes. [`live`](Ibft::live) reports something weaker: that a round can fail although it
/// is timely and its proposer is loyal.
///
/// ```
/// use turncoat::{Ibft, hunt};
///
/// hunt(Ibft::new()).generals(4).traitors(1).cases(300).assert_finds_nothing();
/// let found = hunt(Ibft::new().live()).generals(4).traitors(1).assert_finds();
/// assert_eq!(found.violation.name(), "termination");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ibft {
    rounds: u32,
    f: Option<usize>,
    quorum: Option<usize>,
    locks: bool,
    live: bool,
}

/// What is said in IBFT; each message names its round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IbftMessage {
    /// PRE-PREPARE, from the proposer of the round.
    PrePrepare(u32, Order),
    /// PREPARE, from another general.
    Prepare(u32, Order),
    /// COMMIT, from a general who is locked.
    Commit(u32, Order),
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct IbftState {
    me: General,
    n: usize,
    /// The order that it proposes if it is the proposer and not locked.
    input: Option<Order>,
    round: u32,
    /// What the proposer of this round has proposed.
    proposed: Option<Order>,
    /// Whether it has said COMMIT in this round.
    committed: bool,
    locked: Option<Order>,
    decided: Option<Order>,
    /// Who has said PREPARE for what: in this round until this general says COMMIT, and in later ones.
    prepares: Votes,
    /// Who has said COMMIT for what, in this round and later ones.
    commits: Votes,
}

impl Ibft {
    /// As published, for (n - 1) / 3 traitors, rounded down; with rounds 0 and 1.
    #[must_use]
    pub fn new() -> Ibft {
        Ibft { rounds: 2, f: None, quorum: None, locks: true, live: false }
    }

    /// With this many rounds, at least one.
    #[must_use]
    pub fn rounds(self, rounds: u32) -> Ibft {
        Ibft { rounds: rounds.max(1), ..self }
    }

    /// With thresholds for `f` traitors.
    #[must_use]
    pub fn tolerating(self, f: usize) -> Ibft {
        Ibft { f: Some(f), ..self }
    }

    /// This many votes are enough everywhere, instead of n - f.
    #[must_use]
    pub fn quorum(self, votes: usize) -> Ibft {
        Ibft { quorum: Some(votes), ..self }
    }

    /// Nobody is ever locked.
    #[must_use]
    pub fn without_lock(self) -> Ibft {
        Ibft { locks: false, ..self }
    }

    /// Everybody must also decide, if the proposer of the last round is loyal.
    ///
    /// No timer goes off in the last round, and everything that the loyal send arrives, in any order. So it stands for
    /// the first round after GST, and anything may have happened before it. One round that fails is not the end: a
    /// later proposer may be locked.
    #[must_use]
    pub fn live(self) -> Ibft {
        Ibft { live: true, ..self }
    }

    /// n - f: that many are loyal, so the protocol can go on without the traitors; and any two such quorums have
    /// n - 2f > f generals in common, one of whom is loyal.
    fn threshold(self, n: usize) -> usize {
        let f = self.f.unwrap_or(n.saturating_sub(1) / 3);
        self.quorum.unwrap_or(n.saturating_sub(f)).max(1)
    }

    /// A round begins.
    fn start_round(self, state: &mut IbftState, round: u32, effects: &mut Effects<IbftMessage>) {
        effects.cancel_timer(state.round);
        state.prepares.forget_before(round);
        state.commits.forget_before(round);
        (state.round, state.proposed, state.committed) = (round, None, false);
        if round + 1 < self.rounds {
            effects.set_timer(round);
        }
        if proposer(round, state.n) == state.me {
            let order = state.locked.or(state.input).unwrap_or(Order::RETREAT);
            effects.broadcast(PrePrepare(round, order));
            self.accept(state, order, effects);
        }
    }

    /// An order is proposed: a general who is not locked on another one says PREPARE.
    fn accept(self, state: &mut IbftState, order: Order, effects: &mut Effects<IbftMessage>) {
        let IbftState { me, n, round, .. } = *state;
        state.proposed = Some(order);
        state.prepares.keep_only(round, order);
        state.commits.keep_only(round, order);
        if state.is_free(order) {
            state.prepares.note(round, order, proposer(round, n));
            if me != proposer(round, n) {
                effects.broadcast(Prepare(round, order));
                state.prepares.note(round, order, me);
            }
        }
        self.advance(state, effects);
    }

    /// Once n - f have said PREPARE for the proposal: locks, and says COMMIT. Once n - f have said COMMIT: decides.
    fn advance(self, state: &mut IbftState, effects: &mut Effects<IbftMessage>) {
        let IbftState { me, n, round, .. } = *state;
        let Some(order) = state.proposed else { return };
        let has = |votes: &Votes| votes.of(round, order).len() >= self.threshold(n);
        if state.is_free(order) && !state.committed && has(&state.prepares) {
            state.committed = true;
            state.locked = self.locks.then_some(order);
            effects.broadcast(Commit(round, order));
            state.commits.note(round, order, me);
            state.prepares.forget_before(round + 1);
        }
        if has(&state.commits) {
            state.decided = state.decided.or(Some(order));
        }
    }

    /// Whether a vote for an order in a round counts: only if that order is proposed, or is early and kept.
    fn counts(self, state: &IbftState, round: u32, order: Order) -> bool {
        let now = round == state.round;
        let early = round > state.round || (now && state.proposed.is_none());
        (now && state.proposed == Some(order)) || (self.live && early)
    }
}

impl Default for Ibft {
    fn default() -> Ibft {
        Ibft::new()
    }
}

/// Generals take turns, general 0 first.
fn proposer(round: u32, n: usize) -> General {
    General::new(round as usize % n)
}

impl IbftState {
    /// Whether it is not locked on another order.
    fn is_free(&self, order: Order) -> bool {
        self.locked.is_none_or(|locked| locked == order)
    }
}

impl EventDriven for Ibft {
    type Value = Order;
    type Decision = Order;
    type Message = IbftMessage;
    type State = IbftState;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&Order>,
        effects: &mut Effects<IbftMessage>,
    ) -> IbftState {
        let Seat { me, n, .. } = seat;
        let proposes = (0..self.rounds).any(|round| proposer(round, n) == me);
        let mut state = IbftState {
            me,
            n,
            input: input.copied().filter(|_| proposes),
            round: 0,
            proposed: None,
            committed: false,
            locked: None,
            decided: None,
            prepares: Votes::default(),
            commits: Votes::default(),
        };
        self.start_round(&mut state, 0, effects);
        state
    }

    fn receive(
        &self,
        state: &mut IbftState,
        from: General,
        said: &IbftMessage,
        effects: &mut Effects<IbftMessage>,
    ) {
        let IbftState { n, round, proposed, committed, .. } = *state;
        match *said {
            PrePrepare(in_round, order) => {
                let due = in_round > round || (in_round == round && proposed.is_none());
                if due && proposer(in_round, n) == from {
                    if in_round > round {
                        self.start_round(state, in_round, effects);
                    }
                    self.accept(state, order, effects);
                }
            }
            Prepare(in_round, order) => {
                let over = in_round == round && (committed || !state.is_free(order));
                let counts = self.counts(state, in_round, order) && !over;
                if counts && proposer(in_round, n) != from {
                    state.prepares.note(in_round, order, from);
                    self.advance(state, effects);
                }
            }
            Commit(in_round, order) => {
                if self.counts(state, in_round, order) {
                    state.commits.note(in_round, order, from);
                    self.advance(state, effects);
                }
            }
        }
    }

    /// The time for a round is over.
    fn timer(&self, state: &mut IbftState, timer: Timer, effects: &mut Effects<IbftMessage>) {
        self.start_round(state, timer + 1, effects);
    }

    fn decision(&self, state: &IbftState) -> Option<Order> {
        state.decided
    }
}
