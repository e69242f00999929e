//! `turncoat suspects`: what a person reads, and that its output fits the schemas.

use std::path::PathBuf;

use expect_test::expect_file;
use jsonschema::validator_for;
use serde_json::{Value, json};

use crate::command_line::{turncoat, turncoat_with};

fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Saves an attack in a file of this name.
fn saved(command: &str, name: &str) -> String {
    let file = scratch(name).display().to_string();
    assert_eq!(turncoat(&format!("{command} --save {file}")).code, 1);
    file
}

/// A file that says what lieutenant 2 of four is told in OM(1), by the commander and by the others.
fn four(told: &[(usize, &str)]) -> String {
    let told = told.iter().map(|(from, value)| {
        let (round, path) = if *from == 0 { (1, json!([0])) } else { (2, json!([0, from])) };
        json!({ "round": round, "from": from, "message": { "path": path, "value": value } })
    });
    let told: Vec<_> = told.collect();
    let protocol = json!({ "protocol": "oral", "m": 1, "values": 2, "choice": "majority" });
    let view =
        json!({ "turncoat_view": 1, "protocol": protocol, "n": 4, "general": 2, "told": told });
    view.to_string()
}

const COMMANDER: [(usize, &str); 3] = [(0, "ATTACK"), (1, "RETREAT"), (3, "RETREAT")];

#[test]
fn what_a_person_sees_of_suspects() {
    let three = saved("check oral -n 3 -f 1", "suspects_3.json");
    let seven = saved("check oral -m 1 -n 7 -f 2", "suspects_7.json");
    let signed = saved("check two-step -n 4 -f 2", "suspects_two_step.json");
    for (arguments, code, golden) in [
        (format!("suspects {three} --general 2 -f 1"), 0, "suspects_3_1.txt"),
        (format!("suspects {seven} --general 6 -f 2"), 0, "suspects_7_2.txt"),
        (format!("suspects {signed} --general 3 -f 2"), 0, "suspects_two_step_4_2.txt"),
        (format!("suspects {three} --general 2 -f 1 --budget 1"), 3, "suspects_open.txt"),
        ("suspects -h".to_owned(), 0, "help_suspects.txt"),
    ] {
        let answer = turncoat(&arguments);
        assert_eq!((answer.code, answer.err.as_str()), (code, ""), "turncoat {arguments}");
        expect_file![format!("golden/{golden}")].assert_eq(&answer.out);
    }
    let answer = turncoat_with("suspects - -f 1", &four(&COMMANDER));
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    expect_file!["golden/suspects_4_1.txt"].assert_eq(&answer.out);
    let answer = turncoat_with("suspects - -f 1 --format json", &four(&COMMANDER));
    expect_file!["golden/suspects_4_1.json"].assert_eq(&answer.out);
}

#[test]
fn the_attack_that_explains_is_saved_and_replayed() {
    let (file, world) = (saved("check oral -n 3 -f 1", "suspects_of.json"), scratch("world.json"));
    let world = world.display();
    let both = turncoat(&format!("suspects {file} -g 2 -f 1 --save {world}"));
    assert_eq!(both.code, 2);
    assert!(both.err.contains("2 sets explain the view"), "{}", both.err);
    let asked = format!("suspects {file} -g 2 -f 1");
    let one = turncoat(&format!("{asked} --suspects 0 --save {world}"));
    assert_eq!((one.code, one.err.as_str()), (0, ""));
    let replayed = turncoat(&format!("replay {world}")).out;
    assert!(replayed.contains("The traitor is the commander."), "{replayed}");
    // In that world lieutenant 2 is told the same.
    let view = |arguments: String| -> Value {
        let answer = turncoat(&format!("{arguments} --format json"));
        serde_json::from_str::<Value>(&answer.out).unwrap()["view"].clone()
    };
    assert_eq!(view(format!("suspects {world} -g 2 -f 1")), view(asked));
}

#[test]
fn what_is_read_and_written_fits_its_schema() {
    let schema = |of: &str| {
        let answer = turncoat(&format!("schema {of}"));
        let file = format!("{}/schema/{of}.schema.json", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(answer.out, std::fs::read_to_string(file).unwrap(), "it prints the file");
        let schema: Value = serde_json::from_str(&answer.out).unwrap();
        jsonschema::meta::validate(&schema).expect("it is a schema");
        validator_for(&schema).expect("it is a schema that can be used")
    };
    let (views, answers) = (schema("view"), schema("suspects"));
    let view: Value = serde_json::from_str(&four(&COMMANDER)).unwrap();
    assert!(views.is_valid(&view));
    for strange in [json!({ "n": -1 }), json!({ "told": [{ "round": 1 }] }), json!({ "colour": 1 })]
    {
        let mut changed = view.clone();
        changed.as_object_mut().unwrap().extend(strange.as_object().unwrap().clone());
        assert!(!views.is_valid(&changed), "{changed}");
        assert_eq!(turncoat_with("suspects - -f 1", &changed.to_string()).code, 2, "{changed}");
    }
    let files = [
        saved("check oral -n 3 -f 1", "fits_oral.json"),
        saved("check signed -m 1 -n 4 -f 1 --graph path --suspects 0 --exactly", "fits_path.json"),
        saved("check flood-set -n 4 -f 1", "fits_flood_set.json"),
    ];
    for file in files {
        for options in ["-f 1", "-f 2", "-f 2 --budget 2"] {
            let arguments = format!("suspects {file} -g 2 {options} --format json");
            let answer: Value = serde_json::from_str(&turncoat(&arguments).out).unwrap();
            let errors: Vec<_> =
                answers.iter_errors(&answer).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "turncoat {arguments}\n{}", errors.join("\n"));
        }
    }
}

#[test]
fn bad_views_get_one_line() {
    let file = saved("check oral -n 3 -f 1", "suspects_bad.json");
    let mut lines = String::new();
    let told =
        |more: &str| four(&[(0, "ATTACK")]).replace("\"told\":[", &format!("\"told\":[{more},"));
    for (arguments, input) in [
        ("suspects FILE -f 1", String::new()),
        ("suspects FILE -f 1 --general 1", String::new()),
        ("suspects FILE -f 1 --general 3", String::new()),
        ("suspects FILE -f 1 --general 64", String::new()),
        ("suspects FILE -f 3 --general 2", String::new()),
        ("suspects FILE -f 1 --general 2 --suspects 7", String::new()),
        ("suspects nowhere.json -f 1", String::new()),
        ("suspects - -f 1", "no view".to_owned()),
        ("suspects - -f 1", "[]".to_owned()),
        ("suspects - -f 1", "{\"turncoat_view\":2}".to_owned()),
        ("suspects - -f 1", "{\"turncoat_view\":1}".to_owned()),
        ("suspects - -f 1 --general 3", four(&COMMANDER)),
        ("suspects - -f 1", four(&[(0, "PEACE")])),
        ("suspects - -f 1", four(&[(2, "ATTACK")])),
        ("suspects - -f 1", four(&[(5, "ATTACK")])),
        ("suspects - -f 1", four(&COMMANDER).replace("\"round\":2", "\"round\":5")),
        ("suspects - -f 1", four(&COMMANDER).replace("\"general\":2", "\"general\":9")),
        ("suspects - -f 1", four(&COMMANDER).replace("[0,3]", "[0,3,1]")),
        ("suspects - -f 1", four(&COMMANDER).replace("\"n\":4", "\"n\":4,\"input\":\"ATTACK\"")),
        ("suspects - -f 1", told("7")),
    ] {
        let answer = turncoat_with(&arguments.replace("FILE", &file), &input);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "turncoat {arguments}\n{input}");
        assert_eq!(answer.err.lines().count(), 1, "turncoat {arguments}\n{}", answer.err);
        lines += &format!("$ turncoat {arguments}\n{}\n", answer.err.replace(&file, "FILE"));
    }
    expect_file!["golden/bad_views.txt"].assert_eq(&lines);
}
