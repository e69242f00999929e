//! The exhaustive engine for protocols in rounds.
//!
//! | file | what it does |
//! |---|---|
//! | `explorer` | depth-first search of all global states of one case |
//! | `context` | what stays the same in a case, and what a receiver can reach in one round |
//! | `thread` | each thread's own state, and what it leaves to later threads |
//! | `global_state` | where an execution stands when a round begins |
//! | `messages` | the messages of a round, before anybody has received them |
//! | `last_round` | the last round: reachable decisions in place of a product of states |
//! | `receiving` | every state that one receiver can reach in one round |
//! | `byzantine_sender` | the same, by what one Byzantine sender says to it |
//! | `reordering` | the same, by what arrives before its turn |
//! | `monotone` | the same in a monotone last round: only the lowest and the highest messages |
//! | `branches` | the states that a receiver has reached, and how |
//! | `sends` | what each general sends in a round, and what of that is late or lost |
//! | `crash_choices` | who crashes in a round |
//! | `uniform_cost` | the fewest lies that break the protocol: a shortest path over global states |
//! | `memo` | what a worker remembers, so that it is computed once |

pub(crate) mod branches;
mod byzantine_sender;
pub(crate) mod context;
pub(crate) mod crash_choices;
pub(crate) mod explorer;
pub(crate) mod global_state;
mod last_round;
mod memo;
mod messages;
mod monotone;
pub(crate) mod receiving;
mod reordering;
mod sends;
pub(crate) mod thread;
pub(crate) mod uniform_cost;
