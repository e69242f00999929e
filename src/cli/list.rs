//! `turncoat list`: the protocols, what each claims, and its source.

use std::process::ExitCode;

use serde_json::json;

use super::answer::{BadInput, PlainFormat, as_text, print};
use super::protocols::{PROTOCOLS, Protocol};

#[derive(clap::Args)]
pub struct ListArguments {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: PlainFormat,
}

pub fn list(arguments: &ListArguments) -> Result<ExitCode, BadInput> {
    let text = match arguments.format {
        PlainFormat::Json => as_text(&json!(PROTOCOLS)),
        PlainFormat::Text => PROTOCOLS.iter().map(described).collect::<Vec<_>>().join("\n"),
    };
    Ok(print(&text).unwrap_or_else(|failure| failure))
}

fn described(Protocol { name, title, claim, source, .. }: &Protocol) -> String {
    format!("{name}\n  {title}\n  claims: {claim}\n  source: {source}\n")
}
