//! Tendermint without the gossip that its termination rests on: a lock that nobody else hears of stands for ever.

use std::collections::BTreeSet;

use itertools::Itertools;
use turncoat::{AttackOn, EventTestable, InWaves, OwnEvent, Regressions, Tendermint, hunt, run};

/// The attack that is kept: general 0 says nothing false, and withholds three messages in round 0. Afterwards it obeys.
fn kept(tendermint: &InWaves<Tendermint>) -> AttackOn<InWaves<Tendermint>> {
    let stored = Regressions::in_dir("proptest-regressions/attacks/tendermint");
    let replayed = stored.replay(tendermint);
    let found = replayed.broken().exactly_one().unwrap_or_else(|_| panic!("{replayed}"));
    assert_eq!((found.violation.name(), found.attack.lies.len()), ("termination", 3));
    found.attack.clone()
}

fn with_rounds(rounds: u32) -> InWaves<Tendermint> {
    InWaves(Tendermint::new().rounds(rounds).live())
}

/// How each stands in its round, but for the number of that.
fn held(tendermint: &InWaves<Tendermint>, attack: &AttackOn<InWaves<Tendermint>>) -> Vec<String> {
    let execution = run(tendermint, attack).unwrap();
    let violated = execution.violation().map(|violation| violation.name());
    assert_eq!(violated, Some("termination"));
    assert_eq!(execution.decisions, [None; 4]);
    let held = execution.states.iter().flatten().map(|held| {
        let told = tendermint.0.words().explain(&held.state).remove(0);
        told.split_once(", step ").expect("it is in a step").1.to_owned()
    });
    held.collect()
}

/// Whoever proposes, what all hold is the same after two turns as after one.
#[test]
fn a_lock_that_nobody_hears_of_stands_for_ever() {
    let attack = kept(&with_rounds(8));
    for last in 1..4 {
        let [one, two] = [last, last + 4].map(|last| {
            let mut attack = attack.clone();
            // In a round no timeout goes off that is the last.
            attack.happenings.retain(|happening| happening.event < OwnEvent::GoesOff(3 * last));
            held(&with_rounds(last + 1), &attack)
        });
        assert_eq!(one, two, "round {last}");
        let locked = ["locked on RETREAT in round 0", "not locked"].map(|lock| {
            (0..4).filter(|id| one[*id].ends_with(&format!(": {lock}"))).collect::<Vec<_>>()
        });
        assert_eq!(locked, [[0, 3], [1, 2]], "{one:?}");
    }
}

/// No timeout goes off while anything is under way, and those of a step go off together.
#[test]
fn all_its_rounds_are_timely() {
    let tendermint = with_rounds(8);
    let attack = kept(&tendermint);
    let execution = run(&tendermint, &attack).unwrap();
    let said: BTreeSet<_> = execution.deliveries.iter().map(|it| it.wire.round).collect();
    assert!(attack.schedule.is_empty());
    let by_timer = attack.happenings.iter().into_group_map_by(|happening| happening.event);
    for (event, happenings) in by_timer {
        let waves: BTreeSet<_> = happenings.iter().map(|it| it.wave).collect();
        let wave = waves.into_iter().exactly_one().expect("all at once");
        assert!(!said.contains(&(wave - 1)), "{event} in wave {wave}");
    }
}

/// With any of the three all decide, since the traitor obeys else.
#[test]
fn each_message_must_be_withheld() {
    let tendermint = with_rounds(8);
    let attack = kept(&tendermint);
    for lie in 0..attack.lies.len() {
        let mut less = attack.clone();
        less.lies.remove(lie);
        let execution = run(&tendermint, &less).unwrap();
        assert_eq!(execution.violation(), None, "{:?}", attack.lies[lie]);
    }
}

/// That a timely round with a loyal proposer can fail is found at random.
#[test]
fn a_timely_round_can_fail() {
    let found = hunt(Tendermint::new().live()).generals(4).traitors(1).assert_finds();
    assert_eq!(found.violation.name(), "termination");
    let nobody = hunt(Tendermint::new().live()).generals(4).traitors(0).cases(300);
    nobody.assert_finds_nothing();
}
