//! A protocol with its values, decisions and messages numbered: the typed side of the machine.

use std::ops::Deref;
use std::sync::OnceLock;

use super::interner::Interner;
use super::numbers::{DecisionId, MessageId, NumberedAttack, ValueId};
use crate::attack::AttackOn;
use crate::fault::cloned;
use crate::graph::Graph;
use crate::testable::{ProblemOf, Testable};

/// A protocol with its values, decisions and messages numbered. Whether each part is owned or lent, the type is the
/// same, so that the code that uses it is compiled once per protocol.
pub(crate) struct Numbered<'a, P: Testable> {
    pub protocol: OwnedOrLent<'a, P>,
    pub(super) things: OwnedOrLent<'a, Things<P>>,
}

/// Something that is owned or lent.
pub(crate) enum OwnedOrLent<'a, T> {
    Owned(T),
    Lent(&'a T),
}

/// The interned values, decisions and messages of a protocol.
pub(crate) struct Things<P: Testable> {
    pub(super) values: Interner<P::Value>,
    pub(super) decisions: Interner<P::Decision>,
    pub(super) messages: Interner<P::Message>,
    /// The graph on which the protocol was first asked, and the problem there.
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

    /// A protocol with these numbers, which exist already.
    pub fn with(protocol: &'a P, things: &'a Things<P>) -> Numbered<'a, P> {
        Numbered { protocol: OwnedOrLent::Lent(protocol), things: OwnedOrLent::Lent(things) }
    }

    /// The protocol, which must be owned.
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

    /// Converts an attack back from numbers.
    pub fn attack(&self, attack: &NumberedAttack) -> AttackOn<P> {
        let value = |value: &ValueId| cloned(self.value(*value));
        attack.map(value, |message| cloned(self.message(*message)))
    }

    /// Converts an attack to numbers.
    pub fn number_attack(&self, attack: &AttackOn<P>) -> NumberedAttack {
        let value = |value: &P::Value| self.number_value(cloned(value));
        attack.map(value, |message| self.number_message(cloned(message)))
    }
}
