//! Stories in which somebody crashes or omits messages, something is late, or nobody commands: golden text.

use std::collections::BTreeMap;

use expect_test::{expect, expect_file};
use serde_json::json;
use turncoat::execution::Size;
use turncoat::protocols::asking::asking;
use turncoat::protocols::oral::Relay;
use turncoat::protocols::path::Path;
use turncoat::report::json;
use turncoat::report::story::Story;
use turncoat::{
    Adversary, Arrival, Attack, AttackOn, CoordinatorVote, Counterexample, Crash, Demand, Edit,
    FaultClass, FloodSet, General, Generals, InteractiveConsistency, Lie, OralMessages, Order,
    Problem, Repertoire, Shift, SignedMessages, Task, Testable, Wire, check, run,
};

use crate::by_functions::ByFunctions;

const A: Order = Order::ATTACK;
const R: Order = Order::RETREAT;

fn set(ids: &[usize]) -> Generals {
    ids.iter().map(|&id| General::new(id)).collect()
}

fn wire(round: usize, from: usize, to: usize) -> Wire {
    Wire { round, from: General::new(from), to: General::new(to) }
}

fn faulty<M>(
    faults: FaultClass,
    n: usize,
    traitors: &[usize],
    orders: &[Order],
) -> Attack<Order, M> {
    let inputs = orders.iter().enumerate().map(|(id, order)| (General::new(id), *order));
    Attack { faults, ..Attack::new(n, set(traitors), inputs.collect::<BTreeMap<_, _>>()) }
}

fn shift<M>(wire: Wire, message: M, arrival: Arrival) -> Shift<M> {
    Shift { wire, message, arrival }
}

fn crash(general: usize, round: usize, reaches: &[usize]) -> Crash {
    Crash { general: General::new(general), round, reaches: set(reaches) }
}

/// What a person reads about this attack.
fn told<P: Testable + Clone>(protocol: &P, attack: AttackOn<P>, size: Size) -> String {
    let execution = run(protocol, &attack).unwrap();
    assert_eq!((&*execution.idle, &*execution.lacking), (&[] as &[_], &[] as &[_]), "{attack:?}");
    match execution.violation() {
        None => Story::of(protocol, &attack, &execution).to_string(),
        Some(violation) => {
            let protocol = protocol.clone();
            Counterexample { attack, execution, violation, size, protocol }.to_string()
        }
    }
}

#[test]
fn crashes_are_told() {
    let crashed = Attack {
        crashes: vec![crash(0, 1, &[1])],
        ..faulty(FaultClass::Crash, 3, &[0], &[R, A, A])
    };
    let one_round = told(&FloodSet::new(1), crashed.clone(), Size::Smallest);
    let two_rounds = told(&FloodSet::new(2), crashed, Size::Smallest);
    let commander = Attack {
        crashes: vec![crash(0, 1, &[2]), crash(3, 2, &[])],
        ..faulty(FaultClass::Crash, 4, &[0, 3], &[A])
    };
    let oral = told(&OralMessages::new(1), commander, Size::LocallyMinimal);
    let told = [one_round, two_rounds, oral].join("\n---\n\n");
    expect_file!["golden/told_crashes.txt"].assert_eq(&told);
}

#[test]
fn omissions_are_told() {
    let just = |values: &[Order]| values.iter().copied().collect();
    let withhold = |wire, values: &[Order]| Lie { wire, edit: Edit::Withhold(just(values)) };
    let dumb = Attack {
        lies: vec![
            withhold(wire(1, 0, 1), &[R]),
            withhold(wire(1, 0, 2), &[R]),
            withhold(wire(2, 0, 2), &[R, A]),
        ],
        ..faulty(FaultClass::SendOmission, 3, &[0], &[R, A, A])
    };
    let unheard = |wire, message| shift(wire, message, Arrival::Never);
    let deaf = Attack {
        schedule: vec![unheard(wire(1, 0, 1), just(&[R])), unheard(wire(2, 0, 1), just(&[R, A]))],
        ..faulty(FaultClass::ReceiveOmission, 3, &[1], &[R, A, A])
    };
    let told = [dumb, deaf].map(|attack| told(&FloodSet::new(2), attack, Size::Smallest));
    expect_file!["golden/told_omissions.txt"].assert_eq(&told.join("\n---\n\n"));
}

/// A message that is late, lost or first is shown in the round in which it was sent.
#[test]
fn the_schedule_is_told() {
    let protocol = OralMessages::new(1);
    let relay = |path: &[usize], value| Relay {
        path: Path::of(path.iter().map(|&id| General::new(id))),
        value,
    };
    let [order, lie] = [relay(&[0], A), relay(&[0, 1], R)];
    let attack = Attack {
        lies: vec![Lie {
            wire: wire(2, 1, 2),
            edit: Edit::Instead { of: relay(&[0, 1], A), say: lie.clone() },
        }],
        schedule: vec![
            shift(wire(1, 0, 2), order.clone(), Arrival::Late(1)),
            shift(wire(1, 0, 3), order, Arrival::Never),
            shift(wire(2, 1, 2), lie, Arrival::Late(1)),
            shift(wire(2, 3, 1), relay(&[0, 3], R), Arrival::First),
            shift(wire(2, 2, 1), relay(&[0, 2], R), Arrival::First),
        ],
        ..faulty(FaultClass::Byzantine, 4, &[1], &[A])
    };
    let all = told(&protocol, attack, Size::LocallyMinimal);
    let signed = SignedMessages::new(1);
    let mut attack = faulty(FaultClass::Byzantine, 3, &[], &[A]);
    let honest = run(&signed, &attack).unwrap();
    let first = honest.deliveries.iter().next().unwrap();
    attack.schedule.push(shift(first.wire, first.said[0].clone(), Arrival::Late(1)));
    let one = told(&signed, attack, Size::Smallest);
    expect_file!["golden/told_schedule.txt"].assert_eq(&[all, one].join("\n---\n\n"));
}

#[test]
fn demands_are_told() {
    let never_attack = || {
        Demand::new("nobody attacks", |outcome: &turncoat::Outcome<'_, Order>| {
            outcome.decided().all(|decision| *decision != A)
        })
    };
    let consensus = asking(FloodSet::new(2), [never_attack()]);
    let attack = faulty(FaultClass::Byzantine, 3, &[], &[A, A, A]);
    let in_consensus = told(&consensus, attack, Size::Smallest);
    let broadcast = asking(OralMessages::new(1), [never_attack()]);
    let attack = faulty(FaultClass::Byzantine, 4, &[2], &[A]);
    let in_broadcast = told(&broadcast, attack, Size::Smallest);
    expect_file!["golden/told_demands.txt"]
        .assert_eq(&[in_consensus, in_broadcast].join("\n---\n\n"));
}

/// The verdict names the task, and the demands.
#[test]
fn a_verdict_says_all_that_holds() {
    let values = Demand::new("an order is decided", |outcome: &turncoat::Outcome<'_, Order>| {
        outcome.decided().count() > 0
    });
    let protocol = asking(InteractiveConsistency::new(1), [values]);
    let adversary = Adversary::byzantine(1).without_strays();
    let verdict = check(protocol).generals(4).against(adversary).run().unwrap();
    let text = verdict.to_string();
    let text = text.lines().take(3).collect::<Vec<_>>().join("\n");
    expect![[r#"
        HOLDS: interactive consistency by OM(1) among 4 generals, at most 1 traitor

        Agreement, validity (strong unanimity) and "an order is decided" hold, whatever the traitors do."#]]
    .assert_eq(&text);
    let json = json::verdict(&json!({}), &verdict);
    assert_eq!(json["task"], "consensus");
    assert_eq!(json["demands"], json!(["an order is decided"]));
    assert_eq!(verdict.task, Task::Consensus);
}

/// The JSON has crashes and the schedule in the form of an attack file.
#[test]
fn a_program_reads_the_same() {
    let attack =
        Attack { crashes: vec![crash(0, 1, &[1])], ..faulty(FaultClass::Crash, 3, &[0], &[A]) };
    let protocol = CoordinatorVote::new(1);
    let execution = run(&protocol, &attack).unwrap();
    let json = json::execution(Task::Broadcast, &attack, &execution);
    expect![[r#"{"property":null,"fault":null,"forgery":null,"messages":3,"faults":"crash","traitors":[0],"inputs":{"0":"ATTACK"},"crashes":[{"general":0,"round":1,"reaches":[1]}],"lies":[],"decisions":{"1":"RETREAT","2":"RETREAT"}}"#]].assert_eq(&format!("{json}"));
}

/// Consensus on something that is no value.
#[test]
fn nobody_commands_where_a_protocol_misbehaves() {
    let nonsense = ByFunctions {
        problem: || Problem::consensus([0, 1]),
        send: |_, _, _| vec![],
        decide: |_| 2,
        repertoire: |_| Repertoire::silent(),
        ..ByFunctions::plain()
    };
    let inputs = [1, 0].into_iter().enumerate().map(|(id, input)| (General::new(id), input));
    let attack = Attack::new(2, Generals::NONE, inputs.collect());
    expect![[r#"
        Nobody is a traitor.
        General 0, who is loyal, has the input 1.
        General 1, who is loyal, has the input 0.

        Fault: general 0 decides 2, which is none of the values.

        Smallest (no lie): no attack has fewer traitors, or as many and fewer lies.
    "#]]
    .assert_eq(&told(&nonsense, attack, Size::Smallest));
}
