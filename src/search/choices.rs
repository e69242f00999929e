//! What the adversary can choose: what a traitor can say on each wire, and how an execution begins.
//!
//! | file | what it does |
//! |---|---|
//! | `space` | the search space: every message that a traitor can say on every wire |
//! | `wire_choices` | what can be said on one wire, slot by slot |
//! | `signature_set` | which signatures the adversary can show |
//! | `initial` | the initial choices: traitors, inputs, and disrupted messages |
//! | `cases` | every case of a space, and how many raw behaviours they have |
//! | `relisting` | recombines the signatures of messages that were heard |
//! | `prepared` | what is prepared before a space is searched |
//! | `listening` | learns the repertoire from runs, if the author has not described it |

mod cases;
pub(crate) mod initial;
pub(crate) mod listening;
mod prepared;
mod relisting;
pub(crate) mod signature_set;
pub(crate) mod space;
pub(crate) mod wire_choices;
