//! The testing side of chained HotStuff: what traitors can say, its signatures, and how reports describe it.

use super::ChainedHotStuffMessage::{Generic, Vote};
use super::{ChainedHotStuff, ChainedHotStuffMessage, ChainedHotStuffState, LEADER};
use crate::count::many;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::order::Order;
use crate::outcome::Task;
use crate::protocols::block::Block;
use crate::signature::Signed;
use crate::testable::{EventTestable, Problem, Signing, Termination, Validity, Words};

/// With more views there are too many chains, and with more generals too many quorums that could sign a certificate.
const MOST_VIEWS: u32 = 8;
const MOST_GENERALS: usize = 7;

impl EventTestable for ChainedHotStuff {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        if !graph.is_complete() {
            return Err("chained HotStuff needs everybody to hear everybody".to_owned());
        }
        if self.views > MOST_VIEWS || graph.n() > MOST_GENERALS {
            return Err(format!(
                "chained HotStuff has too many certificates with more than {MOST_VIEWS} views or {MOST_GENERALS} generals"
            ));
        }
        let problem = Problem::new(Task::Consensus, Order::first(2), Validity::any_value());
        Ok(problem.deciding(Termination::Free))
    }

    /// Messages from and to the leader; nothing else is said.
    fn alphabet(&self, n: usize, from: General, to: General) -> Vec<ChainedHotStuffMessage> {
        let quorums = || Generals::first(n).subsets(self.threshold(n).min(n));
        if from == LEADER {
            let justified = |block: Block| {
                let first = block.parent().is_none();
                let signers = if first { vec![Generals::NONE] } else { quorums().collect() };
                signers.into_iter().map(move |signers| Generic { block: block.clone(), signers })
            };
            Block::all(self.views).flat_map(justified).collect()
        } else if to == LEADER {
            Block::all(self.views - 1).map(|block| Vote { block, by: from }).collect()
        } else {
            Vec::new()
        }
    }

    fn signing(&self) -> &dyn Signing<ChainedHotStuffMessage> {
        self
    }

    fn words(&self) -> &dyn Words<ChainedHotStuffMessage, ChainedHotStuffState> {
        self
    }
}

impl Signing<ChainedHotStuffMessage> for ChainedHotStuff {
    /// Each message contains signatures of one block.
    fn signatures(&self, said: &ChainedHotStuffMessage) -> Vec<Signed> {
        let (block, signers) = match said {
            Vote { block, by } => (Some(block.clone()), Generals::NONE.with(*by)),
            Generic { block, signers } => (block.parent(), *signers),
        };
        let Some(Block { height, after, order }) = block else { return Vec::new() };
        let statement = format!("{height} {after:?} {order}").into_bytes().into_boxed_slice();
        signers.iter().map(|by| Signed { by, statement: statement.clone() }).collect()
    }
}

/// "3: GENERIC ATTACK on 1, 2 (signed by generals 0, 1 and 2)", "1: signs ATTACK".
impl Words<ChainedHotStuffMessage, ChainedHotStuffState> for ChainedHotStuff {
    fn name(&self) -> String {
        let links = if self.any_links { " with any links" } else { "" };
        let quorum = self.quorum.map(|votes| format!(" with quorums of {votes}"));
        let quorum = quorum.unwrap_or_default();
        format!("chained HotStuff{quorum}{links}, {}", many(u64::from(self.views), "view"))
    }

    fn tell(&self, _: General, said: &ChainedHotStuffMessage) -> String {
        match said {
            Vote { block, .. } => format!("{}: signs {}", block.height, told(block)),
            Generic { block, signers } if signers.is_empty() => {
                format!("{}: GENERIC {}", block.height, told(block))
            }
            Generic { block, signers } => {
                let signers = signers.numbered("general");
                format!("{}: GENERIC {} (signed by {signers})", block.height, told(block))
            }
        }
    }

    fn explain(&self, state: &ChainedHotStuffState) -> Vec<String> {
        let lock = match &state.locked {
            Some(locked) => format!("locked on {}: {}", locked.height, told(locked)),
            None => "not locked".to_owned(),
        };
        let mut lines = vec![format!("view {}: {lock}", state.view)];
        if let Some((block, signers)) = &state.collects {
            let signers = signers.numbered("general");
            lines.push(format!("{}: {} is signed by {signers}", block.height, told(block)));
        }
        lines
    }
}

fn told(block: &Block) -> String {
    let Block { after, order, .. } = block;
    let after = after.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    if after.is_empty() { order.to_string() } else { format!("{order} on {after}") }
}
