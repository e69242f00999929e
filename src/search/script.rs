//! What a search found the traitors to say, and the attack that has them say it.

use std::collections::BTreeMap;

use super::space::{Case, Space};
use crate::attack::{Attack, AttackOn, Edit, Lie};
use crate::execution::stage::{Eavesdropper, simulate};
use crate::fault::Guarded;
use crate::testable::{Refusal, Testable, Wire};

/// What is said on a wire, slot by slot.
pub(crate) type Spoken<M> = Vec<Option<M>>;

/// For each wire on which the enemy has decided, what is said. On all others the traitors obey.
pub(crate) type Script<M> = BTreeMap<Wire, Spoken<M>>;

/// The attack in which the traitors keep to a script.
pub(crate) fn attack<P: Testable>(
    space: &Space<'_, P>,
    case: &Case<P::Value>,
    script: &Script<P::Message>,
) -> Result<AttackOn<P>, Refusal> {
    staged(space, case, |wire| script.get(&wire).cloned())
}

/// The attack in which the traitors say what `speak` has them say: where it differs from what
/// loyalty would have said, slot by slot, that is a lie. On wires of which it knows nothing they
/// obey. What needs a signature that the traitors lack is not said.
///
/// If the protocol has a fault under this attack, the attack ends where that shows.
pub(crate) fn staged<P: Testable>(
    space: &Space<'_, P>,
    case: &Case<P::Value>,
    speak: impl Fn(Wire) -> Option<Spoken<P::Message>>,
) -> Result<AttackOn<P>, Refusal> {
    let mut lies = Vec::new();
    let mut refusal = None;
    let protocol = Guarded::new(space.protocol, &space.terms.values, case.traitors);
    let tamper = |wire, honest: &[P::Message], enemy: &Eavesdropper<'_, P>| {
        let placed = space.placed(wire, honest);
        let placed = match placed {
            Ok(placed) => placed,
            Err(undescribed) => {
                refusal.get_or_insert(undescribed);
                return honest.to_vec();
            }
        };
        let Some(mut spoken) = speak(wire) else { return honest.to_vec() };
        for (said, honest) in spoken.iter_mut().zip(&placed) {
            said.take_if(|said| {
                Some(&*said) != honest.as_ref() && !space.can_be_said(wire, said, enemy)
            });
        }
        let edits = placed.into_iter().zip(spoken.iter().cloned());
        let edits = edits.filter_map(|(honest, said)| Edit::between(honest, said));
        lies.extend(edits.map(|edit| Lie { wire, edit }));
        let mut said = Vec::from_iter(spoken.into_iter().flatten());
        said.sort_unstable();
        said
    };
    let execution = simulate(&protocol, space.terms, &case.inputs, tamper, &space.labels());
    // Who has accepted a forgery may say what nobody thought of.
    let refusal = refusal.filter(|_| execution.accepted.is_none());
    let Case { traitors, inputs } = case.clone();
    refusal.map_or(Ok(Attack { n: space.terms.n, traitors, inputs, lies }), Err)
}
