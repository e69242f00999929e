//! Chained HotStuff: M. Yin, D. Malkhi, M. K. Reiter, G. Golan Gueta, I. Abraham, "HotStuff: BFT consensus with
//! linearity and responsiveness", PODC 2019 (arXiv 1803.05069), section 5 and Algorithm 3. A published implementation's
//! mistake: relab/hotstuff, issue 249, 2025.
//!
//! It claims agreement where n > 3f, however late mail is and whoever leads.
//!
//! Deviations. General 0 leads all views: the pacemaker chooses leaders, and agreement must not depend on that choice.
//! So there are no timers and no NEW-VIEWs: the leader itself has the highest certificate. Views go from 1 to a last
//! one, in which nobody votes. One order is to be agreed on; the first block of a chain brings it. There are no dummy
//! blocks: instead, a block is no child of the block that justifies it if there is a view between them. A lock that is
//! on a higher view is kept. Signatures are ideal.

mod testing;

use super::block::Block;
use crate::general::{General, Generals};
use crate::order::Order;
use crate::protocol::Seat;
use crate::protocol::events::{Effects, EventDriven};
use ChainedHotStuffMessage::{Generic, Vote};

/// Chained HotStuff (2019), for one order.
///
/// In each view the leader proposes a block, with a certificate (n - f signatures) of the block that it extends, and
/// the others sign it. One certificate serves as one phase for each of the last blocks of its chain: PREPARE for the
/// last block, PRE-COMMIT for the one before it, which is then locked, and COMMIT for the third, which is decided.
/// General 0 leads all views: agreement must not depend on who leads.
///
/// The views of the three blocks must be consecutive. Four views among four generals, one of them a traitor, are
/// searched completely in 12 million steps, in a second (`turncoat check chained-hotstuff -n 4 -f 1`); with more views
/// it has only been searched at random. If the blocks need only be linked, whatever their views, two chains whose
/// blocks take turns are both decided: see [`any_links`](ChainedHotStuff::any_links).
///
/// ```
/// use turncoat::{ChainedHotStuff, check};
///
/// check(ChainedHotStuff::new().views(3)).generals(4).traitors(1).assert_holds();
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChainedHotStuff {
    views: u32,
    f: Option<usize>,
    quorum: Option<usize>,
    any_links: bool,
}

/// What is said in chained HotStuff.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChainedHotStuffMessage {
    /// GENERIC, from the leader.
    Generic {
        /// The proposed block.
        block: Block,
        /// Who has signed the block before it, unless that is the genesis block.
        signers: Generals,
    },
    /// A signature, for the leader.
    Vote {
        /// The signed block.
        block: Block,
        /// Who signed it.
        by: General,
    },
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ChainedHotStuffState {
    me: General,
    n: usize,
    /// The last view in which something was proposed to it.
    view: u32,
    /// The block of lockedQC.
    locked: Option<Block>,
    decided: Option<Order>,
    /// If it leads: the block that it has proposed, and who has signed it.
    collects: Option<(Block, Generals)>,
}

impl ChainedHotStuff {
    /// As published, for (n - 1) / 3 traitors, rounded down; with views 1 to 4, the fewest that can lead to a decision.
    #[must_use]
    pub fn new() -> ChainedHotStuff {
        ChainedHotStuff { views: 4, f: None, quorum: None, any_links: false }
    }

    /// With this many views, at least one.
    #[must_use]
    pub fn views(self, views: u32) -> ChainedHotStuff {
        ChainedHotStuff { views: views.max(1), ..self }
    }

    /// With thresholds for `f` traitors.
    #[must_use]
    pub fn tolerating(self, f: usize) -> ChainedHotStuff {
        ChainedHotStuff { f: Some(f), ..self }
    }

    /// This many signatures make a certificate, instead of n - f.
    #[must_use]
    pub fn quorum(self, signers: usize) -> ChainedHotStuff {
        ChainedHotStuff { quorum: Some(signers), ..self }
    }

    /// A block is the child of the block that justifies it, whatever views lie between. A published implementation did
    /// that, as it had left out the dummy blocks. It takes seven views to break agreement.
    #[must_use]
    pub fn any_links(self) -> ChainedHotStuff {
        ChainedHotStuff { any_links: true, ..self }
    }

    /// n - f: that many are loyal, so the protocol can go on without the traitors; and any two such quorums have
    /// n - 2f > f generals in common, one of whom is loyal.
    fn threshold(self, n: usize) -> usize {
        let f = self.f.unwrap_or(n.saturating_sub(1) / 3);
        self.quorum.unwrap_or(n.saturating_sub(f)).max(1)
    }

    /// The block of which this one is a child, if it is one: there must be no view between them.
    fn linked(self, block: &Block) -> Option<Block> {
        block.parent().filter(|parent| self.any_links || parent.height + 1 == block.height)
    }

    /// Leader: proposes a block.
    fn propose(
        self,
        state: &mut ChainedHotStuffState,
        (block, signers): (Block, Generals),
        effects: &mut Effects<ChainedHotStuffMessage>,
    ) {
        state.collects = Some((block.clone(), Generals::NONE));
        effects.broadcast(Generic { block: block.clone(), signers });
        self.hear(state, block, effects);
    }

    /// Leader: once there are n - f signatures, proposes the next block.
    fn collect(
        self,
        state: &mut ChainedHotStuffState,
        by: General,
        effects: &mut Effects<ChainedHotStuffMessage>,
    ) {
        let Some((block, signers)) = &mut state.collects else { return };
        *signers = signers.with(by);
        if signers.len() >= self.threshold(state.n) {
            let next = (block.extended(block.height + 1), *signers);
            self.propose(state, next, effects);
        }
    }

    /// Replica: signs a proposal if that is safe, and advances all phases at once.
    fn hear(
        self,
        state: &mut ChainedHotStuffState,
        block: Block,
        effects: &mut Effects<ChainedHotStuffMessage>,
    ) {
        let safe = is_safe(state, &block);
        state.view = block.height;
        // PRE-COMMIT for its parent, and COMMIT for its grandparent, which is locked.
        let grandparent = self.linked(&block).and_then(|parent| self.linked(&parent));
        let locked_view = state.locked.as_ref().map_or(0, |locked| locked.height);
        // DECIDE for the parent of that.
        let decided = grandparent.as_ref().and_then(|grandparent| self.linked(grandparent));
        state.decided = state.decided.or(decided.map(|decided| decided.order));
        state.locked = match grandparent {
            Some(grandparent) if grandparent.height > locked_view => Some(grandparent),
            _ => state.locked.take(),
        };
        if safe && block.height < self.views {
            let by = state.me;
            match by == LEADER {
                true => self.collect(state, by, effects),
                false => effects.send(LEADER, Vote { block, by }),
            }
        }
    }
}

impl Default for ChainedHotStuff {
    fn default() -> ChainedHotStuff {
        ChainedHotStuff::new()
    }
}

/// The leader of all views.
const LEADER: General = General::COMMANDER;

/// safeNode: the block extends the locked one, or is justified by a later view.
fn is_safe(state: &ChainedHotStuffState, block: &Block) -> bool {
    let Some(locked) = &state.locked else { return true };
    let chain = || std::iter::successors(block.parent(), Block::parent);
    chain().any(|before| before == *locked)
        || block.parent().is_some_and(|justified| justified.height > locked.height)
}

impl EventDriven for ChainedHotStuff {
    type Value = Order;
    type Decision = Order;
    type Message = ChainedHotStuffMessage;
    type State = ChainedHotStuffState;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&Order>,
        effects: &mut Effects<ChainedHotStuffMessage>,
    ) -> ChainedHotStuffState {
        let Seat { me, n, .. } = seat;
        let mut state =
            ChainedHotStuffState { me, n, view: 0, locked: None, decided: None, collects: None };
        if me == LEADER {
            let order = input.copied().unwrap_or(Order::RETREAT);
            self.propose(&mut state, (Block::first(1, order), Generals::NONE), effects);
        }
        state
    }

    fn receive(
        &self,
        state: &mut ChainedHotStuffState,
        from: General,
        said: &ChainedHotStuffMessage,
        effects: &mut Effects<ChainedHotStuffMessage>,
    ) {
        match said {
            Generic { block, signers } => {
                let parent = block.parent();
                let justified = parent.is_none_or(|parent| {
                    parent.height < block.height && signers.len() >= self.threshold(state.n)
                });
                let due = block.height > state.view && block.height <= self.views;
                if from == LEADER && due && justified {
                    self.hear(state, block.clone(), effects);
                }
            }
            Vote { block, by } => {
                let collects = state.collects.as_ref();
                if *by == from && collects.is_some_and(|(collected, _)| collected == block) {
                    self.collect(state, from, effects);
                }
            }
        }
    }

    fn decision(&self, state: &ChainedHotStuffState) -> Option<Order> {
        state.decided
    }
}
