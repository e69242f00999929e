//! Both sides in one world: each is shown what it sees alone.

use super::super::world::{Needed, lies_of};
use super::alone::Alone;
use super::sides::{Partition, Planner};
use crate::execution::simulate::{Eavesdropper, Enemy, Roles, simulate_into};
use crate::execution::{NumberedExecution, Sent};
use crate::general::General;
use crate::machine::{Machine, MessageId, NumberedAttack, Worker};
use crate::protocol::Round;
use crate::protocol::events::{Coin, Face, OwnEvent};
use crate::schedule::{Arrival, Happening, Shift, face};
use crate::testable::Wire;

impl Planner<'_> {
    /// The attack in which each side sees, until this wave, what it sees alone; and the first message that traitors
    /// would have to forge. The execution goes into `execution`.
    pub fn shared(
        &self,
        player: &mut Worker<'_>,
        alone: &[Alone; 2],
        until: Round,
        execution: &mut NumberedExecution,
    ) -> (NumberedAttack, Option<Needed<MessageId>>) {
        let partition = self.partition;
        let side_of = |general| partition.side_of(general).unwrap_or(0);
        let mut attack = self.attack(partition.between, side_of);
        attack.faults = partition.faults;
        let happened = |side: usize| {
            let happened = alone[side].execution.happened.iter().copied();
            happened.filter(move |Happening { wave, general, .. }| {
                *wave <= until && partition.sides[side].contains(*general)
            })
        };
        let all = happened(0).chain(happened(1));
        // If all coins show their default faces at once, the attack need not mention them.
        let usual = |Happening { event, .. }| match event {
            OwnEvent::Shows(coin, face) => face == coin.usual(),
            OwnEvent::GoesOff(_) | OwnEvent::Restarts => false,
        };
        if !all.clone().all(usual) {
            attack.happenings = all.collect();
        }
        let (roles, due) = (attack.clone(), vec![true; attack.happenings.len()]);
        let machine = player.machine();
        let mut enemy =
            TwoFaced { machine, partition, alone, until, attack, due, set: None, forgery: None };
        simulate_into(player, self.terms, Roles::of(&roles), &mut enemy, &|_, _| None, execution);
        let TwoFaced { attack, set, .. } = &mut enemy;
        // If all went quiet before the sides have seen everything, timers would go off by themselves.
        let is_awaited = |wave: Round| {
            attack.schedule.iter().any(|shift| shift.wire.round < wave)
                || attack.lies.iter().any(|lie| lie.edit.said().is_some() && lie.wire.round >= wave)
                || attack.happenings.iter().any(|named| named.wave > wave)
        };
        if !(1..=until).all(is_awaited) {
            attack.happenings.extend(*set);
        }
        (enemy.attack, enemy.forgery)
    }
}

/// An enemy who shows each side what it saw alone, and delays all other mail to it.
struct TwoFaced<'a> {
    machine: &'a dyn Machine,
    partition: Partition,
    alone: &'a [Alone; 2],
    /// The last wave in which it does anything.
    until: Round,
    /// The attack so far.
    attack: NumberedAttack,
    /// Which of the happenings are still to come.
    due: Vec<bool>,
    /// The first timer that can go off after that wave, as a happening.
    set: Option<Happening>,
    forgery: Option<Needed<MessageId>>,
}

impl Enemy for TwoFaced<'_> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        overhears: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>> {
        // What traitors say to each other does not matter.
        let side = self.partition.side_of(wire.to).filter(|_| wire.round <= self.until)?;
        let delivery = self.alone[side].execution.deliveries.on(wire);
        let mut told = Vec::new();
        for message in delivery.map_or(&[][..], |delivery| delivery.said) {
            let signed = self.machine.signatures(*message).unwrap_or_default();
            match overhears.lacks(&signed) {
                None => told.push(*message),
                Some(missing) => {
                    let (message, signed) = (*message, missing.clone());
                    self.forgery.get_or_insert(Needed { wire, message, signed });
                }
            }
        }
        self.machine.sort(&mut told);
        self.attack.lies.extend(lies_of(wire, honest, &told));
        Some(told)
    }

    fn shifts(
        &mut self,
        round: Round,
        sent: Sent<'_, MessageId>,
    ) -> Vec<(usize, Shift<MessageId>)> {
        let schedule = &mut self.attack.schedule;
        let first = schedule.len();
        for delivery in sent.into_iter().filter(|_| round <= self.until) {
            let wire = delivery.wire;
            let side = self.partition.side_of(wire.to);
            if side.is_some_and(|side| self.partition.unheard[side].contains(wire.from)) {
                let arrival = Arrival::Late(self.until + 1 - round);
                let late =
                    delivery.said.iter().map(|message| Shift { wire, message: *message, arrival });
                schedule.extend(late);
            }
        }
        schedule.iter().cloned().enumerate().skip(first).collect()
    }

    fn happening(&mut self, wave: Round, general: General, can: &[OwnEvent]) -> Option<OwnEvent> {
        if wave == self.until + 1 && self.set.is_none() {
            let timer = can.iter().find(|event| matches!(event, OwnEvent::GoesOff(_)));
            self.set = timer.map(|event| Happening { wave, general, event: *event });
        }
        let happenings = self.attack.happenings.iter().zip(&mut self.due);
        let mut here = happenings.filter(|(named, due)| {
            **due && (named.wave, named.general) == (wave, general) && can.contains(&named.event)
        });
        let (named, due) = here.next()?;
        *due = false;
        Some(named.event)
    }

    fn face(&mut self, wave: Round, general: General, coin: Coin) -> Option<Face> {
        face(&self.attack.happenings, wave, general, coin)
    }

    fn awaits(&self, wave: Round) -> bool {
        wave <= self.until
    }
}
