//! Arguments that say who can talk to whom.

use std::io::ErrorKind;
use std::path::Path;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::answer::{BadInput, whole_number};
use super::files::quoted;
use crate::files;
use crate::graph::GraphError;
use crate::{Generals, Graph};

/// How many generals there are, and who of them can talk to whom.
#[derive(Args)]
pub struct Among {
    /// Number of generals, the commander included
    #[arg(short, value_parser = whole_number)]
    n: Option<usize>,
    /// Who can talk to whom: complete, ring, path, cube, prism, grid:3x2, bipartite:3,3,
    /// regular:8,3 or regular:8,3,SEED, or a file with one edge per line, such as 0 1 [default:
    /// complete]
    #[arg(long)]
    graph: Option<GraphName>,
}

/// The graphs that there are for any number of generals.
#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Family {
    /// Everybody can talk to everybody
    #[default]
    Complete,
    /// Each general can talk to the next, and the last to the first
    Ring,
    /// Each general can talk to the next
    Path,
}

impl Family {
    pub fn of(self, n: usize) -> Result<Graph, BadInput> {
        if self != Family::Complete && !(1..=Generals::MAX).contains(&n) {
            return Err(BadInput::new(GraphError::Generals(n)));
        }
        Ok(match self {
            Family::Complete => Graph::complete(n),
            Family::Ring => Graph::ring(n),
            Family::Path => Graph::path(n),
        })
    }

    /// The same on a command line, unless it is the default.
    pub fn argument(self) -> &'static str {
        match self {
            Family::Complete => "",
            Family::Ring => " --graph ring",
            Family::Path => " --graph path",
        }
    }
}

/// The name of a graph.
#[derive(Clone)]
enum GraphName {
    Any(Family),
    /// A specific graph, and how it was written.
    Fixed(Graph, String),
    File(String),
}

impl FromStr for GraphName {
    type Err = String;

    /// Anything without another meaning is the name of a file.
    fn from_str(text: &str) -> Result<GraphName, String> {
        if let Ok(family) = Family::from_str(text, false) {
            return Ok(GraphName::Any(family));
        }
        let (name, numbers) = text.split_once(':').unwrap_or((text, ""));
        let numbers = |separator: char| -> Option<Vec<usize>> {
            numbers.split(separator).map(|number| number.parse().ok()).collect()
        };
        let generals = |n: usize| match (1..=Generals::MAX).contains(&n) {
            true => Ok(()),
            false => Err(GraphError::Generals(n).to_string()),
        };
        let graph = match name {
            "cube" if text == name => Graph::cube(),
            "prism" if text == name => Graph::prism(),
            "grid" => {
                let Some([width, height]) = numbers('x').as_deref().and_then(pair) else {
                    return Err("a grid is named by its width and height, such as grid:3x2".into());
                };
                generals(width.saturating_mul(height))?;
                Graph::grid(width, height)
            }
            "bipartite" => {
                let sizes = numbers(',').as_deref().and_then(pair);
                let Some([a, b]) = sizes.filter(|sizes| !sizes.contains(&0)) else {
                    let sizes = "the sizes of its parties, at least 1, such as bipartite:3,3";
                    return Err(format!("a bipartite graph is named by {sizes}"));
                };
                generals(a.saturating_add(b))?;
                Graph::bipartite(a, b)
            }
            "regular" => {
                let (n, degree, seed) = match numbers(',').as_deref() {
                    Some([n, degree]) => (*n, *degree, 0),
                    Some([n, degree, seed]) => (*n, *degree, *seed as u64),
                    _ => {
                        let numbers = "how many generals there are and how many neighbours each \
                                       has, such as regular:8,3, and perhaps a seed";
                        return Err(format!("a regular graph is named by {numbers}"));
                    }
                };
                Graph::random_regular(n, degree, seed).map_err(|error| error.to_string())?
            }
            _ => return Ok(GraphName::File(text.to_owned())),
        };
        Ok(GraphName::Fixed(graph, text.to_owned()))
    }
}

fn pair(numbers: &[usize]) -> Option<[usize; 2]> {
    numbers.try_into().ok()
}

impl Among {
    pub fn graph(&self) -> Result<Graph, BadInput> {
        let graph = match (&self.graph, self.n) {
            (None, Some(n)) => Graph::complete(n),
            (Some(GraphName::Any(family)), Some(n)) => family.of(n)?,
            (None | Some(GraphName::Any(_)), None) => {
                return Err(BadInput::new(
                    "how many generals are there? say -n 4, or --graph prism",
                ));
            }
            (Some(GraphName::Fixed(graph, _)), _) => graph.clone(),
            (Some(GraphName::File(file)), n) => read(file, n)?,
        };
        match self.n {
            Some(n) if n != graph.n() => {
                Err(BadInput(format!("-n is {n}, and {graph} has {} generals", graph.n())))
            }
            _ => Ok(graph),
        }
    }

    /// The same on a command line.
    pub fn arguments(&self) -> String {
        let n = self.n.map(|n| format!(" -n {n}")).unwrap_or_default();
        let graph = match &self.graph {
            None => String::new(),
            Some(GraphName::Any(family)) => family.argument().to_owned(),
            Some(GraphName::Fixed(_, name)) => format!(" --graph {name}"),
            Some(GraphName::File(file)) => format!(" --graph {}", quoted(Path::new(file))),
        };
        n + &graph
    }
}

fn read(file: &str, n: Option<usize>) -> Result<Graph, BadInput> {
    let name = if file.is_empty() { "\"\"" } else { file };
    let text = files::read(Path::new(file)).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            let names = "complete, ring, path, cube, prism, grid:3x2, bipartite:3,3, regular:8,3";
            BadInput(format!("--graph {name}: this is none of {names}, and can't be read: {error}"))
        }
        _ => BadInput(format!("--graph {name}: can't be read: {error}")),
    })?;
    Graph::parse(&text, n).map_err(|error| BadInput(format!("{name}: {error}")))
}
