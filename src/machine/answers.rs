//! Implements the machine for a numbered protocol.

use std::any::Any;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::Machine;
use super::numbered::Numbered;
use super::numbers::{DecisionId, MessageId, ValueId};
use super::table::{StateTable, StoredStates, Table};
use super::terms::Terms;
use crate::collecting::{listed, mapped, sorted_places};
use crate::escape::escaped;
use crate::fault::{cloned, guarded, shown, vouched};
use crate::general::{General, Generals, Swap};
use crate::graph::Graph;
use crate::outcome::Outcome;
use crate::property::{AskedProperties, Judge, Property};
use crate::protocol::events::Timer;
use crate::signature::{Seal, Signed};
use crate::testable::{
    Forgery, ListedSignature, Recursive, Refusal, Repertoire, Testable, Wire, described,
};

impl<P: Testable> Machine for Numbered<'_, P> {
    fn terms(&self, graph: &Graph, admitted: bool) -> Result<Terms, Refusal> {
        let number = |value| self.number_value(value);
        let (terms, problem) = Terms::of(&*self.protocol, graph.clone(), admitted, number)?;
        // The first answer is kept: a machine is asked about one graph.
        self.things.asked.get_or_init(|| (graph.clone(), problem));
        Ok(terms)
    }

    fn name(&self) -> Result<String, Refusal> {
        described("name", || escaped(&self.protocol.words().name()))
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Result<Repertoire<MessageId>, Refusal> {
        let method = match self.protocol.waves() {
            None => "repertoire",
            Some(waves) if waves.is_opaque() => "lies",
            Some(_) => "alphabet",
        };
        described(method, || {
            let Repertoire { slots, strays, forgeries, unknown } =
                self.protocol.repertoire(n, wire);
            let number = |message| self.number_message(message);
            let all = |messages: Vec<P::Message>| listed(messages.into_iter().map(number));
            let forgery = |Forgery { label, message }| Forgery { label, message: number(message) };
            Repertoire {
                slots: listed(slots.into_iter().map(all)),
                strays: all(strays),
                forgeries: listed(forgeries.into_iter().map(forgery)),
                unknown,
            }
        })
    }

    fn signatures(&self, message: MessageId) -> Result<Vec<Signed>, Refusal> {
        described("signatures", || self.protocol.signing().signatures(self.message(message)))
    }

    fn relisted(
        &self,
        message: MessageId,
        list: &[ListedSignature<'_, MessageId>],
    ) -> Result<Option<MessageId>, Refusal> {
        let list = listed(list.iter().map(|signed| signed.map(|of| self.message(*of))));
        let relisted = described("relisted", || {
            self.protocol.signing().relisted(self.message(message), &list)
        });
        Ok(relisted?.map(|message| self.number_message(message)))
    }

    fn seals(&self, message: MessageId) -> Result<Vec<Seal>, Refusal> {
        described("seals", || self.protocol.signing().seals(self.message(message)))
    }

    fn tested(&self) -> Result<(), Refusal> {
        self.things.values.tested()?;
        self.things.decisions.tested()?;
        self.things.messages.tested()?;
        match self.things.asked.get() {
            Some((graph, _)) => (self as &dyn Machine).answers_alike(graph),
            None => Ok(()),
        }
    }

    fn sort(&self, messages: &mut [MessageId]) {
        if self.is_opaque() {
            return;
        }
        vouched::<P::Message, ()>("cmp", || {
            let places = sorted_places(messages.len(), &mut |one, other| {
                self.message(messages[one]).cmp(self.message(messages[other]))
            });
            let sorted = listed(places.into_iter().map(|place| messages[place]));
            messages.copy_from_slice(&sorted);
        });
    }

    fn compare(&self, one: MessageId, other: MessageId) -> Ordering {
        if one == other {
            return Ordering::Equal;
        }
        let (one, other) = (self.message(one), self.message(other));
        vouched::<P::Message, Ordering>("cmp", || one.cmp(other))
    }

    fn compare_values(&self, one: ValueId, other: ValueId) -> Ordering {
        let (one, other) = (self.value(one), self.value(other));
        vouched::<P::Value, Ordering>("cmp", || one.cmp(other))
    }

    fn compare_decisions(&self, one: DecisionId, other: DecisionId) -> Ordering {
        let (one, other) = (self.decision(one), self.decision(other));
        vouched::<P::Decision, Ordering>("cmp", || one.cmp(other))
    }

    fn decided_value(&self, decision: DecisionId) -> Option<ValueId> {
        let decision: &dyn Any = self.decision(decision);
        decision.downcast_ref::<P::Value>().map(|value| self.number_value(cloned(value)))
    }

    fn violated(
        &self,
        asked: &AskedProperties,
        outcome: &Outcome<'_, ValueId, DecisionId>,
    ) -> Option<Property> {
        let (_, problem) = self.things.asked.get()?;
        let is_met = |index: usize| {
            let inputs = outcome.inputs.iter();
            let inputs = inputs.map(|(general, input)| (*general, cloned(self.value(*input))));
            let inputs: BTreeMap<General, P::Value> = mapped(inputs);
            let decisions = outcome.decisions.iter();
            let decisions =
                listed(decisions.map(|made| made.map(|made| cloned(self.decision(made)))));
            let (inputs, decisions) = (&inputs, &decisions[..]);
            let Outcome { task, traitors, bound, quiet, course, .. } = *outcome;
            let outcome = Outcome { task, traitors, bound, inputs, decisions, quiet, course };
            problem.demands[index].is_met(&outcome)
        };
        let value = |value: &ValueId| self.value(*value);
        let decision = |decision: &DecisionId| self.decision(*decision);
        Judge { outcome, problem, value, decision }.violated(asked, is_met)
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

    fn phase_of(&self, message: MessageId) -> Result<u32, Refusal> {
        described("phase_of", || {
            let phases = self.protocol.waves().and_then(|waves| waves.phases());
            phases.map_or(1, |phases| phases.phase_of(self.message(message)))
        })
    }

    fn said_in(&self, message: MessageId, phase: u32) -> Result<MessageId, Refusal> {
        described("said_in", || {
            let phases = self.protocol.waves().and_then(|waves| waves.phases());
            let said = phases.map(|phases| phases.said_in(self.message(message), phase));
            said.map_or(message, |said| self.number_message(said))
        })
    }

    fn monotone(&self) -> Result<bool, Refusal> {
        described("claims", || self.protocol.claims().monotone)
    }

    fn table(&self, stored: Option<StoredStates>) -> Box<dyn StateTable + '_> {
        Box::new(Table::of(self, stored))
    }

    fn tell(&self, from: General, message: MessageId) -> String {
        let message = self.message(message);
        let told = guarded(|| escaped(&self.protocol.words().tell(from, message)));
        told.unwrap_or_else(|_| shown(message))
    }

    fn tell_timer(&self, timer: Timer) -> String {
        let told = guarded(|| escaped(&self.protocol.words().timer(timer)));
        told.unwrap_or_else(|_| timer.to_string())
    }

    fn show_message(&self, message: MessageId) -> String {
        shown(self.message(message))
    }

    fn show_value(&self, value: ValueId) -> String {
        shown(self.value(value))
    }

    fn show_decision(&self, decision: DecisionId) -> String {
        shown(self.decision(decision))
    }
}

/// A recursion in numbers.
struct NumberedRecursion<'a, P: Testable> {
    numbered: &'a Numbered<'a, P>,
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
        let relayed = listed(relayed.iter().map(|value| cloned(numbered.value(*value))));
        numbered.number_value(recursive.resolve(numbered.value(*told), &relayed))
    }

    fn unheard(&self) -> ValueId {
        self.numbered.number_value(self.recursive.unheard())
    }
}
