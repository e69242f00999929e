//! Who is the traitor: compared with an enumeration of every attack, on cases small enough for it.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools;
use turncoat::search::{Evidence, SuspicionRuling};
use turncoat::{
    Adversary, Attack, CheckError, FloodSet, General, Generals, Lockstep, LoyalView, OralMessages,
    Order, Plain, SignedMessages, Suspected, Testable, ToldMessage, Wire, run, suspects,
};
use turncoat::{Edit, Lie};

/// What one general is told, sorted.
type Told<M> = BTreeSet<(usize, General, M, usize)>;

/// The viewer's input, and what it was told.
type Seen<P> = (Option<<P as Lockstep>::Value>, Told<<P as Lockstep>::Message>);

fn told<M: Plain>(told: &[ToldMessage<M>]) -> Told<M> {
    let told = told.iter().map(|told| (told.round, told.from, told.message.clone()));
    let counts = told.counts();
    counts.into_iter().map(|((round, from, said), count)| (round, from, said, count)).collect()
}

/// Everything that these traitors can make one general hear, with each input: every choice of one message or none in
/// each slot of each wire, and no strays.
fn views<P: Testable>(
    protocol: &P,
    n: usize,
    viewer: General,
    traitors: Generals,
) -> BTreeSet<Seen<P>> {
    let problem = protocol.problem(&n.into()).unwrap();
    let rounds = protocol.rounds(n);
    let everybody = Generals::first(n);
    let wires = (1..=rounds).flat_map(|round| {
        let pairs =
            traitors.iter().cartesian_product(everybody.minus(traitors).iter().collect_vec());
        pairs.map(move |(from, to)| Wire { round, from, to })
    });
    let slots = wires.flat_map(|wire| {
        let slots = protocol.repertoire(n, wire).slots;
        slots.into_iter().map(move |slot| (wire, slot))
    });
    let slots = slots.collect_vec();
    let choices = slots.iter().map(|(wire, slot)| {
        let said = slot.iter().map(|message| Some((*wire, message.clone())));
        said.chain([None]).collect_vec()
    });
    let choices = choices.multi_cartesian_product().collect_vec();
    let inputs = problem.given(n).iter().map(|general| {
        problem.values.iter().map(move |value| (general, value.clone())).collect_vec()
    });
    let mut views = BTreeSet::new();
    for inputs in inputs.multi_cartesian_product() {
        let inputs: BTreeMap<_, _> = inputs.into_iter().collect();
        for choice in &choices {
            let said = choice.iter().flatten().cloned().collect_vec();
            views.insert(view(protocol, n, viewer, traitors, inputs.clone(), &slots, said));
        }
    }
    views
}

/// What the viewer is told when the traitors say this and nothing else.
fn view<P: Testable>(
    protocol: &P,
    n: usize,
    viewer: General,
    traitors: Generals,
    inputs: BTreeMap<General, P::Value>,
    slots: &[(Wire, Vec<P::Message>)],
    said: Vec<(Wire, P::Message)>,
) -> Seen<P> {
    // A lie changes what a loyal general would say, whatever that is: so everything is withheld first, and then `said`
    // is sent.
    let withhold = slots.iter().flat_map(|(wire, slot)| {
        slot.iter().map(|message| Lie { wire: *wire, edit: Edit::Withhold(message.clone()) })
    });
    let say = said.into_iter().map(|(wire, message)| Lie { wire, edit: Edit::Say(message) });
    let lies = withhold.chain(say).collect();
    let attack = Attack { lies, ..Attack::new(n, traitors, inputs) };
    let execution = run(protocol, &attack).unwrap();
    let view = LoyalView::of(&attack, &execution, viewer);
    (view.input, told(&view.told))
}

/// The answer agrees with the enumeration, for each set of traitors, and so does the evidence.
#[track_caller]
fn assert_agrees<P: Testable + Clone>(protocol: P, n: usize, f: usize, viewer: General) -> usize {
    let sets = || (0..=f).flat_map(|size| Generals::first(n).without(viewer).subsets(size));
    let possible: Vec<_> =
        sets().map(|traitors| (traitors, views(&protocol, n, viewer, traitors))).collect();
    let seen: BTreeSet<_> = possible.iter().flat_map(|(_, views)| views.iter().cloned()).collect();
    // Of many views, about twelve are compared.
    let step = (seen.len() / 12).max(1);
    let mut compared = 0;
    for (input, seen) in seen.iter().step_by(step) {
        let messages = seen.iter().flat_map(|(round, from, message, count)| {
            let told = ToldMessage { round: *round, from: *from, message: message.clone() };
            std::iter::repeat_n(told, *count)
        });
        let view = LoyalView { general: viewer, input: input.clone(), told: messages.collect() };
        let adversary = Adversary::byzantine(f).without_strays();
        let asked = suspects(protocol.clone(), view).generals(n).against(adversary);
        let suspected = asked.run().unwrap();
        assert!(suspected.is_settled());
        for (set, (traitors, views)) in suspected.sets.iter().zip(&possible) {
            assert_eq!(set.traitors, *traitors);
            let explained = possible.iter().any(|(some, views)| {
                some.minus(*traitors).is_empty() && views.contains(&(input.clone(), seen.clone()))
            });
            let explains = !matches!(set.ruling, SuspicionRuling::RuledOut(_));
            assert_eq!(explains, explained, "{traitors} of {n}\n{suspected}");
            if let SuspicionRuling::RuledOut(Evidence::Smallest(parts)) = &set.ruling {
                let agrees = |parts: &[(usize, General)], other: &Told<P::Message>| {
                    let part = |told: &Told<P::Message>| {
                        let told = told.iter().cloned();
                        told.filter(|told| parts.contains(&(told.0, told.1))).collect::<Told<_>>()
                    };
                    part(seen) == part(other)
                };
                let can = |parts: &[(usize, General)]| {
                    let others =
                        possible.iter().filter(|(some, _)| some.minus(*traitors).is_empty());
                    let views = others.flat_map(|(_, views)| views);
                    let mut views = views.filter(|(other, _)| other == input);
                    views.any(|(_, other)| agrees(parts, other))
                };
                assert!(!can(parts), "{traitors}\n{suspected}");
                let rounds = 1..=protocol.rounds(n);
                let all = rounds.cartesian_product(Generals::first(n).without(viewer).iter());
                let fewer = all.combinations(parts.len() - 1);
                for fewer in fewer {
                    assert!(can(&fewer), "{traitors}: {fewer:?} is less\n{suspected}");
                }
            }
            if let SuspicionRuling::Explains { attack, .. } = &set.ruling {
                let execution = run(&protocol, attack).unwrap();
                let shown = LoyalView::of(attack, &execution, viewer);
                assert_eq!((&shown.input, told(&shown.told)), (input, seen.clone()));
                assert!(
                    attack.traitors == *traitors && views.contains(&(shown.input, seen.clone()))
                );
            }
            compared += 1;
        }
    }
    compared
}

#[test]
fn the_answer_is_that_of_an_enumeration() {
    let mut compared = 0;
    for viewer in [0, 1].map(General::new) {
        compared += assert_agrees(OralMessages::new(1), 3, 1, viewer);
        compared += assert_agrees(OralMessages::new(1), 3, 2, viewer);
        compared += assert_agrees(OralMessages::new(0), 4, 2, viewer);
        compared += assert_agrees(FloodSet::new(1), 3, 2, viewer);
    }
    compared += assert_agrees(OralMessages::new(1), 4, 1, General::new(2));
    assert!(compared > 200, "{compared}");
}

fn relayed(orders: &[(usize, Order)]) -> LoyalView<Order, turncoat::protocols::oral::Relay<Order>> {
    use turncoat::protocols::oral::Relay;
    use turncoat::protocols::path::Path;
    let told = orders.iter().map(|(from, value)| {
        let from = General::new(*from);
        let round = if from.is_commander() { 1 } else { 2 };
        let path = if from.is_commander() { Path::root() } else { Path::root().then(from) };
        ToldMessage { round, from, message: Relay { path, value: *value } }
    });
    LoyalView { general: General::new(1), input: None, told: told.collect() }
}

fn explaining<A>(suspected: &Suspected<A>) -> Vec<String> {
    suspected.explaining().map(|set| set.traitors.to_string()).collect()
}

/// The textbook case: among three generals a lieutenant can't tell the two worlds apart, among four it can.
#[test]
fn three_generals_are_too_few_to_know_the_traitor() {
    let (attack, retreat) = (Order::ATTACK, Order::RETREAT);
    for (n, orders, expected) in [
        (3, vec![(0, attack), (2, retreat)], vec!["the commander", "lieutenant 2"]),
        (3, vec![(0, attack), (2, attack)], vec!["nobody"]),
        (4, vec![(0, attack), (2, retreat), (3, retreat)], vec!["the commander"]),
        (4, vec![(0, attack), (2, retreat), (3, attack)], vec!["the commander", "lieutenant 2"]),
        (4, vec![(0, attack), (2, attack)], vec!["lieutenant 3"]),
        (4, vec![(2, attack), (3, attack)], vec!["the commander"]),
        (4, vec![(0, attack)], vec![]),
    ] {
        let asked = suspects(OralMessages::new(1), relayed(&orders)).generals(n).traitors(1);
        let suspected = asked.run().unwrap();
        assert_eq!(explaining(&suspected), expected, "{suspected}");
    }
}

/// A signature is evidence: two orders that the commander signed convict him.
#[test]
fn two_orders_convict_the_commander() {
    let traitors = Generals::first(1);
    let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
    let honest = Attack::new(4, Generals::NONE, inputs.clone());
    let protocol = SignedMessages::new(1);
    let order = |order, to| {
        let inputs = BTreeMap::from([(General::COMMANDER, order)]);
        let wire = Wire { round: 1, from: General::COMMANDER, to };
        let honest = Attack { inputs, ..honest.clone() };
        run(&protocol, &honest).unwrap().deliveries.on(wire).unwrap().said[0].clone()
    };
    let to = General::new(2);
    let (of, say) = (order(Order::ATTACK, to), order(Order::RETREAT, to));
    let wire = Wire { round: 1, from: General::COMMANDER, to };
    let lies = vec![Lie { wire, edit: Edit::Instead { of, say } }];
    let attack = Attack { lies, ..Attack::new(4, traitors, inputs) };
    let execution = run(&protocol, &attack).unwrap();
    let view = LoyalView::of(&attack, &execution, General::new(1));
    let suspected = suspects(protocol.clone(), view).generals(4).traitors(2).run().unwrap();
    assert_eq!(explaining(&suspected), ["the commander"], "{suspected}");
}

#[test]
fn what_is_no_view_is_an_error() {
    let view = || relayed(&[(0, Order::ATTACK)]);
    let asked = |view| suspects(OralMessages::new(1), view).generals(3).traitors(1).run();
    let nobody = LoyalView { general: General::new(7), ..view() };
    let mut late = view();
    late.told[0].round = 9;
    let mut stranger = view();
    stranger.told[0].from = General::new(5);
    let mut itself = view();
    itself.told[0].from = General::new(1);
    let given = LoyalView { input: Some(Order::ATTACK), ..view() };
    let mut unheard = view();
    unheard.told[0].message.value = Order::first(10)[9];
    for (view, error) in [
        (nobody, "general 7 is not there"),
        (late, "told[0]: there is no round 9: the protocol's rounds are 1 to 2"),
        (stranger, "told[0]: general 5 is not there"),
        (itself, "told[0]: general 1 can't send to general 1: they are no neighbours"),
        (given, "general 1 has no input"),
        (unheard, "it is not in the repertoire of that wire"),
    ] {
        let refused = asked(view).unwrap_err();
        assert!(matches!(&refused, CheckError::View(_)), "{refused:?}");
        assert!(refused.to_string().contains(error), "{refused}");
    }
    let crowd = suspects(OralMessages::new(1), view()).generals(40).traitors(13).run();
    assert!(matches!(crowd, Err(CheckError::ManySets)), "{crowd:?}");
    let asked = suspects(OralMessages::new(1), view());
    assert!(matches!(asked.clone().generals(3).run(), Err(CheckError::Missing("traitors"))));
    let open = suspects(OralMessages::new(1), relayed(&[(0, Order::ATTACK)]));
    let open = open.generals(4).traitors(1).steps(1).run().unwrap();
    assert!(!open.is_settled() && open.to_string().contains("Left open"), "{open}");
}
