//! What must hold: agreement and validity, each defined once, for every engine; and what it is
//! called when something does not.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::fault::Fault;
use crate::general::{General, Generals};
use crate::testable::Wire;

/// How an execution ended, as far as a property can see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome<'a, V> {
    /// Who was a traitor.
    pub traitors: Generals,
    /// What each general with an input was given.
    pub inputs: &'a BTreeMap<General, V>,
    /// What each loyal lieutenant decided: by number, nothing for a traitor or the commander.
    pub decisions: &'a [Option<V>],
}

/// The interactive consistency conditions of Lamport, Shostak and Pease (1982), section 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Property {
    /// IC1: all loyal lieutenants obey the same order.
    Agreement,
    /// IC2: if the commander is loyal, every loyal lieutenant obeys the order he sends.
    Validity,
}

impl Property {
    /// Both, in the order in which they are asked: an execution that violates both is reported
    /// as a violation of validity, which says more.
    pub const ALL: [Property; 2] = [Property::Validity, Property::Agreement];

    /// Whether an outcome has it.
    pub fn holds<V: Eq>(self, outcome: &Outcome<'_, V>) -> bool {
        let mut decided = outcome.decisions.iter().flatten();
        match self {
            Property::Agreement => {
                let first = decided.next();
                decided.all(|other| Some(other) == first)
            }
            Property::Validity => {
                let loyal = !outcome.traitors.contains(General::COMMANDER);
                let order = outcome.inputs.get(&General::COMMANDER).filter(|_| loyal);
                order.is_none_or(|order| decided.all(|decision| decision == order))
            }
        }
    }

    /// The first property that an outcome violates.
    pub fn violated<V: Eq>(outcome: &Outcome<'_, V>) -> Option<Property> {
        Property::ALL.into_iter().find(|property| !property.holds(outcome))
    }
}

/// "agreement (IC1)".
impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Property::Agreement => "agreement (IC1)",
            Property::Validity => "validity (IC2)",
        })
    }
}

/// A loyal general accepted a forgery: its state was another one afterwards.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Accepted {
    /// Where and when: the one who hears is the one who accepted it.
    #[serde(flatten)]
    pub wire: Wire,
    /// In which way it was [forged](crate::testable::Forgery::label).
    pub label: &'static str,
}

/// What is wrong with an execution.
#[derive(Clone, PartialEq, Eq, Debug)]
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

    /// In a word: "agreement", "validity", "unforgeability", "no-panic", "determinism", "values".
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Violation::Property(Property::Agreement) => "agreement",
            Violation::Property(Property::Validity) => "validity",
            Violation::Forgery(_) => "unforgeability",
            Violation::Fault(fault) => fault.kind.property(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_and_validity_are_as_the_paper_defines_them() {
        use Property::{Agreement, Validity};
        let nobody = Generals::NONE;
        let commander = nobody.with(General::COMMANDER);
        let third = nobody.with(General::new(2));
        type Decisions<'a> = &'a [Option<u8>];
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
            let outcome = Outcome { traitors, inputs: &inputs, decisions };
            assert_eq!(Property::violated(&outcome), expected, "{outcome:?}");
        }
    }
}
