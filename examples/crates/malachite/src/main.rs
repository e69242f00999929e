//! Hunts in two versions of malachite's consensus driver: `malachite-under-the-traitor CASES SEEDS DIRECTORY`.

mod bad;
mod good;

use std::time::Instant;

use turncoat::protocols::in_waves::AnyProtocol;
use turncoat::{Regressions, hunt};

fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| given.get(place).map(|number| number.parse().expect("a number"));
    let (cases, seeds) = (number(0).unwrap_or(400_000), number(1).unwrap_or(1));
    let stored = Regressions::in_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/attacks"));

    // What was found once breaks the version that is wrong, and not the one that is not.
    let (bad, good) = (bad::adapter::Malachite.tested(), good::adapter::Malachite.tested());
    let (broken, mended) = (stored.replay(&bad), stored.replay(&good));
    println!("{broken}\n{mended}");
    assert_eq!(broken.broken().count(), broken.attacks.len());
    assert_eq!(mended.broken().count(), 0);

    for seed in 0..seeds {
        let start = Instant::now();
        let asked = hunt(&bad).generals(4).traitors(1).cases(cases).seed(seed);
        let hunted = asked.run().expect("it can be hunted in");
        println!("{hunted}\n0.5.0, seed {seed}: {} in {:?}\n", hunted.name(), start.elapsed());
        if let (Some(found), Some(directory)) = (hunted.counterexample(), given.get(2)) {
            let kept = Regressions::in_dir(directory).keep(&"Malachite", &found.attack);
            println!("kept in {}\n", kept.expect("it can be kept").display());
        }
    }
    let start = Instant::now();
    let hunted = hunt(&good).generals(4).traitors(1).cases(cases).run();
    let hunted = hunted.expect("it can be hunted in");
    println!("{hunted}\n0.8.2: {} in {:?}\n", hunted.name(), start.elapsed());
    assert!(hunted.counterexample().is_none(), "that would be news");
}
