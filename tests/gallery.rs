//! The gallery shows what the program draws today. `UPDATE_EXPECT=1 cargo test gallery` redraws it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::command_line::{scratch, turncoat};

const GALLERY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/gallery");

#[test]
fn the_gallery_is_current() {
    let readme = fs::read_to_string(format!("{GALLERY}/README.md")).unwrap();
    let mut files = BTreeSet::from(["README.md".to_owned()]);
    for command in readme.lines().filter_map(|line| line.strip_prefix("$ turncoat ")) {
        let (command, file) = command.split_once(" -o ").expect("it is written to a file");
        let scratch = scratch(&format!("gallery-{file}"));
        let answer = turncoat(&format!("{command} -o {scratch}"));
        assert_eq!((answer.code, answer.err.as_str()), (1, ""), "turncoat {command}");
        let drawn = fs::read_to_string(&scratch).unwrap();
        let kept = Path::new(GALLERY).join(file);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&kept, drawn).unwrap();
        } else {
            let current = fs::read_to_string(&kept).is_ok_and(|kept| kept == drawn);
            assert!(current, "{file} is not current: UPDATE_EXPECT=1 cargo test gallery");
        }
        files.insert(file.to_owned());
    }
    // Each picture that the gallery's README shows is made here, and the folder holds no others.
    let shown = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    assert!(shown.clone().all(|file| files.contains(file)), "{:?}", shown.collect::<Vec<_>>());
    let there = fs::read_dir(GALLERY).unwrap().map(|entry| entry.unwrap().file_name());
    let there: BTreeSet<_> = there.map(|name| name.to_string_lossy().into_owned()).collect();
    assert_eq!(there, files);
}

/// The page on pictures shows two of them, one as text.
#[test]
fn the_docs_show_the_gallery() {
    let readme = include_str!("../docs/pictures.md");
    let mermaid = fs::read_to_string(format!("{GALLERY}/three_generals.mermaid")).unwrap();
    assert!(
        readme.contains(&format!("```mermaid\n{mermaid}```\n")),
        "docs/pictures.md: copy it there"
    );
    assert!(readme.contains("](gallery/three_generals.svg)"));
}
