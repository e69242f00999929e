//! Random signed protocols: some repeat what they have overheard, some take part in signing oracles, some accept
//! forgeries.

use std::collections::BTreeSet;

use itertools::Itertools;
use turncoat::signature::Signed;
use turncoat::testable::Forgery;
use turncoat::{
    General, Graph, Lockstep, Problem, Repertoire, Round, Seat, Signing, Testable, Wire,
};

use crate::tables::Tables;

/// A protocol of random tables.
#[derive(Clone, Debug)]
pub struct Drawn {
    tables: Tables,
    pub n: usize,
}

/// A signature: the signer, and the statement.
type Signature = (usize, usize);

/// A message has a kind, and signatures.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Message {
    kind: usize,
    signatures: BTreeSet<Signature>,
}

/// Kinds 0 and 1 are in the first slot, kind 2 is in the second.
const STRAY: usize = 3;
const FORGED: usize = 4;

/// My number, my mood, and the signatures that I have seen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct State {
    me: usize,
    mood: usize,
    seen: BTreeSet<Signature>,
}

impl Drawn {
    pub fn new(seed: u64) -> Drawn {
        Drawn { tables: Tables(seed), n: 3 + (seed % 2) as usize }
    }

    /// A message mostly has the sender's own signatures, but from round 2 on also those of others.
    fn message(&self, Wire { round, from, .. }: Wire, kind: usize) -> Message {
        let from = from.id();
        let others = if round == 1 && kind < STRAY {
            0
        } else {
            self.tables.draw("others", [round, from, kind], 3)
        };
        let by = |which| self.tables.draw("by", [round, from, kind, which], self.n);
        let of_others =
            (0..others).map(|which| (by(which), self.tables.draw("on", [by(which), which], 3)));
        let own = (from, self.tables.draw("own", [round, from, kind], 3));
        Message { kind, signatures: of_others.chain([own]).collect() }
    }

    /// The kinds of messages in each slot of a wire: sometimes there is little to say.
    fn kinds(&self, Wire { round, from, to }: Wire) -> Vec<Vec<usize>> {
        let entry = [round, from.id(), to.id()];
        let first = [&[0][..], &[0, 1], &[0, 1]][self.tables.draw("first", entry, 3)];
        let second = [&[2][..], &[], &[]][self.tables.draw("has second", entry, 3)];
        let slots = [first, second].into_iter().filter(|slot| !slot.is_empty());
        slots.map(<[usize]>::to_vec).collect()
    }
}

impl Lockstep for Drawn {
    type Value = u8;
    type Decision = u8;
    type Message = Message;
    type State = State;

    fn rounds(&self, _n: usize) -> usize {
        2 + self.tables.draw("rounds", [], 5 - self.n)
    }

    fn start(&self, seat: Seat, _: Option<&u8>) -> State {
        State { me: seat.me.id(), mood: 0, seen: BTreeSet::new() }
    }

    /// Sends only what the general can sign, or has seen the signatures of.
    fn send(&self, state: &State, round: Round, to: General) -> impl IntoIterator<Item = Message> {
        let wire = Wire { round, from: General::new(state.me), to };
        let entry = [round, state.me, to.id(), state.mood];
        let first = Some(self.tables.draw("says", entry, 3)).filter(|kind| *kind < 2);
        let second = (self.tables.draw("second", entry, 3) == 0).then_some(2);
        let kinds = self.kinds(wire).concat();
        let said = first.into_iter().chain(second).filter(|kind| kinds.contains(kind));
        let said = said.map(|kind| self.message(wire, kind));
        let can = |message: &Message| {
            let mut signatures = message.signatures.iter();
            signatures.all(|signed| signed.0 == state.me || state.seen.contains(signed))
        };
        said.filter(can).collect_vec()
    }

    fn receive(&self, state: &mut State, round: Round, from: General, message: &Message) {
        let entry = [round, from.id(), state.me, state.mood, message.kind];
        let believes = message.kind != FORGED || self.tables.draw("believes", entry, 40) == 0;
        if believes {
            if self.tables.draw("moved", entry, 2) == 0 {
                state.mood = self.tables.draw("mood", entry, 6);
            }
            state.seen.extend(&message.signatures);
        }
    }

    fn decide(&self, State { me, mood, seen }: &State) -> Option<u8> {
        let seen = seen.iter().fold(0, |sum, (by, on)| sum * 31 + by * 3 + on + 1);
        let rare = [30, 200, 1500][self.tables.draw("rare", [], 3)];
        Some(u8::from(self.tables.draw("decides", [*me, *mood, seen], rare) == 0))
    }
}

impl Testable for Drawn {
    fn problem(&self, _graph: &Graph) -> Result<Problem<u8>, String> {
        Ok(Problem::broadcast([0]))
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<Message> {
        let message = |kind| self.message(wire, kind);
        let entry = [wire.round, wire.from.id()];
        let stray = (self.tables.draw("stray", entry, 4) == 0).then(|| message(STRAY));
        let forged = (self.tables.draw("forged", entry, 5) == 0)
            .then(|| Forgery { label: "forged", message: message(FORGED) });
        let kinds = self.kinds(wire).into_iter();
        let slots = kinds.map(|slot| slot.into_iter().map(message).collect());
        Repertoire::of(slots).with_strays(stray).with_forgeries(forged)
    }

    fn signing(&self) -> &dyn Signing<Message> {
        self
    }
}

impl Signing<Message> for Drawn {
    fn signatures(&self, message: &Message) -> Vec<Signed> {
        let signed = |(by, on): &Signature| Signed {
            by: General::new(*by),
            statement: on.to_string().into_bytes().into(),
        };
        message.signatures.iter().map(signed).collect()
    }
}
