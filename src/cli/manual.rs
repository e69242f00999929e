//! `turncoat man`: the manual.

use std::path::PathBuf;
use std::process::ExitCode;

use clap_mangen::Man;

use super::answer::{BadInput, print};

#[derive(clap::Args)]
pub struct ManualArguments {
    /// Write one page per command into this folder
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub const AFTER_HELP: &str = "\
Examples: turncoat man | man -l -
          turncoat man --dir ~/.local/share/man/man1";

pub fn manual(
    ManualArguments { dir }: &ManualArguments,
    command: clap::Command,
) -> Result<ExitCode, BadInput> {
    if let Some(folder) = dir {
        let refused = |error| BadInput(format!("{} can't be written: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(refused)?;
        clap_mangen::generate_to(command, folder).map_err(refused)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut page = Vec::new();
    Man::new(command).render(&mut page).map_err(BadInput::new)?;
    Ok(print(&String::from_utf8_lossy(&page)).unwrap_or_else(|failure| failure))
}
