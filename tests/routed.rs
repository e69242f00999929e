//! OM(m, p) on graphs: known results.

use expect_test::expect;
use turncoat::execution::Simulator;
use turncoat::{
    AttackOn, Check, General, Generals, Graph, Hunt, Lockstep, Order, Repertoire, RoutedMessages,
    Testable, Wire, check, hunt, run,
};

fn routed(m: usize, p: usize, graph: &Graph) -> RoutedMessages {
    RoutedMessages::new(m, p, graph).unwrap_or_else(|error| panic!("{error}"))
}

fn checked(protocol: &RoutedMessages, f: usize) -> Check<&RoutedMessages> {
    check(protocol).on(protocol.graph()).traitors(f)
}

fn hunted(protocol: &RoutedMessages, f: usize) -> Hunt<&RoutedMessages> {
    hunt(protocol).on(protocol.graph()).traitors(f)
}

/// By exhaustion: with m = 1 and p >= 3m it holds, and takes one round more than the longest path has edges.
#[test]
fn one_traitor_is_survived_where_three_ways_lead_to_everybody() {
    for (graph, rounds) in [
        (Graph::complete(4), 2),
        (Graph::prism(), 3),
        (Graph::bipartite(3, 3), 3),
        (Graph::cube(), 4),
    ] {
        let protocol = routed(1, 3, &graph);
        assert_eq!(protocol.rounds(graph.n()), rounds, "{graph}");
        checked(&protocol, 1).assert_holds();
    }
}

/// By exhaustion: with p = 2 one lie is enough, told to the first general on the way or to a later one.
#[test]
fn on_a_ring_one_traitor_is_too_much() {
    for n in 3..=7 {
        let protocol = routed(1, 2, &Graph::ring(n));
        let found = checked(&protocol, 1).assert_broken();
        assert_eq!((found.attack.size(), found.violation.name()), (1, "validity"), "{n}");
    }
}

/// By hunts: with m = 2 nothing is found at p = 6, and an attack at once at p = 5.
#[test]
fn two_traitors_are_survived_where_six_ways_lead_to_everybody() {
    for graph in [Graph::complete(7), Graph::bipartite(6, 6)] {
        hunted(&routed(2, 6, &graph), 2).cases(3_000).assert_finds_nothing();
    }
    for graph in [Graph::complete(6), Graph::bipartite(5, 5)] {
        hunted(&routed(2, 5, &graph), 2).assert_finds();
    }
}

/// If everybody obeys, all obey the commander, on any graph on which the plan can be laid out.
#[test]
fn without_traitors_everybody_is_reached() {
    for (m, p, n, degree) in
        [(1, 2, 9, 4), (1, 3, 10, 3), (1, 4, 12, 5), (2, 3, 9, 4), (3, 4, 8, 6)]
    {
        let laid_out = |seed| {
            let graph = Graph::random_regular(n, degree, seed).ok()?;
            RoutedMessages::new(m, p, &graph).ok()
        };
        let all: Vec<_> = (0..20).filter_map(laid_out).collect();
        assert!(all.len() > 5, "only {} of {n} and {degree} are {p}-regular", all.len());
        for protocol in all {
            let simulator = Simulator::new(&protocol, protocol.graph()).unwrap();
            for order in Order::first(2) {
                let inputs = [(General::COMMANDER, order)].into();
                let attack =
                    AttackOn::<RoutedMessages>::new(protocol.graph(), Generals::NONE, inputs);
                let execution = simulator.run(&attack).unwrap();
                assert_eq!(execution.violation(), None, "{protocol:?}");
            }
        }
    }
}

/// Generals who obey fill every slot of the repertoire, and say nothing else.
#[test]
fn what_is_said_is_what_the_repertoire_has() {
    let protocol = routed(2, 3, &Graph::complete(5));
    let n = protocol.graph().n();
    let inputs = [(General::COMMANDER, Order::ATTACK)].into();
    let attack = AttackOn::<RoutedMessages>::new(n, Generals::NONE, inputs);
    let execution = run(&protocol, &attack).unwrap();
    let mut slots_filled = 0;
    for delivery in &execution.deliveries {
        let Repertoire { slots, .. } = protocol.repertoire(n, delivery.wire);
        let places =
            delivery.said.iter().map(|said| slots.iter().position(|slot| slot.contains(said)));
        let places: std::collections::BTreeSet<_> = places.map(Option::unwrap).collect();
        assert_eq!((places.len(), slots.len()), (delivery.said.len(), delivery.said.len()));
        slots_filled += slots.len();
    }
    let wires = (1..=protocol.rounds(n)).flat_map(|round| {
        let all = (0..n).flat_map(|from| (0..n).map(move |to| [from, to].map(General::new)));
        all.map(move |[from, to]| Wire { round, from, to })
    });
    let slots = wires.map(|wire| protocol.repertoire(n, wire).slots.len());
    assert_eq!(slots.sum::<usize>(), slots_filled);
}

#[test]
fn a_message_is_told_with_whom_it_is_for() {
    let protocol = routed(1, 3, &Graph::prism());
    let inputs = [(General::COMMANDER, Order::ATTACK)].into();
    let attack = AttackOn::<RoutedMessages>::new(protocol.graph(), Generals::NONE, inputs);
    let execution = run(&protocol, &attack).unwrap();
    let told = execution.deliveries.iter().filter(|delivery| delivery.wire.to.id() == 5);
    let told = told.flat_map(|delivery| {
        let from = delivery.wire.from;
        let told = delivery.said.iter().map(move |said| (from, said));
        told.map(|(from, said)| format!("{from:?}: {}\n", protocol.words().tell(from, said)))
    });
    expect![[r#"
        2: for 3: the commander said ATTACK
        2: for 4: the commander said ATTACK
        2: the commander said ATTACK
        3: for 2: the commander said ATTACK
        3: the commander said ATTACK
        4: for 5: 1 said the commander said ATTACK
    "#]]
    .assert_eq(&told.collect::<String>());
}

#[test]
fn a_graph_without_regular_sets_is_refused() {
    let refused = |m, p, graph: Graph| match RoutedMessages::new(m, p, &graph) {
        Ok(_) => panic!("OM({m},{p}) on {graph}"),
        Err(error) => format!("{error}\n"),
    };
    let laid_out = routed(1, 3, &Graph::prism());
    let other = |graph: Graph| {
        let asked = check(&laid_out).on(graph).traitors(1).run();
        format!("{}\n", asked.unwrap_err())
    };
    let refusals = [
        refused(1, 3, Graph::ring(5)),
        refused(1, 3, Graph::grid(3, 3)),
        refused(2, 6, Graph::cube()),
        refused(0, 3, Graph::prism()),
        refused(3, 2, Graph::prism()),
        refused(4, 30, Graph::complete(40)),
        refused(1, 1, Graph::complete(65)),
        other(Graph::complete(6)),
        other(Graph::cube()),
    ];
    expect![[r#"
        OM(1,3) can't be run on the ring of 5: general 0 has no 3 neighbours from whom paths that share nobody lead to everybody else
        OM(1,3) can't be run on the grid of 3 by 3: general 0 has no 3 neighbours from whom paths that share nobody lead to everybody else
        OM(2,6) can't be run on the cube: general 0 has no 6 neighbours from whom paths that share nobody lead to everybody else
        m is 0 and p is 3: m must be at least 1, and p at least m
        m is 3 and p is 2: m must be at least 1, and p at least m
        OM(4,30) among 40 generals would have too much to send: at most 16384 ways
        n is 65: there must be from 1 to 64 generals
        OM(1,3) is laid out for the prism, and not for the complete graph of 6
        OM(1,3) is laid out for the prism, and n is 8
    "#]].assert_eq(&refusals.concat());
}
