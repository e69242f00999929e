//! The ring of copies by which a protocol is refuted, in the language of Graphviz, with the worlds in which
//! they live.

use itertools::Itertools;

use super::dot::{begin, line, place, quoted};
use crate::impossibility::argument::Construction;
use crate::impossibility::covering::Double;
use crate::impossibility::world::Must;
use crate::testable::Testable;
use crate::verdict::Refutation;

/// The ring, group by group; each world beside it, joined with the groups that are loyal in it. Nothing
/// where nothing is argued.
#[must_use]
pub fn ring<P: Testable>(refutation: &Refutation<P>) -> Option<String> {
    let Refutation { name, task, argument, .. } = refutation;
    let argument = argument.as_ref()?;
    let layers = if argument.theorem == Construction::Halves { 1 } else { 2 };
    let groups = argument.groups.len();
    let places = groups * layers;
    let mut text = begin(&format!("{name}: {}", refutation.name()));
    for number in 0..places {
        let (group, layer) = (argument.groups[number % groups], number / groups);
        if group.is_empty() {
            continue;
        }
        let letter = char::from(b'A' + (number % groups) as u8);
        let prime = if layer == 0 { "" } else { "'" };
        let label = quoted(&format!("{letter}{prime}\n{}", task.names(group)));
        line(&mut text, &format!("c{number} [label={label}{}]", place(number, places)));
    }
    let there =
        (0..places).filter(|number| !argument.groups[number % groups].is_empty()).collect_vec();
    for (one, other) in there.iter().circular_tuple_windows().take(there.len()) {
        line(&mut text, &format!("c{one} -> c{other} [dir=none, color=\"#59636e\", penwidth=2]"));
    }
    for (number, world) in argument.worlds.iter().enumerate() {
        let must = match &world.must {
            Must::Decide(value) => format!("must decide {value:?}"),
            Must::Agree => "must decide the same".to_owned(),
        };
        let broken = world.execution.violation().is_some();
        let end = match (broken, &world.forgery) {
            (true, _) => "\nviolated",
            (false, Some(_)) => "\na signature is lacking",
            (false, None) => "",
        };
        let label = quoted(&format!("World {}\nthe loyal {must}{end}", number + 1));
        let colour = if broken { "#cf222e" } else { "#1a7f37" };
        let shape = format!("shape=box, style=dashed, color=\"{colour}\", fontcolor=\"{colour}\"");
        let lives = there.iter().filter(|place| {
            let (group, layer) = (argument.groups[**place % groups], **place / groups);
            group.iter().all(|general| world.loyal.contains(&Double { general, layer }))
        });
        let lives = lives.collect_vec();
        let outside = outside(&lives, places);
        line(&mut text, &format!("w{number} [label={label}, {shape}{outside}]"));
        for at in lives {
            let shape = format!("dir=none, style=dotted, color=\"{colour}\"");
            line(&mut text, &format!("w{number} -> c{at} [{shape}]"));
        }
    }
    Some(text + "}\n")
}

/// A place outside the ring, between these of its places.
fn outside(lives: &[&usize], places: usize) -> String {
    let angle = |place: usize| std::f64::consts::TAU * place as f64 / places as f64;
    let sum = lives
        .iter()
        .fold([0.0, 0.0], |[x, y], place| [x + angle(**place).sin(), y + angle(**place).cos()]);
    let length = f64::hypot(sum[0], sum[1]).max(0.1);
    let radius = 2.4 + 0.22 * places as f64;
    let [x, y] = sum.map(|part| part / length * radius);
    format!(", pos=\"{:.2},{y:.2}!\"", x * 1.6)
}
