//! Two protocols as a user would write them: the phase king and the phase queen.

use turncoat::{
    Claims, ClaimsOf, General, Generals, Graph, Lockstep, Problem, Repertoire, Round, Seat, Swap,
    Symmetric, Testable, Wire,
};

/// The phase king (Berman, Garay, Perry, "Towards optimal distributed consensus", FOCS 1989), as Wattenhofer presents
/// it: consensus on a bit among n > 3f generals, in f + 1 phases of three rounds.
#[derive(Clone, Debug)]
pub struct PhaseKing {
    pub f: usize,
    /// How many phases there are. With fewer than f + 1 the protocol is broken.
    pub phases: usize,
    /// Whether it claims that generals who are king in no phase are interchangeable.
    pub claims: bool,
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct King {
    seat: Seat,
    bit: bool,
    /// How often this general heard each bit in this round.
    told: [usize; 2],
    /// What it proposes in this phase, if anything.
    proposes: Option<bool>,
    /// Whether its own bit was proposed often enough to need no king.
    sure: bool,
}

impl PhaseKing {
    fn king(round: Round) -> General {
        General::new((round - 1) / 3)
    }
}

impl Lockstep for PhaseKing {
    type Value = bool;
    type Decision = bool;
    type Message = bool;
    type State = King;

    fn rounds(&self, _n: usize) -> usize {
        3 * self.phases
    }

    fn start(&self, seat: Seat, input: Option<&bool>) -> King {
        let bit = input.copied().unwrap_or(false);
        King { seat, bit, told: [0; 2], proposes: None, sure: false }
    }

    fn send(&self, king: &King, round: Round, _to: General) -> impl IntoIterator<Item = bool> {
        match round % 3 {
            1 => Some(king.bit),
            2 => king.proposes,
            _ => (PhaseKing::king(round) == king.seat.me).then_some(king.bit),
        }
    }

    fn receive(&self, king: &mut King, round: Round, from: General, bit: &bool) {
        if !round.is_multiple_of(3) {
            king.told[usize::from(*bit)] += 1;
        } else if from == PhaseKing::king(round) && !king.sure {
            king.bit = *bit;
        }
    }

    fn end_round(&self, king: &mut King, round: Round) {
        let told = std::mem::take(&mut king.told);
        let enough = king.seat.n - self.f;
        let bits = [false, true];
        match round % 3 {
            1 => {
                let own = |bit: bool| usize::from(king.bit == bit);
                let all = |bit: &bool| told[usize::from(*bit)] + own(*bit) >= enough;
                king.proposes = bits.into_iter().find(all);
            }
            2 => {
                let own = |bit: bool| usize::from(king.proposes == Some(bit));
                let proposed = |bit: bool| told[usize::from(bit)] + own(bit);
                if let Some(bit) = bits.into_iter().find(|bit| proposed(*bit) > self.f) {
                    king.bit = bit;
                }
                (king.sure, king.proposes) = (proposed(king.bit) >= enough, None);
            }
            _ => king.sure = false,
        }
    }

    fn decide(&self, king: &King) -> Option<bool> {
        Some(king.bit)
    }
}

impl Testable for PhaseKing {
    fn problem(&self, _graph: &Graph) -> Result<Problem<bool>, String> {
        Ok(Problem::consensus([false, true]))
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<bool> {
        let speaks = !wire.round.is_multiple_of(3) || wire.from == PhaseKing::king(wire.round);
        if speaks { Repertoire::one_of([false, true]) } else { Repertoire::silent() }
    }

    fn claims(&self) -> ClaimsOf<'_, Self> {
        if self.claims { Claims::none().symmetric(self) } else { Claims::none() }
    }
}

impl Symmetric<bool, King> for PhaseKing {
    fn alike(&self, n: usize) -> Generals {
        (self.phases..n).map(General::new).collect()
    }

    fn swapped_message(&self, bit: &bool, _: Swap) -> bool {
        *bit
    }

    fn swapped_state(&self, king: &King, swap: Swap) -> King {
        let seat = Seat { me: swap.of(king.seat.me), ..king.seat };
        let seat = Seat { neighbours: swap.of_all(seat.neighbours), ..seat };
        King { seat, ..king.clone() }
    }
}

/// The phase queen (Berman, Garay, "Asymptotically optimal distributed consensus", ICALP 1989), as Wattenhofer presents
/// it: consensus on a bit among n > 4f generals, in f + 1 phases of two rounds.
#[derive(Clone, Debug)]
pub struct PhaseQueen {
    pub f: usize,
    /// How many phases there are. With fewer than f + 1 the protocol is broken.
    pub phases: usize,
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Queen {
    seat: Seat,
    bit: bool,
    /// How often this general heard each bit in this phase.
    told: [usize; 2],
    /// Whether a large majority sent its own bit.
    sure: bool,
}

impl PhaseQueen {
    fn queen(round: Round) -> General {
        General::new((round - 1) / 2)
    }
}

impl Lockstep for PhaseQueen {
    type Value = bool;
    type Decision = bool;
    type Message = bool;
    type State = Queen;

    fn rounds(&self, _n: usize) -> usize {
        2 * self.phases
    }

    fn start(&self, seat: Seat, input: Option<&bool>) -> Queen {
        Queen { seat, bit: input.copied().unwrap_or(false), told: [0; 2], sure: false }
    }

    fn send(&self, queen: &Queen, round: Round, _to: General) -> impl IntoIterator<Item = bool> {
        (round % 2 == 1 || PhaseQueen::queen(round) == queen.seat.me).then_some(queen.bit)
    }

    fn receive(&self, queen: &mut Queen, round: Round, from: General, bit: &bool) {
        if round % 2 == 1 {
            queen.told[usize::from(*bit)] += 1;
        } else if from == PhaseQueen::queen(round) && !queen.sure {
            queen.bit = *bit;
        }
    }

    fn end_round(&self, queen: &mut Queen, round: Round) {
        let [zeros, ones] = std::mem::take(&mut queen.told);
        if round % 2 == 1 {
            let own = usize::from(queen.bit);
            let (zeros, ones) = (zeros + 1 - own, ones + own);
            queen.bit = ones > zeros;
            queen.sure = zeros.max(ones) > queen.seat.n / 2 + self.f;
        } else {
            queen.sure = false;
        }
    }

    fn decide(&self, queen: &Queen) -> Option<bool> {
        Some(queen.bit)
    }
}

impl Testable for PhaseQueen {
    fn problem(&self, _graph: &Graph) -> Result<Problem<bool>, String> {
        Ok(Problem::consensus([false, true]))
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<bool> {
        let speaks = wire.round % 2 == 1 || wire.from == PhaseQueen::queen(wire.round);
        if speaks { Repertoire::one_of([false, true]) } else { Repertoire::silent() }
    }
}
