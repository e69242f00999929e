//! Style that matters: floors, no circles of files, one meaning per type name, short files, first lines, and banned
//! words.
//!
//! The floors are those of the table in the docs of `src/lib.rs`, and are written nowhere else.
//!
//! For these tests an import is a path that code outside a file's own tests names: in a `use`, or in full. It leads to
//! the file where the thing is *defined*: re-exports are followed, so `crate::Order` is an import from `src/order.rs`.
//! A parent that only re-exports what its children define (`pub use self::child::Thing`) imports nothing; one whose own
//! code uses the `Thing` does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The longest a file may be.
const LINES: usize = 500;

/// Names that could hold anything: a file's name must say what is in it.
const NO_NAMES: [&str; 6] = ["util", "common", "types", "helpers", "prelude", "mod"];

/// The Rust files in a folder, at every depth.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, mut files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    let folders = folders.iter().filter(|folder| !folder.ends_with("target"));
    files.extend(folders.flat_map(|folder| self::files(folder)));
    files.sort();
    files
}

/// Every source file: its path from the top of the repository, and its text.
fn sources() -> Vec<(String, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["src", "tests", "examples", "benches"]
        .into_iter()
        .flat_map(|folder| files(&top.join(folder)));
    let read = |file: PathBuf| {
        let name = file.strip_prefix(top).unwrap().display().to_string();
        (name, fs::read_to_string(&file).unwrap())
    };
    files.map(read).collect()
}

/// The files of the library and the command line, without comments and without their tests.
pub fn house() -> BTreeMap<String, String> {
    let inside = sources().into_iter().filter(|(file, _)| file.starts_with("src/"));
    inside.map(|(file, text)| (file, code(&text))).collect()
}

fn code(text: &str) -> String {
    let tests = "#[cfg(test)]\nmod tests {";
    let code = text.split(tests).next().unwrap_or(text).lines();
    let code = code.map(|line| match line.trim_start().starts_with("//") {
        true => "",
        false => line.split(" // ").next().unwrap_or(line),
    });
    code.collect::<Vec<_>>().join("\n")
}

/// The room of a file: `search` for `src/search.rs` and for `src/search/choices/space.rs`.
fn room(file: &str) -> &str {
    let inside = file.strip_prefix("src/").unwrap_or(file);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

/// The floor of each room, from the table in the docs of the crate: rows `| floor | rooms | .. |`.
fn floors() -> BTreeMap<String, usize> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_to_string(top.join("src/lib.rs")).unwrap();
    let mut floors = BTreeMap::new();
    for line in docs.lines().filter_map(|line| line.strip_prefix("//! | ")) {
        let cells: Vec<&str> = line.split(" | ").collect();
        let Ok(floor) = cells[0].parse() else { continue };
        for name in cells[1].split('`').skip(1).step_by(2) {
            let before = floors.insert(name.to_owned(), floor);
            assert_eq!(before, None, "src/lib.rs puts {name} on two floors: keep one");
        }
    }
    floors
}

fn floor(floors: &BTreeMap<String, usize>, room: &str) -> usize {
    *floors.get(room).unwrap_or_else(|| {
        panic!("{room} is on no floor: give it one in the table in the docs of src/lib.rs")
    })
}

/// Every path that a piece of code names, with `use` trees taken apart: `a::{b, c::d}` is `a::b` and `a::c::d`. With
/// each path, the name under which a `pub use` re-exports it, if one does.
fn paths(code: &str) -> Vec<(Vec<String>, Option<String>)> {
    let mut paths = Vec::new();
    let mut rest = String::new();
    for statement in code.split_inclusive(';') {
        let start = statement.trim_start();
        let start = start.rsplit("]\n").next().unwrap_or(start).trim_start();
        let (shown, tree) = match start.split_once("use ") {
            Some(("", tree)) => (false, tree),
            Some((how, tree)) if how.starts_with("pub") && !how.contains('{') => (true, tree),
            _ => {
                rest.push_str(statement);
                continue;
            }
        };
        let tree: String =
            tree.trim_end_matches(';').split_whitespace().collect::<Vec<_>>().join(" ");
        taken_apart(&tree, &[], &mut |path, name| paths.push((path, shown.then_some(name))));
    }
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for path in rest.split(|c| !part(c)).filter(|path| path.contains("::")) {
        let path: Vec<_> = path.trim_start_matches("::").split("::").map(str::to_owned).collect();
        paths.push((path, None));
    }
    paths
}

/// Calls `leaf` with every path of a `use` tree, and with the name that it gets.
fn taken_apart(tree: &str, above: &[String], leaf: &mut dyn FnMut(Vec<String>, String)) {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once("::{").filter(|(head, _)| !head.contains(',')) {
        let above: Vec<_> =
            above.iter().cloned().chain(head.split("::").map(str::to_owned)).collect();
        return branches(group.strip_suffix('}').unwrap_or(group), &above, leaf);
    }
    if let Some(group) = tree.strip_prefix('{').and_then(|tree| tree.strip_suffix('}')) {
        return branches(group, above, leaf);
    }
    let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
    let mut path: Vec<_> =
        above.iter().cloned().chain(path.split("::").map(str::to_owned)).collect();
    path.pop_if(|last| last == "self" || last == "*");
    let name = if name.is_empty() { path.last().cloned().unwrap_or_default() } else { name.into() };
    leaf(path, name);
}

/// The branches of a group, separated by commas outside inner groups.
fn branches(group: &str, above: &[String], leaf: &mut dyn FnMut(Vec<String>, String)) {
    let (mut depth, mut from) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                taken_apart(&group[from..at], above, leaf);
                from = at + 1;
            }
            _ => (),
        }
    }
    if !group[from..].trim().is_empty() {
        taken_apart(&group[from..], above, leaf);
    }
}

/// The modules of the house and their re-exports, to find where a path leads.
struct Map {
    /// The file of each module: `search::choices` is `src/search/choices.rs`.
    modules: BTreeMap<Vec<String>, String>,
    /// What a module re-exports from elsewhere.
    shown: BTreeMap<(Vec<String>, String), Vec<String>>,
}

impl Map {
    fn of(house: &BTreeMap<String, String>) -> Map {
        let modules = house.keys().map(|file| (module(file), file.clone())).collect();
        let mut map = Map { modules, shown: BTreeMap::new() };
        for (file, code) in house {
            for (path, name) in paths(code) {
                let Some((path, name)) = map.absolute(&module(file), &path).zip(name) else {
                    continue;
                };
                map.shown.insert((module(file), name), path);
            }
        }
        map
    }

    /// A path from the top of the crate, if it stays in the crate.
    fn absolute(&self, here: &[String], path: &[String]) -> Option<Vec<String>> {
        let mut at = here.to_vec();
        let rest = match path[0].as_str() {
            "crate" => {
                at.clear();
                &path[1..]
            }
            "self" => &path[1..],
            "super" => {
                let up = path.iter().take_while(|part| *part == "super").count();
                at.truncate(here.len().checked_sub(up)?);
                &path[up..]
            }
            _ => {
                let child: Vec<_> = at.iter().chain(&path[..1]).cloned().collect();
                self.modules.contains_key(&child).then_some(path)?
            }
        };
        at.extend(rest.iter().cloned());
        Some(at)
    }

    /// The file where the thing at the end of a path is defined.
    fn file(&self, path: &[String]) -> Option<&str> {
        let mut path = path.to_vec();
        for _ in 0..10 {
            let len =
                (0..=path.len()).rev().find(|len| self.modules.contains_key(&path[..*len]))?;
            let shown = path.get(len).map(|name| (path[..len].to_vec(), name.clone()));
            match shown.and_then(|shown| self.shown.get(&shown)) {
                Some(there) => path = [there, &path[len + 1..]].concat(),
                None => return self.modules.get(&path[..len]).map(String::as_str),
            }
        }
        panic!("{path:?} is shown by re-exports in a circle")
    }

    /// The files from which a file imports, and what it takes from each.
    fn imports(&self, file: &str, code: &str) -> BTreeMap<&str, BTreeSet<String>> {
        let mut imports = BTreeMap::<_, BTreeSet<_>>::new();
        let body = body(code);
        for (path, name) in paths(code) {
            let used = |name: String| words(&body).any(|word| word == name);
            if name.is_some_and(|name| !used(name)) {
                continue;
            }
            let Some(path) = self.absolute(&module(file), &path) else { continue };
            let Some(other) = self.file(&path).filter(|other| *other != file) else { continue };
            let what = path.last().cloned().unwrap_or_default();
            imports.entry(other).or_default().insert(what);
        }
        imports
    }
}

/// A piece of code without its imports and module declarations.
fn body(code: &str) -> String {
    let statements = code.split_inclusive(';').filter(|statement| {
        let is_header = |line: &str| {
            let line =
                line.strip_prefix("pub").map_or(line, |line| line.trim_start_matches(|c| c != ' '));
            let line = line.trim_start();
            line.starts_with("use ") || line.starts_with("mod ")
        };
        !statement.lines().any(is_header) || statement.contains("fn ")
    });
    statements.collect()
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// The module of a file: none for the root, `search`, `choices` for `src/search/choices.rs`.
fn module(file: &str) -> Vec<String> {
    let inside = file.trim_start_matches("src/").trim_end_matches(".rs");
    if inside == "lib" { Vec::new() } else { inside.split('/').map(str::to_owned).collect() }
}

#[test]
fn every_room_has_a_floor_and_every_floor_has_rooms() {
    let (floors, house) = (floors(), house());
    let rooms: BTreeSet<&str> = house.keys().map(|file| room(file)).collect();
    for room in rooms.iter().filter(|room| **room != "lib") {
        floor(&floors, room);
    }
    for room in floors.keys() {
        assert!(rooms.contains(room.as_str()), "src/lib.rs has a floor for {room}: take it out");
    }
}

#[test]
fn a_file_imports_only_from_its_own_floor_and_those_below() {
    let (floors, house) = (floors(), house());
    let map = Map::of(&house);
    let mut wrong = Vec::new();
    for (file, code) in house.iter().filter(|(file, _)| room(file) != "lib") {
        for (other, what) in map.imports(file, code) {
            let above =
                room(other) == "lib" || floor(&floors, room(other)) > floor(&floors, room(file));
            if above {
                wrong.push(format!("{file} imports {what:?} from {other}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "imports from a higher floor: move what is needed down, or the file up (the floors are in \
         the docs of src/lib.rs):\n{}",
        wrong.join("\n")
    );
}

/// All files that a file reaches by its imports, directly or indirectly.
fn reached<'a>(imports: &Imports<'a>, from: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(file) = next.pop() {
        let imported = imports.get(file).into_iter().flat_map(BTreeMap::keys);
        next.extend(imported.filter(|imported| reached.insert(**imported)));
    }
    reached
}

type Imports<'a> = BTreeMap<&'a str, BTreeMap<&'a str, BTreeSet<String>>>;

/// For each file, the files that it imports from, and what. The root is left out: it only re-exports.
fn imports<'a>(map: &'a Map, house: &'a BTreeMap<String, String>) -> Imports<'a> {
    let files = house.iter().filter(|(file, _)| room(file) != "lib");
    files.map(|(file, code)| (file.as_str(), map.imports(file, code))).collect()
}

/// Groups of files that reach each other by imports.
fn circles<'a>(imports: &Imports<'a>) -> BTreeSet<BTreeSet<&'a str>> {
    let reached: BTreeMap<&str, _> =
        imports.keys().map(|file| (*file, reached(imports, file))).collect();
    let circle = |file: &str| -> BTreeSet<&'a str> {
        let back = reached[file]
            .iter()
            .filter(|other| reached.get(**other).is_some_and(|reached| reached.contains(file)));
        back.copied().collect()
    };
    imports.keys().map(|file| circle(file)).filter(|circle| !circle.is_empty()).collect()
}

/// A parent that only re-exports what its children define is in no circle with them; one that uses it is.
#[test]
fn a_circle_is_found() {
    let found = |parent: &str, child: &str| {
        let files =
            [("src/a.rs", parent), ("src/a/b.rs", child), ("src/a/c.rs", "use crate::a::B;")];
        let house = files.map(|(file, code)| (file.to_owned(), code.to_owned())).into();
        let map = Map::of(&house);
        let circles = circles(&imports(&map, &house));
        let join = |circle: BTreeSet<&str>| Vec::from_iter(circle).join(" ");
        circles.into_iter().map(join).collect::<Vec<_>>()
    };
    let shows = "mod b;\nmod c;\npub use self::b::{B, Other};\npub struct A;\n";
    let uses = &format!("{shows}fn of(_: &B) {{}}\n");
    assert_eq!(Vec::<String>::new(), found(shows, "use super::A;\nstruct B;"));
    assert_eq!(vec!["src/a.rs src/a/b.rs"], found(uses, "use super::A;\nstruct B;"));
    assert_eq!(vec!["src/a/b.rs src/a/c.rs"], found(shows, "use super::c::{C, D};\nstruct B;"));
}

#[test]
fn there_is_no_circle_of_files() {
    let house = house();
    let map = Map::of(&house);
    let imports = imports(&map, &house);
    let circles = circles(&imports);
    let mut wrong = String::new();
    for circle in &circles {
        wrong += &format!("\na circle of {} files:\n", circle.len());
        for file in circle {
            for (other, what) in imports[file].iter().filter(|(other, _)| circle.contains(*other)) {
                wrong += &format!("  {file} takes {what:?} from {other}\n");
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "files that import each other can't be understood one by one: move what both need into a \
         file of its own, below both\n{wrong}"
    );
}

#[test]
fn a_type_name_means_one_thing() {
    let mut defined = BTreeMap::<String, Vec<String>>::new();
    for (file, code) in &house() {
        for line in code.lines() {
            let line = match line.strip_prefix("pub") {
                Some(line) => line.trim_start_matches(|c| c != ' ').trim_start(),
                None => line,
            };
            let kinds = ["struct ", "enum ", "trait ", "type ", "union "];
            let Some(name) = kinds.iter().find_map(|kind| line.strip_prefix(kind)) else {
                continue;
            };
            let name = words(name).next().unwrap_or_default().to_owned();
            defined.entry(name).or_default().push(file.clone());
        }
    }
    let twice = defined.iter().filter(|(_, files)| files.len() > 1);
    let list: Vec<_> = twice.map(|(name, files)| format!("{name}: {files:?}")).collect();
    assert!(
        list.is_empty(),
        "a type name that means two things: rename one of them after what it is\n{}",
        list.join("\n")
    );
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for (file, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= LINES, "{file} has {lines} lines: split it, at most {LINES} are allowed");
        let first = text.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("//! "),
            "{file} must begin with a line `//! ..`: what is it for?"
        );
    }
}

#[test]
fn only_the_top_floors_touch_the_world() {
    let (floors, house) = (floors(), house());
    let world = ["std::fs", "std::env", "std::io", "std::net", "std::process"];
    for (file, code) in house.iter().filter(|(file, _)| room(file) != "lib") {
        if floor(&floors, room(file)) >= floor(&floors, "check") {
            continue;
        }
        let found = world.iter().find(|module| code.contains(**module));
        assert_eq!(found, None, "{file}: files and the environment only from `check` up");
    }
}

/// A duration is data, and allowed; code that reads a clock is not deterministic.
#[test]
fn only_the_builders_and_the_command_line_read_a_clock() {
    let (floors, house) = (floors(), house());
    for (file, code) in house.iter().filter(|(file, _)| room(file) != "lib") {
        let clock = code.replace("use std::time::Duration;", "").contains("std::time");
        let allowed = floor(&floors, room(file)) >= floor(&floors, "hunt");
        assert!(!clock || allowed, "{file}: clocks belong to src/hunt.rs and src/cli");
    }
}

#[test]
fn nothing_is_left_undone() {
    // Split, so that this file does not contain the words.
    let undone = ["to", "unimplemen", "FIX", "#[igno"].into_iter().zip(["do!", "ted!", "ME", "re"]);
    let undone: Vec<String> = undone.map(|(start, end)| format!("{start}{end}")).collect();
    for (file, text) in sources() {
        let found = undone.iter().find(|word| text.contains(word.as_str()));
        assert_eq!(found, None, "{file}: finish it, or take it out");
        let parts = file.trim_end_matches(".rs").split('/');
        let found = parts.into_iter().find(|part| NO_NAMES.contains(part));
        assert_eq!(found, None, "{file}: name it after what lives there");
    }
}
