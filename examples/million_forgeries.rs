//! A million forgeries against SM(m) with real Ed25519 signatures: every kind of forgery, shown to loyal generals in
//! many settings. None may be accepted. (This takes half a minute to two minutes on two cores. An argument sets
//! another number.)

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

use rayon::prelude::*;
use turncoat::forgery::Tampering;
use turncoat::protocols::forged_chains::{LABELS, Place, forgeries};
use turncoat::signature::ed25519::Ed25519;
use turncoat::testable::Forgery;
use turncoat::{General, Lockstep, Order, Seat, SignedMessages, Wire};

/// How many forgeries in all, unless an argument gives another number.
const IN_ALL: usize = 1_000_000;

/// Each label must make up at least one in this many of them.
const ONE_IN: usize = 100;

/// For each label, how many forgeries there were, and how many were accepted.
type Tally = BTreeMap<&'static str, (usize, usize)>;

fn main() -> ExitCode {
    let start = Instant::now();
    let in_all = match std::env::args().nth(1).map(|number| number.parse::<usize>()) {
        None => IN_ALL,
        Some(Ok(number)) => number,
        Some(Err(error)) => {
            eprintln!("how many forgeries? give a number: {error}");
            return ExitCode::from(2);
        }
    };
    let mut tally = Tally::new();
    for label in LABELS.into_iter().chain(Tampering::ALL.map(Tampering::label)) {
        tally.insert(label, (0, 0));
    }
    let enough = |tally: &Tally| {
        let attempts = tally.values().map(|(attempts, _)| attempts);
        attempts.clone().sum::<usize>() >= in_all && attempts.min() >= Some(&(in_all / ONE_IN))
    };
    // Each seed gives everybody new keys. Eight seeds are tried at a time.
    for seeds in (0..).step_by(8).map(|first| first..first + 8) {
        let of_seeds: Vec<Tally> = seeds.into_par_iter().map(of_seed).collect();
        for (label, (attempts, counted)) in of_seeds.into_iter().flatten() {
            let row = tally.entry(label).or_default();
            *row = (row.0 + attempts, row.1 + counted);
        }
        if enough(&tally) {
            break;
        }
    }
    println!("{:>9}  {:>7}  label", "attempts", "counted");
    for (label, (attempts, counted)) in &tally {
        println!("{attempts:>9}  {counted:>7}  {label}");
    }
    let attempts: usize = tally.values().map(|(attempts, _)| attempts).sum();
    let counted: usize = tally.values().map(|(_, counted)| counted).sum();
    println!("{attempts:>9}  {counted:>7}  in all, in {:.0} s", start.elapsed().as_secs_f64());
    ExitCode::from(u8::from(counted > 0))
}

/// Every forgery on every wire of many settings, with the keys of one seed.
fn of_seed(seed: u64) -> Tally {
    let mut tally = Tally::new();
    let scheme = Ed25519::from_seed(seed);
    for n in 2..=6 {
        let protocol = SignedMessages::new(3).signatures(scheme.clone());
        let wires = itertools::iproduct!(1..=protocol.rounds(n), 0..n, 0..n);
        for (round, from, to) in wires.filter(|(_, from, to)| from != to) {
            let wire = Wire { round, from: General::new(from), to: General::new(to) };
            let place = Place { n, wire, values: &Order::first(2), length: round };
            for Forgery { label, message } in forgeries(protocol.sealer(), &place) {
                let seat = Seat::new(wire.to, n);
                // A general who has no order yet could believe any.
                let mut state = protocol.start(seat, None);
                let before = state.clone();
                protocol.receive(&mut state, round, wire.from, &message);
                let row = tally.entry(label).or_default();
                *row = (row.0 + 1, row.1 + usize::from(state != before));
            }
        }
    }
    tally
}
