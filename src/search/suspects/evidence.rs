//! The smallest part of a view that no attack of certain traitors explains.
//!
//! Every execution that these traitors can bring about differs from the view in some places. A part that they can't
//! explain contains at least one of those places for each execution. So the smallest set of places that does so for all
//! executions seen so far (a smallest hitting set) is tried. If the traitors can explain it, that is one more
//! execution; if they can't, it is the answer.

use itertools::Itertools;

/// The most parts that evidence lists.
pub(super) const MOST_PARTS: usize = 4;

/// The first of the smallest sets of places below `places` that has one of each of these lists; `None` if it would have
/// more than [`MOST_PARTS`].
pub(super) fn smallest_choice(places: usize, of_each: &[Vec<usize>]) -> Option<Vec<usize>> {
    let has_of_each = |choice: &Vec<usize>| {
        of_each.iter().all(|some| some.iter().any(|place| choice.contains(place)))
    };
    (0..=MOST_PARTS.min(places)).find_map(|size| {
        // A place that is in none of the lists is not needed.
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
