//! Graphs as text: one edge on each line.

use super::{Graph, GraphError, add_edge};
use crate::general::Generals;

/// Why a text is not a list of edges.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum EdgeListError {
    #[error("line {line}: {text:?} is no edge: give the numbers of two generals, such as 0 1")]
    NoEdge { line: usize, text: String },
    #[error("line {line}: {error}")]
    Edge { line: usize, error: GraphError },
    #[error(transparent)]
    Whole(#[from] GraphError),
}

impl Graph {
    /// Reads a graph from a text with one edge on each line: the numbers of two generals. Anything after `#` is a
    /// comment. There are `n` generals; if `n` is not given, the highest number in the text is that of the last
    /// general.
    ///
    /// ```
    /// use turncoat::Graph;
    ///
    /// let graph = Graph::parse("0 1\n1 2  # and so on\n2 3\n", None)?;
    /// assert_eq!(graph, Graph::path(4));
    /// # Ok::<(), turncoat::graph::EdgeListError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A line is not an edge; its edge leads from a general to itself, leads to a general who is not there, or
    /// appeared before; or not everybody can be reached. The error names the line, where there is one.
    pub fn parse(text: &str, n: Option<usize>) -> Result<Graph, EdgeListError> {
        let mut edges = Vec::<(_, usize, usize)>::new();
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.split('#').next().unwrap_or(text).trim();
            let numbers: Vec<_> = text.split_whitespace().map(str::parse).collect();
            match numbers.as_slice() {
                [] => {}
                [Ok(one), Ok(other)] => edges.push((line, *one, *other)),
                _ => return Err(EdgeListError::NoEdge { line, text: text.to_owned() }),
            }
        }
        // If a number is too high, the edge that has it is reported below.
        let highest = edges.iter().map(|(_, one, other)| *one.max(other));
        let n =
            n.unwrap_or_else(|| highest.max().unwrap_or(0).saturating_add(1).min(Generals::MAX));
        if n == 0 || n > Generals::MAX {
            return Err(GraphError::Generals(n).into());
        }
        let mut neighbours = vec![Generals::NONE; n];
        for (line, one, other) in edges {
            let added = add_edge(&mut neighbours, one, other);
            added.map_err(|error| EdgeListError::Edge { line, error })?;
        }
        Ok(Graph::connected(neighbours)?)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let mistakes = [
            ("0 1\n1 1", None),
            ("0 1\n\n# here:\n1 0", None),
            ("0 1\n1 64", None),
            ("0 1\n1 4", Some(4)),
            ("0 1\n1 two # 2", None),
            ("0 1\n1 2 3", None),
            ("0 1\n2 3", None),
            ("0 1", Some(4)),
            ("0 1", Some(99)),
        ];
        let told = mistakes.map(|(text, n)| format!("{}\n", Graph::parse(text, n).unwrap_err()));
        expect![[r#"
            line 2: general 1 has an edge to itself
            line 4: the edge 1-0 is there twice
            line 2: there is no general 64: the 64 generals are numbered from 0
            line 2: there is no general 4: the 4 generals are numbered from 0
            line 2: "1 two" is no edge: give the numbers of two generals, such as 0 1
            line 2: "1 2 3" is no edge: give the numbers of two generals, such as 0 1
            the graph is not connected: there is no way from general 0 to general 2
            the graph is not connected: there is no way from general 0 to general 2
            n is 99: there must be from 1 to 64 generals
        "#]]
        .assert_eq(&told.concat());
        assert_eq!(Graph::parse("", None), Ok(Graph::complete(1)));
    }
}
