//! Measures how many executions of OM(m) the simulator runs per second on one core, beside a hand-written loop over
//! arrays on the same attacks, and how long an exhaustive check takes on one thread.
//!
//! What counts as an execution, by row of a group:
//!
//! * `run`: a call of [`Simulator::run`];
//! * `run into`: a call of [`Simulator::run_into`], which reuses the memory of the previous execution;
//! * `calls`: only the calls of the protocol in an execution where everybody obeys. No general-purpose simulator can do
//!   without them;
//! * `by hand, as written`: the hand-written loop, which looks up the attack lie by lie as it is written. Whoever draws
//!   or reads an attack has to do at least this;
//! * `by hand`: the loop alone, with each attack converted to a table beforehand: the lower bound.
//!
//! The rows do not do the same work. The simulator runs any protocol, guards every call, makes some calls twice, takes
//! care of the order of arrival, of signatures and forgeries, keeps every message, and reports what is wrong. The loop
//! knows only OM(1) and OM(2), and returns only the decisions. It has no messages either, only the slots where their
//! values stand; in the protocol OM(m) each message has a path, which its receiver looks up.
//!
//! When this was written, `calls` took about half of the time of `run into`. In a profile of OM(2) among 7 generals,
//! without lies, half of the time went to the protocol's own code; a sixth to memory, most of it for the lists in which
//! the protocol returns its messages; another sixth to guarding the calls; an eighth to routing messages; and the rest
//! to the attack, which takes more where there are many lies.

use std::array;
use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, Throughput};
use rayon::ThreadPoolBuilder;
use turncoat::execution::Simulator;
use turncoat::protocols::oral::Relay;
use turncoat::protocols::path::Path;
use turncoat::{
    AttackOn, Edit, General, Generals, Lie, Lockstep, OralMessages, Order, Seat, Testable, Wire,
    check,
};

/// How many attacks one iteration runs.
const ATTACKS: u64 = 64;

type OralAttack = AttackOn<OralMessages>;

/// What each loyal lieutenant decided, by general: whether to attack.
type Decisions<const N: usize> = [Option<bool>; N];

// Not `criterion_main!`: it expands to undocumented items, which `missing_docs` warns about.
fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    executions(&mut criterion, 1, om1::<4>);
    executions(&mut criterion, 2, om2::<7, 49>);
    exhaustive_check(&mut criterion);
    criterion.final_summary();
}

fn executions<const N: usize, const PLACES: usize>(
    criterion: &mut Criterion,
    m: usize,
    by_hand: impl Fn(&Table<N, PLACES>) -> Decisions<N>,
) {
    let protocol = OralMessages::new(m);
    let attacks = drawn(&protocol, N, m);
    // With no more traitors than it survives, OM(m) masks a bug in the loop as it masks a lie. With more traitors, the
    // decisions depend on every message.
    let harder = (m + 1..N).flat_map(|traitors| drawn(&protocol, N, traitors));
    for attack in attacks.iter().cloned().chain(harder) {
        let decisions = by_hand(&Table::of(&attack, m));
        assert_eq!(decisions, simulated(&protocol, &attack), "{attack:?}");
    }
    for order in Order::first(2) {
        assert_eq!(obeying(&protocol, N, order), vec![order; N - 1]);
    }

    let mut group = criterion.benchmark_group(format!("OM({m}) n={N}"));
    group.throughput(Throughput::Elements(ATTACKS));
    let simulator = Simulator::new(&protocol, N).expect("the protocol can be run");
    group.bench_function("run", |bencher| {
        bencher.iter(|| {
            for attack in &attacks {
                black_box(simulator.run(black_box(attack)).expect("the attack fits"));
            }
        });
    });
    group.bench_function("run into", |bencher| {
        let mut execution = simulator.run(&attacks[0]).expect("the attack fits");
        bencher.iter(|| {
            for attack in &attacks {
                simulator.run_into(black_box(attack), &mut execution).expect("the attack fits");
                black_box(&execution);
            }
        });
    });
    group.bench_function("calls", |bencher| {
        bencher.iter(|| {
            for attack in &attacks {
                black_box(obeying(&protocol, N, black_box(attack.inputs[&General::COMMANDER])));
            }
        });
    });
    group.bench_function("by hand, as written", |bencher| {
        bencher.iter(|| {
            for attack in &attacks {
                black_box(by_hand(&Table::of(black_box(attack), m)));
            }
        });
    });
    let tables: Vec<_> = attacks.iter().map(|attack| Table::of(attack, m)).collect();
    group.bench_function("by hand", |bencher| {
        bencher.iter(|| {
            for table in &tables {
                black_box(by_hand(black_box(table)));
            }
        });
    });
    group.finish();
}

/// Throughput is in steps, because the search covers most behaviours without executing them.
fn exhaustive_check(criterion: &mut Criterion) {
    let one_thread = ThreadPoolBuilder::new().num_threads(1).build().expect("a thread starts");
    let question = || check(OralMessages::new(2)).generals(7).traitors(2);
    let answer = || one_thread.install(|| question().run().expect("the question has an answer"));
    let verdict = answer();
    assert!(verdict.holds(), "{verdict}");

    let mut group = criterion.benchmark_group("OM(2) n=7 f=2");
    group.sample_size(10);
    group.throughput(Throughput::Elements(verdict.steps));
    group.bench_function("exhaustive check, one thread", |bencher| bencher.iter(answer));
    group.finish();
}

/// What the lieutenants decide if everybody obeys and the commander gives this order, by the protocol's own calls.
fn obeying(protocol: &OralMessages, n: usize, order: Order) -> Vec<Order> {
    let everybody = Generals::first(n);
    let start = |me: General| protocol.start(Seat::new(me, n), me.is_commander().then_some(&order));
    let mut states: Vec<_> = everybody.iter().map(start).collect();
    let mut sent = Vec::new();
    for round in 1..=protocol.rounds(n) {
        for from in everybody.iter() {
            for to in everybody.without(from).iter() {
                let said = protocol.send(&states[from.id()], round, to);
                sent.extend(said.into_iter().map(|message| (from, to, message)));
            }
        }
        for (from, to, message) in sent.drain(..) {
            protocol.receive(&mut states[to.id()], round, from, &message);
        }
        states.iter_mut().for_each(|state| protocol.end_round(state, round));
    }
    states[1..].iter().filter_map(|state| protocol.decide(state)).collect()
}

fn simulated<const N: usize>(protocol: &OralMessages, attack: &OralAttack) -> Decisions<N> {
    let execution = turncoat::run(protocol, attack).expect("the attack fits");
    assert_eq!(execution.fault, None, "{attack:?}");
    array::from_fn(|me| execution.decisions[me].map(|decision| decision == Order::ATTACK))
}

/// An attack on OM(m) among N generals, in the form that the hand-written loop reads.
struct Table<const N: usize, const PLACES: usize> {
    order: bool,
    traitors: [bool; N],
    /// What arrives at a general in the slot of a path: if a loyal sender would send RETREAT there, and if it would
    /// send ATTACK.
    arrives: [[[bool; 2]; PLACES]; N],
}

impl<const N: usize, const PLACES: usize> Table<N, PLACES> {
    fn of(attack: &OralAttack, m: usize) -> Table<N, PLACES> {
        let order = attack.inputs[&General::COMMANDER] == Order::ATTACK;
        let traitors = array::from_fn(|id| attack.traitors.contains(General::new(id)));
        let mut arrives = [[[false, true]; PLACES]; N];
        for Lie { wire, edit } in &attack.lies {
            let about = edit.honest().or(edit.said()).expect("a lie changes a message");
            let outcomes = [Order::RETREAT, Order::ATTACK].map(|honest| outcome(edit, honest));
            arrives[wire.to.id()][place(&about.path, wire.to, N, m)] = outcomes;
        }
        Table { order, traitors, arrives }
    }

    fn is_asked(&self, lieutenant: usize) -> bool {
        lieutenant != 0 && !self.traitors[lieutenant]
    }
}

/// The slot of a path to one general in a table: its m relays are the digits of a number. A shorter path is padded by
/// repeating its last relay, or by the receiver if there is none: no real path does that.
fn place(path: &Path, to: General, n: usize, m: usize) -> usize {
    let relays: Vec<_> = path.iter().skip(1).collect();
    let filler = relays.last().unwrap_or(&to);
    let digits = relays.iter().chain(std::iter::repeat(filler)).take(m);
    digits.fold(0, |number, digit| number * n + digit.id())
}

/// Whether a general holds ATTACK after this lie, where a loyal sender would have sent `honest`.
fn outcome(edit: &Edit<Relay<Order>>, honest: Order) -> bool {
    let held = match edit {
        // Nothing arrived: RETREAT.
        Edit::Withhold(of) if of.value == honest => Order::RETREAT,
        Edit::Instead { of, say } if of.value == honest => say.value,
        // Both messages arrive, sorted as data, and the last one counts.
        Edit::Say(say) => say.value.max(honest),
        Edit::Withhold(_) | Edit::Instead { .. } => honest,
    };
    held == Order::ATTACK
}

/// OM(1): `told[me][j]` is what j said that the commander said; `told[me][me]` is what the commander said to `me`.
fn om1<const N: usize>(table: &Table<N, N>) -> Decisions<N> {
    let arrives = &table.arrives;
    let mut told = [[false; N]; N];
    for to in 1..N {
        told[to][to] = arrives[to][to][usize::from(table.order)];
    }
    for from in 1..N {
        let relayed = usize::from(told[from][from]);
        for to in (1..N).filter(|&to| to != from) {
            told[to][from] = arrives[to][from][relayed];
        }
    }
    array::from_fn(|me| table.is_asked(me).then(|| majority(told[me][1..].iter().copied())))
}

/// OM(2): `told[me][i * N + j]` is what j said that i said that the commander said. If i = j, it is what i said
/// directly; if i = j = `me`, it is what the commander said to `me`.
fn om2<const N: usize, const PLACES: usize>(table: &Table<N, PLACES>) -> Decisions<N> {
    const { assert!(PLACES == N * N) }
    let arrives = &table.arrives;
    let mut told = [[false; PLACES]; N];
    for to in 1..N {
        told[to][to * N + to] = arrives[to][to * N + to][usize::from(table.order)];
    }
    for from in 1..N {
        let place = from * N + from;
        let relayed = usize::from(told[from][place]);
        for to in (1..N).filter(|&to| to != from) {
            told[to][place] = arrives[to][place][relayed];
        }
    }
    for from in 1..N {
        for first in (1..N).filter(|&first| first != from) {
            let relayed = usize::from(told[from][first * N + first]);
            let place = first * N + from;
            for to in (1..N).filter(|&to| to != from && to != first) {
                told[to][place] = arrives[to][place][relayed];
            }
        }
    }
    array::from_fn(|me| table.is_asked(me).then(|| resolved::<N>(&told[me], me)))
}

/// OM(2) step 3, bottom-up.
fn resolved<const N: usize>(told: &[bool], me: usize) -> bool {
    let lieutenants = || 1..N;
    majority(lieutenants().map(|first| {
        let row = &told[first * N..][..N];
        let votes = lieutenants().filter(|&from| from != me).map(|from| row[from]);
        if first == me { row[me] } else { majority(votes) }
    }))
}

/// Whether more than half of the votes are for ATTACK; otherwise the majority is RETREAT.
fn majority(votes: impl Iterator<Item = bool>) -> bool {
    let (attack, all) =
        votes.fold((0, 0), |(attack, all), vote| (attack + u8::from(vote), all + 1));
    2 * attack > all
}

/// Attacks on OM(m), the same ones every time.
fn drawn(protocol: &OralMessages, n: usize, traitors: usize) -> Vec<OralAttack> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    (0..ATTACKS).map(|_| dice.attack(protocol, n, traitors)).collect()
}

/// Marsaglia's xorshift ("Xorshift RNGs", 2003): measurements are comparable only if the attacks are the same on every
/// machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The upper half: the lower bits of an xorshift are weaker.
        (self.0 >> 32) as usize % bound
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// An attack with this many traitors, and a lie in about every other slot of theirs.
    fn attack(&mut self, protocol: &OralMessages, n: usize, traitors: usize) -> OralAttack {
        let everybody = Generals::first(n);
        let traitors = self.one_of(&everybody.subsets(traitors).collect::<Vec<_>>());
        let inputs = BTreeMap::from([(General::COMMANDER, self.one_of(&Order::first(2)))]);
        let mut lies = Vec::new();
        for round in 1..=protocol.rounds(n) {
            for from in traitors.iter() {
                for to in everybody.without(from).iter() {
                    let wire = Wire { round, from, to };
                    let slots = protocol.repertoire(n, wire).slots;
                    let edits = slots.iter().filter_map(|slot| self.edit(slot));
                    lies.extend(edits.map(|edit| Lie { wire, edit }));
                }
            }
        }
        OralAttack { lies, ..OralAttack::new(n, traitors, inputs) }
    }

    /// It is not known yet what a loyal sender would say there: a lie that does not fit that message is idle.
    fn edit(&mut self, slot: &[Relay<Order>]) -> Option<Edit<Relay<Order>>> {
        let message = self.one_of(slot);
        let other = slot.iter().find(|other| **other != message)?.clone();
        match self.below(8) {
            0..4 => None,
            4 => Some(Edit::Withhold(message)),
            5 => Some(Edit::Say(message)),
            _ => Some(Edit::Instead { of: message, say: other }),
        }
    }
}
