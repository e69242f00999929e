//! What a search found the traitors to say, and the attack that has them say it.

use std::collections::BTreeMap;

use super::menu::beside;
use super::space::{Case, Space};
use crate::attack::{Attack, AttackOn, Edit, Lie};
use crate::execution::stage::{Eavesdropper, Enemy, simulate};
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
/// obey. What needs a signature that the traitors lack is not said, and neither is what loyalty would
/// say and the repertoire, which is unknown, has no place for.
///
/// If the protocol has a fault under this attack, the attack ends where that shows.
pub(crate) fn staged<P: Testable>(
    space: &Space<'_, P>,
    case: &Case<P::Value>,
    speak: impl Fn(Wire) -> Option<Spoken<P::Message>>,
) -> Result<AttackOn<P>, Refusal> {
    let protocol = Guarded::new(space.protocol, &space.terms.values, case.traitors);
    let mut enemy = Staged { space, speak, lies: Vec::new(), refusal: None };
    let execution = simulate(&protocol, space.terms, case.scene(), &mut enemy, &space.labels());
    let Staged { lies, refusal, .. } = enemy;
    // Who has accepted a forgery may say what nobody thought of.
    let refusal = refusal.filter(|_| execution.accepted.is_none());
    let Case { faults, traitors, inputs } = case.clone();
    let attack = Attack { faults, lies, ..Attack::new(space.terms.n, traitors, inputs) };
    refusal.map_or(Ok(attack), Err)
}

/// An enemy that says what is put into its mouth, and keeps count of its lies.
struct Staged<'a, P: Testable, F> {
    space: &'a Space<'a, P>,
    speak: F,
    lies: Vec<Lie<P::Message>>,
    refusal: Option<Refusal>,
}

impl<P: Testable, F: Fn(Wire) -> Option<Spoken<P::Message>>> Enemy<P> for Staged<'_, P, F> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[P::Message],
        overhears: &Eavesdropper<'_, P>,
    ) -> Vec<P::Message> {
        let placed = match self.space.placed(wire, honest) {
            Ok(placed) => placed,
            Err(undescribed) => {
                self.refusal.get_or_insert(undescribed);
                return honest.to_vec();
            }
        };
        let Some(mut spoken) = (self.speak)(wire) else { return honest.to_vec() };
        let unplaced = beside(honest, placed.iter().flatten()).into_iter().map(Edit::Withhold);
        for (said, honest) in spoken.iter_mut().zip(&placed) {
            said.take_if(|said| {
                Some(&*said) != honest.as_ref() && !self.space.can_be_said(wire, said, overhears)
            });
        }
        let edits = placed.into_iter().zip(spoken.iter().cloned());
        let edits = edits.filter_map(|(honest, said)| Edit::between(honest, said));
        self.lies.extend(edits.chain(unplaced).map(|edit| Lie { wire, edit }));
        let mut said = Vec::from_iter(spoken.into_iter().flatten());
        said.sort_unstable();
        said
    }
}
