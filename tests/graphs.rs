//! Protocols on graphs: messages travel only along edges.

use std::collections::BTreeMap;

use expect_test::expect_file;
use turncoat::execution::Simulator;
use turncoat::search::Engine;
use turncoat::{
    Adversary, Attack, Check, Edit, FaultClass, General, Generals, Graph, Hunt, Lie, OralMessages,
    Order, SignedMessages, Wire, check, hunt, run,
};

use crate::attack_file::assert_each_change_gets_one_line;
use crate::command_line::{scratch, turncoat, turncoat_with};

fn set(ids: &[usize]) -> Generals {
    ids.iter().map(|&id| General::new(id)).collect()
}

fn inputs(order: Order) -> BTreeMap<General, Order> {
    BTreeMap::from([(General::COMMANDER, order)])
}

/// SM(m) on a graph, against everything that these traitors can do.
fn signed(m: usize, graph: &Graph, traitors: &[usize]) -> Check<SignedMessages> {
    check(SignedMessages::new(m)).on(graph).against(turned(traitors))
}

/// Exactly these generals are traitors.
fn turned(traitors: &[usize]) -> Adversary {
    Adversary::byzantine(traitors.len()).exactly().suspects(set(traitors))
}

/// Five generals; without the traitors 0 and 4 the others form a path.
fn five() -> Graph {
    Graph::from_edges(5, [(0, 4), (4, 1), (0, 1), (1, 2), (2, 3)]).unwrap()
}

/// With d the diameter of the graph of the loyal, SM(m + d - 1) holds with m traitors, and one round fewer is too few:
/// by exhaustion.
#[test]
fn signed_messages_need_as_many_rounds_more_as_the_loyal_are_apart() {
    for (graph, traitors, least) in
        [(Graph::path(4), &[0][..], 2), (five(), &[0, 4], 3), (Graph::ring(6), &[0], 4)]
    {
        let loyal = graph.everybody().minus(set(traitors));
        assert_eq!(traitors.len() + graph.diameter(loyal).unwrap() - 1, least, "{graph}");
        signed(least, &graph, traitors).assert_holds();
        let found = signed(least - 1, &graph, traitors).assert_broken();
        assert_eq!(found.violation.name(), "agreement", "{graph}");
        assert_eq!(found.attack.graph, graph);
        assert!(run(&SignedMessages::new(least - 1), &found.attack).unwrap().violation().is_some());
    }
}

/// The commander is loyal and in the middle of the generals who remain.
#[test]
fn a_traitor_opposite_the_commander_costs_a_ring_less() {
    signed(3, &Graph::ring(6), &[3]).assert_holds();
}

/// The naive engine agrees, on whether there is an attack and on the number of behaviours.
#[test]
fn the_engines_agree_on_graphs() {
    for (graph, f, m) in [
        (Graph::path(3), 1, 1),
        (Graph::ring(4), 1, 1),
        (Graph::path(4), 1, 1),
        (Graph::bipartite(1, 3), 1, 1),
        (Graph::bipartite(1, 3), 2, 1),
    ] {
        for any_loyal in [false, true] {
            let ask = || {
                let mut adversary = Adversary::byzantine(f).without_strays();
                adversary.loyal_commander = any_loyal;
                check(OralMessages::new(m)).on(&graph).against(adversary)
            };
            let exhaustive = ask().run().unwrap();
            let naive = ask().engine(Engine::Naive).run().unwrap();
            assert_eq!(exhaustive.name(), naive.name(), "{graph} {any_loyal}");
            assert_eq!(exhaustive.behaviours, naive.behaviours, "{graph} {any_loyal}");
        }
    }
}

/// A traitor sends its neighbours what it likes: in round 1 either order, both or neither, and in round 2 each order as
/// relayed by one of several generals, or not at all.
#[test]
fn behaviours_on_graphs_are_counted() {
    for (graph, traitors, to_each, neighbours) in
        [(Graph::path(4), [3], 4 * 3 * 3, 1), (Graph::ring(5), [2], 4 * 4 * 4, 2)]
    {
        let adversary = turned(&traitors).without_strays();
        let ask = || check(SignedMessages::new(1)).on(&graph).against(adversary);
        let verdict = ask().run().unwrap();
        let expected = 2 * u64::pow(to_each, neighbours);
        let behaviours = verdict.behaviours.exact().map(ToString::to_string);
        assert_eq!(behaviours, Some(expected.to_string()), "{graph}");
        let naive = ask().engine(Engine::Naive).run().unwrap();
        assert_eq!((naive.name(), naive.behaviours), (verdict.name(), verdict.behaviours));
    }
}

/// Crashes, omissions and late messages occur only on edges.
#[test]
fn other_faults_keep_to_the_edges() {
    for faults in FaultClass::ALL {
        let adversary = Adversary::new(faults, 1).suspects(set(&[0])).disrupted(1, 1);
        let question = check(SignedMessages::new(2)).on(Graph::path(4)).against(adversary);
        let verdict = question.run().unwrap();
        if let Some(found) = verdict.counterexample() {
            let wires = found.attack.lies.iter().map(|lie| lie.wire);
            let wires = wires.chain(found.attack.schedule.iter().map(|shift| shift.wire));
            for Wire { from, to, .. } in wires {
                assert!(found.attack.graph.has_edge(from, to), "{found}");
            }
        }
    }
}

#[test]
fn what_is_hunted_keeps_to_the_edges() {
    let ask = |m: usize| -> Hunt<SignedMessages> {
        hunt(SignedMessages::new(m)).on(Graph::path(4)).against(turned(&[0])).cases(2_000)
    };
    ask(2).assert_finds_nothing();
    let found = ask(1).assert_finds();
    assert_eq!(found.attack.traitors, set(&[0]));
    let path = Graph::path(4);
    for delivery in &found.execution.deliveries {
        assert!(path.has_edge(delivery.wire.from, delivery.wire.to), "{delivery:?}");
    }
}

#[test]
fn a_lie_needs_an_edge() {
    let protocol = OralMessages::new(1);
    let wire = |from, to| Wire { round: 1, from: General::new(from), to: General::new(to) };
    let attack = |graph: Graph, wire| {
        let said = run(&protocol, &Attack::new(3, Generals::NONE, inputs(Order::ATTACK))).unwrap();
        let first = said.deliveries.iter().next().unwrap();
        let edit = Edit::Withhold(first.said[0].clone());
        Attack {
            lies: vec![Lie { wire, edit }],
            ..Attack::new(graph, set(&[0]), inputs(Order::ATTACK))
        }
    };
    let misfit = |attack| run(&protocol, &attack).unwrap_err().to_string();
    assert_eq!(
        misfit(attack(Graph::path(4), wire(0, 2))),
        "lie 1: general 0 can't send to general 2: they are no neighbours"
    );
    let simulator = Simulator::new(&protocol, Graph::ring(4)).unwrap();
    assert_eq!(
        simulator.run(&attack(Graph::path(4), wire(0, 1))).unwrap_err().to_string(),
        "the attack is on the path of 4, and the generals are on the ring of 4"
    );
    assert_eq!(run(&protocol, &attack(Graph::path(4), wire(0, 1))).unwrap().idle, []);
}

#[test]
fn who_can_be_a_traitor_must_be_there() {
    let ask = |traitors, ids: &[usize]| {
        let adversary = Adversary::byzantine(traitors).suspects(set(ids));
        let question = check(OralMessages::new(1)).on(Graph::ring(4)).against(adversary);
        question.run().unwrap_err().to_string()
    };
    let there = "suspects: general 7 is not there: the 4 generals are numbered from 0";
    assert_eq!(ask(1, &[0, 7]), there);
    assert_eq!(ask(2, &[3]), "f is 2, and only 1 can be traitors");
}

#[test]
fn an_attack_on_a_graph_from_a_file_is_saved_and_replayed() {
    let (graph, file) = ("tests/golden/graphs/five.txt", scratch("five.json"));
    let check = format!("check signed -m 2 -f 2 --graph {graph} --suspects 0,4 --exactly");
    let checked = turncoat(&check);
    let again = format!(" --graph {graph} -f 2 --exactly --suspects 0,4 --save attack.json");
    assert!(checked.out.contains(&format!("turncoat check signed -m 2{again}")), "{}", checked.out);
    assert_eq!(turncoat(&format!("{check} --save {file}")).code, 1);
    let text = std::fs::read_to_string(&file).unwrap();
    expect_file!["golden/attack_on_graph.json"].assert_eq(&text);
    let replayed = turncoat(&format!("replay {file}"));
    assert_eq!((replayed.code, replayed.err.as_str()), (1, ""));
    expect_file!["golden/replay_on_graph.txt"].assert_eq(&replayed.out);
    assert_each_change_gets_one_line(&text, "bad_graph_files.txt");
}

/// A saved attack on a protocol that is laid out for a graph runs on that graph and on no other.
#[test]
fn what_is_laid_out_for_a_graph_keeps_to_it() {
    let file = scratch("ring.json");
    let saved = format!("check routed -f 1 -p 2 --graph ring -n 4 --save {file}");
    assert_eq!(turncoat(&saved).code, 1);
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(turncoat_with("replay - --expect broken", &text).code, 0);
    let graph = "  \"graph\": {\"n\":4,\"edges\":[[0,1],[0,3],[1,2],[2,3]]},\n";
    assert!(text.contains(graph), "{text}");
    let answer = turncoat_with("replay -", &text.replace(graph, "  \"n\": 4,\n"));
    assert_eq!(answer.code, 2);
    let line = "OM(1,2) is laid out for the ring of 4, and not for the complete graph of 4\n";
    assert_eq!(answer.err, format!("turncoat: standard input: {line}"));
}
