//! What a search found the enemy to do, and the attack that has it do so.

use std::collections::BTreeMap;

use itertools::Itertools;

use super::case::{Case, CaseOf};
use super::menu::beside;
use super::space::Space;
use crate::attack::{Attack, AttackOn, Edit, Lie};
use crate::execution::stage::{Eavesdropper, Enemy, simulate};
use crate::execution::{ExecutionOf, Sent};
use crate::fault::Guarded;
use crate::protocol::Round;
use crate::schedule::{Crash, Shift};
use crate::testable::{Refusal, Testable, Wire};

/// What is said on a wire, slot by slot.
pub(crate) type Spoken<M> = Vec<Option<M>>;

/// What the enemy does in one case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Script<M> {
    /// For each wire on which a Byzantine enemy has decided, what is said. On all others the
    /// traitors obey.
    pub spoken: BTreeMap<Wire, Spoken<M>>,
    /// Who crashes.
    pub crashes: Vec<Crash>,
    /// What is not sent.
    pub withheld: Vec<(Wire, M)>,
    /// What does not arrive in its turn, beside what is disrupted in this case. Of each round and
    /// receiver in order.
    pub shifts: Vec<Shift<M>>,
}

impl<M> Script<M> {
    /// All obey.
    pub fn new() -> Script<M> {
        let (spoken, crashes, withheld, shifts) = Default::default();
        Script { spoken, crashes, withheld, shifts }
    }

    /// What is done before, and this then.
    pub fn after(mut self, before: Script<M>) -> Script<M> {
        self.spoken.extend(before.spoken);
        self.crashes.splice(0..0, before.crashes);
        self.withheld.splice(0..0, before.withheld);
        self.shifts.splice(0..0, before.shifts);
        self
    }
}

/// The attack in which the enemy keeps to a script.
pub(crate) fn attack<P: Testable>(
    space: &Space<'_, P>,
    case: &CaseOf<P>,
    script: &Script<P::Message>,
) -> Result<AttackOn<P>, Refusal> {
    let shifts = [&case.disruptions[..], &script.shifts].concat();
    let (attack, _) = staged(space, case, &shifts, |wire| script.spoken.get(&wire).cloned())?;
    let withheld = script.withheld.iter().cloned();
    let withheld = withheld.map(|(wire, message)| Lie { wire, edit: Edit::Withhold(message) });
    let lies = attack.lies.into_iter().chain(withheld).collect();
    let crashes = script.crashes.iter().copied().sorted().collect();
    Ok(Attack { lies, crashes, ..attack })
}

/// The attack in which the traitors say what `speak` has them say, and this is shifted: where it
/// differs from what loyalty would have said, slot by slot, that is a lie. On wires of which it
/// knows nothing they obey. What needs a signature that the traitors lack is not said, and neither
/// is what loyalty would say and the repertoire, which is unknown, has no place for.
///
/// If the protocol has a fault under this attack, the attack ends where that shows.
pub(crate) fn staged<P: Testable>(
    space: &Space<'_, P>,
    case: &CaseOf<P>,
    shifts: &[Shift<P::Message>],
    speak: impl Fn(Wire) -> Option<Spoken<P::Message>>,
) -> Result<(AttackOn<P>, ExecutionOf<P>), Refusal> {
    let protocol = Guarded::new(space.protocol, &space.terms.values, case.traitors);
    let mut enemy = Staged { space, shifts, speak, lies: Vec::new(), refusal: None };
    let execution = simulate(&protocol, space.terms, case.scene(), &mut enemy, &space.labels());
    let Staged { lies, refusal, .. } = enemy;
    // Who has accepted a forgery may say what nobody thought of.
    if let Some(refusal) = refusal.filter(|_| execution.accepted.is_none()) {
        return Err(refusal);
    }
    let Case { faults, traitors, inputs, .. } = case.clone();
    let schedule = shifts.to_vec();
    let attack =
        Attack { faults, lies, schedule, ..Attack::new(&space.terms.graph, traitors, inputs) };
    Ok((attack, execution))
}

/// An enemy that says what is put into its mouth, and keeps count of its lies.
struct Staged<'a, P: Testable, F> {
    space: &'a Space<'a, P>,
    shifts: &'a [Shift<P::Message>],
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
    ) -> Option<Vec<P::Message>> {
        let placed = match self.space.placed(wire, honest) {
            Ok(placed) => placed,
            Err(undescribed) => {
                self.refusal.get_or_insert(undescribed);
                return None;
            }
        };
        let mut spoken = (self.speak)(wire)?;
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
        Some(said)
    }

    fn shifts(&mut self, round: Round, _: Sent<'_, P::Message>) -> Vec<(usize, Shift<P::Message>)> {
        let shifts = self.shifts.iter().cloned().enumerate();
        shifts.filter(|(_, shift)| shift.wire.round == round).collect()
    }
}
