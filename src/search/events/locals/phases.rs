//! Local states when phases are searched one by one. Each phase begins like the first, and ends for a general when it
//! goes on to the next. Also tests that the protocol's phases are as claimed.

use super::scope::Scope;
use super::state::{CoinFace, Ended, EndedId, Local, LocalEvent, LocalId, SendingId, Stage};
use super::{Locals, MailSet};
use crate::general::General;
use crate::machine::{DecisionId, MessageId, StateId};
use crate::protocol::events::{Coin, Face, OwnEvent};
use crate::search::events::stop::Stop;

impl Locals<'_> {
    /// The face that a common coin shows, if that is settled.
    pub(super) fn shown(&self, name: u32, of_phase: CoinFace) -> Option<Face> {
        match self.scope {
            Scope::OnePhase => of_phase.face(),
            // Nothing depends on coins beyond the phases that were searched.
            Scope::Phases(_) => Some(*self.faces.get(&name).unwrap_or(&Coin::Common(name).usual())),
            Scope::Whole => self.faces.get(&name).copied(),
        }
    }

    /// Whether the search covers a single phase, and not a whole execution.
    pub fn is_one_phase(&self) -> bool {
        self.scope == Scope::OnePhase
    }

    pub fn stage(&self, local: LocalId) -> Stage {
        self.locals[local as usize].stage
    }

    /// The local state of a general that begins this phase, numbered as the first, when the common coin shows this
    /// face.
    pub fn with_face(&mut self, local: LocalId, face: CoinFace) -> LocalId {
        let local = self.locals[local as usize];
        match local.stage {
            Stage::Stuck(_) => self.number(local),
            Stage::Present | Stage::Ended(_) => self.number(Local { face, ..local }),
        }
    }

    /// Whether a general waits for the common coin of its phase.
    pub fn waits_for_coin(&mut self, local: LocalId) -> bool {
        let Local { general, state, stage, .. } = self.locals[local as usize];
        stage == Stage::Present && self.is_asked(general, state)
    }

    fn is_asked(&mut self, general: General, state: StateId) -> bool {
        let pending = self.worker.pending(general, Some(state)).unwrap_or_default();
        let is_coin = |event: &OwnEvent| matches!(event, OwnEvent::Shows(Coin::Common(1), _));
        pending.iter().any(is_coin)
    }

    /// Whether this event makes a general ask for the common coin of its phase.
    pub(super) fn asks(&mut self, before: Option<(LocalId, LocalEvent)>, next: &Local) -> bool {
        let asked = before.is_some_and(|(before, _)| {
            let Local { general, state, .. } = self.locals[before as usize];
            self.is_asked(general, state)
        });
        !asked && next.stage == Stage::Present && self.is_asked(next.general, next.state)
    }

    /// A general that stays behind in an earlier phase, with this decision.
    pub fn stuck(&mut self, general: General, decision: Option<DecisionId>) -> LocalId {
        let (state, heard, face) = (StateId::at(0), MailSet::NONE, CoinFace::Open);
        self.number(Local { general, state, heard, stage: Stage::Stuck(decision), face })
    }

    /// The local state in which a general that has ended a phase like this begins the next, and what it has sent in
    /// that.
    pub fn carried(&mut self, general: General, ended: EndedId) -> (LocalId, Option<SendingId>) {
        let Ended { state, sending } = self.ended[ended as usize];
        let (heard, stage, face) = (MailSet::NONE, Stage::Present, CoinFace::Open);
        (self.number(Local { general, state, heard, stage, face }), sending)
    }

    /// Searching one phase: keeps, of what is sent when a state is reached, the part that belongs to this phase; if the
    /// next phase begins there, ends this one. Checks the claim of phases on the way.
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
                let me = next.general;
                let unlike = match is_new || self.is_walked(next.state) {
                    true => self.unlike(me, next.state, state)?,
                    false => self.decides_unlike(me, next.state, state),
                };
                if let Some(unlike) = unlike {
                    return Err(self.wrong(before, &unlike));
                }
            }
            (Stage::Ended(ended), 2) => {
                let state = self.worker.renumbered(next.state)?;
                if state != self.ended[ended as usize].state || !later.is_empty() {
                    return Err(self.wrong(before, "that changes what it does in the next"));
                }
                if let Some(unlike) = self.decides_unlike(next.general, next.state, state) {
                    return Err(self.wrong(before, &unlike));
                }
            }
            (_, phase) => {
                return Err(self.wrong(before, &format!("it goes on to phase {phase}")));
            }
        }
        if let Some(misnamed) = self.misnamed(next.general, next.state, phase) {
            return Err(self.wrong(before, &misnamed));
        }
        if let Some((before, event)) = before {
            self.puts_off(before, event)?;
        }
        Ok(now)
    }
}
