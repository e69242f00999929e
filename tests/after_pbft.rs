//! IBFT and dBFT, which can stall, as public reports say: attacks after which nobody decides.

use std::collections::BTreeMap;

use turncoat::protocols::dbft::DbftMessage;
use turncoat::protocols::ibft::IbftMessage::{self, Commit, PrePrepare, Prepare};
use turncoat::schedule::Happening;
use turncoat::{
    Arrival, Attack, Dbft, Edit, Effects, EventDriven, EventTestable, General, Generals, Ibft,
    InWaves, Lie, Order, OwnEvent, Round, Seat, Shift, Swap, Wire, check, hunt, run,
};

const ATTACK: Order = Order::ATTACK;
const RETREAT: Order = Order::RETREAT;

#[test]
fn agreement_is_kept() {
    check(Ibft::new().rounds(1).live()).generals(4).traitors(1).assert_holds();
    hunt(Ibft::new().rounds(3)).generals(4).traitors(1).cases(200).assert_finds_nothing();
    check(Dbft::new().views(1).live()).generals(3).traitors(0).assert_holds();
    hunt(Dbft::new()).generals(4).traitors(1).cases(200).assert_finds_nothing();
}

/// Agreement rests on locks in IBFT, and on committed generals staying in their view in dBFT.
#[test]
fn mutants_lose_it() {
    let unlocked = hunt(Ibft::new().without_lock()).generals(4).traitors(1);
    assert_eq!(unlocked.cases(100).assert_finds().violation.name(), "agreement");
    let leaving = hunt(Dbft::new().ignoring_lost().leaving_commits()).generals(4).traitors(0);
    assert_eq!(leaving.seed(6).cases(10_000).assert_finds().violation.name(), "agreement");
}

fn wire(round: Round, from: usize, to: usize) -> Wire {
    Wire { round, from: General::new(from), to: General::new(to) }
}

fn lies<M: Clone>(round: Round, from: usize, to: &[usize], edit: Edit<M>) -> Vec<Lie<M>> {
    to.iter().map(|to| Lie { wire: wire(round, from, *to), edit: edit.clone() }).collect()
}

fn inputs<const N: usize>(inputs: [Order; N]) -> BTreeMap<General, Order> {
    inputs.into_iter().enumerate().map(|(id, input)| (General::new(id), input)).collect()
}

fn goes_off(wave: Round, general: usize, timer: u32) -> Happening {
    Happening { wave, general: General::new(general), event: OwnEvent::GoesOff(timer) }
}

/// The end of an attack whose traitor says nothing more from `wave` on: what every loyal general holds, and who has
/// proposed after `round`; or nothing if everybody decides.
fn stopped(
    ibft: Ibft,
    mut attack: Attack<Order, IbftMessage>,
    (wave, round): (Round, u32),
) -> Option<(Vec<String>, Generals)> {
    let told = attack.lies.clone();
    loop {
        let execution = run(&InWaves(ibft), &attack).unwrap();
        let by_traitor = execution.deliveries.iter().filter(|delivery| {
            delivery.wire.round >= wave && attack.traitors.contains(delivery.wire.from)
        });
        let said = by_traitor.flat_map(|delivery| {
            delivery
                .said
                .iter()
                .map(move |said| Lie { wire: delivery.wire, edit: Edit::Say(*said) })
        });
        let Some(Lie { wire, edit: Edit::Say(said) }) =
            said.into_iter().find(|it| !told.contains(it))
        else {
            let violated = execution.violation().map(|violation| violation.name());
            assert!(violated.is_none_or(|name| name == "termination"), "{violated:?}");
            let states = execution.states.iter().flatten();
            let held = states.map(|held| ibft.words().explain(&held.state).remove(0));
            let proposed = execution.deliveries.iter().filter(|delivery| {
                let mut said = delivery.said.iter();
                said.any(|said| matches!(said, PrePrepare(later, _) if *later > round))
            });
            let proposers = proposed.map(|delivery| delivery.wire.from).collect();
            return violated.map(|_| (held.collect(), proposers));
        };
        attack.lies.push(Lie { wire, edit: Edit::Withhold(said) });
    }
}

/// n = 3F + 1: general 0 alone is locked on ATTACK in round 0, and general 1 alone on RETREAT in round 1. Then the
/// traitor stops and mail is on time, but nobody decides although every loyal general has proposed.
#[test]
fn two_locks_among_four_are_never_undone() {
    let ibft = Ibft::new().rounds(7).live();
    let mut attack = Attack::new(
        4,
        Generals::NONE.with(General::new(3)),
        inputs([ATTACK, RETREAT, ATTACK, ATTACK]),
    );
    attack.lies = lies(2, 3, &[1, 2], Edit::Withhold(Prepare(0, ATTACK)));
    attack.lies.extend(lies(5, 3, &[1], Edit::Say(Prepare(1, RETREAT))));
    attack.schedule =
        [(1, 2), (2, 1)].map(|(from, to)| late(wire(2, from, to), Prepare(0, ATTACK))).into();
    attack.happenings = vec![goes_off(4, 1, 0)];
    let (held, proposers) = stopped(ibft, attack.clone(), (3, 1)).expect("nobody decides");
    assert_eq!(proposers, Generals::first(3));
    assert!(held[0].starts_with("round 6: locked on ATTACK"), "{held:?}");
    assert!(held[1].starts_with("round 6: locked on RETREAT"), "{held:?}");
    assert!(held[2].starts_with("round 6: not locked"), "{held:?}");
    assert_eq!(stopped(ibft.without_lock(), attack, (3, 3)), None);
}

/// n = 5 with quorums of 2F + 1 = 3: two generals are locked on RETREAT, and two others on ATTACK.
#[test]
fn two_pairs_of_locks_among_five_are_never_undone() {
    let ibft = Ibft::new().quorum(3).rounds(10).live();
    let mut attack = Attack::new(
        5,
        Generals::NONE.with(General::new(0)),
        inputs([RETREAT, RETREAT, RETREAT, ATTACK, ATTACK]),
    );
    attack.lies = lies(1, 0, &[3, 4], Edit::Withhold(PrePrepare(0, RETREAT)));
    attack.lies.extend(lies(3, 0, &[1, 2, 3, 4], Edit::Withhold(Commit(0, RETREAT))));
    attack.lies.extend(lies(4, 0, &[3, 4], Edit::Say(Prepare(3, ATTACK))));
    attack.happenings = [0, 1, 2].map(|timer| goes_off(3, 3, timer)).into();
    let (held, proposers) = stopped(ibft, attack.clone(), (3, 3)).expect("nobody decides");
    assert_eq!(proposers, Generals::first(5).without(General::new(0)));
    let locked = ["RETREAT", "RETREAT", "ATTACK", "ATTACK"];
    for (held, order) in held.iter().skip(1).zip(locked) {
        assert!(held.starts_with(&format!("round 9: locked on {order}")), "{held}");
    }
    assert_eq!(stopped(ibft.without_lock(), attack, (3, 3)), None);
}

/// A message that arrives some waves later.
fn late<M>(wire: Wire, message: M) -> Shift<M> {
    Shift { wire, message, arrival: Arrival::Late(4) }
}

/// Seven generals, all loyal: delays leave four committed in view 0 and three in view 1. Two of the four had said
/// ChangeView before, and went on in view 0 because they took two generals for lost and saw two commit. If nobody is
/// taken for lost, they do not, and everybody decides.
#[test]
fn seven_loyal_generals_stand_still() {
    let dbft = Dbft::new().views(9).live();
    let mut attack = Attack::new(7, Generals::NONE, inputs([RETREAT; 7]));
    attack.happenings = (2..7).map(|general| goes_off(2, general, 0)).collect();
    let said = [DbftMessage::PrepareResponse(0, RETREAT), DbftMessage::ChangeView(1)];
    let shifts = itertools::iproduct!([5, 6], [2, 3], said);
    attack.schedule = shifts.map(|(from, to, said)| late(wire(2, from, to), said)).collect();
    let execution = run(&InWaves(dbft), &attack).unwrap();
    assert_eq!(execution.violation().map(|it| it.name()), Some("termination"));
    assert_eq!(execution.decisions, [None; 7]);
    for (id, held) in execution.states.iter().flatten().enumerate() {
        let told = dbft.words().explain(&held.state).remove(0);
        let expected = if id < 4 {
            "view 0: has committed"
        } else {
            "view 1: initialized, and has said ChangeView"
        };
        assert!(told.starts_with(expected), "{id}: {told}");
    }
    let execution = run(&InWaves(dbft.ignoring_lost()), &attack).unwrap();
    assert_eq!(execution.decisions, [Some(RETREAT); 7]);
}

#[test]
fn those_who_never_propose_are_alike_to_ibft() {
    let ibft = Ibft::new().live();
    let symmetry = ibft.symmetry().unwrap();
    let swap = Swap::between(General::new(2), General::new(3));
    for me in [0, 2].map(General::new) {
        let begun = |me| {
            let mut effects = Effects::of(Seat::new(me, 4));
            (ibft.begin(Seat::new(me, 4), Some(&ATTACK), &mut effects), effects)
        };
        let ((mut one, mut effects), (mut other, mut others)) = (begun(me), begun(swap.of(me)));
        for from in symmetry.alike(4).with(General::new(1)).without(me).iter() {
            for said in ibft.alphabet(4, from, me) {
                ibft.receive(&mut one, from, &said, &mut effects);
                ibft.receive(&mut other, swap.of(from), &said, &mut others);
                assert_eq!(symmetry.swapped_state(&one, swap), other, "{said:?} from {from:?}");
            }
        }
    }
}
