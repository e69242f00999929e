//! How an answer is written, and where: text for the terminal, JSON, pictures.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::answer::{BadInput, as_text, complain, print};
use super::files::{to_write, write};
use super::terminal::{style, written};
use crate::report::dot::dot;
use crate::report::itf::itf;
use crate::report::mermaid::mermaid;
#[cfg(feature = "pages")]
use crate::report::page::page;
use crate::report::story::Story;
use crate::report::style::Style;
use crate::report::svg::svg;

/// How the answer is written.
#[derive(Args)]
pub struct Output {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write the output to this file, and the text to the terminal
    #[arg(short, long, value_name = "FILE", value_parser = to_write())]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For a person
    #[default]
    Text,
    /// For a program
    Json,
    /// A space-time diagram of the attack: a line per general, an arrow per message
    Svg,
    /// A sequence diagram of the attack, for issues and pull requests on GitHub
    Mermaid,
    /// A Graphviz graph: who lies to whom, or the ring of copies of a refutation
    Dot,
    /// A self-contained web page that steps through the attack
    #[cfg(feature = "pages")]
    Html,
    /// A trace of the attack in the format of Apalache and Quint
    Itf,
}

/// An answer that can be written in several formats. Each is made only if it is asked for.
pub struct Told<'a> {
    /// The verdict in one word.
    #[cfg_attr(not(feature = "pages"), expect(dead_code, reason = "a page shows it"))]
    pub verdict: &'a str,
    /// The answer as text, in this style.
    pub text: &'a dyn Fn(Style) -> String,
    pub json: &'a dyn Fn() -> Value,
    /// The execution to show, if there is one.
    pub picture: &'a dyn Fn() -> Option<Story>,
    /// The answer in this format, if something says more than a picture of the execution.
    pub own: &'a dyn Fn(Format) -> Option<String>,
}

impl Output {
    /// Writes an answer. The terminal comes first, so that nothing is lost if a file can't be written.
    pub fn give(&self, told: &Told<'_>) -> Result<ExitCode, BadInput> {
        let Output { format, output } = self;
        let text = || written((told.text)(style()));
        let Some(file) = output else {
            let made = if *format == Format::Text { Some(text()) } else { self.made(told) };
            let nothing = made.is_none();
            let printed = print(&made.unwrap_or_else(text));
            if nothing {
                complain("there is no attack to draw");
            }
            return printed;
        };
        print(&text())?;
        match self.made(told) {
            Some(made) => write(file, &made)?,
            None => complain(format!("there is no attack to draw in {}", file.display())),
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The content of the file; none if there is nothing to draw.
    fn made(&self, told: &Told<'_>) -> Option<String> {
        if let Some(own) = (told.own)(self.format) {
            return Some(own);
        }
        let picture = || (told.picture)();
        match self.format {
            Format::Text => Some((told.text)(Style::PLAIN)),
            Format::Json => Some(as_text(&(told.json)())),
            Format::Svg => picture().map(|picture| svg(&picture)),
            #[cfg(feature = "pages")]
            Format::Html => {
                let text = (told.text)(Style::PLAIN);
                Some(page(picture().as_ref(), told.verdict, &text))
            }
            Format::Mermaid => picture().map(|picture| mermaid(&picture)),
            Format::Dot => picture().map(|picture| dot(&picture)),
            Format::Itf => picture().map(|picture| as_text(&itf(&picture))),
        }
    }

    /// Refuses formats that show a single execution: for many executions there is only a map.
    pub fn of_many(&self) -> Result<(), BadInput> {
        match self.format {
            Format::Mermaid | Format::Dot | Format::Itf => Err(BadInput::new(
                "--format: mermaid, dot and itf are of one attack, and a sweep has many: say text, \
                 json, html or svg, or check one cell",
            )),
            _ => Ok(()),
        }
    }
}
