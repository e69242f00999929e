//! A story as text.

use std::fmt::{self, Write};

use itertools::Itertools;

use super::{Held, Mark, Step, Story};
use crate::report::is_within;
use crate::report::speech::{Speech, count, told_in_words};
use crate::report::style::{Emphasis, Style};

/// If a round has more lines than this, messages that are neither lies nor rescheduled are only counted.
const LINES: usize = 14;

/// If what the loyal held takes more lines than this, only the conclusion of each is told.
const HELD: usize = 45;

/// The indent of a continued line in a round.
const INDENT: usize = 10;

/// The indent of a continued line in what the generals hold.
const HELD_INDENT: usize = 19;

/// The whole story, with a final newline.
impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = Style::of(f);
        let mut parts = vec![self.cast.iter().map(|line| style.line(line, 0) + "\n").collect()];
        let rounds = self.rounds.iter();
        let spoken = rounds.filter(|step| {
            let Step { messages, silenced, happenings, .. } = step;
            !(messages.is_empty() && silenced.is_empty() && happenings.is_empty())
        });
        parts.extend(spoken.map(|step| self.round(step, style)));
        if self.ending.fault.is_none() {
            parts.push(style.line(&self.counted(), 0) + "\n");
            parts.push(self.held(style));
        }
        parts.push(self.end_told(style));
        f.write_str(&parts.join("\n"))
    }
}

impl Story {
    /// One round. The same message of one general to several others takes one line.
    fn round(&self, step: &Step, style: Style) -> String {
        let (told, plain) = told_in_words(&step.messages, LINES);
        let mut text = style.paint(Emphasis::Strong, step.title()) + "\n";
        for happening in &step.happenings {
            text += &(style.line(&format!("      {happening}"), INDENT) + "\n");
        }
        for speech in &told {
            text += &(self.line(speech, style) + "\n");
        }
        if let Some(plain) = plain {
            let rest = format!("      and {} messages as loyalty has them", count(&plain));
            text += &(style.paint(Emphasis::Faint, rest) + "\n");
        }
        text
    }

    /// "  LIE lieutenant 1 tells 2, 3: RETREAT  (loyal: ATTACK)".
    fn line(&self, speech: &Speech<'_>, style: Style) -> String {
        let Speech { from, mark, text, .. } = *speech;
        let ink = |text: &str| match mark {
            None => text.to_owned(),
            Some(Mark::Lie) => style.paint(Emphasis::Bad, text),
            Some(_) => style.paint(Emphasis::Odd, text),
        };
        let word = mark.map_or("", Mark::word);
        let pad = " ".repeat(5 - word.len());
        let loyal = speech.loyal.map(|loyal| format!("loyal: {loyal}"));
        let notes = loyal.into_iter().chain(speech.arrival.map(str::to_owned)).join("; ");
        let notes = match notes.is_empty() {
            true => notes,
            false => style.paint(Emphasis::Faint, format!("  ({notes})")),
        };
        let (from, to) = (self.name(from), speech.receivers());
        let (word, text) = (ink(word), ink(text));
        style.line(&format!("{pad}{word} {from} tells {to}: {text}{notes}"), INDENT)
    }

    /// What the loyal held in the end, and what they therefore decided.
    fn held(&self, style: Style) -> String {
        let loyal = self.generals.iter().zip(self.end()).filter(|(actor, _)| !actor.traitor);
        let held = loyal.map(|(actor, Held { lines, .. })| {
            let decides = actor.conclusion();
            let decides = decides.map(|decides| style.paint(Emphasis::Strong, decides));
            (&actor.name, lines.iter().cloned().chain(decides).collect_vec())
        });
        let mut held = held.collect_vec();
        if held.iter().map(|(_, lines)| lines.len()).sum::<usize>() > HELD {
            for (_, lines) in &mut held {
                let mut conclusion = lines.split_off(lines.len().saturating_sub(2));
                conclusion.retain(|line| !is_within(line));
                *lines = vec![conclusion.join("; ")];
            }
        }
        let title = "What the loyal held in the end";
        let mut text = style.paint(Emphasis::Strong, title) + "\n";
        for (name, lines) in held {
            for (number, line) in lines.iter().enumerate() {
                let name = if number == 0 { name } else { "" };
                let line = style.line(&format!("  {name:<14} {line}"), HELD_INDENT);
                writeln!(text, "{line}").expect("a string takes all");
            }
        }
        text
    }

    fn end_told(&self, style: Style) -> String {
        let ending = &self.ending;
        let told = match (&ending.violated, &ending.fault) {
            (None, _) => style.paint(Emphasis::Good, &ending.sentence),
            (Some(_), Some(fault)) => format!("{} {fault}.", style.paint(Emphasis::Bad, "Fault:")),
            (Some(property), None) => {
                let violated = style.paint(Emphasis::Bad, format!("Violated: {property}."));
                format!("{violated} {}", ending.sentence)
            }
        };
        style.line(&told, 0) + "\n"
    }
}
