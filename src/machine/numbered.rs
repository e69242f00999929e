//! A protocol with its values, decisions and messages numbered: the typed side of the machine.

use std::sync::OnceLock;

use super::interner::Interner;
use super::numbers::{DecisionId, MessageId, NumberedAttack, ValueId};
use crate::attack::AttackOn;
use crate::fault::cloned;
use crate::graph::Graph;
use crate::testable::{ProblemOf, Testable};

/// A protocol with its values, decisions and messages numbered.
pub(crate) struct Numbered<P: Testable> {
    pub protocol: P,
    pub(super) values: Interner<P::Value>,
    pub(super) decisions: Interner<P::Decision>,
    pub(super) messages: Interner<P::Message>,
    /// On which graph the protocol was asked first, and what is asked of it there.
    pub(super) asked: OnceLock<(Graph, ProblemOf<P>)>,
}

impl<P: Testable> Numbered<P> {
    pub fn new(protocol: P) -> Numbered<P> {
        Numbered {
            protocol,
            values: Interner::new(),
            decisions: Interner::new(),
            messages: Interner::new(),
            asked: OnceLock::new(),
        }
    }

    /// Whether messages come from an implementation: then they arrive in the order in which they are sent.
    pub(super) fn is_opaque(&self) -> bool {
        self.protocol.waves().is_some_and(|waves| waves.is_opaque())
    }

    pub fn value(&self, value: ValueId) -> &P::Value {
        self.values.get(value.0)
    }

    pub fn decision(&self, decision: DecisionId) -> &P::Decision {
        self.decisions.get(decision.0)
    }

    pub fn message(&self, message: MessageId) -> &P::Message {
        self.messages.get(message.0)
    }

    pub fn number_value(&self, value: P::Value) -> ValueId {
        ValueId(self.values.number(value))
    }

    pub fn number_decision(&self, decision: P::Decision) -> DecisionId {
        DecisionId(self.decisions.number(decision))
    }

    pub fn number_message(&self, message: P::Message) -> MessageId {
        MessageId(self.messages.number(message))
    }

    /// An attack by numbers, written out.
    pub fn attack(&self, attack: &NumberedAttack) -> AttackOn<P> {
        let value = |value: &ValueId| cloned(self.value(*value));
        attack.map(value, |message| cloned(self.message(*message)))
    }

    /// The same by numbers.
    pub fn number_attack(&self, attack: &AttackOn<P>) -> NumberedAttack {
        let value = |value: &P::Value| self.number_value(cloned(value));
        attack.map(value, |message| self.number_message(cloned(message)))
    }
}
