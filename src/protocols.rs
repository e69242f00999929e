//! Published protocols, a file each, written as their papers write them.

pub mod oral;
pub mod path;
