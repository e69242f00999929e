//! What must hold: agreement and validity, each defined once, for every engine; and what it is
//! called when something does not.

mod asked;

use itertools::Itertools;
use serde::Serialize;

pub use self::asked::Asked;
use crate::fault::{Fault, FaultKind};
use crate::outcome::{Outcome, Task};
use crate::testable::{Problem, Wire};

/// What must hold of every outcome.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Property {
    /// All who are loyal and decide, decide the same: in a broadcast IC1, all loyal lieutenants
    /// obey the same order (Lamport, Shostak, Pease 1982, section 1). Or else any two decisions are to each
    /// other what the problem [says](crate::Agreement).
    Agreement,
    /// In a broadcast IC2: if the commander is loyal, every loyal lieutenant obeys the order he
    /// sends (the same). In consensus strong unanimity: if all who are [bound](Outcome::bound) by
    /// their inputs were given the same one, every loyal general decides it. Or else decisions are to the
    /// inputs what the problem [says](crate::Validity).
    Validity,
    /// If one who is loyal decides, all do.
    Totality,
    /// All who are loyal decide.
    Termination,
    /// A [`Demand`] of the user's own.
    Demand(Demanded),
}

/// One of the [demands](crate::Problem::demands) of a problem. Only what is demanded can be violated,
/// so there is none of these but as the answer of [`Property::violated`].
///
/// ```
/// use turncoat::protocols::asking::asking;
/// use turncoat::{Demand, OralMessages, Property, check};
///
/// let [yes, no] = [true, false].map(|_| "a matter of taste");
/// let demands = [Demand::new(yes, |_| true), Demand::new(no, |_| false)];
/// let found = check(asking(OralMessages::new(1), demands)).generals(4).traitors(1).assert_broken();
/// let Some(Property::Demand(demanded)) = found.violation.property() else { panic!("{found}") };
/// assert_eq!((demanded.index(), demanded.name()), (1, "a matter of taste"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Demanded {
    index: usize,
    name: &'static str,
}

impl Demanded {
    /// Its place among the demands of the problem, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.index
    }

    /// What is demanded, in a few words.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }
}

impl Property {
    /// The first property of a problem that an outcome violates: validity, which says more than agreement,
    /// and then agreement, and who must decide, and then a demand.
    pub fn violated<V: Eq, D: Eq>(
        outcome: &Outcome<'_, V, D>,
        problem: &Problem<V, D>,
    ) -> Option<Property> {
        let is_met = |index: usize| (problem.demands[index].met)(outcome);
        let judge = Judge { outcome, problem, value: |value| value, decision: |decision| decision };
        judge.violated(&Asked::of(problem), is_met)
    }

    /// In a word, or in the user's own: "agreement", "validity".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Property::Agreement => "agreement",
            Property::Validity => "validity",
            Property::Totality => "totality",
            Property::Termination => "termination",
            Property::Demand(demanded) => demanded.name,
        }
    }

    /// As it is called in this task: "agreement (IC1)", "validity (strong unanimity)".
    #[must_use]
    pub fn title(self, task: Task) -> String {
        match (self, task) {
            (Property::Agreement, Task::Broadcast) => "agreement (IC1)".to_owned(),
            (Property::Validity, Task::Broadcast) => "validity (IC2)".to_owned(),
            (Property::Agreement, Task::Consensus) => "agreement".to_owned(),
            (Property::Validity, Task::Consensus) => "validity (strong unanimity)".to_owned(),
            (Property::Totality, _) => "totality (all decide, or none)".to_owned(),
            (Property::Termination, _) => "termination (all decide)".to_owned(),
            (Property::Demand(Demanded { name, .. }), _) => demand_title(name),
        }
    }
}

/// Judges an outcome, in which values and decisions may stand by numbers; equal ones have equal numbers.
pub(crate) struct Judge<'a, 'o, I, E, V, D, F, G> {
    pub outcome: &'o Outcome<'a, I, E>,
    pub problem: &'o Problem<V, D>,
    /// The value that stands there.
    pub value: F,
    /// The decision.
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
    /// The first of these properties that is violated; demands are judged by their number.
    pub fn violated(&self, asked: &Asked, is_met: impl Fn(usize) -> bool) -> Option<Property> {
        let holds = |property: &Property| match property {
            Property::Agreement => self.agree(),
            Property::Validity => self.are_valid(),
            Property::Totality => {
                self.outcome.decided().next().is_none() || self.outcome.undecided().is_empty()
            }
            Property::Termination => self.outcome.undecided().is_empty(),
            Property::Demand(demanded) => is_met(demanded.index),
        };
        asked.properties().find(|property| !holds(property))
    }

    /// Whether all who decide agree.
    fn agree(&self) -> bool {
        let Judge { outcome, problem, decision, .. } = self;
        let agreement = &problem.agreement;
        match agreement.name() {
            None => outcome.decided().all_equal(),
            Some(_) => {
                let decided = outcome.decided().map(decision);
                decided.array_combinations().all(|[one, other]| agreement.allows(one, other))
            }
        }
    }

    /// Whether all decide as the inputs allow that bind.
    fn are_valid(&self) -> bool {
        let Judge { outcome, problem: Problem { validity, .. }, value, decision } = self;
        let allow = |inputs: &[&V]| {
            outcome.decided().all(|made| validity.allows(inputs, decision(made)))
                && (!validity.misses(inputs.len()) || outcome.undecided().is_empty())
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

/// As a demand is called: in quotes.
pub(crate) fn demand_title(name: &str) -> String {
    format!("\"{name}\"")
}

/// A loyal general accepted a forgery: its state was another one afterwards.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Accepted {
    /// Where and when: the one who hears is the one who accepted it.
    #[serde(flatten)]
    pub wire: Wire,
    /// In which way it was [forged](crate::testable::Forgery::label).
    pub label: &'static str,
}

/// What is wrong with an execution.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Violation {
    /// A loyal general accepted a forgery.
    Forgery(Accepted),
    /// It lacks a property that was asked for.
    Property(Property),
    /// The protocol itself misbehaved.
    Fault(Fault),
}

impl Violation {
    /// The property, unless it is a forgery or a fault.
    #[must_use]
    pub fn property(&self) -> Option<Property> {
        match self {
            Violation::Property(property) => Some(*property),
            Violation::Forgery(_) | Violation::Fault(_) => None,
        }
    }

    /// Whether the protocol is not deterministic.
    pub(crate) fn is_undetermined(&self) -> bool {
        matches!(self, Violation::Fault(Fault { kind: FaultKind::Undetermined(..), .. }))
    }

    /// In a word: "agreement", "validity", "unforgeability", "no-panic", "determinism", "values",
    /// or the name of a demand.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Violation::Property(property) => property.name(),
            Violation::Forgery(_) => "unforgeability",
            Violation::Fault(fault) => fault.kind.property(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Property::{Agreement, Validity};
    use super::*;
    use crate::general::{General, Generals};
    use crate::outcome::Demand;

    type Decisions<'a> = &'a [Option<u8>];

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
            let task = Task::Broadcast;
            let outcome = Outcome { task, traitors, bound, inputs: &inputs, decisions };
            assert_eq!(
                Property::violated(&outcome, &Problem::broadcast([0, 1])),
                expected,
                "{outcome:?}"
            );
        }
    }

    /// General 2 is a traitor and had the input 0, the others had 1: whether that counts depends
    /// on its faults.
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
            let (task, traitors) = (Task::Consensus, everybody.minus(loyal));
            let outcome = Outcome { task, traitors, bound, inputs: &inputs, decisions };
            let problem = Problem::consensus([0, 1]);
            assert_eq!(Property::violated(&outcome, &problem), expected, "{outcome:?}");
            let ones = |outcome: &Outcome<'_, u8>| outcome.decided().all(|d| *d == 1);
            let problem = problem.demanding(Demand::new("anything", |_| true));
            let problem = problem.demanding(Demand::new("ones", ones));
            let ones = Property::Demand(Demanded { index: 1, name: "ones" });
            let expected = expected.or((decisions[0] == Some(0)).then_some(ones));
            assert_eq!(Property::violated(&outcome, &problem), expected, "{outcome:?}");
        }
    }
}
