//! Hunts in hbbft, of the version that the manifest names: `hbbft-under-the-traitor CASES SEEDS DIRECTORY`.

mod agreement;
mod broadcast;
mod driven;
#[path = "../../hunted.rs"]
mod hunted;
mod subset;

use agreement::Agreement;
use driven::Hbbft;
use hbbft::broadcast::Broadcast;
use hbbft::subset::Subset;
use hunted::{hunted, replayed};

fn main() {
    let version = env!("CARGO_PKG_NAME");
    let is_old = version.contains("0-1-0");
    let stored = concat!(env!("CARGO_MANIFEST_DIR"), "/../hbbft-0.1.0/attacks");
    replayed(Hbbft::<Agreement>::new(), stored, is_old);
    for traitors in [0, 1] {
        hunted(version, Hbbft::<Agreement>::new(), 4, traitors, 100_000);
        if !is_old {
            hunted(version, Hbbft::<Broadcast<usize>>::new(), 4, traitors, 100_000);
            hunted(version, Hbbft::<Subset<usize, u8>>::new(), 4, traitors, 100_000);
        }
    }
}
