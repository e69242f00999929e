//! The testing side of Simplex: what traitors can say, which generals are interchangeable, and how reports describe it.

use super::SimplexMessage::{Finalize, Propose, Vote, VoteDummy};
use super::{Simplex, SimplexMessage, SimplexState, leader};
use crate::count::many;
use crate::general::{General, Generals, Swap};
use crate::graph::Graph;
use crate::order::Order;
use crate::outcome::Task;
use crate::protocols::block::Block;
use crate::testable::{EventTestable, Problem, Symmetric, Termination, Validity, Words};

/// With more iterations there are too many chains: each iteration can leave a block or a dummy.
const MOST_ITERATIONS: u32 = 8;

impl EventTestable for Simplex {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        if !graph.is_complete() {
            return Err("Simplex needs everybody to hear everybody".to_owned());
        }
        if self.iterations > MOST_ITERATIONS {
            return Err(format!(
                "Simplex has too many chains of more than {MOST_ITERATIONS} iterations"
            ));
        }
        let problem = Problem::new(Task::Consensus, Order::first(2), Validity::any_value());
        Ok(problem.deciding(Termination::Free))
    }

    fn alphabet(&self, n: usize, from: General, _: General) -> Vec<SimplexMessage> {
        let said = |block: Block| match leader(block.height, n) == from {
            true => Propose(block),
            false => Vote(block),
        };
        let dummies = (1..self.iterations).map(VoteDummy);
        let finalizing = (1..=self.iterations).map(Finalize);
        Block::all(self.iterations).map(said).chain(dummies).chain(finalizing).collect()
    }

    fn words(&self) -> &dyn Words<SimplexMessage, SimplexState> {
        self
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<SimplexMessage, SimplexState>> {
        Some(self)
    }
}

/// Generals who never lead are interchangeable.
impl Symmetric<SimplexMessage, SimplexState> for Simplex {
    fn alike(&self, n: usize) -> Generals {
        Generals::first(n).minus(Generals::first(n.min(self.iterations as usize)))
    }

    fn swapped_message(&self, said: &SimplexMessage, _: Swap) -> SimplexMessage {
        said.clone()
    }

    fn swapped_state(&self, state: &SimplexState, swap: Swap) -> SimplexState {
        let mut state = state.clone();
        state.me = swap.of(state.me);
        let voters = state.votes.values_mut().chain(state.dummy_votes.values_mut());
        voters.chain(state.finalizes.values_mut()).for_each(|by| *by = swap.of_all(*by));
        state
    }
}

/// "1: propose ATTACK", "2: vote ATTACK, after iteration 1", "1: vote dummy", "1: finalize".
impl Words<SimplexMessage, SimplexState> for Simplex {
    fn name(&self) -> String {
        let gaps = if self.trusts_gaps { " that trusts gaps" } else { "" };
        let quorum = self.quorum.map(|votes| format!(" with quorums of {votes}"));
        let quorum = quorum.unwrap_or_default();
        format!("Simplex{quorum}{gaps}, {}", many(u64::from(self.iterations), "iteration"))
    }

    fn tell(&self, _: General, said: &SimplexMessage) -> String {
        match said {
            Propose(block) => format!("{}: propose {}", block.height, told(block)),
            Vote(block) => format!("{}: vote {}", block.height, told(block)),
            VoteDummy(iteration) => format!("{iteration}: vote dummy"),
            Finalize(iteration) => format!("{iteration}: finalize"),
        }
    }

    fn explain(&self, state: &SimplexState) -> Vec<String> {
        let SimplexState { iteration, voted, fired, .. } = state;
        let voted = match (voted, fired) {
            _ if *iteration > self.iterations => "nobody goes on",
            (false, false) => "has not voted",
            (true, false) => "has voted",
            (false, true) => "has voted for the dummy block",
            (true, true) => "has voted, and for the dummy block",
        };
        let mut lines = vec![format!("iteration {iteration}: {voted}")];
        for (iteration, block) in &state.notarized {
            lines.push(format!("{iteration}: {} is notarized", told(block)));
        }
        for iteration in &state.dummies {
            lines.push(format!("{iteration}: the dummy block is notarized"));
        }
        for (block, by) in &state.votes {
            let (iteration, by) = (block.height, by.numbered("general"));
            lines.push(format!("{iteration}: vote {} from {by}", told(block)));
        }
        for (what, votes) in [("vote dummy", &state.dummy_votes), ("finalize", &state.finalizes)] {
            let votes = votes.iter().map(|(iteration, by)| {
                format!("{iteration}: {what} from {}", by.numbered("general"))
            });
            lines.extend(votes);
        }
        lines
    }
}

fn told(block: &Block) -> String {
    let Block { after, order, .. } = block;
    match after.last() {
        None => order.to_string(),
        Some(parent) => format!("{order}, after iteration {parent}"),
    }
}
