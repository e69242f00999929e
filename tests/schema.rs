//! JSON output fits the published schemas, and with an unknown field it does not.

use jsonschema::{Validator, validator_for};
use serde_json::{Value, json};

use crate::command_line::{scratch, turncoat};

fn schema(of: &str) -> Validator {
    let answer = turncoat(&format!("schema {of}"));
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    let file = format!("{}/schema/{of}.schema.json", env!("CARGO_MANIFEST_DIR"));
    assert_eq!(answer.out, std::fs::read_to_string(file).unwrap(), "it prints the file");
    let schema: Value = serde_json::from_str(&answer.out).unwrap();
    jsonschema::meta::validate(&schema).expect("it is a schema");
    validator_for(&schema).expect("it is a schema that can be used")
}

#[track_caller]
fn assert_fits(schema: &Validator, value: &Value, what: &str) {
    let errors: Vec<_> = schema.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "turncoat {what}\n{}", errors.join("\n"));
}

/// Commands that write JSON of every shape.
const COMMANDS: [&str; 44] = [
    "check oral -n 3 -f 1",
    "check oral -n 4 -f 1",
    "check oral -n 7 -f 2 --budget 1000",
    "check oral -n 4 -f 1 --engine compositional",
    "check oral -n 4 -f 1 --suspects 1,2 --any-order --no-strays --disruptions 1 --latest 1",
    "check oral -n 6 -f 2 --graph ring",
    "check routed --graph prism -f 1",
    "check signed -n 3 -f 1 --signatures ed25519 --verifiers strict,plain",
    "check signed -n 3 -f 1 --instances 2 --unbound",
    "check relay-threshold -n 4 -f 2 -k 2",
    "check two-step -n 4 -f 2",
    "check first-order -n 4 -f 1",
    "check dolev-strong -n 3 -f 1",
    "check flood-set -n 4 -f 2 --rounds 2 --faults crash",
    "check flood-set -n 4 -f 1",
    "check vote -n 3 -f 1 --faults send-omission",
    "check interactive -n 3 -f 1",
    "check signed-consensus -n 2 -f 1",
    "check oral -n 4 -f 1 --dry-run",
    "check signed -n 4 -f 1 --dry-run",
    "check bracha -n 4 -f 1 --timing synchronous",
    "check bracha -n 4 -f 1 --timing synchronous --faults send-omission --amplify-at 0",
    "check bracha -n 3 -f 1 --faults crash",
    "check ben-or -n 3 -f 1 --faults crash",
    "check mmr -n 3 -f 1 --faults crash",
    "hunt oral -n 3 -f 1",
    "hunt oral -n 4 -f 1 --cases 50 --seed 3",
    "hunt two-step -n 4 -f 2",
    "hunt pbft -n 4 -f 0 -m 1 --forget",
    "hunt dbft -n 7 -f 0 --live",
    "hunt tendermint -n 4 -f 1 --live",
    "hunt bracha-agreement -n 4 -f 1 --rounds 1 --no-validation",
    "hunt simplex -n 4 -f 1 --trust-gaps --seed 22",
    "check chained-hotstuff -n 4 -f 1 --views 2",
    "sweep oral -n 3..=5 -f 1..=2",
    "sweep two-step -n 3..=4 -f 1..=2",
    "refute oral -n 3 -f 1",
    "refute signed -n 3 -f 1",
    "refute oral -n 4 -f 1",
    "refute flood-set -n 4 -f 2",
    "refute oral -n 6 -f 1 --graph ring",
    "refute bracha -n 3 -f 1",
    "refute bracha -n 4 -f 1 --faults crash",
    "refute mmr -n 3 -f 1 --rounds 2 --accept-at 2",
];

#[test]
fn verdicts_fit_their_schema() {
    let schema = schema("verdict");
    for command in COMMANDS {
        let answer = turncoat(&format!("{command} --format json"));
        let json = serde_json::from_str(&answer.out);
        let json: Value = json.unwrap_or_else(|_| panic!("turncoat {command}\n{}", answer.err));
        assert_fits(&schema, &json, command);
        // The schema knows every field.
        let mut more = json.clone();
        let first = if more.is_array() { &mut more[0] } else { &mut more };
        first["colour"] = json!("blue");
        assert!(!schema.is_valid(&more), "turncoat {command}: anything fits");
    }
}

#[test]
fn attack_files_fit_their_schema() {
    let (attacks, verdicts) = (schema("attack"), schema("verdict"));
    for command in COMMANDS.iter().filter(|command| !command.starts_with("sweep")) {
        let file = scratch("schema.json");
        let _ = std::fs::remove_file(&file);
        turncoat(&format!("{command} --save {file}"));
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_fits(&attacks, &json, command);
        let replayed = turncoat(&format!("replay {file} --format json"));
        assert_fits(&verdicts, &serde_json::from_str(&replayed.out).unwrap(), "replay");
        for strange in [
            json!({ "turncoat_attack": 2 }),
            json!({ "n": -1 }),
            json!({ "lies": [{ "round": 1, "from": 0, "to": 1 }] }),
            json!({ "lies": [{ "round": 1, "from": 0, "to": 1, "say": 1, "withhold": 2 }] }),
            json!({ "schedule": [{ "round": 1, "from": 0, "to": 1, "message": 1, "arrives": 2 }] }),
            json!({ "crashes": [{ "general": 0 }] }),
        ] {
            let mut changed = json.clone();
            changed.as_object_mut().unwrap().extend(strange.as_object().unwrap().clone());
            assert!(!attacks.is_valid(&changed), "{changed}");
        }
    }
}

/// The page on the attack file has every field that such a file can have.
#[test]
fn the_page_on_attack_files_has_every_field() {
    let page = std::fs::read_to_string("docs/attack-file.md").unwrap();
    let schema: Value = serde_json::from_str(&turncoat("schema attack").out).unwrap();
    let fields = |of: &Value| of["properties"].as_object().unwrap().keys().cloned().collect();
    let [file, lie]: [Vec<String>; 2] = [fields(&schema), fields(&schema["$defs"]["lie"])];
    for field in file.iter().chain(&lie) {
        assert!(page.contains(&format!("`{field}`")), "docs/attack-file.md: {field} is missing");
    }
}
