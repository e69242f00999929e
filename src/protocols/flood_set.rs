//! FloodSet: consensus if generals only crash. Lynch, "Distributed Algorithms", Morgan Kaufmann, 1996, section 6.2.
//!
//! Bound: with f + 1 rounds, any n > f generals survive f crashes, because in one of the rounds nobody crashes, and
//! after it all who are left hold the same set. One round less is too few where n >= f + 2.
//!
//! It is made for crashes only. A general with send omissions can keep its input back until the last round, and then
//! tell it to only one other. A Byzantine general need not even tell different things: it claims another input than all
//! the others have, and they fall back to the default.

use std::collections::BTreeSet;
use std::fmt::Display;

use itertools::Itertools;

use super::over_values;
use crate::general::General;
use crate::graph::Graph;
use crate::order::Order;
use crate::protocol::{Lockstep, Plain, Round, Seat};
use crate::testable::{Problem, Repertoire, Testable, Wire, Words};

/// FloodSet over a finite set of values, the first of which is the default, RETREAT.
///
/// A general remembers W, the set of all inputs that it knows of, and sends it.
///
/// ```
/// use turncoat::{FloodSet, check};
///
/// check(FloodSet::new(2)).generals(4).traitors(1).assert_broken();
/// ```
#[derive(Clone, Debug)]
pub struct FloodSet<V = Order> {
    rounds: usize,
    values: Vec<V>,
}

impl FloodSet {
    /// FloodSet over the values RETREAT and ATTACK, in this many rounds (f + 1 against f crashes).
    #[must_use]
    pub fn new(rounds: usize) -> FloodSet {
        FloodSet { rounds, values: Order::first(2) }
    }
}

impl<V> FloodSet<V> {
    /// The most values that are allowed: a traitor can say any set of them.
    pub const MOST_VALUES: usize = 8;

    /// The same over these values; the first is the default.
    #[must_use]
    pub fn over<U>(self, values: impl IntoIterator<Item = U>) -> FloodSet<U> {
        FloodSet { rounds: self.rounds, values: values.into_iter().collect() }
    }
}

impl<V: Plain> Lockstep for FloodSet<V> {
    type Value = V;
    type Decision = V;
    type Message = BTreeSet<V>;
    type State = BTreeSet<V>;

    fn rounds(&self, _n: usize) -> usize {
        self.rounds
    }

    /// W begins as the set that holds my own input.
    fn start(&self, _seat: Seat, input: Option<&V>) -> BTreeSet<V> {
        input.cloned().into_iter().collect()
    }

    /// In each round W goes to everybody.
    fn send(
        &self,
        w: &BTreeSet<V>,
        _round: Round,
        _to: General,
    ) -> impl IntoIterator<Item = BTreeSet<V>> {
        Some(w.clone())
    }

    /// What I hear is added to W.
    fn receive(&self, w: &mut BTreeSet<V>, _round: Round, _from: General, heard: &BTreeSet<V>) {
        w.extend(heard.iter().filter(|value| self.values.contains(value)).cloned());
    }

    /// The only value in W; the default, if there are several.
    fn decide(&self, w: &BTreeSet<V>) -> Option<V> {
        let only = w.iter().exactly_one().ok();
        Some(only.unwrap_or(&self.values[0]).clone())
    }
}

impl<V: Plain + Display> Testable for FloodSet<V> {
    fn problem(&self, _graph: &Graph) -> Result<Problem<V>, String> {
        let (many, most) = (self.values.iter().unique().count(), Self::MOST_VALUES);
        if many > most {
            return Err(format!(
                "there are {many} values: a traitor can say any set of them, so there can be at \
                 most {most}"
            ));
        }
        Ok(Problem::consensus(self.values.clone()))
    }

    /// Any set of values. Strays are the empty set and a second set. (For that, sets of a single value suffice: only
    /// the union counts.)
    fn repertoire(&self, _n: usize, _wire: Wire) -> Repertoire<BTreeSet<V>> {
        let mut sets =
            self.values.iter().cloned().powerset().map(BTreeSet::from_iter).collect_vec();
        sets.sort_unstable();
        sets.dedup();
        let strays = sets.iter().filter(|set| set.len() < 2).cloned().collect_vec();
        sets.retain(|set| !set.is_empty());
        Repertoire::one_of(sets).with_strays(strays)
    }

    fn words(&self) -> &dyn Words<BTreeSet<V>, BTreeSet<V>> {
        self
    }
}

impl<V: Plain + Display> Words<BTreeSet<V>, BTreeSet<V>> for FloodSet<V> {
    fn name(&self) -> String {
        let rounds = match self.rounds {
            1 => "1 round".to_owned(),
            rounds => format!("{rounds} rounds"),
        };
        let values = over_values(&self.values);
        format!("FloodSet in {rounds}{values}")
    }

    fn tell(&self, _from: General, set: &BTreeSet<V>) -> String {
        format!("{{{}}}", set.iter().format(", "))
    }

    fn explain(&self, w: &BTreeSet<V>) -> Vec<String> {
        vec![format!("W = {{{}}}; the only value, else the default", w.iter().format(", "))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_values_are_refused() {
        let graph = Graph::complete(3);
        let refused = |set: FloodSet<u8>| set.problem(&graph).err();
        assert_eq!(refused(FloodSet::new(1).over(0..8)), None);
        assert!(refused(FloodSet::new(1).over(0..9)).unwrap().starts_with("there are 9"));
    }
}
