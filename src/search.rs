//! The searches for an attack: the obvious ones first, then all, then the smallest.
//!
//! | file | what it does |
//! |---|---|
//! | `campaign` | says what is searched after what, and confirms what is found |
//! | `space`, `menu` | on each wire what can be said |
//! | `case`, `counting` | the first choices of the enemy, and how many behaviours there are |
//! | `harvest`, `twins` | listens for what could be said, where nobody has said it |
//! | `probe` | tries the obvious attacks |
//! | `survey` | goes through the cases, on all threads |
//! | `explorer` | the exhaustive engine, for one case |
//! | `branching`, `early`, `lying`, `received` | what one receiver can come to in one round |
//! | `fates` | who crashes in a round |
//! | `overheard` | which signatures the enemy can show |
//! | `naive` | its twin without a reduction |
//! | `compose`, `composition`, `ballots`, `unfold` | the compositional engine, for recursive protocols |
//! | `chase`, `coverage` | the hunt: draws attack after attack, and says how far it got |
//! | `honest` | what comes of it when all obey |
//! | `draw`, `temper`, `whim`, `disorder` | draws an attack at random while it is played |
//! | `script` | turns what an engine found into an attack |
//! | `shrink` | makes an attack locally minimal |
//!
//! Why the exhaustive engine may leave out what it leaves out is said at [`Reduction`].

mod ballots;
mod branching;
mod campaign;
pub(crate) mod case;
pub(crate) mod chase;
mod compose;
mod composition;
mod counting;
pub mod coverage;
mod disorder;
pub(crate) mod draw;
mod early;
pub mod effort;
mod end;
mod explorer;
mod fates;
mod harvest;
mod honest;
mod lying;
pub(crate) mod menu;
mod naive;
mod overheard;
mod probe;
mod received;
mod script;
pub(crate) mod shrink;
pub(crate) mod space;
mod survey;
mod temper;
mod twins;
mod unfold;
mod whim;

use std::fmt;

use serde::Serialize;

pub(crate) use self::composition::Unfit;
use self::effort::{Halt, Progress};
pub use self::harvest::Harvested;
use crate::adversary::{Adversary, FaultClass};
use crate::attack::AttackOn;
use crate::count::Count;
use crate::execution::{ExecutionOf, Size};
use crate::property::Violation;
use crate::testable::{Terms, Testable};

/// How the space is gone through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Every reduction that is sound here.
    #[default]
    Exhaustive,
    /// By composition of subtrees, for protocols that are [recursive](crate::Recursive): exact, and far
    /// beyond what can be gone through; with nothing said that has no place.
    Compositional,
    /// No reduction: one execution for every raw behaviour. Only for small spaces, as a check on
    /// the other.
    Naive,
}

/// What the exhaustive engine leaves out, and why it may.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reduction {
    /// What traitors tell each other changes nothing for the loyal: the enemy knows everything
    /// already, and says what it likes. (Where lies are counted, they are gone through.)
    TraitorToLoyal,
    /// A Byzantine traitor is bound by no input, so one stands for all.
    TraitorsOrder,
    /// A general's next state depends on its own inbox alone, and each wire is free of all
    /// others: successors are a product of each receiver's successors. (Which signatures the
    /// traitors can show is settled by what the loyal say, before any of that. A crash is felt by
    /// all receivers, so there each is gone through by itself.)
    PerReceiver,
    /// Equal states of a receiver, and equal global states in which the enemy has overheard the
    /// same signatures, of those that it can still use, have the same future.
    EqualStates,
    /// After the last round nothing is left of a state but its decision.
    LastRound,
    /// Subtrees of a recursion share no message, and what each relay was told is settled before its
    /// subtree: what can come of them is composed, and not enumerated.
    Subtrees,
    /// The enemy can rename the loyal in a subtree: what comes of it is how many take each value.
    Counts,
}

impl Reduction {
    /// Those of the exhaustive engine, in the order in which they are listed.
    pub const ALL: [Reduction; 5] = [
        Reduction::TraitorToLoyal,
        Reduction::TraitorsOrder,
        Reduction::PerReceiver,
        Reduction::EqualStates,
        Reduction::LastRound,
    ];

    /// Those of the compositional engine.
    pub const COMPOSITION: [Reduction; 4] = [
        Reduction::TraitorToLoyal,
        Reduction::TraitorsOrder,
        Reduction::Subtrees,
        Reduction::Counts,
    ];

    /// Those that are sound where traitors are faulty in this way.
    #[must_use]
    pub fn against(faults: FaultClass) -> &'static [Reduction] {
        match faults {
            FaultClass::Byzantine => &Reduction::ALL,
            FaultClass::Crash => &[Reduction::EqualStates, Reduction::LastRound],
            FaultClass::SendOmission | FaultClass::ReceiveOmission => {
                &[Reduction::PerReceiver, Reduction::EqualStates, Reduction::LastRound]
            }
        }
    }
}

impl fmt::Display for Reduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reduction::TraitorToLoyal => "traitor-to-loyal messages only",
            Reduction::TraitorsOrder => "one input for each traitor",
            Reduction::PerReceiver => "products of per-receiver successors",
            Reduction::EqualStates => "equal states merged",
            Reduction::LastRound => "last round collapsed to decisions",
            Reduction::Subtrees => "subtrees composed",
            Reduction::Counts => "counts of the loyal for each who takes what",
        })
    }
}

/// What a search is to do.
pub(crate) struct Search<'a, P: Testable> {
    pub protocol: &'a P,
    pub terms: &'a Terms<P::Value>,
    pub adversary: Adversary,
    pub engine: Engine,
    /// The most steps.
    pub limit: u64,
    pub progress: &'a Progress,
}

/// What came of a search.
pub(crate) struct Answer<P: Testable> {
    /// All raw behaviours that were covered.
    pub behaviours: Count,
    /// Whether there are signatures in what is said.
    pub signed: bool,
    /// Whether forgeries are among what is said.
    pub forgeries: bool,
    /// What was heard, if the protocol does not say what a traitor could say.
    pub harvested: Option<Harvested>,
    pub steps: u64,
    pub found: Option<Found<P>>,
    /// Why not everything was covered.
    pub halt: Option<Halt>,
}

/// An attack that breaks the protocol.
pub(crate) struct Found<P: Testable> {
    pub attack: AttackOn<P>,
    pub execution: ExecutionOf<P>,
    pub violation: Violation,
    pub size: Size,
}
