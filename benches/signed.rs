//! Measures how long an exhaustive check of SM(m) takes on one thread, how many executions of it the simulator runs per
//! second with ideal signatures and with Ed25519, and how much of the latter goes to signing and verifying.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::{Arc, Mutex};

use criterion::{Criterion, Throughput};
use rayon::ThreadPoolBuilder;
use turncoat::execution::Simulator;
use turncoat::forgery::{Forge, Tampering};
use turncoat::protocols::chain::Chain;
use turncoat::signature::Signatures;
use turncoat::signature::ed25519::{Ed25519, SignatureBytes};
use turncoat::{
    Attack, AttackOn, Edit, General, Generals, Lie, Order, SignedMessages, Testable, Wire, check,
};

/// SM(m) with real signatures.
type Real = SignedMessages<Order, Ed25519>;

/// How many attacks one iteration runs.
const ATTACKS: u64 = 64;

/// SM(2) among five generals, two of them traitors.
const M: usize = 2;
const N: usize = 5;

// Not `criterion_main!`: it expands to undocumented items, which `missing_docs` warns about.
fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for (m, n) in [(2, 4), (2, 5), (3, 5)] {
        exhaustive_check(&mut criterion, m, n);
    }
    executions(&mut criterion);
    criterion.final_summary();
}

/// Throughput is in steps, because the search covers most behaviours without executing them.
fn exhaustive_check(criterion: &mut Criterion, m: usize, n: usize) {
    let one_thread = ThreadPoolBuilder::new().num_threads(1).build().expect("a thread starts");
    let question = || check(SignedMessages::new(m)).generals(n).traitors(m);
    let answer = || one_thread.install(|| question().run().expect("the question has an answer"));
    let verdict = answer();
    assert!(verdict.holds(), "{verdict}");

    let mut group = criterion.benchmark_group(format!("SM({m}) n={n} f={m}"));
    group.sample_size(10);
    group.throughput(Throughput::Elements(verdict.steps));
    group.bench_function("exhaustive check, one thread", |bencher| bencher.iter(answer));
    group.finish();
}

fn executions(criterion: &mut Criterion) {
    let ideal = SignedMessages::new(M);
    let scheme = Ed25519::from_seed(0);
    let real = ideal.clone().signatures(scheme.clone());
    let (of_tokens, of_bytes) = (drawn(&ideal), drawn(&real));
    let asked = asked(&of_bytes, &scheme);

    let mut group = criterion.benchmark_group(format!("SM({M}) n={N}"));
    group.throughput(Throughput::Elements(ATTACKS));
    group.bench_function("run, ideal signatures", |bencher| {
        let simulator = simulator(&ideal);
        bencher.iter(|| of_tokens.iter().for_each(|attack| obey(&simulator, attack)));
    });
    group.bench_function("run, Ed25519", |bencher| {
        let simulator = simulator(&real);
        bencher.iter(|| of_bytes.iter().for_each(|attack| obey(&simulator, attack)));
    });
    group.bench_function("its signatures alone", |bencher| {
        bencher.iter(|| asked.iter().for_each(|call| ask(&scheme, call)));
    });
    group.finish();
}

fn simulator<P: Testable>(protocol: &P) -> Simulator<'_, P> {
    Simulator::new(protocol, N).expect("it can be run among so many")
}

fn obey<P: Testable>(simulator: &Simulator<'_, P>, attack: &AttackOn<P>) {
    black_box(simulator.run(black_box(attack)).expect("the attack fits"));
}

/// Attacks, the same ones every time: two traitors, one of them the commander, tell some generals one thing and others
/// another, in chains that they can sign.
fn drawn<S: Forge>(protocol: &SignedMessages<Order, S>) -> Vec<AttackOn<SignedMessages<Order, S>>> {
    let traitor = General::new(1);
    let traitors = Generals::NONE.with(General::COMMANDER).with(traitor);
    let say = |round, from: General, to, say: Chain<Order, S::Signature>| Lie {
        wire: Wire { round, from, to },
        edit: Edit::Say(say),
    };
    let sealer = protocol.sealer();
    let of_number = |number: u64| {
        let mut lies = Vec::new();
        for to in (2..N).map(General::new) {
            let commander = [General::COMMANDER];
            let both = [General::COMMANDER, traitor];
            if number >> to.id() & 1 == 1 {
                let chain = sealer.chain(&Order::RETREAT, commander);
                lies.push(say(1, General::COMMANDER, to, chain));
            }
            if number >> (to.id() - 2) & 1 == 1 {
                lies.push(say(2, traitor, to, sealer.chain(&Order::RETREAT, both)));
            }
        }
        let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
        Attack { lies, ..Attack::new(N, traitors, inputs) }
    };
    (0..ATTACKS).map(of_number).collect()
}

/// A call of a scheme: sign a statement, or verify a signature on it.
type Call = (General, Vec<u8>, Option<(General, SignatureBytes)>);

/// Repeats a call.
fn ask(scheme: &Ed25519, (me, statement, signed): &Call) {
    match signed {
        None => drop(black_box(scheme.sign(*me, statement))),
        Some((by, signature)) => {
            black_box(scheme.verify(*me, *by, statement, signature));
        }
    }
}

/// A scheme that records its calls.
#[derive(Clone, Debug)]
struct Recorded {
    scheme: Ed25519,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Recorded {
    fn record(&self, call: Call) {
        self.calls.lock().expect("there is one thread").push(call);
    }
}

impl Signatures for Recorded {
    type Signature = SignatureBytes;

    fn sign(&self, me: General, statement: &[u8]) -> SignatureBytes {
        self.record((me, statement.to_vec(), None));
        self.scheme.sign(me, statement)
    }

    fn verify(
        &self,
        me: General,
        by: General,
        statement: &[u8],
        signature: &SignatureBytes,
    ) -> bool {
        self.record((me, statement.to_vec(), Some((by, signature.clone()))));
        self.scheme.verify(me, by, statement, signature)
    }
}

impl Forge for Recorded {
    fn title(&self) -> String {
        self.scheme.title()
    }

    fn tampered(&self, how: Tampering, by: General, statement: &[u8]) -> SignatureBytes {
        self.scheme.tampered(how, by, statement)
    }

    fn odd(&self, by: General, statement: &[u8]) -> Vec<(&'static str, SignatureBytes)> {
        self.scheme.odd(by, statement)
    }

    fn passes(&self, by: General, statement: &[u8], signature: &SignatureBytes) -> bool {
        self.record((by, statement.to_vec(), Some((by, signature.clone()))));
        self.scheme.passes(by, statement, signature)
    }
}

/// Every call of the scheme while the simulator runs these attacks. The protocol makes some, several of them twice,
/// because the simulator checks that it is deterministic. The simulator makes the others, to check that the traitors
/// can sign what they say.
fn asked(attacks: &[AttackOn<Real>], scheme: &Ed25519) -> Vec<Call> {
    let recorded = Recorded { scheme: scheme.clone(), calls: Arc::default() };
    let protocol = SignedMessages::new(M).signatures(recorded.clone());
    let simulator = simulator(&protocol);
    attacks.iter().for_each(|attack| obey(&simulator, attack));
    recorded.calls.lock().expect("there is one thread").clear();
    attacks.iter().for_each(|attack| obey(&simulator, attack));
    std::mem::take(&mut *recorded.calls.lock().expect("there is one thread"))
}
