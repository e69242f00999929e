//! Signed protocols at random: some say what they have overheard, some take part in signing oracles,
//! some accept forgeries. The engines must agree on each, and no attack may be smaller than the
//! smallest. What is compared with is written here once more, from the documentation alone.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools;
use turncoat::count::Count;
use turncoat::execution::Size;
use turncoat::search::Engine;
use turncoat::signature::Signed;
use turncoat::testable::{Forgery, Refusal};
use turncoat::{
    Adversary, Attack, Check, CheckError, Edit, General, Generals, Graph, Lie, Lockstep, Problem,
    Repertoire, Round, Seat, Signing, Testable, Wire, check, run,
};

/// How many protocols are drawn, and the most behaviours that are gone through one by one.
const SEEDS: u64 = 200;
const AFFORDABLE: u64 = 20_000;

/// A protocol whose tables are drawn from a seed, entry by entry, whenever one is looked up.
#[derive(Clone, Debug)]
pub struct Drawn {
    seed: u64,
    pub n: usize,
}

/// A signature: whose, and on what.
type Signature = (usize, usize);

/// A message has a kind, and signatures.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Message {
    kind: usize,
    signatures: BTreeSet<Signature>,
}

/// In the first slot stand kinds 0 and 1, in the second 2.
const STRAY: usize = 3;
const FORGED: usize = 4;

/// Who I am, how it stands, and which signatures I have seen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct State {
    me: usize,
    mood: usize,
    seen: BTreeSet<Signature>,
}

impl Drawn {
    pub fn new(seed: u64) -> Drawn {
        Drawn { seed, n: 3 + (seed % 2) as usize }
    }

    /// A number below `end`, the same for the same question.
    fn draw<const N: usize>(&self, what: &str, entry: [usize; N], end: usize) -> usize {
        let mut hash = self.seed.wrapping_add(1);
        for part in what.bytes().map(u64::from).chain(entry.map(|part| part as u64)) {
            hash = (hash ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            hash ^= hash >> 29;
        }
        hash = (hash ^ (hash >> 32)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((hash >> 33) % end as u64) as usize
    }

    /// Mostly the sender's own signatures, but from round 2 on also those of others.
    fn message(&self, Wire { round, from, .. }: Wire, kind: usize) -> Message {
        let from = from.id();
        let others = if round == 1 && kind < STRAY {
            0
        } else {
            self.draw("others", [round, from, kind], 3)
        };
        let by = |which| self.draw("by", [round, from, kind, which], self.n);
        let of_others =
            (0..others).map(|which| (by(which), self.draw("on", [by(which), which], 3)));
        let own = (from, self.draw("own", [round, from, kind], 3));
        Message { kind, signatures: of_others.chain([own]).collect() }
    }

    /// The kinds of messages in each slot of a wire: sometimes there is little to say.
    fn kinds(&self, Wire { round, from, to }: Wire) -> Vec<Vec<usize>> {
        let entry = [round, from.id(), to.id()];
        let first = [&[0][..], &[0, 1], &[0, 1]][self.draw("first", entry, 3)];
        let second = [&[2][..], &[], &[]][self.draw("has second", entry, 3)];
        let slots = [first, second].into_iter().filter(|slot| !slot.is_empty());
        slots.map(<[usize]>::to_vec).collect()
    }

    fn check(&self, f: usize) -> Check<&Drawn> {
        check(self).generals(self.n).against(Adversary::byzantine(f).without_replays())
    }
}

impl Lockstep for Drawn {
    type Value = u8;
    type Decision = u8;
    type Message = Message;
    type State = State;

    fn rounds(&self, _n: usize) -> usize {
        2 + self.draw("rounds", [], 5 - self.n)
    }

    fn start(&self, seat: Seat, _: Option<&u8>) -> State {
        State { me: seat.me.id(), mood: 0, seen: BTreeSet::new() }
    }

    /// What I can sign, or have seen the signatures of.
    fn send(&self, state: &State, round: Round, to: General) -> impl IntoIterator<Item = Message> {
        let wire = Wire { round, from: General::new(state.me), to };
        let entry = [round, state.me, to.id(), state.mood];
        let first = Some(self.draw("says", entry, 3)).filter(|kind| *kind < 2);
        let second = (self.draw("second", entry, 3) == 0).then_some(2);
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
        let believes = message.kind != FORGED || self.draw("believes", entry, 40) == 0;
        if believes {
            if self.draw("moved", entry, 2) == 0 {
                state.mood = self.draw("mood", entry, 6);
            }
            state.seen.extend(&message.signatures);
        }
    }

    fn decide(&self, State { me, mood, seen }: &State) -> Option<u8> {
        let seen = seen.iter().fold(0, |sum, (by, on)| sum * 31 + by * 3 + on + 1);
        let rare = [30, 200, 1500][self.draw("rare", [], 3)];
        Some(u8::from(self.draw("decides", [*me, *mood, seen], rare) == 0))
    }
}

impl Testable for Drawn {
    fn problem(&self, _graph: &Graph) -> Result<Problem<u8>, String> {
        Ok(Problem::broadcast([0]))
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<Message> {
        let message = |kind| self.message(wire, kind);
        let entry = [wire.round, wire.from.id()];
        let stray = (self.draw("stray", entry, 4) == 0).then(|| message(STRAY));
        let forged = (self.draw("forged", entry, 5) == 0)
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

/// Every lie that can be told, with its wire and slot.
fn lies(drawn: &Drawn, traitors: Generals) -> Vec<((Wire, usize), Lie<Message>)> {
    let everybody = Generals::first(drawn.n);
    let wires = itertools::iproduct!(1..=drawn.rounds(drawn.n), traitors.iter(), everybody.iter());
    let wires = wires.map(|(round, from, to)| Wire { round, from, to });
    let lies = wires.filter(|wire| wire.from != wire.to).flat_map(|wire| {
        let Repertoire { mut slots, strays, forgeries, .. } = drawn.repertoire(drawn.n, wire);
        let forged = forgeries.into_iter().map(|forgery| forgery.message);
        slots.push(strays.into_iter().chain(forged).collect());
        let lies = slots.into_iter().enumerate().flat_map(move |(slot, messages)| {
            let withheld = messages.clone().into_iter().map(Edit::Withhold);
            let said = messages.clone().into_iter().map(Edit::Say);
            let pairs = messages.into_iter().permutations(2);
            let instead =
                pairs.map(|pair| Edit::Instead { of: pair[0].clone(), say: pair[1].clone() });
            let edits = withheld.chain(said).chain(instead);
            edits.map(move |edit| ((wire, slot), Lie { wire, edit })).collect_vec()
        });
        lies.collect_vec()
    });
    lies.collect()
}

/// Whether a traitor says no more than one message in each slot.
fn fits(said: &[Message]) -> bool {
    let slots = said.iter().map(|message| [0, 0, 1, 2, 2][message.kind]).counts();
    slots.values().all(|count| *count == 1)
}

/// Whether there is an attack with just so many traitors and lies.
fn is_broken(drawn: &Drawn, traitors: usize, count: usize) -> bool {
    Generals::first(drawn.n).subsets(traitors).any(|traitors| {
        let lies = lies(drawn, traitors);
        let mut chosen = lies.iter().combinations(count);
        chosen.any(|chosen| {
            let lies = chosen.iter().map(|(_, lie)| lie.clone()).collect();
            let inputs = BTreeMap::from([(General::COMMANDER, 0)]);
            let attack = Attack { lies, ..Attack::new(drawn.n, traitors, inputs) };
            chosen.iter().map(|(place, _)| place).all_unique() && {
                let execution = run(&drawn, &attack).unwrap();
                let mut lied = execution.deliveries.iter().filter(|said| said.loyal.is_some());
                execution.lacking.is_empty()
                    && execution.idle.is_empty()
                    && lied.all(|delivery| fits(delivery.said))
                    && execution.violation().is_some()
            }
        })
    })
}

#[test]
fn the_engines_agree_and_the_smallest_attack_is_the_smallest() {
    let (mut verdicts, mut compared) = (BTreeMap::new(), 0);
    for drawn in (0..SEEDS).map(Drawn::new) {
        for f in 1..drawn.n.min(3) {
            let verdict = drawn.check(f).run().unwrap();
            let setting = || format!("{drawn:?}, f = {f}\n{verdict}");
            if verdict.behaviours <= Count::from(AFFORDABLE) {
                let naive = drawn.check(f).engine(Engine::Naive).run().unwrap();
                assert_eq!(naive.name(), verdict.name(), "{}", setting());
                *verdicts.entry(verdict.name()).or_insert(0) += 1;
            }
            let Some(found) = verdict.counterexample() else { continue };
            let (traitors, count) = (found.attack.traitors.len(), found.attack.lies.len());
            if found.size != Size::Smallest || !(1..=2).contains(&count) {
                continue;
            }
            assert!((0..count).all(|fewer| !is_broken(&drawn, traitors, fewer)), "{}", setting());
            assert!(!is_broken(&drawn, traitors - 1, 1), "{}", setting());
            compared += 1;
        }
    }
    assert!(compared > 60, "only {compared} smallest attacks were compared");
    for verdict in ["holds", "broken"] {
        assert!(verdicts.get(verdict).is_some_and(|count| *count > 15), "{verdicts:?}");
    }
}

/// One who shows, from the start, what another has signed: a certificate that all could have.
#[derive(Clone, Debug)]
struct Certified;

impl Lockstep for Certified {
    type Value = u8;
    type Decision = u8;
    type Message = Message;
    type State = (usize, BTreeSet<usize>);

    fn rounds(&self, _n: usize) -> usize {
        1
    }

    fn start(&self, seat: Seat, _: Option<&u8>) -> (usize, BTreeSet<usize>) {
        (seat.me.id(), BTreeSet::new())
    }

    fn send(
        &self,
        (me, _): &(usize, BTreeSet<usize>),
        _: Round,
        _: General,
    ) -> impl IntoIterator<Item = Message> {
        (*me == 1).then(|| Message { kind: 0, signatures: BTreeSet::from([(0, 7)]) })
    }

    fn receive(&self, state: &mut Self::State, _: Round, _: General, message: &Message) {
        state.1.insert(message.kind);
    }

    fn decide(&self, (_, heard): &Self::State) -> Option<u8> {
        Some(u8::from(heard.contains(&0) && heard.contains(&2)))
    }
}

impl Testable for Certified {
    fn problem(&self, _graph: &Graph) -> Result<Problem<u8>, String> {
        Ok(Problem::broadcast([0]))
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<Message> {
        if wire.from.id() != 1 {
            return Repertoire::silent();
        }
        let plain = |kind| Message { kind, signatures: BTreeSet::new() };
        let certificate = Message { kind: 0, signatures: BTreeSet::from([(0, 7)]) };
        Repertoire::of([vec![certificate], vec![plain(1), plain(2)]])
    }

    fn signing(&self) -> &dyn Signing<Message> {
        self
    }
}

impl Signing<Message> for Certified {
    fn signatures(&self, message: &Message) -> Vec<Signed> {
        Drawn::new(0).signatures(message)
    }
}

/// A signature that its owner has shown to nobody is refused: else a search could not tell who has
/// it.
#[test]
fn a_signature_from_nowhere_is_refused() {
    for (n, exactly) in [(2, true), (2, false), (3, true), (3, false)] {
        let mut adversary = Adversary::byzantine(1);
        adversary.exactly = exactly;
        let refused = check(Certified).generals(n).against(adversary).run().unwrap_err();
        let CheckError::Refused(Refusal::Unheard { wire, signed }) = &refused else {
            panic!("{refused}")
        };
        assert_eq!((wire.from.id(), signed.by.id()), (1, 0), "{refused}");
    }
}
