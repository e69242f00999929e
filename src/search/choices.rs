//! What the adversary can choose: what a traitor can say on each wire, and with what an execution
//! begins.
//!
//! | file | what it does |
//! |---|---|
//! | `space` | the space that is searched: on every wire every message a traitor can say |
//! | `wire_choices` | what can be said on one wire, slot by slot |
//! | `signature_set` | which signatures the adversary can show |
//! | `initial` | the initial choices: traitors, inputs, and disrupted messages |
//! | `cases` | every case of a space, and how many raw behaviours they have |
//! | `relisting` | puts the signatures of messages that were heard together anew |
//! | `prepared` | what is prepared before a space is searched |
//! | `listening` | learns the repertoire from runs, where nobody has described it |

mod cases;
pub(crate) mod initial;
pub(crate) mod listening;
mod prepared;
mod relisting;
pub(crate) mod signature_set;
pub(crate) mod space;
pub(crate) mod wire_choices;
