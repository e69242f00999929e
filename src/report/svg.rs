//! An execution as a Lamport diagram, for papers and READMEs: a lifeline for each general, and an arrow for each
//! message.
//!
//! Time runs downwards. The equal messages of one general to several others in a round share a row: arrows in the
//! diagram, and words beside it, so that words never cover arrows. Lies, and messages that a traitor withholds, are
//! red and dashed; late or lost messages are orange.
//!
//! Large diagrams stay readable. The columns of many generals are narrow and labelled with numbers. In a crowded
//! round, messages with which nothing is wrong are drawn thin and close together, without words, and counted; each
//! lie keeps its own row and words. So 31 generals and 200 messages in a round take about a screen and a half.

mod canvas;

use self::canvas::Canvas;
use super::markup::escaped;
#[cfg(feature = "pages")]
use super::story::Step;
use super::story::Story;

/// The diagram, as an SVG file of its own: with its own colours, light and dark, and without any script.
///
/// ```
/// use turncoat::report::story::Story;
/// use turncoat::report::svg::svg;
/// use turncoat::{OralMessages, check};
///
/// let found = check(OralMessages::new(1)).generals(3).traitors(1).assert_broken();
/// let story = Story::of(&found.protocol, &found.attack, &found.execution);
/// assert!(svg(&story).starts_with("<svg "));
/// ```
#[must_use]
pub fn svg(story: &Story) -> String {
    let mut canvas = Canvas::of(story);
    canvas.heads(TITLE, &story.generals);
    for step in &story.rounds {
        canvas.round(step);
    }
    canvas.decisions(&story.generals);
    canvas.ending(&story.ending);
    let (shapes, [width, height]) = canvas.drawn(&story.generals);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" role="img" aria-labelledby="title desc">
<title id="title">{title}</title>
<desc id="desc">{ending}</desc>
<style>{STYLE}</style>
<rect width="100%" height="100%" rx="8" class="paper"/>
<text x="{left:.0}" y="34" class="title">{title}</text>
{shapes}</svg>
"#,
        left = canvas::MARGIN,
        title = escaped(&story.setting),
        ending = escaped(&story.ending.told()),
    )
}

/// One round, or, without a step, the generals before the first round, for a page that contains the [style](STYLE),
/// with this label. Generals and arrows respond to the pointer. In a narrow window, the words beside the arrows,
/// which begin at `--lanes`, can be cut off.
#[cfg(feature = "pages")]
pub(super) fn frame(story: &Story, step: Option<&Step>, label: &str) -> String {
    let mut canvas = Canvas::of(story).live();
    canvas.heads(0.0, &story.generals);
    match step {
        Some(step) => canvas.round(step),
        None => canvas.ends(),
    }
    if step.is_some_and(|step| step.round == story.rounds.len()) {
        canvas.decisions(&story.generals);
    }
    let lanes = canvas.lanes();
    let (shapes, [width, height]) = canvas.drawn(&story.generals);
    format!(
        r#"<svg class="diagram" viewBox="0 0 {width:.0} {height:.0}" preserveAspectRatio="xMinYMin slice" style="--lanes: {lanes:.0}; --width: {width:.0}; --height: {height:.0}" role="group" aria-label="{}">
{shapes}</svg>"#,
        escaped(label)
    )
}

/// The height of the title.
const TITLE: f64 = 38.0;

/// The style sheet, for light and dark.
pub(super) const STYLE: &str = "
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
