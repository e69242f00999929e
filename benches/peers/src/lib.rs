//! peers
pub mod gates;
pub mod oral_circuit;
pub mod oral_folded;
pub mod oral_natural;
pub mod ours;
pub mod question;
pub mod signed_folded;
pub mod signed_natural;
pub mod tools;
