//! A command line for one's own protocols: the output of `examples/own_command_line.rs`, as golden text.
//! `UPDATE_EXPECT=1 cargo test` rewrites it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use expect_test::expect_file;

use crate::command_line::{Answer, scratch_folder, timeless, turncoat_in};

/// The example's program, as `cargo test` builds it.
static OWN: LazyLock<String> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_BIN_EXE_turncoat")).parent().expect("it is in a folder");
    let release = folder.ends_with("release").then_some("--release");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--example", "own_command_line"]).args(release);
    assert!(build.status().expect("cargo starts").success());
    folder.join("examples/own_command_line").display().to_string()
});

/// Runs the program in a folder, by its name.
fn own(folder: &Path, arguments: &str) -> Answer {
    let output = Command::new(&*OWN)
        .arg0("own_command_line")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the example starts");
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    let code = output.status.code().expect("it is not killed");
    Answer { out: text(output.stdout), err: text(output.stderr), code }
}

/// Runs each command of the golden text, one after the other in one folder. `turncoat` itself refuses files that name a
/// protocol that it does not have.
#[test]
fn own_protocols_are_on_the_command_line() {
    let folder = scratch_folder("own_command_line");
    fs::create_dir_all(&folder).unwrap();
    let kept = fs::read_to_string("tests/golden/own_command_line.txt").unwrap();
    let commands = kept.lines().filter_map(|line| line.strip_prefix("$ "));
    let answers = commands.map(|command| {
        let Answer { out, err, code } = match command.split_once(' ').unwrap() {
            ("own_command_line", arguments) => own(&folder, arguments),
            (_, arguments) => turncoat_in(&folder, arguments, ""),
        };
        assert_eq!(err.lines().count(), usize::from(code == 2), "{command}\n{err}");
        format!("$ {command}\n{}{err}(exit code {code})\n", timeless(&out))
    });
    let answers = answers.collect::<Vec<_>>().join("\n");
    expect_file!["golden/own_command_line.txt"].assert_eq(&answers);
}

/// What was recorded about a protocol of the program does not count after the program was rebuilt; for a built-in
/// protocol the version is enough.
#[test]
fn what_was_recorded_counts_for_the_same_program() {
    let folder = scratch_folder("own_checkpoint");
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("mine");
    fs::copy(&*OWN, &program).unwrap();
    let asked = |protocol: &str| {
        let check = format!("check {protocol} -n 3 -f 0 --checkpoint {protocol}.done");
        let mut mine = Command::new(&program);
        mine.args(check.split_whitespace()).current_dir(&folder).stdin(Stdio::null());
        let output = mine.output().expect("it starts");
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let fine = (Some(0), String::new());
    for _ in 0..2 {
        assert_eq!([asked("quorum"), asked("oral")], [fine.clone(), fine.clone()]);
    }
    // It does the same, but is another file.
    OpenOptions::new().append(true).open(&program).unwrap().write_all(b"0").unwrap();
    let told = "turncoat: quorum.done: what is recorded there is of other code: this program was rebuilt since: \
                name another file\n";
    assert_eq!(asked("quorum"), (Some(2), told.to_owned()));
    assert_eq!(asked("oral"), fine);
}

/// Own protocols are listed beside the built-in ones, with their arguments, and have pages like those.
#[test]
fn own_protocols_are_in_help_lists_and_pages() {
    let folder = scratch_folder("own_pages");
    fs::create_dir_all(&folder).unwrap();
    for (arguments, said) in [
        (
            "check --help",
            "  gossip            Whoever hears an order obeys it and passes it on\n  oral ",
        ),
        ("check --help", "Example: own_command_line check oral -n 4 -f 1\n"),
        ("hunt quorum --help", "--quorum <K>\n          Number of votes to attack that are enough"),
        ("list", "gossip\n  Whoever hears an order obeys it and passes it on\n\noral\n"),
        ("completions bash", "own_command_line__subcmd__check__subcmd__gossip"),
    ] {
        let answer = own(&folder, arguments);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{arguments}");
        assert!(answer.out.contains(said), "{arguments}: {}", answer.out);
    }
    let page = own(&folder, "check gossip -n 4 -f 1 --format html -o attack.html");
    assert_eq!((page.code, page.err.as_str()), (1, ""));
    assert!(fs::read_to_string(folder.join("attack.html")).unwrap().contains("Gossip"));
}
