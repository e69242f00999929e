//! OM(m) once more as the recursion that the paper writes: Lamport, Shostak and Pease, "The
//! Byzantine Generals Problem", ACM TOPLAS 4(3), 1982, section 3.

use std::fmt::Display;

use super::oral::{OralMessages, Relay};
use super::path::Path;
use crate::general::General;
use crate::protocol::Plain;
use crate::testable::Recursive;

impl<V: Plain + Display> Recursive<V, Relay<V>> for OralMessages<V> {
    fn depth(&self, n: usize) -> usize {
        self.longest(n)
    }

    fn relay(&self, path: &[General], value: &V) -> Relay<V> {
        Relay { path: Path::of(path.iter().copied()), value: value.clone() }
    }

    /// Step 3: the majority of what it was told and of what it takes from each other lieutenant.
    fn resolve(&self, told: &V, relayed: &[V]) -> V {
        let votes = [told].into_iter().chain(relayed);
        self.choice.common(&self.values[0], votes).clone()
    }

    /// RETREAT.
    fn unheard(&self) -> V {
        self.values[0].clone()
    }
}
