//! The attacks that our own hunts found on protocols that survive crashes but no traitors. They are kept as values, and
//! replayed before anything is drawn. (`regressions` covers the attacks on the other protocols.)

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Serialize;
use serde::de::DeserializeOwned;
use turncoat::report::attack_file::AttackFile;
use turncoat::{
    CoordinatorVote, FloodSet, OralMessages, Regressions, Repertoire, Testable, TwoStep, hunt, run,
};

use crate::command_line::scratch_folder;
use crate::panics;
use crate::pared::Pared;

fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("proptest-regressions/attacks").join(name)
}

/// Every attack that is kept in a directory breaks the protocol. With `UPDATE_EXPECT=1` the attack that a hunt finds
/// today is kept, too.
fn break_it<P>(name: &str, protocol: P, n: usize, f: usize)
where
    P: Testable<Value: Serialize + DeserializeOwned, Message: Serialize + DeserializeOwned> + Clone,
{
    let stored = Regressions::in_dir(directory(name));
    if env::var_os("UPDATE_EXPECT").is_some() {
        let found = hunt(protocol.clone()).generals(n).traitors(f).assert_finds();
        stored.keep(&protocol.words().name(), &found.attack).unwrap();
    }
    let replayed = stored.replay(&protocol);
    assert!(!replayed.attacks.is_empty(), "{name}: nothing is kept");
    assert_eq!(replayed.broken().count(), replayed.attacks.len(), "{replayed}");
}

#[test]
fn what_was_found_still_breaks_what_it_broke() {
    break_it("flood-set", FloodSet::new(2), 4, 1);
    break_it("vote", CoordinatorVote::new(1), 4, 1);
}

/// A stored attack holds its messages: it breaks the protocol even if they are no longer in the repertoire.
#[test]
fn it_outlives_the_repertoire() {
    let pared = Pared::new(TwoStep::new(), |_, _| Repertoire::silent());
    for file in fs::read_dir(directory("two-step")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let attack = AttackFile::read(&text).unwrap().attack().unwrap();
        assert!(run(&pared, &attack).unwrap().violation().is_some());
    }
}

/// A hunt that must survive the stored attacks names those that still break the protocol, and stores what it finds; the
/// next hunt starts with that.
#[test]
fn a_hunt_keeps_what_it_finds() {
    let directory = scratch_folder("kept");
    let stored = Regressions::in_dir(&directory);
    hunt(OralMessages::new(1)).generals(4).traitors(1).cases(100).assert_survives(&stored);
    let message = |cases| {
        let hunt = hunt(OralMessages::new(1)).generals(3).traitors(1).cases(cases);
        panics::told(|| hunt.assert_survives(&stored))
    };
    let first = message(1_000);
    assert!(first.contains("Found at case") && first.contains("The attack is kept in"), "{first}");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    let again = message(1);
    assert!(again.contains("Violated") && !again.contains("Found at case"), "{again}");
}
