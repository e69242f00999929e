//! Twins: a traitor runs more than one node.

use crate::general::{General, Generals};

/// A traitor runs a second node of the protocol, as a loyal general would, under its own name and with an input of
/// its own. Some generals hear what the second node says in place of what the first says (Bano, Sonnino, Chursin,
/// Perelman, Li, Ching, Malkhi, "Twins: BFT systems made robust", OPODIS 2021).
///
/// Both nodes hear whatever is sent to the traitor. So a twin says only what some loyal node would say, and forges no
/// signature. Messages that no loyal node would ever send take lies.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twin<V> {
    /// Who runs it.
    pub general: General,
    /// The second node's input, if it has one.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub input: Option<V>,
    /// The neighbours to whom it speaks. If several twins of one general could speak to the same neighbour, the first
    /// of them does; so each must have somebody to whom no earlier one speaks.
    pub to: Generals,
}

impl<V> Twin<V> {
    /// The same twin with its input written in another way.
    pub(crate) fn map<W>(&self, value: impl FnOnce(&V) -> W) -> Twin<W> {
        Twin { general: self.general, input: self.input.as_ref().map(value), to: self.to }
    }
}
