//! Random search: attacks and schedules are drawn, played and judged, until one breaks the protocol.
//!
//! | file | what it does |
//! |---|---|
//! | `random_search` | draws attack after attack, on all threads |
//! | `draw` | draws one attack, and plays it while it is drawn |
//! | `random_adversary` | an adversary that decides at random while it plays |
//! | `behaviour` | how the traitors of one drawn case behave: a swarm profile |
//! | `random_schedule` | a random order of arrival, and random disruptions |
//! | `coverage` | how many cases were tried, and how different they were |

mod behaviour;
pub(crate) mod coverage;
pub(crate) mod draw;
mod random_adversary;
mod random_schedule;
pub(crate) mod random_search;
