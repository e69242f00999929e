//! A protocol by numbers that is asked for its words.

use crate::execution::Forgeries;
use crate::fault::guarded;
use crate::general::{General, Generals};
use crate::machine::{Machine, MessageId, StateId, Terms, ValueId, Worker};
use crate::report::story::Held;
use crate::signature::Seal;
use crate::testable::Wire;

/// A protocol that is asked for its words. It may panic.
pub(super) struct AskedProtocol<'a> {
    pub terms: &'a Terms,
    pub name: String,
    pub worker: Worker<'a>,
    pub forgeries: Forgeries,
}

impl<'a> AskedProtocol<'a> {
    pub fn new(machine: &'a dyn Machine, terms: &'a Terms) -> AskedProtocol<'a> {
        AskedProtocol {
            terms,
            name: machine.name().unwrap_or_default(),
            worker: Worker::new(machine, terms, Generals::NONE),
            forgeries: Forgeries::default(),
        }
    }

    pub fn machine(&self) -> &'a dyn Machine {
        self.worker.machine()
    }

    pub fn value(&self, value: ValueId) -> String {
        self.machine().show_value(value)
    }

    pub fn tell(&self, from: General, message: MessageId) -> String {
        let told = guarded(|| self.machine().tell(from, message));
        told.unwrap_or_else(|_| self.machine().show_message(message))
    }

    pub fn seals(&self, message: MessageId) -> Vec<Seal> {
        self.machine().seals(message).unwrap_or_default()
    }

    /// In which way a message is forged, if it is a forgery on this wire.
    pub fn forged(&self, wire: Wire, message: MessageId) -> Option<String> {
        let label = self.forgeries.label(self.machine(), self.terms, wire, message);
        label.map(str::to_owned)
    }

    /// What a state is, and what would be decided in it, if that is asked.
    pub fn held(&self, state: StateId, is_asked: bool) -> Held {
        let table = &self.worker.table;
        let vote = is_asked.then(|| table.decide(state).ok()).flatten();
        Held {
            lines: table.explain(state).unwrap_or_else(|_| vec![table.show(state)]),
            vote: vote.map(|value| self.value(value)),
        }
    }
}
