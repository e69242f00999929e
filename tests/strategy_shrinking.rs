//! Strategies shrink attacks part by part, whatever the test is: literal in, literal out.

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use turncoat::protocols::oral::Relay;
use turncoat::protocols::path::Path;
use turncoat::strategy::{Settings, attacks};
use turncoat::{
    Adversary, Arrival, Attack, AttackOn, Crash, Edit, FaultClass, FloodSet, General, Generals,
    Lie, OralMessages, Order, Problem, Repertoire, Setting, Shift, Testable, TwoStep, Wire, run,
};

use crate::by_functions::ByFunctions;

const RETREAT: Order = Order::RETREAT;
const ATTACK: Order = Order::ATTACK;

/// The value tree that shrinks this attack.
fn tree<P: Testable>(
    protocol: P,
    settings: impl Into<Settings>,
    attack: &AttackOn<P>,
) -> impl ValueTree<Value = AttackOn<P>> {
    let tree = attacks(protocol, settings).first([attack.clone()]);
    tree.new_tree(&mut TestRunner::deterministic()).unwrap()
}

/// Shrinks as proptest does, with `fails` as the test. Returns the result, and the number of steps.
fn shrunk<T>(mut tree: impl ValueTree<Value = T>, fails: impl Fn(&T) -> bool) -> (T, usize) {
    let (mut more, mut steps) = (tree.simplify(), 0);
    while more {
        steps += 1;
        assert!(steps < 100_000, "it does not end");
        more = if fails(&tree.current()) { tree.simplify() } else { tree.complicate() };
    }
    let left = tree.current();
    assert!(!tree.complicate(), "there is nothing more");
    (left, steps)
}

fn told(from: usize, to: usize, of: Order, say: Order) -> Lie<Relay<Order>> {
    let from = General::new(from);
    let round = if from.is_commander() { 1 } else { 2 };
    let path = if round == 1 { Path::root() } else { Path::root().then(from) };
    let relay = |value| Relay { path, value };
    let edit = Edit::Instead { of: relay(of), say: relay(say) };
    Lie { wire: Wire { round, from, to: General::new(to) }, edit }
}

/// An attack on OM(1).
pub fn oral(
    n: usize,
    traitors: &[usize],
    order: Order,
    lies: &[Lie<Relay<Order>>],
) -> AttackOn<OralMessages> {
    let traitors = traitors.iter().map(|id| General::new(*id)).collect();
    let inputs = BTreeMap::from([(General::COMMANDER, order)]);
    Attack { lies: lies.to_vec(), ..Attack::new(n, traitors, inputs) }
}

fn breaks<P: Testable>(protocol: &P) -> impl Fn(&AttackOn<P>) -> bool {
    move |attack| run(protocol, attack).unwrap().violation().is_some()
}

#[test]
fn literal_in_literal_out() {
    let om = || OralMessages::new(1);
    let both = [told(1, 3, ATTACK, RETREAT), told(2, 3, ATTACK, RETREAT)];
    let many = [&both[..], &[told(2, 4, ATTACK, RETREAT)]].concat();
    let five = oral(5, &[1, 2], ATTACK, &many);
    // Fewer lies.
    let left = shrunk(tree(om(), Setting::new(5, 2), &five), breaks(&om()));
    assert_eq!(left.0, oral(5, &[1, 2], ATTACK, &both));
    // Fewer generals, if there are such settings and the attack fits them.
    let settings = || Settings::among(3..=5, |_| 2);
    let left = shrunk(tree(om(), settings(), &five), breaks(&om()));
    assert_eq!(left.0, oral(4, &[1, 2], ATTACK, &both));
    let to_2 = [told(1, 2, ATTACK, RETREAT), told(3, 2, ATTACK, RETREAT)];
    let left = shrunk(tree(om(), settings(), &oral(5, &[1, 3], ATTACK, &to_2)), breaks(&om()));
    assert_eq!(left.0, oral(3, &[1], ATTACK, &to_2[..1]));
    // Any test will do: somebody lies to lieutenant 3; there are two traitors; always fails.
    let four = oral(4, &[1, 2], ATTACK, &both);
    let shrinking = || tree(om(), Setting::new(4, 2), &four);
    let lied = |attack: &AttackOn<OralMessages>| {
        attack.lies.iter().any(|lie| lie.wire.to == General::new(3))
    };
    assert_eq!(shrunk(shrinking(), lied).0, oral(4, &[1], RETREAT, &both[..1]));
    let two = |attack: &AttackOn<OralMessages>| attack.traitors.len() == 2;
    assert_eq!(shrunk(shrinking(), two).0, oral(4, &[1, 2], RETREAT, &[]));
    assert_eq!(shrunk(shrinking(), |_| true).0, oral(4, &[], RETREAT, &[]));
    // If no smaller attack fails, the attack stays as it was, after each part was tried.
    let (left, steps) = shrunk(shrinking(), |_| false);
    assert_eq!(left, four);
    assert!(steps >= 4, "{steps}");
    // What is fixed stays.
    let fixed = attacks(om(), Setting::new(4, 2)).first([four.clone()]);
    let fixed = fixed.by(four.traitors).given(four.inputs.clone());
    let fixed = fixed.new_tree(&mut TestRunner::deterministic()).unwrap();
    assert_eq!(shrunk(fixed, |_| true).0, oral(4, &[1, 2], ATTACK, &[]));
}

/// Everybody decides the least of the values 1 and 2 that it hears; the repertoire is unknown.
fn timid() -> ByFunctions {
    ByFunctions {
        rounds: 3,
        problem: || Problem::broadcast([1, 2]),
        start: |seen| {
            if seen.me != 0 {
                seen.heard[0] = 2;
            }
        },
        send: |seen, round, _| {
            if seen.me == 0 && round == 1 { vec![seen.heard[0]] } else { vec![] }
        },
        receive: |seen, _, _, value| seen.heard[0] = seen.heard[0].min(value),
        decide: |seen| seen.heard[0],
        repertoire: |_| Repertoire::unknown(),
        ..ByFunctions::plain()
    }
}

/// Shrinking moves lies to earlier rounds, simplifies values, lets crashes reach more generals, and keeps what it needs
/// of the schedule; all this without a repertoire.
#[test]
fn all_that_an_attack_has_becomes_simpler() {
    let [greatest, least] = [2, 1];
    let wire = |round, from, to| Wire { round, from: General::new(from), to: General::new(to) };
    let inputs = |order| BTreeMap::from([(General::COMMANDER, order)]);
    let by = |id| Generals::NONE.with(General::new(id));
    let told = |round, say| Lie { wire: wire(round, 1, 2), edit: Edit::Say(say) };
    let loud =
        Attack::<u8, u8> { lies: vec![told(3, least)], ..Attack::new(4, by(1), inputs(greatest)) };
    let left = shrunk(tree(timid(), Setting::new(4, 1), &loud), breaks(&timid())).0;
    assert_eq!(left, Attack::<u8, u8> { lies: vec![told(1, least)], ..loud.clone() });

    let disrupted = Setting::new(4, Adversary::byzantine(1).any_order().disrupted(2, 2));
    let shift = |to, arrival| Shift { wire: wire(1, 0, to), message: least, arrival };
    let schedule = vec![shift(2, Arrival::Late(2)), shift(3, Arrival::First)];
    let shifted = Attack::<u8, u8> {
        schedule,
        lies: vec![told(3, least)],
        ..Attack::new(4, by(1), inputs(least))
    };
    let late = |attack: &Attack<u8, u8>| {
        attack.schedule.iter().any(|shift| shift.arrival.is_asynchronous())
    };
    let left = shrunk(tree(timid(), disrupted, &shifted), late).0;
    assert_eq!((left.lies.len(), left.traitors), (0, Generals::NONE));
    assert_eq!(left.schedule, [shift(2, Arrival::Late(1))]);

    let flood = || FloodSet::new(1);
    let setting = Setting::new(3, Adversary::crash(1));
    let crash = Crash { general: General::COMMANDER, round: 1, reaches: by(1) };
    let inputs = [RETREAT, ATTACK, ATTACK].into_iter().enumerate();
    let inputs = inputs.map(|(id, order)| (General::new(id), order)).collect();
    let attack = Attack::new(3, by(0), inputs);
    let crashed =
        AttackOn::<FloodSet> { faults: FaultClass::Crash, crashes: vec![crash], ..attack };
    assert!(breaks(&flood())(&crashed));
    let left = shrunk(tree(flood(), setting.clone(), &crashed), breaks(&flood())).0;
    assert_eq!(left.crashes.len(), 1);
    let left = shrunk(tree(flood(), setting, &crashed), |attack| attack.crashes.len() == 1).0;
    assert_eq!(
        left.crashes,
        [Crash { reaches: Generals::first(3).without(General::COMMANDER), ..crash }]
    );
    assert!(left.inputs.values().all(|input| *input == RETREAT));
}

/// In the result each lie is needed, and it is still an attack of the setting.
#[test]
fn what_is_left_is_locally_minimal() {
    fn all_needed<P: Testable + Clone>(protocol: P, settings: impl Into<Settings>) {
        let mut runner = TestRunner::deterministic();
        let drawn = attacks(protocol.clone(), settings);
        let mut broken = 0;
        for _ in 0..300 {
            let tree = drawn.new_tree(&mut runner).unwrap();
            let breaks = breaks(&protocol);
            if !breaks(&tree.current()) {
                continue;
            }
            broken += 1;
            let (left, _) = shrunk(tree, &breaks);
            assert!(breaks(&left), "{left:?}");
            for lie in 0..left.lies.len() {
                let mut without = left.clone();
                without.lies.remove(lie);
                let execution = run(&protocol, &without).unwrap();
                // Where a signature is lacking, the attack is no longer one that the adversary may make.
                assert!(
                    execution.violation().is_none() || !execution.lacking.is_empty(),
                    "{left:?}"
                );
            }
        }
        assert!(broken > 5, "{protocol:?}: only {broken} were broken");
    }
    all_needed(OralMessages::new(1), Settings::among(3..=6, |_| 2));
    all_needed(OralMessages::new(2), Setting::new(6, 2));
    all_needed(TwoStep::new(), Settings::among(4..=5, |_| 2));
    all_needed(timid(), Settings::among(3..=5, |_| 1));
}
