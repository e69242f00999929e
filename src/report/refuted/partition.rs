//! Words for arguments with late messages, and for questions without an argument.

use itertools::Itertools;

use super::{ArgumentInWords, RefutationInWords};
use crate::adversary::Adversary;
use crate::outcome::Task;
use crate::report::ring::Ring;
use crate::report::style::{Emphasis, Style};
use crate::report::text::labelled;

/// Why no protocol can be correct where messages can be late.
pub fn why(whole: &RefutationInWords, argument: &ArgumentInWords) -> &'static str {
    let RefutationInWords { graph, adversary: Adversary { traitors: f, .. }, .. } = whole;
    let [n, three] = [graph.n(), 3 * f];
    match &argument.groups[..] {
        [_, _] => {
            "With n <= 2f no protocol for consensus can be right where mail can be late, signed or not, \
             although generals only crash (Dwork, Lynch, Stockmeyer 1988): neither half can wait for the \
             other one, which may have crashed."
        }
        [_, _, _] if n <= three => {
            "With n <= 3f no protocol can be right where mail can be late, signed or not (Dwork, Lynch, \
             Stockmeyer 1988): neither of two thirds can wait for the other one, which may have crashed, \
             and the last one can show each of them another world."
        }
        [_, _, between, _] if between.is_empty() => {
            "Where no more than f generals cut the others off from each other, no protocol can be right \
             where mail can be late, signed or not: neither side can wait for those generals, who may have \
             crashed."
        }
        _ => {
            "Where no more than 2f generals cut the others off from each other, no protocol can be right, \
             unless it has signatures that can't be forged (Dolev 1982): here part of them may have \
             crashed, and the others can show each side another world."
        }
    }
}

/// The groups, and which of them live in each world.
pub fn groups(argument: &ArgumentInWords, task: Task, style: Style) -> String {
    let ArgumentInWords { groups, values: [one, other], worlds, .. } = argument;
    let ring = &Ring::of(argument);
    let count = groups.len();
    let legend = groups.iter().enumerate().filter(|(_, group)| !group.is_empty());
    let legend =
        legend.map(|(place, group)| format!("{} {}", ring.letter(place), task.names(*group)));
    let given = match task {
        Task::Broadcast => format!("the order is {one}, and {other} for those with a mark"),
        Task::Consensus => format!("the input is {one}, and {other} for those with a mark"),
    };
    let mut lines = vec![labelled("Groups", &legend.chain([given]).join("; "), style)];
    for (number, world) in worlds.iter().enumerate() {
        let here = (0..count).map(|place| {
            let lives = [place, place + count].into_iter().find(|place| ring.lives(*place, world));
            let shown = match lives {
                _ if groups[place].is_empty() => String::new(),
                Some(place) => ring.letter(place),
                None => "x".to_owned(),
            };
            format!("{shown:<6}")
        });
        let label = format!("{:<12}", format!("World {}", number + 1));
        let label = style.paint(Emphasis::Faint, label);
        lines.push(format!("{label}{}", here.collect::<String>().trim_end()));
    }
    lines.join("\n") + "\n"
}

/// Why a protocol exists, as far as is known.
pub fn possible(whole: &RefutationInWords) -> String {
    let RefutationInWords { graph, adversary, task, .. } = whole;
    let byzantine = adversary.faults.is_byzantine();
    let connected = match (graph.is_complete(), byzantine) {
        (true, _) => "",
        (false, true) => {
            ", and between any two generals more than 2f paths that share nobody (Dolev 1982),"
        }
        (false, false) => ", and between any two generals more than f paths that share nobody,",
    };
    let there_is = match (adversary.delays(), task, byzantine) {
        (false, ..) => "there is a protocol (Pease, Shostak, Lamport 1980)",
        (true, Task::Consensus, true) => {
            "there is a protocol, if from some time on mail is in time (Dwork, Lynch, Stockmeyer 1988), or \
             coins are tossed (Bracha 1987)"
        }
        (true, Task::Consensus, false) => {
            "there is a protocol, if from some time on mail is in time (Dwork, Lynch, Stockmeyer 1988), or \
             coins are tossed (Ben-Or 1983)"
        }
        (true, Task::Broadcast, true) => {
            "there is a reliable broadcast, in which nobody need decide if the commander is a traitor \
             (Bracha 1987)"
        }
        (true, Task::Broadcast, false) => {
            "there is a reliable broadcast, in which nobody need decide if the commander crashes: whoever \
             hears an order passes it on (Hadzilacos, Toueg 1994)"
        }
    };
    let enough = match (byzantine, task) {
        (true, _) => "n > 3f",
        (false, Task::Consensus) => "n > 2f",
        (false, Task::Broadcast) => "any n",
    };
    format!("With {enough}{connected} {there_is}")
}
