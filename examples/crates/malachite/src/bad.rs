//! 0.5.0, in which agreement is violated.

use bad_driver as driver;
use bad_types as types;

/// What a context has since.
macro_rules! timeouts {
    () => {};
}

/// What a scheme of signatures has since.
macro_rules! public_keys {
    () => {};
}

#[path = "context.rs"]
mod context;
#[path = "driven.rs"]
pub mod driven;
#[path = "said.rs"]
mod said;
