//! The testing side of Tendermint: what traitors can say, who is alike, and how it is told.

use super::TendermintMessage::{Precommit, Prevote, Proposal};
use super::{
    Tendermint, TendermintMessage, TendermintState, TendermintStep, VOTES, place, proposer,
};
use crate::count::many;
use crate::general::{General, Generals, Swap};
use crate::graph::Graph;
use crate::order::Order;
use crate::outcome::Task;
use crate::testable::{EventTestable, Problem, Symmetric, Termination, Validity, Words};

impl EventTestable for Tendermint {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        if !graph.is_complete() {
            return Err("Tendermint needs everybody to hear everybody".to_owned());
        }
        let problem = Problem::new(Task::Consensus, Order::first(2), Validity::any_value());
        Ok(problem.deciding(match self.live {
            true => Termination::IfLoyal(proposer(self.rounds - 1, graph.n())),
            false => Termination::Free,
        }))
    }

    fn alphabet(&self, n: usize, from: General, _: General) -> Vec<TendermintMessage> {
        let in_round = |round: u32| {
            let proposes = proposer(round, n) == from;
            let valid_rounds = (0..round).map(Some).chain([None]);
            let proposals = itertools::iproduct!(Order::first(2), valid_rounds);
            let proposals = proposals.map(move |(order, valid)| Proposal(round, order, valid));
            let votes = VOTES.map(|vote| [Prevote(round, vote), Precommit(round, vote)]);
            proposals.filter(move |_| proposes).chain(votes.into_iter().flatten())
        };
        (0..self.rounds).flat_map(in_round).collect()
    }

    /// A round takes no more than eight, where all timeouts of a step go off together.
    fn waves(&self, _: usize) -> usize {
        (8 * self.rounds as usize).max(32)
    }

    fn words(&self) -> &dyn Words<TendermintMessage, TendermintState> {
        self
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<TendermintMessage, TendermintState>> {
        Some(self)
    }
}

/// Who never proposes is like any other who never does.
impl Symmetric<TendermintMessage, TendermintState> for Tendermint {
    fn alike(&self, n: usize) -> Generals {
        let proposers = Generals::first(n.min(self.rounds as usize));
        Generals::first(n).minus(proposers)
    }

    fn swapped_message(&self, said: &TendermintMessage, _: Swap) -> TendermintMessage {
        *said
    }

    fn swapped_state(&self, state: &TendermintState, swap: Swap) -> TendermintState {
        let mut state = state.clone();
        state.me = swap.of(state.me);
        for heard in state.heard.values_mut() {
            heard.prevotes = heard.prevotes.map(|voters| swap.of_all(voters));
            heard.precommits = heard.precommits.map(|voters| swap.of_all(voters));
        }
        state
    }
}

/// "0: PROPOSAL ATTACK", "1: PROPOSAL ATTACK, valid in round 0", "0: PREVOTE ATTACK", "0: PRECOMMIT nil".
impl Words<TendermintMessage, TendermintState> for Tendermint {
    fn name(&self) -> String {
        let lock = if self.locks { "" } else { " without its lock" };
        let polka = if self.any_polka { " that takes any polka" } else { "" };
        format!("Tendermint{lock}{polka}, {}", many(u64::from(self.rounds), "round"))
    }

    fn tell(&self, _: General, said: &TendermintMessage) -> String {
        match *said {
            Proposal(round, order, None) => format!("{round}: PROPOSAL {order}"),
            Proposal(round, order, Some(valid)) => {
                format!("{round}: PROPOSAL {order}, valid in round {valid}")
            }
            Prevote(round, vote) => format!("{round}: PREVOTE {}", told(vote)),
            Precommit(round, vote) => format!("{round}: PRECOMMIT {}", told(vote)),
        }
    }

    fn explain(&self, state: &TendermintState) -> Vec<String> {
        let TendermintState { round, step, locked, valid, heard, .. } = state;
        let lock = match locked {
            Some((round, order)) => format!("locked on {order} in round {round}"),
            None => "not locked".to_owned(),
        };
        let valid = match valid {
            Some((round, order)) if *locked != Some((*round, *order)) => {
                format!("; {order} is valid in round {round}")
            }
            _ => String::new(),
        };
        let step = match step {
            TendermintStep::Propose => "propose",
            TendermintStep::Prevote => "prevote",
            TendermintStep::Precommit => "precommit",
        };
        let mut lines = vec![format!("round {round}, step {step}: {lock}{valid}")];
        for (round, heard) in heard {
            let by = |kind: &str, voters: &[Generals; 3]| {
                let told = VOTES.into_iter().filter_map(|vote| {
                    let voters = voters[place(vote)];
                    let told =
                        || format!("{kind} {} from {}", told(vote), voters.numbered("general"));
                    (!voters.is_empty()).then(told)
                });
                told.collect::<Vec<_>>()
            };
            let votes = [by("PREVOTE", &heard.prevotes), by("PRECOMMIT", &heard.precommits)];
            lines.push(format!("in round {round}: {}", votes.concat().join("; ")));
        }
        lines
    }
}

fn told(vote: Option<Order>) -> String {
    vote.map_or("nil".to_owned(), |order| order.to_string())
}
