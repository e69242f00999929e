//! A line of a story: what one general says to others in a round, and what is wrong with it.

use itertools::Itertools;
use serde::Serialize;

use super::style::{Emphasis, Style};
use crate::general::General;
use crate::outcome::Task;
use crate::protocol::Round;

/// In a round with more lines than this, what is as loyalty and the schedule have it is only
/// counted.
const LINES: usize = 14;

/// By how much what a line has no room for is indented.
const INDENT: usize = 10;

/// Something said, or left unsaid, to one general.
pub(super) struct Line<'a, M> {
    pub from: General,
    pub to: General,
    pub text: String,
    /// What is said; nothing if it is left unsaid.
    pub said: Option<&'a M>,
    /// What is wrong with it, if anything.
    pub mark: Option<Mark>,
    /// What loyalty would have said, if it is a lie.
    pub loyal: Option<String>,
    /// What becomes of it, if it does not arrive in its turn.
    pub arrival: Option<String>,
    /// In which round it arrives, if it does.
    pub due: Option<Round>,
}

/// What is wrong with a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Loyalty would have said something else.
    Lie,
    /// It arrives before all others.
    First,
    /// It arrives in a later round.
    Late,
    /// It does not arrive.
    Lost,
}

impl Mark {
    /// In a word, in capitals.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Mark::Lie => "LIE",
            Mark::First => "FIRST",
            Mark::Late => "LATE",
            Mark::Lost => "LOST",
        }
    }
}

impl Mark {
    fn paint(self) -> Emphasis {
        if self == Mark::Lie { Emphasis::Bad } else { Emphasis::Odd }
    }
}

impl<M> Line<'_, M> {
    fn tells_as(&self, other: &Self) -> bool {
        let texts = (&self.text, &self.loyal, &self.arrival);
        (self.from, self.mark) == (other.from, other.mark)
            && texts == (&other.text, &other.loyal, &other.arrival)
    }

    /// What would be right, and what becomes of it.
    fn notes(&self) -> String {
        let loyal = self.loyal.as_ref().map(|loyal| format!("loyal: {loyal}"));
        let notes = loyal.into_iter().chain(self.arrival.clone()).join("; ");
        if notes.is_empty() { notes } else { format!("  ({notes})") }
    }
}

/// The lines of one round, those of one sender with the same text together.
pub(super) fn told<M>(lines: &[Line<'_, M>], task: Task, style: Style) -> String {
    let mut groups: Vec<(&Line<'_, M>, Vec<usize>)> = Vec::new();
    for line in lines {
        match groups.iter_mut().find(|(first, _)| first.tells_as(line)) {
            Some((_, to)) => to.push(line.to.id()),
            None => groups.push((line, vec![line.to.id()])),
        }
    }
    let crowded = groups.len() > LINES;
    let unmarked = lines.iter().filter(|line| line.mark.is_none()).count();
    let shown = groups.into_iter().filter(|(line, _)| line.mark.is_some() || !crowded);
    let shown = shown.map(|(line, to)| {
        let Line { from, text, mark, .. } = line;
        let paint =
            |text: &str| mark.map_or(text.to_owned(), |mark| style.paint(mark.paint(), text));
        let word = paint(mark.map_or("", Mark::word));
        let pad = " ".repeat(5 - mark.map_or(0, |mark| mark.word().len()));
        let notes = line.notes();
        let notes = if notes.is_empty() { notes } else { style.paint(Emphasis::Faint, notes) };
        let (from, to) = (task.name(*from), to.iter().join(", "));
        let text = paint(text);
        style.line(&format!("{pad}{word} {from} tells {to}: {text}{notes}"), INDENT) + "\n"
    });
    let rest = format!("      and {unmarked} messages as loyalty has them");
    let rest = style.paint(Emphasis::Faint, rest) + "\n";
    shown.chain(crowded.then_some(rest)).collect()
}
