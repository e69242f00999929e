//! What is fixed before the adversary decides anything.

use std::collections::BTreeMap;

use itertools::Itertools;

use super::numbers::ValueId;
use crate::escape::escaped;
use crate::fault::cloned;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::outcome::Task;
use crate::property::AskedProperties;
use crate::protocol::Round;
use crate::testable::{MOST_ROUNDS, ProblemOf, Refusal, Testable, Wire, described};

/// What is fixed before the adversary decides anything: who can talk to whom, in how many rounds, about what.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub graph: Graph,
    pub rounds: usize,
    /// The values that can be agreed on, without duplicates.
    pub values: Vec<ValueId>,
    /// Broadcast or consensus.
    pub task: Task,
    /// Who is given an input.
    pub inputs: Generals,
    /// The inputs of generals who are given one particular value, and not any.
    pub fixed: BTreeMap<General, ValueId>,
    /// Which properties are asked.
    pub asked: AskedProperties,
    /// Whether its rounds are the waves of an event-driven protocol.
    pub in_waves: bool,
    /// Whether its messages come from an implementation: see [`Opaque`](crate::Opaque).
    pub opaque: bool,
    /// Whether mail between the loyal can be lost, but is never late.
    pub in_order: bool,
    /// Whether that protocol has phases without end.
    pub phased: bool,
    /// Whether all decisions must be among the values.
    pub decides_values: bool,
    /// Why the protocol cannot be run there, though it can be asked about.
    pub too_large: Option<String>,
}

impl Terms {
    /// The terms and the problem of a protocol. Unless `runs`, its states may be too large for it to be run.
    pub(super) fn of<P: Testable>(
        protocol: &P,
        graph: Graph,
        runs: bool,
        number: impl FnMut(P::Value) -> ValueId,
    ) -> Result<(Terms, ProblemOf<P>), Refusal> {
        let n = graph.n();
        if n == 0 || n > Generals::MAX {
            return Err(Refusal::Generals(n));
        }
        let problem = described("problem", || protocol.problem(&graph))?;
        let problem = problem.map_err(|why| Refusal::Protocol(escaped(&why)))?;
        let inputs = problem.given(n);
        let (task, too_large) = (problem.task, problem.too_large.clone());
        if let Some(why) = too_large.as_ref().filter(|_| runs) {
            return Err(Refusal::Protocol(why.clone()));
        }
        let values = problem.values.iter().map(cloned).map(number).unique().collect_vec();
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
        let (asked, decides_values) = (AskedProperties::of(&problem), problem.validity.is_equal());
        let fixed = BTreeMap::new();
        let in_waves = described("waves", || protocol.waves().is_some())?;
        let opaque =
            described("waves", || protocol.waves().is_some_and(|waves| waves.is_opaque()))?;
        let in_order =
            described("waves", || protocol.waves().is_some_and(|waves| waves.in_order()))?;
        let phased =
            described("phases", || protocol.waves().is_some_and(|waves| waves.phases().is_some()))?;
        let terms = Terms {
            graph,
            rounds,
            values,
            task,
            inputs,
            fixed,
            asked,
            in_waves,
            opaque,
            in_order,
            phased,
            decides_values,
            too_large,
        };
        Ok((terms, problem))
    }

    /// The same terms, with only this property asked, by name, and with these inputs, as data.
    pub fn focused(
        mut self,
        show: &dyn Fn(ValueId) -> String,
        violates: &Option<String>,
        inputs: &[(General, String)],
    ) -> Result<Terms, Refusal> {
        if let Some(name) = violates {
            let asked = self.asked.names().join(", ");
            let only = self.asked.only(name, self.task);
            self.asked = only.ok_or_else(|| Refusal::NotAsked { name: name.clone(), asked })?;
        }
        for (general, value) in inputs {
            let (id, shown) = (general.id(), |value: &ValueId| show(*value));
            if !self.inputs.contains(*general) {
                return Err(Refusal::GivenNothing(id));
            }
            let Some(known) = self.values.iter().find(|known| shown(known) == *value) else {
                let (value, values) = (value.clone(), self.values.iter().map(shown).join(", "));
                return Err(Refusal::GivenNoValue { general: id, value, values });
            };
            if self.fixed.insert(*general, *known).is_some() {
                return Err(Refusal::GivenTwice(id));
            }
        }
        self.asked.given(inputs);
        Ok(self)
    }

    /// The values that a general with an input can be given.
    pub fn inputs_of(&self, general: General) -> &[ValueId] {
        self.fixed.get(&general).map_or(&self.values, std::slice::from_ref)
    }

    /// Terms for a protocol of which nothing is known, because it cannot be run on this graph.
    pub fn unknown(graph: &Graph) -> Terms {
        Terms {
            graph: graph.clone(),
            rounds: 0,
            values: Vec::new(),
            task: Task::default(),
            inputs: Generals::NONE,
            fixed: BTreeMap::new(),
            asked: AskedProperties::default(),
            in_waves: false,
            opaque: false,
            in_order: false,
            phased: false,
            decides_values: false,
            too_large: None,
        }
    }

    /// How many generals there are.
    pub fn n(&self) -> usize {
        self.graph.n()
    }

    /// The round under which answers are remembered; in waves, answers do not depend on the round.
    pub fn key(&self, round: Round) -> Round {
        if self.in_waves { 1 } else { round }
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
