//! The question as it is written into part files and checkpoints: only results for the same question and the same
//! code belong together.

use std::path::Path;

use itertools::Itertools;
use serde_json::{Value, json};

use super::answer::BadInput;
use super::files::quoted;
use super::program::Specification;
use crate::Check;
use crate::machine::Machine;
use crate::question::Focus;

/// A question about a numbered protocol.
pub type Asked<'a> = Check<&'a dyn Machine>;

/// The question as it is written into part files.
pub fn question(specification: &Specification<'_>, check: &Asked<'_>) -> Result<Value, BadInput> {
    let (graph, adversary) = check.setting().ok().unzip();
    let code = graph.as_ref().map_or(Ok(Value::Null), |graph| specification.code(graph))?;
    let mut question = json!({
        "turncoat": env!("CARGO_PKG_VERSION"),
        "protocol": specification,
        "graph": graph,
        "adversary": adversary,
    });
    if *check.focus() != Focus::default() {
        question["focus"] = json!(check.focus());
    }
    if !code.is_null() {
        question[CODE] = code;
    }
    Ok(question)
}

/// The field of a question that identifies the code.
const CODE: &str = "code";

/// How a written question differs from the one that is asked, if it does: "another question" or the like, and the
/// details: ": mine.py has changed".
pub fn of_another(written: &Value, asked: &Value) -> Option<(&'static str, String)> {
    // The time limit for answers does not matter.
    let [written, asked] = [written, asked].map(|question| {
        let mut question = question.clone();
        let protocol = question.get_mut("protocol").and_then(Value::as_object_mut);
        protocol.and_then(|protocol| protocol.shift_remove("answer_timeout"));
        question
    });
    if written == asked {
        return None;
    }
    let same = |field: &str| written[field] == asked[field];
    let [before, now] = [&written, &asked].map(|question| &question["protocol"]["command"]);
    if !same("turncoat") {
        return Some(("another version of turncoat", format!(", {}", written["turncoat"])));
    } else if before != now {
        return Some(("another program", format!(": {before}, and this is {now}")));
    }
    let mut others = asked.as_object().into_iter().flatten().filter(|(field, _)| *field != CODE);
    match others.all(|(field, _)| same(field)) {
        false => Some(("another question", difference(&written, &asked, "").unwrap_or_default())),
        true => Some(("other code", format!(": {}", changed(&written[CODE], &asked[CODE])))),
    }
}

/// Longer values are not shown.
const SHORT: usize = 40;

/// The first difference between two questions: ", in which adversary.traitors is 1, and not 2".
fn difference(before: &Value, now: &Value, path: &str) -> Option<String> {
    if before == now {
        return None;
    }
    if let [Some(these), Some(those)] = [before, now].map(Value::as_object) {
        let fields = these.keys().chain(those.keys()).filter(|field| *field != CODE);
        let mut within = fields.filter_map(|field| {
            let path = if path.is_empty() { field.clone() } else { format!("{path}.{field}") };
            difference(&before[field], &now[field], &path)
        });
        return within.next();
    }
    let [before, now] = [before, now].map(ToString::to_string);
    let shown = before.len().max(now.len()) <= SHORT;
    let values = || format!("is {before}, and not {now}");
    Some(format!(", in which {path} {}", if shown { values() } else { "is another".to_owned() }))
}

/// Which part of the code has changed.
fn changed(before: &Value, now: &Value) -> String {
    if before["executable"] != now["executable"] {
        return "this program was rebuilt since".to_owned();
    }
    let files = now["files"].as_object().into_iter().flatten();
    let files = files.filter(|(name, digest)| before["files"][name.as_str()] != **digest);
    let names = files.map(|(name, _)| quoted(Path::new(name))).collect_vec();
    match names.as_slice() {
        [_, ..] => format!("{} changed since", names.join(", ")),
        [] => "the answers of the program changed since".to_owned(),
    }
}
