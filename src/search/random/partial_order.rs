//! Partial order sampling, in waves: which of the messages that wait for a general it hears next. (Yuan, Yang and Gu,
//! "Partial order aware concurrency sampling", CAV 2018.)
//!
//! In the paper, each event has a random priority, and the event with the highest one is next. The events that race
//! with it, which are here all messages that wait for the same receiver, then draw new priorities. So each time, any of
//! the waiting messages may be the next one to be heard. In a wave, messages arrive in a fixed order (by when they were
//! sent, then by sender). The message that is drawn next is heard in the same wave if its turn is still to come;
//! otherwise it is heard in the next wave, before all others. What happens elsewhere takes part in the draw as well:
//! for a receiver, drawing that ends its wave.
//!
//! An example: messages 1, 2 and 3 wait, and the order 2, 3, 1 is drawn. Then 2 and 3 are heard in this wave, and 1 in
//! the next.

use itertools::Itertools;
use rand::RngExt;
use rustc_hash::FxHashMap;

use super::Dice;
use crate::execution::Sent;
use crate::general::{General, Generals};
use crate::machine::MessageId;
use crate::protocol::Round;
use crate::schedule::{Arrival, Shift};
use crate::testable::Wire;

/// Which message is heard next at each receiver.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct PartialOrderSampling {
    /// By receiver: the message that was drawn next after its turn had passed.
    next: FxHashMap<General, (Wire, MessageId)>,
}

impl PartialOrderSampling {
    /// Messages between loyal generals wait, or wait for one more wave, unless they are heard now. Returns the numbers
    /// of the changes of the schedule that keep a message waiting that has waited before.
    pub fn hold(
        &mut self,
        round: Round,
        sent: &Sent<'_, MessageId>,
        loyal: Generals,
        schedule: &mut Vec<Shift<MessageId>>,
        rng: &mut Dice,
    ) -> Vec<usize> {
        let is_due = |shift: &Shift<_>| shift.arrival == Arrival::Late(round - shift.wire.round);
        let due = schedule.iter().positions(is_due).collect_vec();
        let mut held_on = Vec::new();
        for to in loyal.iter() {
            let due = due.iter().copied().filter(|number| schedule[*number].wire.to == to);
            let due = due.collect_vec();
            let waits =
                due.iter().map(|number| (schedule[*number].wire, schedule[*number].message));
            let here = sent
                .clone()
                .filter(|delivery| delivery.wire.to == to && loyal.contains(delivery.wire.from));
            let here = here.flat_map(|delivery| {
                delivery.said.iter().map(move |message| (delivery.wire, *message))
            });
            let waiting = waits.chain(here).collect_vec();
            let heard = self.heard(to, &waiting, rng);
            for at in (0..waiting.len()).filter(|at| !heard[*at]) {
                let (wire, message) = waiting[at];
                let arrival = Arrival::Late(round + 1 - wire.round);
                match due.get(at) {
                    Some(number) => {
                        schedule[*number].arrival = arrival;
                        held_on.push(*number);
                    }
                    None => schedule.push(Shift { wire, message, arrival }),
                }
            }
        }
        held_on
    }

    /// Which of these messages, listed in their order of arrival, a general hears in this wave.
    fn heard(&mut self, to: General, waiting: &[(Wire, MessageId)], rng: &mut Dice) -> Vec<bool> {
        let mut heard = vec![false; waiting.len()];
        let next = self.next.remove(&to);
        let mut next = next.and_then(|next| waiting.iter().position(|message| *message == next));
        loop {
            let unheard = heard.iter().positions(|heard| !heard).collect_vec();
            let drawn = || unheard.get(rng.random_range(0..=unheard.len())).copied();
            let Some(drawn) = next.take().or_else(drawn) else { return heard };
            if heard[drawn..].contains(&true) {
                self.next.insert(to, waiting[drawn]);
                return heard;
            }
            heard[drawn] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::SeedableRng;

    use super::*;

    /// Messages that wait for one general at the same time are heard in every order, and all orders are equally likely.
    #[test]
    fn all_orders_are_as_likely() {
        let to = General::new(9);
        let message = |from| (Wire { round: 1, from: General::new(from), to }, MessageId::from(0));
        let mut orders = BTreeMap::<Vec<usize>, u32>::new();
        let mut rng = Dice::seed_from_u64(1);
        for _ in 0..6_000 {
            let mut sampling = PartialOrderSampling::default();
            let mut waiting = (0..3).map(message).collect_vec();
            let mut order = Vec::new();
            while !waiting.is_empty() {
                let heard = sampling.heard(to, &waiting, &mut rng);
                let mut heard = heard.into_iter();
                waiting.retain(|(wire, _)| {
                    let waits = !heard.next().unwrap();
                    order.extend((!waits).then_some(wire.from.id()));
                    waits
                });
            }
            *orders.entry(order).or_default() += 1;
        }
        assert_eq!(orders.len(), 6);
        assert!(orders.values().all(|times| (900..1_100).contains(times)), "{orders:?}");
    }
}
