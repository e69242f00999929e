//! Artifacts of a failing test: what it writes for people to look at, into the folder that `TURNCOAT_REPORT_DIR`
//! names, so that a CI can keep it.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::{env, fs, io, thread};

use serde::Serialize;

use crate::attack::{Attack, AttackOn};
use crate::execution::{Counterexample, ExecutionOf};
use crate::fault::guarded;
use crate::files;
use crate::report::attack_file::AttackFile;
use crate::report::mermaid::mermaid;
use crate::report::story::Story;
use crate::report::svg::svg;
use crate::testable::Testable;

/// The environment variable that names the folder.
const FOLDER: &str = "TURNCOAT_REPORT_DIR";

/// Writes a picture of what broke a protocol, and the attack's `Debug` text, and answers with one line for each file
/// written. Writes nothing if no folder is named. Overwrites what the same test left before.
pub(crate) fn write_artifacts<P: Testable>(found: &Counterexample<P>) -> String {
    write_artifacts_of(&found.protocol, &found.attack, &found.execution)
}

/// The same for an execution under an attack.
pub(crate) fn write_artifacts_of<P: Testable>(
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
) -> String {
    written(protocol, attack, execution, |_| ("attack.txt", debugged(attack)))
}

/// The `Debug` text of an attack, or why there is none.
fn debugged<V: Debug, M: Debug>(attack: &Attack<V, M>) -> String {
    guarded(|| format!("{attack:#?}\n")).unwrap_or_else(|said| format!("{said}\n"))
}

/// The same as [`write_artifacts`], with an attack file.
pub(crate) fn write_artifacts_with_attack<P>(found: &Counterexample<P>) -> String
where
    P: Testable<Value: Serialize, Message: Serialize>,
{
    let Counterexample { attack, execution, protocol, .. } = found;
    written(protocol, attack, execution, |story| {
        ("attack.json", AttackFile::write(&story.protocol, attack))
    })
}

/// Writes the files into the folder, if one is named, and says where they are.
fn written<P: Testable>(
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
    file: impl FnOnce(&Story) -> (&'static str, String),
) -> String {
    let folder = env::var_os(FOLDER).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let Some(folder) = folder else { return String::new() };
    let story = Story::of(protocol, attack, execution);
    match write(&folder, &story, file(&story)) {
        Ok(files) => {
            files.iter().map(|file| format!("\nReport written to {}", file.display())).collect()
        }
        Err(error) => {
            format!("\nCannot write a report to {FOLDER}={}: {error}", folder.display())
        }
    }
}

fn write(folder: &Path, story: &Story, attack: (&str, String)) -> io::Result<Vec<PathBuf>> {
    let thread = thread::current();
    let stem = plain(&format!("{} {}", thread.name().unwrap_or("test"), story.setting));
    fs::create_dir_all(folder)?;
    let write = |(kind, text): (&str, String)| {
        let file = folder.join(format!("{stem}.{kind}"));
        files::write(&file, &text).map(|()| file)
    };
    let summary = Some(("md", summary(story)));
    let pictures = [page(story), Some(("svg", svg(story))), summary, Some(attack)];
    pictures.into_iter().flatten().map(write).collect()
}

/// What was violated, and a drawing, in Markdown: for the summary of a job in CI.
fn summary(story: &Story) -> String {
    let Story { setting, ending, .. } = story;
    format!("### {setting}\n\n{}\n\n```mermaid\n{}```\n", ending.sentence, mermaid(story))
}

#[cfg(feature = "pages")]
fn page(story: &Story) -> Option<(&'static str, String)> {
    let verdict = if story.ending.violated.is_some() { "broken" } else { "holds" };
    let text = format!("{}\n\n{}\n", story.setting, story.ending.sentence);
    Some(("html", crate::report::page::page(Some(story), verdict, &text)))
}

#[cfg(not(feature = "pages"))]
fn page(_: &Story) -> Option<(&'static str, String)> {
    None
}

/// Turns a text into a plain file name.
fn plain(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let name: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    name.join("-").chars().take(150).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_plain_names() {
        assert_eq!(plain("mine::it_holds OM(1) among 3"), "mine-it_holds-OM-1-among-3");
        assert_eq!(plain("../..//"), "");
    }
}
