//! A protocol that is driven by events, and that a program in another language runs.

use serde_json::json;

use super::conversation::{Fields, NotUnderstood, field, no_more};
use super::described::{Described, Optional, RunsIn, opaque};
use super::opaque::OpaqueValue;
use crate::general::General;
use crate::graph::Graph;
use crate::protocol::Seat;
use crate::protocol::events::{Coin, Effects, EventDriven, Face, Timer};
use crate::testable::{EventProblemOf, EventTestable, Words};

/// It is asked a question for each method.
#[derive(Debug)]
pub struct ExecEvents(pub Described);

/// An effect as it is written.
#[derive(Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "this is no effect: send and to, broadcast, set_timer, cancel_timer or ask_coin"
)]
enum WrittenEffect {
    Send { send: OpaqueValue, to: General },
    Broadcast { broadcast: OpaqueValue },
    SetTimer { set_timer: Timer },
    CancelTimer { cancel_timer: Timer },
    Ask { ask_coin: Coin },
}

/// What a general has become, and what it does.
fn reaction(mut answer: Fields) -> Result<(OpaqueValue, Vec<WrittenEffect>), NotUnderstood> {
    let state = opaque(&mut answer, "state")?;
    let effects = match answer.contains_key("effects") {
        true => field(&mut answer, "effects")?,
        false => Vec::new(),
    };
    no_more(&answer).map(|()| (state, effects))
}

impl ExecEvents {
    /// Asks, and does what is answered.
    fn react(&self, question: &str, effects: &mut Effects<OpaqueValue>) -> OpaqueValue {
        let (state, written) = self.0.program.ask(question, reaction);
        for effect in written {
            match effect {
                WrittenEffect::Send { send, to } => effects.send(to, send),
                WrittenEffect::Broadcast { broadcast } => effects.broadcast(broadcast),
                WrittenEffect::SetTimer { set_timer } => effects.set_timer(set_timer),
                WrittenEffect::CancelTimer { cancel_timer } => effects.cancel_timer(cancel_timer),
                WrittenEffect::Ask { ask_coin } => effects.ask(ask_coin),
            }
        }
        state
    }
}

impl EventDriven for ExecEvents {
    type Value = OpaqueValue;
    type Decision = OpaqueValue;
    type Message = OpaqueValue;
    type State = OpaqueValue;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&OpaqueValue>,
        effects: &mut Effects<OpaqueValue>,
    ) -> OpaqueValue {
        self.react(&self.0.beginning("begin", seat, input), effects)
    }

    fn receive(
        &self,
        state: &mut OpaqueValue,
        from: General,
        message: &OpaqueValue,
        effects: &mut Effects<OpaqueValue>,
    ) {
        let question = format!(
            r#"{{"ask":"receive","state":{},"from":{},"message":{}}}"#,
            state.text(),
            from.id(),
            message.text()
        );
        *state = self.react(&question, effects);
    }

    fn timer(&self, state: &mut OpaqueValue, timer: Timer, effects: &mut Effects<OpaqueValue>) {
        if self.0.answers(Optional::Timer) {
            let before = state.text();
            let question = format!(r#"{{"ask":"timer","state":{before},"timer":{timer}}}"#);
            *state = self.react(&question, effects);
        }
    }

    fn coin(
        &self,
        state: &mut OpaqueValue,
        coin: Coin,
        face: Face,
        effects: &mut Effects<OpaqueValue>,
    ) {
        if self.0.answers(Optional::Coin) {
            let (before, coin) = (state.text(), json!(coin));
            let question =
                format!(r#"{{"ask":"coin","state":{before},"coin":{coin},"face":{face}}}"#);
            *state = self.react(&question, effects);
        }
    }

    fn decision(&self, state: &OpaqueValue) -> Option<OpaqueValue> {
        self.0.decide(state)
    }
}

impl EventTestable for ExecEvents {
    fn problem(&self, graph: &Graph) -> Result<EventProblemOf<Self>, String> {
        self.0.problem(graph.n())
    }

    fn alphabet(&self, n: usize, from: General, to: General) -> Vec<OpaqueValue> {
        if !self.0.answers(Optional::Alphabet) {
            return Vec::new();
        }
        let (f, from, to) = (self.0.f, from.id(), to.id());
        let question = format!(r#"{{"ask":"alphabet","n":{n},"f":{f},"from":{from},"to":{to}}}"#);
        self.0.program.ask(&question, |mut answer| {
            let messages: Vec<OpaqueValue> = field(&mut answer, "messages")?;
            no_more(&answer).map(|()| messages)
        })
    }

    fn words(&self) -> &dyn Words<OpaqueValue, OpaqueValue> {
        &self.0
    }

    fn waves(&self, _: usize) -> usize {
        match self.0.runs_in {
            RunsIn::Rounds(waves) | RunsIn::Events(waves) => waves,
        }
    }
}
