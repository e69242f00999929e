//! What all tools are asked, and what they answer.

use std::fmt;

use itertools::Itertools;

/// The algorithm that is checked, of Lamport, Shostak and Pease, "The Byzantine Generals Problem"
/// (TOPLAS 1982), over the orders RETREAT (false, the default) and ATTACK (true).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Algorithm {
    /// OM(m), oral messages, by strict majority.
    Oral,
    /// SM(m), signed messages; what came with other than one order is RETREAT.
    Signed,
}

/// Does the algorithm with m reach agreement and validity among n generals, whoever f of them are
/// traitors, whatever they say?
///
/// There must be two loyal generals or more (n >= f + 2). Then fewer traitors than f break nothing
/// that f don't: a traitor can do as the loyal do. So it does not matter that some tools are asked
/// of at most f.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Question {
    /// Of which algorithm.
    pub algorithm: Algorithm,
    /// How many generals relay an order one after another, at most.
    pub m: usize,
    /// How many generals there are; the commander is general 0.
    pub n: usize,
    /// How many of them are traitors.
    pub f: usize,
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// No behaviour of the traitors breaks agreement or validity.
    Holds,
    /// Some behaviour does.
    Broken,
}

impl Question {
    /// About OM(m).
    #[must_use]
    pub fn oral(m: usize, n: usize, f: usize) -> Question {
        Question { algorithm: Algorithm::Oral, m, n, f }
    }

    /// About SM(m).
    #[must_use]
    pub fn signed(m: usize, n: usize, f: usize) -> Question {
        Question { algorithm: Algorithm::Signed, m, n, f }
    }

    /// In how many rounds something is sent.
    #[must_use]
    pub fn rounds(&self) -> usize {
        (self.m + 1).min(self.n - 1)
    }

    /// Every way in which f of the generals can be traitors.
    pub fn traitors(&self) -> impl Iterator<Item = Vec<usize>> + use<> {
        (0..self.n).combinations(self.f)
    }

    /// One of all ways that differ in the names of lieutenants only: lieutenants alone, and the
    /// commander with the rest of them.
    pub fn traitors_up_to_names(&self) -> impl Iterator<Item = Vec<usize>> + use<> {
        let (n, f) = (self.n, self.f);
        let with_commander = (f > 0).then(|| (0..f).collect());
        let without = (f < n).then(|| (1..=f).collect());
        with_commander.into_iter().chain(without)
    }
}

/// "OM(2), n = 7, f = 2".
impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.algorithm {
            Algorithm::Oral => "OM",
            Algorithm::Signed => "SM",
        };
        write!(f, "{name}({}), n = {}, f = {}", self.m, self.n, self.f)
    }
}

impl Verdict {
    /// Broken, if something was found.
    #[must_use]
    pub fn broken_if(found: bool) -> Verdict {
        if found { Verdict::Broken } else { Verdict::Holds }
    }
}

/// "holds", "broken".
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Holds => "holds",
            Verdict::Broken => "broken",
        })
    }
}
