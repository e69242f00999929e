//! The space that is searched: every case, and on every wire every message a traitor can say.

use std::collections::BTreeMap;

use itertools::{Either, Itertools};

use super::menu::Menu;
use crate::adversary::Adversary;
use crate::count::Count;
use crate::execution::Scene;
use crate::general::{General, Generals};
use crate::testable::{Refusal, Repertoire, Terms, Testable, Wire, described};

/// All behaviours of an adversary against a protocol.
pub(crate) struct Space<'a, P: Testable> {
    pub protocol: &'a P,
    pub terms: &'a Terms<P::Value>,
    pub adversary: Adversary,
    menus: Vec<Menu<P::Message>>,
    /// By number of sender and receiver: the behaviours on the wires between them in all rounds.
    behaviours: Vec<Vec<Count>>,
}

/// Who the traitors are and what the commander's order is: the first two choices of the enemy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Case<V> {
    pub traitors: Generals,
    pub inputs: BTreeMap<General, V>,
}

impl<V> Case<V> {
    pub fn scene(&self) -> Scene<'_, V> {
        Scene { traitors: self.traitors, inputs: &self.inputs }
    }
}

/// Which orders a traitorous commander is given. They bind it to nothing, so for a verdict one
/// stands for all; but lies are counted against them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TraitorsOrders {
    One,
    Each,
}

impl<'a, P: Testable> Space<'a, P> {
    pub fn new(
        protocol: &'a P,
        terms: &'a Terms<P::Value>,
        adversary: Adversary,
    ) -> Result<Space<'a, P>, Refusal> {
        let everybody = Generals::first(terms.n);
        let wires = (1..=terms.rounds)
            .cartesian_product(everybody.iter())
            .cartesian_product(everybody.iter())
            .map(|((round, from), to)| Wire { round, from, to });
        let menu = |wire: Wire| {
            let repertoire = if wire.from == wire.to {
                Repertoire::silent()
            } else {
                described("repertoire", || protocol.repertoire(terms.n, wire))?
            };
            let menu = Menu::new(repertoire, adversary.silence, adversary.strays);
            menu.map_err(|_| Refusal::Entangled)
        };
        let menus = wires.map(menu).collect::<Result<Vec<_>, _>>()?;
        let mut space = Space { protocol, terms, adversary, menus, behaviours: Vec::new() };
        let between = |from, to| {
            let wires = (1..=terms.rounds).map(|round| Wire { round, from, to });
            wires.map(|wire| space.menu(wire).behaviours()).product()
        };
        let from = |from| everybody.iter().map(|to| between(from, to)).collect();
        space.behaviours = everybody.iter().map(from).collect();
        Ok(space)
    }

    pub fn everybody(&self) -> Generals {
        Generals::first(self.terms.n)
    }

    /// Who can be a traitor.
    pub fn suspects(&self) -> Generals {
        self.adversary.suspects(self.everybody())
    }

    /// What a traitor can say on this wire.
    pub fn menu(&self, Wire { round, from, to }: Wire) -> &Menu<P::Message> {
        let n = self.terms.n;
        &self.menus[((round - 1) * n + from.id()) * n + to.id()]
    }

    /// What a general says on a wire, slot by slot.
    ///
    /// # Errors
    ///
    /// The repertoire has no place for it.
    pub fn placed(
        &self,
        wire: Wire,
        said: &[P::Message],
    ) -> Result<Vec<Option<P::Message>>, Refusal> {
        self.menu(wire)
            .placed(said)
            .map_err(|message| Refusal::Undescribed { wire, message: format!("{message:?}") })
    }

    /// Every case with exactly so many traitors.
    pub fn cases(
        &self,
        size: usize,
        orders: TraitorsOrders,
    ) -> impl Iterator<Item = Case<P::Value>> {
        self.suspects().subsets(size).flat_map(move |traitors| self.cases_of(traitors, orders))
    }

    /// Every case with these traitors.
    pub fn cases_of(
        &self,
        traitors: Generals,
        orders: TraitorsOrders,
    ) -> impl Iterator<Item = Case<P::Value>> + Clone {
        let one = orders == TraitorsOrders::One && traitors.contains(General::COMMANDER);
        let orders = if one { &self.terms.values[..1] } else { &self.terms.values };
        orders.iter().map(move |order| Case {
            traitors,
            inputs: BTreeMap::from([(General::COMMANDER, order.clone())]),
        })
    }

    /// How many raw behaviours one case has: what the traitors say to the loyal, in every round.
    pub fn behaviours_of(&self, traitors: Generals) -> Count {
        let loyal = self.everybody().minus(traitors);
        let wires = traitors.iter().cartesian_product(loyal.iter().collect_vec());
        wires.map(|(from, to)| self.behaviours[from.id()][to.id()].clone()).product()
    }

    /// How many raw behaviours there are in all cases.
    ///
    /// Where all lieutenants have the same wires this takes a handful of products; otherwise it
    /// goes through every set of traitors.
    pub fn behaviours(&self) -> Count {
        let sizes = self.adversary.sizes();
        let sets = if self.lieutenants_are_alike() {
            Either::Left(sizes.flat_map(|size| self.sets_up_to_renaming(size)))
        } else {
            let subsets = sizes.flat_map(|size| self.suspects().subsets(size));
            Either::Right(subsets.map(|traitors| (traitors, Count::from(1))))
        };
        let values = Count::from(self.terms.values.len() as u64);
        sets.map(|(traitors, sets)| {
            let loyal = !traitors.contains(General::COMMANDER);
            let inputs = if loyal { values.clone() } else { Count::from(1) };
            [sets, inputs, self.behaviours_of(traitors)].into_iter().product()
        })
        .sum()
    }

    fn lieutenants_are_alike(&self) -> bool {
        let lieutenants = self.everybody().without(General::COMMANDER);
        let pairs = self.everybody().iter().cartesian_product(lieutenants.iter().collect_vec());
        let pairs = pairs.flat_map(|(one, other)| [(one, other), (other, one)]);
        let pairs = pairs.filter(|(from, to)| from != to);
        let class = |(from, to): &(General, General)| (from.is_commander(), to.is_commander());
        let behaviours = |(from, to): (General, General)| &self.behaviours[from.id()][to.id()];
        pairs
            .into_group_map_by(class)
            .into_values()
            .all(|class| class.into_iter().map(behaviours).all_equal())
    }

    /// One set of traitors with the commander and one without, and how many are like it.
    fn sets_up_to_renaming(&self, size: usize) -> impl Iterator<Item = (Generals, Count)> {
        let lieutenants = self.terms.n - 1;
        let with = size.checked_sub(1).map(|turned| (Generals::first(size), turned));
        let ids = 1..=size.min(lieutenants);
        let without = (size <= lieutenants).then(|| (ids.map(General::new).collect(), size));
        let sets = with.into_iter().chain(without);
        let sets = sets.filter(|(traitors, _)| traitors.minus(self.suspects()).is_empty());
        sets.map(move |(traitors, turned)| {
            let sets = num_integer::binomial(lieutenants as u64, turned as u64);
            (traitors, Count::from(sets))
        })
    }
}
