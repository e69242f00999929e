//! Chained HotStuff, as published, and what goes wrong if links need not be of consecutive views.

use std::fs;

use turncoat::report::attack_file::AttackFile;
use turncoat::{ChainedHotStuff, InWaves, Order, Regressions, check, hunt, run};

#[test]
fn agreement_is_kept() {
    check(ChainedHotStuff::new().views(3)).generals(4).traitors(1).assert_holds();
    for views in [4, 7] {
        let chained = ChainedHotStuff::new().views(views);
        hunt(chained).generals(4).traitors(1).cases(100).assert_finds_nothing();
    }
}

/// With quorums of two the leader gets both chains signed, each by one of the loyal generals.
#[test]
fn too_small_a_quorum_loses_it() {
    let halves = hunt(ChainedHotStuff::new().quorum(2)).generals(4).traitors(1);
    assert_eq!(halves.assert_finds().violation.name(), "agreement");
}

/// The traitor leads. Blocks 1, 2, 5 and 7 are one chain; 3, 4, 6 and another 7 are the other; general 2 signs both.
/// The views of the two chains alternate, so by the time a general locks a block there is already a newer certificate
/// of the other chain, which overrides the lock.
#[test]
fn links_without_views_decide_two_chains() {
    let kept = Regressions::in_dir("proptest-regressions/attacks/chained-hotstuff");
    let chained = ChainedHotStuff::new().views(7);
    let linked = InWaves(chained.any_links());
    let replayed = kept.replay(&linked);
    assert_eq!((replayed.attacks.len(), replayed.broken().count()), (1, 1), "{replayed}");
    let file = fs::read_to_string(&replayed.attacks[0].file).unwrap();
    let attack = AttackFile::read(&file).unwrap().attack().unwrap();
    let decisions = run(&linked, &attack).unwrap().decisions;
    assert_eq!(decisions[1..], [Some(Order::ATTACK), None, Some(Order::RETREAT)]);
    for lie in 0..attack.lies.len() {
        let mut fewer = attack.clone();
        fewer.lies.remove(lie);
        let violated = run(&linked, &fewer).is_ok_and(|run| run.violation().is_some());
        assert!(!violated, "lie {lie} is not needed");
    }
    let published = run(&InWaves(chained), &attack).unwrap();
    assert!(published.violation().is_none(), "{:?}", published.decisions);
}
