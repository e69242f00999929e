//! Paths of relays (0, j1, .., jk): the generals through whom a value was told, the commander first, the newest last.

use std::fmt;
use std::ops::Range;

use arrayvec::ArrayVec;
use itertools::Itertools;

use crate::general::{General, Generals};
use crate::protocol::Seat;

/// Distinct generals, the commander first (if the path is well-formed: a traitor's need not be). Paths are ordered
/// lexicographically.
///
/// It is packed into one word, and so `Copy`: a byte per general from the top down, and their number in the lowest
/// byte.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "Named", from = "Named")]
pub struct Path(u128);

/// A path as it is serialized: its generals in order.
type Named = ArrayVec<General, { Path::MAX }>;

impl Path {
    /// The most generals that a path can name. (There would be billions of longer paths.)
    pub const MAX: usize = 15;

    /// The path (0): what the commander says himself.
    #[must_use]
    pub fn root() -> Path {
        Path::of([General::COMMANDER])
    }

    /// A path of these generals, well-formed or not.
    ///
    /// # Panics
    ///
    /// If there are more than [`Path::MAX`].
    #[must_use]
    pub fn of(generals: impl IntoIterator<Item = General>) -> Path {
        generals.into_iter().fold(Path(0), |path, general| path.then(general))
    }

    /// This path, relayed once more by `relay`.
    ///
    /// # Panics
    ///
    /// If it names [`Path::MAX`] generals already.
    #[must_use]
    pub fn then(self, relay: General) -> Path {
        assert!(self.len() < Path::MAX, "a path names at most {} generals", Path::MAX);
        Path((self.0 + 1) | ((relay.id() as u128) << shift(self.len())))
    }

    /// This path without its last relay.
    #[must_use]
    pub fn parent(self) -> Path {
        let Some(last) = self.len().checked_sub(1) else { return self };
        Path((self.0 & !(0xff << shift(last))) - 1)
    }

    /// How many generals it names.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty path is malformed like any other")]
    pub fn len(self) -> usize {
        usize::from(self.0 as u8)
    }

    /// The last general on the path.
    #[must_use]
    pub fn last(self) -> Option<General> {
        Some(self.at(self.len().checked_sub(1)?))
    }

    fn at(self, place: usize) -> General {
        General::new(usize::from((self.0 >> shift(place)) as u8))
    }

    /// The generals in their order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = General> + ExactSizeIterator {
        (0..self.len()).map(move |place| self.at(place))
    }

    /// The generals as a set.
    #[must_use]
    pub fn generals(self) -> Generals {
        self.iter().collect()
    }

    /// The rank of this path among all that lead to `seat`, if it leads there: it must begin with the commander, and
    /// name distinct generals, all of whom exist and none of whom is in `seat`.
    #[must_use]
    pub fn rank(self, seat: Seat) -> Option<usize> {
        let bytes = self.0.to_be_bytes();
        let [0, relays @ ..] = &bytes[..self.len()] else { return None };
        let mut relays = relays.iter().map(|id| General::new(usize::from(*id)));
        Some(relays.try_fold(PathBranch::root(seat), PathBranch::relayed_by)?.rank())
    }
}

/// The bit at which the byte of the general at this index begins.
fn shift(place: usize) -> usize {
    8 * (Path::MAX - place)
}

impl From<Named> for Path {
    fn from(generals: Named) -> Path {
        Path::of(generals)
    }
}

impl From<Path> for Named {
    fn from(path: Path) -> Named {
        path.iter().collect()
    }
}

/// A path that leads to one general, as a node in the tree of all such paths, with the names of possible relays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PathBranch {
    node: PathNode,
    /// Who could relay next.
    relays: Generals,
}

/// The same without names. Ranks go from shorter to longer paths, so the paths of at most k generals have the ranks
/// from 0 on without a gap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PathNode {
    /// How many paths are shorter.
    shorter: usize,
    /// How many paths are equally long.
    level: usize,
    /// How many of those come before this one.
    before: usize,
    /// How many could relay next.
    relays: usize,
}

impl PathBranch {
    /// The path (0).
    #[must_use]
    pub fn root(seat: Seat) -> PathBranch {
        let relays = Generals::first(seat.n).without(seat.me).without(General::COMMANDER);
        let node = PathNode { shorter: 0, level: 1, before: 0, relays: relays.len() };
        PathBranch { node, relays }
    }

    /// This path, relayed once more, if this general could.
    #[must_use]
    pub fn relayed_by(self, relay: General) -> Option<PathBranch> {
        let could = self.relays.contains(relay);
        could.then(|| self.numbered(self.relays.below(relay).len(), relay))
    }

    /// This path, relayed once more, by each general who could.
    pub fn relayed(self) -> impl Iterator<Item = (General, PathBranch)> {
        let relays = self.relays.iter().enumerate();
        relays.map(move |(number, relay)| (relay, self.numbered(number, relay)))
    }

    /// This path, relayed by the general who has this number among those who could.
    fn numbered(self, number: usize, relay: General) -> PathBranch {
        PathBranch { node: self.node.numbered(number), relays: self.relays.without(relay) }
    }

    /// Its node in the tree, without names.
    #[must_use]
    pub fn node(self) -> PathNode {
        self.node
    }

    /// Its place among all paths to the same general.
    #[must_use]
    pub fn rank(self) -> usize {
        self.node.rank()
    }
}

impl PathNode {
    /// This path, relayed once more, in every possible way.
    pub fn relayed(self) -> impl Iterator<Item = PathNode> {
        (0..self.relays).map(move |number| self.numbered(number))
    }

    /// The ranks of those paths: they are consecutive.
    #[must_use]
    pub fn ranks_relayed(self) -> Range<usize> {
        let first = self.shorter + self.level + self.before * self.relays;
        first..first + self.relays
    }

    /// This path, relayed by the general who has this number among those who could.
    fn numbered(self, number: usize) -> PathNode {
        let PathNode { shorter, level, before, relays } = self;
        PathNode {
            shorter: shorter + level,
            level: level * relays,
            before: before * relays + number,
            relays: relays - 1,
        }
    }

    /// Its place among all paths to the same general.
    #[must_use]
    pub fn rank(self) -> usize {
        self.shorter + self.before
    }
}

/// As in the paper's subscripts: `0:2:1`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.iter().map(General::id).join(":"))
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Every path of `len` generals, the relays among `relays`, in lexicographic order.
pub fn paths(len: usize, relays: Generals) -> impl Iterator<Item = Path> {
    let relays = relays.without(General::COMMANDER);
    let possible = 1 <= len && len - 1 <= relays.len();
    let first = possible.then(|| filled(Path::root(), len, relays));
    std::iter::successors(first, move |path| successor(*path, relays))
}

/// `start` and the lowest relays that it does not name, up to `len` generals.
fn filled(start: Path, len: usize, relays: Generals) -> Path {
    let missing = len - start.len();
    let free = relays.minus(start.generals());
    free.iter().take(missing).fold(start, |path, relay| path.then(relay))
}

/// The next path of the same length.
fn successor(path: Path, relays: Generals) -> Option<Path> {
    let mut start = path;
    while start.len() > 1 {
        let last = start.last()?;
        start = start.parent();
        let higher = relays.minus(start.generals()).iter().find(|&relay| relay > last);
        if let Some(relay) = higher {
            return Some(filled(start.then(relay), path.len(), relays));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(ids: &[usize]) -> Path {
        Path::of(ids.iter().map(|&id| General::new(id)))
    }

    #[test]
    fn paths_are_the_permutations_of_the_relays() {
        let relays = Generals::first(6).without(General::new(3));
        for len in 0..=6 {
            let expected = relays.without(General::COMMANDER).iter().permutations(len.max(1) - 1);
            let expected =
                expected.map(|rest| Path::of([General::COMMANDER].into_iter().chain(rest)));
            let expected = if len == 0 { vec![] } else { expected.collect_vec() };
            assert_eq!(paths(len, relays).collect_vec(), expected, "{len}");
        }
    }

    #[test]
    fn ranks_number_the_paths_without_a_gap() {
        let seat = Seat::new(General::new(2), 6);
        let all = (1..=5).flat_map(|len| paths(len, seat.neighbours)).collect_vec();
        for (rank, path) in all.iter().enumerate() {
            assert_eq!(path.rank(seat), Some(rank), "{path}");
        }
        assert_eq!(all.len(), 1 + 4 + 12 + 24 + 24);
    }

    #[test]
    fn malformed_paths_lead_nowhere() {
        let seat = Seat::new(General::new(2), 4);
        for malformed in [&[][..], &[1], &[1, 0], &[0, 1, 1], &[0, 2], &[0, 4], &[0, 2, 1], &[0, 0]]
        {
            assert_eq!(path(malformed).rank(seat), None, "{malformed:?}");
        }
    }
}
