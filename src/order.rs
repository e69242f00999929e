//! The orders of the paper: RETREAT, ATTACK, and as many more as a question needs.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// A commander's order. RETREAT is the default: a general who has no order obeys it.
///
/// Protocols are free to agree on any other type; the built-in ones use this by default.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Order(u8);

impl Order {
    /// The default order, 0.
    pub const RETREAT: Order = Order(0);
    /// The other order, 1.
    pub const ATTACK: Order = Order(1);

    /// The first `k` orders: RETREAT, ATTACK, then "order 2" and so on; at most 256 of them.
    #[must_use]
    pub fn first(k: usize) -> Vec<Order> {
        (0..=u8::MAX).take(k).map(Order).collect()
    }
}

/// States hold many orders in a row, so orders are hashed eight at a time.
impl Hash for Order {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(self.0);
    }

    fn hash_slice<H: Hasher>(orders: &[Order], state: &mut H) {
        for eight in orders.chunks(8) {
            state.write_u64(eight.iter().fold(0, |word, order| word << 8 | u64::from(order.0)));
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Order::RETREAT => f.pad("RETREAT"),
            Order::ATTACK => f.pad("ATTACK"),
            Order(other) => f.pad(&format!("order {other}")),
        }
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no order: say RETREAT, ATTACK, or 'order 2' to 'order 255'")]
pub struct NoSuchOrder(String);

impl FromStr for Order {
    type Err = NoSuchOrder;

    fn from_str(text: &str) -> Result<Order, NoSuchOrder> {
        match text {
            "RETREAT" => Ok(Order::RETREAT),
            "ATTACK" => Ok(Order::ATTACK),
            _ => (text.strip_prefix("order ").and_then(|number| number.parse().ok()))
                .map(Order)
                .filter(|order| order.to_string() == text)
                .ok_or_else(|| NoSuchOrder(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Order {
    type Error = NoSuchOrder;

    fn try_from(text: String) -> Result<Order, NoSuchOrder> {
        text.parse()
    }
}

impl From<Order> for String {
    fn from(order: Order) -> String {
        order.to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use rustc_hash::FxBuildHasher;

    use super::*;

    #[test]
    fn every_order_reads_back_as_itself() {
        for order in Order::first(300) {
            assert_eq!(order.to_string().parse(), Ok(order));
        }
    }

    #[test]
    fn orders_in_a_row_are_hashed_one_and_all() {
        for length in 0..20 {
            let hash = |orders: &[Order]| FxBuildHasher.hash_one(orders);
            let orders = vec![Order::RETREAT; length];
            assert_eq!(hash(&orders), hash(&orders.clone()));
            assert_ne!(hash(&orders), hash(&[&orders[..], &[Order::RETREAT]].concat()));
            for place in 0..length {
                let mut others = orders.clone();
                others[place] = Order::ATTACK;
                assert_ne!(hash(&orders), hash(&others), "{place} of {length}");
            }
        }
    }

    #[test]
    fn what_is_no_order_says_what_is() {
        for text in ["", "attack", "order 1", "order 256", "order -1", "order +3", "order 003"] {
            assert!(text.parse::<Order>().is_err(), "{text:?} must be refused");
        }
    }
}
