//! An event-driven protocol that is run by a program in another language.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::conversation::{Fields, NotUnderstood, field, in_brief, no_more};
use super::described::{Described, Optional, RunsIn, opaque};
use super::opaque::OpaqueValue;
use crate::fault::Misbehaved;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::protocol::Seat;
use crate::protocol::events::{Coin, Effects, EventDriven, Face, Timer};
use crate::testable::{EventProblemOf, EventTestable, Words};

/// Asks the program a question for each method.
#[derive(Debug)]
pub struct ExecEvents(pub Described);

/// The written form of an effect.
#[derive(Deserialize)]
#[serde(try_from = "Fields")]
enum WrittenEffect {
    Send { send: OpaqueValue, to: General },
    Broadcast(OpaqueValue),
    SetTimer(Timer),
    CancelTimer(Timer),
    Ask(Coin),
}

/// What a timer and a coin must be, for error messages.
const TIMERS: &str = "a timer is a whole number from 0 to 4294967295";
const COINS: &str =
    "a coin is {\"local\": K} or {\"common\": K}, where K is a whole number from 0 to 4294967295";

impl TryFrom<Fields> for WrittenEffect {
    type Error = String;

    fn try_from(fields: Fields) -> Result<WrittenEffect, String> {
        let value = |name: &str| {
            let value = fields.get(name).unwrap_or(&Value::Null);
            OpaqueValue::of(value).map_err(|NotUnderstood(why)| format!("{name}: {why}"))
        };
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        match names.as_slice() {
            ["send", "to"] | ["to", "send"] => {
                let to = fields["to"].as_u64().and_then(|id| usize::try_from(id).ok());
                let to = to.and_then(|id| General::try_from(id).ok());
                let most = Generals::MAX - 1;
                let to = to.ok_or_else(|| {
                    format!("to is {}: generals are numbered from 0 to {most}", fields["to"])
                })?;
                Ok(WrittenEffect::Send { send: value("send")?, to })
            }
            ["broadcast"] => value("broadcast").map(WrittenEffect::Broadcast),
            ["set_timer"] => one(&fields, "set_timer", TIMERS).map(WrittenEffect::SetTimer),
            ["cancel_timer"] => {
                one(&fields, "cancel_timer", TIMERS).map(WrittenEffect::CancelTimer)
            }
            ["ask_coin"] => one(&fields, "ask_coin", COINS).map(WrittenEffect::Ask),
            _ => {
                let form = "send and to, broadcast, set_timer, cancel_timer or ask_coin";
                Err(format!("this is no effect: {form}"))
            }
        }
    }
}

/// The value of the only field of an effect.
fn one<T: DeserializeOwned>(fields: &Fields, name: &str, form: &str) -> Result<T, String> {
    let value = fields[name].clone();
    T::deserialize(&value)
        .map_err(|_| format!("{name} is {}: {form}", in_brief(&value.to_string())))
}

/// A general's next state and its effects.
fn reaction(mut answer: Fields) -> Result<(OpaqueValue, Vec<WrittenEffect>), NotUnderstood> {
    let state = opaque(&mut answer, "state")?;
    let effects = match answer.contains_key("effects") {
        true => field(&mut answer, "effects")?,
        false => Vec::new(),
    };
    no_more(&answer).map(|()| (state, effects))
}

impl ExecEvents {
    /// Asks a question, and carries out the effects in the answer.
    fn react(&self, question: &str, effects: &mut Effects<OpaqueValue>) -> OpaqueValue {
        let (state, written) = self.0.program.ask(question, reaction);
        for effect in written {
            match effect {
                WrittenEffect::Send { send, to } if effects.neighbours().contains(to) => {
                    effects.send(to, send);
                }
                WrittenEffect::Send { to, .. } => {
                    let neighbours = effects.neighbours().numbered("general");
                    let to = to.id();
                    let said = format!("sends to general {to}: its neighbours are {neighbours}");
                    Misbehaved(said).unwind()
                }
                WrittenEffect::Broadcast(message) => effects.broadcast(message),
                WrittenEffect::SetTimer(timer) => effects.set_timer(timer),
                WrittenEffect::CancelTimer(timer) => effects.cancel_timer(timer),
                WrittenEffect::Ask(coin) => effects.ask(coin),
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
