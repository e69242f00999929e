//! The compositional engine, for recursive protocols: the outcomes of a subtree are composed of those
//! of the subtrees below it, and never enumerated.
//!
//! | file | what it does |
//! |---|---|
//! | `compose` | asks with ever more traitors whether there is an attack, and confirms it |
//! | `composition` | composes the outcomes of subtrees, bottom-up |
//! | `outcomes` | what can come of a subtree, and at what price |
//! | `thresholds` | how many votes it takes to change what a lieutenant takes |
//! | `vote_classes` | who votes on a subtree, by class |
//! | `vote_counting` | the cheapest way in which they give everybody the votes that are needed |
//! | `flow_bounds` | bounds on the votes of each set of classes, by a flow argument |
//! | `witness` | turns an outcome back into lies, top-down |
//! | `composition_error` | why a recursion can't be composed |

mod compose;
mod composition;
pub(crate) mod composition_error;
mod flow_bounds;
mod outcomes;
mod thresholds;
mod vote_classes;
mod vote_counting;
mod witness;
