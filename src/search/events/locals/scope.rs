//! Which part of an execution is searched, and what can be said in it.

use itertools::Itertools;
use rustc_hash::FxHashSet;

use crate::general::{General, Generals};
use crate::machine::MessageId;
use crate::search::choices::space::Space;
use crate::testable::{Refusal, Wire};

/// Which part of an execution is searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::search::events) enum Scope {
    /// All of it.
    Whole,
    /// This many phases of it.
    Phases(u32),
    /// One phase, as if it were the first.
    OnePhase,
}

impl Scope {
    /// The same part and one more phase.
    pub fn and_next(self) -> Scope {
        match self {
            Scope::Whole => Scope::Whole,
            Scope::OnePhase => Scope::Phases(2),
            Scope::Phases(phases) => Scope::Phases(phases + 1),
        }
    }

    /// What a traitor can say on a wire, in the order of messages.
    pub fn said(self, space: &Space<'_>, wire: Wire) -> Result<Vec<MessageId>, Refusal> {
        let regular = space.wire_choices(wire).regular().copied().unique();
        let mut said = match self {
            Scope::Whole => regular.collect_vec(),
            Scope::OnePhase => in_phases(space, regular, 1..=1)?,
            Scope::Phases(phases) => in_phases(space, regular, 1..=phases)?,
        };
        space.machine.sort(&mut said);
        Ok(said)
    }

    /// By general: what it can hear of the next two phases, and from whom.
    pub(super) fn later(
        self,
        space: &Space<'_>,
    ) -> Result<Vec<Vec<(General, MessageId)>>, Refusal> {
        let everybody = space.everybody();
        if self != Scope::OnePhase {
            return Ok(vec![Vec::new(); everybody.len()]);
        }
        let later = everybody.iter().map(|to| {
            let senders = everybody.iter().filter(|from| space.terms.graph.has_edge(*from, to));
            let mut heard = Vec::new();
            for from in senders {
                let wire = Wire { round: 1, from, to };
                let said = space.wire_choices(wire).regular().copied();
                let said = in_phases(space, said, 2..=3)?;
                heard.extend(said.into_iter().map(|message| (from, message)));
            }
            Ok(heard)
        });
        later.collect()
    }
}

/// Every message that belongs to the first phase, as it is said in each of these phases.
fn in_phases(
    space: &Space<'_>,
    said: impl Iterator<Item = MessageId>,
    phases: std::ops::RangeInclusive<u32>,
) -> Result<Vec<MessageId>, Refusal> {
    let mut all = Vec::new();
    for message in said {
        if space.machine.phase_of(message)? == 1 {
            for phase in phases.clone() {
                let said = space.machine.said_in(message, phase)?;
                let found = space.machine.phase_of(said)?;
                if found != phase || space.machine.said_in(said, 1)? != message {
                    let [told, other] = [message, said].map(|m| space.machine.show_message(m));
                    let what =
                        format!("{told}, said in phase {phase}, is {other}, of phase {found}");
                    return Err(Refusal::Phases(what));
                }
                all.push(said);
            }
        }
    }
    Ok(all)
}

/// Checks that every signature belongs to one phase: what the loyal sign in one can't be shown in the next.
pub(super) fn signs_anew(space: &Space<'_>, traitors: Generals) -> Result<(), Refusal> {
    let own = space.made_by(traitors);
    let mut signed = FxHashSet::default();
    for phase in 1..=2 {
        for wire in space.terms.wires(1) {
            let said = space.wire_choices(wire).regular().copied();
            for message in in_phases(space, said, phase..=phase)? {
                for number in space.wire_choices(wire).signatures(&message).iter() {
                    if phase == 1 {
                        signed.insert(*number);
                    } else if signed.contains(number) && !own.has_all(&[*number]) {
                        let told = space.machine.show_message(message);
                        let what =
                            format!("{told} has a signature that is said in phase 1 as well");
                        return Err(Refusal::Phases(what));
                    }
                }
            }
        }
    }
    Ok(())
}
