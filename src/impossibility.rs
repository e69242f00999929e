//! What no protocol can do, shown on any protocol: the attack that breaks it is not searched for but
//! built, out of what the protocol itself says.

pub mod argument;
pub mod covering;
pub mod world;
