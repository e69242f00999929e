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
//! | `explorer`, `ground`, `last_round` | the exhaustive engine, for one case |
//! | `reduction`, `symmetry`, `renaming` | what it leaves out; generals who are alike |
//! | `walk` | tests that those are alike who are said to be |
//! | `branching`, `early`, `lying`, `extremes`, `received` | what one receiver can come to in one round |
//! | `voices` | what each general says in a round |
//! | `memory` | remembers what is said, what can be said, and what changes nothing |
//! | `spares` | keeps states that are no longer needed, to copy others into them |
//! | `fates` | who crashes in a round |
//! | `overheard` | which signatures the enemy can show |
//! | `naive` | its twin without a reduction |
//! | `compose`, `composition`, `unfold` | the compositional engine, for recursive protocols |
//! | `outcomes`, `ranges` | what can come of a subtree, and how many votes it takes |
//! | `unfit` | why a recursion can't be composed |
//! | `electorate`, `budgets`, `ballots` | who votes on a subtree, and in which ways |
//! | `chase`, `coverage` | the hunt: draws attack after attack, and says how far it got |
//! | `honest` | what comes of it when all obey |
//! | `draw`, `temper`, `whim`, `disorder` | draws an attack at random while it is played |
//! | `script` | turns what an engine found into an attack |
//! | `shrink` | makes an attack locally minimal |
//!
//! Why the exhaustive engine may leave out what it leaves out is said at [`Reduction`].

mod ballots;
mod branching;
mod budgets;
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
mod electorate;
mod end;
mod explorer;
mod extremes;
mod fates;
mod ground;
mod harvest;
mod honest;
mod last_round;
mod lying;
mod memory;
pub(crate) mod menu;
mod naive;
mod outcomes;
mod overheard;
mod probe;
mod ranges;
mod received;
mod reduction;
mod renaming;
pub(crate) mod script;
pub(crate) mod shrink;
pub(crate) mod space;
mod spares;
mod survey;
mod symmetry;
mod temper;
mod twins;
mod unfit;
mod unfold;
mod voices;
pub(crate) mod walk;
mod whim;

use serde::Serialize;

use self::effort::{Halt, Part, Progress};
pub use self::harvest::Harvested;
pub use self::reduction::Reduction;
pub(crate) use self::reduction::Reductions;
pub(crate) use self::unfit::Unfit;
use crate::adversary::Adversary;
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

/// What a search is to do.
pub(crate) struct Search<'a, P: Testable> {
    pub protocol: &'a P,
    pub terms: &'a Terms<P::Value>,
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
pub(crate) struct Answer<P: Testable> {
    /// All raw behaviours that were covered.
    pub behaviours: Count,
    /// Whether there are signatures in what is said.
    pub signed: bool,
    /// Whether forgeries are among what is said.
    pub forgeries: bool,
    /// What was heard, if the protocol does not say what a traitor could say.
    pub harvested: Option<Harvested>,
    /// What was left out.
    pub reductions: Vec<Reduction>,
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
