//! Collecting and sorting that is quick to compile: an engine is compiled once, but code that holds a protocol's own
//! types is compiled for each protocol, and the standard library's methods would be more than a third of it.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Sorts the places `0..len` by a function that compares the things at two places.
pub(crate) fn sorted_places(
    len: usize,
    compare: &mut dyn FnMut(usize, usize) -> Ordering,
) -> Vec<usize> {
    let mut places: Vec<usize> = (0..len).collect();
    places.sort_by(|one, other| compare(*one, *other));
    places
}

/// Sorts. Most lists are short and already in order.
pub(crate) fn sort<T: Ord>(things: &mut Vec<T>) {
    if things.is_sorted() {
        return;
    }
    let places = sorted_places(things.len(), &mut |one, other| things[one].cmp(&things[other]));
    let mut taken: Vec<Option<T>> = things.drain(..).map(Some).collect();
    things.extend(places.into_iter().filter_map(|place| taken[place].take()));
}

/// Collects these into a list.
pub(crate) fn listed<T>(things: impl Iterator<Item = T>) -> Vec<T> {
    let mut list = Vec::with_capacity(things.size_hint().0);
    for thing in things {
        list.push(thing);
    }
    list
}

/// Collects these into a map. (`collect` would sort them first.)
pub(crate) fn mapped<K: Ord, V>(pairs: impl Iterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    for (key, value) in pairs {
        map.insert(key, value);
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sorts() {
        for things in [vec![], vec![3, 1, 2, 1], vec![1, 2], vec![2, 1]] {
            let (mut one, mut other) = (things.clone(), things);
            sort(&mut one);
            other.sort_unstable();
            assert_eq!(listed(one.iter().copied()), other);
        }
        assert_eq!(mapped([(2, 'b'), (1, 'a')].into_iter()), BTreeMap::from([(1, 'a'), (2, 'b')]));
    }
}
