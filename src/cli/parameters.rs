//! What the parameters of all protocols have in common, and those of the adversary.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::answer::BadInput;
use crate::machine::Numbered;
use crate::report::notation::Notation;
use crate::{Order, Testable};

/// A protocol by numbers.
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

/// The most orders there are.
const MOST_VALUES: usize = 256;

/// The first so many orders.
pub fn orders(values: usize) -> Result<Vec<Order>, BadInput> {
    if values == 0 || values > MOST_VALUES {
        let allowed = format!("there must be from 1 to {MOST_VALUES} orders");
        return Err(BadInput(format!("values is {values}: {allowed}")));
    }
    Ok(Order::first(values))
}

/// A number as an argument, unless it is the default.
pub fn unless(flag: &str, number: usize, default: usize) -> String {
    if number == default { String::new() } else { format!(" {flag} {number}") }
}
