//! The frontier: a grid of verdicts over n and f.

use std::fmt::Write;

use super::style::{Emphasis, Style};

/// One cell of the grid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    /// How many generals.
    pub n: usize,
    /// How many traitors at most.
    pub f: usize,
    /// "holds", "broken", "bounded" or "refused"; nothing where nobody would be loyal.
    pub verdict: Option<&'static str>,
}

/// Draws a row for each n and a column for each f. Cells that hold are in capitals, and a cell at
/// the bound, with the fewest generals for this f, is in brackets, if there is a bound.
#[must_use]
pub fn grid(cells: &[Cell], bound: impl Fn(usize) -> Option<usize>, style: Style) -> String {
    let mut rows: Vec<usize> = cells.iter().map(|cell| cell.n).collect();
    let mut columns: Vec<usize> = cells.iter().map(|cell| cell.f).collect();
    for axis in [&mut rows, &mut columns] {
        axis.sort_unstable();
        axis.dedup();
    }
    let mut text = String::from("       ");
    for f in &columns {
        write!(text, " {:^9}", format!("f = {f}")).expect("a string takes all");
    }
    for n in rows {
        write!(text, "\nn = {n:<3}").expect("a string takes all");
        for &f in &columns {
            let cell = cells.iter().find(|cell| (cell.n, cell.f) == (n, f));
            let verdict = match cell.and_then(|cell| cell.verdict) {
                Some("holds") => "HOLDS",
                Some(other) => other,
                None => "-",
            };
            let verdict =
                if bound(f) == Some(n) { format!("[{verdict}]") } else { verdict.to_owned() };
            let shown = match cell.and_then(|cell| cell.verdict) {
                Some(name) => style.paint(Emphasis::of(name), &verdict),
                None => verdict.clone(),
            };
            // Colours take no room.
            let verdict = format!("{verdict:^9}").replace(&verdict, &shown);
            write!(text, " {verdict}").expect("a string takes all");
        }
    }
    let lines = text.lines().map(str::trim_end).collect::<Vec<_>>();
    format!("{}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_frontier_is_seen_at_a_glance() {
        let verdict = |n: usize, f: usize| match (n, f) {
            (7, 2) => Some("bounded"),
            _ if f >= n => None,
            _ if n > 3 * f => Some("holds"),
            _ => Some("broken"),
        };
        let cells = [1, 2, 4, 7]
            .into_iter()
            .flat_map(|n| (1..=2).map(move |f| Cell { n, f, verdict: verdict(n, f) }));
        expect![[r#"
                      f = 1     f = 2
            n = 1       -         -
            n = 2    broken       -
            n = 4    [HOLDS]   broken
            n = 7     HOLDS   [bounded]
        "#]]
        .assert_eq(&grid(&cells.collect::<Vec<_>>(), |f| Some(3 * f + 1), Style::PLAIN));
    }
}
