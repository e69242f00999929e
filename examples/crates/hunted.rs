//! What each of these programs does for a version of a crate: `PROGRAM CASES SEEDS DIRECTORY`.

use std::env::args;
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;
use turncoat::protocols::in_waves::AnyProtocol;
use turncoat::{Opaque, Regressions, hunt};

/// Hunts in a protocol among so many generals of whom so many are traitors. So many cases are drawn (by default
/// `usual`) with each seed; what is found is told, and kept in the directory if one is given. How often was it?
pub fn hunted<P>(version: &str, protocol: P, generals: usize, traitors: usize, usual: u64) -> usize
where
    P: Opaque<Value: Serialize + DeserializeOwned>,
{
    let number = |place| args().nth(place).map(|number| number.parse().expect("a number"));
    let (cases, seeds) = (number(1).unwrap_or(usual), number(2).unwrap_or(1));
    let name = format!("{protocol:?}");
    let protocol = protocol.tested();
    let mut broken = 0;
    for seed in 0..seeds {
        let start = Instant::now();
        let asked = hunt(&protocol).generals(generals).traitors(traitors).cases(cases).seed(seed);
        let hunted = asked.run().expect("it can be hunted in");
        println!("{hunted}\n{version}, seed {seed}: {} in {:?}\n", hunted.name(), start.elapsed());
        let Some(found) = hunted.counterexample() else { continue };
        broken += 1;
        if let Some(directory) = args().nth(3) {
            let kept = Regressions::in_dir(directory).keep(&name, &found.attack);
            println!("kept in {}\n", kept.expect("it can be kept").display());
        }
    }
    broken
}

/// What was found once is run again: all of it breaks a version that is wrong, and nothing one that is mended.
pub fn replayed<P>(protocol: P, directory: &str, is_wrong: bool)
where
    P: Opaque<Value: Serialize + DeserializeOwned>,
{
    let protocol = protocol.tested();
    let replayed = Regressions::in_dir(directory).replay(&protocol);
    println!("{replayed}");
    assert_eq!(replayed.broken().count(), if is_wrong { replayed.attacks.len() } else { 0 });
}
