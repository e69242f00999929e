//! The terminal that this process writes to: whether it is one, how wide it is, and whether it shows colours.

use std::fmt::Display;
use std::io::IsTerminal;
use std::sync::OnceLock;

use anstream::AutoStream;
use clap::{Args, ValueEnum};

use crate::report::style::{Style, ascii};

/// How text is shown.
#[derive(Args, Clone, Copy, Default)]
pub struct Shown {
    /// Colour the output [default: on a terminal, unless NO_COLOR is set]
    #[arg(long, global = true, display_order = 901, value_enum, value_name = "WHEN")]
    color: Option<When>,
    /// Print ASCII only, even on a terminal that supports Unicode
    #[arg(long, global = true, display_order = 902)]
    ascii: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

/// What was asked for on the command line.
static SHOWN: OnceLock<Shown> = OnceLock::new();

impl Shown {
    /// Uses these settings from now on.
    pub fn begin(self) {
        // They are set once: there is only one command line.
        SHOWN.get_or_init(|| self);
    }

    fn now() -> Shown {
        SHOWN.get().copied().unwrap_or_default()
    }
}

/// The style of text on standard output.
pub fn style() -> Style {
    let Shown { ascii, .. } = Shown::now();
    let terminal = std::io::stdout().is_terminal();
    let width = terminal.then(terminal_size::terminal_size).flatten();
    Style {
        width: width.map(|(terminal_size::Width(columns), _)| usize::from(columns)),
        colours: coloured(),
        marks: terminal && !ascii && is_unicode(),
    }
}

/// Formats something for standard output.
pub fn shown(told: &impl Display) -> String {
    written(style().show(told))
}

/// The text in ASCII, if that was asked for.
pub fn written(text: String) -> String {
    if Shown::now().ascii { ascii(&text) } else { text }
}

/// Whether only ASCII may be written.
pub fn is_ascii() -> bool {
    Shown::now().ascii || !is_unicode()
}

/// Whether text on standard output has colours.
pub fn coloured() -> bool {
    match Shown::now().color {
        Some(When::Always) => true,
        Some(When::Never) => false,
        None | Some(When::Auto) => {
            AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
        }
    }
}

/// Whether help has colours. Help is printed before the arguments are parsed, so they are searched for the option.
pub fn help_is_coloured() -> bool {
    let arguments = || std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let asked = |when: &str| {
        let split = arguments()
            .zip(arguments().skip(1))
            .any(|pair| pair == ("--color".into(), when.into()));
        split || arguments().any(|argument| argument == format!("--color={when}"))
    };
    asked("always") || coloured() && !asked("never")
}

/// Whether the terminal's locale allows more than ASCII.
fn is_unicode() -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let set = names.iter().filter_map(std::env::var_os).find(|value| !value.is_empty());
    let name = set.unwrap_or_default().to_string_lossy().to_ascii_uppercase();
    name.contains("UTF-8") || name.contains("UTF8")
}
