//! The ring of copies from which the worlds of a refutation are cut.

use std::f64::consts::TAU;

use crate::impossibility::argument::{Argument, Construction};
use crate::impossibility::covering::Double;
use crate::testable::Testable;
use crate::verdict::Refutation;

pub(super) struct Ring {
    pub told: String,
    pub copies: Vec<Copied>,
    pub threads: Vec<String>,
    pub arcs: Vec<Arc>,
}

/// A group of generals, copied.
pub(super) struct Copied {
    pub x: i32,
    pub y: i32,
    pub letter: String,
    pub name: String,
}

/// A world: those who are loyal in it stand beside each other.
pub(super) struct Arc {
    pub path: String,
    pub name: String,
    pub x: i32,
    pub y: i32,
    pub broken: bool,
}

const CENTRE: [f64; 2] = [320.0, 270.0];
const RADIUS: f64 = 150.0;

fn at(angle: f64, radius: f64) -> [i32; 2] {
    let [x, y] = CENTRE;
    [(x + radius * angle.cos()).round() as i32, (y + radius * angle.sin()).round() as i32]
}

impl Ring {
    pub fn of<P: Testable>(refutation: &Refutation<P>, argument: &Argument<P>) -> Ring {
        let layers = if argument.theorem == Construction::Halves { 1 } else { 2 };
        let groups = &argument.groups;
        let all =
            (0..groups.len() * layers).map(|place| (place / groups.len(), place % groups.len()));
        let there: Vec<(usize, usize)> =
            all.filter(|(_, group)| !groups[*group].is_empty()).collect();
        let angle = |place: usize| TAU * (place as f64 / there.len() as f64 - 0.25);
        let copies = there.iter().enumerate().map(|(place, (layer, group))| {
            let [x, y] = at(angle(place), RADIUS);
            let letter = char::from(b'A' + *group as u8);
            let prime = if *layer == 0 { "" } else { "\u{2032}" };
            let name = refutation.task.names(groups[*group]);
            Copied { x, y, letter: format!("{letter}{prime}"), name }
        });
        let threads = (0..there.len()).map(|place| {
            let [x1, y1] = at(angle(place), RADIUS);
            let [x2, y2] = at(angle(place + 1), RADIUS);
            format!("M{x1} {y1}A{RADIUS} {RADIUS} 0 0 1 {x2} {y2}")
        });
        let arcs = argument.worlds.iter().enumerate().filter_map(|(number, world)| {
            let lives = |place: usize| {
                let (layer, group) = there[place % there.len()];
                let lives = |general| world.loyal.contains(&Double { general, layer });
                groups[group].iter().all(lives)
            };
            // The first of those who stand beside each other, and how many they are.
            let before = |place: usize| lives(place + there.len() - 1);
            let first = (0..there.len()).find(|place| lives(*place) && !before(*place));
            let first = first.or_else(|| lives(0).then_some(0))?;
            let count = (0..there.len()).take_while(|more| lives(first + more)).count();
            let radius = RADIUS + 74.0 + 15.0 * number as f64 % 45.0;
            let [start, end] = [angle(first) - 0.22, angle(first + count - 1) + 0.22];
            let [[x1, y1], [x2, y2]] = [start, end].map(|angle| at(angle, radius));
            let large = u8::from(end - start > TAU / 2.0);
            // Beside the arc there must be room for the word.
            let middle = (start + end) / 2.0;
            let [x, y] = at(middle, radius + 14.0 + 28.0 * middle.cos().abs());
            let broken = world.execution.violation().is_some();
            let name = format!("World {}", number + 1);
            let path = format!("M{x1} {y1}A{radius} {radius} 0 {large} 1 {x2} {y2}");
            Some(Arc { path, name, x, y: y + 4, broken })
        });
        Ring {
            told: "Copies of the generals, each in its seat, with other inputs. Where some of them stand \
                   beside each other they are the loyal of a world, and the traitors there play the rest \
                   of the ring: so whoever is in two worlds can't tell them apart."
                .to_owned(),
            arcs: arcs.collect(),
            threads: threads.collect(),
            copies: copies.collect(),
        }
    }
}
