//! The chain argument: a chain of executions, each of which shares a lieutenant's view with the next.

use std::collections::BTreeMap;
use std::slice;

use itertools::Itertools;
use rustc_hash::FxHashMap;

use super::graph::Edge;
use super::views::{SaidOnce, Scope, origin};
use crate::attack::{Attack, AttackOn, Edit, Lie};
use crate::execution::{ExecutionOf, Simulator};
use crate::general::{General, Generals};
use crate::order::Order;
use crate::protocols::oral::{OralMessages, Relay};
use crate::protocols::path::Path;
use crate::testable::Wire;

/// A proof that no protocol exists: every decision along the chain must be the same, but validity forces different
/// decisions at its ends. Every attack in it is an attack on [`ViewChain::protocol`], and was run by the simulator to
/// confirm that it shows the claimed views.
#[derive(Clone, Debug)]
pub struct ViewChain {
    /// Where the chain begins.
    pub first: Forced,
    /// Pairs of views that occur in one execution: each leads from one view to the next.
    pub links: Vec<ViewLink>,
    /// Where the chain ends.
    pub last: Forced,
}

/// A view in which validity forces the decision.
#[derive(Clone, Debug)]
pub struct Forced {
    /// An execution with a loyal commander in which this view occurs.
    pub attack: AttackOn<OralMessages>,
    /// The view.
    pub view: View,
    /// The commander's order.
    pub order: Order,
}

/// An execution in which two loyal lieutenants must decide the same.
#[derive(Clone, Debug)]
pub struct ViewLink {
    /// The execution.
    pub attack: AttackOn<OralMessages>,
    /// The view of one of them.
    pub from: View,
    /// The view of the other.
    pub to: View,
}

/// Everything that a lieutenant has been told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct View {
    /// The lieutenant.
    pub lieutenant: General,
    /// For each path that leads to him, what the last general on it told him; shorter paths come first.
    pub told: Vec<(Path, Order)>,
}

impl View {
    /// The view with this number.
    pub(super) fn of(scope: Scope, orders: &[Order], number: usize) -> View {
        let (lieutenant, told) = scope.view(number);
        let told = told.into_iter().map(|value| orders[value]);
        View { lieutenant, told: scope.paths_to(lieutenant).zip_eq(told).collect() }
    }

    /// What a loyal lieutenant was told in an execution of oral messages. (If two values were told on one path, the
    /// last one counts; a path on which nothing was said is left out.)
    #[must_use]
    pub fn shown(execution: &ExecutionOf<OralMessages>, lieutenant: General) -> View {
        let told = execution.view(lieutenant).map(|(_, relay)| relay);
        let told = told.map(|Relay { path, value }| ((path.len(), *path), *value));
        let told = told.collect::<BTreeMap<_, _>>().into_iter();
        View { lieutenant, told: told.map(|((_, path), value)| (path, value)).collect() }
    }
}

impl ViewChain {
    /// The protocol that relays everything that is known: OM(r - 1). Its decision rule does not matter.
    #[must_use]
    pub fn protocol(rounds: usize, values: usize) -> OralMessages {
        OralMessages::new(rounds - 1).over(Order::first(values))
    }

    /// The chain made of these edges, each confirmed by the simulator.
    pub(super) fn told(scope: Scope, orders: &[Order], edges: &[Edge]) -> ViewChain {
        let protocol = ViewChain::protocol(scope.rounds, scope.values);
        let simulator = Simulator::new(&protocol, scope.n).expect("it can be run");
        let teller = Teller { scope, orders, simulator };
        let [Some(first), Some(last)] = [edges.first(), edges.last()] else {
            panic!("bug in turncoat: no view is forced both ways by itself")
        };
        let (first, last) = (teller.forced(first.from), teller.forced(last.to));
        ViewChain { first, links: edges.iter().map(|edge| teller.link(edge)).collect(), last }
    }
}

/// Turns edges and views into attacks, and runs them.
struct Teller<'a> {
    scope: Scope,
    orders: &'a [Order],
    simulator: Simulator<'a, OralMessages>,
}

impl Teller<'_> {
    fn link(&self, Edge { from, to, traitors }: &Edge) -> ViewLink {
        let [from, to] = [from, to].map(|number| View::of(self.scope, self.orders, *number));
        let attack = self.confirmed(*traitors, &[&from, &to]);
        ViewLink { attack: attack.expect("bug in turncoat: the views are held together"), from, to }
    }

    /// A forced view, in an execution with the fewest traitors who can bring it about.
    fn forced(&self, number: usize) -> Forced {
        let view = View::of(self.scope, self.orders, number);
        let aside = Generals::NONE.with(General::COMMANDER).with(view.lieutenant);
        let traitors = self.scope.traitors().filter(|who| who.minus(aside) == *who);
        let attack = traitors.filter_map(|traitors| self.confirmed(traitors, &[&view])).next();
        let attack = attack.expect("bug in turncoat: the view is forced");
        let order = attack.inputs[&General::COMMANDER];
        Forced { attack, view, order }
    }

    /// An attack by these traitors that shows these views, confirmed by the simulator; none if no execution has them
    /// all. Whatever no view shows is said as the protocol says it.
    fn confirmed(&self, traitors: Generals, views: &[&View]) -> Option<AttackOn<OralMessages>> {
        let mut said = FxHashMap::default();
        for View { lieutenant, told } in views {
            for (path, value) in told {
                let origin = origin(traitors, *path, *lieutenant);
                if *said.entry(origin).or_insert(*value) != *value {
                    return None;
                }
            }
        }
        // If the commander is a traitor, give him the order with which he has to lie least.
        let order = said.get(&SaidOnce::Order);
        let orders = order.map_or(self.orders, slice::from_ref).iter();
        let attacks =
            orders.map(|order| Scene { said: &said, order: *order }.attack(self, traitors));
        let attack = attacks.min_by_key(|attack| attack.lies.len()).expect("there is an order");
        let execution = self.simulator.run(&attack).expect("the attack fits");
        for view in views {
            let shown = View::shown(&execution, view.lieutenant);
            assert_eq!(&shown, *view, "bug in turncoat: another view is shown");
        }
        Some(attack)
    }
}

/// What is said in an execution, as far as it matters, and the order that the commander was given.
struct Scene<'a> {
    said: &'a FxHashMap<SaidOnce, Order>,
    order: Order,
}

impl Scene<'_> {
    fn attack(&self, teller: &Teller<'_>, traitors: Generals) -> AttackOn<OralMessages> {
        let inputs = BTreeMap::from([(General::COMMANDER, self.order)]);
        let mut attack = Attack::new(teller.scope.n, traitors, inputs);
        for (said, say) in self.said {
            let SaidOnce::Told(path, to) = said else { continue };
            let [of, say] = [self.honest(*path), *say].map(|value| Relay { path: *path, value });
            let from = path.last().expect("a path has an end");
            let wire = Wire { round: path.len(), from, to: *to };
            attack.lies.extend(Edit::between(Some(of), Some(say)).map(|edit| Lie { wire, edit }));
        }
        attack.lies.sort_unstable();
        attack
    }

    /// What the last general on a path relays if he obeys: what he was told himself.
    fn honest(&self, path: Path) -> Order {
        match path.last() {
            Some(relay) if !relay.is_commander() => self.told(path.parent(), relay),
            _ => self.order,
        }
    }

    /// What somebody is told on a path: a lie if there is one, else what an obedient general says.
    fn told(&self, path: Path, to: General) -> Order {
        let said = self.said.get(&SaidOnce::Told(path, to));
        said.copied().unwrap_or_else(|| self.honest(path))
    }
}
