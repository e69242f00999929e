//! Simplex: B. Y. Chan, R. Pass, "Simplex consensus: a simple and fast consensus protocol", TCC 2023 (ePrint 2023/463).
//!
//! It claims agreement where n > 3f, however late mail is, and a decision once mail is timely.
//!
//! Deviations. One order is to be agreed on, the first one in the chain; a block that extends a chain with an order
//! adds none. A block names the blocks before it, instead of their hash. A general who finalizes a chain stops.
//! Iterations go from 1 to a last one. Leaders take turns, general 0 first. 2n / 3 is n - f. A proposal counts as its
//! leader's vote. Nothing is passed on, and a proposal comes without its parent's votes: a block is notarized for a
//! general if it has heard the votes itself. Messages that come before their turn are not kept: for agreement that
//! makes no difference, since they can also come later.

mod testing;

use std::collections::{BTreeMap, BTreeSet};

use super::block::Block;
use crate::general::{General, Generals};
use crate::order::Order;
use crate::protocol::Seat;
use crate::protocol::events::{Effects, EventDriven, Timer};
use SimplexMessage::{Finalize, Propose, Vote, VoteDummy};

/// Simplex (2023), for one order.
///
/// In each iteration a leader proposes a block that extends a chain of notarized blocks, and the others vote for it;
/// n - f votes notarize it. A general whose time for the iteration is over votes for a dummy block as well. When one of
/// the two is notarized, a general goes on to the next iteration, and says finalize for the old one unless it has voted
/// for the dummy block there; n - f of those finalize an iteration, and the chain up to it.
///
/// Agreement holds where n > 3f: if an iteration is finalized, its dummy block is never notarized, since n - f generals
/// have not voted for it, so no chain leaves that iteration out. Two iterations among four generals, one of them a
/// traitor, are searched completely in 506 million steps, in a quarter of a minute
/// (`turncoat check simplex -n 4 -f 1`). Here the iterations come to an end, so nobody need decide.
///
/// A general must not believe a leader who says that an iteration was empty: see
/// [`trusting_gaps`](Simplex::trusting_gaps).
///
/// ```
/// use turncoat::{Simplex, hunt};
///
/// hunt(Simplex::new()).generals(4).traitors(1).cases(300).assert_finds_nothing();
/// let found = hunt(Simplex::new().trusting_gaps()).generals(4).traitors(1).seed(22).assert_finds();
/// assert_eq!(found.violation.name(), "agreement");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Simplex {
    iterations: u32,
    f: Option<usize>,
    quorum: Option<usize>,
    trusts_gaps: bool,
}

/// What is said in Simplex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SimplexMessage {
    /// propose: a block, from the leader of its iteration, whose vote this also is.
    Propose(Block),
    /// vote: for a block that another general has proposed.
    Vote(Block),
    /// vote: for the dummy block of an iteration.
    VoteDummy(u32),
    /// finalize: an iteration.
    Finalize(u32),
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SimplexState {
    me: General,
    n: usize,
    /// The order that it proposes if it leads and there is no order in the chain yet.
    input: Option<Order>,
    iteration: u32,
    /// Whether it has voted for a non-dummy block in this iteration.
    voted: bool,
    /// Whether the timer of this iteration has gone off.
    fired: bool,
    decided: Option<Order>,
    /// For each iteration, the non-dummy block that ends a notarized chain.
    notarized: BTreeMap<u32, Block>,
    /// The iterations whose dummy blocks are notarized.
    dummies: BTreeSet<u32>,
    /// Who has voted for blocks that are not notarized.
    votes: BTreeMap<Block, Generals>,
    /// Who has voted for dummy blocks that are not notarized.
    dummy_votes: BTreeMap<u32, Generals>,
    /// Who has said finalize, by iteration.
    finalizes: BTreeMap<u32, Generals>,
}

impl Simplex {
    /// As published, for (n - 1) / 3 traitors, rounded down; with iterations 1 and 2.
    #[must_use]
    pub fn new() -> Simplex {
        Simplex { iterations: 2, f: None, quorum: None, trusts_gaps: false }
    }

    /// With this many iterations, at least one.
    #[must_use]
    pub fn iterations(self, iterations: u32) -> Simplex {
        Simplex { iterations: iterations.max(1), ..self }
    }

    /// With thresholds for `f` traitors.
    #[must_use]
    pub fn tolerating(self, f: usize) -> Simplex {
        Simplex { f: Some(f), ..self }
    }

    /// This many votes are enough everywhere, instead of n - f.
    #[must_use]
    pub fn quorum(self, votes: usize) -> Simplex {
        Simplex { quorum: Some(votes), ..self }
    }

    /// Generals believe that the iterations between a block and its parent were empty, though their dummy blocks are
    /// not notarized. Then a block can extend an older one after a later one was finalized.
    #[must_use]
    pub fn trusting_gaps(self) -> Simplex {
        Simplex { trusts_gaps: true, ..self }
    }

    /// n - f: that many are loyal, so the protocol can go on without the traitors; and any two such quorums have
    /// n - 2f > f generals in common, one of whom is loyal.
    fn threshold(self, n: usize) -> usize {
        let f = self.f.unwrap_or(n.saturating_sub(1) / 3);
        self.quorum.unwrap_or(n.saturating_sub(f)).max(1)
    }

    /// Whether the chain that a block extends is notarized, all the way to the block's iteration.
    fn extends_notarized(self, state: &SimplexState, block: &Block) -> bool {
        let parent = block.parent();
        let begun = parent.as_ref().map_or(0, |parent| parent.height);
        let mut gap = begun + 1..block.height;
        begun < block.height
            && parent.is_none_or(|parent| state.notarized.get(&begun) == Some(&parent))
            && (self.trusts_gaps || gap.all(|empty| state.dummies.contains(&empty)))
    }

    /// Step 1: sets a timer (except in the last iteration, which has no next one). Step 2: the leader proposes.
    fn start_iteration(
        self,
        state: &mut SimplexState,
        iteration: u32,
        effects: &mut Effects<SimplexMessage>,
    ) {
        (state.iteration, state.voted, state.fired) = (iteration, false, false);
        if iteration < self.iterations {
            effects.set_timer(iteration);
        }
        if iteration <= self.iterations && leader(iteration, state.n) == state.me {
            // Of the notarized chains of this length, the one with the latest block.
            let own = Block::first(iteration, state.input.unwrap_or(Order::RETREAT));
            let latest = state.notarized.values().next_back();
            let block = latest.map_or(own, |parent| parent.extended(iteration));
            effects.broadcast(Propose(block.clone()));
            state.voted = true;
            self.count_vote(state, state.me, block, effects);
        }
    }

    /// Step 3: votes for the first proposal of the iteration that extends a notarized chain.
    fn vote(self, state: &mut SimplexState, block: &Block, effects: &mut Effects<SimplexMessage>) {
        let due = block.height == state.iteration && !state.voted;
        if due && self.extends_notarized(state, block) {
            effects.broadcast(Vote(block.clone()));
            state.voted = true;
            self.count_vote(state, state.me, block.clone(), effects);
        }
    }

    /// Counts a vote, if its block would end a notarized chain, and no other block of its iteration does.
    fn count_vote(
        self,
        state: &mut SimplexState,
        by: General,
        block: Block,
        effects: &mut Effects<SimplexMessage>,
    ) {
        let iteration = block.height;
        let open = iteration <= state.iteration && !state.notarized.contains_key(&iteration);
        if !open || !self.extends_notarized(state, &block) {
            return;
        }
        let voters = state.votes.entry(block.clone()).or_default();
        *voters = voters.with(by);
        if voters.len() >= self.threshold(state.n) {
            state.votes.retain(|other, _| other.height != iteration);
            state.notarized.insert(iteration, block);
            self.forget_dummies(state);
            self.leave(state, iteration, effects);
            self.finalize(state, iteration, effects);
        }
    }

    fn count_dummy_vote(
        self,
        state: &mut SimplexState,
        by: General,
        iteration: u32,
        effects: &mut Effects<SimplexMessage>,
    ) {
        let due = iteration <= state.iteration && iteration < self.last_open(state);
        if !due || state.dummies.contains(&iteration) {
            return;
        }
        let voters = state.dummy_votes.entry(iteration).or_default();
        *voters = voters.with(by);
        if voters.len() >= self.threshold(state.n) {
            state.dummy_votes.remove(&iteration);
            state.dummies.insert(iteration);
            self.leave(state, iteration, effects);
        }
    }

    /// The last iteration without a notarized non-dummy block: no block can follow the dummy blocks from there on.
    fn last_open(self, state: &SimplexState) -> u32 {
        let mut iterations = (1..=self.iterations).rev();
        iterations.find(|open| !state.notarized.contains_key(open)).unwrap_or(0)
    }

    /// Forgets the dummy blocks that nothing can follow.
    fn forget_dummies(self, state: &mut SimplexState) {
        let last = self.last_open(state);
        state.dummies.retain(|dummy| *dummy < last);
        state.dummy_votes.retain(|dummy, _| *dummy < last);
    }

    /// Step 4: a chain as long as this iteration is notarized. If the general is in that iteration, it enters the next.
    fn leave(
        self,
        state: &mut SimplexState,
        iteration: u32,
        effects: &mut Effects<SimplexMessage>,
    ) {
        if iteration != state.iteration {
            return;
        }
        if !state.fired {
            effects.cancel_timer(iteration);
            effects.broadcast(Finalize(iteration));
            let finalizing = state.finalizes.entry(iteration).or_default();
            *finalizing = finalizing.with(state.me);
        }
        self.start_iteration(state, iteration + 1, effects);
    }

    /// Step 5: once n - f have said finalize, and a chain of that length is notarized, decides its order.
    fn finalize(
        self,
        state: &mut SimplexState,
        iteration: u32,
        effects: &mut Effects<SimplexMessage>,
    ) {
        let finalizing = state.finalizes.get(&iteration).copied().unwrap_or_default();
        let Some(block) = state.notarized.get(&iteration) else { return };
        if finalizing.len() >= self.threshold(state.n) {
            effects.cancel_timer(state.iteration);
            state.decided = Some(block.order);
            state.notarized.clear();
            state.dummies.clear();
            state.votes.clear();
            state.dummy_votes.clear();
            state.finalizes.clear();
        }
    }
}

impl Default for Simplex {
    fn default() -> Simplex {
        Simplex::new()
    }
}

/// Generals take turns, general 0 first.
fn leader(iteration: u32, n: usize) -> General {
    General::new((iteration as usize + n - 1) % n)
}

impl EventDriven for Simplex {
    type Value = Order;
    type Decision = Order;
    type Message = SimplexMessage;
    type State = SimplexState;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&Order>,
        effects: &mut Effects<SimplexMessage>,
    ) -> SimplexState {
        let Seat { me, n, .. } = seat;
        let leads = (1..=self.iterations).any(|iteration| leader(iteration, n) == me);
        let mut state = SimplexState {
            me,
            n,
            input: input.copied().filter(|_| leads),
            iteration: 1,
            voted: false,
            fired: false,
            decided: None,
            notarized: BTreeMap::new(),
            dummies: BTreeSet::new(),
            votes: BTreeMap::new(),
            dummy_votes: BTreeMap::new(),
            finalizes: BTreeMap::new(),
        };
        self.start_iteration(&mut state, 1, effects);
        state
    }

    fn receive(
        &self,
        state: &mut SimplexState,
        from: General,
        said: &SimplexMessage,
        effects: &mut Effects<SimplexMessage>,
    ) {
        if state.decided.is_some() {
            return;
        }
        match said {
            Propose(block) => {
                if leader(block.height, state.n) == from {
                    self.vote(state, block, effects);
                    self.count_vote(state, from, block.clone(), effects);
                }
            }
            Vote(block) => {
                if leader(block.height, state.n) != from {
                    self.count_vote(state, from, block.clone(), effects);
                }
            }
            VoteDummy(iteration) => self.count_dummy_vote(state, from, *iteration, effects),
            Finalize(iteration) => {
                if state.notarized.contains_key(iteration) {
                    let finalizing = state.finalizes.entry(*iteration).or_default();
                    *finalizing = finalizing.with(from);
                    self.finalize(state, *iteration, effects);
                }
            }
        }
    }

    /// T_h goes off: votes for the dummy block.
    fn timer(&self, state: &mut SimplexState, timer: Timer, effects: &mut Effects<SimplexMessage>) {
        state.fired = true;
        effects.broadcast(VoteDummy(timer));
        self.count_dummy_vote(state, state.me, timer, effects);
    }

    fn decision(&self, state: &SimplexState) -> Option<Order> {
        state.decided
    }
}
