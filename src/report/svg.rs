//! An execution as a Lamport diagram, for papers and READMEs: a line of time for each general, and an
//! arrow for each message.
//!
//! Time goes down. What one general says alike to several in a round is one row: its arrows, and beside
//! the diagram its words, so that words never cover arrows. Lies are red and dashed, and so is what a
//! traitor does not say; what is late or lost is orange.
//!
//! Where there is much, it stays readable: the columns of many generals are narrow and bear numbers, and
//! in a crowded round what is as it should be is drawn thin and close, without words, and counted; each
//! lie keeps a row and words of its own. So 31 generals and 200 messages in a round take about a screen and
//! a half.

use std::fmt::Write;

use super::markup::escaped;
use super::picture::{Actor, Mark, Picture};
use super::speech::{Scene, Speech, ending};

/// The diagram, as an SVG file of its own: with its own colours, light and dark, and without any script.
///
/// ```
/// use turncoat::report::picture::Picture;
/// use turncoat::report::svg::svg;
/// use turncoat::{OralMessages, check};
///
/// let found = check(OralMessages::new(1)).generals(3).traitors(1).assert_broken();
/// let picture = Picture::of(&found.protocol, &found.attack, &found.execution);
/// assert!(svg(&picture).starts_with("<svg "));
/// ```
#[must_use]
pub fn svg(picture: &Picture) -> String {
    let scenes = Scene::all(picture);
    let mut canvas = Canvas::of(picture, &scenes);
    canvas.heads(&picture.generals);
    for scene in &scenes {
        canvas.scene(scene);
    }
    canvas.decisions(&picture.generals);
    canvas.ending(picture);
    canvas.file(picture)
}

/// The sizes of things, in pixels.
const MARGIN: f64 = 24.0;
const ROW: f64 = 30.0;
const THIN_ROW: f64 = 6.0;
const SLOPE: f64 = 15.0;
const LETTER: f64 = 7.6;
const BOLD: f64 = 8.4;
const LINE: f64 = 18.0;

/// To more receivers than this arrows do not fan out, but fall from one line.
const FAN: usize = 6;

/// How many letters of what is said fit on a line.
const WORDS: usize = 64;

const STYLE: &str = "
text { font: 13px ui-sans-serif, system-ui, 'DejaVu Sans', sans-serif; fill: #1f2328 }
.paper { fill: #ffffff } .title { font-weight: 600; font-size: 15px } .faint { fill: #59636e }
.life { stroke: #8c959f } .round { stroke: #d1d9e0 }
.said { stroke: #57606a; fill: none } .head { fill: #57606a } .thin { stroke-width: .6; opacity: .6 } .whole { stroke-dasharray: none }
.lie { stroke: #cf222e; stroke-dasharray: 6 4; fill: none; stroke-width: 1.8 } .liar { fill: #cf222e }
.odd { stroke: #bc4c00; stroke-dasharray: 2 3; fill: none; stroke-width: 1.8 } .late { fill: #bc4c00 }
.loyal { fill: #ddf4ff; stroke: #0969da } .traitor { fill: #ffebe9; stroke: #cf222e }
.box { fill: #f6f8fa; stroke: #59636e } .bold { font-weight: 600 } .middle { text-anchor: middle }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .paper { fill: #0d1117 } .faint { fill: #9198a1 }
.life { stroke: #656c76 } .round { stroke: #3d444d }
.said { stroke: #9198a1 } .head { fill: #9198a1 }
.lie { stroke: #f85149 } .liar { fill: #ff7b72 } .odd { stroke: #f0883e } .late { fill: #f0883e }
.loyal { fill: #121d2f; stroke: #4493f8 } .traitor { fill: #25171c; stroke: #f85149 }
.box { fill: #151b23; stroke: #9198a1 }
}
";

/// How lines and what is filled look.
fn classes(mark: Option<Mark>) -> (&'static str, &'static str) {
    match mark {
        Some(Mark::Lie) => ("lie", "liar"),
        Some(Mark::First | Mark::Late | Mark::Lost) => ("odd", "late"),
        None => ("said", "head"),
    }
}

/// What is drawn so far.
struct Canvas {
    shapes: String,
    /// How far down.
    y: f64,
    /// Where the lines of time begin and end.
    top: f64,
    bottom: f64,
    /// How far the generals are from each other.
    column: f64,
    /// Where the words begin, and how wide all is.
    words: f64,
    width: f64,
}

impl Canvas {
    fn of(picture: &Picture, scenes: &[Scene]) -> Canvas {
        let generals = picture.generals.len();
        let column = match generals {
            0..=5 => 130.0,
            6..=9 => 118.0,
            10..=16 => 56.0,
            _ => 34.0,
        };
        let words = MARGIN + column * generals as f64 + 8.0;
        let told = scenes.iter().flat_map(|scene| {
            let crowded = scene.is_crowded();
            let told = scene.speeches.iter().filter(move |it| it.mark.is_some() || !crowded);
            told.map(|speech| speech.told().chars().count())
        });
        let letters = told.max().unwrap_or(0).clamp(24, WORDS);
        let width = words + letters as f64 * (LETTER - 0.4) + MARGIN;
        let y = MARGIN;
        Canvas { shapes: String::new(), y, top: y, bottom: y, column, words, width }
    }

    /// The line of time of a general.
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

    /// Who there is, and with which input.
    fn heads(&mut self, actors: &[Actor]) {
        self.y += 60.0;
        for (general, Actor { name, traitor, input, .. }) in actors.iter().enumerate() {
            let (x, y) = (self.x(general), self.y);
            let class = if *traitor { "traitor" } else { "loyal" };
            let who = if *traitor { format!("{name}, a traitor") } else { name.clone() };
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
        }
        self.y += 42.0;
        self.top = self.y;
    }

    /// What there is room for in a column.
    fn fitting(&self, text: &str, letter: f64) -> String {
        let most = ((self.column - 8.0) / letter) as usize;
        match text.chars().count() > most {
            true => text.chars().take(most.saturating_sub(1)).chain(['\u{2026}']).collect(),
            false => text.to_owned(),
        }
    }

    /// One round.
    fn scene(&mut self, scene: &Scene) {
        let y = self.y + 8.0;
        let (left, right) = (MARGIN - 12.0, self.width - 12.0);
        self.add(format_args!(
            r#"<line x1="{left:.0}" y1="{y:.0}" x2="{right:.0}" y2="{y:.0}" class="round"/>"#
        ));
        let words = self.words;
        self.text([words, y + 20.0], "bold", &format!("Round {}", scene.round));
        self.y = y + 32.0;
        let crowded = scene.is_crowded();
        let (plain, marked): (Vec<_>, Vec<_>) =
            scene.speeches.iter().partition(|speech| crowded && speech.mark.is_none());
        if !plain.is_empty() {
            let count = format!("{} messages as loyalty has them", scene.unmarked());
            self.text([words, self.y + 18.0], "faint", &count);
            self.y += 8.0;
            for speech in &plain {
                self.thin(speech);
                self.y += THIN_ROW;
            }
            self.y += ROW / 2.0;
        }
        for speech in marked {
            self.arrows(speech);
            self.words(speech);
        }
    }

    /// An arrow to each receiver; from one line, where there are many.
    fn arrows(&mut self, speech: &Speech) {
        let (line, head) = classes(speech.mark);
        let (x, y) = (self.x(speech.from), self.y);
        // What never arrives ends on its way.
        let lost = speech.silent || speech.mark == Some(Mark::Lost);
        let many = speech.to.len() > FAN;
        if many {
            self.trunk(speech, &format!("class=\"{line}\""));
        }
        for to in &speech.to {
            let (end, down) = (self.x(*to), y + SLOPE);
            let from = if many { [end, y] } else { [x, y] };
            let (far, title) = (end - from[0], self.title(speech, *to));
            let length = far.hypot(SLOPE);
            let [along, across] = [far / length, SLOPE / length];
            let reach = if lost { length * 0.6 } else { length - 7.0 };
            let tip = [from[0] + along * reach, y + across * reach];
            self.add(format_args!(
                r#"<path d="M{:.1} {y:.1}L{:.1} {:.1}" class="{line}">{title}</path>"#,
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
        }
        self.add(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="2.5" class="{head}"/>"#));
    }

    /// A level line that reaches all receivers.
    fn trunk(&mut self, speech: &Speech, class: &str) {
        let reached = speech.to.iter().chain([&speech.from]).map(|general| self.x(*general));
        let (left, right) =
            reached.fold((f64::MAX, 0.0_f64), |(left, right), x| (left.min(x), right.max(x)));
        let y = self.y;
        self.add(format_args!(r#"<path d="M{left:.1} {y:.1}H{right:.1}" {class}/>"#));
    }

    /// The same thin and without words: a dot for who speaks, and a stroke for each receiver.
    fn thin(&mut self, speech: &Speech) {
        let (x, y) = (self.x(speech.from), self.y);
        self.trunk(speech, "class=\"said thin\"");
        let strokes: String =
            speech.to.iter().map(|to| format!("M{:.1} {y:.1}v3", self.x(*to))).collect();
        let title =
            escaped(&format!("{} to {}: {}", speech.from, speech.receivers(), speech.told()));
        self.add(format_args!(r#"<path d="{strokes}" class="said"><title>{title}</title></path>"#));
        self.add(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="2" class="head"/>"#));
    }

    fn title(&self, speech: &Speech, to: usize) -> String {
        let told = escaped(&format!("{} to {to}: {}", speech.from, speech.told()));
        format!("<title>{told}</title>")
    }

    /// What is said, beside its arrows.
    fn words(&mut self, speech: &Speech) {
        let class = if speech.mark.is_some() { classes(speech.mark).1 } else { "" };
        let (words, y) = (self.words, self.y);
        let told = speech.told();
        let lines = textwrap::wrap(&told, WORDS);
        for (number, line) in lines.iter().enumerate() {
            self.text([words, y + 12.0 + number as f64 * LINE], class, line);
        }
        self.y += ROW + LINE * lines.len().saturating_sub(1) as f64;
    }

    /// What each general decided.
    fn decisions(&mut self, actors: &[Actor]) {
        self.y += 14.0;
        self.bottom = self.y;
        let (y, column) = (self.y, self.column);
        let narrow = column < 90.0;
        let decided = actors.iter().enumerate();
        let decided = decided.filter_map(|(id, actor)| Some((id, actor.decision.as_deref()?)));
        let letters = decided.clone().map(|(_, text)| text.chars().count()).max().unwrap_or(0);
        let letters = letters.min(24);
        let height = if narrow { 18.0 + letters as f64 * BOLD } else { 28.0 };
        for (general, text) in decided {
            let x = self.x(general);
            let width = if narrow { 24.0 } else { column - 14.0 };
            self.add(format_args!(
                r#"<rect x="{:.0}" y="{y:.0}" width="{width:.0}" height="{height:.0}" rx="5" class="box"><title>{}</title></rect>"#,
                x - width / 2.0,
                escaped(&format!("{general} decides {text}"))
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

    /// What came of it.
    fn ending(&mut self, picture: &Picture) {
        self.y += 18.0;
        let class = if picture.ending.violated.is_some() { "bold liar" } else { "bold" };
        let letters = ((self.width - 2.0 * MARGIN) / BOLD) as usize;
        for line in textwrap::wrap(&ending(picture), letters) {
            let y = self.y;
            self.text([MARGIN, y], class, &line);
            self.y += LINE + 1.0;
        }
    }

    /// All of it, on paper.
    fn file(self, picture: &Picture) -> String {
        let (width, height) = (self.width, self.y + MARGIN - 12.0);
        let mut lives = String::new();
        let bottom = self.bottom;
        for (general, actor) in picture.generals.iter().enumerate() {
            let (x, class) = (self.x(general), if actor.traitor { "lie" } else { "life" });
            writeln!(
                lives,
                r#"<line x1="{x:.0}" y1="{:.0}" x2="{x:.0}" y2="{bottom:.0}" class="{class}"/>"#,
                self.top
            )
            .expect("a string takes all");
        }
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" role="img" aria-labelledby="title desc">
<title id="title">{title}</title>
<desc id="desc">{ending}</desc>
<style>{STYLE}</style>
<rect width="100%" height="100%" rx="8" class="paper"/>
<text x="{MARGIN:.0}" y="34" class="title">{title}</text>
{lives}{shapes}</svg>
"#,
            title = escaped(&picture.setting),
            ending = escaped(&ending(picture)),
            shapes = self.shapes
        )
    }
}
