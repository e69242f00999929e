//! One of several parts into which a search is divided, to be gone through by itself.

use std::fmt;
use std::str::FromStr;

/// One of the parts of a space: which is settled by its number and how many there are, so that parts can be gone
/// through at different times and places. They are about equally large where there are few; of many, some are
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
    /// This one, from 1, of so many.
    ///
    /// # Errors
    ///
    /// There is no such part.
    pub fn new(number: usize, of: usize) -> Result<Part, NoSuchPart> {
        let is_there = (1..=of).contains(&number);
        if is_there { Ok(Part { number, of }) } else { Err(NoSuchPart(number, of)) }
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(self) -> usize {
        self.number
    }

    /// How many there are.
    #[must_use]
    pub fn of(self) -> usize {
        self.of
    }

    /// Whether what comes at this place of all is in it.
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
