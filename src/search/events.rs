//! The engines for event-driven protocols. As a rule all that the loyal send can be late without bound, and traitors
//! say anything at any time; where that is asked for all mail takes one wave.
//!
//! | file | what it does |
//! |---|---|
//! | `locals` | the local states of the loyal, and what becomes of each |
//! | `mail` | sets of messages |
//! | `closure` | all that one general can do without sending anything |
//! | `columns` | the local states in which one general can be, given what was sent |
//! | `judge` | whether what the loyal can come to, each by itself, violates a property |
//! | `board` | the search in which only what is sent is a step of all |
//! | `naive` | the twin of it, without a reduction |
//! | `group` | the renamings of a case |
//! | `orbits` | of what can be renamed within a column one is gone through |
//! | `run` | what happens to the loyal, one event after the other, where something was found |
//! | `start` | where all the loyal begin |
//! | `phases` | one phase after the other, for protocols that have no last one |
//! | `phase_run` | what happens in them, where something was found |
//! | `game` | whether traitors can keep all undecided for ever, whatever common coins show |
//! | `walk` | how that goes on, phase after phase |
//! | `attack` | the attack under which that happens |
//! | `endless` | whether something can happen again and again for ever |
//! | `stop` | why the exploration of a case came to no end |
//! | `synchronous` | the search in which all mail takes one wave: a wave is a step of all |
//! | `case_search` | which engine goes through a case |
//! | `driver` | the driver: what is searched after what |

mod attack;
mod board;
mod case_search;
mod closure;
mod columns;
mod driver;
mod endless;
mod game;
mod group;
mod judge;
mod locals;
mod mail;
mod naive;
mod orbits;
mod phase_run;
mod phases;
mod run;
mod start;
mod stop;
mod synchronous;
mod walk;

pub(super) use self::driver::run as run_events;
