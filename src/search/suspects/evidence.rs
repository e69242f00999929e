//! The smallest part of a view that is explained by no attack of some traitors.
//!
//! Every world that these traitors can bring about differs from the view in some places: a part that they
//! can't explain has one of them from every world. So the smallest choice of places that has, of the worlds
//! seen so far, is asked about; if it is explained that is one more world, and if it is not, it is the answer.

use itertools::Itertools;

/// Of more parts than these none is listed.
pub(super) const MOST_PARTS: usize = 4;

/// The first of the smallest sets of places below `places` that has one of each of these; nothing if it would
/// have more than [`MOST_PARTS`].
pub(super) fn smallest_choice(places: usize, of_each: &[Vec<usize>]) -> Option<Vec<usize>> {
    let has_of_each = |choice: &Vec<usize>| {
        of_each.iter().all(|some| some.iter().any(|place| choice.contains(place)))
    };
    (0..=MOST_PARTS.min(places)).find_map(|size| {
        // Of the places that are in none of them none is needed.
        let useful = (0..places).filter(|place| of_each.iter().any(|some| some.contains(place)));
        useful.combinations(size).find(has_of_each)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_choice_has_one_of_each() {
        let chosen = |of_each: &[&[usize]]| {
            smallest_choice(6, &of_each.iter().map(|some| some.to_vec()).collect_vec())
        };
        assert_eq!(chosen(&[]), Some(vec![]));
        assert_eq!(chosen(&[&[2, 4], &[4, 5]]), Some(vec![4]));
        assert_eq!(chosen(&[&[0, 1], &[2, 3], &[1, 2]]), Some(vec![0, 2]));
        assert_eq!(chosen(&[&[1], &[]]), None);
        assert_eq!(chosen(&[&[0], &[1], &[2], &[3], &[4]]), None);
    }
}
