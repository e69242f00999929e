//! Tests a protocol's claim that some generals are interchangeable.

use std::collections::BTreeMap;
use std::fmt::Debug;

use itertools::Itertools;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};

use crate::adversary::Adversary;
use crate::fault::or_panic;
use crate::general::{General, Generals, Swap};
use crate::machine::{Machine, Numbered, Terms};
use crate::protocol::{Round, Seat};
use crate::search::choices::space::Space;
use crate::search::progress::Progress;
use crate::search::symmetry::symmetry_test::{SymmetryTest, unlike};
use crate::testable::{Repertoire, Symmetric, Testable, Wire};

/// How many plays are drawn for each pair of interchangeable generals.
const PLAYS: u64 = 200;

/// How many walks are drawn for each swap where messages are signed.
const WALKS: u64 = 50;

/// Tests that the code of a protocol has the [symmetry](crate::Claims::symmetric) that the protocol claims among n
/// generals. It swaps each two interchangeable generals: the repertoire must stay the same up to names, and in plays
/// drawn at random, with any traitors who say anything in it, everybody must say, hold and decide the same up to
/// names. A verdict that relies on [renaming](crate::search::Reduction::Renaming) is worth as much as this claim.
///
/// Where messages are signed, the test compares what everybody can be brought to hold. In each round of a walk this
/// must be the same up to names, whatever traitors say, and so must the signatures that they can then show. (Which of
/// two chains comes first, and is relayed, may depend on who is heard first; which of them can be relayed may not.)
///
/// ```
/// use turncoat::{OralMessages, assert_symmetric};
///
/// assert_symmetric(&OralMessages::new(2), 5);
/// ```
///
/// # Panics
///
/// If the symmetry does not hold, with what shows it; if the protocol claims no symmetry, or can't be run.
#[track_caller]
pub fn assert_symmetric<P: Testable>(protocol: &P, n: usize) {
    or_panic(|| symmetric(protocol, n));
}

fn symmetric<P: Testable>(protocol: &P, n: usize) {
    let numbered = Numbered::lent(protocol);
    let terms = numbered.terms(&n.into(), true).unwrap_or_else(|refusal| panic!("{refusal}"));
    let symmetric = protocol.claims().symmetry.expect("the protocol describes no symmetry");
    let alike = symmetric.alike(n);
    assert!(alike.minus(Generals::first(n)).is_empty(), "{alike:?} are not all among {n} generals");
    let space = Space::new(&numbered, &terms, Adversary::byzantine(n), &Progress::new());
    let space = space.unwrap_or_else(|refusal| panic!("{refusal}")).expect("nobody stops it");
    if space.is_signed() {
        return test_swaps(&space);
    }
    for [one, other] in alike.iter().array_combinations() {
        let swap = Swap::between(one, other);
        let values = terms.values.iter().map(|value| numbered.value(*value).clone()).collect();
        let mirror = Mirror { protocol, terms: &terms, values, symmetric, swap };
        mirror.repertoires();
        for seed in 0..PLAYS {
            mirror.play(&mut SmallRng::seed_from_u64(seed));
        }
    }
}

/// The test where messages are signed.
#[track_caller]
fn test_swaps(space: &Space<'_>) {
    assert!(space.harvested().is_none(), "the protocol does not say what a traitor could say");
    let symmetry = space.symmetry(&Progress::new()).unwrap_or_else(|refusal| panic!("{refusal}"));
    let Some(symmetry) = &symmetry else { return };
    for swap in symmetry.swaps() {
        if !space.is_as_large(swap) {
            unlike(swap, "By `repertoire` not as much can be said.", &[]);
        }
        let test = SymmetryTest { space, symmetry, swap };
        for seed in 0..WALKS {
            test.run(&mut SmallRng::seed_from_u64(seed));
        }
    }
}

/// What is said on each wire.
type Sayings<M> = BTreeMap<Wire, Vec<M>>;

/// A play, and the same play with two generals swapped.
struct Mirror<'a, P: Testable> {
    protocol: &'a P,
    terms: &'a Terms,
    values: Vec<P::Value>,
    symmetric: &'a dyn Symmetric<P::Message, P::State>,
    swap: Swap,
}

impl<P: Testable> Mirror<'_, P> {
    fn wire(&self, Wire { round, from, to }: Wire) -> Wire {
        Wire { round, from: self.swap.of(from), to: self.swap.of(to) }
    }

    fn message(&self, message: &P::Message) -> P::Message {
        self.symmetric.swapped_message(message, self.swap)
    }

    /// These messages, and their renamed versions, both sorted.
    fn both(&self, messages: &[P::Message]) -> [Vec<P::Message>; 2] {
        let renamed = messages.iter().map(|message| self.message(message)).sorted().collect();
        [messages.iter().cloned().sorted().collect(), renamed]
    }

    /// Asserts that the same can be said after the swap.
    fn repertoires(&self) {
        for wire in (1..=self.terms.rounds).flat_map(|round| self.terms.wires(round)) {
            let here = self.protocol.repertoire(self.terms.n(), wire);
            let there = self.protocol.repertoire(self.terms.n(), self.wire(wire));
            for message in here.slots.iter().flatten() {
                let again = self.message(&self.message(message));
                if again != *message {
                    let lines: [(&str, &dyn Debug); 2] =
                        [("what can be said", message), ("it leads to", &again)];
                    self.unlike("`swapped_message` made twice does not lead back:", &lines);
                }
            }
            let renamed = |messages: &[P::Message]| {
                self.both(messages)[1].iter().cloned().dedup().collect_vec()
            };
            let own =
                |messages: &[P::Message]| messages.iter().cloned().sorted().dedup().collect_vec();
            let slots = |Repertoire { slots, .. }: &Repertoire<_>, of: &dyn Fn(&[_]) -> Vec<_>| {
                slots.iter().map(|slot| of(slot)).sorted().collect_vec()
            };
            let must_be = |what: &str, same: bool| {
                if same {
                    return;
                }
                let on =
                    |Wire { round, from, to }: Wire| format!("by {from} to {to}, in round {round}");
                let (here_on, there_on) = (on(wire), on(self.wire(wire)));
                let what = format!("By `repertoire` not the same can be {what}:");
                self.unlike(&what, &[(&here_on, &here), (&there_on, &there)]);
            };
            must_be("said", slots(&here, &renamed) == slots(&there, &own));
            must_be("thrown in", renamed(&here.strays) == own(&there.strays));
            let forged = |Repertoire { forgeries, .. }: &Repertoire<P::Message>| {
                forgeries.iter().map(|forgery| forgery.message.clone()).collect_vec()
            };
            must_be("forged", renamed(&forged(&here)) == own(&forged(&there)));
        }
    }

    fn play(&self, rng: &mut impl Rng) {
        let Mirror { protocol, terms, ref values, swap, .. } = *self;
        let (n, everybody) = (terms.n(), terms.graph.everybody());
        let value = |rng: &mut _| values.choose(rng).expect("there is a value").clone();
        let inputs = terms.inputs.iter().map(|general| (general, value(rng)));
        let inputs: BTreeMap<General, P::Value> = inputs.collect();
        let share = rng.random_range(0.0..0.7);
        let traitors = everybody.iter().filter(|_| rng.random_bool(share)).collect::<Generals>();
        let start =
            |me: General, given: General| protocol.start(Seat::new(me, n), inputs.get(&given));
        let mut here = everybody.iter().map(|me| start(me, me)).collect_vec();
        let mut there = everybody.iter().map(|me| start(me, swap.of(me))).collect_vec();
        self.compare("At the start", &here, &there, traitors);
        for round in 1..=terms.rounds {
            let mut said = [Sayings::<P::Message>::new(), Sayings::new()];
            for wire in terms.wires(round) {
                let loyal = |states: &[P::State], Wire { round, from, to }: Wire| {
                    protocol.send(&states[from.id()], round, to).into_iter().sorted().collect_vec()
                };
                let (honest, mirrored) = (loyal(&here, wire), loyal(&there, self.wire(wire)));
                let is_loyal = !traitors.contains(wire.from);
                let [says, mirrored_says] = match is_loyal {
                    true => self.both(&honest),
                    false => self.both(&self.lies(wire, honest, rng)),
                };
                if is_loyal && mirrored_says != mirrored {
                    let Wire { from, to, .. } = self.wire(wire);
                    let lines: [(&str, &dyn Debug); 3] = [
                        (&format!("before, {} tells {}", wire.from, wire.to), &says),
                        (&format!("so after that {from} should tell {to}"), &mirrored_says),
                        ("but it tells", &mirrored),
                    ];
                    self.unlike(&format!("In round {round} not the same is said:"), &lines);
                }
                said[0].insert(wire, says);
                said[1].insert(self.wire(wire), mirrored_says);
            }
            for (states, said) in [&mut here, &mut there].into_iter().zip(&said) {
                self.receive(states, round, said);
            }
            self.compare(&format!("After round {round}"), &here, &there, traitors);
        }
        for me in everybody.minus(traitors).iter() {
            let [one, other] =
                [&here[me.id()], &there[swap.of(me).id()]].map(|state| protocol.decide(state));
            if one != other {
                let (before, after) =
                    (format!("before, by {me}"), format!("after that, by {}", swap.of(me)));
                let told = |made: Option<P::Decision>| {
                    made.map_or_else(|| "no decision".to_owned(), |made| format!("{made:?}"))
                };
                let (one, other) = (told(one), told(other));
                let lines: [(&str, &dyn Debug); 2] =
                    [(&before, &format_args!("{one}")), (&after, &format_args!("{other}"))];
                self.unlike("Not the same is decided:", &lines);
            }
        }
    }

    /// A random choice of what a traitor says on a wire.
    fn lies(&self, wire: Wire, honest: Vec<P::Message>, rng: &mut impl Rng) -> Vec<P::Message> {
        let Repertoire { slots, strays, .. } = self.protocol.repertoire(self.terms.n(), wire);
        if rng.random_bool(0.3) {
            return honest;
        }
        let said = slots.iter().filter_map(|slot| slot.choose(rng)).cloned().collect_vec();
        let said = said.into_iter().filter(|_| rng.random_bool(0.8)).collect_vec();
        let stray = strays.choose(rng).filter(|_| rng.random_bool(0.3)).cloned();
        said.into_iter().chain(stray).collect()
    }

    fn receive(&self, states: &mut [P::State], round: Round, said: &Sayings<P::Message>) {
        for (to, state) in states.iter_mut().enumerate() {
            for from in 0..self.terms.n() {
                let [from, to] = [from, to].map(General::new);
                for message in said.get(&Wire { round, from, to }).into_iter().flatten() {
                    self.protocol.receive(state, round, from, message);
                }
            }
            self.protocol.end_round(state, round);
        }
    }

    /// Asserts that the loyal hold the same states up to names.
    fn compare(&self, when: &str, here: &[P::State], there: &[P::State], traitors: Generals) {
        let Mirror { terms, swap, symmetric, .. } = *self;
        let n = terms.n();
        for me in Generals::first(n).minus(traitors).iter() {
            let renamed = symmetric.swapped_state(&here[me.id()], swap);
            let there = &there[swap.of(me).id()];
            if renamed != *there {
                let other = swap.of(me);
                let lines: [(&str, &dyn Debug); 3] = [
                    (&format!("before, {me} holds"), &here[me.id()]),
                    (&format!("so after that {other} should hold, by `swapped_state`"), &renamed),
                    ("but it holds", there),
                ];
                self.unlike(&format!("{when} not the same is held:"), &lines);
            }
        }
    }

    fn unlike(&self, what: &str, lines: &[(&str, &dyn Debug)]) -> ! {
        let lines = lines.iter().map(|(who, what)| ((*who).to_owned(), format!("{what:?}")));
        unlike(self.swap, what, &lines.collect_vec())
    }
}
