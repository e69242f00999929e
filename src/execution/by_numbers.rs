//! Executions by numbers, and the same executions written out.

use super::{Execution, ExecutionOf};
use crate::machine::{MessageId, Numbered, StateId, StateTable, ValueId};
use crate::testable::Testable;

/// An execution by numbers, with the states of the worker that ran it.
pub(crate) type NumberedExecution = Execution<ValueId, MessageId, StateId>;

impl<P: Testable> Numbered<P> {
    /// An execution by numbers; its states are put into a table.
    pub fn number_execution(
        &self,
        execution: &ExecutionOf<P>,
        table: &mut dyn StateTable,
    ) -> NumberedExecution {
        let states = self.states_mut(table);
        execution.map(
            |value| self.number_value(value.clone()),
            |message| self.number_message(message.clone()),
            |state| states.number(state.clone()),
        )
    }

    /// An execution by numbers, written out; its states are those of this table.
    pub fn execution(
        &self,
        execution: &NumberedExecution,
        states: &dyn StateTable,
    ) -> ExecutionOf<P> {
        let mut written = ExecutionOf::<P>::default();
        self.write_execution(execution, states, &mut written);
        written
    }

    /// The same, put in the place of another execution.
    pub fn write_execution(
        &self,
        execution: &NumberedExecution,
        states: &dyn StateTable,
        written: &mut ExecutionOf<P>,
    ) {
        let states = self.states(states);
        *written = execution.map(
            |value| self.value(*value).clone(),
            |message| self.message(*message).clone(),
            |state| states.get(*state).clone(),
        );
    }
}
