//! What the program says about itself: `turncoat list`, `schema`, `completions` and `man`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use clap_complete::Shell;
use clap_mangen::Man;
use itertools::Itertools;
use serde_json::json;

use super::answer::{BadInput, PlainFormat, as_text, print};
use super::program::Program;
use super::protocols::Protocol;

#[derive(clap::Args)]
pub struct ListArguments {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: PlainFormat,
}

/// Prints the protocols, what each claims, and its source.
pub fn list(program: &Program, arguments: &ListArguments) -> Result<ExitCode, BadInput> {
    let line = |what: &str, said: &str| match said {
        "" => String::new(),
        said => format!("  {what}: {said}\n"),
    };
    let described = |Protocol { name, title, claim, source, .. }: &Protocol| {
        format!("{name}\n  {title}\n{}{}", line("claims", claim), line("source", source))
    };
    print(&match arguments.format {
        PlainFormat::Json => as_text(&json!(program.protocols)),
        PlainFormat::Text => program.protocols.iter().map(described).join("\n"),
    })
}

#[derive(clap::Args)]
pub struct SchemaArguments {
    /// Format that the schema describes
    #[arg(value_enum)]
    of: Schema,
}

/// The JSON Schemas, which are files in `schema/`.
#[derive(Clone, Copy, ValueEnum)]
enum Schema {
    /// JSON output of check, sweep, hunt, refute and replay
    Verdict,
    /// Attack files
    Attack,
    /// View files, for suspects
    View,
    /// JSON output of suspects
    Suspects,
    /// Questions to a program that is checked by exec, and its answers
    Exec,
}

pub const SCHEMA_EXAMPLE: &str = "\
Example: turncoat schema attack > attack.schema.json";

pub fn schema(arguments: &SchemaArguments) -> Result<ExitCode, BadInput> {
    print(match arguments.of {
        Schema::Verdict => include_str!("../../schema/verdict.schema.json"),
        Schema::Attack => include_str!("../../schema/attack.schema.json"),
        Schema::View => include_str!("../../schema/view.schema.json"),
        Schema::Suspects => include_str!("../../schema/suspects.schema.json"),
        Schema::Exec => include_str!("../../schema/exec.schema.json"),
    })
}

#[derive(clap::Args)]
pub struct CompletionsArguments {
    /// Shell to complete for
    #[arg(value_enum)]
    shell: Shell,
}

pub const COMPLETIONS_EXAMPLES: &str = "\
Examples: turncoat completions bash > ~/.local/share/bash-completion/completions/turncoat
          turncoat completions fish > ~/.config/fish/completions/turncoat.fish
          turncoat completions zsh > ~/.zfunc/_turncoat";

pub fn completions(
    arguments: &CompletionsArguments,
    mut command: clap::Command,
) -> Result<ExitCode, BadInput> {
    let mut text = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut text);
    print(&String::from_utf8_lossy(&text))
}

#[derive(clap::Args)]
pub struct ManualArguments {
    /// Write one page per command into this folder
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub const MANUAL_EXAMPLES: &str = "\
Examples: turncoat man | man -l -
          turncoat man --dir ~/.local/share/man/man1";

pub fn manual(arguments: &ManualArguments, command: clap::Command) -> Result<ExitCode, BadInput> {
    if let Some(folder) = &arguments.dir {
        let refused = |error| BadInput(format!("{} can't be written: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(refused)?;
        clap_mangen::generate_to(command, folder).map_err(refused)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut page = Vec::new();
    Man::new(command).render(&mut page).map_err(BadInput::new)?;
    print(&String::from_utf8_lossy(&page))
}
