//! Gives the answer to a question only after testing that the protocol's types are plain data and that its problem
//! stays the same: a search relies on both, and otherwise its result would be meaningless.

use std::panic::{self, AssertUnwindSafe};

use super::Machine;
use super::numbered::Numbered;
use super::numbers::ValueId;
use super::terms::Terms;
use crate::collecting::listed;
use crate::fault::unwound;
use crate::general::Generals;
use crate::graph::Graph;
use crate::outcome::Task;
use crate::property::AskedProperties;
use crate::testable::{Refusal, Testable};

/// How often the protocol is asked again for its problem.
const AGAIN: usize = 3;

impl dyn Machine + '_ {
    /// Answers a question about this protocol, unless its types are not plain data: that error replaces any result of
    /// the question, even a panic, since it may be the cause.
    pub fn answered<T, E: From<Refusal>>(
        &self,
        ask: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let tested = || -> Result<(), Refusal> { unwound(|| self.tested())? };
        match panic::catch_unwind(AssertUnwindSafe(|| unwound(ask))) {
            Ok(answer) => {
                let answer = answer.map_err(Refusal::from)?;
                tested()?;
                answer
            }
            Err(panicked) => {
                tested()?;
                panic::resume_unwind(panicked)
            }
        }
    }

    /// Whether the protocol always states the same problem on this graph.
    pub(super) fn answers_alike(&self, graph: &Graph) -> Result<(), Refusal> {
        type Answer = Result<Terms, Refusal>;
        let same = |one: &Answer, other: &Answer| match (one, other) {
            (Ok(one), Ok(other)) => parts(one) == parts(other),
            (one, other) => one.as_ref().err() == other.as_ref().err(),
        };
        let told = |answer: Answer| match answer.as_ref().map(parts) {
            Ok((rounds, values, task, inputs, asked)) => {
                let values = listed(values.iter().map(|value| self.show_value(*value)));
                let values = values.join(", ");
                format!("{rounds} rounds, {task:?} of [{values}], inputs of {inputs}, {asked:?}")
            }
            Err(refusal) => refusal.to_string(),
        };
        let asked = || self.terms(graph, false);
        // It could be run before, or no question would have been answered; if it cannot now, that reason says most.
        let once = Ok(asked()?);
        match (0..AGAIN).map(|_| asked()).find(|again| !same(&once, again)) {
            None => Ok(()),
            Some(again) => {
                let [once, again] = [once, again].map(told);
                Err(Refusal::Misbehaved(format!(
                    "`problem` or `rounds` of the protocol changes its answer: {once}, and then {again}"
                )))
            }
        }
    }
}

impl<P: Testable> Numbered<'_, P> {
    /// See [the machine's](Machine).
    pub fn answered<T, E: From<Refusal>>(
        &self,
        ask: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        (self as &dyn Machine).answered(ask)
    }
}

/// The parts of the terms that the protocol answers.
fn parts(terms: &Terms) -> (usize, &[ValueId], Task, Generals, &AskedProperties) {
    let Terms { rounds, values, task, inputs, asked, .. } = terms;
    (*rounds, values, *task, *inputs, asked)
}
