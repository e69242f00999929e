//! One of several parts (shards) into which a search is divided, to be searched separately.

use std::fmt;
use std::str::FromStr;

/// One part of a space. It is determined by its number and by how many parts there are, so parts can be searched at
/// different times and places. If there are few parts, they are about equally large; if there are many, some are
/// several times as large as others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "Fraction")]
pub struct Part {
    number: usize,
    of: usize,
}

/// A part as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fraction {
    number: usize,
    of: usize,
}

/// There is no such part.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no part {0}/{1}: they are numbered from 1 to as many as there are, such as 3/64")]
pub struct NoSuchPart(usize, usize);

impl Part {
    /// Part `number`, counted from 1, of `of` parts.
    ///
    /// # Errors
    ///
    /// There is no such part.
    pub fn new(number: usize, of: usize) -> Result<Part, NoSuchPart> {
        let is_there = (1..=of).contains(&number);
        if is_there { Ok(Part { number, of }) } else { Err(NoSuchPart(number, of)) }
    }

    /// The number of this part, from 1.
    #[must_use]
    pub fn number(self) -> usize {
        self.number
    }

    /// How many parts there are.
    #[must_use]
    pub fn of(self) -> usize {
        self.of
    }

    /// Whether the item at this place belongs to this part.
    pub(crate) fn has(self, place: usize) -> bool {
        place % self.of == self.number - 1
    }
}

impl TryFrom<Fraction> for Part {
    type Error = NoSuchPart;

    fn try_from(Fraction { number, of }: Fraction) -> Result<Part, NoSuchPart> {
        Part::new(number, of)
    }
}

/// As in "3/64".
impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Part, String> {
        let numbers = text.split_once('/');
        let numbers =
            numbers.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        let (number, of) = numbers.ok_or("give a part and how many there are, such as 3/64")?;
        Part::new(number, of).map_err(|error| error.to_string())
    }
}

/// "3/64".
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}
