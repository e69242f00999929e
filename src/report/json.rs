//! A verdict or an execution as JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::attack::AttackOn;
use crate::execution::{Counterexample, ExecutionOf, Size};
use crate::testable::Testable;
use crate::verdict::{Ruling, Verdict};

/// A verdict; `protocol` describes the protocol (an object, whose fields stand beside the rest).
///
/// `behaviours` is an exact decimal string of up to 40 digits, or null where there would be more;
/// `behaviours_log10` is always there. Where `signed` is true they are plans: see
/// [`Verdict::behaviours`].
pub fn verdict<P>(protocol: &Value, verdict: &Verdict<P>) -> Value
where
    P: Testable<Value: Serialize, Message: Serialize>,
{
    let Verdict { n, adversary, engine, signed, forgeries, behaviours, steps, ruling, .. } =
        verdict;
    let mut json = json!({ "verdict": verdict.name() });
    merge(&mut json, protocol);
    let facts = json!({
        "n": n,
        "f": adversary.traitors,
        "adversary": adversary,
        "engine": engine,
        "signed": signed,
        "forgeries": forgeries,
        "behaviours": behaviours.exact().map(ToString::to_string),
        // Of no behaviours at all there is no logarithm: none were covered, and that is 0.
        "behaviours_log10": behaviours.log10().max(0.0),
        "steps": steps,
        "reductions": verdict.reductions(),
    });
    merge(&mut json, &facts);
    if let Some(harvested) = &verdict.harvested {
        json["harvested"] = json!(harvested);
    }
    match ruling {
        Ruling::Holds => {}
        Ruling::Bounded(halt) => json["halt"] = json!(halt),
        Ruling::Broken(counterexample) => {
            let Counterexample { attack, execution, size, .. } = &**counterexample;
            let mut counterexample = self::execution::<P>(attack, execution);
            counterexample["smallest"] = match size {
                Size::Smallest => json!(true),
                Size::LocallyMinimal => json!("locally"),
                Size::NotMinimal => json!(false),
            };
            json["counterexample"] = counterexample;
        }
    }
    json
}

/// An execution under an attack.
pub fn execution<P>(attack: &AttackOn<P>, execution: &ExecutionOf<P>) -> Value
where
    P: Testable<Value: Serialize, Message: Serialize>,
{
    let violation = execution.violation();
    let decisions = execution.decisions.iter().enumerate();
    let decisions = decisions.filter_map(|(id, decision)| Some((id, decision.as_ref()?)));
    json!({
        "property": violation.as_ref().map(|violation| violation.name()),
        "fault": execution.fault.as_ref().map(ToString::to_string),
        "forgery": execution.accepted,
        "traitors": attack.traitors,
        "inputs": attack.inputs,
        "lies": attack.lies,
        "decisions": decisions.collect::<BTreeMap<_, _>>(),
    })
}

/// Adds the fields of one object to another.
pub fn merge(into: &mut Value, fields: &Value) {
    if let (Value::Object(into), Value::Object(fields)) = (into, fields) {
        into.extend(fields.clone());
    }
}
