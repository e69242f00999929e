//! An example for each protocol of each command, as its help shows it.

use clap::Command;

/// The commands that are followed by a protocol.
const COMMANDS: [&str; 4] = ["check", "sweep", "hunt", "refute"];

/// All commands, with their examples.
pub fn with_examples(command: Command) -> Command {
    COMMANDS.iter().fold(command, |command, name| {
        command.mut_subcommand(name, |of| {
            of.mut_subcommands(|subject| {
                let example = example(name, subject.get_name());
                subject.after_help(format!("Example: turncoat {name} {example}"))
            })
        })
    })
}

/// What is worth trying first.
fn example(command: &str, protocol: &str) -> String {
    let k = if protocol == "relay-threshold" { " -k 2" } else { "" };
    let arguments = match (command, protocol) {
        ("check", "oral") => "-n 3 -f 1 --save attack.json",
        ("check", "two-step") => "-n 4 -f 2",
        ("check", "signed") => "-n 3 -f 1 --signatures ed25519 --verifiers strict,plain",
        ("check", "relay-threshold") => "-n 5 -f 2",
        ("check", "flood-set") => "-n 4 -f 1 --faults crash",
        ("check", "vote") => "-n 4 -f 1 --faults send-omission",
        ("sweep", "oral") => "-n 3..=7 -f 1..=2",
        ("sweep", "routed") => "-n 4..=6 -f 1",
        ("sweep", "flood-set" | "vote") => "-n 3..=4 -f 1..=2 --faults crash",
        ("sweep", _) => "-n 3..=4 -f 1",
        ("hunt", "oral") => "-n 13 -f 4 --cases 10_000 --seed 7",
        ("hunt", "two-step") => "-n 4 -f 2 --save attack.json",
        ("hunt", "relay-threshold") => "-n 5 -f 2 --cases 1_000",
        ("hunt", "vote") => "-n 5 -f 2 --faults crash",
        ("hunt", _) if protocol != "routed" => "-n 4 -f 1 --cases 1_000",
        ("refute", "oral") => "-n 30 -f 10 -m 1",
        ("refute", "interactive") => "-n 4 -f 2 -m 1",
        ("refute", "flood-set" | "vote") => "-n 4 -f 2",
        ("refute", _) if protocol != "routed" => "-n 3 -f 1",
        ("refute", _) => "--graph ring -n 6 -f 1 -p 2",
        (_, "routed") => "--graph prism -f 1",
        _ => "-n 4 -f 1",
    };
    format!("{protocol}{k} {arguments}")
}
