//! What came of an execution: who decided what, and why that must not be.

use std::collections::BTreeMap;

use itertools::Itertools;

use super::Ending;
use crate::adversary::FaultClass;
use crate::general::{General, Generals};
use crate::outcome::Task;
use crate::property::{Accepted, Property, Violation, demand_title};
use crate::report::{capital, sentence};
use crate::schedule::Crash;

/// A value in words. Two that read alike are told apart by their numbers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(in crate::report) struct Named {
    pub number: usize,
    pub text: String,
}

/// Of what the sentences of a story speak: who there was, what all were given, and how it ended.
pub(in crate::report) struct Facts<'a> {
    pub task: Task,
    /// What must hold beside agreement and validity.
    pub demands: &'a [&'static str],
    pub faults: FaultClass,
    pub everybody: Generals,
    pub traitors: Generals,
    pub crashes: &'a [Crash],
    pub inputs: BTreeMap<General, Named>,
    /// By number.
    pub decisions: Vec<Option<Named>>,
    pub violation: Option<Violation>,
    /// The property that is lacking, whatever else is wrong.
    pub lacks: Option<Property>,
}

impl Facts<'_> {
    /// What came of it.
    pub fn ending(&self) -> Ending {
        let (mut fault, decided) = (None, self.decided(None));
        let (violated, sentence) = match &self.violation {
            None => {
                let held = all_held(self.task, self.demands.iter().copied());
                (None, format!("{held} in this execution."))
            }
            Some(Violation::Fault(found)) => {
                let told = found.told(self.task);
                let sentence = sentence(&told);
                fault = Some(told);
                (Some(found.kind.property().to_owned()), sentence)
            }
            Some(Violation::Forgery(accepted)) => {
                (Some("unforgeability".to_owned()), self.taken_in(accepted))
            }
            Some(Violation::Property(property)) => {
                (Some(property.title(self.task)), self.accusation(*property))
            }
        };
        Ending { violated, fault, sentence, decided }
    }

    /// Who took what for genuine, and what came of it.
    fn taken_in(&self, Accepted { wire, label }: &Accepted) -> String {
        let round = wire.round;
        let [from, to] = [wire.from, wire.to].map(|general| self.task.name(general));
        let what = format!("In round {round} {from} sends {to} a forgery, {label}, which counts.");
        let outcome = self.lacks.map(|property| self.accusation(property));
        [what].into_iter().chain(outcome).join(" ")
    }

    /// Who decided what, and why that must not be.
    fn accusation(&self, property: Property) -> String {
        let Facts { faults, everybody, traitors, inputs, .. } = self;
        // What had to be decided: the commander's order, or what all inputs were that bind.
        let due = faults.bound(everybody.len(), *traitors);
        let due = due.iter().find_map(|general| inputs.get(&general));
        let due = due.or_else(|| inputs.values().next());
        let due = due.filter(|_| property == Property::Validity);
        let decided = self.decided(due);
        let decided = if decided.is_empty() { "nobody decides" } else { &decided };
        match (property, self.task, due) {
            (Property::Validity, Task::Broadcast, Some(Named { text: order, .. })) => {
                format!("The loyal commander orders {order}, and {decided}.")
            }
            (Property::Validity, Task::Consensus, Some(Named { text: input, .. })) => {
                let some = faults.is_byzantine() && !traitors.is_empty();
                let of_the_loyal = if some { " of the loyal" } else { "" };
                format!("All inputs{of_the_loyal} are {input}, and {decided}.")
            }
            (Property::Agreement, Task::Broadcast, _) => {
                format!("The loyal lieutenants do not agree: {decided}.")
            }
            (Property::Agreement, Task::Consensus, _) => {
                format!("The loyal generals do not agree: {decided}.")
            }
            (Property::Demand(_) | Property::Validity, ..) => sentence(decided),
        }
    }

    /// Who decided what, but for those who decided this.
    fn decided(&self, but: Option<&Named>) -> String {
        let decisions = self.decisions.iter().enumerate();
        let decisions = decisions.filter_map(|(id, decision)| Some((decision.as_ref()?, id)));
        let groups = decisions.map(|(decision, id)| (decision, General::new(id))).into_group_map();
        let groups = groups.into_iter().filter(|(decision, _)| Some(*decision) != but);
        let groups = groups.sorted_by_key(|(_, generals)| generals[0]);
        let decided = groups.map(|(Named { text, .. }, generals)| {
            let verb = if generals.len() == 1 { "decides" } else { "decide" };
            format!("{} {verb} {text}", self.task.names(Generals::from_iter(generals)))
        });
        decided.collect_vec().join(", and ")
    }
}

/// "Agreement (IC1) and validity (IC2) hold".
pub(in crate::report) fn all_held(
    task: Task,
    demands: impl IntoIterator<Item = &'static str>,
) -> String {
    let of_all = [Property::Agreement, Property::Validity].map(|property| property.title(task));
    let mut titles = of_all.into_iter().chain(demands.into_iter().map(demand_title)).collect_vec();
    let last = titles.pop().unwrap_or_default();
    capital(&format!("{} and {last} hold", titles.join(", ")))
}
