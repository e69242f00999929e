//! Too few rounds: the graph of views, its golden numbers, and a twin that computes the same by running every attack,
//! lie by lie.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools;
use serde_json::Value;
use turncoat::execution::Simulator;
use turncoat::impossibility::{Existence, Rounds, View, ViewChain, rounds, rounds_over};
use turncoat::protocols::oral::{Choice, Relay};
use turncoat::protocols::path::{Path, paths};
use turncoat::{
    Attack, AttackOn, Edit, General, Generals, Lie, OralMessages, Order, Wire, check, run,
};

use crate::command_line::{turncoat, turncoat_with};

/// n, f and r; whether there is a protocol; how many views and executions there are.
type Row = ((usize, usize, usize), bool, usize, u64);

const GOLDEN: [Row; 12] = [
    ((3, 1, 1), false, 4, 10),
    ((3, 1, 2), false, 8, 14),
    ((4, 1, 1), false, 6, 16),
    ((4, 1, 2), true, 24, 34),
    ((5, 1, 1), false, 8, 26),
    ((5, 1, 2), true, 64, 82),
    ((6, 1, 1), false, 10, 44),
    ((6, 1, 2), true, 160, 194),
    ((4, 2, 2), false, 24, 106),
    ((5, 2, 2), false, 64, 530),
    ((7, 2, 1), false, 12, 300),
    ((7, 2, 2), false, 384, 14274),
];

#[test]
fn the_golden_numbers() {
    for ((n, f, r), exists, views, executions) in GOLDEN {
        let found = rounds(n, f, r).unwrap();
        let numbers = (found.exists(), found.views, found.executions);
        assert_eq!(numbers, (exists, views, executions), "n = {n}, f = {f}, r = {r}");
    }
}

/// Synthesized protocols are correct: the exhaustive search says so, also with one round too many, and with three
/// orders.
#[test]
fn the_tables_are_verified() {
    let ours = [(2, 4, 1, 2), (2, 5, 1, 2), (2, 6, 1, 2), (2, 4, 1, 3), (2, 5, 1, 3), (2, 3, 0, 1)];
    for (values, n, f, r) in ours.into_iter().chain([(3, 4, 1, 2), (1, 3, 2, 1)]) {
        let found = rounds_over(values, n, f, r).unwrap();
        let Existence::Protocol(table) = found.existence else {
            panic!("n = {n}, f = {f}, r = {r}, {values} values: there is a protocol")
        };
        check(table).generals(n).traitors(f).assert_holds();
    }
}

fn chain(n: usize, f: usize, r: usize) -> ViewChain {
    match rounds(n, f, r).unwrap().existence {
        Existence::None(chain) => *chain,
        Existence::Protocol(_) => panic!("n = {n}, f = {f}, r = {r}: there is no protocol"),
    }
}

/// The chain is a proof: each execution shows both views of its link, each link starts at the view where the previous
/// one ended, and loyal commanders force the two ends to decide differently.
#[test]
fn the_chain_is_a_proof() {
    for ((n, f, r), exists, ..) in GOLDEN.into_iter().chain([((5, 2, 3), false, 0, 0)]) {
        if exists {
            continue;
        }
        let ViewChain { first, links, last } = chain(n, f, r);
        let protocol = ViewChain::protocol(r, 2);
        let shows = |attack: &AttackOn<OralMessages>, view: &View| {
            let execution = run(&protocol, attack).unwrap();
            assert!(execution.idle.is_empty() && attack.traitors.len() <= f);
            assert!(!attack.traitors.contains(view.lieutenant));
            assert_eq!(&View::shown(&execution, view.lieutenant), view);
        };
        for end in [&first, &last] {
            assert!(!end.attack.traitors.contains(General::COMMANDER));
            assert_eq!(end.attack.inputs[&General::COMMANDER], end.order);
            shows(&end.attack, &end.view);
        }
        assert_ne!(first.order, last.order);
        let mut view = &first.view;
        for link in &links {
            assert_eq!(&link.from, view);
            shows(&link.attack, &link.from);
            shows(&link.attack, &link.to);
            view = &link.to;
        }
        assert_eq!(view, &last.view);
    }
}

/// Any protocol that relays as much goes wrong in an execution of the chain.
#[test]
fn oral_messages_go_wrong_along_the_chain() {
    for ((n, f, r), ..) in GOLDEN.into_iter().filter(|(_, exists, ..)| !exists) {
        let ViewChain { first, links, last } = chain(n, f, r);
        let links = links.iter().map(|link| &link.attack);
        let attacks = links.chain([&first.attack, &last.attack]).collect_vec();
        for choice in [Choice::Majority, Choice::Median, Choice::Plurality] {
            let protocol = OralMessages::new(r - 1).choice(choice);
            let broken =
                attacks.iter().any(|attack| run(&protocol, attack).unwrap().lacks.is_some());
            assert!(broken, "n = {n}, f = {f}, r = {r}, by {choice}");
        }
    }
}

/// What the twin finds by running every attack.
struct Twin {
    executions: BTreeSet<(Generals, BTreeSet<View>)>,
    /// The decisions that validity forces.
    forced: BTreeMap<View, Order>,
}

impl Twin {
    /// Every choice of traitors, of the order, and of what each traitor says to each other general (also to a traitor):
    /// one of the orders, or nothing, on each path.
    fn of(n: usize, f: usize, r: usize) -> Twin {
        let protocol = OralMessages::new(r - 1);
        let simulator = Simulator::new(&protocol, n).unwrap();
        let mut twin = Twin { executions: BTreeSet::new(), forced: BTreeMap::new() };
        for traitors in (0..=f).flat_map(|size| Generals::first(n).subsets(size)) {
            let slots = slots(n, r, traitors);
            let orders = Order::first(2).into_iter();
            let says = orders.clone().map(Some).chain([None]);
            for (order, says) in orders.cartesian_product(choices(&says.collect_vec(), slots.len()))
            {
                let inputs = BTreeMap::from([(General::COMMANDER, order)]);
                let mut attack = Attack::new(n, traitors, inputs);
                let lies = slots.iter().zip(says);
                attack.lies =
                    lies.flat_map(|((wire, path), say)| lies_to(*wire, path, say)).collect();
                let execution = simulator.run(&attack).unwrap();
                let loyal = Generals::first(n).without(General::COMMANDER).minus(traitors);
                let view = |lieutenant: General| {
                    let told = View::shown(&execution, lieutenant).told;
                    let told = BTreeMap::from_iter(told);
                    let told = |path: &Path| told.get(path).copied().unwrap_or(Order::RETREAT);
                    let told = to(n, r, lieutenant).map(|path| (path, told(&path)));
                    View { lieutenant, told: told.collect() }
                };
                let views: BTreeSet<View> = loyal.iter().map(view).collect();
                if !traitors.contains(General::COMMANDER) {
                    let forced = views.iter().map(|view| (view.clone(), order));
                    twin.forced.extend(forced);
                }
                if !views.is_empty() {
                    twin.executions.insert((traitors, views));
                }
            }
        }
        twin
    }

    /// These views, and all views that occur together with one of them.
    fn beside(&self, views: &BTreeSet<View>) -> BTreeSet<View> {
        let near = self.executions.iter().filter(|(_, others)| !others.is_disjoint(views));
        near.flat_map(|(_, others)| others).chain(views).cloned().collect()
    }

    /// All views in which the decision must be the same as in this one.
    fn class(&self, view: &View) -> BTreeSet<View> {
        let mut class = BTreeSet::from([view.clone()]);
        loop {
            let more = self.beside(&class);
            if more == class {
                return class;
            }
            class = more;
        }
    }

    /// How many links there are from RETREAT to ATTACK.
    fn links(&self) -> usize {
        let forced = |order| self.forced.iter().filter(move |(_, forced)| **forced == order);
        let mut views: BTreeSet<View> =
            forced(Order::RETREAT).map(|(view, _)| view.clone()).collect();
        let mut links = 0;
        while !forced(Order::ATTACK).any(|(view, _)| views.contains(view)) {
            views = self.beside(&views);
            links += 1;
        }
        links
    }
}

/// All paths to a lieutenant.
fn to(n: usize, r: usize, lieutenant: General) -> impl Iterator<Item = Path> {
    (1..=r).flat_map(move |len| paths(len, Generals::first(n).without(lieutenant)))
}

/// Each wire on which a traitor can say something on a path, with the path.
fn slots(n: usize, r: usize, traitors: Generals) -> Vec<(Wire, Path)> {
    let lieutenants = Generals::first(n).without(General::COMMANDER).iter();
    let paths = lieutenants.flat_map(|lieutenant| {
        to(n, r, lieutenant).map(move |path| {
            let from = path.last().expect("a path has an end");
            (Wire { round: path.len(), from, to: lieutenant }, path)
        })
    });
    paths.filter(|(wire, _)| traitors.contains(wire.from)).collect()
}

fn choices<T: Copy>(of: &[T], times: usize) -> Vec<Vec<T>> {
    (0..times).fold(vec![vec![]], |choices, _| {
        choices.iter().cartesian_product(of).map(|(c, one)| [&c[..], &[*one]].concat()).collect()
    })
}

/// The lies that make a traitor say this on a path, whichever order an obedient traitor would send: they withhold or
/// replace either order.
fn lies_to(wire: Wire, path: &Path, say: Option<Order>) -> Vec<Lie<Relay<Order>>> {
    let relay = |value| Relay { path: *path, value };
    let others = Order::first(2).into_iter().filter(|order| Some(*order) != say);
    let edit = |other| match say {
        Some(say) => Edit::Instead { of: relay(other), say: relay(say) },
        None => Edit::Withhold(relay(other)),
    };
    others.map(|other| Lie { wire, edit: edit(other) }).collect()
}

#[test]
fn a_twin_that_runs_every_attack_finds_the_same_graph() {
    let small = [(3, 1, 1), (3, 1, 2), (3, 2, 2), (4, 1, 1), (4, 1, 2), (4, 1, 3), (4, 2, 1)];
    for (n, f, r) in small.into_iter().chain([(4, 2, 2), (4, 3, 1), (5, 1, 1), (5, 1, 2)]) {
        let case = format!("n = {n}, f = {f}, r = {r}");
        let twin = Twin::of(n, f, r);
        let Rounds { executions, classes, existence, views, .. } = rounds(n, f, r).unwrap();
        assert_eq!(twin.executions.len() as u64, executions, "{case}");
        let seen: BTreeSet<&View> = twin.executions.iter().flat_map(|(_, views)| views).collect();
        let mut found = views - seen.len();
        let mut rest = seen;
        while let Some(view) = rest.pop_first() {
            let class = twin.class(view);
            rest.retain(|other| !class.contains(other));
            found += 1;
        }
        assert_eq!(found, classes, "{case}");
        match existence {
            Existence::None(chain) => {
                assert_eq!(twin.links(), chain.links.len(), "{case}");
            }
            Existence::Protocol(table) => {
                let decisions: BTreeMap<View, Order> = table.rows().collect();
                assert!(
                    twin.forced.iter().all(|(view, order)| decisions[view] == *order),
                    "{case}"
                );
                for (_, views) in &twin.executions {
                    assert!(views.iter().map(|view| decisions[view]).all_equal(), "{case}");
                }
            }
        }
    }
}

/// An attack in the JSON is like any other: written to a file, it is replayed.
#[test]
fn a_link_of_the_chain_is_replayed() {
    let answer = turncoat("rounds -n 7 -f 2 -r 2 --format json").out;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let links = answer["chain"]["links"].as_array().unwrap();
    assert_eq!(links.len(), 2);
    for link in links {
        let mut file = serde_json::json!({
            "turncoat_attack": 1,
            "protocol": { "protocol": "oral", "m": 1, "values": 2, "choice": "majority" },
        });
        let attack = link["attack"].as_object().unwrap().clone();
        file.as_object_mut().unwrap().extend(attack);
        let replayed = turncoat_with("replay -", &file.to_string());
        assert!(replayed.code < 2 && replayed.err.is_empty(), "{}", replayed.err);
        assert!(replayed.out.contains("LIE"), "{}", replayed.out);
    }
}
