//! A protocol in rounds that is run by a program in another language.

use super::conversation::{field, no_more};
use super::described::{Described, Optional, RunsIn, opaque};
use super::opaque::OpaqueValue;
use crate::general::General;
use crate::graph::Graph;
use crate::protocol::{Lockstep, Round, Seat};
use crate::testable::{ProblemOf, Repertoire, Testable, Wire, Words};

/// Asks the program a question for each method.
#[derive(Debug)]
pub struct ExecRounds(pub Described);

impl Lockstep for ExecRounds {
    type Value = OpaqueValue;
    type Decision = OpaqueValue;
    type Message = OpaqueValue;
    type State = OpaqueValue;

    fn rounds(&self, _: usize) -> usize {
        match self.0.runs_in {
            RunsIn::Rounds(rounds) | RunsIn::Events(rounds) => rounds,
        }
    }

    fn start(&self, seat: Seat, input: Option<&OpaqueValue>) -> OpaqueValue {
        self.next(&self.0.beginning("start", seat, input))
    }

    fn send(
        &self,
        state: &OpaqueValue,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = OpaqueValue> {
        let (state, to) = (state.text(), to.id());
        let question = format!(r#"{{"ask":"send","state":{state},"round":{round},"to":{to}}}"#);
        self.0.program.ask(&question, |mut answer| {
            let messages: Vec<OpaqueValue> = field(&mut answer, "messages")?;
            no_more(&answer).map(|()| messages)
        })
    }

    fn receive(&self, state: &mut OpaqueValue, round: Round, from: General, message: &OpaqueValue) {
        let question = format!(
            r#"{{"ask":"receive","state":{},"round":{round},"from":{},"message":{}}}"#,
            state.text(),
            from.id(),
            message.text()
        );
        *state = self.next(&question);
    }

    fn end_round(&self, state: &mut OpaqueValue, round: Round) {
        if self.0.answers(Optional::EndRound) {
            let before = state.text();
            let question = format!(r#"{{"ask":"end_round","state":{before},"round":{round}}}"#);
            *state = self.next(&question);
        }
    }

    fn decide(&self, state: &OpaqueValue) -> Option<OpaqueValue> {
        self.0.decide(state)
    }
}

impl Testable for ExecRounds {
    fn problem(&self, graph: &Graph) -> Result<ProblemOf<Self>, String> {
        self.0.problem(graph.n())
    }

    fn repertoire(&self, n: usize, Wire { round, from, to }: Wire) -> Repertoire<OpaqueValue> {
        if !self.0.answers(Optional::Repertoire) {
            return Repertoire::unknown();
        }
        let (f, from, to) = (self.0.f, from.id(), to.id());
        let question = format!(
            r#"{{"ask":"repertoire","n":{n},"f":{f},"round":{round},"from":{from},"to":{to}}}"#
        );
        self.0.program.ask(&question, |mut answer| {
            let slots: Vec<Vec<OpaqueValue>> = field(&mut answer, "slots")?;
            let strays: Vec<OpaqueValue> = match answer.contains_key("strays") {
                true => field(&mut answer, "strays")?,
                false => Vec::new(),
            };
            no_more(&answer).map(|()| Repertoire::of(slots).with_strays(strays))
        })
    }

    fn words(&self) -> &dyn Words<OpaqueValue, OpaqueValue> {
        &self.0
    }
}

impl ExecRounds {
    /// The program's answer to a question that returns a state.
    fn next(&self, question: &str) -> OpaqueValue {
        self.0.program.ask(question, |mut answer| {
            let state = opaque(&mut answer, "state")?;
            no_more(&answer).map(|()| state)
        })
    }
}

impl Words<OpaqueValue, OpaqueValue> for Described {
    fn name(&self) -> String {
        self.name.clone()
    }
}
