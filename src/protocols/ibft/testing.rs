//! The testing side of IBFT: what traitors can say, which generals are interchangeable, and how reports describe it.

use super::IbftMessage::{Commit, PrePrepare, Prepare};
use super::{Ibft, IbftMessage, IbftState, proposer};
use crate::count::many;
use crate::general::{General, Generals, Swap};
use crate::graph::Graph;
use crate::order::Order;
use crate::outcome::Task;
use crate::testable::{EventTestable, Problem, Symmetric, Termination, Validity, Words};

impl EventTestable for Ibft {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        if !graph.is_complete() {
            return Err("IBFT needs everybody to hear everybody".to_owned());
        }
        let problem = Problem::new(Task::Consensus, Order::first(2), Validity::any_value());
        Ok(problem.deciding(match self.live {
            true => Termination::IfLoyal(proposer(self.rounds - 1, graph.n())),
            false => Termination::Free,
        }))
    }

    fn alphabet(&self, n: usize, from: General, _: General) -> Vec<IbftMessage> {
        let of = |(round, order): (u32, Order)| {
            let first = match proposer(round, n) == from {
                true => PrePrepare(round, order),
                false => Prepare(round, order),
            };
            [first, Commit(round, order)]
        };
        itertools::iproduct!(0..self.rounds, Order::first(2)).flat_map(of).collect()
    }

    fn words(&self) -> &dyn Words<IbftMessage, IbftState> {
        self
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<IbftMessage, IbftState>> {
        Some(self)
    }
}

/// Generals who never propose are interchangeable.
impl Symmetric<IbftMessage, IbftState> for Ibft {
    fn alike(&self, n: usize) -> Generals {
        Generals::first(n).minus(Generals::first(n.min(self.rounds as usize)))
    }

    fn swapped_message(&self, said: &IbftMessage, _: Swap) -> IbftMessage {
        *said
    }

    fn swapped_state(&self, state: &IbftState, swap: Swap) -> IbftState {
        let mut state = state.clone();
        state.me = swap.of(state.me);
        state.prepares.swap(swap);
        state.commits.swap(swap);
        state
    }
}

/// "0: PRE-PREPARE ATTACK", "0: PREPARE ATTACK", "0: COMMIT ATTACK".
impl Words<IbftMessage, IbftState> for Ibft {
    fn name(&self) -> String {
        let lock = if self.locks { "" } else { " without its lock" };
        let quorum = self.quorum.map(|votes| format!(" with quorums of {votes}"));
        let quorum = quorum.unwrap_or_default();
        format!("IBFT{quorum}{lock}, {}", many(u64::from(self.rounds), "round"))
    }

    fn tell(&self, _: General, said: &IbftMessage) -> String {
        match *said {
            PrePrepare(round, order) => format!("{round}: PRE-PREPARE {order}"),
            Prepare(round, order) => format!("{round}: PREPARE {order}"),
            Commit(round, order) => format!("{round}: COMMIT {order}"),
        }
    }

    fn explain(&self, state: &IbftState) -> Vec<String> {
        let IbftState { round, proposed, locked, prepares, commits, .. } = state;
        let proposed = match proposed {
            Some(order) => format!("{order} is proposed"),
            None => "nothing is proposed".to_owned(),
        };
        let lock = match locked {
            Some(order) => format!("locked on {order}"),
            None => "not locked".to_owned(),
        };
        let mut lines = vec![format!("round {round}: {lock}; {proposed}")];
        for (what, votes) in [("PREPARE", prepares), ("COMMIT", commits)] {
            let votes = votes.iter().map(|(round, order, by)| {
                format!("{round}: {what} {order} from {}", by.numbered("general"))
            });
            lines.extend(votes);
        }
        lines
    }
}
