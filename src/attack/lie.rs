//! Lies: what a traitor says instead of what the protocol would have it say.

use serde::{Deserialize, Deserializer, Serialize};

use crate::general::General;
use crate::protocol::Round;
use crate::testable::Wire;

/// One deviation of a traitor from what the protocol would have it send, given what this traitor has received. (If
/// the traitor's own run of the protocol has panicked, the protocol would have it send nothing.)
///
/// Each lie of a search changes the contents of one [slot](crate::Repertoire::slots). A person may write any edit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "LieAsWritten<M>", try_from = "LieAsWritten<M>")]
#[serde(bound(serialize = "M: Clone + Serialize", deserialize = "M: Deserialize<'de>"))]
pub struct Lie<M> {
    /// Where and when it is told.
    pub wire: Wire,
    /// What is changed.
    pub edit: Edit<M>,
}

/// A change to what an honest sender would put on a wire in one round. It names messages, not positions, so it keeps
/// its meaning when other lies are removed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Edit<M> {
    /// This message is not sent.
    Withhold(M),
    /// This message is sent, though a loyal general would not have sent it.
    Say(M),
    /// The message `say` is sent where a loyal general would have sent `of`.
    Instead {
        /// What a loyal general would have said.
        of: M,
        /// What the traitor says.
        say: M,
    },
}

impl<M> Edit<M> {
    /// What a loyal general would have said, if anything.
    pub fn honest(&self) -> Option<&M> {
        match self {
            Edit::Withhold(honest) | Edit::Instead { of: honest, .. } => Some(honest),
            Edit::Say(_) => None,
        }
    }

    /// What the traitor says, if anything.
    pub fn said(&self) -> Option<&M> {
        match self {
            Edit::Say(said) | Edit::Instead { say: said, .. } => Some(said),
            Edit::Withhold(_) => None,
        }
    }
}

impl<M> Lie<M> {
    pub(super) fn map<N>(&self, message: impl FnMut(&M) -> N) -> Lie<N> {
        Lie { wire: self.wire, edit: self.edit.map(message) }
    }
}

impl<M> Edit<M> {
    fn map<N>(&self, mut message: impl FnMut(&M) -> N) -> Edit<N> {
        match self {
            Edit::Withhold(honest) => Edit::Withhold(message(honest)),
            Edit::Say(said) => Edit::Say(message(said)),
            Edit::Instead { of, say } => Edit::Instead { of: message(of), say: message(say) },
        }
    }
}

impl<M: Clone + PartialEq> Edit<M> {
    /// The edit that turns the honest contents of a slot into what is said there; none if they are equal.
    pub(crate) fn between(honest: Option<M>, said: Option<M>) -> Option<Edit<M>> {
        match (honest, said) {
            (Some(honest), None) => Some(Edit::Withhold(honest)),
            (None, Some(said)) => Some(Edit::Say(said)),
            (Some(of), Some(say)) if of != say => Some(Edit::Instead { of, say }),
            _ => None,
        }
    }

    /// Applies the edit; false if the message that it removes is not there.
    pub(crate) fn apply(&self, said: &mut Vec<M>) -> bool {
        let place = self.honest().map(|honest| said.iter().position(|message| message == honest));
        match (place, self.said()) {
            (Some(None), _) => return false,
            (Some(Some(place)), Some(say)) => said[place] = say.clone(),
            (Some(Some(place)), None) => drop(said.remove(place)),
            (None, say) => said.extend(say.cloned()),
        }
        true
    }
}

/// The written form of a lie: `say`, `withhold`, or `instead_of` with `say`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(deserialize = "M: Deserialize<'de>"))]
struct LieAsWritten<M> {
    round: Round,
    from: General,
    to: General,
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "present")]
    withhold: Option<M>,
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "present")]
    instead_of: Option<M>,
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "present")]
    say: Option<M>,
}

/// The value of a field that is present, even if it is written as `null`.
pub(super) fn present<'de, M, D>(from: D) -> Result<Option<M>, D::Error>
where
    M: Deserialize<'de>,
    D: Deserializer<'de>,
{
    M::deserialize(from).map(Some)
}

impl<M> From<Lie<M>> for LieAsWritten<M> {
    fn from(Lie { wire: Wire { round, from, to }, edit }: Lie<M>) -> LieAsWritten<M> {
        let (withhold, instead_of, say) = match edit {
            Edit::Withhold(honest) => (Some(honest), None, None),
            Edit::Say(say) => (None, None, Some(say)),
            Edit::Instead { of, say } => (None, Some(of), Some(say)),
        };
        LieAsWritten { round, from, to, withhold, instead_of, say }
    }
}

impl<M> TryFrom<LieAsWritten<M>> for Lie<M> {
    type Error = &'static str;

    fn try_from(written: LieAsWritten<M>) -> Result<Lie<M>, &'static str> {
        let LieAsWritten { round, from, to, withhold, instead_of, say } = written;
        let edit = match (withhold, instead_of, say) {
            (Some(honest), None, None) => Edit::Withhold(honest),
            (None, None, Some(say)) => Edit::Say(say),
            (None, Some(of), Some(say)) => Edit::Instead { of, say },
            _ => return Err("a lie has either `withhold`, or `say`, or `instead_of` and `say`"),
        };
        Ok(Lie { wire: Wire { round, from, to }, edit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_name_messages() {
        let cases = [
            (Edit::Withhold(2), vec![1, 3], true),
            (Edit::Say(2), vec![1, 2, 3, 2], true),
            (Edit::Instead { of: 3, say: 0 }, vec![1, 2, 0], true),
            (Edit::Withhold(9), vec![1, 2, 3], false),
            (Edit::Instead { of: 9, say: 0 }, vec![1, 2, 3], false),
        ];
        for (edit, expected, applies) in cases {
            let mut said = vec![1, 2, 3];
            assert_eq!(edit.apply(&mut said), applies, "{edit:?}");
            assert_eq!(said, expected, "{edit:?}");
        }
    }

    #[test]
    fn an_edit_leads_from_the_honest_to_the_said() {
        for (honest, said) in itertools::iproduct!([None, Some(1)], [None, Some(1), Some(2)]) {
            let mut carried = Vec::from_iter(honest);
            if let Some(edit) = Edit::between(honest, said) {
                assert!(edit.apply(&mut carried));
            }
            assert_eq!(carried, Vec::from_iter(said), "{honest:?} to {said:?}");
        }
    }

    #[test]
    fn a_lie_is_written_as_a_person_would() {
        let lie = r#"{"round":2,"from":1,"to":2,"instead_of":7,"say":8}"#;
        let read: Lie<u8> = serde_json::from_str(lie).unwrap();
        assert_eq!(read.edit, Edit::Instead { of: 7, say: 8 });
        assert_eq!(serde_json::to_string(&read).unwrap(), lie);
        let nothing = r#"{"round":2,"from":1,"to":2,"say":null}"#;
        let read: Lie<Option<u8>> = serde_json::from_str(nothing).unwrap();
        assert_eq!(read.edit, Edit::Say(None));
        assert_eq!(serde_json::to_string(&read).unwrap(), nothing);
        let neither = r#"{"round":2,"from":1,"to":2}"#;
        let error = serde_json::from_str::<Lie<u8>>(neither).unwrap_err().to_string();
        assert!(error.contains("either `withhold`, or `say`"), "{error}");
    }
}
