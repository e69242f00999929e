//! How text looks: in a pipe, in colours, in ASCII, and on a terminal of any width.

use std::fmt::Write;
use std::process::Command;

use expect_test::expect_file;
use turncoat::{OralMessages, check, refute};

use crate::command_line::{timeless, turncoat};

/// The text without colours.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
}

#[test]
fn in_a_pipe_there_are_no_colours_unless_they_are_asked_for() {
    for command in [
        "check oral -n 3 -f 1",
        "check oral -n 4 -f 1",
        "check signed -n 3 -f 1 --signatures ed25519 --verifiers strict,plain",
        "sweep oral -n 3..=5 -f 1..=2",
        "hunt two-step -n 4 -f 2",
        "refute oral -n 3 -f 1",
        "rounds -n 4 -f 1 -r 1",
        "bounds -n 4 -f 1 -r 1",
        "check oral -n 4 -f 1 --dry-run",
        "check --help",
    ] {
        let plain = turncoat(command);
        let never = turncoat(&format!("{command} --color never --ascii"));
        let always = turncoat(&format!("{command} --color always"));
        assert!(plain.out.is_ascii() && !plain.out.contains('\u{1b}'), "turncoat {command}");
        assert_eq!(timeless(&plain.out), timeless(&never.out), "turncoat {command}");
        assert!(always.out.contains("\u{1b}["), "turncoat {command}");
        let stripped = without_colours(&always.out);
        assert_eq!(timeless(&plain.out), timeless(&stripped), "turncoat {command}");
        assert_eq!((plain.code, never.code), (always.code, always.code));
    }
    let json = turncoat("check oral -n 3 -f 1 --format json --color always").out;
    assert!(!json.contains('\u{1b}'), "{json}");
}

/// The same story at any width, in colours, and with other marks.
#[test]
fn stories_fit_their_width() {
    let verdict = check(OralMessages::new(1)).generals(3).traitors(1).run().unwrap();
    let refutation = refute(OralMessages::new(1)).generals(3).traitors(1).run().unwrap();
    let mut text = String::new();
    for told in [format!("{verdict:60}"), format!("{verdict:+60}"), format!("{refutation:+72}")] {
        writeln!(text, "{told}----").unwrap();
    }
    writeln!(text, "{verdict:#}").unwrap();
    expect_file!["golden/looks.txt"].assert_eq(&text.replace('\u{1b}', "ESC"));
    for width in [60, 72] {
        let told = format!("{refutation:width$}");
        let longest = told.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(width), "{width}\n{told}");
    }
    for width in [40, 60, 80, 120] {
        let told = format!("{verdict:+#width$}");
        let longest = without_colours(&told).lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(width), "{width}\n{told}");
        let letters = |text: &str| text.split_whitespace().collect::<String>();
        let told = letters(&without_colours(&told));
        assert_eq!(told, format!("\u{2717}{}", letters(&verdict.to_string())));
    }
}

/// On a terminal there are colours and marks, and lines fit; options override that. (`script` provides a terminal.)
#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_it_is_dressed() {
    let on_terminal = |environment: &[(&str, &str)], arguments: &str| {
        let program = env!("CARGO_BIN_EXE_turncoat");
        let inner = format!("stty cols 60 rows 20; {program} {arguments}");
        let output = Command::new("script")
            .args(["-qec", &inner, "/dev/null"])
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("TERM", "xterm"), ("LANG", "C.UTF-8")])
            .envs(environment.iter().copied())
            .output()
            .expect("there is a `script`");
        String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n")
    };
    let command = "check oral -n 3 -f 1";
    let dressed = on_terminal(&[], command);
    let bare = without_colours(&dressed);
    assert!(bare.starts_with("\u{2717} BROKEN: OM(1)"), "{dressed}");
    assert!(dressed.contains("\u{1b}[31m"), "{dressed}");
    let story = bare.split("Replay").next().unwrap();
    assert!(story.lines().all(|line| line.chars().count() <= 60), "{bare}");
    for (environment, flags) in
        [(&[("NO_COLOR", "1")][..], ""), (&[][..], " --color never"), (&[("TERM", "dumb")][..], "")]
    {
        let plain = on_terminal(environment, &format!("{command}{flags}"));
        assert_eq!(plain, bare, "{environment:?}{flags}");
    }
    for (environment, flags) in [(&[][..], " --ascii"), (&[("LANG", "C")][..], "")] {
        let plain = on_terminal(environment, &format!("{command} --color never{flags}"));
        assert_eq!(plain, bare.replace("\u{2717} ", ""), "{environment:?}{flags}");
    }
    // A progress bar is drawn where a person waits, and nowhere else.
    let long = "check oral -n 10 -f 3 --engine exhaustive --budget 900ms --color never";
    let bar = on_terminal(&[], long);
    assert!(bar.contains("% of the space") && bar.contains("/s"), "{bar}");
    let logged = on_terminal(&[("CI", "true")], long);
    assert!(!logged.contains("% of the space"), "{logged}");
}
