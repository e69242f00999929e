//! The frontier as an SVG map: one cell for each n and f, which shows where a protocol holds and where it is broken.

use std::fmt::Write;

use super::grid::{Cell, axes};
use super::markup::escaped;

const MARGIN: usize = 24;
const LEFT: usize = 80;
const TOP: usize = 92;
const WIDTH: usize = 92;
const HEIGHT: usize = 32;
const LETTER: usize = 9;

const STYLE: &str = "
text { font: 13px ui-sans-serif, system-ui, 'DejaVu Sans', sans-serif; fill: #1f2328 }
.paper { fill: #ffffff } .title { font-weight: 600; font-size: 15px } .faint { fill: #59636e }
.middle { text-anchor: middle } .holds { fill: #aceebb } .broken { fill: #ffcecb }
.bounded { fill: #fae17d } .refused { fill: #d1d9e0 } .none { fill: #f6f8fa }
.bound { fill: none; stroke: #1f2328; stroke-width: 2.5 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .paper { fill: #0d1117 } .faint { fill: #9198a1 }
.holds { fill: #0f5323 } .broken { fill: #78191b } .bounded { fill: #5c3f00 }
.refused { fill: #3d444d } .none { fill: #151b23 } .bound { stroke: #f0f6fc }
}
";

/// A row for each n and a column for each f, with these words above and below. If there is a bound, the cells at the
/// bound, with the fewest generals for each f, have a border.
#[must_use]
pub fn map(title: &str, cells: &[Cell], bound: impl Fn(usize) -> Option<usize>) -> String {
    let [rows, columns] = axes(cells);
    let lines = textwrap::wrap(title, 72);
    let letters = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let top = TOP + 20 * lines.len().saturating_sub(1);
    let width = (LEFT + columns.len() * WIDTH + MARGIN).max(letters * LETTER + 2 * MARGIN);
    let height = top + rows.len() * HEIGHT + MARGIN;
    let mut shapes = String::new();
    let mut text = |[x, y]: [usize; 2], class: &str, text: &str| {
        let text = escaped(text);
        writeln!(shapes, r#"<text x="{x}" y="{y}" class="{class}">{text}</text>"#)
            .expect("a string takes all");
    };
    for (number, line) in lines.iter().enumerate() {
        text([MARGIN, 34 + 20 * number], "title", line);
    }
    for (column, f) in columns.iter().enumerate() {
        text([LEFT + column * WIDTH + WIDTH / 2, top - 10], "middle faint", &format!("f = {f}"));
    }
    for (row, n) in rows.iter().enumerate() {
        text([MARGIN, top + row * HEIGHT + 20], "faint", &format!("n = {n}"));
    }
    for Cell { n, f, verdict } in cells {
        let place = |all: &[usize], one| all.iter().position(|other| other == one).unwrap_or(0);
        let (x, y) = (LEFT + place(&columns, f) * WIDTH, top + place(&rows, n) * HEIGHT);
        let (class, word) = match verdict {
            Some(verdict @ ("holds" | "broken" | "bounded")) => (*verdict, *verdict),
            Some(other) => ("refused", *other),
            None => ("none", "nobody is loyal"),
        };
        let size = format!(r#"width="{}" height="{}" rx="4""#, WIDTH - 4, HEIGHT - 4);
        let told = escaped(&format!("n = {n}, f = {f}: {word}"));
        let border = match bound(*f) {
            Some(least) if least == *n => {
                format!(r#"<rect x="{x}" y="{y}" {size} class="bound"/>"#)
            }
            _ => String::new(),
        };
        let shown = if verdict.is_some() { escaped(word) } else { "-".to_owned() };
        let middle = x + WIDTH / 2 - 2;
        writeln!(
            shapes,
            r#"<g><title>{told}</title><rect x="{x}" y="{y}" {size} class="{class}"/>{border}<text x="{middle}" y="{}" class="middle">{shown}</text></g>"#,
            y + 19
        )
        .expect("a string takes all");
    }
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title">
<title id="title">{}</title>
<style>{STYLE}</style>
<rect width="100%" height="100%" rx="8" class="paper"/>
{shapes}</svg>
"#,
        escaped(title)
    )
}

#[cfg(test)]
mod tests {
    use itertools::Itertools;

    use super::*;

    #[test]
    fn every_cell_is_there_and_those_at_the_bound_have_a_border() {
        let cell = |n: usize, f: usize| {
            let verdict = if n > 3 * f { "holds" } else { "broken" };
            Cell { n, f, verdict: (f < n).then_some(verdict) }
        };
        let cells = (1..=7).flat_map(|n| (1..=2).map(move |f| cell(n, f))).collect_vec();
        let map = map("<OM(f)>", &cells, |f| Some(3 * f + 1));
        assert_eq!(map.matches("class=\"holds\"").count(), 5);
        assert_eq!(map.matches("class=\"broken\"").count(), 6);
        assert_eq!(map.matches("class=\"none\"").count(), 3);
        assert_eq!(map.matches("class=\"bound\"").count(), 2);
        assert!(map.contains("<title id=\"title\">&lt;OM(f)&gt;</title>"));
    }
}
