//! PBFT as published, and bugs of its implementations.

use std::collections::BTreeMap;

use turncoat::protocols::pbft::{PbftMessage, Prepared, SignedFor};
use turncoat::{
    Effects, EventDriven, EventTestable, General, Generals, InWaves, Order, Pbft, Seat, check,
    hunt, run,
};

const ATTACK: Order = Order::ATTACK;
const RETREAT: Order = Order::RETREAT;

/// One view among four generals is searched exhaustively, and three generals with a view change; the rest is hunted.
#[test]
fn nothing_is_found_in_it_as_published() {
    check(Pbft::new().views(1)).generals(4).traitors(1).assert_holds();
    for pbft in [Pbft::new(), Pbft::new().views(3), Pbft::new().live()] {
        hunt(pbft).generals(4).traitors(1).cases(200).assert_finds_nothing();
    }
    hunt(Pbft::new().views(1)).generals(5).traitors(1).cases(100).assert_finds_nothing();
}

/// Each with a number of generals and traitors, and a seed, with which a hunt finds it; the first two need no traitor.
#[test]
fn mutants_lose_agreement() {
    let pbft = Pbft::new();
    let mutants = [
        (pbft.forgetting(), 4, 0, 0),
        (pbft.deciding_when_prepared(), 4, 0, 8),
        (pbft.picking_lowest().views(3), 4, 1, 31),
        (pbft.trusting_new_views(), 4, 1, 12),
        (pbft.quorum(3).views(1), 5, 1, 23),
    ];
    for (mutant, n, f, seed) in mutants {
        let hunt = hunt(mutant).generals(n).traitors(f).violating("agreement").seed(seed);
        let found = hunt.cases(400).assert_finds();
        let again = run(&InWaves(mutant), &found.attack).unwrap();
        assert_eq!(again.violation().map(|violation| violation.name()), Some("agreement"));
        let right = pbft.views(3);
        let right = run(&InWaves(right), &found.attack).unwrap();
        assert_eq!(right.violation(), None, "{mutant:?}");
    }
}

/// Delay alone: no message is a lie, and the search finds it.
#[test]
fn what_was_prepared_must_not_be_forgotten() {
    let found = check(Pbft::new().forgetting()).generals(3).traitors(0).assert_broken();
    assert_eq!((found.violation.name(), found.attack.lies.len()), ("agreement", 0));
}

/// Whether general 2 believes a NEW-VIEW of general 1, and so sends PREPARE.
fn believes(pbft: Pbft, order: Order, claims: &[Option<(u32, Order)>], by: [usize; 3]) -> bool {
    let seat = Seat::new(General::new(2), 4);
    let mut effects = Effects::of(seat);
    let mut state = pbft.begin(seat, None, &mut effects);
    effects.take();
    let claims: BTreeMap<_, _> = (0..).map(General::new).zip(claims.iter().copied()).collect();
    let signers = by.map(General::new).into_iter().collect::<Generals>();
    let last = claims.values().flatten().max().copied();
    let prepared = last.map(|(view, order)| Prepared { view, order, signers });
    let proposal = SignedFor { view: 2, order, by: General::new(1) };
    let new_view = PbftMessage::NewView { proposal, claims, prepared };
    pbft.receive(&mut state, General::new(1), &new_view, &mut effects);
    !effects.take().is_empty()
}

#[test]
fn a_new_view_is_believed_if_it_follows() {
    let (pbft, prepared) = (Pbft::new(), Some((1, ATTACK)));
    let cases: [(Order, &[_], _, _); 6] = [
        (RETREAT, &[None; 3], [0, 1, 2], true),
        (ATTACK, &[None, prepared, None], [0, 1, 2], true),
        // Another order, too few VIEW-CHANGEs, no signature of the primary, or a claim from a view to come.
        (RETREAT, &[None, prepared, None], [0, 1, 2], false),
        (RETREAT, &[None; 2], [0, 1, 2], false),
        (ATTACK, &[None, prepared, None], [1, 2, 3], false),
        (ATTACK, &[None, Some((2, ATTACK)), None], [0, 1, 2], false),
    ];
    for (order, claims, by, believed) in cases {
        assert_eq!(believes(pbft, order, claims, by), believed, "{order} {claims:?} {by:?}");
        assert!(believes(pbft.trusting_new_views(), order, claims, by));
    }
    assert!(!believes(pbft, ATTACK, &[None, prepared, None], [0, 1, 1]));
}

#[test]
fn the_alphabet_has_no_message_twice() {
    for (n, from) in itertools::iproduct!([4, 5], [0, 1]) {
        let mut said = Pbft::new().alphabet(n, General::new(from), General::new(2));
        let all = said.len();
        said.sort_unstable();
        said.dedup();
        assert_eq!(said.len(), all, "general {from} of {n}");
    }
}
