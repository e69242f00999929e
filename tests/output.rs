//! Every format of every command, to the terminal and to a file; and the error where a format is not available.

use std::fs;
use std::path::Path;

use crate::command_line::{scratch, timeless, turncoat};

/// How the output of each format begins.
const FORMATS: [(&str, &str); 6] = [
    ("text", ""),
    ("json", "{"),
    ("svg", "<svg xmlns="),
    ("mermaid", "sequenceDiagram\n"),
    ("dot", "digraph turncoat {\n"),
    ("itf", "{\n  \"#meta\": {\n    \"format\": \"ITF\""),
];

#[test]
fn an_attack_is_written_in_every_format() {
    let attack = scratch("drawn.json");
    turncoat(&format!("check two-step -n 4 -f 2 --save {attack}"));
    for command in [
        "check oral -n 3 -f 1",
        "hunt two-step -n 4 -f 2",
        "refute oral -n 3 -f 1",
        &format!("replay {attack}"),
    ] {
        let text = timeless(&turncoat(command).out);
        for (format, begin) in FORMATS {
            let shown = turncoat(&format!("{command} --format {format}"));
            assert_eq!((shown.code, shown.err.as_str()), (1, ""), "turncoat {command} {format}");
            assert!(shown.out.starts_with(begin), "turncoat {command} {format}\n{}", shown.out);
            let file = scratch("drawn.out");
            let both = turncoat(&format!("{command} --format {format} -o {file}"));
            assert_eq!((both.code, both.err.as_str()), (1, ""), "turncoat {command} {format}");
            assert_eq!(timeless(&both.out), text, "turncoat {command} {format}");
            let written = fs::read_to_string(&file).unwrap();
            assert_eq!(timeless(&written), timeless(&shown.out), "turncoat {command} {format}");
        }
    }
    let ring = turncoat("refute oral -n 4 -f 2 --format dot").out;
    assert!(ring.contains("World 3") && ring.contains("A'"), "{ring}");
}

/// If there is nothing to draw, the verdict is printed and no file is written.
#[test]
fn where_there_is_no_attack_there_is_no_picture() {
    let file = scratch("undrawn.svg");
    let command = "check oral -n 4 -f 1";
    let text = turncoat(command).out;
    let shown = turncoat(&format!("{command} --format svg"));
    assert_eq!((shown.code, &shown.out), (0, &text));
    assert_eq!(shown.err, "turncoat: there is no attack to draw\n");
    let both = turncoat(&format!("{command} --format svg -o {file}"));
    assert_eq!((both.code, &both.out), (0, &text));
    assert!(both.err.starts_with("turncoat: there is no attack to draw in "), "{}", both.err);
    assert!(!Path::new(&file).exists());
    let possible = turncoat("refute oral -n 4 -f 1 --format dot");
    assert_eq!((possible.code, possible.err.lines().count()), (0, 1));
    let sweep = turncoat("sweep oral -n 3..=4 -f 1 --format svg");
    assert!(sweep.out.starts_with("<svg xmlns=") && sweep.code == 1, "{}", sweep.out);
}
