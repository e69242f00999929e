//! `turncoat completions`: what a shell completes.

use std::process::ExitCode;

use clap_complete::{Shell, generate};

use super::answer::print;

#[derive(clap::Args)]
pub struct CompletionsArguments {
    /// Shell to complete for
    #[arg(value_enum)]
    shell: Shell,
}

pub const AFTER_HELP: &str = "\
Examples: turncoat completions bash > ~/.local/share/bash-completion/completions/turncoat
          turncoat completions fish > ~/.config/fish/completions/turncoat.fish
          turncoat completions zsh > ~/.zfunc/_turncoat";

pub fn completions(
    CompletionsArguments { shell }: &CompletionsArguments,
    mut command: clap::Command,
) -> ExitCode {
    let mut text = Vec::new();
    generate(*shell, &mut command, "turncoat", &mut text);
    print(&String::from_utf8_lossy(&text)).unwrap_or_else(|failure| failure)
}
