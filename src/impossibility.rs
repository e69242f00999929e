//! What no protocol can do, shown for any given protocol: the attack that breaks it is not searched for but built
//! out of what the protocol itself says. Also, what cannot be done in too few rounds.

pub mod argument;
pub mod bounds;
mod chain;
pub mod covering;
mod graph;
pub(crate) mod partition;
pub mod rounds;
mod table;
mod views;
pub mod world;

pub use self::bounds::{
    Bounds, BoundsError, BoundsProblem, Condition, Quorum, Solvability, Theorem, Thresholds,
};
pub use self::chain::{Forced, View, ViewChain, ViewLink};
pub use self::rounds::{Existence, Rounds, RoundsError, rounds, rounds_over, rounds_watched};
pub use self::table::DecisionTable;
