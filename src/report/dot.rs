//! Graphs in the language of Graphviz: who can talk to whom, and who lied to whom; and the ring of copies that
//! refutes a protocol.

use std::collections::BTreeMap;
use std::fmt::Write;

use itertools::Itertools;

use super::speech::speeches;
use super::story::{Actor, Mark, Story};

/// At most this many lies of one general to another are written out.
const WORDS: usize = 3;

/// The maximum length of a line in a label.
const LETTERS: usize = 26;

/// With more pairs than this, labels would cover everything: the lies become tooltips.
const CROWD: usize = 16;

/// With more generals than this, the edges of a complete graph show nothing useful.
const FEW: usize = 12;

/// Who lied to whom, on the graph of who can talk to whom.
#[must_use]
pub fn dot(story: &Story) -> String {
    let Story { setting, generals, edges, .. } = story;
    let mut text = begin(&format!("{setting}\n{}", story.ending.told()));
    let few = generals.len() <= FEW;
    for actor in generals {
        let Actor { id, name, traitor, input, .. } = actor;
        let given = input.as_ref().map(|input| format!("\n{input}"));
        let decided = actor.conclusion().map(|decides| format!("\n{decides}"));
        let label = if few { name.clone() } else { id.to_string() };
        let label = label + &given.unwrap_or_default() + &decided.unwrap_or_default();
        let place = place(*id, generals.len());
        let class = if *traitor { ", color=\"#cf222e\", fillcolor=\"#ffebe9\"" } else { "" };
        line(&mut text, &format!("g{id} [label={}{place}{class}]", quoted(&label)));
    }
    let wrongs = wrongs(story);
    let complete = || (0..generals.len()).array_combinations();
    let shown = edges.clone().or_else(|| few.then(|| complete().collect()));
    for [one, other] in shown.unwrap_or_default() {
        let pairs = [(one, other), (other, one)];
        // A lie is drawn in place of its edge.
        if !wrongs.keys().any(|(from, to, _)| pairs.contains(&(*from, *to))) {
            line(&mut text, &format!("g{one} -> g{other} [dir=none, color=\"#d1d9e0\"]"));
        }
    }
    let place = if wrongs.len() > CROWD { "tooltip" } else { "label" };
    for ((from, to, lie), mut told) in wrongs {
        let more = told.len().saturating_sub(WORDS);
        told.truncate(WORDS);
        told.extend((more > 0).then(|| format!("and {more} more")));
        let colour = if lie { "#cf222e" } else { "#bc4c00" };
        let told = quoted(&told.join("\n"));
        let shape = format!("style=dashed, color=\"{colour}\", fontcolor=\"{colour}\"");
        line(&mut text, &format!("g{from} -> g{to} [{place}={told}, {shape}, penwidth=1.6]"));
    }
    text + "}\n"
}

/// For each sender and receiver, the messages with which something is wrong; those that are lies separately.
type Wrongs = BTreeMap<(usize, usize, bool), Vec<String>>;

fn wrongs(story: &Story) -> Wrongs {
    let mut wrongs = Wrongs::new();
    for step in &story.rounds {
        for speech in speeches(&step.messages) {
            let Some(mark @ (Mark::Lie | Mark::Late | Mark::Lost)) = speech.mark else { continue };
            for to in &speech.to {
                let wrong = wrongs.entry((speech.from, *to, mark == Mark::Lie)).or_default();
                let told = format!("{}: {}", step.title().to_lowercase(), speech.told());
                wrong.push(textwrap::fill(&told, LETTERS));
            }
        }
    }
    wrongs
}

/// The place of a general on a circle, the commander at the top.
pub(super) fn place(general: usize, n: usize) -> String {
    let angle = std::f64::consts::TAU * general as f64 / n.max(1) as f64;
    let radius = 1.3 + 0.22 * n as f64;
    let [x, y] = [angle.sin() * radius * 1.5, angle.cos() * radius];
    format!(", pos=\"{x:.2},{y:.2}!\"")
}

pub(super) fn begin(title: &str) -> String {
    let font = "fontname=\"Helvetica,Arial,sans-serif\"";
    let mut text = format!("digraph turncoat {{\n    label={}\n", quoted(title));
    line(&mut text, &format!("graph [layout=neato, labelloc=b, {font}, splines=true]"));
    let node = "shape=box, style=\"rounded,filled\", fillcolor=\"#ddf4ff\", color=\"#0969da\"";
    line(&mut text, &format!("node [{node}, {font}]"));
    line(&mut text, &format!("edge [{font}, fontsize=10]"));
    text
}

pub(super) fn line(text: &mut String, line: &str) {
    writeln!(text, "    {line}").expect("a string takes all");
}

/// A quoted string of the language, in which nothing is markup or an escape.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            // Graphviz replaces named characters, as HTML does.
            '&' => quoted += "&amp;",
            _ if letter.is_control() => quoted.push('\u{fffd}'),
            _ => quoted.push(letter),
        }
    }
    quoted + "\""
}
