//! A numbered protocol that is asked for its words.

use crate::escape::escaped;
use crate::execution::Forgeries;
use crate::general::General;
use crate::machine::{DecisionId, Machine, MessageId, StateId, StateTable, Terms, ValueId};
use crate::protocol::events::Timer;
use crate::report::story::Held;
use crate::signature::Seal;
use crate::testable::Wire;

/// Makes stories of numbered executions whose states are in one table. The protocol is asked for its words, and may
/// panic; only the fault-free run is run.
pub(crate) struct Stories<'a> {
    pub(super) machine: &'a dyn Machine,
    pub(super) terms: &'a Terms,
    pub(super) name: String,
    table: Box<dyn StateTable + 'a>,
    forgeries: Forgeries,
}

impl<'a> Stories<'a> {
    pub fn new(
        machine: &'a dyn Machine,
        terms: &'a Terms,
        table: Box<dyn StateTable + 'a>,
    ) -> Stories<'a> {
        let name = machine.name().unwrap_or_default();
        Stories { machine, terms, name, table, forgeries: Forgeries::default() }
    }

    pub(super) fn value(&self, value: ValueId) -> String {
        self.machine.show_value(value)
    }

    pub(super) fn decision(&self, decision: DecisionId) -> String {
        self.machine.show_decision(decision)
    }

    pub(in crate::report) fn tell(&self, from: General, message: MessageId) -> String {
        self.machine.tell(from, message)
    }

    pub(super) fn timer(&self, timer: Timer) -> String {
        self.machine.tell_timer(timer)
    }

    pub(super) fn seals(&self, message: MessageId) -> Vec<Seal> {
        self.machine.seals(message).unwrap_or_default()
    }

    /// How a message is forged, if it is a forgery on this wire.
    pub(super) fn forged(&self, wire: Wire, message: MessageId) -> Option<String> {
        let label = self.forgeries.label(self.machine, self.terms, wire, message);
        label.map(escaped)
    }

    /// A state in words, and what a general would decide in it, if it must decide.
    pub(super) fn held(&self, state: StateId, is_asked: bool) -> Held {
        let vote = is_asked.then(|| self.table.decide(state).ok()).flatten();
        Held {
            lines: self.table.explain(state).unwrap_or_else(|_| vec![self.table.show(state)]),
            vote: vote.flatten().map(|decision| self.decision(decision)),
        }
    }
}
