//! The searches for an attack: the canned ones first, then all, then the smallest.
//!
//! | room | what lives there |
//! |---|---|
//! | `choices` | what the adversary can choose |
//! | `exhaustive` | the exhaustive engine, for protocols in rounds |
//! | `compositional` | the compositional engine, for recursive protocols |
//! | `events` | the engines for event-driven protocols |
//! | `random` | random search: attacks and schedules are drawn |
//! | `suspects` | who can have brought about what one general was told |
//! | `symmetry` | generals who are alike, their renaming, and the test of such a claim |
//!
//! | file | what it does |
//! |---|---|
//! | `driver` | says what is searched after what, on all threads |
//! | `confirm` | has the simulator run what is found again |
//! | `canned_attacks` | tries the obvious attacks |
//! | `naive` | the twin of the exhaustive engine, without a reduction |
//! | `reduction` | what an engine leaves out, and why it may |
//! | `decisions` | turns what an engine found into an attack |
//! | `outcome` | how the exploration of a case ends |
//! | `minimal` | asks with how few lies a protocol is broken |
//! | `shrink` | makes an attack locally minimal |
//! | `budget`, `progress`, `part` | how much work may be done, how far it is, which part is asked for |
//! | `milestone` | from where a search can go on |
//!
//! Why the exhaustive engine may leave out what it leaves out is said at [`Reduction`].

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

/// What a search is to do.
pub(crate) struct Search<'a> {
    pub machine: &'a dyn Machine,
    pub terms: &'a Terms,
    pub adversary: Adversary,
    pub engine: Engine,
    /// What is left out, where that is sound.
    pub reductions: Reductions,
    /// Only this part is gone through.
    pub part: Option<Part>,
    /// The most steps.
    pub limit: u64,
    pub progress: &'a Progress,
}

/// What came of a search.
#[derive(Default)]
pub(crate) struct Answer {
    /// All raw behaviours that were covered.
    pub behaviours: Count,
    /// Whether there are signatures in what is said.
    pub signed: bool,
    /// Whether forgeries are among what is said.
    pub forgeries: bool,
    /// What was heard, if the protocol does not say what a traitor could say.
    pub harvested: Option<Harvested>,
    /// What the repertoire lacks, as far as that was met.
    pub lacking: Option<Lacking>,
    /// What was left out.
    pub reductions: Vec<Reduction>,
    pub steps: u64,
    pub found: Option<Found>,
    /// Why not everything was covered.
    pub halt: Option<Halt>,
    /// Of an event-driven protocol: the fewest messages of traitors that the loyal hear in an attack, where that is
    /// proved.
    pub least_heard: Option<u32>,
    /// Of a protocol that has phases without end, where all were gone through: how many vectors of what the loyal carry
    /// from one to the next there are.
    pub carried: Option<u64>,
}

/// An attack that breaks the protocol.
pub(crate) struct Found {
    pub attack: NumberedAttack,
    pub execution: NumberedExecution,
    /// Where the states of the execution stand.
    pub states: Memory,
    pub violation: Violation,
    pub size: Size,
}
