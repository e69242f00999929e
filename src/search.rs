//! The search for an attack: first the canned attacks, then every attack, then the smallest that breaks the protocol.
//!
//! | room | what lives there |
//! |---|---|
//! | `choices` | what the adversary can choose |
//! | `exhaustive` | the exhaustive engine, for protocols in rounds |
//! | `compositional` | the compositional engine, for recursive protocols |
//! | `events` | the engines for event-driven protocols |
//! | `random` | random search: attacks and schedules are drawn |
//! | `suspects` | which sets of traitors explain what one general was told |
//! | `symmetry` | which generals are interchangeable, how they are renamed, and the test of that claim |
//!
//! | file | what it does |
//! |---|---|
//! | `driver` | decides what is searched in which order, on all threads |
//! | `confirm` | has the simulator run again what was found |
//! | `canned_attacks` | tries the obvious attacks |
//! | `naive` | the naive twin of the exhaustive engine, without any reduction |
//! | `reduction` | what an engine may leave out, and why that is sound |
//! | `decisions` | turns what an engine found into an attack |
//! | `outcome` | how the exploration of a case ends |
//! | `minimal` | finds the fewest lies that break a protocol |
//! | `shrink` | makes an attack locally minimal |
//! | `budget`, `progress`, `part` | how much work may be done, how far it has come, which part is asked for |
//! | `milestone` | a point from which a search can resume |
//!
//! [`Reduction`] says why the exhaustive engine may leave out what it leaves out.

mod budget;
mod canned_attacks;
pub(crate) mod choices;
mod compositional;
mod confirm;
pub(crate) mod decisions;
mod driver;
mod events;
mod exhaustive;
pub mod milestone;
mod minimal;
mod naive;
mod outcome;
pub mod part;
pub mod progress;
pub(crate) mod random;
mod reduction;
pub(crate) mod shrink;
pub(crate) mod suspects;
pub(crate) mod symmetry;

pub use self::choices::listening::Harvested;
pub(crate) use self::compositional::CompositionError;
use self::part::Part;
use self::progress::{Halt, Progress};
pub use self::random::random_search::Coverage;
pub use self::reduction::Reduction;
pub(crate) use self::reduction::Reductions;
pub use self::suspects::{Evidence, Suspicion, SuspicionRuling};
use crate::adversary::Adversary;
use crate::count::Count;
use crate::execution::{NumberedExecution, Size};
use crate::machine::{Machine, Memory, NumberedAttack, Terms};
use crate::property::Violation;
use crate::testable::Lacking;

/// How the space is searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// With every reduction that is sound here.
    #[default]
    Exhaustive,
    /// By composition of subtrees, for protocols that are [recursive](crate::Recursive). It is exact and reaches far
    /// more generals than a search can, but leaves out strays and replays.
    Compositional,
    /// Without any reduction: one execution for every raw behaviour. Only for small spaces, as a check on the
    /// exhaustive engine.
    Naive,
}

/// What to search, and how.
pub(crate) struct Search<'a> {
    pub machine: &'a dyn Machine,
    pub terms: &'a Terms,
    pub adversary: Adversary,
    pub engine: Engine,
    /// The reductions to use, where they are sound.
    pub reductions: Reductions,
    /// If given, only this part is searched.
    pub part: Option<Part>,
    /// The most steps that the search may take.
    pub limit: u64,
    pub progress: &'a Progress,
}

/// The result of a search.
#[derive(Default)]
pub(crate) struct Answer {
    /// How many raw behaviours were covered.
    pub behaviours: Count,
    /// Whether any message that can be said is signed.
    pub signed: bool,
    /// Whether traitors can send forgeries.
    pub forgeries: bool,
    /// What was heard in listening runs, if the protocol does not say what a traitor could say.
    pub harvested: Option<Harvested>,
    /// What the repertoire lacks, as far as the search came across it.
    pub lacking: Option<Lacking>,
    /// The reductions that were used.
    pub reductions: Vec<Reduction>,
    pub steps: u64,
    pub found: Option<Found>,
    /// Why not everything was covered, if it was not.
    pub halt: Option<Halt>,
    /// For an event-driven protocol: the fewest messages of traitors that the loyal generals hear in any attack, where
    /// that is proved.
    pub least_heard: Option<u32>,
    /// For a protocol with endless phases, if all of them were searched: how many different vectors of states the loyal
    /// generals carry from one phase into the next.
    pub carried: Option<u64>,
}

/// An attack that breaks the protocol.
pub(crate) struct Found {
    pub attack: NumberedAttack,
    pub execution: NumberedExecution,
    /// The memory that holds the states of the execution.
    pub states: Memory,
    pub violation: Violation,
    pub size: Size,
}
