//! The answers of a numbered protocol: what makes it a machine.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::Machine;
use super::numbered::Numbered;
use super::numbers::{MessageId, ValueId};
use super::table::{StateTable, StoredStates, Table};
use super::terms::Terms;
use crate::escape::escaped;
use crate::general::{General, Generals, Swap};
use crate::graph::Graph;
use crate::outcome::Outcome;
use crate::property::Property;
use crate::signature::{Seal, Signed};
use crate::testable::{Forgery, Recursive, Refusal, Repertoire, Testable, Wire, described};

impl<P: Testable> Machine for Numbered<P> {
    fn terms(&self, graph: &Graph, admitted: bool) -> Result<Terms, Refusal> {
        let number = |value| self.number_value(value);
        let (terms, demands) = Terms::of(&self.protocol, graph.clone(), admitted, number)?;
        // Those of the first problem: a machine is asked about one.
        self.demands.get_or_init(|| demands);
        Ok(terms)
    }

    fn name(&self) -> Result<String, Refusal> {
        described("name", || escaped(&self.protocol.words().name()))
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Result<Repertoire<MessageId>, Refusal> {
        described("repertoire", || {
            let Repertoire { slots, strays, forgeries, unknown } =
                self.protocol.repertoire(n, wire);
            let number = |message| self.number_message(message);
            let all = |messages: Vec<P::Message>| messages.into_iter().map(number).collect();
            let forgery = |Forgery { label, message }| Forgery { label, message: number(message) };
            Repertoire {
                slots: slots.into_iter().map(all).collect(),
                strays: all(strays),
                forgeries: forgeries.into_iter().map(forgery).collect(),
                unknown,
            }
        })
    }

    fn signatures(&self, message: MessageId) -> Result<Vec<Signed>, Refusal> {
        described("signatures", || self.protocol.signing().signatures(self.message(message)))
    }

    fn seals(&self, message: MessageId) -> Result<Vec<Seal>, Refusal> {
        described("seals", || self.protocol.signing().seals(self.message(message)))
    }

    fn compare(&self, one: MessageId, other: MessageId) -> Ordering {
        if one == other {
            return Ordering::Equal;
        }
        self.message(one).cmp(self.message(other))
    }

    fn compare_values(&self, one: ValueId, other: ValueId) -> Ordering {
        self.value(one).cmp(self.value(other))
    }

    fn violated(&self, outcome: &Outcome<'_, ValueId>) -> Option<Property> {
        let demands = self.demands.get().map_or(&[][..], |demands| demands);
        if demands.is_empty() {
            return Property::violated(outcome, &[]);
        }
        let value = |value: &ValueId| self.value(*value).clone();
        let inputs: BTreeMap<General, P::Value> =
            outcome.inputs.iter().map(|(general, input)| (*general, value(input))).collect();
        let decisions: Vec<_> =
            outcome.decisions.iter().map(|decision| decision.as_ref().map(value)).collect();
        let Outcome { task, traitors, bound, .. } = *outcome;
        let outcome = Outcome { task, traitors, bound, inputs: &inputs, decisions: &decisions };
        Property::violated(&outcome, demands)
    }

    fn recursion(&self) -> Result<Option<Box<dyn Recursive<ValueId, MessageId> + '_>>, Refusal> {
        let recursive = described("claims", || self.protocol.claims())?.recursion;
        Ok(recursive
            .map(|recursive| Box::new(NumberedRecursion { numbered: self, recursive }) as _))
    }

    fn alike(&self, n: usize) -> Result<Option<Generals>, Refusal> {
        described("alike", || self.protocol.claims().symmetry.map(|symmetry| symmetry.alike(n)))
    }

    fn swapped_message(&self, message: MessageId, swap: Swap) -> Result<MessageId, Refusal> {
        described("swapped_message", || match self.protocol.claims().symmetry {
            None => message,
            Some(symmetry) => {
                self.number_message(symmetry.swapped_message(self.message(message), swap))
            }
        })
    }

    fn monotone(&self) -> Result<bool, Refusal> {
        described("claims", || self.protocol.claims().monotone)
    }

    fn table(&self, stored: Option<StoredStates>) -> Box<dyn StateTable + '_> {
        Box::new(Table::of(self, stored))
    }

    fn tell(&self, from: General, message: MessageId) -> String {
        escaped(&self.protocol.words().tell(from, self.message(message)))
    }

    fn show_message(&self, message: MessageId) -> String {
        escaped(&format!("{:?}", self.message(message)))
    }

    fn show_value(&self, value: ValueId) -> String {
        escaped(&format!("{:?}", self.value(value)))
    }
}

/// A recursion that speaks of numbers.
struct NumberedRecursion<'a, P: Testable> {
    numbered: &'a Numbered<P>,
    recursive: &'a dyn Recursive<P::Value, P::Message>,
}

impl<P: Testable> Recursive<ValueId, MessageId> for NumberedRecursion<'_, P> {
    fn depth(&self, n: usize) -> usize {
        self.recursive.depth(n)
    }

    fn relay(&self, path: &[General], value: &ValueId) -> MessageId {
        let NumberedRecursion { numbered, recursive } = self;
        numbered.number_message(recursive.relay(path, numbered.value(*value)))
    }

    fn resolve(&self, told: &ValueId, relayed: &[ValueId]) -> ValueId {
        let NumberedRecursion { numbered, recursive } = self;
        let relayed: Vec<_> = relayed.iter().map(|value| numbered.value(*value).clone()).collect();
        numbered.number_value(recursive.resolve(numbered.value(*told), &relayed))
    }

    fn unheard(&self) -> ValueId {
        self.numbered.number_value(self.recursive.unheard())
    }
}
