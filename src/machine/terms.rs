//! What is fixed before the adversary decides anything.

use itertools::Itertools;

use super::numbers::ValueId;
use crate::escape::escaped;
use crate::general::Generals;
use crate::graph::Graph;
use crate::outcome::{Demand, Task};
use crate::protocol::Round;
use crate::testable::{MOST_ROUNDS, Problem, Refusal, Testable, Wire, described};

/// What is fixed before the adversary decides anything: who can talk to whom, in how many rounds,
/// about what.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub graph: Graph,
    pub rounds: usize,
    /// What can be agreed on, each once.
    pub values: Vec<ValueId>,
    /// What is asked.
    pub task: Task,
    /// Who is given an input.
    pub inputs: Generals,
    /// What must hold beside agreement and validity, by name.
    pub demands: Vec<&'static str>,
    /// Why the protocol can't be run there, though it can be asked about.
    pub too_large: Option<String>,
}

/// What must hold beside agreement and validity.
type Demands<V> = Vec<Demand<V>>;

impl Terms {
    /// Those of a protocol, and what its author demands; where it need not be run, the states may be
    /// too large for that.
    pub(super) fn of<P: Testable>(
        protocol: &P,
        graph: Graph,
        runs: bool,
        number: impl FnMut(P::Value) -> ValueId,
    ) -> Result<(Terms, Demands<P::Value>), Refusal> {
        let n = graph.n();
        if n == 0 || n > Generals::MAX {
            return Err(Refusal::Generals(n));
        }
        let problem = described("problem", || protocol.problem(&graph))?;
        let problem = problem.map_err(|why| Refusal::Protocol(escaped(&why)))?;
        let inputs = problem.given(n);
        let Problem { values, task, inputs: _, demands, too_large } = problem;
        if let Some(why) = too_large.as_ref().filter(|_| runs) {
            return Err(Refusal::Protocol(why.clone()));
        }
        let values = values.into_iter().map(number).unique().collect_vec();
        if values.is_empty() {
            return Err(Refusal::NoValues);
        }
        let rounds = described("rounds", || protocol.rounds(n))?;
        if rounds.saturating_mul(n) > MOST_ROUNDS {
            return Err(Refusal::Rounds { rounds, n });
        }
        match task.inputs(n).minus(inputs).iter().next() {
            Some(_) if task == Task::Broadcast => return Err(Refusal::NoOrder),
            Some(general) => return Err(Refusal::NoProposal(general.id())),
            None => {}
        }
        if let Some(general) = inputs.minus(Generals::first(n)).iter().next() {
            return Err(Refusal::InputOfNobody { general: general.id(), n });
        }
        let names = demands.iter().map(|demand| demand.name).collect();
        let terms = Terms { graph, rounds, values, task, inputs, demands: names, too_large };
        Ok((terms, demands))
    }

    /// Where nothing is known of a protocol: it can't be run on this graph.
    pub fn unknown(graph: &Graph) -> Terms {
        Terms {
            graph: graph.clone(),
            rounds: 0,
            values: Vec::new(),
            task: Task::default(),
            inputs: Generals::NONE,
            demands: Vec::new(),
            too_large: None,
        }
    }

    /// How many generals there are.
    pub fn n(&self) -> usize {
        self.graph.n()
    }

    /// Whether this is one of the values.
    pub fn has(&self, value: ValueId) -> bool {
        self.values.get(value.place()) == Some(&value) || self.values.contains(&value)
    }

    /// Every wire on which something can be said in a round.
    pub fn wires(&self, round: Round) -> impl Iterator<Item = Wire> + Clone {
        let everybody = self.graph.everybody().iter();
        everybody.flat_map(move |from| {
            self.graph.neighbours(from).iter().map(move |to| Wire { round, from, to })
        })
    }
}
