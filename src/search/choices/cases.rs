//! The cases of a space: every choice of traitors, inputs and disrupted messages that it has. And how
//! many raw behaviours they have: counted, not visited.

use itertools::Itertools;

use super::initial::{InitialChoices, TraitorsOrders};
use super::space::Space;
use crate::adversary::{Adversary, FaultClass};
use crate::count::Count;
use crate::general::{General, Generals, Swap};
use crate::machine::{MessageId, ValueId};
use crate::schedule::{Arrival, Shift};
use crate::search::symmetry::kinds;
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
        let disruptions = self.disruptions(traitors);
        disruptions.flat_map(move |these| self.cases_with(traitors, these, orders))
    }

    /// Every case with these traitors and disruptions.
    pub fn cases_with(
        &self,
        traitors: Generals,
        disruptions: Vec<Shift<MessageId>>,
        orders: TraitorsOrders,
    ) -> impl Iterator<Item = InitialChoices> + Clone {
        let faults = self.adversary.faults;
        self.inputs(traitors, orders).map(move |inputs| {
            let (inputs, disruptions) = (inputs.into_iter().collect(), disruptions.clone());
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
    pub fn disruptions(
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
    fn single_disruptions(&self, traitors: Generals) -> Vec<Shift<MessageId>> {
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

    /// How many raw behaviours one case has: what the traitors say to the loyal in every round, how
    /// they crash, or what they omit; and in which order all arrives.
    pub fn behaviours_of(&self, traitors: Generals) -> Count {
        let everybody = self.everybody();
        let wires = |from: Generals, to: Generals| -> Count {
            let wires = from.iter().cartesian_product(to.iter().collect_vec());
            wires.map(|(from, to)| self.stock.behaviours[from.id()][to.id()].clone()).product()
        };
        let faults = match self.adversary.faults {
            FaultClass::Byzantine => wires(traitors, everybody.minus(traitors)),
            FaultClass::SendOmission => wires(traitors, everybody),
            FaultClass::ReceiveOmission => wires(everybody, traitors),
            FaultClass::Crash => {
                let ways = |traitor| -> Count {
                    let reached = Count::from(2).pow(self.neighbours(traitor).len() as u128);
                    let rounds = Count::from(self.terms.rounds as u64);
                    [[rounds, reached].into_iter().product(), Count::from(1)].into_iter().sum()
                };
                traitors.iter().map(ways).product()
            }
        };
        let orders = if self.adversary.any_order { self.orders(traitors) } else { Count::from(1) };
        [faults, orders].into_iter().product()
    }

    /// Whether on each wire as much can be said when two generals have changed places.
    pub fn is_as_large(&self, swap: Swap) -> bool {
        let ways = |from: General, to: General| &self.stock.behaviours[from.id()][to.id()];
        let mut wires = self.everybody().iter().cartesian_product(self.everybody().iter());
        wires.all(|(from, to)| ways(from, to) == ways(swap.of(from), swap.of(to)))
    }

    /// In how many orders that which is said can arrive, if something is said in every slot. (What
    /// Byzantine traitors hear, and when, changes nothing: they say what they like.)
    fn orders(&self, traitors: Generals) -> Count {
        let byzantine = self.adversary.faults.is_byzantine();
        let free = if byzantine { traitors } else { Generals::NONE };
        let hear = self.everybody().minus(free);
        let inboxes = (1..=self.terms.rounds).cartesian_product(hear.iter().collect_vec());
        let orders = inboxes.map(|(round, to)| {
            let wires = self.everybody().iter().map(|from| Wire { round, from, to });
            let slots = wires.map(|wire| match free.contains(wire.from) {
                true => self.wire_choices(wire).slots() as u64,
                false => u64::from(self.wire_choices(wire).regular_slots()),
            });
            (1..=slots.sum::<u64>()).map(Count::from).product::<Count>()
        });
        orders.product()
    }

    /// How many choices there are of messages between the loyal that do not arrive in their round.
    fn disruptions_of(&self, traitors: Generals) -> Count {
        let most = self.adversary.disruptions as u64;
        if most == 0 {
            return Count::from(1);
        }
        // By message, each of which can be late or lost in several ways.
        let ways = self.single_disruptions(traitors);
        let ways = ways.into_iter().map(|shift| (shift.wire, shift.message)).counts();
        let mut sets = vec![Count::from(1)];
        for ways in ways.into_values() {
            let ways = Count::from(ways as u64);
            let larger = sets.iter().map(|sets| [sets.clone(), ways.clone()].into_iter().product());
            let larger: Vec<Count> = larger.take(most as usize).collect();
            sets.resize(sets.len().max(larger.len() + 1), Count::ZERO);
            for (sets, more) in sets[1..].iter_mut().zip(larger) {
                *sets = [sets.clone(), more].into_iter().sum();
            }
        }
        sets.into_iter().sum()
    }

    /// How many raw behaviours there are in all cases.
    pub fn behaviours(&self) -> Count {
        self.in_all_cases(|traitors| self.behaviours_of(traitors))
    }

    /// How many steps the exhaustive engine is expected to take: as if strays changed nothing, and
    /// no two states were equal.
    pub fn expected_steps(&self) -> Count {
        self.in_all_cases(|traitors| match self.adversary.faults {
            FaultClass::Byzantine => self.expected_steps_of(traitors),
            _ => self.behaviours_of(traitors),
        })
    }

    /// In each round every state has its own successors, which are found receiver by receiver.
    fn expected_steps_of(&self, traitors: Generals) -> Count {
        let loyal = self.everybody().minus(traitors);
        let (mut states, mut steps) = (Count::from(1), Vec::new());
        for round in 1..=self.terms.rounds {
            let successors = loyal.iter().map(|to| -> Count {
                let wires = traitors.iter().map(|from| Wire { round, from, to });
                wires.map(|wire| self.wire_choices(wire).regular_behaviours()).product()
            });
            let successors = successors.collect_vec();
            steps.push([states.clone(), successors.iter().cloned().sum()].into_iter().product());
            states = [states].into_iter().chain(successors).product();
        }
        steps.into_iter().sum()
    }

    /// The sum of this over all cases.
    ///
    /// Generals who can be swapped without changing any wire count as one kind (the commander is one of
    /// his own), and of the sets of traitors with as many of each kind one is looked at: a handful,
    /// where all lieutenants are alike.
    fn in_all_cases(&self, of_case: impl Fn(Generals) -> Count) -> Count {
        let kinds = kinds(self.suspects(), |one, other| self.are_alike(one, other));
        let choices = kinds.iter().map(|kind| 0..=kind.len()).multi_cartesian_product();
        let sizes = self.adversary.sizes();
        let possible = choices.filter(|turned| sizes.contains(&turned.iter().sum()));
        let values = Count::from(self.terms.values.len() as u64);
        let behaviours = possible.map(|turned| {
            let kinds = || kinds.iter().zip(&turned);
            let traitors = kinds().flat_map(|(kind, turned)| kind.iter().take(*turned));
            let traitors: Generals = traitors.collect();
            let binomial = |(kind, turned): (&Generals, &usize)| {
                Count::from(num_integer::binomial(kind.len() as u64, *turned as u64))
            };
            let sets = kinds().map(binomial).product();
            let bound = self.adversary.faults.bound(self.terms.n(), traitors);
            let free = self.terms.inputs.minus(bound);
            let inputs = values.pow(self.terms.inputs.minus(free).len() as u128);
            let disruptions = self.disruptions_of(traitors);
            [sets, inputs, disruptions, of_case(traitors)].into_iter().product()
        });
        behaviours.sum()
    }

    /// Whether two generals can be swapped without changing how much can be said on any wire.
    fn are_alike(&self, one: General, other: General) -> bool {
        let Adversary { any_order, disruptions, .. } = self.adversary;
        // Of these each round has its own number of orders, and of messages that can be late.
        let rounds = if any_order || disruptions > 0 { self.terms.rounds } else { 0 };
        let wire = |from: General, to: General| {
            let all_wire_choices =
                (1..=rounds).map(move |round| self.wire_choices(Wire { round, from, to }));
            let sizes = all_wire_choices.map(|wire_choices| {
                (wire_choices.slots(), wire_choices.regular_slots(), wire_choices.regular().count())
            });
            let edge = self.terms.graph.has_edge(from, to);
            (edge, &self.stock.behaviours[from.id()][to.id()], sizes.collect_vec())
        };
        let both = Generals::NONE.with(one).with(other);
        let inputs = self.terms.inputs;
        let alike = |third: General| {
            wire(one, third) == wire(other, third) && wire(third, one) == wire(third, other)
        };
        !both.contains(General::COMMANDER)
            && inputs.contains(one) == inputs.contains(other)
            && wire(one, other) == wire(other, one)
            && self.everybody().minus(both).iter().all(alike)
    }
}
