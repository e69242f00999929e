//! The same verdicts from turncoat, stateright and a SAT solver, and how long each takes on one thread.
//!
//! Each tool answers one [`Question`](question::Question): in every behaviour of f traitors among n generals, do all
//! loyal lieutenants decide the same (agreement, IC1), and obey the commander if he is loyal (validity, IC2)?
//!
//! | file | what it is |
//! |---|---|
//! | `oral_natural`, `signed_natural` | models for stateright, as a newcomer would write them |
//! | `oral_folded`, `signed_folded` | models for stateright, folded by hand as far as an expert gets |
//! | `oral_circuit`, `gates` | circuits for CaDiCaL, a plain one and one that is folded by hand |
//! | `ours` | turncoat, which gets only its own OM(m) and SM(m) |
//! | `tools` | the tools, and which questions each can answer |
//! | `measure`, `table` | how long each takes, side by side |
//!
//! # Why this is the same property on the same space
//!
//! The property is the same in all: agreement and validity at the end of the last round.
//!
//! The space of behaviours is: every set of f traitors, both orders of a loyal commander, and in every slot (round,
//! sender, path or order, loyal receiver) any of the messages that fit there. Each tool covers all of it, or leaves out
//! only behaviours that its file argues to be equivalent to one that it keeps. There are three differences, all of
//! which make turncoat's space larger:
//!
//! - By default turncoat's exhaustive engine also lets traitors be silent (which is RETREAT to OM(m)), send strays, and
//!   be fewer than f; its compositional engine does all that except strays. "Same space" is the exhaustive engine
//!   without all this.
//! - In the natural models traitors send only messages that matter: none to each other, and with SM(m) no chain that
//!   another general signed last.
//! - Where a protocol is broken, turncoat shows the smallest attack and confirms it by a run, so it keeps searching
//!   after it has found one. The other tools stop at the first.
//!
//! What the hand-made models know about OM(m) and SM(m) would have to be worked out anew for another protocol; turncoat
//! runs the protocol's own code.

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
