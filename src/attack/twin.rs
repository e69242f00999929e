//! Twins: a traitor runs more nodes than one.

use crate::general::{General, Generals};

/// A traitor runs a second node of the protocol, as a loyal general would, under its own name and with an input of
/// its own: what that one says goes to some, in place of what the first says (Bano, Sonnino, Chursin, Perelman, Li,
/// Ching, Malkhi, "Twins: BFT systems made robust", OPODIS 2021).
///
/// Both hear whatever is sent to the traitor. So no lie is told that no loyal node would tell, and no signature is
/// forged; but what no loyal node would ever say is not said either: that takes lies.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twin<V> {
    /// Who runs it.
    pub general: General,
    /// With which input, if it has one.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub input: Option<V>,
    /// To whom it speaks: to neighbours. Of several twins the first does that speaks to somebody, so each must have
    /// somebody to whom no earlier one of the same general speaks.
    pub to: Generals,
}

impl<V> Twin<V> {
    /// The same with its input written in another way.
    pub(crate) fn map<W>(&self, value: impl FnOnce(&V) -> W) -> Twin<W> {
        Twin { general: self.general, input: self.input.as_ref().map(value), to: self.to }
    }
}
