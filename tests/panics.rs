//! The message of code that panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The message of the panic.
pub fn told(code: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(code)).expect_err("it panics");
    panic.downcast_ref::<String>().expect("it says why").clone()
}
