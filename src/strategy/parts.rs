//! Strategies for single parts of an attack.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::sample::{select, subsequence};
use proptest::strategy::Strategy;

use super::attacks::attacks;
use crate::attack::Lie;
use crate::fault::unwound;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::machine::{Machine, Numbered, Terms};
use crate::schedule::Shift;
use crate::setting::Setting;
use crate::testable::{Forgery, Refusal, Testable, Wire, described};

/// Who the traitors are: any set that the adversary can turn. It shrinks to fewer.
pub fn traitors(setting: Setting) -> impl Strategy<Value = Generals> + Clone {
    let Setting { graph, adversary } = setting;
    let suspects: Vec<General> = adversary.suspects_among(graph.everybody()).iter().collect();
    let (fewest, most) = adversary.sizes().into_inner();
    let (fewest, most) = (fewest.min(suspects.len()), most.min(suspects.len()));
    subsequence(suspects, fewest..=most).prop_map(Generals::from_iter)
}

/// The inputs of the generals who have one. They shrink to the first values.
///
/// # Errors
///
/// The protocol can't be run among this many generals, or on this graph.
pub fn inputs<P: Testable>(
    protocol: &P,
    graph: impl Into<Graph>,
) -> Result<impl Strategy<Value = BTreeMap<General, P::Value>> + Clone, Refusal>
where
    P::Value: 'static,
{
    let numbered = Numbered::lent(protocol);
    let Terms { values, inputs, .. } = unwound(|| numbered.terms(&graph.into(), true))??;
    let values: Vec<_> = values.iter().map(|value| numbered.value(*value).clone()).collect();
    let given = vec(0..values.len(), inputs.len());
    Ok(given.prop_map(move |given| {
        let given = given.into_iter().map(|number| values[number].clone());
        inputs.iter().zip(given).collect()
    }))
}

/// The lies of an attack: see [`attacks`].
pub fn lies<P: Testable>(
    protocol: P,
    setting: Setting,
) -> impl Strategy<Value = Vec<Lie<P::Message>>> {
    attacks(protocol, setting).prop_map(|attack| attack.lies)
}

/// The changes to the schedule of an attack: see [`attacks`]. There are some only if the adversary of the setting has
/// power over the schedule.
pub fn schedules<P: Testable>(
    protocol: P,
    setting: Setting,
) -> impl Strategy<Value = Vec<Shift<P::Message>>> {
    attacks(protocol, setting).prop_map(|attack| attack.schedule)
}

/// The forgeries of a protocol's [repertoire](crate::Repertoire::forgeries), each with a wire on which it could be
/// sent. They shrink to those of earlier rounds.
///
/// # Errors
///
/// The protocol can't be run in this setting, or has no forgeries.
pub fn forgeries<P: Testable>(
    protocol: &P,
    graph: impl Into<Graph>,
) -> Result<impl Strategy<Value = (Wire, Forgery<P::Message>)> + Clone, Refusal>
where
    P::Message: 'static,
{
    let terms = unwound(|| Numbered::lent(protocol).terms(&graph.into(), true))??;
    let mut forgeries = Vec::new();
    for wire in (1..=terms.rounds).flat_map(|round| terms.wires(round)) {
        let repertoire = described("repertoire", || protocol.repertoire(terms.n(), wire))?;
        forgeries.extend(repertoire.forgeries.into_iter().map(|forgery| (wire, forgery)));
    }
    if forgeries.is_empty() {
        let name = described("name", || protocol.words().name())?;
        return Err(Refusal::Protocol(format!("{name} has no forgeries")));
    }
    Ok(select(forgeries))
}
