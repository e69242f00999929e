//! `turncoat schema`: the JSON Schemas, which are files in `schema/`.

use std::process::ExitCode;

use clap::ValueEnum;

use super::answer::print;

#[derive(clap::Args)]
pub struct SchemaArguments {
    /// Format that the schema describes
    #[arg(value_enum)]
    of: Of,
}

#[derive(Clone, Copy, ValueEnum)]
enum Of {
    /// JSON output of check, sweep, hunt, refute and replay
    Verdict,
    /// Attack files
    Attack,
}

pub const AFTER_HELP: &str = "\
Example: turncoat schema attack > attack.schema.json";

const VERDICT: &str = include_str!("../../schema/verdict.schema.json");
const ATTACK: &str = include_str!("../../schema/attack.schema.json");

pub fn schema(SchemaArguments { of }: &SchemaArguments) -> ExitCode {
    let schema = match of {
        Of::Verdict => VERDICT,
        Of::Attack => ATTACK,
    };
    print(schema).unwrap_or_else(|failure| failure)
}
