//! Simplex, as published, and what breaks it.

use std::collections::BTreeSet;
use std::fs;

use turncoat::protocols::simplex::SimplexMessage::{Finalize, Vote};
use turncoat::report::attack_file::AttackFile;
use turncoat::schedule::Happening;
use turncoat::{
    Attack, Edit, Effects, EventDriven, EventTestable, General, Generals, InWaves, Lie, Order,
    OwnEvent, Regressions, Seat, Simplex, Swap, check, hunt, run,
};

const ATTACK: Order = Order::ATTACK;
const RETREAT: Order = Order::RETREAT;

#[test]
fn agreement_is_kept() {
    check(Simplex::new().iterations(1)).generals(4).traitors(1).assert_holds();
    check(Simplex::new()).generals(3).traitors(0).assert_holds();
    for iterations in [2, 3] {
        let simplex = Simplex::new().iterations(iterations);
        hunt(simplex).generals(4).traitors(1).cases(200).assert_finds_nothing();
    }
}

#[test]
fn mutants_lose_it() {
    let once = Simplex::new().iterations(1);
    let too_few = check(once.tolerating(1)).generals(3).traitors(1);
    let halves = check(once.quorum(2)).generals(4).traitors(1);
    for broken in [too_few, halves] {
        assert_eq!(broken.assert_broken().violation.name(), "agreement");
    }
    let trusting = hunt(Simplex::new().trusting_gaps()).generals(4).traitors(1).seed(22);
    assert_eq!(trusting.assert_finds().violation.name(), "agreement");
}

/// General 3 finalizes the block notarized in iteration 1, and the leader of iteration 2 claims that iteration 1 was
/// empty. If the two others believe that, they finalize another chain. A protocol that asks for the notarization of the
/// dummy block does not believe it.
#[test]
fn that_an_iteration_was_empty_is_not_to_be_believed() {
    let kept = Regressions::in_dir("proptest-regressions/attacks/simplex");
    let believing = InWaves(Simplex::new().trusting_gaps());
    let replayed = kept.replay(&believing);
    assert_eq!((replayed.attacks.len(), replayed.broken().count()), (1, 1), "{replayed}");
    let file = fs::read_to_string(&replayed.attacks[0].file).unwrap();
    let attack = AttackFile::read(&file).unwrap().attack().unwrap();
    assert!(run(&InWaves(Simplex::new()), &attack).unwrap().violation().is_none());
}

/// The first leader is silent. Iteration 1 times out for everybody; its dummy block is notarized, and then the second
/// leader's own block on top of it.
#[test]
fn a_silent_leader_leaves_a_dummy_block() {
    let inputs = [ATTACK, RETREAT, ATTACK, ATTACK];
    let inputs = inputs.into_iter().enumerate().map(|(id, input)| (General::new(id), input));
    let silent = Generals::NONE.with(General::new(0));
    let simplex = InWaves(Simplex::new());
    let mut attack: Attack<Order, _> = Attack::new(4, silent, inputs.collect());
    let honest = run(&simplex, &attack).unwrap();
    assert_eq!(honest.decisions[1..], [Some(ATTACK); 3]);
    for delivery in &honest.deliveries {
        if delivery.wire.from == General::new(0) {
            let withheld = delivery.said.iter().cloned().map(Edit::Withhold);
            attack.lies.extend(withheld.map(|edit| Lie { wire: delivery.wire, edit }));
        }
    }
    let execution = run(&simplex, &attack).unwrap();
    assert_eq!(execution.decisions[1..], [Some(RETREAT); 3]);
    let said = execution.deliveries.iter().flat_map(|delivery| delivery.said.iter());
    let voted = said.filter_map(|said| match said {
        Vote(block) => Some((block.height, block.after.as_slice())),
        _ => None,
    });
    assert_eq!(voted.collect::<BTreeSet<_>>(), BTreeSet::from([(2, [].as_slice())]));
}

/// A general whose timer went off in an iteration does not finalize it, though it is notarized.
#[test]
fn who_has_voted_for_a_dummy_block_does_not_finalize() {
    let inputs = Generals::first(4).iter().map(|general| (general, ATTACK)).collect();
    let mut attack: Attack<Order, _> = Attack::new(4, Generals::NONE, inputs);
    let (general, event) = (General::new(3), OwnEvent::GoesOff(1));
    attack.happenings = vec![Happening { wave: 1, general, event }];
    let execution = run(&InWaves(Simplex::new().iterations(2)), &attack).unwrap();
    let finalizing = execution.deliveries.iter().filter(|it| it.said.contains(&Finalize(1)));
    let finalizing: Generals = finalizing.map(|it| it.wire.from).collect();
    assert_eq!(finalizing, Generals::first(3));
    assert_eq!(execution.decisions, [Some(ATTACK); 4]);
}

#[test]
fn those_who_never_lead_are_alike() {
    let simplex = Simplex::new();
    let symmetry = simplex.symmetry().unwrap();
    let swap = Swap::between(General::new(2), General::new(3));
    for me in [0, 2].map(General::new) {
        let begun = |me| {
            let mut effects = Effects::of(Seat::new(me, 4));
            (simplex.begin(Seat::new(me, 4), Some(&ATTACK), &mut effects), effects)
        };
        let ((mut one, mut effects), (mut other, mut others)) = (begun(me), begun(swap.of(me)));
        for from in symmetry.alike(4).with(General::new(1)).without(me).iter() {
            for said in simplex.alphabet(4, from, me) {
                simplex.receive(&mut one, from, &said, &mut effects);
                simplex.receive(&mut other, swap.of(from), &said, &mut others);
                assert_eq!(symmetry.swapped_state(&one, swap), other, "{said:?} from {from:?}");
            }
        }
    }
}
