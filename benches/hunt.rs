//! Measures how many attacks a hunt draws and judges per second on one thread, beside the bare simulator on the same
//! attacks. The difference is the cost of drawing attacks, judging their outcomes and counting views. The simulator
//! itself reads each attack from its written form.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use rayon::ThreadPoolBuilder;
use turncoat::execution::Simulator;
use turncoat::protocols::asking::asking;
use turncoat::{AttackOn, Demand, OralMessages, SignedMessages, Testable, hunt};

/// How many cases one iteration of a hunt goes through: enough that the setup before the first case (reading the
/// repertoire) does not count.
const CASES: u64 = 8192;

/// How many of the same attacks the simulator runs.
const ATTACKS: u64 = 512;

// Not `criterion_main!`: it expands to undocumented items, which `missing_docs` warns about.
fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    executions(&mut criterion, "OM(1) n=4", OralMessages::new(1), 4, 1);
    executions(&mut criterion, "OM(2) n=7", OralMessages::new(2), 7, 2);
    executions(&mut criterion, "SM(2) n=5", SignedMessages::new(2), 5, 2);
    criterion.final_summary();
}

fn executions<P: Testable + Clone + Send>(
    criterion: &mut Criterion,
    name: &str,
    protocol: P,
    n: usize,
    f: usize,
) {
    let one_thread = ThreadPoolBuilder::new().num_threads(1).build().expect("a thread starts");
    let question = || hunt(protocol.clone()).generals(n).traitors(f).cases(CASES);
    let answer = || question().run().expect("the question has an answer");
    let hunted = one_thread.install(answer);
    assert_eq!((hunted.name(), hunted.coverage.cases), ("bounded", CASES), "{hunted}");

    let mut group = criterion.benchmark_group(name);
    group.sample_size(10);
    group.throughput(Throughput::Elements(CASES));
    group.bench_function("hunt", |bencher| {
        bencher.iter(|| one_thread.install(answer));
    });
    group.throughput(Throughput::Elements(ATTACKS));
    let attacks = drawn(&protocol, n, f);
    let simulator = Simulator::new(&protocol, n).expect("the protocol can be run");
    group.bench_function("simulator", |bencher| {
        bencher.iter(|| {
            for attack in &attacks {
                black_box(simulator.run(black_box(attack)).expect("the attack fits"));
            }
        });
    });
    group.finish();
}

/// The attacks of the first cases. The demand is never met, so the hunt reports every attack as a finding.
fn drawn<P: Testable + Clone>(protocol: &P, n: usize, f: usize) -> Vec<AttackOn<P>> {
    let never = || Demand::new("never", |_| false);
    let attack = |case| {
        let question = hunt(asking(protocol.clone(), [never()])).generals(n).traitors(f);
        let alone = question.starting_at(case).cases(1).shrinking_for(Duration::ZERO);
        let hunted = alone.run().expect("the question has an answer");
        hunted.finding.expect("the demand is not met").drawn
    };
    (0..ATTACKS).map(attack).collect()
}
