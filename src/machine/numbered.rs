//! A protocol with its values, decisions and messages numbered: the typed side of the machine.

use std::ops::Deref;
use std::sync::OnceLock;

use super::interner::Interner;
use super::numbers::{DecisionId, MessageId, NumberedAttack, ValueId};
use crate::attack::AttackOn;
use crate::fault::cloned;
use crate::graph::Graph;
use crate::testable::{ProblemOf, Testable};

/// A protocol with its values, decisions and messages numbered. Each part is owned or lent, and all are one type, so
/// that what follows is compiled once for a protocol.
pub(crate) struct Numbered<'a, P: Testable> {
    pub protocol: OwnedOrLent<'a, P>,
    pub(super) things: OwnedOrLent<'a, Things<P>>,
}

/// What is owned or lent.
pub(crate) enum OwnedOrLent<'a, T> {
    Owned(T),
    Lent(&'a T),
}

/// The numbers of a protocol's values, decisions and messages.
pub(crate) struct Things<P: Testable> {
    pub(super) values: Interner<P::Value>,
    pub(super) decisions: Interner<P::Decision>,
    pub(super) messages: Interner<P::Message>,
    /// On which graph the protocol was asked first, and what is asked of it there.
    pub(super) asked: OnceLock<(Graph, ProblemOf<P>)>,
}

impl<T> Deref for OwnedOrLent<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match self {
            OwnedOrLent::Owned(thing) => thing,
            OwnedOrLent::Lent(thing) => thing,
        }
    }
}

impl<P: Testable> Default for Things<P> {
    fn default() -> Things<P> {
        Things {
            values: Interner::new(),
            decisions: Interner::new(),
            messages: Interner::new(),
            asked: OnceLock::new(),
        }
    }
}

impl<'a, P: Testable> Numbered<'a, P> {
    pub fn new(protocol: P) -> Numbered<'a, P> {
        Numbered {
            protocol: OwnedOrLent::Owned(protocol),
            things: OwnedOrLent::Owned(Things::default()),
        }
    }

    pub fn lent(protocol: &'a P) -> Numbered<'a, P> {
        Numbered {
            protocol: OwnedOrLent::Lent(protocol),
            things: OwnedOrLent::Owned(Things::default()),
        }
    }

    /// With the numbers that there are.
    pub fn with(protocol: &'a P, things: &'a Things<P>) -> Numbered<'a, P> {
        Numbered { protocol: OwnedOrLent::Lent(protocol), things: OwnedOrLent::Lent(things) }
    }

    /// The protocol, which it owns.
    pub fn into_protocol(self) -> P {
        match self.protocol {
            OwnedOrLent::Owned(protocol) => protocol,
            OwnedOrLent::Lent(_) => unreachable!("who lent a protocol still has it"),
        }
    }

    /// Whether messages come from an implementation: then they arrive in the order in which they are sent.
    pub(super) fn is_opaque(&self) -> bool {
        self.protocol.waves().is_some_and(|waves| waves.is_opaque())
    }

    pub fn value(&self, value: ValueId) -> &P::Value {
        self.things.values.get(value.0)
    }

    pub fn decision(&self, decision: DecisionId) -> &P::Decision {
        self.things.decisions.get(decision.0)
    }

    pub fn message(&self, message: MessageId) -> &P::Message {
        self.things.messages.get(message.0)
    }

    pub fn number_value(&self, value: P::Value) -> ValueId {
        ValueId(self.things.values.number(value))
    }

    pub fn number_decision(&self, decision: P::Decision) -> DecisionId {
        DecisionId(self.things.decisions.number(decision))
    }

    pub fn number_message(&self, message: P::Message) -> MessageId {
        MessageId(self.things.messages.number(message))
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
