//! The properties that must hold, agreement and validity above all, each defined once for every engine; and the names
//! of their violations.

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
    /// All loyal generals who decide, decide the same. In a broadcast this is IC1: all loyal lieutenants obey the
    /// same order (Lamport, Shostak, Pease 1982, section 1). A problem may define its own
    /// [relation](crate::Agreement) between any two decisions instead.
    Agreement,
    /// In a broadcast IC2: if the commander is loyal, every loyal lieutenant obeys the order he sends (ibid.). In
    /// consensus strong unanimity: if all who are [bound](crate::Outcome::bound) by their inputs were given the same
    /// one, every loyal general decides it. A problem may define its own [relation](crate::Validity) between
    /// decisions and inputs instead.
    Validity,
    /// If one loyal general decides, all do.
    Totality,
    /// All loyal generals decide.
    Termination,
    /// A user's own [`Demand`](crate::Demand).
    Demand(Demanded),
}

/// One of the [demands](crate::Problem::demands) of a problem. Only turncoat makes these, from the demands that the
/// problem lists: see [`Property::violated`].
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
    /// Its name in one word, or in the user's own: "agreement", "validity".
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

    /// Its name in this task: "agreement (IC1)", "validity (strong unanimity)".
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

/// The name of a demand in quotes.
pub(crate) fn demand_title(name: &str) -> String {
    format!("\"{}\"", escaped(name))
}

/// A loyal general accepted a forgery: the forgery changed its state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Accepted {
    /// Where and when. The receiver is the one who accepted it.
    #[serde(flatten)]
    pub wire: Wire,
    /// How it was [forged](crate::testable::Forgery::label).
    pub label: &'static str,
}

/// What is wrong with an execution.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Violation {
    /// A loyal general accepted a forgery.
    Forgery(Accepted),
    /// The execution lacks a property that was asked for.
    Property(Property),
    /// The protocol itself misbehaved.
    Fault(Fault),
}

impl Violation {
    /// The violated property; none for a forgery or a fault.
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

    /// Its name in one word: "agreement", "validity", "unforgeability", "no-panic", "determinism", "values", or the
    /// name of a demand.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Violation::Property(property) => property.name(),
            Violation::Forgery(_) => "unforgeability",
            Violation::Fault(fault) => fault.kind.property(),
        }
    }
}
