//! Hunts in two versions of malachite's consensus: `malachite-consensus-under-the-traitor CASES SEEDS DIRECTORY`.

mod bad;
mod good;
#[path = "../../hunted.rs"]
mod hunted;

use hunted::{hunted, replayed};

fn main() {
    let stored = concat!(env!("CARGO_MANIFEST_DIR"), "/attacks");
    replayed(bad::asked::Consensus, stored, true);
    replayed(good::asked::Consensus, stored, false);
    hunted("0.5.0", bad::asked::Consensus, 4, 1, 400_000);
    assert_eq!(hunted("0.8.2", good::asked::Consensus, 4, 1, 400_000), 0, "that would be news");
}
