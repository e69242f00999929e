//! The testing side of Bracha's agreement: what is asked, what traitors can say, who is alike, and how it is told.

use super::{BrachaAgreement, BrachaAgreementState, ORDERS, RoundStep, VoteMessage};
use crate::count::many;
use crate::general::{General, Generals, Swap};
use crate::graph::Graph;
use crate::order::Order;
use crate::outcome::Task;
use crate::protocols::reliable_broadcast::BroadcastMessage::{Echo, Initial, Ready};
use crate::testable::{EventTestable, Problem, Symmetric, Termination, Validity, Words};

impl EventTestable for BrachaAgreement {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        if !graph.is_complete() {
            return Err("Bracha's agreement needs everybody to hear everybody".to_owned());
        }
        let problem = Problem::new(Task::Consensus, ORDERS, Validity::equal());
        Ok(problem.deciding(Termination::Free))
    }

    fn alphabet(&self, n: usize, from: General, _: General) -> Vec<VoteMessage> {
        let turns = itertools::iproduct!(1..=self.rounds, 1..=RoundStep::STEPS);
        let turns = turns.map(|(round, step)| RoundStep { round, step });
        let votes = turns.flat_map(|turn| {
            let nothing = (turn.step == RoundStep::STEPS).then_some(None);
            ORDERS.into_iter().map(Some).chain(nothing).map(move |vote| (turn, vote))
        });
        let said = votes.flat_map(|(turn, vote)| {
            let passed = (0..n).filter(|_| self.reliable).flat_map(move |id| {
                let by = General::new(id);
                [Echo(vote), Ready(vote)].map(|said| VoteMessage { by, turn, said })
            });
            [VoteMessage { by: from, turn, said: Initial(vote) }].into_iter().chain(passed)
        });
        said.collect()
    }

    fn words(&self) -> &dyn Words<VoteMessage, BrachaAgreementState> {
        self
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<VoteMessage, BrachaAgreementState>> {
        Some(self)
    }
}

impl Symmetric<VoteMessage, BrachaAgreementState> for BrachaAgreement {
    fn alike(&self, n: usize) -> Generals {
        Generals::first(n)
    }

    fn swapped_message(&self, message: &VoteMessage, swap: Swap) -> VoteMessage {
        VoteMessage { by: swap.of(message.by), ..*message }
    }

    fn swapped_state(&self, state: &BrachaAgreementState, swap: Swap) -> BrachaAgreementState {
        let mut state = state.clone();
        let Swap { one, other } = swap;
        state.me = swap.of(state.me);
        let broadcasts = state.broadcasts.into_iter();
        state.broadcasts = broadcasts
            .map(|((turn, by), broadcast)| ((turn, swap.of(by)), broadcast.swapped(swap)))
            .collect();
        state.votes.values_mut().for_each(|votes| votes.swap(one.id(), other.id()));
        state
    }
}

/// "RETREAT", "nothing".
fn told(vote: Option<Order>) -> String {
    vote.map_or("nothing".to_owned(), |order| order.to_string())
}

/// "1.2: votes ATTACK", "1.3: votes nothing"; "1.2: ECHO ATTACK by 3", "1.3: READY nothing by 3".
impl Words<VoteMessage, BrachaAgreementState> for BrachaAgreement {
    fn name(&self) -> String {
        let validation = if self.validates { "" } else { " without validation" };
        let plainly = if self.reliable { "" } else { " by plain broadcast" };
        let rounds = many(u64::from(self.rounds), "round");
        format!("Bracha's agreement{validation}{plainly}, {rounds}")
    }

    fn tell(&self, _: General, message: &VoteMessage) -> String {
        let VoteMessage { by, turn: RoundStep { round, step }, said } = message;
        match *said {
            Initial(vote) => format!("{round}.{step}: votes {}", told(vote)),
            Echo(vote) => format!("{round}.{step}: ECHO {} by {}", told(vote), by.id()),
            Ready(vote) => format!("{round}.{step}: READY {} by {}", told(vote), by.id()),
        }
    }

    fn explain(&self, state: &BrachaAgreementState) -> Vec<String> {
        let BrachaAgreementState { turn: RoundStep { round, step }, holds, waits, votes, .. } =
            state;
        let awaited = match waits {
            true if *round >= self.rounds => "after the last step".to_owned(),
            true => "waits for its coin".to_owned(),
            false => format!("waits for votes of step {step}"),
        };
        let mut lines = vec![format!("round {round}: holds {holds}, {awaited}")];
        for (turn, votes) in votes {
            let RoundStep { round, step } = turn;
            let valid = self.valid(state, *turn).all();
            let cast = votes.iter().enumerate().filter_map(|(id, vote)| {
                let vote = (*vote)?;
                Some(format!("{} by {id}", told(vote)))
            });
            let cast = cast.collect::<Vec<_>>().join(", ");
            lines.push(format!("votes of {round}.{step}: {cast}; {valid} are valid"));
        }
        lines
    }
}
