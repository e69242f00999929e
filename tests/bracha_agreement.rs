//! Bracha's agreement: what it is without reliable broadcast, and without validation.

use turncoat::protocols::bracha_agreement::{RoundStep, VoteMessage};
use turncoat::protocols::reliable_broadcast::BroadcastMessage::Initial;
use turncoat::{
    AttackOn, BrachaAgreement, Effects, EventDriven, EventTestable, General, InWaves, Order,
    Regressions, Seat, Swap, check, hunt, run,
};

const ATTACK: Order = Order::ATTACK;

/// One round is gone through where votes are sent as they are. What a traitor can do by reliable broadcast it can do so as
/// well: so one round holds with that, too.
#[test]
fn one_round_holds() {
    check(BrachaAgreement::new().rounds(1).plainly()).generals(4).traitors(1).assert_holds();
    let reliable = BrachaAgreement::new().rounds(1);
    let part = check(reliable).generals(4).traitors(1).steps(50_000).run().unwrap();
    assert_eq!(part.name(), "bounded");
}

#[test]
fn nothing_is_found_in_it_as_published() {
    for rounds in [1, 2] {
        let published = BrachaAgreement::new().rounds(rounds);
        hunt(published).generals(4).traitors(1).cases(50).assert_finds_nothing();
    }
    hunt(BrachaAgreement::new().rounds(1)).generals(5).traitors(1).cases(20).assert_finds_nothing();
}

/// Among three a traitor is one too many: 2f + 1 votes need its own.
#[test]
fn too_few_generals_are_broken() {
    let too_few = BrachaAgreement::new().rounds(1).tolerating(1);
    for few in [too_few, too_few.plainly()] {
        let found = hunt(few).generals(3).traitors(1).assert_finds();
        assert_eq!(found.violation.name(), "validity");
    }
}

/// A traitor who votes for nothing in step 3, though all have voted for the same, keeps one from a decision.
#[test]
fn without_validation_votes_come_from_nowhere() {
    let believing = BrachaAgreement::new().without_validation();
    let plain = check(believing.rounds(1).plainly()).generals(4).traitors(1).assert_broken();
    assert_eq!((plain.violation.name(), plain.attack.lies.len()), ("validity", 1));
    let reliable = hunt(believing.rounds(1)).generals(4).traitors(1).assert_finds();
    assert_eq!(reliable.violation.name(), "validity");
}

/// General 0 decides RETREAT in round 1 by three votes, one of them the traitor's. Each of the other two sees one of
/// the three, and the traitor's vote for nothing: both toss their coin, and decide ATTACK in round 2.
#[test]
fn who_votes_differently_in_front_of_each_breaks_it() {
    let stored = Regressions::in_dir("proptest-regressions/attacks/bracha-agreement");
    let [plain, reliable] = [BrachaAgreement::new().plainly(), BrachaAgreement::new()].map(InWaves);
    let replayed = stored.replay(&plain);
    let found: Vec<_> = replayed.broken().collect();
    assert_eq!(found.len(), 1, "{replayed}");
    assert_eq!(found[0].violation.name(), "agreement");
    let attack: &AttackOn<InWaves<BrachaAgreement>> = &found[0].attack;
    let violated = |lies, schedule| {
        let less = AttackOn::<InWaves<BrachaAgreement>> { lies, schedule, ..attack.clone() };
        run(&plain, &less).unwrap().violation().is_some()
    };
    for lie in 0..attack.lies.len() {
        let mut less = attack.lies.clone();
        less.remove(lie);
        assert!(!violated(less, attack.schedule.clone()), "{:?}", attack.lies[lie]);
    }
    for shift in 0..attack.schedule.len() {
        let mut less = attack.schedule.clone();
        less.remove(shift);
        assert!(!violated(attack.lies.clone(), less), "{:?}", attack.schedule[shift]);
    }
    assert_eq!(run(&reliable, attack).unwrap().violation(), None);
}

/// Votes that nothing justifies yet are kept, and count once they are justified.
#[test]
fn votes_count_when_they_are_justified() {
    let plain = BrachaAgreement::new().plainly();
    let mut effects = Effects::of(Seat::new(General::new(0), 4));
    let mut state = plain.begin(Seat::new(General::new(0), 4), Some(&ATTACK), &mut effects);
    let mut said = |from: usize, step, vote| {
        let (by, turn) = (General::new(from), RoundStep { round: 1, step });
        let message = VoteMessage { by, turn, said: Initial(vote) };
        plain.receive(&mut state, by, &message, &mut effects);
        plain.words().explain(&state)
    };
    let early = said(3, 2, Some(Order::RETREAT));
    assert_eq!(early[2], "votes of 1.2: RETREAT by 3; 0 are valid");
    said(1, 1, Some(ATTACK));
    let unjustified = said(2, 1, Some(Order::RETREAT));
    assert_eq!(unjustified[2], "votes of 1.2: ATTACK by 0, RETREAT by 3; 1 are valid");
    let justified = said(3, 1, Some(Order::RETREAT));
    assert_eq!(justified[2], "votes of 1.2: ATTACK by 0, RETREAT by 3; 2 are valid");
}

/// Whatever is heard, from whomever: with two in each other's places it comes to the same, but for names.
#[test]
fn all_are_alike_to_it() {
    let swap = Swap::between(General::new(2), General::new(3));
    for bracha in [BrachaAgreement::new(), BrachaAgreement::new().plainly()] {
        let symmetry = bracha.symmetry().unwrap();
        for me in [0, 2].map(General::new) {
            let begun = |me| {
                let mut effects = Effects::of(Seat::new(me, 4));
                (bracha.begin(Seat::new(me, 4), Some(&ATTACK), &mut effects), effects)
            };
            let ((mut one, mut effects), (mut other, mut others)) = (begun(me), begun(swap.of(me)));
            for from in symmetry.alike(4).without(me).iter() {
                for said in bracha.alphabet(4, from, me) {
                    let swapped = symmetry.swapped_message(&said, swap);
                    bracha.receive(&mut one, from, &said, &mut effects);
                    bracha.receive(&mut other, swap.of(from), &swapped, &mut others);
                    assert_eq!(symmetry.swapped_state(&one, swap), other, "{said:?} from {from:?}");
                }
            }
        }
    }
}
