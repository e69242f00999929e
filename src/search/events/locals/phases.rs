//! Local states where phases are searched one after the other: each begins as the first, and ends where a
//! general goes on to the next; and whether the protocol's phases are what is claimed of them.

use itertools::Itertools;

use super::{Local, LocalEvent, LocalId, Locals, MailSet, SendingId};
use crate::general::General;
use crate::machine::{DecisionId, MessageId, StateId};
use crate::protocol::events::{Coin, Face};
use crate::search::choices::space::Space;
use crate::search::events::stop::Stop;
use crate::testable::{Refusal, Wire};

/// The number of a way in which a general has ended a phase.
pub(in crate::search::events) type EndedId = u32;

/// Which part of an execution is gone through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::search::events) enum Scope {
    /// All of it.
    Whole,
    /// So many phases of it.
    Phases(u32),
    /// One phase, as if it were the first.
    OnePhase,
}

/// Where a general is in the phase that is gone through.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(in crate::search::events) enum Stage {
    /// In it.
    Present,
    /// In the next: so it began that one. It may have an answer yet to what it hears of this one.
    Ended(EndedId),
    /// In one before, for ever: this is what it has decided.
    Stuck(Option<DecisionId>),
}

/// How a general has ended a phase: its state, as if the next phase were the first, and what it has sent in that.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Ended {
    pub state: StateId,
    pub sending: Option<SendingId>,
}

impl Scope {
    /// And one phase more.
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

    /// By general, what it can hear of the next phase, from whom.
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
                let said = in_phases(space, said, 2..=2)?;
                heard.extend(said.into_iter().map(|message| (from, message)));
            }
            Ok(heard)
        });
        later.collect()
    }
}

/// What can be said in the first phase, in each of these.
fn in_phases(
    space: &Space<'_>,
    said: impl Iterator<Item = MessageId>,
    phases: std::ops::RangeInclusive<u32>,
) -> Result<Vec<MessageId>, Refusal> {
    let mut all = Vec::new();
    for message in said {
        if space.machine.phase_of(message)? == 1 {
            for phase in phases.clone() {
                all.push(space.machine.said_in(message, phase)?);
            }
        }
    }
    Ok(all)
}

impl Locals<'_> {
    /// What a common coin shows, if that is settled.
    pub(super) fn shown(&self, name: u32, of_phase: Option<Face>) -> Option<Face> {
        match self.scope {
            Scope::OnePhase => of_phase,
            // Beyond what was gone through nothing hangs on it.
            Scope::Phases(_) => Some(*self.faces.get(&name).unwrap_or(&Coin::Common(name).usual())),
            Scope::Whole => self.faces.get(&name).copied(),
        }
    }

    /// Whether one phase is gone through, and not an execution.
    pub fn is_one_phase(&self) -> bool {
        self.scope == Scope::OnePhase
    }

    pub fn stage(&self, local: LocalId) -> Stage {
        self.locals[local as usize].stage
    }

    /// A general begins the phase in which it is now, as the first, where the common coin shows this face.
    pub fn with_face(&mut self, local: LocalId, face: Option<Face>) -> LocalId {
        let local = self.locals[local as usize];
        match local.stage {
            Stage::Stuck(_) => self.number(local),
            Stage::Present | Stage::Ended(_) => self.number(Local { face, ..local }),
        }
    }

    /// A general that stays behind, having decided so.
    pub fn stuck(&mut self, general: General, decision: Option<DecisionId>) -> LocalId {
        let (state, heard, face) = (StateId::at(0), MailSet::NONE, None);
        self.number(Local { general, state, heard, stage: Stage::Stuck(decision), face })
    }

    /// A general that has ended a phase so begins the next, and what it has sent in that.
    pub fn carried(&mut self, general: General, ended: EndedId) -> (LocalId, Option<SendingId>) {
        let Ended { state, sending } = self.ended[ended as usize];
        let (heard, stage, face) = (MailSet::NONE, Stage::Present, None);
        (self.number(Local { general, state, heard, stage, face }), sending)
    }

    /// In a phase: what is sent of it when a state is reached, which ends it if the next one begins there. What is
    /// claimed of phases must be true.
    pub(super) fn within_phase(
        &mut self,
        before: Option<(LocalId, LocalEvent)>,
        next: &mut Local,
        sent: Vec<(General, MessageId)>,
    ) -> Result<Vec<(General, MessageId)>, Stop> {
        let (mut now, mut later) = (Vec::new(), Vec::new());
        for (to, message) in sent {
            match self.space.machine.phase_of(message)? {
                1 => now.push((to, message)),
                2 => later.push((to, self.space.machine.said_in(message, 1)?)),
                phase => {
                    return Err(self.wrong(before, &format!("it says something of phase {phase}")));
                }
            }
        }
        let phase = self.worker.phase(next.state)?;
        match (next.stage, phase) {
            (Stage::Present, 1) if later.is_empty() => {}
            (Stage::Present, 1) => {
                return Err(
                    self.wrong(before, "it says something of the next phase before it is there")
                );
            }
            (Stage::Present, 2) => {
                let state = self.worker.renumbered(next.state)?;
                let sending = match later.is_empty() {
                    true => None,
                    false => Some(self.sendings.insert_full(later.into()).0 as SendingId),
                };
                let (ended, is_new) = self.ended.insert_full(Ended { state, sending });
                next.stage = Stage::Ended(ended as EndedId);
                if is_new && let Some(unlike) = self.unlike(next.general, next.state, state)? {
                    return Err(self.wrong(before, &unlike));
                }
            }
            (Stage::Ended(ended), 2) => {
                let state = self.worker.renumbered(next.state)?;
                if state != self.ended[ended as usize].state || !later.is_empty() {
                    return Err(self.wrong(before, "that changes what it does in the next"));
                }
            }
            (_, phase) => {
                return Err(self.wrong(before, &format!("it goes on to phase {phase}")));
            }
        }
        if let Some((before, event)) = before {
            self.puts_off(before, event)?;
        }
        Ok(now)
    }
}
