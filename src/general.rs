//! Generals, and sets of them.

use std::fmt;
use std::num::TryFromIntError;

use itertools::Itertools;
use serde::{Deserialize, Serialize};

/// One of the generals, by number: a process. In a broadcast general 0 is the commander and the
/// others are his lieutenants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub struct General(u8);

impl General {
    /// General 0, who gives the order of a broadcast.
    pub const COMMANDER: General = General(0);

    /// The general with the highest possible number.
    pub(crate) const LAST: General = General(Generals::MAX as u8 - 1);

    /// The general with this number.
    ///
    /// # Panics
    ///
    /// If `id` is not below [`Generals::MAX`]. For numbers that come from outside use `try_from`.
    #[must_use]
    pub fn new(id: usize) -> General {
        General::try_from(id).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The number of this general, from 0.
    #[must_use]
    pub fn id(self) -> usize {
        usize::from(self.0)
    }

    /// Whether this is general 0.
    #[must_use]
    pub fn is_commander(self) -> bool {
        self == General::COMMANDER
    }
}

/// A number that names no general, because sets of generals hold at most [`Generals::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no general {0}: they are numbered from 0 to {max}", max = Generals::MAX - 1)]
pub struct NoSuchGeneral(usize);

impl TryFrom<usize> for General {
    type Error = NoSuchGeneral;

    fn try_from(id: usize) -> Result<General, NoSuchGeneral> {
        let narrow: Result<u8, TryFromIntError> = id.try_into();
        match narrow {
            Ok(narrow) if id < Generals::MAX => Ok(General(narrow)),
            _ => Err(NoSuchGeneral(id)),
        }
    }
}

impl TryFrom<u8> for General {
    type Error = NoSuchGeneral;

    fn try_from(id: u8) -> Result<General, NoSuchGeneral> {
        General::try_from(usize::from(id))
    }
}

impl From<General> for u8 {
    fn from(general: General) -> u8 {
        general.0
    }
}

impl fmt::Debug for General {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The name a person would use: "the commander", "lieutenant 2".
impl fmt::Display for General {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_commander() {
            f.pad("the commander")
        } else {
            f.pad(&format!("lieutenant {}", self.0))
        }
    }
}

/// A set of generals: a word of 64 bits, so `Copy`, and every operation takes constant time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Generals(u64);

impl Generals {
    /// How many generals a set can hold: they are numbered from 0 to 63.
    pub const MAX: usize = 64;

    /// Nobody.
    pub const NONE: Generals = Generals(0);

    /// Generals 0 to `n - 1`.
    ///
    /// # Panics
    ///
    /// If `n` is above [`Generals::MAX`].
    #[must_use]
    pub fn first(n: usize) -> Generals {
        assert!(n <= Generals::MAX, "a set holds at most {} generals", Generals::MAX);
        if n == Generals::MAX { Generals(u64::MAX) } else { Generals((1 << n) - 1) }
    }

    /// Whether `general` is one of them.
    #[must_use]
    pub fn contains(self, general: General) -> bool {
        self.0 >> general.0 & 1 == 1
    }

    /// These and `general`.
    #[must_use]
    pub fn with(self, general: General) -> Generals {
        Generals(self.0 | 1 << general.0)
    }

    /// These except `general`.
    #[must_use]
    pub fn without(self, general: General) -> Generals {
        Generals(self.0 & !(1 << general.0))
    }

    /// These except all of `others`.
    #[must_use]
    pub fn minus(self, others: Generals) -> Generals {
        Generals(self.0 & !others.0)
    }

    /// Those of them whose number is below that of `general`.
    #[must_use]
    pub fn below(self, general: General) -> Generals {
        Generals(self.0 & ((1 << general.0) - 1))
    }

    /// The set as a word, with one bit for each general.
    pub(crate) fn word(self) -> u64 {
        self.0
    }

    /// How many they are.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in order of number.
    pub fn iter(self) -> impl Iterator<Item = General> + Clone {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            (rest != 0).then(|| {
                let lowest = rest.trailing_zeros() as u8;
                rest &= rest - 1;
                General(lowest)
            })
        })
    }

    /// All of them under one noun, by number: "lieutenant 2", "lieutenants 1, 2 and 5".
    pub(crate) fn numbered(self, noun: &str) -> String {
        let runs = self.iter().map(|general| (general.id(), general.id()));
        let runs = runs.coalesce(|one, other| match one.1 + 1 == other.0 {
            true => Ok((one.0, other.1)),
            false => Err((one, other)),
        });
        let ids = runs.flat_map(|(first, last)| match last - first + 1 >= RUN {
            true => vec![format!("{first} to {last}")],
            false => (first..=last).map(|id| id.to_string()).collect(),
        });
        match ids.collect_vec().as_slice() {
            [] => format!("no {noun}"),
            [one] if self.len() == 1 => format!("{noun} {one}"),
            [all] => format!("{noun}s {all}"),
            [most @ .., last] => format!("{noun}s {} and {last}", most.iter().format(", ")),
        }
    }

    /// Every subset of exactly `size` of them, in lexicographic order.
    pub fn subsets(self, size: usize) -> impl Iterator<Item = Generals> + Clone {
        self.iter().combinations(size).map(Generals::from_iter)
    }
}

/// A run of at least this many consecutive numbers is written as its first and last number.
const RUN: usize = 5;

/// Two generals who exchange their numbers. Every renaming of generals is a sequence of such swaps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Swap {
    pub(crate) one: General,
    pub(crate) other: General,
}

impl Swap {
    /// The swap of these two.
    #[must_use]
    pub fn between(one: General, other: General) -> Swap {
        Swap { one, other }
    }

    /// The general who takes the place of `general`.
    #[must_use]
    pub fn of(self, general: General) -> General {
        match general {
            general if general == self.one => self.other,
            general if general == self.other => self.one,
            third => third,
        }
    }

    /// The generals who take the places of these.
    #[must_use]
    pub fn of_all(self, generals: Generals) -> Generals {
        generals.iter().map(|general| self.of(general)).collect()
    }
}

impl FromIterator<General> for Generals {
    fn from_iter<I: IntoIterator<Item = General>>(generals: I) -> Generals {
        generals.into_iter().fold(Generals::NONE, Generals::with)
    }
}

impl fmt::Debug for Generals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The names a person would use: "the commander and lieutenants 1 and 4", "nobody".
impl fmt::Display for Generals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lieutenants = self.without(General::COMMANDER);
        match (self.contains(General::COMMANDER), lieutenants.is_empty()) {
            (false, true) => write!(f, "nobody"),
            (false, false) => write!(f, "{}", lieutenants.numbered("lieutenant")),
            (true, true) => write!(f, "the commander"),
            (true, false) => write!(f, "the commander and {}", lieutenants.numbered("lieutenant")),
        }
    }
}

impl Serialize for Generals {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Generals {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Generals, D::Error> {
        let all = Vec::<General>::deserialize(deserializer)?;
        match all.iter().duplicates().next() {
            Some(twice) => {
                Err(serde::de::Error::custom(format!("general {} is there twice", twice.id())))
            }
            None => Ok(Generals::from_iter(all)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[usize]) -> Generals {
        ids.iter().map(|&id| General::new(id)).collect()
    }

    #[test]
    fn subsets_come_in_lexicographic_order() {
        let pairs = Generals::first(4).subsets(2).collect_vec();
        let expected = [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]];
        assert_eq!(pairs, expected.map(|pair| set(&pair)));
        assert_eq!(Generals::first(4).subsets(0).collect_vec(), [Generals::NONE]);
    }

    #[test]
    fn they_are_named_as_the_paper_names_them() {
        assert_eq!(set(&[]).to_string(), "nobody");
        assert_eq!(set(&[0]).to_string(), "the commander");
        assert_eq!(set(&[3]).to_string(), "lieutenant 3");
        assert_eq!(set(&[0, 1, 2, 5]).to_string(), "the commander and lieutenants 1, 2 and 5");
        assert_eq!(set(&[2, 3, 4, 5]).to_string(), "lieutenants 2, 3, 4 and 5");
        assert_eq!(set(&[2, 3, 4, 5, 6]).to_string(), "lieutenants 2 to 6");
        assert_eq!(set(&[1, 4, 5, 6, 7, 8]).to_string(), "lieutenants 1 and 4 to 8");
    }

    #[test]
    fn a_number_that_is_no_general_is_an_error() {
        assert_eq!(
            General::try_from(300_usize).unwrap_err().to_string(),
            "there is no general 300: they are numbered from 0 to 63"
        );
        assert!(serde_json::from_str::<General>("64").is_err());
        assert!(serde_json::from_str::<Generals>("[3, 1]").is_ok());
        assert!(serde_json::from_str::<Generals>("[0, 1, 0]").is_err());
    }
}
