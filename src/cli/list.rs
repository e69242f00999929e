//! `turncoat list`: the protocols, what each claims, and its source.

use std::process::ExitCode;

use serde_json::json;

use super::protocols::{PROTOCOLS, Protocol};
use super::{BadInput, Format, as_text, print};

#[derive(clap::Args)]
pub struct Arguments {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn list(arguments: &Arguments) -> Result<ExitCode, BadInput> {
    let text = match arguments.format {
        Format::Json => as_text(&json!(PROTOCOLS)),
        Format::Text => PROTOCOLS.iter().map(described).collect::<Vec<_>>().join("\n"),
    };
    Ok(print(&text).unwrap_or_else(|failure| failure))
}

fn described(Protocol { name, title, claim, source, .. }: &Protocol) -> String {
    format!("{name}\n  {title}\n  claims: {claim}\n  source: {source}\n")
}
