//! An execution in the Informal Trace Format of Apalache and Quint, which their viewers open
//! (<https://apalache-mc.org/docs/adr/015adr-trace.html>).
//!
//! The first state is before the first round; the state after round `r` has in `said` what was said in it,
//! and the last state has the decisions.

use serde_json::{Value, json};

use super::drawing::{Drawing, Mark, Speech};

/// The trace. Its variables: `round`, `traitors` (a set), `inputs` and `decisions` (maps from generals), and
/// `said`, a list of records: `from`, `to`, `text`, `mark` (`lie`, `first`, `late`, `lost`, or nothing),
/// `sent`, and `remark`, which says what loyalty would have said, or what becomes of it.
#[must_use]
pub fn itf(drawing: &Drawing) -> Value {
    let Drawing { title, actors, rounds, ending, .. } = drawing;
    let generals = || actors.iter().enumerate();
    let traitors = generals().filter(|(_, actor)| actor.traitor).map(|(general, _)| int(general));
    let traitors: Vec<Value> = traitors.collect();
    let map = |told: &dyn Fn(usize) -> Option<String>| {
        let told =
            generals().filter_map(|(general, _)| Some(json!([int(general), told(general)?])));
        json!({ "#map": told.collect::<Vec<_>>() })
    };
    let inputs = map(&|general| actors[general].input.clone());
    let state = |index: usize, round: usize, said: Vec<Value>, last: bool| {
        let decisions = map(&|general| actors[general].decision.clone().filter(|_| last));
        json!({
            "#meta": { "index": index },
            "round": int(round),
            "traitors": { "#set": traitors },
            "inputs": inputs,
            "said": said,
            "decisions": decisions,
        })
    };
    let mut states = vec![state(0, 0, Vec::new(), rounds.is_empty())];
    for (number, scene) in rounds.iter().enumerate() {
        let said = scene.speeches.iter().flat_map(records).collect();
        states.push(state(number + 1, scene.round, said, number + 1 == rounds.len()));
    }
    json!({
        "#meta": {
            "format": "ITF",
            "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
            "source": title,
            "description": ending,
        },
        "params": [],
        "vars": ["round", "traitors", "inputs", "said", "decisions"],
        "states": states,
    })
}

/// One record for each receiver.
fn records(speech: &Speech) -> Vec<Value> {
    let mark = match speech.mark {
        Some(Mark::Lie) => "lie",
        Some(Mark::First) => "first",
        Some(Mark::Late) => "late",
        Some(Mark::Lost) => "lost",
        None => "",
    };
    let record = |to: &usize| {
        json!({
            "from": int(speech.from),
            "to": int(*to),
            "text": speech.text,
            "mark": mark,
            "sent": !speech.silent,
            "remark": speech.notes.join("; "),
        })
    };
    speech.to.iter().map(record).collect()
}

fn int(number: usize) -> Value {
    json!({ "#bigint": number.to_string() })
}
