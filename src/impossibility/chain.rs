//! The chain argument: executions, each of which two loyal lieutenants can't tell from the next.

use std::collections::BTreeMap;

use itertools::Itertools;

use super::graph::Edge;
use super::views::{Plot, Said, Scope};
use crate::attack::{Attack, AttackOn, Edit, Lie};
use crate::execution::{ExecutionOf, Simulator};
use crate::general::General;
use crate::order::Order;
use crate::protocols::oral::{OralMessages, Relay};
use crate::protocols::path::Path;
use crate::testable::Wire;

/// The proof that no protocol exists: along it every decision must be the same, and at its ends
/// validity forces different ones. Every attack in it is one on [`Chain::protocol`], and has been run
/// by the simulator: it shows the views that are said to be there.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Where it begins.
    pub first: Forced,
    /// Views that are held in one execution, each from the one before to the next.
    pub links: Vec<Link>,
    /// Where it ends.
    pub last: Forced,
}

/// A view in which validity forces the decision.
#[derive(Clone, Debug)]
pub struct Forced {
    /// An execution with a loyal commander in which it is held.
    pub attack: AttackOn<OralMessages>,
    /// The view.
    pub view: View,
    /// The commander's order.
    pub order: Order,
}

/// An execution in which two loyal lieutenants must decide the same.
#[derive(Clone, Debug)]
pub struct Link {
    /// The execution.
    pub attack: AttackOn<OralMessages>,
    /// What one of them sees.
    pub from: View,
    /// What the other sees.
    pub to: View,
}

/// All that a lieutenant has been told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct View {
    /// Which one.
    pub lieutenant: General,
    /// On each path that leads to him, what the last on it told him; shorter paths come first.
    pub told: Vec<(Path, Order)>,
}

impl View {
    /// What a loyal lieutenant was told in an execution of oral messages. (Of two values on one path
    /// the one that came last counts; where nothing was said there is nothing.)
    #[must_use]
    pub fn shown(execution: &ExecutionOf<OralMessages>, lieutenant: General) -> View {
        let told = execution.view(lieutenant).map(|(_, relay)| relay);
        let told = told.map(|Relay { path, value }| ((path.len(), path.clone()), *value));
        let told = told.collect::<BTreeMap<_, _>>().into_iter();
        View { lieutenant, told: told.map(|((_, path), value)| (path, value)).collect() }
    }
}

impl Chain {
    /// The protocol that says all that is known: OM(r - 1). How it decides does not matter.
    #[must_use]
    pub fn protocol(rounds: usize, values: usize) -> OralMessages {
        OralMessages::new(rounds - 1).over(Order::first(values))
    }

    /// The chain with these edges, each confirmed by the simulator.
    pub(super) fn told(scope: Scope, orders: &[Order], edges: &[Edge]) -> Chain {
        let protocol = Chain::protocol(scope.rounds, scope.values);
        let simulator = Simulator::new(&protocol, scope.n).expect("it can be run");
        let teller = Teller { scope, orders, simulator };
        let [Some(first), Some(last)] = [edges.first(), edges.last()] else {
            panic!("bug in turncoat: no view is forced both ways by itself")
        };
        let (first, last) = (teller.forced(first.from), teller.forced(last.to));
        Chain { first, links: edges.iter().map(|edge| teller.link(edge)).collect(), last }
    }
}

/// Makes attacks of executions, and runs them.
struct Teller<'a> {
    scope: Scope,
    orders: &'a [Order],
    simulator: Simulator<'a, OralMessages>,
}

impl Teller<'_> {
    fn link(&self, Edge { from, to, traitors, values }: &Edge) -> Link {
        let plot = Plot::of(self.scope, *traitors);
        let attack = self.attack(&plot, values);
        let [from, to] = [from, to].map(|view| self.confirmed(&attack, *view));
        Link { attack, from, to }
    }

    /// A view that is forced, in the first execution that forces it.
    fn forced(&self, number: usize) -> Forced {
        for plot in self.scope.plots() {
            let Some(order) = plot.order() else { continue };
            let mut seen = plot.first();
            loop {
                if seen.views.contains(&number) {
                    let attack = self.attack(&plot, &seen.values);
                    let view = self.confirmed(&attack, number);
                    return Forced { attack, view, order: self.orders[seen.values[order]] };
                }
                if !seen.advance(self.scope) {
                    break;
                }
            }
        }
        panic!("bug in turncoat: view {number} is not forced")
    }

    /// The view with this number, which the simulator must show.
    fn confirmed(&self, attack: &AttackOn<OralMessages>, number: usize) -> View {
        let (lieutenant, told) = self.scope.view(number);
        let told = told.into_iter().map(|value| self.orders[value]);
        let view =
            View { lieutenant, told: self.scope.paths_to(lieutenant).zip_eq(told).collect() };
        let execution = self.simulator.run(attack).expect("the attack fits");
        let loyal = !attack.traitors.contains(lieutenant);
        assert!(
            loyal && View::shown(&execution, lieutenant) == view,
            "bug in turncoat: the execution does not show {view:?}"
        );
        view
    }

    /// The execution as an attack. If the commander is a traitor, his order is the one with which
    /// he lies least.
    fn attack(&self, plot: &Plot, values: &[usize]) -> AttackOn<OralMessages> {
        let orders = self.orders.iter().copied();
        let orders = orders
            .filter(|order| plot.order().is_none_or(|place| *order == self.orders[values[place]]));
        let attacks = orders.map(|order| Scene { teller: self, plot, values, order }.attack());
        attacks.min_by_key(|attack| attack.lies.len()).expect("there is an order")
    }
}

/// An execution, and the order that the commander was given.
struct Scene<'a> {
    teller: &'a Teller<'a>,
    plot: &'a Plot,
    values: &'a [usize],
    order: Order,
}

impl Scene<'_> {
    fn attack(&self) -> AttackOn<OralMessages> {
        let inputs = BTreeMap::from([(General::COMMANDER, self.order)]);
        let mut attack = Attack::new(self.teller.scope.n, self.plot.traitors, inputs);
        for (place, said) in self.plot.said.iter().enumerate() {
            let Said::Told(path, to) = said else { continue };
            let of = self.honest(path);
            let say = self.teller.orders[self.values[place]];
            let [of, say] = [of, say].map(|value| Relay { path: path.clone(), value });
            let from = path.last().expect("a path has an end");
            let wire = Wire { round: path.len(), from, to: *to };
            attack.lies.extend(Edit::between(Some(of), Some(say)).map(|edit| Lie { wire, edit }));
        }
        attack.lies.sort_unstable();
        attack
    }

    /// What the last on a path says on it who obeys: what he was told himself.
    fn honest(&self, path: &Path) -> Order {
        match path.last() {
            Some(relay) if !relay.is_commander() => self.told(&path.parent(), relay),
            _ => self.order,
        }
    }

    /// What somebody is told on a path. Traitors do not lie to each other.
    fn told(&self, path: &Path, to: General) -> Order {
        let said = self.plot.said.get_index_of(&Said::Told(path.clone(), to));
        said.map_or_else(|| self.honest(path), |place| self.teller.orders[self.values[place]])
    }
}
