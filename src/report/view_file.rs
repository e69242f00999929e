//! View files: what one loyal general was given and told, and by which protocol, as JSON that a person can write.
//!
//! ```json
//! {
//!   "turncoat_view": 1,
//!   "protocol": { "protocol": "oral", "m": 1, "values": 2, "choice": "majority" },
//!   "n": 3,
//!   "general": 2,
//!   "told": [
//!     { "round": 1, "from": 0, "message": { "path": [0], "value": "ATTACK" } },
//!     { "round": 2, "from": 1, "message": { "path": [0, 1], "value": "RETREAT" } }
//!   ]
//! }
//! ```
//!
//! `input` is what the general was given, if anything; `graph` replaces `n` if not everybody can talk to everybody.
//! Anything that is not in `told` was not said.

use serde_json::Value;

use super::attack_file::{AttackFileError, part};
use super::notation::{Notation, within};
use crate::graph::Graph;
use crate::search::suspects::NumberedView;
use crate::view::LoyalView;

/// The field that marks the file as a view file, and holds its version.
const MARK: &str = "turncoat_view";

/// The version of the format.
const VERSION: u64 = 1;

/// A view file, read as far as that can be done without knowing the protocol.
pub(crate) struct ViewFile {
    pub protocol: Value,
    pub graph: Graph,
    pub view: LoyalView<Value, Value>,
}

/// What is wrong with a view file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ViewFileError {
    #[error("this view file has version {0}; this program reads version {VERSION}")]
    Version(Value),
    #[error("\"{0}\" is missing")]
    Missing(&'static str),
    #[error("a view has either \"n\" or \"graph\"")]
    Among,
    #[error(transparent)]
    Part(#[from] AttackFileError),
}

impl ViewFile {
    /// Whether this is a view file.
    pub fn is_one(file: &Value) -> bool {
        file.get(MARK).is_some()
    }

    /// Reads a view file.
    pub fn read(mut file: Value) -> Result<ViewFile, ViewFileError> {
        let mut take = |name| file.as_object_mut().and_then(|fields| fields.shift_remove(name));
        let version = take(MARK).unwrap_or_default();
        if version != VERSION {
            return Err(ViewFileError::Version(version));
        }
        let protocol = take("protocol").ok_or(ViewFileError::Missing("protocol"))?;
        let graph = match (take("n"), take("graph")) {
            (Some(n), None) => Graph::complete(part("n", n)?),
            (None, Some(graph)) => part("graph", graph)?,
            (None, None) => return Err(ViewFileError::Missing("n")),
            (Some(_), Some(_)) => return Err(ViewFileError::Among),
        };
        let view = part("the view", file)?;
        Ok(ViewFile { protocol, graph, view })
    }

    /// The numbered view.
    pub fn by_numbers(
        view: LoyalView<Value, Value>,
        notation: &dyn Notation,
    ) -> Result<NumberedView, AttackFileError> {
        view.map(
            |input| notation.read_value(input).map_err(within("input".to_owned())),
            |place, message| {
                let place = format!("told[{place}].message");
                notation.read_message(message).map_err(within(place))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_view_file_is_known_by_its_mark() {
        assert!(ViewFile::is_one(&json!({ "turncoat_view": 1 })));
        assert!(
            !ViewFile::is_one(&json!({ "turncoat_attack": 1 })) && !ViewFile::is_one(&json!([]))
        );
    }
}
