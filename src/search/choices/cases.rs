//! The cases of a space: every choice of traitors, inputs and disrupted messages. Their raw behaviours are counted, not
//! visited.

use itertools::{Either, Itertools};

use super::initial::{InitialChoices, TraitorsOrders};
use super::space::Space;
use crate::adversary::{Adversary, FaultClass};
use crate::count::Count;
use crate::general::{General, Generals, Swap};
use crate::machine::{MessageId, ValueId};
use crate::protocol::Round;
use crate::schedule::{Arrival, Shift};
use crate::search::progress::Progress;
use crate::search::symmetry::{Symmetry, kinds};
use crate::testable::Wire;

/// The most ways to spread traitors over the kinds of generals that are tried one by one.
const MOST_OF_KINDS: usize = 1 << 16;

impl Space<'_> {
    /// Every case with exactly `size` traitors and at most `disruptions` disruptions. With a symmetry, only one
    /// representative of the cases that can be renamed into each other.
    pub fn cases(
        &self,
        size: usize,
        orders: TraitorsOrders,
        disruptions: usize,
        symmetry: Option<&Symmetry<'_>>,
    ) -> impl Iterator<Item = InitialChoices> {
        let stand_for_all =
            move |traitors: &Generals| symmetry.is_none_or(|s| s.are_last(*traitors));
        let sets = match symmetry.and_then(|symmetry| self.last_of_kinds(size, symmetry)) {
            Some(sets) => Either::Left(sets.into_iter()),
            None => Either::Right(self.suspects().subsets(size).filter(stand_for_all)),
        };
        sets.flat_map(move |traitors| self.cases_of(traitors, orders, disruptions, symmetry))
    }

    /// The sets of `size` suspects that are the [last](Symmetry::are_last) of those who are alike, in order, found
    /// without enumerating the other sets. `None` if there are too many ways to spread traitors over the kinds of
    /// generals.
    fn last_of_kinds(&self, size: usize, symmetry: &Symmetry<'_>) -> Option<Vec<Generals>> {
        let all: Generals = symmetry.kinds.iter().flat_map(|kind| kind.iter()).collect();
        let rest = self.everybody().minus(all);
        let rest = rest.iter().map(|general| Generals::NONE.with(general));
        let kinds = symmetry.kinds.iter().copied().chain(rest).collect_vec();
        let ways = kinds.iter().try_fold(1, |ways: usize, kind| ways.checked_mul(kind.len() + 1));
        ways.filter(|ways| *ways <= MOST_OF_KINDS)?;
        let counts = kinds.iter().map(|kind| 0..=kind.len()).multi_cartesian_product();
        let counts = counts.filter(|counts| counts.iter().sum::<usize>() == size);
        let sets = counts.map(|counts| -> Generals {
            let last = |(kind, count): (&Generals, usize)| kind.iter().skip(kind.len() - count);
            kinds.iter().zip(counts).flat_map(last).collect()
        });
        let sets = sets.filter(|set| set.minus(self.suspects()).is_empty());
        Some(sets.sorted_by_key(|set| set.iter().collect_vec()).collect())
    }

    /// Every case with these traitors, the least disrupted ones first.
    pub fn cases_of(
        &self,
        traitors: Generals,
        orders: TraitorsOrders,
        disruptions: usize,
        symmetry: Option<&Symmetry<'_>>,
    ) -> impl Iterator<Item = InitialChoices> + Clone {
        let faults = self.adversary.faults;
        let disruptions = self.disruptions(traitors, disruptions);
        let inputs = self.inputs(traitors, orders, symmetry);
        disruptions.cartesian_product(inputs).map(move |(disruptions, inputs)| {
            let inputs = inputs.into_iter().collect();
            InitialChoices { faults, traitors, inputs, disruptions }
        })
    }

    /// Every case with these traitors and disruptions.
    pub fn cases_with(
        &self,
        traitors: Generals,
        disruptions: Vec<Shift<MessageId>>,
        orders: TraitorsOrders,
    ) -> impl Iterator<Item = InitialChoices> + Clone {
        let faults = self.adversary.faults;
        self.inputs(traitors, orders, None).map(move |inputs| {
            let (inputs, disruptions) = (inputs.into_iter().collect(), disruptions.clone());
            InitialChoices { faults, traitors, inputs, disruptions }
        })
    }

    /// All assignments of inputs, in order. Among generals who are alike, and all loyal or all traitors, none is given
    /// an earlier value than the one before.
    fn inputs(
        &self,
        traitors: Generals,
        orders: TraitorsOrders,
        symmetry: Option<&Symmetry<'_>>,
    ) -> impl Iterator<Item = Vec<(General, ValueId)>> + Clone {
        let bound = self.adversary.faults.bound(self.terms.n(), traitors);
        let given = self.terms.inputs.iter().collect_vec();
        let last = |general: &General| {
            let one = orders == TraitorsOrders::One && !bound.contains(*general);
            if one { 0 } else { self.terms.inputs_of(*general).len() - 1 }
        };
        let last = given.iter().map(last).collect_vec();
        let like = |(place, general): (usize, &General)| {
            let alike = |before: &usize| {
                let same =
                    |these: Generals| these.contains(given[*before]) == these.contains(*general);
                same(traitors) && symmetry.is_some_and(|s| s.are_alike(given[*before], *general))
            };
            (0..place).rev().find(alike)
        };
        let like = given.iter().enumerate().map(like).collect_vec();
        let first = vec![0; given.len()];
        let next = move |chosen: &Vec<usize>| {
            let raised = (0..chosen.len()).rev().find(|place| chosen[*place] < last[*place])?;
            let mut next = chosen.clone();
            next[raised] += 1;
            for place in raised + 1..next.len() {
                next[place] = like[place].map_or(0, |before| next[before]);
            }
            Some(next)
        };
        std::iter::successors(Some(first), next).map(move |chosen| {
            let chosen = given.iter().zip(chosen);
            chosen
                .map(|(general, place)| (*general, self.terms.inputs_of(*general)[place]))
                .collect()
        })
    }

    /// Every choice of at most `most` messages between loyal generals that do not arrive in their round.
    pub fn disruptions(
        &self,
        traitors: Generals,
        most: usize,
    ) -> impl Iterator<Item = Vec<Shift<MessageId>>> + Clone {
        (0..=most).flat_map(move |size| {
            let sets = self.single_disruptions(traitors).combinations(size);
            // A message is disrupted in one way only.
            let named = |shift: &Shift<MessageId>| (shift.wire, shift.message);
            sets.filter(move |set: &Vec<_>| set.iter().map(named).all_unique())
        })
    }

    /// Every way in which one message between loyal generals can fail to arrive in its round, in the order in which the
    /// messages would have arrived.
    fn single_disruptions(
        &self,
        traitors: Generals,
    ) -> impl Iterator<Item = Shift<MessageId>> + Clone {
        self.loyal_wires(traitors).flat_map(|wire| {
            let mut messages = self.wire_choices(wire).regular().copied().collect_vec();
            self.machine.sort(&mut messages);
            let latest = self.latest(wire.round);
            let arrivals = (1..=latest).map(Arrival::Late).chain([Arrival::Never]);
            let shift = move |(message, arrival)| Shift { wire, message, arrival };
            messages.into_iter().cartesian_product(arrivals).map(shift)
        })
    }

    /// All wires between the loyal, in order.
    fn loyal_wires(&self, traitors: Generals) -> impl Iterator<Item = Wire> + Clone {
        let loyal = self.everybody().minus(traitors);
        let wires = itertools::iproduct!(1..=self.terms.rounds, loyal.iter(), loyal.iter());
        wires.map(|(round, from, to)| Wire { round, from, to })
    }

    /// How many rounds a message of this round can be late.
    fn latest(&self, round: Round) -> usize {
        self.adversary.latest.min(self.terms.rounds - round)
    }

    /// How many raw behaviours one case has: what the traitors say to the loyal in every round, or how they crash, or
    /// what they omit; times the orders in which messages can arrive.
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

    /// Whether swapping two generals leaves the number of behaviours on each wire unchanged.
    pub fn is_as_large(&self, swap: Swap) -> bool {
        let ways = |from: General, to: General| &self.stock.behaviours[from.id()][to.id()];
        let mut wires = self.everybody().iter().cartesian_product(self.everybody().iter());
        wires.all(|(from, to)| ways(from, to) == ways(swap.of(from), swap.of(to)))
    }

    /// In how many orders messages can arrive, if every slot has one. (What Byzantine traitors hear, and when, changes
    /// nothing: they say what they like.)
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
            Count::factorial(slots.sum())
        });
        orders.product()
    }

    /// How many choices there are of messages between loyal generals that do not arrive in their round.
    fn disruptions_of(&self, traitors: Generals) -> Count {
        let most = self.adversary.disruptions;
        if most == 0 {
            return Count::from(1);
        }
        // Indexed by how many messages are disrupted in the rounds so far.
        let mut sets = vec![Count::from(1)];
        for round in 1..=self.terms.rounds {
            let wires = self.loyal_wires(traitors).filter(|wire| wire.round == round);
            let messages: usize = wires.map(|wire| self.wire_choices(wire).regular().count()).sum();
            // In how many ways one message can be late or lost.
            let ways = Count::from(1 + self.latest(round) as u64);
            let of_round = (0..=messages.min(most)).map(|chosen| -> Count {
                let sets = Count::binomial(messages as u64, chosen as u64);
                [sets, ways.pow(chosen as u128)].into_iter().product()
            });
            let of_round = of_round.collect_vec();
            let together = |size: usize| -> Count {
                let before = sets.iter().enumerate().take(size + 1);
                let pairs = before.filter_map(|(before, sets)| {
                    Some([sets.clone(), of_round.get(size - before)?.clone()].into_iter().product())
                });
                pairs.sum::<Count>()
            };
            let largest = most.min(sets.len() - 1 + of_round.len() - 1);
            sets = (0..=largest).map(together).collect();
        }
        sets.into_iter().sum()
    }

    /// How many raw behaviours there are in all cases; `None` if the search was stopped first.
    pub fn behaviours(&self, progress: &Progress) -> Option<Count> {
        self.in_all_cases(progress, |traitors| self.behaviours_of(traitors))
    }

    /// How many steps the exhaustive engine is expected to take, as if strays changed nothing and no two states were
    /// equal. `None` if the search was stopped first.
    pub fn expected_steps(&self, progress: &Progress) -> Option<Count> {
        self.in_all_cases(progress, |traitors| match self.adversary.faults {
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

    /// The sum of `of_case` over all cases; `None` if the search was stopped first.
    ///
    /// Generals who can be swapped without changing any wire count as one kind (the commander is one of his own). Of
    /// the sets of traitors with equally many of each kind, only one is looked at: a handful, where all lieutenants are
    /// alike.
    fn in_all_cases(
        &self,
        progress: &Progress,
        of_case: impl Fn(Generals) -> Count,
    ) -> Option<Count> {
        let kinds = kinds(self.suspects(), |one, other| {
            !progress.is_stopped() && self.are_alike(one, other)
        });
        let sizes = kinds.iter().map(|kind| kind.len()).collect_vec();
        let (least, most) = self.adversary.sizes().into_inner();
        let possible = of_each_kind(&sizes, least, most);
        let values = Count::from(self.terms.values.len() as u64);
        let behaviours = possible.map(|turned| {
            progress.go_on().ok()?;
            let kinds = || kinds.iter().zip(&turned);
            let traitors = kinds().flat_map(|(kind, turned)| kind.iter().take(*turned));
            let traitors: Generals = traitors.collect();
            let binomial = |(kind, turned): (&Generals, &usize)| {
                Count::from(num_integer::binomial(kind.len() as u64, *turned as u64))
            };
            let sets = kinds().map(binomial).product();
            let bound = self.adversary.faults.bound(self.terms.n(), traitors);
            let free = self.terms.inputs.minus(bound);
            let bound = self.terms.inputs.minus(free).iter();
            let any = bound.filter(|general| !self.terms.fixed.contains_key(general)).count();
            let inputs = values.pow(any as u128);
            let disruptions = self.disruptions_of(traitors);
            Some([sets, inputs, disruptions, of_case(traitors)].into_iter().product())
        });
        behaviours.sum()
    }

    /// Whether two generals can be swapped without changing how much can be said on any wire.
    fn are_alike(&self, one: General, other: General) -> bool {
        let Adversary { any_order, disruptions, .. } = self.adversary;
        // Then each round has its own number of orders, and of messages that can be late.
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
            && self.terms.fixed.get(&one) == self.terms.fixed.get(&other)
            && inputs.contains(one) == inputs.contains(other)
            && wire(one, other) == wire(other, one)
            && self.everybody().minus(both).iter().all(alike)
    }
}

/// Every choice of how many to take of each kind, given the sizes of the kinds: at least `least` and at most `most` in
/// all.
fn of_each_kind(
    kinds: &[usize],
    least: usize,
    most: usize,
) -> Box<dyn Iterator<Item = Vec<usize>> + '_> {
    let Some((kind, others)) = kinds.split_first() else {
        return Box::new((least == 0).then(Vec::new).into_iter());
    };
    let enough = least.saturating_sub(others.iter().sum());
    let choices = (enough..=most.min(*kind)).flat_map(move |chosen| {
        let after = of_each_kind(others, least.saturating_sub(chosen), most - chosen);
        after.map(move |others| [chosen].into_iter().chain(others).collect())
    });
    Box::new(choices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{Machine, Numbered};
    use crate::order::Order;
    use crate::protocols::interactive::InteractiveConsistency;
    use crate::protocols::oral::OralMessages;
    use crate::testable::Testable;

    fn in_space<P: Testable>(protocol: P, n: usize, adversary: Adversary, of: impl Fn(&Space<'_>)) {
        let numbered = Numbered::new(protocol);
        let terms = numbered.terms(&n.into(), true).unwrap();
        let space = Space::new(&numbered, &terms, adversary, &Progress::new());
        of(&space.unwrap().unwrap());
    }

    #[test]
    fn of_cases_that_can_be_renamed_into_each_other_one_is_made() {
        let three = InteractiveConsistency::new(1).over(Order::first(3));
        in_space(three, 5, Adversary::byzantine(2), |space| {
            let symmetry = space.symmetry(&Progress::new()).unwrap().unwrap();
            let orders = [TraitorsOrders::One, TraitorsOrders::Each];
            for (size, orders) in (0..=2).cartesian_product(orders) {
                let all = space.cases(size, orders, 0, None);
                let values = &space.terms.values;
                let first = all.filter(|case| symmetry.stands_for(case, values).is_some());
                let made = space.cases(size, orders, 0, Some(&symmetry));
                assert!(made.eq(first), "{size} traitors, {orders:?}");
            }
        });
    }

    #[test]
    fn as_many_choices_of_disruptions_are_counted_as_there_are() {
        let adversary = Adversary { disruptions: 3, latest: 1, ..Adversary::byzantine(1) };
        in_space(OralMessages::new(1), 4, adversary, |space| {
            for traitors in [Generals::NONE, Generals::first(1), Generals::first(2)] {
                let choices = space.disruptions(traitors, 3).count();
                assert_eq!(space.disruptions_of(traitors), Count::from(choices as u64));
            }
        });
    }

    #[test]
    fn only_as_many_of_each_kind_are_chosen_as_are_allowed() {
        for (kinds, least, most) in [(&[1, 3, 2][..], 2, 3), (&[2, 0, 2], 0, 4), (&[], 0, 0)] {
            let all = kinds.iter().map(|kind| 0..=*kind).multi_cartesian_product();
            let allowed = |chosen: &Vec<usize>| (least..=most).contains(&chosen.iter().sum());
            let expected = all.filter(allowed).collect_vec();
            assert_eq!(of_each_kind(kinds, least, most).collect_vec(), expected);
        }
        assert_eq!(of_each_kind(&[1; 64], 0, 2).count(), 1 + 64 + 64 * 63 / 2);
    }
}
