//! Every format of every command, to the terminal and to a file; and what is said where none can be had.

use std::fs;
use std::path::PathBuf;

use crate::command_line::turncoat;

/// What each format begins with.
const FORMATS: [(&str, &str); 6] = [
    ("text", ""),
    ("json", "{"),
    ("svg", "<svg xmlns="),
    ("mermaid", "sequenceDiagram\n"),
    ("dot", "digraph turncoat {\n"),
    ("itf", "{\n  \"#meta\": {\n    \"format\": \"ITF\""),
];

fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// The text, without how fast it was.
fn timeless(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("Speed")).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn an_attack_is_written_in_every_format() {
    let attack = scratch("drawn.json");
    turncoat(&format!("check two-step -n 4 -f 2 --save {}", attack.display()));
    for command in [
        "check oral -n 3 -f 1",
        "hunt two-step -n 4 -f 2",
        "refute oral -n 3 -f 1",
        &format!("replay {}", attack.display()),
    ] {
        let text = timeless(&turncoat(command).out);
        for (format, begin) in FORMATS {
            let shown = turncoat(&format!("{command} --format {format}"));
            assert_eq!((shown.code, shown.err.as_str()), (1, ""), "turncoat {command} {format}");
            assert!(shown.out.starts_with(begin), "turncoat {command} {format}\n{}", shown.out);
            let file = scratch("drawn.out");
            let both = turncoat(&format!("{command} --format {format} -o {}", file.display()));
            assert_eq!((both.code, both.err.as_str()), (1, ""), "turncoat {command} {format}");
            assert_eq!(timeless(&both.out), text, "turncoat {command} {format}");
            let written = fs::read_to_string(&file).unwrap();
            assert_eq!(timeless(&written), timeless(&shown.out), "turncoat {command} {format}");
        }
    }
    let ring = turncoat("refute oral -n 4 -f 2 --format dot").out;
    assert!(ring.contains("World 3") && ring.contains("A'"), "{ring}");
}

/// Where there is nothing to draw, the verdict is told, and no file is written.
#[test]
fn where_there_is_no_attack_there_is_no_picture() {
    let file = scratch("undrawn.svg");
    let command = "check oral -n 4 -f 1";
    let text = turncoat(command).out;
    let shown = turncoat(&format!("{command} --format svg"));
    assert_eq!((shown.code, &shown.out), (0, &text));
    assert_eq!(shown.err, "turncoat: there is no attack to draw\n");
    let both = turncoat(&format!("{command} --format svg -o {}", file.display()));
    assert_eq!((both.code, &both.out), (0, &text));
    assert!(both.err.starts_with("turncoat: there is no attack to draw in "), "{}", both.err);
    assert!(!file.exists());
    let possible = turncoat("refute oral -n 4 -f 1 --format dot");
    assert_eq!((possible.code, possible.err.lines().count()), (0, 1));
    let sweep = turncoat("sweep oral -n 3..=4 -f 1 --format svg");
    assert!(sweep.out.starts_with("<svg xmlns=") && sweep.code == 1, "{}", sweep.out);
    let sweep = turncoat("sweep oral -n 3..=4 -f 1 --format mermaid");
    assert_eq!((sweep.code, sweep.out.as_str(), sweep.err.lines().count()), (2, "", 1));
}

/// A file that can't be written costs no verdict, and an unknown format gets a line.
#[test]
fn bad_outputs_get_one_line() {
    for format in ["svg", "json"] {
        let answer = turncoat(&format!("check oral -n 3 -f 1 --format {format} -o /no/such/file"));
        assert_eq!(answer.code, 2);
        assert!(answer.out.starts_with("BROKEN"), "{}", answer.out);
        assert!(
            answer.err.starts_with("turncoat: /no/such/file can't be written"),
            "{}",
            answer.err
        );
        assert_eq!(answer.err.lines().count(), 1);
    }
    let answer = turncoat("check oral -n 3 -f 1 --format bmp");
    assert_eq!((answer.code, answer.out.as_str(), answer.err.lines().count()), (2, "", 1));
}
