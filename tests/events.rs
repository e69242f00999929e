//! Event-driven protocols: the simulator in waves, and the search.

use std::collections::BTreeMap;

use turncoat::{Attack, General, Generals, InWaves, Order, ReliableBroadcast, hunt, run};

#[test]
fn an_honest_run_is_quiet_after_three_waves() {
    let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
    let attack = Attack::new(4, Generals::NONE, inputs);
    let execution = run(&InWaves(ReliableBroadcast::new()), &attack).unwrap();
    assert!(execution.quiet);
    assert_eq!((execution.rounds, execution.messages()), (3, 3 + 12 + 12));
    assert_eq!(execution.decisions[1..], [Some(Order::ATTACK); 3]);
}

#[test]
fn a_hunt_finds_a_hasty_delivery() {
    let hasty = ReliableBroadcast::new().deliver_at(2);
    let found = hunt(hasty).generals(4).traitors(1).assert_finds();
    println!("{found}");
    assert_eq!(found.violation.name(), "totality");
}
