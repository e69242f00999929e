//! The ring as an SVG drawing, to stand in a page: an arc for each world, along those who are loyal in it.

use std::f64::consts::TAU;

use super::Ring;
use crate::outcome::Task;
use crate::report::markup::escaped;
use crate::report::refuted::ArgumentInWords;

/// The sizes of the drawing, in pixels.
const CENTRE: [f64; 2] = [320.0, 270.0];
const RADIUS: f64 = 150.0;

/// The drawing, with this label.
pub(in crate::report) fn drawn(argument: &ArgumentInWords, task: Task, told: &str) -> String {
    let ring = Ring::of(argument);
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
        // The first of those who stand beside each other, and how many they are.
        let before = |number: usize| lives(number + there.len() - 1);
        let first = (0..there.len()).find(|number| lives(*number) && !before(*number));
        let Some(first) = first.or_else(|| lives(0).then_some(0)) else { continue };
        let count = (0..there.len()).take_while(|more| lives(first + more)).count();
        let radius = RADIUS + 74.0 + 15.0 * number as f64 % 45.0;
        let [start, end] = [angle(first) - 0.22, angle(first + count - 1) + 0.22];
        let [[x1, y1], [x2, y2]] = [start, end].map(|angle| at(angle, radius));
        let large = u8::from(end - start > TAU / 2.0);
        // Beside the arc there must be room for the word.
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
    text + "</svg>"
}

fn at(angle: f64, radius: f64) -> [i32; 2] {
    let [x, y] = CENTRE;
    [(x + radius * angle.cos()).round() as i32, (y + radius * angle.sin()).round() as i32]
}
