//! OM(m) as a circuit for a SAT solver.
//!
//! For each set of traitors, up to the names of lieutenants, a circuit computes what the loyal lieutenants decide. It
//! has a free boolean for what each traitor says on each path to each loyal lieutenant, and a majority gate for each
//! vote. A loyal lieutenant relays the very literal that it was told. The order of a loyal commander is a free boolean,
//! too. The solver then looks for an assignment that breaks agreement or validity; if there is none for any set of
//! traitors, the algorithm holds.
//!
//! The folded circuit uses what an expert knows besides. Up to the names of lieutenants it is known which of them the
//! attack affects: some two loyal lieutenants who disagree, or one who does not obey. So the circuit has only their
//! decisions and what these depend on. And if the commander is loyal, there is one circuit for each of his orders, in
//! which constants are folded.
//!
//! The space of both is that of [`oral_natural`](crate::oral_natural): every set of f traitors, both
//! orders, and either order in every slot.

use rustc_hash::FxHashMap;

use crate::gates::{Gates, Literal, TRUE};
use crate::question::{Question, Verdict};

/// Asks the solver, by the plain circuit or the folded one.
#[must_use]
pub fn solve(question: Question, folded: bool) -> Verdict {
    let broken = question.traitors_up_to_names().any(|traitors| {
        let circuit = || Circuit::new(question, &traitors);
        match (folded, traitors.contains(&0)) {
            (false, _) => circuit().breaks_for_anyone(),
            // A traitor commander's order is whatever he says to each lieutenant.
            (true, true) => circuit().disagrees(),
            (true, false) => [TRUE, -TRUE].iter().any(|&order| circuit().disobeys(order)),
        }
    });
    Verdict::broken_if(broken)
}

/// Who relayed the commander's order, four bits each, the last one in the lowest bits. The commander, general 0, comes
/// first.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Path {
    relays: u64,
    /// How many generals are on the path, including the commander.
    len: u32,
}

impl Path {
    const COMMANDER: Path = Path { relays: 0, len: 1 };

    fn then(self, relay: usize) -> Path {
        Path { relays: self.relays << 4 | relay as u64, len: self.len + 1 }
    }

    /// The last general, and the path before him.
    fn split(self) -> (usize, Path) {
        let before = Path { relays: self.relays >> 4, len: self.len - 1 };
        ((self.relays & 0xf) as usize, before)
    }

    fn contains(self, general: usize) -> bool {
        (0..self.len).any(|place| (self.relays >> (4 * place) & 0xf) as usize == general)
    }
}

/// What the loyal decide when these are the traitors.
struct Circuit {
    question: Question,
    /// For each general, whether it is a traitor.
    traitors: Vec<bool>,
    /// The order of a loyal commander.
    order: Literal,
    gates: Gates,
    /// What traitors say, by path and receiver.
    said: FxHashMap<(Path, usize), Literal>,
}

impl Circuit {
    fn new(question: Question, traitors: &[usize]) -> Circuit {
        let traitors = (0..question.n).map(|general| traitors.contains(&general)).collect();
        let (mut gates, said) = (Gates::default(), FxHashMap::default());
        let order = gates.free();
        Circuit { question, traitors, order, gates, said }
    }

    /// What a loyal lieutenant was told on a path.
    fn told(&mut self, me: usize, path: Path) -> Literal {
        let (sender, heard) = path.split();
        if self.traitors[sender] {
            *self.said.entry((path, me)).or_insert_with(|| self.gates.free())
        } else if heard.len == 0 {
            self.order
        } else {
            self.told(sender, heard)
        }
    }

    /// OM(m) step 3: the value that the lieutenant takes from a path, bottom-up.
    fn resolve(&mut self, me: usize, path: Path) -> Literal {
        let mut votes = vec![self.told(me, path)];
        if (path.len as usize) < self.question.rounds() {
            for other in (1..self.question.n).filter(|&other| other != me && !path.contains(other))
            {
                votes.push(self.resolve(me, path.then(other)));
            }
        }
        self.gates.majority(votes)
    }

    fn loyal_lieutenants(&self) -> Vec<usize> {
        (1..self.question.n).filter(|&general| !self.traitors[general]).collect()
    }

    fn decision(&mut self, me: usize) -> Literal {
        self.resolve(me, Path::COMMANDER)
    }

    /// Whether some loyal lieutenant can decide ATTACK and another RETREAT; or, if the commander is loyal, whether one
    /// can decide against his order.
    fn breaks_for_anyone(mut self) -> bool {
        let loyal = self.loyal_lieutenants();
        let mut decisions: Vec<_> = loyal.iter().map(|&me| self.decision(me)).collect();
        if !self.traitors[0] {
            decisions.push(self.order);
        }
        self.gates.clause(&decisions);
        self.gates.clause(&decisions.iter().map(|decision| -decision).collect::<Vec<_>>());
        self.gates.satisfiable()
    }

    /// Whether one loyal lieutenant can be made to decide ATTACK and another RETREAT.
    fn disagrees(mut self) -> bool {
        let [one, other, ..] = self.loyal_lieutenants()[..] else { return false };
        let (attack, retreat) = (self.decision(one), -self.decision(other));
        self.gates.clause(&[attack]);
        self.gates.clause(&[retreat]);
        self.gates.satisfiable()
    }

    /// Whether a loyal lieutenant can be made to decide against this order of a loyal commander.
    fn disobeys(mut self, order: Literal) -> bool {
        let [one, ..] = self.loyal_lieutenants()[..] else { return false };
        self.order = order;
        let decision = self.decision(one);
        self.gates.clause(&[if order == TRUE { -decision } else { decision }]);
        self.gates.satisfiable()
    }
}
