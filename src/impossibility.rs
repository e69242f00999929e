//! What no protocol can do, and what shows it.

pub mod bounds;
mod chain;
mod graph;
pub mod rounds;
mod table;
mod views;

pub use self::bounds::{Answer, Bounds, BoundsError, Condition, Problem, Theorem, Thresholds};
pub use self::chain::{Chain, Forced, Link, View};
pub use self::rounds::{Existence, Rounds, RoundsError, rounds, rounds_over};
pub use self::table::DecisionTable;
