//! What all tools are asked, and what they answer.

use std::fmt;

use itertools::Itertools;

/// The algorithm under test, from Lamport, Shostak and Pease, "The Byzantine Generals Problem" (TOPLAS 1982), over the
/// orders RETREAT (false, the default) and ATTACK (true).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Algorithm {
    /// OM(m), oral messages, by strict majority.
    Oral,
    /// SM(m), signed messages; a lieutenant who received no order or several decides RETREAT.
    Signed,
}

/// Does the algorithm with parameter m reach agreement and validity among n generals, whichever f of them are traitors
/// and whatever they say?
///
/// There must be two loyal generals or more (n >= f + 2). Then fewer than f traitors break nothing that f could not,
/// since a traitor can act loyally. So it does not matter that some tools check at most f traitors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Question {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The most generals who relay an order one after another.
    pub m: usize,
    /// How many generals there are; the commander is general 0.
    pub n: usize,
    /// How many of them are traitors.
    pub f: usize,
}

/// The answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// No behaviour of the traitors breaks agreement or validity.
    Holds,
    /// Some behaviour does.
    Broken,
}

impl Question {
    /// A question about OM(m).
    #[must_use]
    pub fn oral(m: usize, n: usize, f: usize) -> Question {
        Question { algorithm: Algorithm::Oral, m, n, f }
    }

    /// A question about SM(m).
    #[must_use]
    pub fn signed(m: usize, n: usize, f: usize) -> Question {
        Question { algorithm: Algorithm::Signed, m, n, f }
    }

    /// The number of rounds in which messages are sent.
    #[must_use]
    pub fn rounds(&self) -> usize {
        (self.m + 1).min(self.n - 1)
    }

    /// Every way in which f of the generals can be traitors.
    pub fn traitors(&self) -> impl Iterator<Item = Vec<usize>> + use<> {
        (0..self.n).combinations(self.f)
    }

    /// One of each class of traitor sets that differ only in the names of lieutenants: lieutenants alone, and the
    /// commander with lieutenants.
    pub fn traitors_up_to_names(&self) -> impl Iterator<Item = Vec<usize>> + use<> {
        let (n, f) = (self.n, self.f);
        let with_commander = (f > 0).then(|| (0..f).collect());
        let without = (f < n).then(|| (1..=f).collect());
        with_commander.into_iter().chain(without)
    }
}

/// Such as "OM(2), n = 7, f = 2".
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
    /// Broken if a violation was found.
    #[must_use]
    pub fn broken_if(found: bool) -> Verdict {
        if found { Verdict::Broken } else { Verdict::Holds }
    }
}

/// "holds" or "broken".
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Holds => "holds",
            Verdict::Broken => "broken",
        })
    }
}
