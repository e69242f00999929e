//! 0.8.2.

use good_driver as driver;
use good_types as types;

/// What a context has beside.
macro_rules! timeouts {
    () => {
        type Timeouts = super::types::LinearTimeouts;
    };
}

/// What a scheme of signatures has beside.
macro_rules! public_keys {
    () => {
        fn decode_public_key(_: &[u8]) -> Result<(), String> {
            Ok(())
        }
        fn encode_public_key(_: &()) -> Vec<u8> {
            Vec::new()
        }
    };
}

#[path = "context.rs"]
mod context;
#[path = "driven.rs"]
pub mod driven;
#[path = "said.rs"]
mod said;
