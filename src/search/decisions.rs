//! The decisions of the adversary that a search found, and the attack that carries them out.

use std::collections::BTreeMap;

use itertools::Itertools;

use super::choices::initial::InitialChoices;
use super::choices::space::Space;
use super::choices::wire_choices::beside;
use crate::attack::{Attack, Edit, Lie};
use crate::execution::simulate::{Eavesdropper, Enemy, simulate};
use crate::execution::{NumberedExecution, Sent};
use crate::machine::{MessageId, NumberedAttack};
use crate::protocol::Round;
use crate::schedule::{Crash, Shift};
use crate::testable::{Refusal, Wire};

/// What is said on a wire, slot by slot.
pub(crate) type SlotChoices = Vec<Option<MessageId>>;

/// What the adversary does in one case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Decisions {
    /// What is said on each wire for which a Byzantine adversary has decided. On all other wires the traitors obey.
    pub spoken: BTreeMap<Wire, SlotChoices>,
    /// Who crashes.
    pub crashes: Vec<Crash>,
    /// The messages that are not sent.
    pub withheld: Vec<(Wire, MessageId)>,
    /// The messages that do not arrive in their turn, besides those disrupted in this case; in order for each round and
    /// receiver.
    pub shifts: Vec<Shift<MessageId>>,
}

impl Decisions {
    /// Everybody obeys.
    pub fn new() -> Decisions {
        let (spoken, crashes, withheld, shifts) = Default::default();
        Decisions { spoken, crashes, withheld, shifts }
    }

    /// These decisions after those that came before.
    pub fn after(mut self, before: Decisions) -> Decisions {
        self.spoken.extend(before.spoken);
        self.crashes.splice(0..0, before.crashes);
        self.withheld.splice(0..0, before.withheld);
        self.shifts.splice(0..0, before.shifts);
        self
    }
}

/// The attack in which the adversary keeps to its decisions. If lies were counted, an obeying traitor's message that
/// the repertoire lacks is not an error here: it was counted as a lie, since it is not said.
pub(crate) fn attack(
    space: &Space<'_>,
    case: &InitialChoices,
    decisions: &Decisions,
    counted: bool,
) -> Result<NumberedAttack, Refusal> {
    let shifts = [&case.disruptions[..], &decisions.shifts].concat();
    let speak = |wire| decisions.spoken.get(&wire).cloned();
    let (attack, execution, lacking) = played(space, case, &shifts, speak);
    // A general that has accepted a forgery may say what nobody thought of.
    if let Some(refusal) = lacking.filter(|_| !counted && execution.accepted.is_none()) {
        return Err(refusal);
    }
    let withheld = decisions.withheld.iter().cloned();
    let withheld = withheld.map(|(wire, message)| Lie { wire, edit: Edit::Withhold(message) });
    let lies = attack.lies.into_iter().chain(withheld).collect();
    let crashes = decisions.crashes.iter().copied().sorted().collect();
    Ok(Attack { lies, crashes, ..attack })
}

/// The attack with these shifts in which the traitors say what `speak` gives. Wherever that differs, slot by slot, from
/// what a loyal general would have said, it is a lie. On wires for which `speak` gives nothing they obey. A message
/// that needs a signature which the traitors lack is not said; neither is an honest message without a place in a
/// repertoire that is unknown.
///
/// If the protocol has a fault under this attack, the attack ends where the fault shows.
///
/// # Errors
///
/// The repertoire is known, and has no place for what an obeying traitor would say.
pub(crate) fn simulated(
    space: &Space<'_>,
    case: &InitialChoices,
    shifts: &[Shift<MessageId>],
    speak: impl Fn(Wire) -> Option<SlotChoices>,
) -> Result<(NumberedAttack, NumberedExecution), Refusal> {
    let (attack, execution, lacking) = played(space, case, shifts, speak);
    match lacking.filter(|_| execution.accepted.is_none()) {
        Some(refusal) => Err(refusal),
        None => Ok((attack, execution)),
    }
}

/// The same, and separately the first thing that the repertoire lacks.
fn played(
    space: &Space<'_>,
    case: &InitialChoices,
    shifts: &[Shift<MessageId>],
    speak: impl Fn(Wire) -> Option<SlotChoices>,
) -> (NumberedAttack, NumberedExecution, Option<Refusal>) {
    let mut worker = space.worker(case.traitors);
    worker.make_room();
    let mut enemy = ScriptedAdversary { space, shifts, speak, lies: Vec::new(), refusal: None };
    let labels = space.labels();
    let execution = simulate(&mut worker, space.terms, case.roles(), &mut enemy, &labels);
    space.lay_down(worker);
    let ScriptedAdversary { lies, refusal, .. } = enemy;
    let InitialChoices { faults, traitors, inputs, .. } = case.clone();
    let schedule = shifts.to_vec();
    let attack =
        Attack { faults, lies, schedule, ..Attack::new(&space.terms.graph, traitors, inputs) };
    (attack, execution, refusal)
}

/// An adversary that says what it is given to say, and records its lies.
struct ScriptedAdversary<'a, 's, F> {
    space: &'a Space<'s>,
    shifts: &'a [Shift<MessageId>],
    speak: F,
    lies: Vec<Lie<MessageId>>,
    refusal: Option<Refusal>,
}

impl<F: Fn(Wire) -> Option<SlotChoices>> Enemy for ScriptedAdversary<'_, '_, F> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        overhears: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>> {
        let placed = self.space.placed(wire, honest).unwrap_or_else(|undescribed| {
            self.refusal.get_or_insert(undescribed);
            self.space.wire_choices(wire).fitting(honest)
        });
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
        self.space.machine.sort(&mut said);
        Some(said)
    }

    fn shifts(&mut self, round: Round, _: Sent<'_, MessageId>) -> Vec<(usize, Shift<MessageId>)> {
        let shifts = self.shifts.iter().cloned().enumerate();
        shifts.filter(|(_, shift)| shift.wire.round == round).collect()
    }
}
