//! What must hold: agreement and validity, each defined once, for every engine; and what it is
//! called when something does not.

mod asked;
mod judge;

pub use self::asked::AskedProperties;
pub(crate) use self::judge::Judge;
use crate::escape::escaped;
use crate::fault::{Fault, FaultKind};
use crate::outcome::Task;
use crate::testable::Wire;

/// What must hold of every outcome.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Property {
    /// All who are loyal and decide, decide the same: in a broadcast IC1, all loyal lieutenants
    /// obey the same order (Lamport, Shostak, Pease 1982, section 1). Or else any two decisions are to each
    /// other what the problem [says](crate::Agreement).
    Agreement,
    /// In a broadcast IC2: if the commander is loyal, every loyal lieutenant obeys the order he
    /// sends (the same). In consensus strong unanimity: if all who are [bound](crate::Outcome::bound) by
    /// their inputs were given the same one, every loyal general decides it. Or else decisions are to the
    /// inputs what the problem [says](crate::Validity).
    Validity,
    /// If one who is loyal decides, all do.
    Totality,
    /// All who are loyal decide.
    Termination,
    /// A [`Demand`](crate::Demand) of the user's own.
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
    of_course: bool,
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
