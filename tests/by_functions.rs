//! A protocol on small numbers, written as functions: a test gives only those that it needs.

use turncoat::signature::Signed;
use turncoat::{
    General, Graph, Lockstep, Problem, Repertoire, Round, Seat, Signing, Testable, Wire,
};

/// The functions of the protocol.
#[derive(Clone, Debug)]
pub struct ByFunctions {
    pub rounds: usize,
    pub problem: fn() -> Problem<u8>,
    pub start: fn(&mut Seen),
    pub send: fn(&Seen, Round, General) -> Vec<u8>,
    pub receive: fn(&mut Seen, Round, General, u8),
    pub end_round: fn(&mut Seen, Round),
    pub decide: fn(&Seen) -> u8,
    pub repertoire: fn(Wire) -> Repertoire<u8>,
    pub signatures: fn(u8) -> Vec<Signed>,
}

/// My number, and what I last heard from each general; my own entry is my input, or 0.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Seen {
    pub me: usize,
    pub heard: Vec<u8>,
}

impl ByFunctions {
    /// Everybody sends 0 to everybody and decides 0, in one round.
    pub fn plain() -> ByFunctions {
        ByFunctions {
            rounds: 1,
            problem: || Problem::broadcast([0]),
            start: |_| {},
            send: |_, _, _| vec![0],
            receive: |seen, _, from, message| seen.heard[from.id()] = message,
            end_round: |_, _| {},
            decide: |_| 0,
            repertoire: |_| Repertoire::one_of(0..10),
            signatures: |_| vec![],
        }
    }
}

impl Lockstep for ByFunctions {
    type Value = u8;
    type Decision = u8;
    type Message = u8;
    type State = Seen;

    fn rounds(&self, _n: usize) -> usize {
        self.rounds
    }

    fn start(&self, seat: Seat, input: Option<&u8>) -> Seen {
        let mut seen = Seen { me: seat.me.id(), heard: vec![0; seat.n] };
        seen.heard[seat.me.id()] = input.copied().unwrap_or(0);
        (self.start)(&mut seen);
        seen
    }

    fn send(&self, seen: &Seen, round: Round, to: General) -> impl IntoIterator<Item = u8> {
        (self.send)(seen, round, to)
    }

    fn receive(&self, seen: &mut Seen, round: Round, from: General, message: &u8) {
        (self.receive)(seen, round, from, *message);
    }

    fn end_round(&self, seen: &mut Seen, round: Round) {
        (self.end_round)(seen, round);
    }

    fn decide(&self, seen: &Seen) -> Option<u8> {
        Some((self.decide)(seen))
    }
}

impl Testable for ByFunctions {
    fn problem(&self, _graph: &Graph) -> Result<Problem<u8>, String> {
        Ok((self.problem)())
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<u8> {
        (self.repertoire)(wire)
    }

    fn signing(&self) -> &dyn Signing<u8> {
        self
    }
}

impl Signing<u8> for ByFunctions {
    fn signatures(&self, message: &u8) -> Vec<Signed> {
        (self.signatures)(*message)
    }
}
