//! The shapes of a diagram, drawn from the top down.

use std::fmt::Write;

use itertools::Itertools;

use crate::report::capital;
use crate::report::markup::escaped;
use crate::report::speech::{CROWD, Speech, count, told_in_words};
use crate::report::story::{Actor, Ending, Mark, Step, Story};

/// The height of a line for something that happens in a wave.
const HAPPENING: f64 = 17.0;

/// The sizes of things, in pixels.
pub(super) const MARGIN: f64 = 24.0;
const ROW: f64 = 30.0;
const THIN_ROW: f64 = 6.0;
const SLOPE: f64 = 15.0;
const LETTER: f64 = 7.6;
const BOLD: f64 = 8.4;
const LINE: f64 = 18.0;

/// Beyond this many receivers, arrows do not fan out, but drop from one line.
const FAN: usize = 6;

/// How many characters of a message fit on a line.
const WORDS: usize = 64;

/// At most this many speeches with which nothing is wrong are drawn in a crowded round.
const THIN_ROWS: usize = 400;

/// The style classes of lines and of filled shapes.
fn classes(mark: Option<Mark>) -> (&'static str, &'static str) {
    match mark {
        Some(Mark::Lie) => ("lie", "liar"),
        Some(Mark::First | Mark::Late | Mark::Lost) => ("odd", "late"),
        None => ("said", "head"),
    }
}

/// The drawing so far.
pub(super) struct Canvas {
    /// Whether generals and arrows respond to the pointer.
    live: bool,
    shapes: String,
    /// The vertical position of the next shape.
    y: f64,
    /// Where the lifelines begin and end.
    top: f64,
    bottom: f64,
    /// The distance between generals.
    column: f64,
    /// Where the words begin, and the total width.
    words: f64,
    width: f64,
}

impl Canvas {
    /// A canvas with room for these generals, and for the words beside them.
    pub fn of(story: &Story) -> Canvas {
        let generals = story.generals.len();
        let column = match generals {
            0..=5 => 130.0,
            6..=9 => 118.0,
            10..=16 => 56.0,
            _ => 34.0,
        };
        let words = MARGIN + column * generals as f64 + 8.0;
        let told = story.rounds.iter().flat_map(|step| told_in_words(&step.messages, CROWD).0);
        let letters = told.map(|speech| speech.told().chars().count());
        let letters = letters.max().unwrap_or(0).clamp(24, WORDS);
        let width = words + letters as f64 * (LETTER - 0.4) + MARGIN;
        let (live, shapes, y) = (false, String::new(), MARGIN);
        Canvas { live, shapes, y, top: y, bottom: y, column, words, width }
    }

    /// The same canvas, but generals and arrows respond to the pointer.
    #[cfg(feature = "pages")]
    pub fn live(self) -> Canvas {
        Canvas { live: true, ..self }
    }

    /// The width without the words.
    #[cfg(feature = "pages")]
    pub fn lanes(&self) -> f64 {
        self.words - 4.0
    }

    /// The horizontal position of a general's lifeline.
    fn x(&self, general: usize) -> f64 {
        MARGIN + self.column * (general as f64 + 0.5)
    }

    fn add(&mut self, shape: std::fmt::Arguments<'_>) {
        self.shapes.write_fmt(shape).expect("a string takes all");
        self.shapes.push('\n');
    }

    fn text(&mut self, [x, y]: [f64; 2], class: &str, text: &str) {
        self.add(format_args!(
            r#"<text x="{x:.0}" y="{y:.0}" class="{class}">{}</text>"#,
            escaped(text)
        ));
    }

    /// Opens a group that responds to the pointer, for what one general says to others; `close` ends it.
    fn open(&mut self, from: usize, to: &[usize]) {
        if self.live {
            let to = to.iter().format(" ");
            self.add(format_args!(r#"<g class="arrow" data-from="{from}" data-to="{to}">"#));
        }
    }

    fn close(&mut self) {
        if self.live {
            self.add(format_args!("</g>"));
        }
    }

    /// Draws the generals with their inputs, this far further down.
    pub fn heads(&mut self, down: f64, actors: &[Actor]) {
        self.y += down + 22.0;
        for (general, Actor { name, traitor, input, .. }) in actors.iter().enumerate() {
            let (x, y) = (self.x(general), self.y);
            let class = if *traitor { "traitor" } else { "loyal" };
            let who = if *traitor { format!("{name}, a traitor") } else { name.clone() };
            if self.live {
                let told = escaped(&capital(&who));
                self.add(format_args!(
                    r#"<g class="seat" data-id="{general}"><title>{told}: show only what it says and hears</title>"#
                ));
            }
            self.add(format_args!(
                r#"<circle cx="{x:.0}" cy="{y:.0}" r="15" class="{class}"><title>{}</title></circle>"#,
                escaped(&who)
            ));
            let bold = if *traitor { "bold middle liar" } else { "bold middle" };
            self.text([x, y + 5.0], bold, &general.to_string());
            if self.column > 60.0 {
                let name = self.fitting(name, LETTER);
                let class = if *traitor { "middle liar" } else { "middle" };
                self.text([x, y - 23.0], class, &name);
            }
            if let Some(input) = input.as_ref().filter(|_| self.column > 60.0) {
                let input = self.fitting(input, LETTER);
                self.text([x, y + 32.0], "middle faint", &input);
            }
            self.close();
        }
        self.y += 42.0;
        self.top = self.y;
    }

    /// As much of a text as fits into a column.
    fn fitting(&self, text: &str, letter: f64) -> String {
        let most = ((self.column - 8.0) / letter) as usize;
        match text.chars().count() > most {
            true => text.chars().take(most.saturating_sub(1)).chain(['\u{2026}']).collect(),
            false => text.to_owned(),
        }
    }

    /// Draws one round.
    pub fn round(&mut self, step: &Step) {
        let (told, plain) = told_in_words(&step.messages, CROWD);
        let y = self.y + 8.0;
        let (left, right) = (MARGIN - 12.0, self.width - 12.0);
        self.add(format_args!(
            r#"<line x1="{left:.0}" y1="{y:.0}" x2="{right:.0}" y2="{y:.0}" class="round"/>"#
        ));
        let words = self.words;
        self.text([words, y + 20.0], "bold", &step.title());
        self.y = y + 32.0;
        for happening in &step.happenings {
            self.text([words, self.y + 12.0], "faint", happening);
            self.y += HAPPENING;
        }
        if let Some(plain) = plain.filter(|plain| !plain.is_empty()) {
            let count = format!("{} messages as loyalty has them", count(&plain));
            self.text([words, self.y + 18.0], "faint", &count);
            self.y += 8.0;
            for speech in plain.iter().take(THIN_ROWS) {
                self.thin(speech);
                self.y += THIN_ROW;
            }
            self.y += ROW / 2.0;
        }
        for speech in &told {
            self.open(speech.from, &speech.to);
            self.arrows(speech);
            self.words(speech);
            self.close();
        }
        self.ends();
    }

    /// Ends the lifelines here, unless more is drawn.
    pub fn ends(&mut self) {
        self.bottom = self.y + 6.0;
    }

    /// Draws an arrow to each receiver; many arrows drop from one line.
    fn arrows(&mut self, speech: &Speech<'_>) {
        let (line, head) = classes(speech.mark);
        let (x, y) = (self.x(speech.from), self.y);
        // The arrow of a message that never arrives ends on its way.
        let lost = speech.silent || speech.mark == Some(Mark::Lost);
        let many = speech.to.len() > FAN;
        if many {
            self.trunk(speech, &format!("class=\"{line}\""));
        }
        for to in &speech.to {
            self.open(speech.from, &[*to]);
            let (end, down) = (self.x(*to), y + SLOPE);
            let from = if many { [end, y] } else { [x, y] };
            let title = escaped(&format!("{} to {to}: {}", speech.from, speech.told()));
            let far = end - from[0];
            let length = far.hypot(SLOPE);
            let [along, across] = [far / length, SLOPE / length];
            let reach = if lost { length * 0.6 } else { length - 7.0 };
            let tip = [from[0] + along * reach, y + across * reach];
            self.add(format_args!(
                r#"<path d="M{:.1} {y:.1}L{:.1} {:.1}" class="{line}"><title>{title}</title></path>"#,
                from[0], tip[0], tip[1]
            ));
            let [bx, by] = [end - along * 9.0, down - across * 9.0];
            let [sx, sy] = [-across * 3.6, along * 3.6];
            match lost {
                true => self.add(format_args!(
                    r#"<path d="M{:.1} {:.1}l8 8m0 -8l-8 8" class="{line} whole"/>"#,
                    tip[0] - 4.0,
                    tip[1] - 4.0
                )),
                false => self.add(format_args!(
                    r#"<path d="M{end:.1} {down:.1}L{:.1} {:.1}L{:.1} {:.1}Z" class="{head}"/>"#,
                    bx + sx,
                    by + sy,
                    bx - sx,
                    by - sy
                )),
            }
            self.close();
        }
        self.add(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="2.5" class="{head}"/>"#));
    }

    /// Draws a horizontal line that reaches all receivers.
    fn trunk(&mut self, speech: &Speech<'_>, class: &str) {
        let reached = speech.to.iter().chain([&speech.from]).map(|general| self.x(*general));
        let (left, right) =
            reached.fold((f64::MAX, 0.0_f64), |(left, right), x| (left.min(x), right.max(x)));
        let y = self.y;
        self.add(format_args!(r#"<path d="M{left:.1} {y:.1}H{right:.1}" {class}/>"#));
    }

    /// Draws a message thinly and without words: a dot for the sender, and a stroke for each receiver.
    fn thin(&mut self, speech: &Speech<'_>) {
        let (x, y) = (self.x(speech.from), self.y);
        self.open(speech.from, &speech.to);
        self.trunk(speech, "class=\"said thin\"");
        let stroke = |to: &usize| format!("M{:.1} {y:.1}v3", self.x(*to));
        let strokes: String = speech.to.iter().map(stroke).collect();
        let title =
            escaped(&format!("{} to {}: {}", speech.from, speech.receivers(), speech.told()));
        self.add(format_args!(r#"<path d="{strokes}" class="said"><title>{title}</title></path>"#));
        self.add(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="2" class="head"/>"#));
        self.close();
    }

    /// Writes what is said beside its arrows.
    fn words(&mut self, speech: &Speech<'_>) {
        let class = if speech.mark.is_some() { classes(speech.mark).1 } else { "" };
        let (words, y) = (self.words, self.y);
        let told = speech.told();
        let lines = textwrap::wrap(&told, WORDS);
        for (number, line) in lines.iter().enumerate() {
            self.text([words, y + 12.0 + number as f64 * LINE], class, line);
        }
        self.y += ROW + LINE * lines.len().saturating_sub(1) as f64;
    }

    /// Draws what each general decided.
    pub fn decisions(&mut self, actors: &[Actor]) {
        self.y += 14.0;
        self.bottom = self.y;
        let (y, column) = (self.y, self.column);
        let narrow = column < 90.0;
        let decided = actors.iter().enumerate();
        let decided = decided.filter_map(|(id, actor)| {
            let undecided = actor.undecided.then_some("undecided");
            Some((id, actor.decision.as_deref().or(undecided)?, actor.conclusion()?))
        });
        let letters = decided.clone().map(|(_, text, _)| text.chars().count()).max().unwrap_or(0);
        let letters = letters.min(24);
        let height = if narrow { 18.0 + letters as f64 * BOLD } else { 28.0 };
        for (general, text, decides) in decided {
            let x = self.x(general);
            let width = if narrow { 24.0 } else { column - 14.0 };
            self.add(format_args!(
                r#"<rect x="{:.0}" y="{y:.0}" width="{width:.0}" height="{height:.0}" rx="5" class="box"><title>{}</title></rect>"#,
                x - width / 2.0,
                escaped(&format!("{general} {decides}"))
            ));
            if narrow {
                let text: String = text.chars().take(letters).collect();
                self.add(format_args!(
                    r#"<text transform="translate({:.0} {:.0}) rotate(90)" class="bold">{}</text>"#,
                    x - 5.0,
                    y + 9.0,
                    escaped(&text)
                ));
            } else {
                let text = self.fitting(text, BOLD + 0.5);
                self.text([x, y + 19.0], "bold middle", &text);
            }
        }
        let words = self.words;
        self.text([words, y + 19.0], "bold", "Decisions");
        self.y = y + height + 12.0;
    }

    /// Writes how it ended.
    pub fn ending(&mut self, ending: &Ending) {
        self.y += 18.0;
        let class = if ending.violated.is_some() { "bold liar" } else { "bold" };
        let letters = ((self.width - 2.0 * MARGIN) / BOLD) as usize;
        for line in textwrap::wrap(&ending.told(), letters) {
            let y = self.y;
            self.text([MARGIN, y], class, &line);
            self.y += LINE + 1.0;
        }
    }

    /// All shapes with the lifelines beneath them, and the width and height.
    pub fn drawn(mut self, actors: &[Actor]) -> (String, [f64; 2]) {
        let shapes = std::mem::take(&mut self.shapes);
        for (general, actor) in actors.iter().enumerate() {
            let (x, top, bottom) = (self.x(general), self.top, self.bottom);
            let class = if actor.traitor { "lie" } else { "life" };
            self.add(format_args!(
                r#"<line x1="{x:.0}" y1="{top:.0}" x2="{x:.0}" y2="{bottom:.0}" class="{class}"/>"#
            ));
        }
        (self.shapes + &shapes, [self.width, self.y + MARGIN - 12.0])
    }
}
