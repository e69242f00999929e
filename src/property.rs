//! What must hold: agreement and validity, each defined once, for every engine; and what it is
//! called when something does not.

use serde::Serialize;

use crate::escape::escaped;
use crate::fault::{Fault, FaultKind};
use crate::general::General;
use crate::outcome::{Demand, Outcome, Task};
use crate::testable::Wire;

/// What must hold of every outcome.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Property {
    /// All who are loyal and decide, decide the same: in a broadcast IC1, all loyal lieutenants
    /// obey the same order (Lamport, Shostak, Pease 1982, section 1).
    Agreement,
    /// In a broadcast IC2: if the commander is loyal, every loyal lieutenant obeys the order he
    /// sends (the same). In consensus strong unanimity: if all who are [bound](Outcome::bound) by
    /// their inputs were given the same one, every loyal general decides it.
    Validity,
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

/// Whether all who decide, decide the same.
fn agree<V: Eq>(outcome: &Outcome<'_, V>) -> bool {
    let mut decided = outcome.decided();
    let first = decided.next();
    decided.all(|other| Some(other) == first)
}

/// Whether all who decide, decide what is due, if anything is.
fn are_valid<V: Eq>(outcome: &Outcome<'_, V>) -> bool {
    let due = match outcome.task {
        Task::Broadcast => {
            let loyal = !outcome.traitors.contains(General::COMMANDER);
            outcome.inputs.get(&General::COMMANDER).filter(|_| loyal)
        }
        Task::Consensus => {
            let mut inputs = outcome.bound_inputs();
            let first = inputs.next();
            first.filter(|first| inputs.all(|other| other == *first))
        }
    };
    due.is_none_or(|due| outcome.decided().all(|decision| decision == due))
}

impl Property {
    /// The first property that an outcome violates: validity, which says more than agreement, and
    /// then agreement, and then a demand.
    pub fn violated<V: Eq>(outcome: &Outcome<'_, V>, demands: &[Demand<V>]) -> Option<Property> {
        if !are_valid(outcome) {
            return Some(Property::Validity);
        }
        if !agree(outcome) {
            return Some(Property::Agreement);
        }
        let index = demands.iter().position(|demand| !(demand.met)(outcome))?;
        Some(Property::Demand(Demanded { index, name: demands[index].name }))
    }

    /// In a word, or in the user's own: "agreement", "validity".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Property::Agreement => "agreement",
            Property::Validity => "validity",
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
            (Property::Demand(Demanded { name, .. }), _) => demand_title(name),
        }
    }
}

/// As a demand is called: in quotes.
pub(crate) fn demand_title(name: &str) -> String {
    format!("\"{}\"", escaped(name))
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
    use crate::general::Generals;

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
            assert_eq!(Property::violated(&outcome, &[]), expected, "{outcome:?}");
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
            assert_eq!(Property::violated(&outcome, &[]), expected, "{outcome:?}");
            let ones = |outcome: &Outcome<'_, u8>| outcome.decided().all(|d| *d == 1);
            let demands = [Demand::new("anything", |_| true), Demand::new("ones", ones)];
            let ones = Property::Demand(Demanded { index: 1, name: "ones" });
            let expected = expected.or((decisions[0] == Some(0)).then_some(ones));
            assert_eq!(Property::violated(&outcome, &demands), expected, "{outcome:?}");
        }
    }
}
