//! What the parameters of all protocols have in common.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::answer::BadInput;
use crate::machine::Numbered;
use crate::report::notation::Notation;
use crate::{Order, Testable};

/// A numbered protocol.
pub fn boxed<P>(protocol: P) -> Result<Box<dyn Notation>, BadInput>
where
    P: Testable<
            Value: Serialize + DeserializeOwned,
            Decision: Serialize,
            Message: Serialize + DeserializeOwned,
        > + 'static,
{
    Ok(Box::new(Numbered::new(protocol)))
}

/// The most orders that there can be.
const MOST_VALUES: usize = 256;

/// The first orders, this many of them.
pub fn orders(values: usize) -> Result<Vec<Order>, BadInput> {
    if values == 0 || values > MOST_VALUES {
        let allowed = format!("there must be from 1 to {MOST_VALUES} orders");
        return Err(BadInput(format!("values is {values}: {allowed}")));
    }
    Ok(Order::first(values))
}

/// A number as an option, unless it is the default.
pub fn unless(flag: &str, number: usize, default: usize) -> String {
    if number == default { String::new() } else { format!(" {flag} {number}") }
}
