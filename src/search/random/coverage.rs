//! The coverage of a random search: how many cases it has tried, and how different they were.

use std::hash::{DefaultHasher, Hash, Hasher};

use itertools::Itertools;
use rustc_hash::FxHashSet;
use serde::Serialize;

use crate::execution::NumberedExecution;
use crate::general::General;
use crate::machine::NumberedAttack;

/// What a hunt has tried.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Coverage {
    /// How many attacks were drawn and played.
    pub cases: u64,
    /// In how many of them all obeyed, and everything arrived in its turn.
    pub obedient: u64,
    /// In how many of them a loyal general decided otherwise than it would have, with the same
    /// inputs, if all had obeyed and everything had arrived in its turn.
    pub swayed: u64,
    /// How many different views loyal generals had: who it was, with which input, and all that it
    /// was told, in order.
    pub views: u64,
    /// Whether there may have been more of them: only so many are told apart.
    pub more_views: bool,
    /// The [size](crate::Attack::size) of the largest attack.
    pub largest: usize,
}

/// The most views that are told apart.
const MOST_VIEWS: usize = 1 << 22;

/// The views that were met, each as 64 bits.
#[derive(Debug, Default)]
pub(crate) struct Views(FxHashSet<u64>);

impl Views {
    pub fn add(&mut self, views: Vec<u64>, coverage: &mut Coverage) {
        for view in views {
            if self.0.len() < MOST_VIEWS {
                self.0.insert(view);
            } else {
                coverage.more_views |= !self.0.contains(&view);
            }
        }
        coverage.views = self.0.len() as u64;
    }
}

/// The view of each loyal general in an execution, as 64 bits that are the same wherever equal
/// things are hashed alike.
pub(crate) fn views(attack: &NumberedAttack, execution: &NumberedExecution) -> Vec<u64> {
    let begun = |me: General| {
        let mut hasher = DefaultHasher::new();
        (me, attack.inputs.get(&me)).hash(&mut hasher);
        hasher
    };
    let mut views = attack.graph.everybody().iter().map(begun).collect_vec();
    let disturbed = &execution.disturbed;
    for delivery in &execution.deliveries {
        let (round, to) = (delivery.wire.round, delivery.wire.to);
        if disturbed.is_empty() || !disturbed.contains_key(&(round, to)) {
            let view = &mut views[to.id()];
            (round, delivery.wire.from, delivery.said).hash(view);
        }
    }
    for ((round, to), inbox) in disturbed {
        (round, inbox).hash(&mut views[to.id()]);
    }
    let loyal = attack.graph.everybody().minus(attack.traitors);
    loyal.iter().map(|general| views[general.id()].finish()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::attack::{Attack, Edit, Lie};
    use crate::execution::obeyed;
    use crate::general::Generals;
    use crate::machine::{Machine, Numbered, Worker};
    use crate::order::Order;
    use crate::protocols::oral::OralMessages;
    use crate::schedule::{Arrival, Shift};
    use crate::testable::Wire;

    /// The views of the loyal, when the commander's first words are changed by this, and arrive
    /// first at the lieutenant who hears them.
    fn views_of(lie: bool, shift: bool) -> Vec<u64> {
        let numbered = Numbered::new(OralMessages::new(1));
        let terms = numbered.terms(&4.into(), true).unwrap();
        let mut worker = Worker::new(&numbered, &terms, Generals::NONE);
        let [commander, lieutenant] = [0, 1].map(General::new);
        let traitors = Generals::NONE.with(commander);
        let inputs = BTreeMap::from([(commander, numbered.number_value(Order::ATTACK))]);
        let mut attack = Attack::new(4, traitors, inputs);
        let honest = obeyed(&mut worker, &terms, &attack, &|_, _| None);
        let said = |from: General, round| {
            let wire = Wire { round, from, to: lieutenant };
            (wire, honest.deliveries.on(wire).unwrap().said[0])
        };
        if lie {
            let (wire, message) = said(commander, 1);
            attack.lies.push(Lie { wire, edit: Edit::Withhold(message) });
        }
        if shift {
            let (wire, message) = said(General::new(3), 2);
            attack.schedule.push(Shift { wire, message, arrival: Arrival::First });
        }
        views(&attack, &obeyed(&mut worker, &terms, &attack, &|_, _| None))
    }

    #[test]
    fn views_differ_where_something_else_was_heard() {
        let differ = |one: &[u64], other: &[u64]| {
            one.iter().zip(other).map(|(one, other)| one != other).collect_vec()
        };
        let honest = views_of(false, false);
        assert!(honest.iter().all_unique() && honest.len() == 3);
        assert_eq!(honest, views_of(false, false));
        // What lieutenant 1 was not told it tells the others in another way.
        assert_eq!(differ(&honest, &views_of(true, false)), [true, true, true]);
        assert_eq!(differ(&honest, &views_of(false, true)), [true, false, false]);
    }

    #[test]
    fn views_are_counted_once_each() {
        let (mut views, mut coverage) = (Views::default(), Coverage::default());
        views.add(vec![1, 2, 2], &mut coverage);
        views.add(vec![2, 3], &mut coverage);
        assert_eq!((coverage.views, coverage.more_views), (3, false));
    }
}
