//! 0.8.2.

use good_driver as driver;
use good_types as types;

#[macro_use]
#[path = "newer_types.rs"]
mod newer_types;
#[path = "context.rs"]
mod context;
#[path = "driven.rs"]
pub mod driven;
#[path = "said.rs"]
mod said;
