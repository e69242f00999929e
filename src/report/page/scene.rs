//! An execution to step through: generals around a table, and what is said in each round.

use std::f64::consts::TAU;

use itertools::Itertools;

use super::super::line::Mark;
use super::super::picture::{Held, Message, Picture, Step};

/// More messages than these are not all told beside the drawing, only the lies and some others.
const TOLD: usize = 40;

/// Of more generals than these only how they conclude is told.
const CROWD: usize = 16;

/// More arrows than these of what is no lie are not drawn.
const DRAWN: usize = 1000;

/// More arrows than these make a round crowded: what is no lie is drawn faintly.
const CROWDED: usize = 14;

/// More arrows than these are drawn more faintly still.
const PACKED: usize = 200;

/// More arrows than these leave no room for words.
const WORDY: usize = 7;

/// More generals than these leave no room for names.
const NAMED: usize = 9;

pub(super) struct Player {
    pub id: String,
    pub setting: String,
    pub lies: usize,
    pub width: usize,
    pub height: usize,
    pub rx: usize,
    pub ry: usize,
    pub radius: usize,
    pub named: bool,
    pub sealed: bool,
    pub forged: bool,
    pub seats: Vec<Seat>,
    pub frames: Vec<Frame>,
    pub violated: String,
    pub sentence: String,
}

pub(super) struct Seat {
    pub id: usize,
    pub x: i32,
    pub y: i32,
    /// Where its name stands.
    pub below: i32,
    pub name: String,
    pub told: String,
    pub traitor: bool,
}

/// One step: before the first round, or a round.
pub(super) struct Frame {
    pub title: String,
    pub summary: String,
    /// How densely it is drawn.
    pub class: &'static str,
    pub arrows: Vec<Arrow>,
    pub rows: Vec<Row>,
    pub rest: String,
    /// There are rounds to come.
    pub early: bool,
    pub held: Vec<Holding>,
}

/// All that one general says to another.
pub(super) struct Arrow {
    pub from: usize,
    pub to: usize,
    pub class: &'static str,
    pub title: String,
    pub path: String,
    pub head: String,
    pub word: String,
    pub x: i32,
    pub y: i32,
    pub wax: Vec<Wax>,
}

/// A seal on an arrow.
pub(super) struct Wax {
    pub x: i32,
    pub y: i32,
    pub by: usize,
    pub broken: bool,
}

pub(super) struct Row {
    pub class: &'static str,
    pub from: usize,
    pub to: usize,
    pub speaker: String,
    pub hearer: String,
    pub text: String,
    pub seals: Vec<Seal>,
    pub notes: Vec<String>,
}

pub(super) struct Seal {
    pub by: usize,
    pub class: &'static str,
    pub told: String,
}

pub(super) struct Holding {
    pub name: String,
    pub traitor: bool,
    pub vote: String,
    pub lines: Vec<String>,
}

/// Where the generals sit.
struct Ground {
    places: Vec<[f64; 2]>,
    radius: f64,
}

impl Player {
    pub fn of(id: String, picture: &Picture) -> Player {
        let n = picture.generals.len();
        let named = n <= NAMED;
        let (width, height) = if n > 16 { (860, 760) } else { (640, 500) };
        let radius = match n {
            0..=NAMED => 24,
            10..=16 => 18,
            _ => 14,
        };
        let (rx, ry) = (width / 2 - 90, height / 2 - 66);
        let place = |general: usize| {
            let angle = TAU * (general as f64 / n as f64 - 0.25);
            let [x, y] = [width, height].map(|side| side as f64 / 2.0);
            [x + rx as f64 * angle.cos(), y + ry as f64 * angle.sin()]
        };
        let ground = Ground { places: (0..n).map(place).collect(), radius: f64::from(radius) };
        let seats = picture.generals.iter().zip(&ground.places).map(|(actor, [x, y])| {
            let (x, y) = (x.round() as i32, y.round() as i32);
            let traitor = if actor.traitor { ", a traitor" } else { "" };
            let up = y < height as i32 / 2;
            Seat {
                id: actor.id,
                x,
                y,
                below: if up { y - radius - 10 } else { y + radius + 22 },
                name: actor.name.clone(),
                told: format!("{}{traitor}", super::super::capital(&actor.name)),
                traitor: actor.traitor,
            }
        });
        let start = Frame {
            title: "Before the first round".to_owned(),
            summary: picture.cast.join(" "),
            class: "",
            arrows: Vec::new(),
            rows: Vec::new(),
            rest: String::new(),
            early: !picture.rounds.is_empty(),
            held: holdings(picture, &picture.start, None),
        };
        let rounds = picture.rounds.iter().map(|step| frame(picture, step, &ground));
        let messages = || picture.rounds.iter().flat_map(|step| &step.messages);
        let mut seals = messages().flat_map(|message| &message.seals);
        Player {
            id,
            setting: picture.setting.clone(),
            lies: picture.lies().count(),
            width,
            height,
            rx,
            ry,
            radius: radius as usize,
            named,
            sealed: seals.clone().next().is_some(),
            forged: seals.any(|seal| seal.forged),
            seats: seats.collect(),
            frames: [start].into_iter().chain(rounds).collect(),
            violated: picture.ending.violated.clone().unwrap_or_default(),
            sentence: picture.ending.sentence.clone(),
        }
    }
}

fn frame(picture: &Picture, step: &Step, ground: &Ground) -> Frame {
    let Step { round, messages, held } = step;
    let wires = messages.iter().into_group_map_by(|message| (message.from, message.to));
    let wires = wires.into_iter().sorted_by_key(|((from, to), said)| {
        // What is odd is drawn last, above all else.
        (class(said.iter().copied()), *from, *to)
    });
    let wires = wires.collect_vec();
    let (crowded, wordy) = (wires.len() > CROWDED, wires.len() <= WORDY);
    // The last ones stand out.
    let drawn = wires.iter().rev().enumerate();
    let drawn = drawn
        .filter(|(place, (_, said))| *place < DRAWN || !class(said.iter().copied()).is_empty());
    let drawn = drawn.map(|(_, wire)| wire).collect_vec();
    let arrows = drawn
        .into_iter()
        .rev()
        .map(|((from, to), said)| arrow(picture, ground, [*from, *to], said, wordy, !crowded));
    let mut plain = 0;
    let told = messages.iter().filter(|message| {
        plain += usize::from(message.mark.is_none());
        message.mark.is_some() || plain <= TOLD
    });
    // Lies first.
    let rows = told.map(|message| row(picture, message)).sorted_by_key(|row| row.class != "lie");
    let rows = rows.collect_vec();
    let lies = messages.iter().filter(|message| message.is_lie()).count();
    let rest = match messages.len() - rows.len() {
        0 => String::new(),
        left => format!("And {left} more messages, as loyalty has them."),
    };
    let count = |count: usize, one: &str, more: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    };
    Frame {
        title: format!("Round {round} of {}", picture.rounds.len()),
        summary: format!(
            "{}, {}.",
            count(messages.len(), "message", "messages"),
            count(lies, "lie", "lies")
        ),
        class: match wires.len() {
            0..=CROWDED => "",
            15..=PACKED => "crowded",
            _ => "packed",
        },
        arrows: arrows.collect(),
        rows,
        rest,
        early: *round < picture.rounds.len(),
        held: holdings(picture, held, (*round == picture.rounds.len()).then_some(())),
    }
}

/// How what is said on a wire is drawn: the later in the alphabet of this order, the more it stands out.
fn class<'m>(said: impl IntoIterator<Item = &'m Message>) -> &'static str {
    let mut class = "";
    for message in said {
        match message.mark {
            Some(Mark::Lie) => return "lie",
            Some(_) => class = "odd",
            None => {}
        }
    }
    class
}

fn arrow(
    picture: &Picture,
    ground: &Ground,
    [from, to]: [usize; 2],
    said: &[&Message],
    wordy: bool,
    sealed: bool,
) -> Arrow {
    let [[x1, y1], [x2, y2]] = [from, to].map(|general| ground.places[general]);
    let (dx, dy) = (x2 - x1, y2 - y1);
    let length = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    // Bent to one side, so that what comes back does not lie on it.
    let bend = length * 0.13;
    let (cx, cy) = ((x1 + x2) / 2.0 - uy * bend, (y1 + y2) / 2.0 + ux * bend);
    let away = |x: f64, y: f64, distance: f64| {
        let (vx, vy) = (cx - x, cy - y);
        let length = vx.hypot(vy).max(1.0);
        [x + vx / length * distance, y + vy / length * distance]
    };
    let [sx, sy] = away(x1, y1, ground.radius + 4.0);
    let [ex, ey] = away(x2, y2, ground.radius + 13.0);
    let [tx, ty] = away(x2, y2, ground.radius + 3.0);
    let (hx, hy) = (tx - ex, ty - ey);
    let head = format!(
        "M{:.0} {:.0}L{tx:.0} {ty:.0}L{:.0} {:.0}Z",
        ex - hy * 0.5,
        ey + hx * 0.5,
        ex + hy * 0.5,
        ey - hx * 0.5
    );
    // A third of the way: in the middle all arrows meet.
    let at = |t: f64| {
        let blend = |one: f64, bent: f64, other: f64| {
            (1.0 - t) * (1.0 - t) * one + 2.0 * t * (1.0 - t) * bent + t * t * other
        };
        [blend(sx, cx, ex).round() as i32, blend(sy, cy, ey).round() as i32]
    };
    let words = said.iter().map(|message| message.text.as_str());
    let title = format!(
        "{} to {}: {}",
        picture.name(from),
        picture.name(to),
        words.clone().take(8).join("; ")
    );
    let word = words.format("; ").to_string();
    let fits = wordy && word.chars().count() <= 14;
    let [x, y] = at(0.42);
    let seals = said.iter().filter(|_| sealed).flat_map(|message| &message.seals).take(6);
    let wax = seals.enumerate().map(|(number, seal)| {
        let [x, y] = at(0.62 + 0.07 * number as f64);
        Wax { x, y, by: seal.by, broken: seal.forged }
    });
    Arrow {
        from,
        to,
        class: class(said.iter().copied()),
        title,
        path: format!("M{sx:.0} {sy:.0}Q{cx:.0} {cy:.0} {ex:.0} {ey:.0}"),
        head,
        word: if fits { word } else { String::new() },
        x,
        y,
        wax: wax.collect(),
    }
}

fn row(picture: &Picture, message: &Message) -> Row {
    let Message { from, to, text, loyal, arrival, seals, forged, .. } = message;
    let loyal = loyal.iter().map(|loyal| format!("Loyalty would have said: {loyal}"));
    let forged = forged.iter().map(|how| format!("A forgery: {how}"));
    let arrival = arrival.iter().map(|how| super::super::capital(how));
    let seal = |seal: &super::super::picture::Stamp| {
        let how = match (seal.forged, seal.odd) {
            (true, _) => "forged: it claims to be signed by",
            (false, Some(odd)) => odd,
            (false, None) => "signed by",
        };
        let told = format!("{how} {}", picture.name(seal.by));
        let class = match (seal.forged, seal.odd) {
            (true, _) => " broken",
            (false, Some(_)) => " queer",
            (false, None) => "",
        };
        Seal { by: seal.by, class, told }
    };
    let signed = match seals.is_empty() {
        true => None,
        false => Some(format!("Signed by {}", super::signers(message))),
    };
    Row {
        class: class([message]),
        from: *from,
        to: *to,
        speaker: picture.name(*from).to_owned(),
        hearer: picture.name(*to).to_owned(),
        text: text.clone(),
        seals: seals.iter().map(seal).collect(),
        notes: loyal.chain(signed).chain(forged).chain(arrival).collect(),
    }
}

/// What each holds; at the end, with what it decides.
fn holdings(picture: &Picture, held: &[Held], end: Option<()>) -> Vec<Holding> {
    let crowd = picture.generals.len() > CROWD;
    let actors = picture.generals.iter().zip(held);
    let holdings = actors.map(|(actor, Held { lines, vote })| {
        let decided = actor.decision.as_ref().filter(|_| end.is_some());
        let vote = match (decided, vote) {
            (Some(decision), _) => format!("decides {decision}"),
            (None, Some(vote)) if end.is_none() => format!("would decide {vote}"),
            _ => String::new(),
        };
        Holding {
            name: super::super::capital(&actor.name),
            traitor: actor.traitor,
            vote,
            // Of many generals only how each concludes.
            lines: if crowd {
                lines.iter().rev().take(1).cloned().collect()
            } else {
                lines.clone()
            },
        }
    });
    holdings.collect()
}
