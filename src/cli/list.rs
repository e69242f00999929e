//! `turncoat list`: the protocols, what each claims, and its source.

use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use super::{BadInput, Format, as_text, print};

#[derive(clap::Args)]
pub struct Arguments {
    /// How the list is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Listed {
    protocol: &'static str,
    title: &'static str,
    claim: &'static str,
    source: &'static str,
}

const PROTOCOLS: [Listed; 1] = [Listed {
    protocol: "oral",
    title: "Oral messages, OM(m)",
    claim: "n >= 3m + 1 generals survive m traitors",
    source: "Lamport, Shostak, Pease: The Byzantine Generals Problem. ACM TOPLAS 4(3), 1982, \
             section 3",
}];

pub fn list(arguments: &Arguments) -> Result<ExitCode, BadInput> {
    let text = match arguments.format {
        Format::Json => as_text(&json!(PROTOCOLS)),
        Format::Text => PROTOCOLS.iter().map(described).collect::<Vec<_>>().join("\n"),
    };
    Ok(print(&text).unwrap_or_else(|failure| failure))
}

fn described(Listed { protocol, title, claim, source }: &Listed) -> String {
    format!("{protocol}\n  {title}\n  claims: {claim}\n  source: {source}\n")
}
