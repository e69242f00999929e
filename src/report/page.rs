//! A web page: one file that contains everything, and loads nothing else. It shows executions to step through, the
//! worlds of a refutation side by side, or the frontier of a sweep; and all of it also as tables and text.
//!
//! Each round is drawn as in an [SVG file](mod@super::svg), and what is said is listed below it. A reader can select
//! a general to see only what it says and hears, so 31 generals and hundreds of messages remain readable.

mod scene;

use askama::Template;
use itertools::Itertools;

use self::scene::Player;
use super::capital;
use super::grid::{Cell, axes};
use super::refuted::{ArgumentInWords, RefutationInWords, heard};
use super::ring::drawn;
use super::story::{Message, Story};
use super::svg::STYLE;
use crate::protocol::Round;

/// In all tables of a page together, at most this many messages that are not lies are shown; the rest are counted.
const ROWS: usize = 1000;

#[derive(Template, Default)]
#[template(path = "page.html")]
struct Page<'a> {
    title: String,
    verdict: String,
    class: &'static str,
    lead: Vec<String>,
    map: Option<Map>,
    /// The drawing of the ring.
    ring: Option<String>,
    ring_told: &'static str,
    views: Vec<Pair>,
    /// Whether the sections are shown side by side.
    worlds: bool,
    sections: Vec<Section<'a>>,
    tables: Vec<MessageTable<'a>>,
    text: String,
    style: &'static str,
    /// The style sheet of the drawings.
    drawn: &'static str,
    script: &'static str,
}

struct Section<'a> {
    anchor: String,
    heading: String,
    lead: Vec<String>,
    player: Player<'a>,
}

/// Everything that was said, as a table.
struct MessageTable<'a> {
    heading: String,
    story: &'a Story,
    /// Each message with its round.
    rows: Vec<(usize, &'a Message)>,
    rest: String,
}

/// What one general sees in two worlds.
struct Pair {
    told: String,
    general: usize,
    name: String,
    same: bool,
    /// The number of each world, and what the general sees there.
    views: [(usize, Vec<String>); 2],
}

/// The frontier.
struct Map {
    columns: Vec<usize>,
    /// The cells for each n.
    rows: Vec<(usize, Vec<MapCell>)>,
}

struct MapCell {
    class: &'static str,
    word: String,
    /// The link to its counterexample, if there is one.
    link: String,
    bound: bool,
}

impl<'a> Page<'a> {
    /// A page with this title and verdict, and the whole answer as text.
    fn new(title: String, verdict: &str, text: &str) -> Page<'a> {
        Page {
            title,
            class: match verdict {
                "holds" => "holds",
                "broken" | "refuted" => "broken",
                _ => "other",
            },
            verdict: verdict.to_uppercase(),
            ring_told: RING,
            text: text.to_owned(),
            style: include_str!("../../templates/page.css"),
            drawn: STYLE,
            script: include_str!("../../templates/page.js"),
            ..Page::default()
        }
    }

    fn add(&mut self, anchor: String, heading: String, lead: Vec<String>, story: &'a Story) {
        let id = format!("player-{}", self.sections.len() + 1);
        let what = if heading.is_empty() { "Everything that is said" } else { &heading };
        let rows = self.tables.iter().flat_map(|table| &table.rows);
        let told = rows.filter(|(_, message)| !message.is_lie()).count();
        self.tables.push(table(what.to_owned(), story, ROWS.saturating_sub(told)));
        self.sections.push(Section { anchor, heading, lead, player: Player::of(id, story) });
    }

    fn written(&self) -> String {
        self.render().expect("a string takes all")
    }
}

/// The page of one answer: the execution to show, if there is one, and the answer as text.
///
/// ```
/// use turncoat::report::page::page;
/// use turncoat::report::story::Story;
/// use turncoat::{OralMessages, check};
///
/// let found = check(OralMessages::new(1)).generals(3).traitors(1).assert_broken();
/// let story = Story::of(&found.protocol, &found.attack, &found.execution);
/// let page = page(Some(&story), "broken", &found.to_string());
/// assert!(page.starts_with("<!doctype html>") && page.contains("OM(1) among 3 generals"));
/// ```
#[must_use]
pub fn page(story: Option<&Story>, verdict: &str, text: &str) -> String {
    let title = story.map_or_else(|| setting(text), |story| &story.setting);
    let mut page = Page::new(title.to_owned(), verdict, text);
    if let Some(story) = story {
        page.lead = story.cast.iter().cloned().chain([story.counted()]).collect();
        page.add(String::new(), String::new(), Vec::new(), story);
    }
    page.written()
}

/// The page of a refutation: the worlds side by side, what each witness sees in two of them, the ring from which the
/// worlds are cut, and the refutation as text.
#[must_use]
pub fn refutation_page(refuted: &RefutationInWords, text: &str) -> String {
    let RefutationInWords { verdict, argument, task, .. } = refuted;
    let mut page = Page::new(setting(text).to_owned(), verdict, text);
    let Some(argument) = argument else { return page.written() };
    let ArgumentInWords { worlds, witnesses, until, .. } = argument;
    page.worlds = true;
    for (number, world) in worlds.iter().enumerate() {
        let (number, story) = (number + 1, &world.story);
        let lead = story.cast.iter().cloned().chain([story.counted()]).collect();
        page.add(format!("world-{number}"), format!("World {number}"), lead, story);
    }
    page.views = witnesses
        .iter()
        .map(|witness| {
            let general = witness.double.general.id();
            let both = [witness.world, witness.world + 1];
            let name = task.name(witness.double.general);
            let [one, other] = both.map(|world| world + 1);
            let cannot = if witness.same_view { "sees the same" } else { "does not see the same" };
            let lines = |world: usize| view(&worlds[world].story, general, *until);
            Pair {
                told: format!("In worlds {one} and {other} {name} {cannot}."),
                general,
                name: capital(&name),
                same: witness.same_view,
                views: both.map(|world| (world + 1, lines(world))),
            }
        })
        .collect();
    page.ring = drawn(argument, *task, RING);
    page.written()
}

const RING: &str = "Copies of the generals, each in its seat, with other inputs. Where some of them stand \
                    beside each other they are the loyal of a world, and the traitors there play the rest \
                    of the ring: so whoever is in two worlds can't tell them apart.";

/// The page of a sweep: the frontier, in which each broken cell links to its counterexample. If there is a bound, the
/// cells at the bound, with the fewest generals for each f, have a border.
#[must_use]
pub fn sweep_page(
    title: &str,
    cells: &[Cell],
    bound: impl Fn(usize) -> Option<usize>,
    stories: &[(usize, usize, Story)],
    text: &str,
) -> String {
    let mut page = Page::new(title.to_owned(), "frontier", text);
    let anchor = |n: usize, f: usize| format!("n{n}-f{f}");
    let [rows, columns] = axes(cells);
    let rows = rows.into_iter().map(|n| {
        let cell = |f: &usize| {
            let cell = cells.iter().find(|cell| (cell.n, cell.f) == (n, *f));
            let verdict = cell.and_then(|cell| cell.verdict);
            let drawn = stories.iter().any(|(of_n, of_f, _)| (*of_n, *of_f) == (n, *f));
            MapCell {
                class: match verdict {
                    Some("holds") => "holds",
                    Some("broken") => "broken",
                    _ => "other",
                },
                word: verdict.unwrap_or("-").to_owned(),
                link: if drawn { anchor(n, *f) } else { String::new() },
                bound: bound(*f) == Some(n),
            }
        };
        (n, columns.iter().map(cell).collect())
    });
    page.map = Some(Map { rows: rows.collect(), columns: columns.clone() });
    for (n, f, story) in stories {
        let heading = format!("n = {n}, f = {f}: {}", story.setting);
        let lead = story.cast.iter().cloned().chain([story.counted()]).collect();
        page.add(anchor(*n, *f), heading, lead, story);
    }
    page.written()
}

/// The part of an answer's first line that follows the verdict.
fn setting(text: &str) -> &str {
    let first = text.lines().next().unwrap_or_default();
    first.split_once(": ").map_or(first, |(_, setting)| setting)
}

/// Everything that a general hears up to this wave, and what it decides.
fn view(story: &Story, general: usize, until: Option<Round>) -> Vec<String> {
    let heard = heard(story, general, until).into_iter();
    let heard = heard.map(|heard| format!("{} {}", capital(&heard.from), heard.text));
    let given = story.generals[general].input.iter().map(|input| format!("Its input: {input}"));
    let decision = story.generals[general].conclusion();
    given.chain(heard).chain(decision.map(|decides| format!("It {decides}"))).collect()
}

fn table(heading: String, story: &Story, most: usize) -> MessageTable<'_> {
    let steps = story.rounds.iter();
    let messages = steps.flat_map(|step| step.messages.iter().map(|message| (step.round, message)));
    let messages = messages.collect_vec();
    let mut plain = 0;
    let shown = messages.iter().copied().filter(|(_, message)| {
        plain += usize::from(!message.is_lie());
        message.is_lie() || plain <= most
    });
    let rows = shown.collect_vec();
    let rest = match messages.len() - rows.len() {
        0 => String::new(),
        left => format!("And {left} more messages, all of them as loyalty has them."),
    };
    MessageTable { heading, story, rows, rest }
}
