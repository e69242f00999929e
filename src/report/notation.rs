//! Values and messages of a numbered protocol in their written form, so that code that reads and writes files need
//! not know the protocol's types.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::attack_file::{AttackFile, AttackFileError, part};
use crate::attack::{Attack, Edit, Lie, Twin};
use crate::execution::{Execution, NumberedExecution};
use crate::general::General;
use crate::impossibility::argument::{Argument, NumberedArgument};
use crate::machine::{DecisionId, Machine, MessageId, Numbered, NumberedAttack, StateId, ValueId};
use crate::schedule::Shift;
use crate::testable::{Refusal, Testable};

/// A numbered protocol whose values and messages can be written to a file, and read from it.
pub(crate) trait Notation: Machine {
    fn write_value(&self, value: ValueId) -> Value;

    fn write_decision(&self, decision: DecisionId) -> Value;

    fn write_message(&self, message: MessageId) -> Value;

    /// Reads a value. An error names the place in the value where it is wrong.
    fn read_value(&self, value: Value) -> Result<ValueId, AttackFileError>;

    /// Reads a message in the same way.
    fn read_message(&self, message: Value) -> Result<MessageId, AttackFileError>;
}

impl<P> Notation for Numbered<'_, P>
where
    P: Testable<
            Value: Serialize + DeserializeOwned,
            Decision: Serialize,
            Message: Serialize + DeserializeOwned,
        >,
{
    fn write_value(&self, value: ValueId) -> Value {
        json!(self.value(value))
    }

    fn write_decision(&self, decision: DecisionId) -> Value {
        json!(self.decision(decision))
    }

    fn write_message(&self, message: MessageId) -> Value {
        json!(self.message(message))
    }

    fn read_value(&self, value: Value) -> Result<ValueId, AttackFileError> {
        part("", value).map(|value| self.number_value(value))
    }

    fn read_message(&self, message: Value) -> Result<MessageId, AttackFileError> {
        part("", message).map(|message| self.number_message(message))
    }
}

impl dyn Notation + '_ {
    /// As [the machine](Machine)'s own method.
    pub fn answered<T, E: From<Refusal>>(
        &self,
        ask: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        (self as &dyn Machine).answered(ask)
    }

    /// The written form of an attack.
    pub fn write_attack(&self, attack: &NumberedAttack) -> Attack<Value, Value> {
        attack.map(|value| self.write_value(*value), |message| self.write_message(*message))
    }

    /// The written form of an argument.
    pub fn write_argument(&self, argument: &NumberedArgument) -> Argument<Value, Value, StateId> {
        argument.map(
            |value| self.write_value(*value),
            |decision| self.write_decision(*decision),
            |message| self.write_message(*message),
            |state| *state,
        )
    }

    /// The written form of an execution, without messages and states.
    pub fn write_execution(&self, execution: &NumberedExecution) -> Execution<Value, (), ()> {
        execution.map(|decision| self.write_decision(*decision), |_| (), |_| ())
    }
}

impl AttackFile {
    /// The numbered attack, for a protocol that is known only by its notation.
    pub(crate) fn by_numbers(
        self,
        notation: &dyn Notation,
    ) -> Result<NumberedAttack, AttackFileError> {
        read_attack(notation, self.attack)
    }
}

/// Reads an attack from a file: first its form, then each value.
pub(crate) fn read_attack(
    notation: &dyn Notation,
    attack: Value,
) -> Result<NumberedAttack, AttackFileError> {
    let attack = part::<Attack<Value, Value>>("the attack", attack)?;
    let Attack { graph, faults, traitors, inputs, crashes, .. } = attack;
    let Attack { lies, schedule, happenings, lasso, twins, .. } = attack;
    let value = |(general, input): (General, Value)| {
        let value = notation.read_value(input).map_err(within(format!("inputs.{}", general.id())));
        value.map(|value| (general, value))
    };
    let message = |place: String, message| notation.read_message(message).map_err(within(place));
    let lie = |(index, Lie { wire, edit }): (usize, Lie<Value>)| {
        let at = |field: &str, said| message(format!("lies[{index}].{field}"), said);
        let edit = match edit {
            Edit::Withhold(honest) => Edit::Withhold(at("withhold", honest)?),
            Edit::Say(say) => Edit::Say(at("say", say)?),
            Edit::Instead { of, say } => {
                Edit::Instead { of: at("instead_of", of)?, say: at("say", say)? }
            }
        };
        Ok::<_, AttackFileError>(Lie { wire, edit })
    };
    let shift = |(index, Shift { wire, message: said, arrival }): (usize, Shift<Value>)| {
        let message = message(format!("schedule[{index}].message"), said);
        message.map(|message| Shift { wire, message, arrival })
    };
    let twin = |(index, Twin { general, input, to }): (usize, Twin<Value>)| {
        let read =
            |input| notation.read_value(input).map_err(within(format!("twins[{index}].input")));
        Ok::<_, AttackFileError>(Twin { general, input: input.map(read).transpose()?, to })
    };
    Ok(Attack {
        graph,
        faults,
        traitors,
        inputs: inputs.into_iter().map(value).collect::<Result<_, _>>()?,
        crashes,
        lies: lies.into_iter().enumerate().map(lie).collect::<Result<_, _>>()?,
        schedule: schedule.into_iter().enumerate().map(shift).collect::<Result<_, _>>()?,
        happenings,
        lasso,
        twins: twins.into_iter().enumerate().map(twin).collect::<Result<_, _>>()?,
    })
}

/// Puts the name of the outer part before the place of an error.
pub(super) fn within(outer: String) -> impl FnOnce(AttackFileError) -> AttackFileError {
    move |error| match error {
        AttackFileError::Part { place, message } => {
            let dot = if place.is_empty() || place.starts_with('[') { "" } else { "." };
            AttackFileError::Part { place: format!("{outer}{dot}{place}"), message }
        }
        other => other,
    }
}
