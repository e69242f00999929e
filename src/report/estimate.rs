//! What a verdict would take, as text.

use std::fmt;

use super::style::Style;
use super::text::{labelled, title};
use crate::search::Engine;
use crate::verdict::{Estimate, Expected};

/// What is expected of each engine, and which one fits.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Estimate { protocol, graph, adversary, exhaustive, compositional } = self;
        writeln!(f, "{}\n", title("not searched", protocol, graph, adversary, Style::of(f)))?;
        let exhaustive = match exhaustive {
            Ok(Expected { behaviours, steps }) => format!(
                "{behaviours} raw behaviours, in about {steps} steps, as if strays changed nothing and no two \
                 states were equal"
            ),
            Err(error) => format!("can't: {error}"),
        };
        let compositional = match compositional {
            Ok(behaviours) => {
                let lacks = adversary.without_strays().not_covered(false).unwrap_or_default();
                format!("{behaviours} raw behaviours; not covered: {lacks}")
            }
            Err(error) => format!("can't: {error}"),
        };
        let fits = match self.engine() {
            Engine::Compositional => "compositional",
            _ => "exhaustive",
        };
        for (label, text) in
            [("Exhaustive", exhaustive), ("Composed", compositional), ("Fitting", fits.to_owned())]
        {
            writeln!(f, "{}", labelled(label, &text, Style::of(f)))?;
        }
        Ok(())
    }
}
