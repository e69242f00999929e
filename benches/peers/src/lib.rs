//! The same verdicts by turncoat, by stateright and by a SAT solver, and how long each takes, on
//! one thread.
//!
//! All answer one [`Question`](question::Question): do all loyal lieutenants decide the same
//! (agreement, IC1), and what a loyal commander orders (validity, IC2), in every behaviour of f
//! traitors among n generals?
//!
//! | file | what it is |
//! |---|---|
//! | `oral_natural`, `signed_natural` | models for stateright, as a newcomer would write them |
//! | `oral_folded`, `signed_folded` | models for stateright, folded by hand as far as an expert gets |
//! | `oral_circuit`, `gates` | circuits for CaDiCaL, a plain one and one that is folded by hand |
//! | `ours` | turncoat, which is given nothing but its own OM(m) and SM(m) |
//! | `tools` | who can be asked what |
//! | `measure`, `table` | how long each takes, side by side |
//!
//! # Why this is the same property on the same space
//!
//! The property is the same in all: agreement and validity at the end of the last round.
//!
//! The space of behaviours is: every set of f traitors, both orders of a loyal commander, and in
//! every slot (round, sender, path or order, loyal receiver) any of the messages that fit there.
//! Each tool goes through all of it, or leaves out only what it is argued in its file to be equal to
//! something that stays. There are three differences, all of which make turncoat's space larger:
//!
//! - By default turncoat's exhaustive engine also lets traitors be silent (which is RETREAT to
//!   OM(m)), throw in what has no place, and be fewer than f; its compositional engine does all
//!   that but for what has no place. "Same space" is the exhaustive engine without all this.
//! - The natural models have only traitors who say what matters: nothing to each other, and with
//!   SM(m) no chain that is another's.
//! - turncoat shows the smallest attack where a protocol is broken, and confirms it by a run; it
//!   goes on for that when an attack is found. The others stop at any.
//!
//! What the models made by hand know of OM(m) and SM(m) would have to be found anew for another
//! protocol; turncoat runs the protocol's own code.

pub mod broadcast_natural;
pub mod gates;
pub mod measure;
pub mod oral_circuit;
pub mod oral_folded;
pub mod oral_natural;
pub mod ours;
pub mod question;
pub mod signed_folded;
pub mod signed_natural;
pub mod table;
pub mod tools;
