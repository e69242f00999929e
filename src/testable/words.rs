//! How reports describe a protocol: its name, its messages and its states, as a person would say them.

use std::any::type_name;
use std::fmt::Debug;
use std::marker::PhantomData;

use super::layout::laid_out;
use crate::general::General;
use crate::protocol::events::Timer;

/// How reports describe a protocol. Everything has a default: override what you would say in other words.
///
/// ```
/// use turncoat::{General, Order, Words};
///
/// struct Whispered;
///
/// impl Words<Order, ()> for Whispered {
///     fn tell(&self, from: General, order: &Order) -> String {
///         format!("{} whispers {order}", from.id())
///     }
/// }
///
/// assert_eq!(Whispered.tell(General::new(2), &Order::ATTACK), "2 whispers ATTACK");
/// assert_eq!((Whispered.name(), Whispered.explain(&())), ("Whispered".into(), vec!["()".into()]));
/// ```
pub trait Words<M: Debug, S: Debug>: Sync {
    /// The protocol's name; by default the name of the type that has these words.
    fn name(&self) -> String {
        short_name(type_name::<Self>())
    }

    /// A message as a person would say it; by default as [`Debug`] prints it.
    fn tell(&self, from: General, message: &M) -> String {
        let _ = from;
        format!("{message:?}")
    }

    /// What a timer is called, as in "timer 3 of general 2 goes off"; by default its number.
    fn timer(&self, timer: Timer) -> String {
        timer.to_string()
    }

    /// What a general holds at the end and how it decides, one line each; by default the state as [`Debug`] prints it,
    /// laid out over several lines if it is long.
    fn explain(&self, state: &S) -> Vec<String> {
        laid_out(&format!("{state:?}"))
    }
}

/// The name of a type without its path and its parameters.
fn short_name(path: &str) -> String {
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path).to_owned()
}

/// The words of a protocol that has none of its own: the name of its type, and all the defaults.
pub(super) struct Plainly<P: ?Sized>(pub(super) PhantomData<fn(&P)>);

impl<P: ?Sized, M: Debug, S: Debug> Words<M, S> for Plainly<P> {
    fn name(&self) -> String {
        short_name(type_name::<P>())
    }
}
