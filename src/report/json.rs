//! A verdict or an execution as JSON.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::attack::Attack;
use crate::count::Count;
use crate::execution::{Counterexample, Execution, Size};
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::impossibility::argument::{Argument, Conclusion, Witness};
use crate::impossibility::world::{Must, Needed};
use crate::outcome::Task;
use crate::property::AskedProperties;
use crate::testable::{Testable, task_of};
use crate::verdict::{Estimate, Expected, Finding, Hunted, Refutation, Ruling, Verdict};

/// A verdict; `protocol` describes the protocol (an object, whose fields are added to the rest).
///
/// `behaviours` is an exact decimal string of up to 40 digits. It is null if there would be more digits, or if the
/// protocol is event-driven: then there is no such count, and the logarithm is 0. `behaviours_log10` is always there.
/// If `signed` is true, strategies are counted: see [`Verdict::behaviours`]. `not_covered` is there unless the
/// protocol is broken, `lacking` if the repertoire lacks something, `task` if it is not broadcast, `demands` if there
/// are any, `asked` if it is not the usual agreement, validity and termination, `given` if some inputs were fixed,
/// and `graph` if not everybody can talk to everybody.
#[must_use]
pub fn verdict(protocol: &Value, verdict: &Verdict<impl Serialize>) -> Value {
    let Verdict { graph, adversary, engine, signed, forgeries, behaviours, steps, ruling, .. } =
        verdict;
    let facts = json!({
        "n": graph.n(),
        "f": adversary.traitors,
        "adversary": adversary,
        "engine": engine,
        "signed": signed,
        "forgeries": forgeries,
        "behaviours": behaviours.exact().filter(|_| adversary.timing.is_none()).map(ToString::to_string),
        // If no behaviours were covered, there is no logarithm: 0 is written.
        "behaviours_log10": if adversary.timing.is_none() { behaviours.log10().max(0.0) } else { 0.0 },
        "steps": steps,
        "reductions": verdict.reductions,
    });
    let mut json = begun(verdict.name(), protocol, &facts, graph);
    if let Some(harvested) = &verdict.harvested {
        json["harvested"] = json!(harvested);
    }
    if let Some(lacking) = &verdict.lacking {
        json["lacking"] = json!(lacking);
    }
    if verdict.task != Task::Broadcast {
        json["task"] = json!(verdict.task);
    }
    add_asked(&mut json, &verdict.asked);
    if let Some(powers) = verdict.not_covered() {
        json["not_covered"] = json!(powers);
    }
    if let Some(messages) = verdict.honest_messages {
        json["honest_messages"] = json!(messages);
    }
    if let Some(least) = verdict.least_heard {
        json["least_heard"] = json!(least);
    }
    if let Some(carried) = verdict.carried {
        json["carried"] = json!(carried);
    }
    match ruling {
        Ruling::Holds => {}
        Ruling::Bounded(halt) => json["halt"] = json!(halt),
        Ruling::Broken(counterexample) => json["counterexample"] = json!(counterexample),
    }
    json
}

/// Adds what was asked, where it is not the usual.
fn add_asked(json: &mut Value, asked: &AskedProperties) {
    let demands: Vec<_> = asked.demands().collect();
    if !demands.is_empty() {
        json["demands"] = json!(demands);
    }
    if !asked.is_usual() {
        json["asked"] = json!(asked.names().collect::<Vec<_>>());
    }
    if !asked.inputs().is_empty() {
        json["given"] = json!(asked.inputs().iter().cloned().collect::<BTreeMap<_, _>>());
    }
}

/// The fields with which every answer begins.
fn begun(verdict: &str, protocol: &Value, facts: &Value, graph: &Graph) -> Value {
    let mut json = json!({ "verdict": verdict });
    merge(&mut json, protocol);
    merge(&mut json, facts);
    add_graph(&mut json, graph);
    json
}

/// The estimated cost of a verdict; `protocol` describes the protocol, as in [`verdict()`].
pub fn estimate(protocol: &Value, estimate: &Estimate) -> Value {
    let Estimate { graph, adversary, exhaustive, compositional, .. } = estimate;
    let count = |count: &Count| json!({ "exact": count.exact().map(ToString::to_string), "log10": count.log10().max(0.0) });
    let exhaustive = match exhaustive {
        Ok(Expected { behaviours, steps }) => {
            json!({ "behaviours": count(behaviours), "steps": count(steps) })
        }
        Err(error) => json!({ "error": error }),
    };
    let compositional = match compositional {
        Ok(behaviours) => {
            let lacks = adversary.without_strays().lacks();
            json!({ "behaviours": count(behaviours), "not_covered": lacks })
        }
        Err(error) => json!({ "error": error }),
    };
    let mut json = protocol.clone();
    let facts = json!({
        "n": graph.n(),
        "f": adversary.traitors,
        "adversary": adversary,
        "exhaustive": exhaustive,
        "compositional": compositional,
        "engine": estimate.engine(),
    });
    merge(&mut json, &facts);
    add_graph(&mut json, graph);
    json
}

/// The result of a hunt; `protocol` describes the protocol, as in [`verdict`]. Times are left out, so that the same
/// hunt always reads the same.
#[must_use]
pub fn hunted(protocol: &Value, hunted: &Hunted<impl Serialize>) -> Value {
    let Hunted { graph, adversary, signed, forgeries, first, cases, seed, coverage, .. } = hunted;
    let facts = json!({
        "n": graph.n(),
        "f": adversary.traitors,
        "adversary": adversary,
        "signed": signed,
        "forgeries": forgeries,
        "seed": seed,
        "first_case": first,
        "cases": cases,
        "coverage": coverage,
    });
    let mut json = begun(hunted.name(), protocol, &facts, graph);
    if let Some(harvested) = &hunted.harvested {
        json["harvested"] = json!(harvested);
    }
    add_asked(&mut json, &hunted.asked);
    if let Some(powers) = hunted.not_covered() {
        json["not_covered"] = json!(powers);
    }
    if let Some(finding) = &hunted.finding {
        merge(&mut json, &json!(finding));
    }
    json
}

/// The result of an attempt to refute a protocol; `protocol` describes it, as in [`verdict`].
///
/// Each world is an execution, with the copies that live in it (`loyal`: general and layer) and, if a signature is
/// lacking, the message that would have to be forged.
pub fn refutation<P, V, D, M, S>(
    protocol: &Value,
    refutation: &Refutation<P, Argument<V, M, S, D>>,
) -> Value
where
    V: Clone + PartialEq + Serialize,
    D: Serialize,
    M: Clone + PartialEq + Serialize,
    S: Clone + PartialEq,
{
    let Refutation { task, graph, adversary, argument, .. } = refutation;
    let mut facts = json!({ "n": graph.n(), "f": adversary.traitors, "task": task });
    if !adversary.faults.is_byzantine() {
        facts["faults"] = json!(adversary.faults);
    }
    let mut json = begun(refutation.name(), protocol, &facts, graph);
    let Some(argument) = argument else { return json };
    let worlds = argument.worlds.iter().map(|world| {
        let mut told = json!({
            "loyal": world.loyal,
            "must_decide": match &world.must {
                Must::Decide(value) => json!(value),
                Must::Agree => Value::Null,
            },
        });
        if let Some(Needed { wire, message, signed }) = &world.forgery {
            let on = signed.statement.escape_ascii().to_string();
            told["forgery_needed"] =
                json!({ "wire": wire, "message": message, "by": signed.by, "on": on });
        }
        merge(&mut told, &self::execution(*task, &world.attack, &world.execution));
        told
    });
    let witnesses = argument.witnesses().map(|Witness { double, world, same_view }| {
        let worlds = [world + 1, world + 2];
        json!({ "general": double.general, "worlds": worlds, "same_view": same_view })
    });
    let (ending, world) = match &argument.conclusion {
        Conclusion::Refuted(world) => ("violated", Some(world + 1)),
        Conclusion::Forgery(world) => ("forgery", Some(world + 1)),
        Conclusion::Undetermined(_) => ("undetermined", None),
    };
    let told = json!({
        "theorem": argument.theorem,
        "groups": argument.groups,
        "inputs": argument.values,
        "worlds": worlds.collect::<Vec<_>>(),
        "witnesses": witnesses.collect::<Vec<_>>(),
        "ending": ending,
        "world": world,
    });
    merge(&mut json, &told);
    if let Some(wave) = argument.until {
        json["late_until"] = json!(wave);
    }
    if let Conclusion::Undetermined(fault) = &argument.conclusion {
        json["fault"] = json!(fault.told(*task));
    }
    json
}

/// Adds who could talk to whom, unless everybody could talk to everybody.
pub fn add_graph(json: &mut Value, graph: &Graph) {
    if !graph.is_complete() {
        json["graph"] = json!(graph);
    }
}

/// An execution under an attack that breaks a protocol.
pub(crate) fn counterexample<V, D, M, N, S>(
    task: Task,
    attack: &Attack<V, M>,
    execution: &Execution<D, N, S>,
    size: Size,
) -> Value
where
    V: Clone + Serialize,
    D: Serialize,
    M: Clone + Serialize,
{
    let mut json = self::execution(task, attack, execution);
    json["honest_messages"] = json!(execution.honest_messages);
    json["smallest"] = match size {
        Size::Smallest => json!(true),
        Size::LocallyMinimal => json!("locally"),
        Size::NotMinimal => json!(false),
    };
    json
}

impl<P> Serialize for Counterexample<P>
where
    P: Testable<Value: Serialize, Decision: Serialize, Message: Serialize>,
{
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Counterexample { attack, execution, size, protocol, .. } = self;
        let task = task_of(protocol, &attack.graph);
        counterexample(task, attack, execution, *size).serialize(to)
    }
}

/// Where an attack was found, and how it was shrunk.
pub(crate) fn finding(
    case: u64,
    profile: &str,
    drawn: usize,
    executions: u64,
    counterexample: &Value,
) -> Value {
    json!({
        "found_at_case": case,
        "drawn_with": profile,
        "drawn_size": drawn,
        "shrinking_executions": executions,
        "counterexample": counterexample,
    })
}

impl<P> Serialize for Finding<P>
where
    P: Testable<Value: Serialize, Decision: Serialize, Message: Serialize>,
{
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Finding { case, profile, drawn, executions, counterexample, .. } = self;
        finding(*case, profile, drawn.size(), *executions, &json!(counterexample)).serialize(to)
    }
}

/// An execution under an attack. (Faults, crashes and the schedule are written as in an attack file.)
pub fn execution<V, D, M, N, S>(
    task: Task,
    attack: &Attack<V, M>,
    execution: &Execution<D, N, S>,
) -> Value
where
    V: Clone + Serialize,
    D: Serialize,
    M: Clone + Serialize,
{
    let violation = execution.violation();
    let decisions = execution.decisions.iter().enumerate();
    let decisions = decisions.filter_map(|(id, decision)| Some((id, decision.as_ref()?)));
    let undecided = match execution.fault {
        Some(_) => Generals::NONE,
        None => {
            let made = |me: &General| execution.decisions.get(me.id()).is_some_and(Option::is_some);
            let deciders = task.deciders(attack.n()).minus(attack.traitors);
            deciders.iter().filter(|me| !made(me)).collect()
        }
    };
    let mut json = json!({
        "property": violation.as_ref().map(|violation| violation.name()),
        "fault": execution.fault.as_ref().map(|fault| fault.told(task)),
        "forgery": execution.accepted,
        "messages": execution.messages(),
    });
    let mut decided = json!(attack);
    if let Value::Object(fields) = &mut decided {
        fields.shift_remove("n");
        fields.shift_remove("graph");
    }
    decided["decisions"] = json!(decisions.collect::<BTreeMap<_, _>>());
    if !undecided.is_empty() {
        decided["undecided"] = json!(undecided);
    }
    merge(&mut json, &decided);
    json
}

/// Adds the fields of one object to another.
pub fn merge(into: &mut Value, fields: &Value) {
    if let (Value::Object(into), Value::Object(fields)) = (into, fields) {
        into.extend(fields.clone());
    }
}
