//! Random search: attacks and schedules are drawn, played and judged, until one breaks the protocol.
//!
//! | file | what it does |
//! |---|---|
//! | `random_search` | draws attack after attack, on all threads, and says how different they were |
//! | `draw` | draws one attack, and plays it while it is drawn |
//! | `random_adversary` | an adversary that decides at random while it plays |
//! | `partial_order` | what is heard next of all that waits (partial order sampling) |
//! | `lateness` | how late mail is, when timers go off, and what coins show |
//! | `random_schedule` | what arrives when in one drawn case |
//! | `behaviour` | how the traitors of one drawn case behave (a swarm profile) |
//! | `open_speech` | what traitors say where messages come from an implementation |
//! | `copies` | the loyal generals that traitors play who are two-faced |

mod behaviour;
mod copies;
pub(crate) mod draw;
mod lateness;
mod open_speech;
mod partial_order;
mod random_adversary;
mod random_schedule;
pub(crate) mod random_search;

/// From what everything is drawn.
pub(crate) type Dice = rand::rngs::Xoshiro256PlusPlus;
