//! Random search: attacks and schedules are drawn, run and judged, until one breaks the protocol.
//!
//! | file | what it does |
//! |---|---|
//! | `random_search` | draws attack after attack, on all threads, and reports how different they were |
//! | `draw` | draws one attack, and runs it while it is drawn |
//! | `random_adversary` | an adversary that decides at random while the protocol runs |
//! | `partial_order` | which of the waiting messages is heard next (partial order sampling) |
//! | `lateness` | how late mail is, when timers go off, and what coins show |
//! | `random_schedule` | when what arrives, in one drawn case |
//! | `behaviour` | how the traitors of one drawn case behave (a swarm profile) |
//! | `open_speech` | what traitors say if messages come from an implementation |
//! | `copies` | the loyal generals that two-faced traitors play |

mod behaviour;
mod copies;
pub(crate) mod draw;
mod lateness;
mod open_speech;
mod partial_order;
mod random_adversary;
mod random_schedule;
pub(crate) mod random_search;

/// The generator that everything is drawn from.
pub(crate) type Dice = rand::rngs::Xoshiro256PlusPlus;
