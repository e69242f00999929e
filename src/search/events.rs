//! The engines for event-driven protocols. By default, whatever the loyal send can be late without bound, and traitors
//! say anything at any time; if a synchronous network is asked for, all mail takes one wave.
//!
//! | file | what it does |
//! |---|---|
//! | `locals` | the local states of the loyal generals, and how each changes |
//! | `mail` | sets of messages |
//! | `closure` | everything that one general can do without sending anything |
//! | `columns` | the local states in which one general can be, given what was sent |
//! | `judge` | whether the local states that the loyal can reach, each independently, violate a property |
//! | `board` | the search in which only sending is a step that concerns all |
//! | `naive` | the naive twin of the board, without any reduction |
//! | `group` | the renamings of a case |
//! | `orbits` | explores one representative of what can be renamed within a column |
//! | `run` | the events at the loyal generals that lead to a finding, one after the other |
//! | `start` | where all loyal generals begin |
//! | `phases` | searches phase by phase, for protocols without a last phase |
//! | `phase_run` | the events of all phases that lead to a finding |
//! | `game` | whether traitors can keep everybody undecided for ever, whatever common coins show |
//! | `walk` | how such a game goes on, phase after phase |
//! | `attack` | the attack under which a run happens |
//! | `endless` | whether something can repeat for ever |
//! | `stop` | why the exploration of a case ended early |
//! | `synchronous` | the search in which all mail takes one wave, and each wave is a step of all generals |
//! | `case_search` | which engine searches a case |
//! | `driver` | the driver: what is searched in which order |

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
