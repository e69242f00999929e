//! Majority gates as clauses, passed to CaDiCaL as they are made.

use cadical_sys::{CaDiCal, Status};
use rustc_hash::FxHashMap;

/// A boolean: a variable of the solver, or its negation.
pub type Literal = i32;

/// A circuit of majority gates over free booleans. Gates with equal inputs are shared, and constants are folded.
pub struct Gates {
    solver: CaDiCal,
    /// How many variables there are so far.
    variables: i32,
    /// The gates made so far, by their inputs: see [`Gates::threshold`].
    mixed: FxHashMap<[Literal; 3], Literal>,
}

/// A literal that is always true. Its negation is always false.
pub const TRUE: Literal = 1;

impl Default for Gates {
    fn default() -> Gates {
        let mut solver = CaDiCal::new();
        solver.clause1(TRUE);
        Gates { solver, variables: 1, mixed: FxHashMap::default() }
    }
}

impl Gates {
    /// A boolean that may be true or false.
    pub fn free(&mut self) -> Literal {
        self.variables += 1;
        self.variables
    }

    /// Whether more than half of the votes are true.
    pub fn majority(&mut self, mut votes: Vec<Literal>) -> Literal {
        let needed = votes.len() / 2 + 1;
        let certain = votes.iter().filter(|&&vote| vote == TRUE).count();
        votes.retain(|&vote| vote.abs() != TRUE);
        // Votes that other gates use, too, come last: then gates are shared.
        votes.sort_unstable_by(|a, b| b.cmp(a));
        self.threshold(&votes, needed.saturating_sub(certain))
    }

    /// Whether at least this many of the votes are true: a sequential counter. The first vote selects between the two
    /// results for the other votes: if it is true and if it is not.
    fn threshold(&mut self, votes: &[Literal], needed: usize) -> Literal {
        if needed == 0 {
            return TRUE;
        } else if needed > votes.len() {
            return -TRUE;
        }
        let (vote, others) = (votes[0], &votes[1..]);
        let with = self.threshold(others, needed - 1);
        let without = self.threshold(others, needed);
        self.mixed(vote, with, without)
    }

    /// `with` if the vote is true, else `without`, which implies `with`.
    fn mixed(&mut self, vote: Literal, with: Literal, without: Literal) -> Literal {
        if with == without || without == TRUE || with == -TRUE {
            return with;
        } else if with == TRUE && without == -TRUE {
            return vote;
        }
        if let Some(&gate) = self.mixed.get(&[vote, with, without]) {
            return gate;
        }
        let gate = self.free();
        self.mixed.insert([vote, with, without], gate);
        self.clause(&[-gate, with]);
        self.clause(&[gate, -without]);
        self.clause(&[gate, -vote, -with]);
        self.clause(&[-gate, vote, without]);
        gate
    }

    /// At least one of these literals must be true.
    pub fn clause(&mut self, literals: &[Literal]) {
        if literals.contains(&TRUE) {
            return;
        }
        for &literal in literals.iter().filter(|&&literal| literal != -TRUE) {
            self.solver.add(literal);
        }
        self.solver.add(0);
    }

    /// Whether all clauses can be true at once.
    ///
    /// # Panics
    ///
    /// If the solver gives no answer, although no limit is set.
    pub fn satisfiable(mut self) -> bool {
        match self.solver.solve() {
            Status::SATISFIABLE => true,
            Status::UNSATISFIABLE => false,
            Status::UNKNOWN => panic!("the solver has stopped without an answer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight votes, one of them counted twice, and one constant.
    #[test]
    fn a_majority_is_more_than_half() {
        for votes in 0..1_u32 << 6 {
            let mut gates = Gates::default();
            let free: Vec<Literal> = (0..6).map(|_| gates.free()).collect();
            for (vote, literal) in free.iter().enumerate() {
                gates.clause(&[if votes >> vote & 1 == 1 { *literal } else { -literal }]);
            }
            let majority = gates.majority([&free[..], &[free[5], TRUE]].concat());
            let attack = votes.count_ones() + (votes >> 5) + 1;
            let (so, otherwise) = match attack > 4 {
                true => (majority, -majority),
                false => (-majority, majority),
            };
            gates.solver.assume(so);
            assert_eq!(gates.solver.solve(), Status::SATISFIABLE, "{votes:b}");
            gates.clause(&[otherwise]);
            assert!(!gates.satisfiable(), "{votes:b}");
        }
    }
}
