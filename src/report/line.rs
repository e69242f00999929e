//! A line of a story: what one general says to others in a round, and what is wrong with it.

use itertools::Itertools;

use super::drawing::Mark;
use super::look::{Ink, Look};
use crate::general::General;
use crate::outcome::Task;

/// In a round with more lines than this, what is as loyalty and the schedule have it is only
/// counted.
const LINES: usize = 14;

/// By how much what a line has no room for is indented.
const INDENT: usize = 10;

/// Something said, or left unsaid, to one general.
pub(super) struct Line {
    pub from: General,
    pub to: General,
    pub text: String,
    /// What is wrong with it, if anything.
    pub mark: Option<Mark>,
    /// What would be right, and what becomes of it.
    pub notes: Vec<String>,
    /// Whether nothing is sent.
    pub silent: bool,
}

impl Mark {
    fn ink(self) -> Ink {
        if self == Mark::Lie { Ink::Bad } else { Ink::Odd }
    }

    fn word(self) -> &'static str {
        match self {
            Mark::Lie => "LIE",
            Mark::First => "FIRST",
            Mark::Late => "LATE",
            Mark::Lost => "LOST",
        }
    }
}

impl Line {
    fn tells_as(&self, other: &Line) -> bool {
        let key = |line: &Line| (line.from, line.mark);
        key(self) == key(other) && (&self.text, &self.notes) == (&other.text, &other.notes)
    }
}

/// The lines of one round, those of one sender with the same text together.
pub(super) fn told(lines: &[Line], task: Task, look: Look) -> String {
    let mut groups: Vec<(&Line, Vec<usize>)> = Vec::new();
    for line in lines {
        match groups.iter_mut().find(|(first, _)| first.tells_as(line)) {
            Some((_, to)) => to.push(line.to.id()),
            None => groups.push((line, vec![line.to.id()])),
        }
    }
    let crowded = groups.len() > LINES;
    let unmarked = lines.iter().filter(|line| line.mark.is_none()).count();
    let shown = groups.into_iter().filter(|(line, _)| line.mark.is_some() || !crowded);
    let shown = shown.map(|(Line { from, text, mark, notes, .. }, to)| {
        let ink = |text: &str| mark.map_or(text.to_owned(), |mark| look.ink(mark.ink(), text));
        let word = ink(mark.map_or("", Mark::word));
        let pad = " ".repeat(5 - mark.map_or(0, |mark| mark.word().len()));
        let notes = match notes.is_empty() {
            true => String::new(),
            false => look.ink(Ink::Faint, format!("  ({})", notes.join("; "))),
        };
        let (from, to) = (task.name(*from), to.iter().join(", "));
        let text = ink(text);
        look.line(&format!("{pad}{word} {from} tells {to}: {text}{notes}"), INDENT) + "\n"
    });
    let rest = format!("      and {unmarked} messages as loyalty has them");
    let rest = look.ink(Ink::Faint, rest) + "\n";
    shown.chain(crowded.then_some(rest)).collect()
}
