//! A protocol in numbers: the one layer between protocols and everything that asks about them.
//!
//! Values, decisions, messages and states are interned here, and the protocol answers by number: which state follows
//! from which by which message, what is said in a state, what is decided. So whatever stands above has no type
//! parameter and is compiled only once, however many protocols there are; comparing and hashing is integer work; and
//! a panic in the protocol is caught in one place.
//!
//! | file | what it does |
//! |---|---|
//! | `numbers` | the types of numbers |
//! | `interner` | numbers values, decisions and messages, for all threads |
//! | `numbered` | the typed side: a protocol, its values and its messages |
//! | `message_order` | the rank of each message in their order |
//! | `answers` | the typed side: makes a numbered protocol a machine |
//! | `table` | the typed side: the states of one worker |
//! | `worker` | asks the protocol and remembers its answers, for one thread |
//! | `laws` | whether a protocol's types are plain data, as they should be |
//! | `answered` | the typed side: answers a question only if they are |
//! | `terms` | what is fixed before the adversary decides anything |
//! | `fits` | whether an attack fits a protocol |
//!
//! Numbers depend on the order of discovery. So no answer, count or text may depend on numbers: where the order of
//! messages matters, it is the order of the messages themselves, which [`Machine::compare`] knows.

mod answered;
mod answers;
#[cfg(test)]
pub(crate) mod counting;
mod fits;
mod interner;
mod laws;
mod message_order;
mod numbered;
mod numbers;
mod table;
mod terms;
mod worker;

use std::cmp::Ordering;

pub(crate) use self::fits::fits;
pub(crate) use self::message_order::MessageOrder;
pub(crate) use self::numbered::{Numbered, Things};
pub(crate) use self::numbers::{DecisionId, MessageId, NumberedAttack, StateId, ValueId};
pub(crate) use self::table::{StateTable, StoredStates};
pub(crate) use self::terms::Terms;
pub(crate) use self::worker::{Caught, Memory, Said, Stops, Worker};
use crate::general::{General, Generals, Swap};
use crate::graph::Graph;
use crate::outcome::Outcome;
use crate::property::{AskedProperties, Property};
use crate::protocol::events::Timer;
use crate::signature::{Seal, Signed};
use crate::testable::{ListedSignature, Recursive, Refusal, Repertoire, Wire};

/// A protocol in numbers, as an object. If a method that describes the protocol panics, that is a [`Refusal`].
pub(crate) trait Machine: Sync {
    /// What is fixed before the adversary decides anything. If `admitted`, a protocol is refused whose states would be
    /// too large to run on this graph.
    fn terms(&self, graph: &Graph, admitted: bool) -> Result<Terms, Refusal>;

    /// The protocol's name in reports.
    fn name(&self) -> Result<String, Refusal>;

    /// What a traitor can say on a wire among `n` generals.
    fn repertoire(&self, n: usize, wire: Wire) -> Result<Repertoire<MessageId>, Refusal>;

    /// The genuine signatures in a message.
    fn signatures(&self, message: MessageId) -> Result<Vec<Signed>, Refusal>;

    /// The message with another list of signatures, if it has a list.
    fn relisted(
        &self,
        message: MessageId,
        list: &[ListedSignature<'_, MessageId>],
    ) -> Result<Option<MessageId>, Refusal>;

    /// All signatures in a message, for pictures.
    fn seals(&self, message: MessageId) -> Result<Vec<Seal>, Refusal>;

    /// Whether a sample of the values and messages seen so far is plain data, and the problem still is what it was.
    fn tested(&self) -> Result<(), Refusal>;

    /// Sorts messages into their order of arrival: as data, or unchanged if they come from an implementation.
    fn sort(&self, messages: &mut [MessageId]);

    /// The order of two messages as data.
    fn compare(&self, one: MessageId, other: MessageId) -> Ordering;

    /// The order of two values as data.
    fn compare_values(&self, one: ValueId, other: ValueId) -> Ordering;

    /// The order of two decisions as data.
    fn compare_decisions(&self, one: DecisionId, other: DecisionId) -> Ordering;

    /// The value that this decision is, if decisions and values are of one type.
    fn decided_value(&self, decision: DecisionId) -> Option<ValueId>;

    /// The first of the properties asked that an outcome violates.
    fn violated(
        &self,
        asked: &AskedProperties,
        outcome: &Outcome<'_, ValueId, DecisionId>,
    ) -> Option<Property>;

    /// The protocol as a recursion, if it is one.
    fn recursion(&self) -> Result<Option<Box<dyn Recursive<ValueId, MessageId> + '_>>, Refusal>;

    /// Which of `n` generals are interchangeable, if the protocol claims that some are.
    fn alike(&self, n: usize) -> Result<Option<Generals>, Refusal>;

    /// The message that is said instead of this one when two interchangeable generals have changed places.
    fn swapped_message(&self, message: MessageId, swap: Swap) -> Result<MessageId, Refusal>;

    /// The phase of a message; 1 if the protocol claims nothing about phases.
    fn phase_of(&self, message: MessageId) -> Result<u32, Refusal>;

    /// The same message, said in this phase instead.
    fn said_in(&self, message: MessageId, phase: u32) -> Result<MessageId, Refusal>;

    /// Whether the protocol claims that decisions rise with what is heard in the last round.
    fn monotone(&self) -> Result<bool, Refusal>;

    /// A table of these states, or an empty one.
    fn table(&self, stored: Option<StoredStates>) -> Box<dyn StateTable + '_>;

    /// A message as a person would say it.
    fn tell(&self, from: General, message: MessageId) -> String;

    /// What a timer is called.
    fn tell_timer(&self, timer: Timer) -> String;

    /// A message as data.
    fn show_message(&self, message: MessageId) -> String;

    /// A value as data.
    fn show_value(&self, value: ValueId) -> String;

    /// A decision as data.
    fn show_decision(&self, decision: DecisionId) -> String;
}

impl dyn Machine + '_ {
    /// A decision as data, if there is one.
    pub fn show_decided(&self, decision: Option<DecisionId>) -> String {
        decision.map_or_else(|| "no decision".to_owned(), |made| self.show_decision(made))
    }

    /// Messages as data.
    pub fn show_messages(&self, messages: &[MessageId]) -> String {
        let shown = messages.iter().map(|message| self.show_message(*message));
        format!("[{}]", shown.collect::<Vec<_>>().join(", "))
    }
}
