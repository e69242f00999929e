//! What a general is told in two worlds, side by side.

use itertools::Itertools;

use crate::testable::Wire;

/// Something that a general is told in a world.
pub(super) struct Heard {
    /// On which wire, and when.
    pub wire: Wire,
    /// When, and by whom.
    pub from: String,
    /// What.
    pub text: String,
}

/// What is heard in two worlds on one wire beside each other.
pub(super) fn side_by_side<'a>(
    one: &'a [Heard],
    other: &'a [Heard],
) -> Vec<[Option<&'a Heard>; 2]> {
    let wires = one.iter().chain(other).map(|heard| heard.wire).sorted().dedup();
    let rows = wires.flat_map(|wire| {
        let on_it = |heard: &&Heard| heard.wire == wire;
        let rows = one.iter().filter(on_it).zip_longest(other.iter().filter(on_it));
        rows.map(|row| row.left_and_right().into()).collect_vec()
    });
    rows.collect()
}
