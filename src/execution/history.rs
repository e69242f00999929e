//! What all generals held after each round: an execution keeps only how they ended.

use super::Sent;
use super::simulate::{Eavesdropper, Enemy, Roles, simulate};
use super::written::Written;
use crate::machine::{MessageId, NumberedAttack, StateId, Terms, Worker};
use crate::protocol::Round;
use crate::schedule::Shift;
use crate::testable::Wire;

/// The states of all generals, by number; nothing for a traitor whose own run has panicked.
pub(crate) type States = Vec<Option<StateId>>;

/// The states in which all begin, and those after each round that came to an end, under an attack
/// that fits the protocol. It is run once; the states are the worker's.
pub(crate) fn history(
    worker: &mut Worker<'_>,
    terms: &Terms,
    attack: &NumberedAttack,
) -> Vec<States> {
    let written = Written::new(worker.machine(), attack);
    let mut historian = Historian { written, states: Vec::new() };
    simulate(worker, terms, Roles::of(attack), &mut historian, &|_, _| None);
    historian.states
}

/// The enemy that does what is written, and keeps what it sees.
struct Historian<'a> {
    written: Written<'a>,
    states: Vec<States>,
}

impl Enemy for Historian<'_> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        overhears: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>> {
        self.written.tamper(wire, honest, overhears)
    }

    fn shifts(
        &mut self,
        round: Round,
        sent: Sent<'_, MessageId>,
    ) -> Vec<(usize, Shift<MessageId>)> {
        self.written.shifts(round, sent)
    }

    fn ended(&mut self, states: &[Option<StateId>]) {
        self.states.push(states.to_vec());
    }
}
