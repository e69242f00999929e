//! No protocol can be correct among n <= 3f generals: each is refuted by worlds that the simulator confirms, and that
//! their witnesses can't tell apart.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicUsize;

use itertools::Itertools;
use serde_json::Value;
use turncoat::fault::FaultKind;
use turncoat::impossibility::argument::{ArgumentOf, Conclusion, Construction};
use turncoat::impossibility::world::Must;
use turncoat::protocols::chain::Binding;
use turncoat::protocols::interactive::InteractiveConsistency;
use turncoat::protocols::parallel::Parallel;
use turncoat::{
    CheckError, CoordinatorVote, FloodSet, General, Generals, Graph, Ideal, OralMessages, Order,
    Property, SignedMessages, Testable, TwoStep, Violation, refute, run,
};

use crate::command_line::{scratch, turncoat};
use crate::refutable::{SignedConsensus, Silly};
use crate::signed_textbook::Mutation::{self, Skips};
use crate::signed_textbook::{Rule, Textbook};

/// Asserts that every statement of an argument is true, by checking each once more.
fn assert_true<P: Testable>(protocol: &P, argument: &ArgumentOf<P>, setting: &str) {
    for world in &argument.worlds {
        let again = run(protocol, &world.attack).unwrap();
        assert_eq!(again, world.execution, "{setting}");
        assert!(again.lacking.is_empty() && again.idle.is_empty(), "{setting}");
        assert_eq!(world.loyal(), Generals::first(world.attack.n()).minus(world.attack.traitors));
    }
    let Conclusion::Refuted(broken) = argument.conclusion else {
        panic!("{setting}: {argument:?}")
    };
    let violation = argument.worlds[broken].execution.violation();
    assert!(matches!(violation, Some(Violation::Property(_))), "{setting}: {violation:?}");
    let witnesses = argument.witnesses().collect_vec();
    assert_eq!(witnesses.len(), argument.worlds.len() - 1, "{setting}");
    for witness in witnesses {
        assert!(witness.same_view, "{setting}: {witness:?}");
        // Compares what each world's execution holds, not what the argument compares.
        let me = witness.double.general;
        let [one, other] = [witness.world, witness.world + 1].map(|world| {
            let execution = &argument.worlds[world].execution;
            let heard = execution.deliveries.iter().filter(|delivery| delivery.wire.to == me);
            let heard = heard.flat_map(|delivery| {
                delivery.said.iter().map(move |said| (delivery.wire, said.clone()))
            });
            (heard.collect::<BTreeSet<_>>(), execution.decisions[me.id()].clone())
        });
        assert_eq!(one, other, "{setting}");
    }
    let [first, last] = [argument.worlds.first(), argument.worlds.last()].map(Option::unwrap);
    let due = [&first.must, &last.must];
    assert!(due[0] != due[1] && due.iter().all(|must| matches!(must, Must::Decide(_))));
}

/// Asserts that a protocol is refuted below n = 3f + 1, and not at it.
fn assert_bound<P: Testable>(protocols: impl Fn(usize, usize) -> Vec<P>, most: usize) {
    for f in 1..=most {
        for n in 3.max(f + 1)..=3 * f {
            for protocol in protocols(n, f) {
                let setting = format!("{protocol:?}, n = {n}, f = {f}");
                let refutation = refute(&protocol).generals(n).traitors(f).run().unwrap();
                let argument = refutation.argument.as_ref().unwrap();
                assert_true(&&protocol, argument, &setting);
            }
        }
        for protocol in protocols(3 * f + 1, f) {
            let possible = refute(&protocol).generals(3 * f + 1).traitors(f).run().unwrap();
            assert_eq!(possible.name(), "possible");
            assert!(possible.to_string().starts_with("POSSIBLE"));
        }
    }
}

#[test]
fn oral_messages_are_refuted_below_their_bound() {
    assert_bound(|_, f| (0..=f).map(OralMessages::new).collect(), 4);
}

#[test]
fn silly_protocols_are_refuted() {
    use Silly::*;
    assert_bound(|_, _| vec![Retreats, Obeys, Echoes, Hashes], 4);
}

#[test]
fn protocols_for_consensus_are_refuted() {
    assert_bound(|_, f| vec![FloodSet::new(f + 1), FloodSet::new(1)], 4);
    assert_bound(|_, f| vec![CoordinatorVote::new(f)], 4);
    assert_bound(|_, f| vec![InteractiveConsistency::new(f.min(2))], 3);
}

/// Any partition into groups will do.
#[test]
fn any_three_groups_will_do() {
    let group = |ids: &[usize]| ids.iter().map(|id| General::new(*id)).collect::<Generals>();
    for groups in [
        [group(&[0]), group(&[1, 2]), group(&[3, 4])],
        [group(&[4, 2]), group(&[3]), group(&[1, 0])],
        [group(&[1, 4]), group(&[0, 3]), group(&[2])],
    ] {
        let protocol = OralMessages::new(2);
        let argument = refute(&protocol).generals(5).traitors(2).groups(groups).assert_refuted();
        assert!(argument.groups[0].contains(General::COMMANDER));
        assert_eq!(
            argument.groups.iter().sorted().collect_vec(),
            groups.iter().sorted().collect_vec()
        );
        assert_true(&&protocol, &argument, &format!("{groups:?}"));
    }
}

/// A few generals who may be traitors separate the others: on a ring of four, two of them; on a star the one in the
/// middle, who may be the commander.
#[test]
fn where_a_graph_can_be_cut_nothing_is_right() {
    let star = |middle: usize| {
        Graph::from_edges(5, (0..5).filter(|end| *end != middle).map(|end| (middle, end))).unwrap()
    };
    let tied = Graph::from_edges(6, [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (3, 5), (4, 5)]);
    // The commander is one of two generals who hold the graph together.
    let held = Graph::from_edges(6, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 3)]);
    for (graph, f) in [
        (Graph::ring(4), 1),
        (Graph::ring(7), 1),
        (Graph::ring(6), 2),
        (Graph::ring(7), 2),
        (Graph::path(5), 1),
        (Graph::grid(3, 2), 1),
        (star(0), 1),
        (star(3), 1),
        (tied.unwrap(), 1),
        (held.unwrap(), 1),
        (Graph::prism(), 1),
        (Graph::cube(), 2),
        (Graph::bipartite(3, 4), 2),
    ] {
        let n = graph.n();
        let setting = format!("{graph:?}, f = {f}");
        let connected = graph.cut(f).is_none();
        for silly in [Silly::Retreats, Silly::Obeys, Silly::Echoes, Silly::Hashes] {
            let refutation = refute(&silly).on(&graph).traitors(f).run().unwrap();
            assert_eq!(refutation.name() == "possible", connected, "{setting}");
            let Some(argument) = &refutation.argument else { continue };
            assert_eq!(argument.theorem, Construction::Cut, "{setting}");
            assert_true(&&silly, argument, &setting);
        }
        let flood_set = FloodSet::new(n);
        let refutation = refute(&flood_set).on(&graph).traitors(f).run().unwrap();
        let Some(argument) = &refutation.argument else { continue };
        assert_true(&&flood_set, argument, &setting);
        // Signed orders can't be changed on their way, so the argument fails unless traitors can stop them.
        let signed = refute(SignedMessages::new(n - 1)).on(&graph).traitors(f).run().unwrap();
        let stopped = graph.connectivity() <= f;
        assert_eq!(signed.name(), if stopped { "refuted" } else { "forgery" }, "{setting}");
        assert_eq!(signed.argument.as_ref().unwrap().is_stopped(), stopped, "{setting}");
        // Messages that can't be signed are not sent, and are in no attack.
        if let Some(world) = signed.broken() {
            let again = run(&signed.protocol, &world.attack).unwrap();
            assert!(again.lacking.is_empty() && again.violation().is_some(), "{setting}");
        }
    }
}

/// The argument takes one run of twice as many generals, and one run of each world.
#[test]
fn thirty_generals_are_refuted_as_well() {
    let argument = refute(OralMessages::new(1)).generals(30).traitors(10).assert_refuted();
    assert!(argument.worlds.iter().all(|world| world.attack.traitors.len() == 10));
    assert!(argument.witnesses().all(|witness| witness.same_view));
}

/// One half of the generals against the other: nobody lies, and nothing need be forged.
#[test]
fn consensus_among_2f_is_refuted_in_one_run_even_if_signed() {
    for f in 2..=4 {
        let protocol = SignedConsensus::new(2 * f, f);
        let refutation = refute(protocol).generals(2 * f).traitors(f).run().unwrap();
        let argument = refutation.argument.as_ref().unwrap();
        assert_eq!(argument.theorem, Construction::Halves);
        assert!(matches!(argument.conclusion, Conclusion::Refuted(_)), "{refutation}");
        assert!(argument.worlds.iter().all(|world| world.attack.lies.is_empty()));
        // The same run, with other generals loyal.
        assert!(argument.worlds.iter().map(|world| &world.execution.deliveries).all_equal());
    }
}

/// The argument does not apply to a protocol that hides state or panics.
#[test]
fn what_is_not_deterministic_is_found_out() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let refutation = refute(Silly::Counts(&CALLS)).generals(3).traitors(1).run().unwrap();
    let argument = refutation.argument.as_ref().unwrap();
    let fault = match &argument.conclusion {
        Conclusion::Undetermined(fault) => fault,
        Conclusion::Refuted(world) => argument.worlds[*world].execution.fault.as_ref().unwrap(),
        Conclusion::Forgery(_) => panic!("{refutation}"),
    };
    assert!(matches!(fault.kind, FaultKind::Undetermined(..)), "{fault}");
    let ended = matches!(argument.conclusion, Conclusion::Undetermined(_));
    assert_eq!(refutation.name(), if ended { "undetermined" } else { "refuted" });
    assert!(refutation.to_string().contains("not deterministic"), "{refutation}");
}

#[test]
fn a_panic_is_a_world_that_gives_way() {
    let refutation = refute(Silly::Panics).generals(3).traitors(1).run().unwrap();
    let world = refutation.broken().unwrap();
    assert_eq!(world.execution.violation().unwrap().name(), "no-panic");
    assert!(refutation.to_string().contains("two orders"), "{refutation}");
}

/// In the first world a traitor would have to show the loyal commander's signature on an order that he never gave, and
/// no protocol that checks it gives way.
#[test]
fn signatures_escape() {
    for (n, f) in [(3, 1), (4, 2), (5, 2), (6, 2)] {
        let refutation = refute(SignedMessages::new(f)).generals(n).traitors(f).run().unwrap();
        let argument = refutation.argument.as_ref().unwrap();
        assert_eq!((refutation.name(), &argument.conclusion), ("forgery", &Conclusion::Forgery(0)));
        let needed = argument.worlds[0].forgery.as_ref().unwrap();
        assert_eq!((needed.wire.round, needed.signed.by), (2, General::COMMANDER));
        assert!(argument.worlds[0].attack.traitors.contains(needed.wire.from));
        // The signature would have to be on the other order, not the one that was given.
        let order = needed.signed.statement.escape_ascii().to_string();
        assert!(order.contains("ATTACK") && !order.contains("RETREAT"), "{order}");
    }
    let refutation = refute(TwoStep::new()).generals(3).traitors(1).run().unwrap();
    assert_eq!(refutation.name(), "forgery");
}

fn textbook(mutation: Mutation) -> ArgumentOf<Textbook> {
    let refutation = refute(Textbook::new(1, mutation, Ideal)).generals(3).traitors(1).run();
    refutation.unwrap().argument.unwrap()
}

/// If signatures are not checked the attack succeeds, with false signatures in place of those that it lacks.
#[test]
fn unchecked_signatures_do_not() {
    let checked = textbook(Mutation::None);
    assert_eq!(checked.conclusion, Conclusion::Forgery(0));
    let unchecked = textbook(Skips(Rule::InnerLinks));
    let Conclusion::Refuted(world) = unchecked.conclusion else {
        panic!("{:?}", unchecked.conclusion)
    };
    let world = &unchecked.worlds[world];
    assert!(world.stand_ins > 0 && world.forgery.is_none());
    assert_eq!(world.execution.lacks, Some(Property::Validity));
}

/// Signatures that do not name their instance do not stop the attack either: the other instance provides a loyal
/// general's signature on the other order.
#[test]
fn neither_do_unbound_ones() {
    let parallel = |binding| {
        Parallel::of(2, move |instance, commander| {
            SignedMessages::new(1).instance(instance, commander).binding(binding)
        })
    };
    let bound = refute(parallel(Binding::Everything)).generals(3).traitors(1).run().unwrap();
    assert_eq!(bound.name(), "forgery");
    let unbound = refute(parallel(Binding::Order)).generals(3).traitors(1).run().unwrap();
    assert_eq!(unbound.name(), "refuted");
    let world = unbound.broken().unwrap();
    assert_eq!(world.execution.violation(), Some(Violation::Property(Property::Validity)));
    assert_eq!(world.stand_ins, 0);
}

#[test]
fn what_cannot_be_refuted_is_said_in_a_line() {
    let group = |ids: &[usize]| ids.iter().map(|id| General::new(*id)).collect::<Generals>();
    let ask = || refute(OralMessages::new(1));
    let three = |a: &[usize], b: &[usize], c: &[usize]| [group(a), group(b), group(c)];
    for (question, line) in [
        (ask().traitors(1), "how many generals? say .generals(..)"),
        (ask().generals(3), "how many traitors? say .traitors(..)"),
        (ask().generals(2).traitors(1), "n is 2: the argument needs at least three generals"),
        (ask().generals(3).traitors(3), "f is 3: with n = 3 there can be at most 2 traitors"),
        (
            ask().generals(3).traitors(1).groups(three(&[0], &[1], &[])),
            "groups: one of them is empty",
        ),
        (
            ask().generals(3).traitors(1).groups(three(&[0], &[1, 0], &[2])),
            "groups: general 0 is in two of them",
        ),
        (
            ask().generals(4).traitors(2).groups(three(&[0], &[1], &[2])),
            "groups: general 3 is in none of them",
        ),
        (
            ask().generals(3).traitors(1).groups(three(&[0], &[1], &[3])),
            "groups: general 3 is not there: the 3 generals are numbered from 0",
        ),
        (
            ask().generals(4).traitors(1).groups(three(&[0], &[1], &[2, 3])),
            "groups: 2,3 are 2, and at most 1 can be traitors",
        ),
    ] {
        assert_eq!(question.run().unwrap_err().to_string(), line);
    }
    let one_value = OralMessages::new(1).over(Order::first(1));
    let error = refute(one_value).generals(3).traitors(1).run().unwrap_err();
    assert_eq!(error, CheckError::OneValue);
}

/// The saved attack is like any other: it is replayed, and breaks the protocol.
#[test]
fn the_world_that_gives_way_is_replayed() {
    let name = scratch("refuted.json");
    let refuted = turncoat(&format!("refute oral -n 6 -f 2 --format json --save {name}"));
    assert_eq!((refuted.code, refuted.err.as_str()), (1, ""));
    let refuted: Value = serde_json::from_str(&refuted.out).unwrap();
    let world = &refuted["worlds"][refuted["world"].as_u64().unwrap() as usize - 1];
    let replayed = turncoat(&format!("replay {name} --format json"));
    assert_eq!((replayed.code, replayed.err.as_str()), (1, ""));
    let replayed: Value = serde_json::from_str(&replayed.out).unwrap();
    for field in ["property", "lies", "decisions", "traitors"] {
        assert_eq!(replayed[field], world[field], "{field}");
    }
    let signed = "refute signed -m 3 -n 4 -f 1 --graph path";
    assert_eq!(turncoat(&format!("{signed} --save {name}")).code, 1);
    assert_eq!(turncoat(&format!("replay {name} --expect broken")).code, 0);
    let nothing = turncoat(&format!("refute oral -n 4 -f 1 --save {name}"));
    assert_eq!(nothing.code, 0);
    assert!(nothing.err.contains("there is no attack to save to"), "{}", nothing.err);
}
