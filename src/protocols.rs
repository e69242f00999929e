//! Published protocols, a file each, written as their papers write them.

pub mod asking;
pub mod chain;
mod choice;
pub mod flood_set;
pub mod forged_chains;
pub mod interactive;
pub mod oral;
mod oral_state;
pub mod order_set;
pub mod parallel;
pub mod path;
mod recursion;
mod renaming;
pub mod routed;
mod routes;
pub mod signed;
pub mod two_step;
pub mod vote;
