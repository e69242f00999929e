//! Protocols that go from view to view: HotStuff and Tendermint, as published, and what breaks them.

use std::collections::BTreeMap;

use itertools::Itertools;
use turncoat::protocols::hotstuff::{Certificate, HotStuffMessage};
use turncoat::protocols::tendermint::TendermintMessage::{self, Precommit, Prevote, Proposal};
use turncoat::schedule::Happening;
use turncoat::search::{Engine, Reduction};
use turncoat::{
    Adversary, Arrival, Attack, AttackOn, Edit, Effects, EventDriven, EventTestable, General,
    Generals, HotStuff, InWaves, Lie, Order, OwnEvent, Regressions, Round, Seat, Shift, Swap,
    Tendermint, Wire, check, hunt, run,
};

#[test]
fn nothing_is_found_in_them_as_published() {
    for hotstuff in [HotStuff::new(), HotStuff::new().phases(2), HotStuff::new().views(3)] {
        hunt(hotstuff).generals(4).traitors(1).cases(300).assert_finds_nothing();
    }
    for tendermint in [Tendermint::new(), Tendermint::new().rounds(3)] {
        hunt(tendermint).generals(4).traitors(1).cases(300).assert_finds_nothing();
    }
}

/// One view of HotStuff is searched exhaustively, and two views if the second leader is the traitor. More views, and
/// Tendermint, are searched in part.
#[test]
fn views_of_hotstuff_hold() {
    check(HotStuff::new().phases(2).views(1)).generals(4).traitors(1).assert_holds();
    let two = check(HotStuff::new().phases(2)).generals(4).against(only(1));
    // The inputs of generals who never lead do not matter.
    let all = two.clone().without(Reduction::EqualStarts).run().unwrap();
    let one_for_all = two.run().unwrap();
    assert!(all.holds() && one_for_all.holds());
    assert_eq!(all.steps, 4 * one_for_all.steps);
    assert!(one_for_all.reductions.contains(&Reduction::EqualStarts));
    check(HotStuff::new().phases(2).without_lock()).generals(4).against(only(1)).assert_broken();
    let more = check(HotStuff::new()).generals(4).traitors(1).steps(50_000).run().unwrap();
    let tendermint = check(Tendermint::new()).generals(4).traitors(1).steps(50_000).run().unwrap();
    assert_eq!((more.name(), tendermint.name()), ("bounded", "bounded"));
}

/// Combined certificates, and those that traitors combine.
#[test]
fn the_naive_engine_says_the_same_of_certificates() {
    for (phases, quorum) in [(1, 2), (1, 3), (2, 2), (2, 3)] {
        let hotstuff = HotStuff::new().views(1).phases(phases).quorum(quorum);
        let asked = check(hotstuff).generals(3).traitors(1);
        let [found, naive] = [asked.clone(), asked.engine(Engine::Naive)].map(|asked| {
            let verdict = asked.run().unwrap();
            (verdict.name(), verdict.least_heard)
        });
        assert_eq!(found, naive, "{phases} phases, quorums of {quorum}");
        assert_eq!(found.0 == "broken", quorum == 2);
    }
}

/// Only this general is the traitor.
fn only(traitor: usize) -> Adversary {
    let mut adversary = Adversary::byzantine(1).exactly();
    adversary.suspects = Some(Generals::NONE.with(General::new(traitor)));
    adversary
}

/// With one phase a decision locks nobody, and two quorums of f + 1 need not share a loyal general. Tendermint has
/// similar mutants.
#[test]
fn mutants_are_found() {
    let hotstuff = HotStuff::new();
    for mutant in [hotstuff.phases(1), hotstuff.quorum(2)] {
        let hunt = hunt(mutant).generals(4).traitors(1).violating("agreement");
        hunt.cases(10_000).assert_finds();
    }
    let tendermint = Tendermint::new();
    let mutants =
        [(tendermint.without_lock(), 0), (tendermint.lock_at(2), 4), (tendermint.quorum(2), 0)];
    for (mutant, seed) in mutants {
        let hunt = hunt(mutant).generals(4).traitors(1).violating("agreement");
        hunt.seed(seed).cases(2_000).assert_finds();
    }
}

/// The livelock of two phases: the leader of view 2 goes on with n - f NEW-VIEWs, one of them the traitor's, and none
/// from the loyal general who is locked. So only two generals sign the leader's proposal. With three phases, a general
/// that is locked knows that n - f have prepared the same, so every leader hears of it.
#[test]
fn two_phases_can_be_kept_from_a_decision() {
    let two = HotStuff::new().phases(2).live();
    let asked = check(two).generals(4).against(only(2));
    let given = [(0, RETREAT), (1, ATTACK), (3, RETREAT)];
    let asked = given.into_iter().fold(asked, |asked, (id, it)| asked.given(General::new(id), it));
    let found = asked.assert_broken();
    assert_eq!(found.violation.name(), "termination");
    assert_eq!((found.attack.lies.len(), found.attack.happenings.len()), (1, 2));
    let held = &found.execution.states[0].as_ref().unwrap().state;
    assert!(two.words().explain(held)[0].contains("locked on RETREAT in view 1"));
    assert_eq!(outcome(HotStuff::new().live(), &found.attack).0, None);
    let hunt = hunt(two).generals(4).traitors(1).violating("termination");
    hunt.cases(2_000).assert_finds();
}

/// With three phases everybody decides in the last view if its leader is loyal; otherwise nothing is demanded.
#[test]
fn three_phases_come_to_a_decision() {
    check(HotStuff::new().views(1).live()).generals(4).traitors(1).assert_holds();
    hunt(HotStuff::new().live()).generals(4).traitors(1).cases(500).assert_finds_nothing();
}

/// Whatever a general hears, and from whomever: if two generals who never propose change places, it reaches the same
/// state, up to names.
#[test]
fn those_who_never_propose_are_alike_to_tendermint() {
    let tendermint = Tendermint::new();
    let symmetry = tendermint.symmetry().unwrap();
    let swap = Swap::between(General::new(2), General::new(3));
    for me in [0, 2].map(General::new) {
        let begun = |me| {
            let mut effects = Effects::of(Seat::new(me, 4));
            (tendermint.begin(Seat::new(me, 4), Some(&ATTACK), &mut effects), effects)
        };
        let ((mut one, mut effects), (mut other, mut others)) = (begun(me), begun(swap.of(me)));
        for from in symmetry.alike(4).with(General::new(1)).without(me).iter() {
            for said in tendermint.alphabet(4, from, me) {
                tendermint.receive(&mut one, from, &said, &mut effects);
                tendermint.receive(&mut other, swap.of(from), &said, &mut others);
                assert_eq!(symmetry.swapped_state(&one, swap), other, "{said:?} from {from:?}");
            }
        }
    }
}

const ATTACK: Order = Order::ATTACK;
const RETREAT: Order = Order::RETREAT;

/// An attack of one traitor among four generals, who says each message in a wave and to some generals.
fn attack<M: Clone>(
    traitor: usize,
    inputs: [Order; 4],
    said: &[(Round, &[usize], M)],
) -> Attack<Order, M> {
    let inputs = inputs.into_iter().enumerate().map(|(id, input)| (General::new(id), input));
    let traitor = General::new(traitor);
    let inputs = inputs.collect::<BTreeMap<_, _>>();
    let lies = said.iter().flat_map(|(round, to, said)| {
        to.iter().map(|to| Lie {
            wire: Wire { round: *round, from: traitor, to: General::new(*to) },
            edit: Edit::Say(said.clone()),
        })
    });
    let lies = lies.collect();
    Attack { lies, ..Attack::new(4, Generals::NONE.with(traitor), inputs) }
}

fn certificate(phase: u32, view: u32, order: Order, signers: [usize; 3]) -> Certificate {
    let signers = signers.map(General::new).into_iter().collect();
    Certificate { phase, view, order, signers }
}

/// The outcome of such an attack: the violation, and the decisions.
fn outcome(
    hotstuff: HotStuff,
    attack: &AttackOn<InWaves<HotStuff>>,
) -> (Option<&'static str>, Vec<Option<Order>>) {
    let execution = run(&InWaves(hotstuff), attack).unwrap();
    (execution.violation().map(|violation| violation.name()), execution.decisions)
}

/// A combined certificate counts, whoever signed; but a traitor must have seen one.
#[test]
fn what_is_combined_is_not_forged() {
    let combined = Certificate { signers: Generals::NONE, ..certificate(1, 1, ATTACK, [0, 1, 2]) };
    let shown: [(Round, &[usize], _); 1] = [(1, &[1], HotStuffMessage::Certified(combined))];
    let forged = attack(0, [RETREAT; 4], &shown);
    let execution = run(&InWaves(HotStuff::new().phases(2)), &forged).unwrap();
    assert_eq!((execution.lacking.len(), execution.violation()), (1, None));
}

/// In view 1 ATTACK is decided, and general 0 is locked on it. The traitor leads view 2, and asks general 0 to sign
/// RETREAT, for which there is no certificate.
#[test]
fn who_is_locked_signs_for_nothing_else() {
    let proposed = HotStuffMessage::Prepare(2, RETREAT, None);
    let shown = |phase| HotStuffMessage::Certified(certificate(phase, 2, RETREAT, [0, 1, 2]));
    let lies: [(Round, &[usize], _); 4] =
        [(1, &[2], proposed), (5, &[0], proposed), (6, &[0, 2], shown(0)), (7, &[2], shown(1))];
    let attack = attack(1, [ATTACK, RETREAT, RETREAT, RETREAT], &lies);
    let right = HotStuff::new().phases(2);
    assert_eq!(outcome(right, &attack).0, None);
    let (violated, decisions) = outcome(right.without_lock(), &attack);
    assert_eq!(violated, Some("agreement"));
    assert_eq!((decisions[0], decisions[2]), (Some(ATTACK), Some(RETREAT)));
}

/// In view 1 ATTACK is prepared, and only the traitor has the certificate. In view 2 RETREAT is decided. In view 3 the
/// traitor leads, and shows the old certificate to general 3, who is locked on RETREAT in view 2.
#[test]
fn an_old_certificate_unlocks_nobody() {
    let old = HotStuffMessage::Prepare(3, ATTACK, Some(certificate(0, 1, ATTACK, [1, 2, 3])));
    let shown = |phase| HotStuffMessage::Certified(certificate(phase, 3, ATTACK, [0, 2, 3]));
    let lies: [(Round, &[usize], _); 5] = [
        (1, &[1], HotStuffMessage::NewView(2, None)),
        (2, &[0], old),
        (4, &[3], old),
        (5, &[0, 3], shown(0)),
        (6, &[3], shown(1)),
    ];
    let goes_off = |wave, general| Happening {
        wave,
        general: General::new(general),
        event: OwnEvent::GoesOff(1),
    };
    let attack = Attack {
        happenings: vec![goes_off(1, 0), goes_off(2, 1)],
        ..attack(2, [ATTACK, RETREAT, RETREAT, RETREAT], &lies)
    };
    let right = HotStuff::new().phases(2).views(3);
    assert_eq!(outcome(right, &attack).0, None);
    let (violated, decisions) = outcome(right.unlocking_by_any(), &attack);
    assert_eq!((violated, decisions[3]), (Some("agreement"), Some(ATTACK)));
}

/// A bug of an implementation. In view 1 ATTACK is prepared; in view 2 RETREAT is decided. The traitor shows the leader
/// of view 4 the certificate of view 1 as if it were of view 3, and that releases the locks of view 2.
#[test]
fn a_certificate_that_does_not_sign_its_view_is_as_new_as_traitors_say() {
    let stored = Regressions::in_dir("proptest-regressions/attacks/hotstuff");
    let right = HotStuff::new().views(4);
    let [unsigned, right] = [right.unsigned_view(), right].map(InWaves);
    let replayed = stored.replay(&unsigned);
    let found = replayed.broken().exactly_one().unwrap_or_else(|_| panic!("{replayed}"));
    assert_eq!((found.violation.name(), found.attack.lies.len()), ("agreement", 1));
    let execution = run(&right, &found.attack).unwrap();
    assert_eq!((execution.lacking.len(), execution.violation()), (1, None));
}

/// A bug of an implementation: in round 0 everybody locks ATTACK, and general 0 alone decides it. In round 1 the
/// traitor proposes RETREAT, and claims that it was valid in round 0.
#[test]
fn prevotes_for_another_order_make_nothing_valid() {
    let to: &[usize] = &[2, 3];
    let lies: [(Round, &[usize], TendermintMessage); 4] = [
        (3, to, Precommit(0, None)),
        (4, to, Proposal(1, RETREAT, Some(0))),
        (4, to, Prevote(1, Some(RETREAT))),
        (4, to, Precommit(1, Some(RETREAT))),
    ];
    let mut attack: AttackOn<InWaves<Tendermint>> = attack(1, [ATTACK; 4], &lies);
    let precommit = Precommit(0, Some(ATTACK));
    for to in [2, 3].map(General::new) {
        let wire = |from| Wire { round: 3, from: General::new(from), to };
        attack.lies.push(Lie { wire: wire(1), edit: Edit::Withhold(precommit) });
        let (wire, arrival) = (wire(0), Arrival::Never);
        attack.schedule.push(Shift { wire, message: precommit, arrival });
    }
    let violation = |tendermint| {
        let execution = run(&InWaves(tendermint), &attack).unwrap();
        (execution.violation().map(|violation| violation.name()), execution.decisions)
    };
    assert_eq!(violation(Tendermint::new()).0, None);
    let (violated, decisions) = violation(Tendermint::new().any_polka());
    assert_eq!((violated, decisions[0]), (Some("agreement"), Some(ATTACK)));
    assert_eq!((decisions[2], decisions[3]), (Some(RETREAT), Some(RETREAT)));
}
