//! What happens at the start of a wave: coins show their faces, and timers go off.

use std::sync::Arc;

use itertools::Itertools;

use super::simulate::{Enemy, Simulation};
use crate::general::General;
use crate::machine::Caught;
use crate::protocol::Round;
use crate::protocol::events::{Coin, OwnEvent};
use crate::schedule::Happening;

impl Simulation<'_, '_> {
    /// A wave begins: coins show their faces, and the timers that the enemy names go off. If nothing else is left to
    /// happen, the first timer goes off by itself, and then further ones as long as nobody has anything to send, but
    /// in one wave at most as many as there are generals, since each may set another. Returns whether anything is
    /// left to happen at all.
    pub(super) fn begins_wave(&mut self, wave: Round, enemy: &mut dyn Enemy) -> Caught<bool> {
        let alive = self.alive;
        for me in alive.iter() {
            let mut can = self.worker.pending(me, self.execution.states[me.id()])?;
            while let Some(event) = enemy.happening(wave, me, &can) {
                can = self.happens(wave, me, event)?;
            }
            let coins = |can: &[OwnEvent]| {
                let coins = can.iter().filter_map(|event| match event {
                    OwnEvent::Shows(coin, 0) => Some(*coin),
                    _ => None,
                });
                coins.collect_vec()
            };
            for coin in coins(&can) {
                if let Some(face) = enemy.face(wave, me, coin) {
                    self.happens(wave, me, OwnEvent::Shows(coin, face))?;
                }
            }
        }
        if !self.late.is_empty() || enemy.awaits(wave) {
            return Ok(true);
        }
        for _ in 0..alive.len() {
            if !self.all_silent()? {
                break;
            }
            let mut first = None;
            for me in alive.iter() {
                let can = self.worker.pending(me, self.execution.states[me.id()])?;
                let timers = can.iter().filter(|event| matches!(event, OwnEvent::GoesOff(_)));
                let timer = timers.min().map(|timer| (me, *timer));
                // The clocks of all nodes run on, so of implementations the earliest timer of all goes off.
                let earlier = |(_, timer): &(General, OwnEvent)| match first {
                    Some((_, first)) => self.terms.opaque && *timer < first,
                    None => true,
                };
                first = timer.filter(earlier).or(first);
            }
            let Some((me, timer)) = first else { return Ok(!self.none_pending()?) };
            self.happens(wave, me, timer)?;
        }
        Ok(true)
    }

    /// A timer goes off, or a coin shows a face; returns what can happen next. Everybody sees the same common coin.
    fn happens(&mut self, wave: Round, me: General, event: OwnEvent) -> Caught<Arc<[OwnEvent]>> {
        let event = match event {
            OwnEvent::Shows(coin @ Coin::Common(name), face) => {
                OwnEvent::Shows(coin, *self.shown.entry(name).or_insert(face))
            }
            other => other,
        };
        self.execution.happened.push(Happening { wave, general: me, event });
        let state = &mut self.execution.states[me.id()];
        *state = self.worker.happens(me, *state, event)?;
        self.worker.pending(me, *state)
    }

    /// Whether every loyal general has decided, and no late message is under way.
    pub(super) fn all_decided(&mut self) -> Caught<bool> {
        let deciders = self.terms.task.deciders(self.terms.n()).minus(self.worker.traitors);
        for me in deciders.iter().filter(|_| self.late.is_empty()) {
            if self.worker.decide(me, self.execution.states[me.id()])?.is_none() {
                return Ok(false);
            }
        }
        Ok(self.late.is_empty())
    }

    /// Whether nobody waits for a coin or a timer.
    pub(super) fn none_pending(&mut self) -> Caught<bool> {
        for me in self.alive.iter() {
            if !self.worker.pending(me, self.execution.states[me.id()])?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether nobody is about to send anything.
    pub(super) fn all_silent(&mut self) -> Caught<bool> {
        for me in self.alive.iter() {
            if !self.worker.is_silent(me, self.execution.states[me.id()])? {
                return Ok(false);
            }
        }
        Ok(self.twins.are_silent(self.worker))
    }
}
