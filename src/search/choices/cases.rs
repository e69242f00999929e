//! The cases of a space: every choice of traitors, inputs and disrupted messages that it has.

use itertools::Itertools;

use super::initial::{InitialChoices, TraitorsOrders};
use super::space::Space;
use crate::general::{General, Generals};
use crate::machine::{MessageId, ValueId};
use crate::schedule::{Arrival, Shift};
use crate::testable::Wire;

impl Space<'_> {
    /// Every case with exactly so many traitors.
    pub fn cases(
        &self,
        size: usize,
        orders: TraitorsOrders,
    ) -> impl Iterator<Item = InitialChoices> {
        self.suspects().subsets(size).flat_map(move |traitors| self.cases_of(traitors, orders))
    }

    /// Every case with these traitors, the least disrupted ones first.
    pub fn cases_of(
        &self,
        traitors: Generals,
        orders: TraitorsOrders,
    ) -> impl Iterator<Item = InitialChoices> + Clone {
        let faults = self.adversary.faults;
        let disruptions = self.disruptions(traitors);
        let inputs = self.inputs(traitors, orders);
        disruptions.cartesian_product(inputs).map(move |(disruptions, inputs)| {
            let inputs = inputs.into_iter().collect();
            InitialChoices { faults, traitors, inputs, disruptions }
        })
    }

    /// All assignments of inputs.
    fn inputs(
        &self,
        traitors: Generals,
        orders: TraitorsOrders,
    ) -> impl Iterator<Item = Vec<(General, ValueId)>> + Clone {
        let values = &self.terms.values;
        let bound = self.adversary.faults.bound(self.terms.n(), traitors);
        let orders = self.terms.inputs.iter().map(move |general| {
            let one = orders == TraitorsOrders::One && !bound.contains(general);
            let values = if one { &values[..1] } else { &values[..] };
            values.iter().map(move |order| (general, *order))
        });
        orders.multi_cartesian_product()
    }

    /// Every choice of messages between the loyal that do not arrive in their round.
    fn disruptions(
        &self,
        traitors: Generals,
    ) -> impl Iterator<Item = Vec<Shift<MessageId>>> + Clone {
        let most = self.adversary.disruptions;
        let single = if most > 0 { self.single_disruptions(traitors) } else { Vec::new() };
        (0..=most.min(single.len())).flat_map(move |size| {
            let sets = single.clone().into_iter().combinations(size);
            // A message is disrupted in one way only.
            let named = |shift: &Shift<MessageId>| (shift.wire, shift.message);
            sets.filter(move |set: &Vec<_>| set.iter().map(named).all_unique())
        })
    }

    /// Every way in which one message between the loyal can fail to arrive in its round, in the
    /// order in which they would have arrived.
    pub(super) fn single_disruptions(&self, traitors: Generals) -> Vec<Shift<MessageId>> {
        let loyal = self.everybody().minus(traitors);
        let rounds = self.terms.rounds;
        let wires = itertools::iproduct!(1..=rounds, loyal.iter(), loyal.iter())
            .map(|(round, from, to)| Wire { round, from, to });
        let shifts = wires.flat_map(|wire| {
            let latest = self.adversary.latest.min(rounds - wire.round);
            let arrivals = (1..=latest).map(Arrival::Late).chain([Arrival::Never]);
            let shift = move |(message, arrival)| Shift { wire, message, arrival };
            self.wire_choices(wire).regular().cloned().cartesian_product(arrivals).map(shift)
        });
        let in_order = shifts.sorted_by(|one, other| {
            let messages = || self.machine.compare(one.message, other.message);
            one.wire.cmp(&other.wire).then_with(messages).then(one.arrival.cmp(&other.arrival))
        });
        in_order.collect()
    }
}
