//! The ring of copies that refutes a protocol, and the worlds in which the copies live: for Graphviz, and as a
//! drawing in a page.

use std::f64::consts::TAU;

use itertools::Itertools;

use super::dot::{begin, line, place, quoted};
use super::refuted::{ArgumentInWords, RefutationInWords, WorldInWords};
use crate::general::Generals;
use crate::impossibility::argument::Construction;
use crate::impossibility::covering::Double;
use crate::impossibility::world::Must;
#[cfg(feature = "pages")]
use crate::{outcome::Task, report::markup::escaped};

/// The places of a ring: every group, once for each layer.
pub(super) struct Ring<'a> {
    groups: &'a [Generals],
    layers: usize,
}

impl<'a> Ring<'a> {
    /// Whether copies stand in a ring: in an argument with late messages there is only one copy of each general.
    fn is_there(argument: &ArgumentInWords) -> bool {
        argument.theorem != Construction::Partition
    }

    pub fn of(ArgumentInWords { theorem, groups, .. }: &'a ArgumentInWords) -> Ring<'a> {
        Ring { groups, layers: if *theorem == Construction::Halves { 1 } else { 2 } }
    }

    /// The number of places.
    pub fn places(&self) -> usize {
        self.groups.len() * self.layers
    }

    /// The group whose copies stand in a place.
    pub fn group(&self, place: usize) -> Generals {
        self.groups[place % self.groups.len()]
    }

    /// The letter of the group in a place, with a mark for the other layer: "A'".
    pub fn letter(&self, place: usize) -> String {
        let letter = char::from(b'A' + (place % self.groups.len()) as u8);
        format!("{letter}{}", if place < self.groups.len() { "" } else { "'" })
    }

    /// Whether all copies in a place are loyal in a world.
    pub fn lives(&self, place: usize, world: &WorldInWords) -> bool {
        let layer = place / self.groups.len();
        self.group(place).iter().all(|general| world.loyal.contains(&Double { general, layer }))
    }

    /// The places that are not empty.
    fn inhabited(&self) -> Vec<usize> {
        (0..self.places()).filter(|place| !self.group(*place).is_empty()).collect()
    }
}

/// The ring for Graphviz, group by group, with each world next to it, connected to the groups that are loyal in it.
/// None if there is no argument, or no ring.
#[must_use]
pub fn ring(refuted: &RefutationInWords) -> Option<String> {
    let RefutationInWords { protocol, verdict, task, argument, .. } = refuted;
    let argument = argument.as_ref().filter(|argument| Ring::is_there(argument))?;
    let ring = Ring::of(argument);
    let (places, there) = (ring.places(), ring.inhabited());
    let mut text = begin(&format!("{protocol}: {verdict}"));
    for number in &there {
        let names = task.names(ring.group(*number));
        let label = quoted(&format!("{}\n{names}", ring.letter(*number)));
        line(&mut text, &format!("c{number} [label={label}{}]", place(*number, places)));
    }
    for (one, other) in there.iter().circular_tuple_windows().take(there.len()) {
        line(&mut text, &format!("c{one} -> c{other} [dir=none, color=\"#59636e\", penwidth=2]"));
    }
    for (number, world) in argument.worlds.iter().enumerate() {
        let must = match &world.must {
            Must::Decide(value) => format!("must decide {value}"),
            Must::Agree => "must decide the same".to_owned(),
        };
        let broken = world.story.ending.violated.is_some();
        let end = match (broken, &world.forgery) {
            (true, _) => "\nviolated",
            (false, Some(_)) => "\na signature is lacking",
            (false, None) => "",
        };
        let label = quoted(&format!("World {}\nthe loyal {must}{end}", number + 1));
        let colour = if broken { "#cf222e" } else { "#1a7f37" };
        let shape = format!("shape=box, style=dashed, color=\"{colour}\", fontcolor=\"{colour}\"");
        let lives = there.iter().copied().filter(|place| ring.lives(*place, world)).collect_vec();
        let outside = outside(&lives, places);
        line(&mut text, &format!("w{number} [label={label}, {shape}{outside}]"));
        for at in lives {
            let shape = format!("dir=none, style=dotted, color=\"{colour}\"");
            line(&mut text, &format!("w{number} -> c{at} [{shape}]"));
        }
    }
    Some(text + "}\n")
}

/// A position outside the ring, near these of its places.
fn outside(lives: &[usize], places: usize) -> String {
    let angle = |place: usize| TAU * place as f64 / places as f64;
    let sum = lives
        .iter()
        .fold([0.0, 0.0], |[x, y], place| [x + angle(*place).sin(), y + angle(*place).cos()]);
    let length = f64::hypot(sum[0], sum[1]).max(0.1);
    let radius = 2.4 + 0.22 * places as f64;
    let [x, y] = sum.map(|part| part / length * radius);
    format!(", pos=\"{:.2},{y:.2}!\"", x * 1.6)
}

/// The sizes of the drawing, in pixels.
#[cfg(feature = "pages")]
const CENTRE: [f64; 2] = [320.0, 270.0];
#[cfg(feature = "pages")]
const RADIUS: f64 = 150.0;

/// The ring as an SVG drawing for a page, with this label: each world is an arc along those who are loyal in it. None
/// if there is no ring.
#[cfg(feature = "pages")]
pub(super) fn drawn(argument: &ArgumentInWords, task: Task, told: &str) -> Option<String> {
    let ring = Ring::is_there(argument).then(|| Ring::of(argument))?;
    let there = ring.inhabited();
    let angle = |number: usize| TAU * (number as f64 / there.len() as f64 - 0.25);
    let mut text =
        format!("<svg viewBox=\"0 0 640 560\" role=\"img\" aria-label=\"{}\">\n", escaped(told));
    for number in 0..there.len() {
        let [[x1, y1], [x2, y2]] = [number, number + 1].map(|number| at(angle(number), RADIUS));
        text += &format!(
            "<path class=\"thread\" d=\"M{x1} {y1}A{RADIUS} {RADIUS} 0 0 1 {x2} {y2}\"/>\n"
        );
    }
    for (number, world) in argument.worlds.iter().enumerate() {
        let lives = |number: usize| ring.lives(there[number % there.len()], world);
        // The first of the neighbouring places that live in this world, and how many they are.
        let before = |number: usize| lives(number + there.len() - 1);
        let first = (0..there.len()).find(|number| lives(*number) && !before(*number));
        let Some(first) = first.or_else(|| lives(0).then_some(0)) else { continue };
        let count = (0..there.len()).take_while(|more| lives(first + more)).count();
        let radius = RADIUS + 74.0 + 15.0 * number as f64 % 45.0;
        let [start, end] = [angle(first) - 0.22, angle(first + count - 1) + 0.22];
        let [[x1, y1], [x2, y2]] = [start, end].map(|angle| at(angle, radius));
        let large = u8::from(end - start > TAU / 2.0);
        // Leave room beside the arc for the world's label.
        let middle = (start + end) / 2.0;
        let [x, y] = at(middle, radius + 14.0 + 28.0 * middle.cos().abs());
        let broken = if world.story.ending.violated.is_some() { " broken" } else { "" };
        text += &format!(
            "<path class=\"arc{broken}\" d=\"M{x1} {y1}A{radius} {radius} 0 {large} 1 {x2} {y2}\"/>\
             <text class=\"world{broken}\" x=\"{x}\" y=\"{}\">World {}</text>\n",
            y + 4,
            number + 1
        );
    }
    for (number, place) in there.iter().enumerate() {
        let [x, y] = at(angle(number), RADIUS);
        let (letter, name) = (ring.letter(*place), task.names(ring.group(*place)));
        let (letter, name) = (escaped(&letter.replace('\'', "\u{2032}")), escaped(&name));
        text += &format!(
            "<circle class=\"copy\" cx=\"{x}\" cy=\"{y}\" r=\"26\"/><text x=\"{x}\" y=\"{}\">{letter}</text>\
             <text class=\"name\" x=\"{x}\" y=\"{}\">{name}</text>\n",
            y + 5,
            y + 44
        );
    }
    Some(text + "</svg>")
}

#[cfg(feature = "pages")]
fn at(angle: f64, radius: f64) -> [i32; 2] {
    let [x, y] = CENTRE;
    [(x + radius * angle.cos()).round() as i32, (y + radius * angle.sin()).round() as i32]
}
