//! How text is laid out: its width, its colours, and its marks.

use std::fmt;

use anstyle::{AnsiColor, Style as AnsiStyle};
use textwrap::Options;

/// How text is laid out, as a format string asks for it: `{verdict}` is plain, `{verdict:72}` is at most about 72
/// columns wide, `{verdict:#}` has colours (as ANSI codes), and `{verdict:+}` has marks beyond ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Style {
    /// The number of columns. If it is not known, prose has a width that reads well, and each message takes one line,
    /// however long.
    pub width: Option<usize>,
    /// Whether important text is coloured.
    pub colours: bool,
    /// Whether marks beyond ASCII are used.
    pub marks: bool,
}

/// The kind of a piece of text, which determines its emphasis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Emphasis {
    /// A title, a heading, or a decision.
    Strong,
    /// Something that holds.
    Good,
    /// A lie, or a violation.
    Bad,
    /// Something late, lost, or undecided.
    Odd,
    /// Something beside the story.
    Faint,
}

impl Emphasis {
    /// The emphasis of a verdict, by its name.
    pub fn of(verdict: &str) -> Emphasis {
        match verdict.to_ascii_lowercase().as_str() {
            "holds" | "exists" | "solvable" | "given" => Emphasis::Good,
            "broken" | "refuted" | "none" | "unsolvable" | "missing" => Emphasis::Bad,
            _ => Emphasis::Odd,
        }
    }

    fn ansi(self) -> AnsiStyle {
        let coloured = |colour: AnsiColor| colour.on_default();
        match self {
            Emphasis::Strong => AnsiStyle::new().bold(),
            Emphasis::Good => coloured(AnsiColor::Green).bold(),
            Emphasis::Bad => coloured(AnsiColor::Red).bold(),
            Emphasis::Odd => coloured(AnsiColor::Yellow),
            Emphasis::Faint => AnsiStyle::new().dimmed(),
        }
    }
}

impl Style {
    /// Of a width that reads well, without colours, in ASCII.
    pub const PLAIN: Style = Style { width: None, colours: false, marks: false };

    /// The style that a format string asks for. (A width of 0 means none.)
    pub(super) fn of(f: &fmt::Formatter<'_>) -> Style {
        let width = f.width().filter(|width| *width > 0);
        Style { width, colours: f.alternate(), marks: f.sign_plus() }
    }

    /// Formats something in this style, if it supports styles.
    pub fn show(self, told: &impl fmt::Display) -> String {
        let width = self.width.unwrap_or(0);
        match (self.colours, self.marks) {
            (false, false) => format!("{told:width$}"),
            (false, true) => format!("{told:+width$}"),
            (true, false) => format!("{told:#width$}"),
            (true, true) => format!("{told:+#width$}"),
        }
    }

    /// A piece of text with its emphasis.
    pub(super) fn paint(self, emphasis: Emphasis, text: impl fmt::Display) -> String {
        match self.colours {
            true => format!("{ansi}{text}{ansi:#}", ansi = emphasis.ansi()),
            false => text.to_string(),
        }
    }

    /// A verdict's word, with a mark for readers who see no colours.
    pub(super) fn word(self, verdict: &str) -> String {
        let emphasis = Emphasis::of(verdict);
        let mark = match emphasis {
            _ if !self.marks => "",
            Emphasis::Good => "\u{2713} ",
            Emphasis::Bad => "\u{2717} ",
            _ => "? ",
        };
        self.paint(emphasis, format!("{mark}{}", verdict.to_uppercase()))
    }

    /// The character of a horizontal rule.
    pub(super) fn rule(self) -> char {
        if self.marks { '\u{2500}' } else { '-' }
    }

    /// The width of prose.
    pub(super) fn prose(self) -> usize {
        self.width.map_or(WIDTH, |width| width.clamp(NARROW, WIDE))
    }

    /// A line about one thing. If it is too long, it continues below, with this indent.
    pub(super) fn line(self, text: &str, indent: usize) -> String {
        let Some(width) = self.width else { return text.to_owned() };
        let indent = " ".repeat(indent.min(width / 2));
        // The leading spaces stay.
        let start = text.len() - text.trim_start_matches(' ').len();
        let (start, text) = text.split_at(start);
        let options = Options::new(width.max(NARROW)).subsequent_indent(&indent);
        textwrap::fill(text, options.initial_indent(start))
    }
}

/// The width of prose where the available width is not known.
const WIDTH: usize = 96;

/// Prose is never narrower than this.
const NARROW: usize = 40;

/// Prose is never wider than this: longer lines are hard to read.
const WIDE: usize = 100;

/// The text in ASCII: other characters are written by their numbers, such as `\u{e9}`.
#[must_use]
pub fn ascii(text: &str) -> String {
    let letter = |letter: char| match letter.is_ascii() {
        true => letter.to_string(),
        false => letter.escape_unicode().to_string(),
    };
    text.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_letters_are_told_by_number() {
        assert_eq!(ascii("caf\u{e9} 1"), "caf\\u{e9} 1");
    }
}
