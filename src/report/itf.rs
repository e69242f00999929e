//! An execution in the Informal Trace Format of Apalache and Quint, which their viewers open
//! (<https://apalache-mc.org/docs/adr/015adr-trace.html>).

use serde_json::{Value, json};

use super::story::{Held, Mark, Message, Stamp, Story};

/// The trace: a state before the first round, and one after each.
///
/// Its variables are `round`, `traitors` (a set), `inputs` and `decisions` (maps from generals; `decisions` is empty
/// before the last state), `held` (a map from generals to lists of lines), `votes` (what those who must decide would
/// decide now), and `said`, the list of messages of the round. Each message is a record: `from`, `to`, `text`,
/// whether it is `withheld`, its `mark` ("lie", "first", "late", "lost"), what a `loyal` general would have said, how
/// it is `forged`, in which round it `arrives` (0: never), and its `seals`, each with its owner and whether it is
/// `forged`. A text is empty where it does not apply.
#[must_use]
pub fn itf(story: &Story) -> Value {
    let Story { setting, generals, start, rounds, ending, .. } = story;
    let traitors = generals.iter().filter(|actor| actor.traitor).map(|actor| int(actor.id));
    let traitors: Vec<Value> = traitors.collect();
    let inputs = generals.iter().map(|actor| actor.input.clone());
    let inputs = map(inputs);
    let state = |index: usize, round: usize, said: Vec<Value>, held: &[Held]| {
        let over = index == rounds.len();
        let decisions = generals.iter().map(|actor| actor.decision.clone().filter(|_| over));
        json!({
            "#meta": { "index": index },
            "round": int(round),
            "traitors": { "#set": traitors },
            "inputs": inputs,
            "said": said,
            "held": map(held.iter().map(|held| Some(held.lines.clone()))),
            "votes": map(held.iter().map(|held| held.vote.clone())),
            "decisions": map(decisions),
        })
    };
    let mut states = vec![state(0, 0, Vec::new(), start)];
    for (number, step) in rounds.iter().enumerate() {
        let said = step.messages.iter().map(record).collect();
        states.push(state(number + 1, step.round, said, &step.held));
    }
    json!({
        "#meta": {
            "format": "ITF",
            "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
            "source": setting,
            "description": ending.told(),
        },
        "params": [],
        "vars": ["round", "traitors", "inputs", "said", "held", "votes", "decisions"],
        "states": states,
    })
}

fn record(message: &Message) -> Value {
    let Message { from, to, text, withheld, mark, loyal, arrives, seals, forged, .. } = message;
    let seal = |Stamp { by, forged, .. }: &Stamp| json!({ "by": int(*by), "forged": forged });
    json!({
        "from": int(*from),
        "to": int(*to),
        "text": text,
        "withheld": withheld,
        "mark": mark.map_or(String::new(), |mark: Mark| mark.word().to_lowercase()),
        "loyal": loyal.clone().unwrap_or_default(),
        "forged": forged.clone().unwrap_or_default(),
        "arrives": int(arrives.unwrap_or(0)),
        "seals": seals.iter().map(seal).collect::<Vec<_>>(),
    })
}

/// A map from the generals who have a value.
fn map<T: serde::Serialize>(told: impl Iterator<Item = Option<T>>) -> Value {
    let told = told.enumerate().filter_map(|(general, told)| Some(json!([int(general), told?])));
    json!({ "#map": told.collect::<Vec<_>>() })
}

fn int(number: usize) -> Value {
    json!({ "#bigint": number.to_string() })
}
