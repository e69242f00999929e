//! Published protocols, one per file, written as their papers write them.

pub mod asking;
pub mod ben_or;
pub mod binary_agreement;
pub mod block;
pub mod bracha_agreement;
pub mod chain;
pub mod chained_hotstuff;
mod choice;
pub mod dbft;
pub mod flood_set;
pub mod forged_chains;
pub mod hotstuff;
pub mod ibft;
pub mod in_waves;
pub mod interactive;
pub mod nodes;
pub mod oral;
mod oral_state;
pub mod order_set;
pub mod parallel;
pub mod path;
pub mod pbft;
pub mod reliable_broadcast;
mod renaming;
pub mod routed;
mod routes;
pub mod signed;
pub mod signed_consensus;
pub mod simplex;
pub mod tendermint;
pub mod two_step;
pub mod vote;
mod votes;

/// What a protocol's name says about its values; nothing if there are two, which is usual.
fn over_values<V>(values: &[V]) -> String {
    if values.len() == 2 { String::new() } else { format!(" over {} values", values.len()) }
}
