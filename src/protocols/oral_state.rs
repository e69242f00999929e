//! What is said in OM(m), and what a general remembers of it, path by path.

use super::path::{Path, PathBranch};
use crate::general::General;
use crate::protocol::{Plain, Seat};

/// The last general on the path says: the one before it said (that the one before that said ..) that the commander's
/// order is this value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay<V> {
    /// Who told whom: the commander first, the sender last.
    pub path: Path,
    /// The order that it is about.
    pub value: V,
}

/// What a general remembers: the values that it was told, by rank of the path; RETREAT where nothing came. (The
/// commander has just one value, his own order.)
#[expect(clippy::derived_hash_with_manual_eq, reason = "equal is what has equal parts")]
#[derive(Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OralState<V> {
    pub(crate) seat: Seat,
    pub(crate) told: Vec<V>,
}

/// A search compares states all the time, and mostly they are equal. Comparing all values, instead of stopping at the
/// first difference, handles many of them at a time.
impl<V: PartialEq> PartialEq for OralState<V> {
    fn eq(&self, other: &OralState<V>) -> bool {
        let told = self.told.iter().zip(&other.told);
        self.seat == other.seat
            && self.told.len() == other.told.len()
            && told.fold(0, |differ, (one, other)| differ | u8::from(one != other)) == 0
    }
}

impl<V: Clone> Clone for OralState<V> {
    fn clone(&self) -> OralState<V> {
        OralState { seat: self.seat, told: self.told.clone() }
    }

    /// Reuses memory, of which a search would otherwise need much.
    fn clone_from(&mut self, other: &OralState<V>) {
        self.seat = other.seat;
        self.told.clone_from(&other.told);
    }
}

impl<V: Plain> OralState<V> {
    /// OM(m) step 2: I relay to `to` what I was told on a path, or, if `more` is not 0, on the paths that lead from it
    /// over this many more relays (without `to`).
    pub(super) fn relay(
        &self,
        path: Path,
        branch: PathBranch,
        more: usize,
        to: General,
        said: &mut Vec<Relay<V>>,
    ) {
        if more == 0 {
            let value = self.told[branch.rank()].clone();
            return said.push(Relay { path: path.then(self.seat.me), value });
        }
        for (relay, branch) in branch.relayed().filter(|(relay, _)| *relay != to) {
            self.relay(path.then(relay), branch, more - 1, to, said);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Order;

    #[test]
    fn states_are_equal_if_all_their_parts_are() {
        let seat = Seat::new(General::new(1), 4);
        let state = OralState { seat, told: vec![Order::RETREAT; 26] };
        assert_eq!(state, state.clone());
        for place in 0..26 {
            let mut other = state.clone();
            other.told[place] = Order::ATTACK;
            assert_ne!(state, other, "{place}");
        }
        assert_ne!(state, OralState { told: state.told[1..].to_vec(), ..state.clone() });
        assert_ne!(state, OralState { seat: Seat::new(General::new(2), 4), ..state.clone() });
    }
}
