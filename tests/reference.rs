//! `docs/reference.md` has every option as the program's help has it, and every environment variable that the program
//! reads. `UPDATE_EXPECT=1 cargo test reference` rewrites it.

use std::fmt::Write as _;
use std::fs;

use itertools::Itertools;

use crate::command_line::turncoat;
use crate::help::{ASKING, COMMANDS, PROTOCOLS};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference.md");

/// The part of the page above this line is written by hand.
const MARK: &str =
    "<!-- From here on the page is written by a test: UPDATE_EXPECT=1 cargo test reference -->\n";

/// The files that read the environment, and the variables that each reads.
const VARIABLES: [(&str, &[&str]); 3] = [
    ("src/artifacts.rs", &["TURNCOAT_REPORT_DIR"]),
    ("src/cli/terminal.rs", &["LC_ALL", "LC_CTYPE", "LANG"]),
    ("src/cli/watch.rs", &["CI"]),
];

/// An argument as help shows it.
#[derive(Clone, PartialEq)]
struct Shown {
    heading: String,
    /// Such as `-m <M>`.
    usage: String,
    says: String,
    /// The values, each such as `holds: Agreement and validity hold ..`.
    values: Vec<String>,
}

/// The arguments in a help text: `  -m <M>`, with a description on the same line or, further indented, below.
fn arguments(help: &str) -> Vec<Shown> {
    let (mut shown, mut heading) = (Vec::<Shown>::new(), "");
    let is_end = |line: &&str| line.starts_with("Example") || line.starts_with("Exit codes");
    for line in help.lines().take_while(|line| !is_end(line)) {
        let text = line.trim_start();
        if let Some(name) = line.strip_suffix(':').filter(|_| text.len() == line.len()) {
            heading = name;
        } else if line.len() - text.len() <= 6 && text.starts_with(['-', '<']) {
            let (usage, says) = text.split_once("  ").unwrap_or((text, ""));
            let [heading, usage, says] = [heading, usage, says.trim()].map(str::to_owned);
            shown.push(Shown { heading, usage, says, values: Vec::new() });
        } else if let Some(last) = shown.last_mut().filter(|_| line.starts_with(' ')) {
            match text.strip_prefix("- ").and_then(|value| value.split_once(':')) {
                Some((name, says)) => last.values.push(format!("`{name}`: {}", says.trim())),
                None if text.is_empty() || text == "Possible values:" => {}
                None => {
                    let is_more = !text.starts_with('[');
                    let to = match last.values.last_mut().filter(|_| is_more) {
                        Some(value) => value,
                        None => &mut last.says,
                    };
                    *to = format!("{to} {text}").trim().to_owned();
                }
            }
        }
    }
    shown
}

fn help(of: &str) -> Vec<Shown> {
    arguments(&turncoat(&format!("{of} --help")).out)
}

fn list(page: &mut String, argument: &Shown, commands: &[&str]) {
    let commands = commands.iter().map(|command| format!("`{command}`")).join(", ");
    let of = if commands.is_empty() { commands } else { format!(" ({commands})") };
    let Shown { usage, says, values, .. } = argument;
    writeln!(page, "- `{usage}`{of}: {says}").unwrap();
    for value in values {
        writeln!(page, "  - {value}").unwrap();
    }
}

fn written() -> String {
    let mut page = String::from("\n## Every command\n\n");
    let everywhere = help("");
    for argument in &everywhere {
        list(&mut page, argument, &[]);
    }
    let is_new = |argument: &Shown| {
        let name = |usage: &str| usage.split([' ', ',']).next().map(str::to_owned);
        everywhere.iter().all(|other| name(&other.usage) != name(&argument.usage))
    };
    let mut of_commands = Vec::<(Shown, Vec<&str>)>::new();
    for command in COMMANDS {
        let asking = ASKING.contains(&command);
        let all = help(&if asking { format!("{command} oral") } else { command.to_owned() });
        let own = |argument: &&Shown| asking && !argument.usage.starts_with("-n ");
        let after_own = all.iter().skip_while(own).filter(|argument| is_new(argument));
        for argument in after_own {
            match of_commands.iter_mut().find(|(there, _)| there == argument) {
                Some((_, commands)) => commands.push(command),
                None => of_commands.push((argument.clone(), vec![command])),
            }
        }
    }
    for heading in of_commands.iter().map(|(argument, _)| &argument.heading).unique() {
        let title = match heading.as_str() {
            "Options" => "Options of some commands",
            "Arguments" => "Files and names",
            other => other,
        };
        write!(page, "\n## {title}\n\n").unwrap();
        for (argument, commands) in of_commands.iter().filter(|(it, _)| it.heading == *heading) {
            list(&mut page, argument, commands);
        }
    }
    page += "\n## Protocols, and their own options\n";
    for protocol in PROTOCOLS {
        let text = turncoat(&format!("check {protocol} --help")).out;
        write!(page, "\n### `{protocol}`\n\n{}\n", text.lines().next().unwrap()).unwrap();
        let own = arguments(&text).into_iter().take_while(|it| !it.usage.starts_with("-n "));
        for (place, argument) in own.enumerate() {
            page += if place == 0 { "\n" } else { "" };
            list(&mut page, &argument, &[]);
        }
    }
    page
}

#[test]
fn the_reference_has_every_option() {
    let text = fs::read_to_string(PAGE).unwrap();
    let (by_hand, _) = text.split_once(MARK).expect("it has the mark");
    let current = format!("{by_hand}{MARK}{}", written());
    assert!(current.matches("\n- `").count() > 100, "{current}");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(PAGE, current).unwrap();
    } else {
        assert!(text == current, "docs/reference.md: UPDATE_EXPECT=1 cargo test reference");
    }
}

/// A file that reads another variable must be listed, and the page must have the variable.
#[test]
fn the_reference_has_every_variable() {
    let page = fs::read_to_string(PAGE).unwrap();
    let reading = crate::tidy::house().into_iter().filter(|(_, code)| code.contains("env::var"));
    let reading = reading.map(|(file, _)| file).collect_vec();
    assert_eq!(
        reading,
        VARIABLES.map(|(file, _)| file),
        "name what it reads, here and in the page"
    );
    for (file, names) in VARIABLES {
        let code = fs::read_to_string(file).unwrap();
        for name in names {
            assert!(code.contains(&format!("\"{name}\"")), "{file} does not read {name}");
            assert!(page.contains(&format!("`{name}`")), "docs/reference.md: {name} is missing");
        }
    }
}
