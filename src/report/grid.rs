//! The frontier: a grid of verdicts over n and f.

use std::fmt::Write;

use itertools::Itertools;

use super::style::{Emphasis, Style};

/// One cell of the grid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    /// How many generals.
    pub n: usize,
    /// How many traitors at most.
    pub f: usize,
    /// "holds", "broken", "bounded" or "refused"; none where nobody would be loyal.
    pub verdict: Option<&'static str>,
}

/// Each n and each f of these cells, in ascending order.
pub(super) fn axes(cells: &[Cell]) -> [Vec<usize>; 2] {
    let axis = |of: fn(&Cell) -> usize| cells.iter().map(of).sorted().dedup().collect();
    [axis(|cell| cell.n), axis(|cell| cell.f)]
}

/// Draws a row for each n and a column for each f. Verdicts that hold are in capitals. If there is a bound, the cells
/// at the bound, with the fewest generals for each f, are in brackets.
#[must_use]
pub fn grid(cells: &[Cell], bound: impl Fn(usize) -> Option<usize>, style: Style) -> String {
    let [rows, columns] = axes(cells);
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
            // Colour codes take up no width.
            let verdict = format!("{verdict:^9}").replace(&verdict, &shown);
            write!(text, " {verdict}").expect("a string takes all");
        }
    }
    let lines = text.lines().map(str::trim_end).collect::<Vec<_>>();
    format!("{}\n", lines.join("\n"))
}
