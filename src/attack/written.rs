//! How attacks are written down, and read.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Attack, Edit, Lie};
use crate::adversary::FaultClass;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::protocol::Round;
use crate::schedule::{Crash, Shift};
use crate::testable::Wire;

/// How an attack is written down: `n` where everybody can talk to everybody, else `graph`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(
    serialize = "V: Serialize, M: Clone + Serialize",
    deserialize = "V: Deserialize<'de>, M: Deserialize<'de>"
))]
struct AttackAsWritten<V, M> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    graph: Option<Graph>,
    #[serde(default, skip_serializing_if = "FaultClass::is_byzantine")]
    faults: FaultClass,
    traitors: Generals,
    inputs: BTreeMap<General, V>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    crashes: Vec<Crash>,
    lies: Vec<Lie<M>>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    schedule: Vec<Shift<M>>,
}

impl<V, M> From<Attack<V, M>> for AttackAsWritten<V, M> {
    fn from(attack: Attack<V, M>) -> AttackAsWritten<V, M> {
        let Attack { graph, faults, traitors, inputs, crashes, lies, schedule } = attack;
        let n = graph.is_complete().then(|| graph.n());
        let graph = Some(graph).filter(|graph| !graph.is_complete());
        AttackAsWritten { n, graph, faults, traitors, inputs, crashes, lies, schedule }
    }
}

impl<V, M> TryFrom<AttackAsWritten<V, M>> for Attack<V, M> {
    type Error = &'static str;

    fn try_from(written: AttackAsWritten<V, M>) -> Result<Attack<V, M>, &'static str> {
        let AttackAsWritten { n, graph, faults, traitors, inputs, crashes, lies, schedule } =
            written;
        let graph = match (n, graph) {
            (Some(n), None) => Graph::complete(n),
            (None, Some(graph)) => graph,
            (None, None) => return Err("missing field `n`, or `graph`"),
            (Some(_), Some(_)) => return Err("an attack has either `n` or `graph`"),
        };
        Ok(Attack { graph, faults, traitors, inputs, crashes, lies, schedule })
    }
}

impl<V: Clone + Serialize, M: Clone + Serialize> Serialize for Attack<V, M> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        AttackAsWritten::from(self.clone()).serialize(to)
    }
}

impl<'de, V: Deserialize<'de>, M: Deserialize<'de>> Deserialize<'de> for Attack<V, M> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Attack<V, M>, D::Error> {
        AttackAsWritten::deserialize(from)?.try_into().map_err(D::Error::custom)
    }
}

/// How a lie is written down: `say`, `withhold`, or `instead_of` with `say`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(deserialize = "M: Deserialize<'de>"))]
struct LieAsWritten<M> {
    round: Round,
    from: General,
    to: General,
    #[serde(
        skip_serializing_if = "Option::is_none",
        default = "absent",
        deserialize_with = "present"
    )]
    withhold: Option<M>,
    #[serde(
        skip_serializing_if = "Option::is_none",
        default = "absent",
        deserialize_with = "present"
    )]
    instead_of: Option<M>,
    #[serde(
        skip_serializing_if = "Option::is_none",
        default = "absent",
        deserialize_with = "present"
    )]
    say: Option<M>,
}

fn absent<M>() -> Option<M> {
    None
}

/// A field that is there has a message, even if that is written `null`.
fn present<'de, M: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<M>, D::Error> {
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

impl<M: Clone + Serialize> Serialize for Lie<M> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        LieAsWritten::from(self.clone()).serialize(to)
    }
}

impl<'de, M: Deserialize<'de>> Deserialize<'de> for Lie<M> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Lie<M>, D::Error> {
        LieAsWritten::deserialize(from)?.try_into().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_is_written_where_it_is_not_complete() {
        let among = |graph: Graph| Attack::<u8, u8>::new(graph, Generals::NONE, BTreeMap::new());
        let complete = r#"{"n":4,"traitors":[],"inputs":{},"lies":[]}"#;
        assert_eq!(serde_json::to_string(&among(Graph::complete(4))).unwrap(), complete);
        let graph =
            r#"{"graph":{"n":3,"edges":[[0,1],[1,2]]},"traitors":[],"inputs":{},"lies":[]}"#;
        assert_eq!(serde_json::to_string(&among(Graph::path(3))).unwrap(), graph);
        for (written, attack) in [(complete, Graph::complete(4)), (graph, Graph::path(3))] {
            assert_eq!(serde_json::from_str::<Attack<u8, u8>>(written).unwrap(), among(attack));
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
