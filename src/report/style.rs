//! How text is laid out: how wide, whether what matters is coloured, and with which marks.

use std::fmt;

use anstyle::{AnsiColor, Style as AnsiStyle};
use textwrap::Options;

/// How text is laid out, as one asks for it in a format string: `{verdict}` is plain,
/// `{verdict:72}` is at most about 72 columns wide, `{verdict:#}` has colours (as ANSI codes), and
/// `{verdict:+}` has marks beyond ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Style {
    /// How many columns there are. If that is not known, prose is as wide as is good to read, and
    /// what is said by whom stands on one line, however long.
    pub width: Option<usize>,
    /// Whether what matters is coloured.
    pub colours: bool,
    /// Whether there are marks beyond ASCII.
    pub marks: bool,
}

/// What a piece of text is, and so how it stands out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Emphasis {
    /// A title, a heading, or a decision.
    Strong,
    /// What holds.
    Good,
    /// A lie, or what is violated.
    Bad,
    /// What is late, lost, or undecided.
    Odd,
    /// What stands beside the story.
    Faint,
}

impl Emphasis {
    /// What a verdict is, by its name.
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
    /// As wide as is good to read, without colours, in ASCII.
    pub const PLAIN: Style = Style { width: None, colours: false, marks: false };

    /// The style that is asked for in a format string. (A width of 0 is none.)
    pub(super) fn of(f: &fmt::Formatter<'_>) -> Style {
        let width = f.width().filter(|width| *width > 0);
        Style { width, colours: f.alternate(), marks: f.sign_plus() }
    }

    /// Something in this style, if it knows of styles.
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

    /// A verdict's word, with a mark for those who see no colours.
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

    /// A line between two things.
    pub(super) fn rule(self) -> char {
        if self.marks { '\u{2500}' } else { '-' }
    }

    /// How wide prose is.
    pub(super) fn prose(self) -> usize {
        self.width.map_or(WIDTH, |width| width.clamp(NARROW, WIDE))
    }

    /// A line that is told of one thing. Where it is too long, it goes on below, indented by so much.
    pub(super) fn line(self, text: &str, indent: usize) -> String {
        let Some(width) = self.width else { return text.to_owned() };
        let indent = " ".repeat(indent.min(width / 2));
        // What stands before the first word stays.
        let start = text.len() - text.trim_start_matches(' ').len();
        let (start, text) = text.split_at(start);
        let options = Options::new(width.max(NARROW)).subsequent_indent(&indent);
        textwrap::fill(text, options.initial_indent(start))
    }
}

/// How long a line of prose is where nobody says how much room there is.
const WIDTH: usize = 96;

/// Less than this is no room to write in.
const NARROW: usize = 40;

/// Longer lines of prose are hard to read, whatever room there is.
const WIDE: usize = 100;

/// The same in ASCII: other letters are told by their numbers, as `\u{e9}`.
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
