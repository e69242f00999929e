//! Judges outcomes: which of the asked properties is violated.

use itertools::Itertools;

use super::{AskedProperties, Property, demand_title};
use crate::fault::{Misbehaved, guarded};
use crate::outcome::{Demand, Outcome};
use crate::testable::{Problem, Termination};

impl Property {
    /// The first property of a problem that an outcome violates, checked in this order: validity, which is more
    /// specific than agreement; agreement; who must decide; demands. (Demands on [how an execution
    /// goes](Demand::of_course) are left out: an outcome does not show it.)
    pub fn violated<V: Eq, D: Eq>(
        outcome: &Outcome<'_, V, D>,
        problem: &Problem<V, D>,
    ) -> Option<Property> {
        let is_met = |index: usize| problem.demands[index].is_met(outcome);
        let judge = Judge { outcome, problem, value: |value| value, decision: |decision| decision };
        judge.violated(&AskedProperties::of(problem), is_met)
    }
}

impl<V, D> Demand<V, D> {
    /// Whether the demand is met. If the user's function panics, that is reported as misbehaviour.
    pub(crate) fn is_met(&self, outcome: &Outcome<'_, V, D>) -> bool {
        said_by(|| format!("the demand {}", demand_title(self.name)), || self.allows(outcome))
    }
}

/// Calls a user's function. If it panics, that is reported as misbehaviour.
fn said_by<T>(name: impl FnOnce() -> String, code: impl FnOnce() -> T) -> T {
    guarded(code).unwrap_or_else(|said| Misbehaved(format!("{} panics: {said}", name())).unwind())
}

/// Judges an outcome whose values and decisions may be numbers that stand for them; equal ones have equal numbers.
pub(crate) struct Judge<'a, 'o, I, E, V, D, F, G> {
    pub outcome: &'o Outcome<'a, I, E>,
    pub problem: &'o Problem<V, D>,
    /// The value that an input stands for.
    pub value: F,
    /// The decision that an entry stands for.
    pub decision: G,
}

impl<'a, 'o, I, E, V, D, F, G> Judge<'a, 'o, I, E, V, D, F, G>
where
    I: Eq,
    E: Eq,
    V: 'o,
    D: Eq + 'o,
    F: Fn(&'a I) -> &'o V,
    G: Fn(&'a E) -> &'o D,
{
    /// The first of these properties that is violated. `is_met` judges demands by their number.
    pub fn violated(
        &self,
        asked: &AskedProperties,
        is_met: impl Fn(usize) -> bool,
    ) -> Option<Property> {
        let holds = |property: &Property| match property {
            Property::Agreement => self.agree(),
            Property::Validity => self.are_valid(),
            Property::Totality => self.outcome.decided().next().is_none() || self.have_decided(),
            Property::Termination => match self.problem.termination {
                Termination::IfLoyal(general) if self.outcome.traitors.contains(general) => true,
                _ => self.have_decided(),
            },
            Property::Demand(demanded) => is_met(demanded.index()),
        };
        asked.properties().find(|property| !holds(property))
    }

    /// Whether all have decided, or still can decide.
    fn have_decided(&self) -> bool {
        !self.outcome.quiet || self.outcome.undecided().is_empty()
    }

    /// Whether all who decide agree.
    fn agree(&self) -> bool {
        let Judge { outcome, problem, decision, .. } = self;
        let agreement = &problem.agreement;
        match agreement.name() {
            None => outcome.decided().all_equal(),
            Some(_) => {
                let decided = outcome.decided().map(decision);
                decided.array_combinations().all(|[one, other]| {
                    said_by(|| "agreement".to_owned(), || agreement.allows(one, other))
                })
            }
        }
    }

    /// Whether all decisions are allowed by the binding inputs.
    fn are_valid(&self) -> bool {
        let Judge { outcome, problem: Problem { validity, .. }, value, decision } = self;
        let allow = |inputs: &[&V]| {
            outcome.decided().all(|made| {
                said_by(|| "validity".to_owned(), || validity.allows(inputs, decision(made)))
            }) && (!validity.misses(inputs.len()) || self.have_decided())
        };
        let mut inputs = outcome.binding_inputs();
        if validity.is_hull() {
            return allow(&inputs.map(value).collect_vec());
        }
        let first = inputs.next();
        let due = first.filter(|first| inputs.all(|other| other == *first));
        due.is_none_or(|due| allow(&[value(due)]))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::general::{General, Generals};
    use crate::outcome::{Demand, Task};
    use crate::property::Demanded;
    use crate::property::Property::{Agreement, Validity};

    type Decisions<'a> = &'a [Option<u8>];

    fn ended<'a>(
        task: Task,
        (traitors, bound): (Generals, Generals),
        inputs: &'a BTreeMap<General, u8>,
        decisions: Decisions<'a>,
    ) -> Outcome<'a, u8> {
        Outcome { task, traitors, bound, inputs, decisions, quiet: true, course: None }
    }

    #[test]
    fn agreement_and_validity_are_as_the_paper_defines_them() {
        let nobody = Generals::NONE;
        let commander = nobody.with(General::COMMANDER);
        let third = nobody.with(General::new(2));
        let cases: [(Generals, Decisions<'_>, Option<Property>); 8] = [
            (nobody, &[None, Some(1), Some(1)], None),
            (nobody, &[None, Some(1), Some(0)], Some(Validity)),
            (nobody, &[None, Some(0), Some(0)], Some(Validity)),
            (nobody, &[None], None),
            (third, &[None, Some(0), None], Some(Validity)),
            (third, &[None, Some(1), None], None),
            (commander, &[None, Some(0), Some(0)], None),
            (commander, &[None, Some(0), Some(1)], Some(Agreement)),
        ];
        let inputs = BTreeMap::from([(General::COMMANDER, 1)]);
        for (traitors, decisions, expected) in cases {
            let bound = Generals::first(3).minus(traitors);
            let outcome = ended(Task::Broadcast, (traitors, bound), &inputs, decisions);
            assert_eq!(
                Property::violated(&outcome, &Problem::broadcast([0, 1])),
                expected,
                "{outcome:?}"
            );
        }
    }

    /// General 2 is a traitor with the input 0, the others have 1. Whether its input counts depends on its fault
    /// class.
    #[test]
    fn strong_unanimity_asks_those_who_are_bound_by_their_inputs() {
        let everybody = Generals::first(3);
        let loyal = everybody.without(General::new(2));
        let cases: [(Generals, Decisions<'_>, Option<Property>); 5] = [
            (loyal, &[Some(1), Some(1), None], None),
            (loyal, &[Some(0), Some(0), None], Some(Validity)),
            (everybody, &[Some(0), Some(0), None], None),
            (everybody, &[Some(0), Some(1), None], Some(Agreement)),
            (Generals::NONE, &[Some(0), Some(0), None], None),
        ];
        let inputs = [1, 1, 0].into_iter().enumerate();
        let inputs = inputs.map(|(id, input)| (General::new(id), input)).collect();
        for (bound, decisions, expected) in cases {
            let traitors = everybody.minus(loyal);
            let outcome = ended(Task::Consensus, (traitors, bound), &inputs, decisions);
            let problem = Problem::consensus([0, 1]);
            assert_eq!(Property::violated(&outcome, &problem), expected, "{outcome:?}");
            let ones = |outcome: &Outcome<'_, u8>| outcome.decided().all(|d| *d == 1);
            let problem = problem.demanding(Demand::new("anything", |_| true));
            let problem = problem.demanding(Demand::new("ones", ones));
            let ones = Property::Demand(Demanded { index: 1, name: "ones", of_course: false });
            let expected = expected.or((decisions[0] == Some(0)).then_some(ones));
            assert_eq!(Property::violated(&outcome, &problem), expected, "{outcome:?}");
        }
    }
}
