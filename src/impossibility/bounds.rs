//! The known bounds: who can reach agreement, by which theorem, and the arithmetic of votes behind it.
//!
//! Pease, Shostak, Lamport: Reaching Agreement in the Presence of Faults. J. ACM 27(2), 1980.
//! Lamport, Shostak, Pease: The Byzantine Generals Problem. ACM TOPLAS 4(3), 1982. Dolev: The
//! Byzantine Generals Strike Again. J. Algorithms 3(1), 1982. Fischer, Lynch: A Lower Bound for the Time
//! to Assure Interactive Consistency. Inf. Process. Lett. 14(4), 1982. Dolev, Strong: Authenticated
//! Algorithms for Byzantine Agreement. SIAM J. Comput. 12(4), 1983. Fischer, Lynch, Merritt: Easy
//! Impossibility Proofs for Distributed Consensus Problems. Distrib. Comput. 1(1), 1986.

use crate::count::many;
use crate::general::Generals;
use crate::outcome::Task;
use crate::protocol::Round;

/// A question about bounds: can a deterministic protocol in lock-step rounds reach agreement and validity, whatever
/// at most `f` Byzantine traitors among `n` generals do?
///
/// ```
/// use turncoat::impossibility::{Solvability, BoundsProblem};
///
/// let oral = BoundsProblem::new(3, 1);
/// assert_eq!(oral.bounds()?.answer, Solvability::Unsolvable);
/// assert_eq!(BoundsProblem { signed: true, ..oral }.bounds()?.answer, Solvability::Solvable);
/// assert_eq!(BoundsProblem { rounds: Some(1), ..BoundsProblem::new(4, 1) }.bounds()?.answer, Solvability::Unsolvable);
/// # Ok::<(), turncoat::impossibility::BoundsError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BoundsProblem {
    /// How many generals there are.
    pub n: usize,
    /// How many of them can be traitors.
    pub f: usize,
    /// Whether messages are signed, and no traitor can forge the signature of a loyal general.
    pub signed: bool,
    /// How many generals must be removed to disconnect the others or leave only one: n - 1 if everybody can talk to
    /// everybody.
    pub connectivity: usize,
    /// How many rounds there may be; by default as many as are needed.
    pub rounds: Option<Round>,
    /// The task: broadcast, or consensus with strong unanimity.
    pub task: Task,
    /// A quorum size to judge, besides those that are [in use](Quorum::in_use).
    pub quorum: Option<usize>,
}

/// Whether a problem can be solved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Solvability {
    /// There is a protocol.
    Solvable,
    /// There is none.
    Unsolvable,
    /// There is a protocol if there are enough rounds; whether this many are enough depends on how long the paths of
    /// the graph are.
    DependsOnGraph,
}

/// What is known about a problem.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// The problem.
    pub problem: BoundsProblem,
    /// Whether it can be solved.
    pub answer: Solvability,
    /// How many traitors matter. In a broadcast anything is required only if two generals are loyal: two lieutenants,
    /// or the commander and a lieutenant.
    pub traitors: usize,
    /// What is needed. The problem can be solved if all conditions are met (but see [`Solvability::DependsOnGraph`]).
    pub conditions: Vec<Condition>,
    /// This many rounds are enough on every graph of this connectivity, if the other conditions are met.
    pub enough_rounds: Round,
}

/// One number that must be large enough, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Condition {
    /// The theorem that says so.
    pub theorem: Theorem,
    /// How large the number is.
    pub have: usize,
    /// How large it must be.
    pub least: usize,
}

impl Condition {
    /// Whether the number is large enough.
    #[must_use]
    pub fn met(&self) -> bool {
        self.have >= self.least
    }
}

/// A necessary condition. Together the conditions are also known to be sufficient.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theorem {
    /// Without signatures: n >= 3f + 1.
    OralGenerals,
    /// Consensus with signatures: n >= 2f + 1.
    SignedConsensus,
    /// Without signatures, on an incomplete graph: connectivity >= 2f + 1.
    OralConnectivity,
    /// With signatures, on an incomplete graph: connectivity >= f + 1.
    SignedConnectivity,
    /// At least f + 1 rounds (where n >= f + 2).
    Rounds,
}

impl Theorem {
    /// What must be large enough, and how large.
    #[must_use]
    pub fn condition(self) -> &'static str {
        match self {
            Theorem::OralGenerals => "n >= 3f + 1",
            Theorem::SignedConsensus => "n >= 2f + 1",
            Theorem::OralConnectivity => "connectivity >= 2f + 1",
            Theorem::SignedConnectivity => "connectivity >= f + 1",
            Theorem::Rounds => "rounds >= f + 1",
        }
    }

    /// Why that is needed.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Theorem::OralGenerals => {
                "with fewer, a loyal general sees the same in two worlds, in which it must decide \
                 differently (Pease, Shostak, Lamport 1980; Lamport, Shostak, Pease 1982; as a ring: \
                 Fischer, Lynch, Merritt 1986); OM(f) shows that so many are enough"
            }
            Theorem::SignedConsensus => {
                "with fewer, one half has one input and the other half another, all obey, and \
                 either half may be the traitors; with so many, everybody broadcasts its input by \
                 SM(f), and the majority is decided"
            }
            Theorem::OralConnectivity => {
                "with less, a cut falls into two parts of at most f, and either part, as traitors, shows \
                 the two sides different worlds (Dolev 1982; Fischer, Lynch, Merritt 1986); with so \
                 much, each message goes along 2f + 1 disjoint paths, and the majority is believed"
            }
            Theorem::SignedConnectivity => {
                "with less, traitors who are a cut stay silent, and the loyal on one side never hear \
                 of the other; with so much the loyal are connected, and SM(f + d - 1) is correct, where d \
                 is the diameter of their graph (Lamport, Shostak, Pease 1982, section 5)"
            }
            Theorem::Rounds => {
                "with fewer, a chain of executions, each like the next to some loyal general, \
                 leads from where one value must be decided to where another must (Fischer, Lynch 1982; \
                 with signatures: Dolev, Strong 1983)"
            }
        }
    }
}

/// Why a problem makes no sense.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BoundsError {
    /// There are no generals, or too many.
    #[error("n is {0}: there must be from 1 to {max} generals", max = Generals::MAX)]
    Generals(usize),
    /// Nobody would be loyal.
    #[error("f is {f}: with n = {n} there can be at most {}", many(n.saturating_sub(1) as u64, "traitor"))]
    AllTraitors {
        /// How many generals.
        n: usize,
        /// How many traitors.
        f: usize,
    },
    /// No graph of this size is so well connected.
    #[error("connectivity is {connectivity}: among n = {n} generals it is at most {}", n - 1)]
    Connectivity {
        /// How many generals.
        n: usize,
        /// The connectivity asked about.
        connectivity: usize,
    },
    /// There are no quorums of this size.
    #[error("q is {q}: among n = {n} generals a quorum has from 1 to {n}")]
    Quorum {
        /// How many generals.
        n: usize,
        /// The size of a quorum.
        q: usize,
    },
    /// Without a round nothing can be said.
    #[error("r is 0: there must be at least one round")]
    NoRound,
}

impl BoundsProblem {
    /// Broadcast without signatures, where everybody can talk to everybody, with as many rounds as are needed.
    #[must_use]
    pub fn new(n: usize, f: usize) -> BoundsProblem {
        let connectivity = n.saturating_sub(1);
        let (rounds, task, quorum) = (None, Task::Broadcast, None);
        BoundsProblem { n, f, signed: false, connectivity, rounds, task, quorum }
    }

    /// Whether everybody can talk to everybody.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.connectivity + 1 == self.n
    }

    /// What is known about the problem.
    ///
    /// # Errors
    ///
    /// The problem makes no sense.
    pub fn bounds(self) -> Result<Bounds, BoundsError> {
        let BoundsProblem { n, f, signed, connectivity, rounds, task, quorum } = self;
        if n == 0 || n > Generals::MAX {
            return Err(BoundsError::Generals(n));
        } else if f >= n {
            return Err(BoundsError::AllTraitors { n, f });
        } else if connectivity >= n {
            return Err(BoundsError::Connectivity { n, connectivity });
        } else if rounds == Some(0) {
            return Err(BoundsError::NoRound);
        } else if let Some(q) = quorum.filter(|q| !(1..=n).contains(q)) {
            return Err(BoundsError::Quorum { n, q });
        }
        let traitors = match task {
            Task::Broadcast => f.min(n.saturating_sub(2)),
            Task::Consensus => f,
        };
        let needed = |theorem, have, least| Condition { theorem, have, least };
        let mut conditions = match (signed, task) {
            _ if traitors == 0 => vec![],
            (false, _) => vec![needed(Theorem::OralGenerals, n, 3 * traitors + 1)],
            (true, Task::Consensus) => vec![needed(Theorem::SignedConsensus, n, 2 * traitors + 1)],
            (true, Task::Broadcast) => vec![],
        };
        if !self.is_complete() {
            conditions.push(match signed {
                false => needed(Theorem::OralConnectivity, connectivity, 2 * traitors + 1),
                true => needed(Theorem::SignedConnectivity, connectivity, traitors + 1),
            });
        }
        let fewest = if n == 1 { 0 } else { traitors + 1 };
        conditions.extend(rounds.map(|rounds| needed(Theorem::Rounds, rounds, fewest)));
        // A message takes at most n - 1 steps from one to another.
        let enough_rounds = match (self.is_complete(), signed) {
            (true, _) => fewest,
            (false, false) => (traitors + 1) * (n - 1),
            (false, true) => traitors + n - 1,
        };
        let answer = if !conditions.iter().all(Condition::met) {
            Solvability::Unsolvable
        } else if rounds.is_some_and(|rounds| rounds < enough_rounds) {
            Solvability::DependsOnGraph
        } else {
            Solvability::Solvable
        };
        Ok(Bounds { problem: self, answer, traitors, conditions, enough_rounds })
    }
}

/// What votes are worth when `f` of them may be malicious or missing: the bound 3f + 1, seen from the votes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Thresholds {
    /// How many votes a general can wait for: n - f.
    pub quorum: usize,
    /// The least number of generals in which two such sets of voters meet: n - 2f, or 0.
    pub meet: usize,
    /// How many of those are certainly loyal: n - 3f, or 0.
    pub loyal: usize,
    /// How many votes certainly include a loyal one: f + 1.
    pub certain: usize,
    /// Whether a vote that all loyal generals cast outnumbers the lies among the votes that a general waits for:
    /// n - 2f > f.
    pub discounted: bool,
}

impl Thresholds {
    /// The thresholds among `n` generals, `f` of whom may be traitors.
    #[must_use]
    pub fn of(n: usize, f: usize) -> Thresholds {
        let less = |times: usize| n.saturating_sub(times.saturating_mul(f));
        Thresholds {
            quorum: less(1),
            meet: less(2),
            loyal: less(3),
            certain: f + 1,
            discounted: less(2) > f,
        }
    }
}

/// What sets of one size are worth as quorums, when `f` of `n` generals may lie or be silent. Any two quorums must
/// meet in a loyal general, who tells both the same, and one must form without those who are silent.
///
/// ```
/// use turncoat::impossibility::Quorum;
///
/// let [majority, two_thirds] = [3, 4].map(|size| Quorum::of(5, 1, size));
/// assert!(majority.loyal == 0 && majority.forms); // two majorities may meet in the traitor alone
/// assert!(two_thirds.is_right());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Quorum {
    /// How many generals are in a quorum.
    pub size: usize,
    /// The least number of generals in which two quorums meet: 2q - n, or 0.
    pub meet: usize,
    /// How many of those are certainly loyal: 2q - n - f, or 0.
    pub loyal: usize,
    /// Whether a quorum forms when f generals are silent: q <= n - f.
    pub forms: bool,
}

impl Quorum {
    /// Quorums of this size among `n` generals, `f` of whom may be traitors. (If `size` is above n, none ever forms.)
    #[must_use]
    pub fn of(n: usize, f: usize, size: usize) -> Quorum {
        let meet = size.min(n).saturating_mul(2).saturating_sub(n);
        let forms = size <= n.saturating_sub(f);
        Quorum { size, meet, loyal: meet.saturating_sub(f), forms }
    }

    /// Whether any two quorums meet in a loyal general, and one forms when f generals are silent.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.loyal > 0 && self.forms
    }

    /// The sizes that are right: above (n + f)/2, and at most n - f. The range is empty unless n > 3f.
    #[must_use]
    pub fn right(n: usize, f: usize) -> std::ops::RangeInclusive<usize> {
        n.saturating_add(f) / 2 + 1..=n.saturating_sub(f)
    }

    /// The sizes in common use, right or not, with their formulas.
    #[must_use]
    pub fn in_use(n: usize, f: usize) -> [(&'static str, Quorum); 3] {
        let sizes = [
            ("n/2 + 1", n / 2 + 1),
            ("ceil(2n/3)", n.saturating_mul(2).div_ceil(3)),
            ("2f + 1", f.saturating_mul(2).saturating_add(1)),
        ];
        sizes.map(|(formula, size)| (formula, Quorum::of(n, f, size)))
    }
}
