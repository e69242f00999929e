//! The testing side of binary agreement: what is asked, what traitors can say, its phases, and how reports describe it.

use std::fmt;

use super::{Awaited, BinaryAgreement, BinaryAgreementState, Claim, ORDERS, RoundClaims, place};
use crate::count::many;
use crate::general::{General, Generals, Swap};
use crate::graph::Graph;
use crate::order::Order;
use crate::outcome::Task;
use crate::testable::{EventTestable, Phased, Problem, Symmetric, Termination, Validity, Words};

impl EventTestable for BinaryAgreement {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        if !graph.is_complete() {
            return Err("binary agreement needs everybody to hear everybody".to_owned());
        }
        let validity = Validity::equal().of_those_who_decide();
        let problem = Problem::new(Task::Consensus, ORDERS, validity);
        Ok(problem.deciding(if self.live { Termination::All } else { Termination::Free }))
    }

    fn alphabet(&self, _: usize, _: General, _: General) -> Vec<Claim> {
        // Without a last round, this is what can be said in the first.
        let rounds = (1..=self.rounds.unwrap_or(1)).flat_map(|round| {
            let said = ORDERS
                .into_iter()
                .flat_map(move |order| [Claim::Bval(round, order), Claim::Aux(round, order)]);
            let confirmed = ORDERS.into_iter().map(Some).chain([None]).filter(|_| self.confirms);
            said.chain(confirmed.map(move |orders| Claim::Conf(round, orders)))
        });
        rounds.collect()
    }

    fn words(&self) -> &dyn Words<Claim, BinaryAgreementState> {
        self
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<Claim, BinaryAgreementState>> {
        Some(self)
    }

    /// An execution that goes on for ever needs many waves to show it.
    fn waves(&self, _: usize) -> usize {
        if self.live { 128 } else { 32 }
    }

    fn phases(&self) -> Option<&dyn Phased<Claim, BinaryAgreementState>> {
        self.rounds.is_none().then_some(self)
    }
}

/// Its rounds are its phases.
impl Phased<Claim, BinaryAgreementState> for BinaryAgreement {
    fn phase_of(&self, claim: &Claim) -> u32 {
        claim.round()
    }

    fn said_in(&self, claim: &Claim, round: u32) -> Claim {
        match *claim {
            Claim::Bval(_, order) => Claim::Bval(round, order),
            Claim::Aux(_, order) => Claim::Aux(round, order),
            Claim::Conf(_, orders) => Claim::Conf(round, orders),
        }
    }

    fn phase(&self, state: &BinaryAgreementState) -> u32 {
        state.round
    }

    fn renumbered(&self, state: &BinaryAgreementState) -> BinaryAgreementState {
        let heard = state.heard.iter().filter(|(round, _)| **round > 1);
        let heard = heard.map(|(round, heard)| (round - 1, heard.clone())).collect();
        let later = state
            .later
            .iter()
            .map(|(round, from, claim)| (round - 1, *from, self.said_in(claim, round - 1)));
        let later = later.collect();
        BinaryAgreementState { round: state.round - 1, heard, later, ..state.clone() }
    }
}

impl Symmetric<Claim, BinaryAgreementState> for BinaryAgreement {
    fn alike(&self, n: usize) -> Generals {
        Generals::first(n)
    }

    fn swapped_message(&self, claim: &Claim, _: Swap) -> Claim {
        *claim
    }

    fn swapped_state(&self, state: &BinaryAgreementState, swap: Swap) -> BinaryAgreementState {
        let mut state = state.clone();
        let Swap { one, other } = swap;
        state.me = swap.of(state.me);
        for heard in state.heard.values_mut() {
            heard.bvals = heard.bvals.map(|generals| swap.of_all(generals));
            heard.aux.swap(one.id(), other.id());
            heard.conf.swap(one.id(), other.id());
        }
        let later = state.later.into_iter();
        state.later = later.map(|(round, from, claim)| (round, swap.of(from), claim)).collect();
        state
    }
}

/// "1: BVAL ATTACK", "1: AUX ATTACK", "1: CONF ATTACK", "1: CONF both".
impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Claim::Bval(round, order) => write!(f, "{round}: BVAL {order}"),
            Claim::Aux(round, order) => write!(f, "{round}: AUX {order}"),
            Claim::Conf(round, Some(order)) => write!(f, "{round}: CONF {order}"),
            Claim::Conf(round, None) => write!(f, "{round}: CONF both"),
        }
    }
}

impl Words<Claim, BinaryAgreementState> for BinaryAgreement {
    fn name(&self) -> String {
        let confirms = if self.confirms { " with CONF" } else { "" };
        let rounds = self.rounds.map(|rounds| format!(", {}", many(u64::from(rounds), "round")));
        format!("binary agreement{confirms}{}", rounds.unwrap_or_default())
    }

    fn tell(&self, _: General, claim: &Claim) -> String {
        claim.to_string()
    }

    fn explain(&self, state: &BinaryAgreementState) -> Vec<String> {
        let BinaryAgreementState { round, holds, step, heard, later, .. } = state;
        let mut lines = vec![match step {
            Awaited::Aux => format!("round {round}: holds {holds}"),
            Awaited::Conf => format!("round {round}: holds {holds}, waits for CONF"),
            Awaited::Coin(Some(order)) => {
                format!("round {round}: saw {order} alone, waits for the coin")
            }
            Awaited::Coin(None) => format!("round {round}: saw both, waits for the coin"),
            Awaited::Over => format!("holds {holds} after the last round"),
        }];
        for (round, RoundClaims { bvals, aux, accepted, .. }) in heard {
            let bvals = ORDERS.map(|order| {
                let by = bvals[place(order)];
                (!by.is_empty()).then(|| format!("BVAL {order} from {}", by.numbered("general")))
            });
            let aux = ORDERS.map(|order| {
                let by = aux.iter().enumerate().filter(|(_, aux)| **aux == Some(order));
                let by: Generals = by.map(|(id, _)| General::new(id)).collect();
                (!by.is_empty()).then(|| format!("AUX {order} from {}", by.numbered("general")))
            });
            let mut told: Vec<String> = bvals.into_iter().chain(aux).flatten().collect();
            if !accepted.is_empty() {
                let orders = accepted.iter().map(ToString::to_string).collect::<Vec<_>>();
                told.push(format!("accepted {}", orders.join(" and then ")));
            }
            lines.push(format!("in round {round}: {}", told.join("; ")));
        }
        if !later.is_empty() {
            let put_off =
                later.iter().map(|(_, from, claim)| format!("{claim} from {}", from.id()));
            lines.push(format!("puts off {}", put_off.collect::<Vec<_>>().join(", ")));
        }
        lines
    }
}
