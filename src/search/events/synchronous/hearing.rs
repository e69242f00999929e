//! What one general can reach in a wave, depending on what it hears of its inbox.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::Synchronous;
use super::node::{HeardFault, HeardInbox, Trail, TrailId, WaveInbox};
use crate::general::General;
use crate::machine::StateId;
use crate::search::budget::StepBudget;
use crate::search::events::stop::Stop;

impl Synchronous<'_> {
    /// All states that a general can be in after it has heard what it must hear of its inbox, and any of the rest; or a
    /// fault, and how it came about.
    pub(super) fn hear(
        &mut self,
        me: General,
        states: &[StateId],
        inbox: &WaveInbox,
        budget: &mut StepBudget<'_>,
    ) -> Result<Result<HeardInbox, HeardFault>, Stop> {
        let mut heard = HeardInbox { ends: Vec::new(), choices: Vec::new() };
        let begun = states.iter().map(|state| (*state, Trail { from: *state, last: None }));
        let mut now: IndexMap<StateId, Trail, FxBuildHasher> = begun.collect();
        for (place, (from, message, choice)) in inbox.iter().enumerate() {
            for (state, trail) in std::mem::take(&mut now) {
                budget.step()?;
                let mut chosen = || {
                    heard.choices.push((trail.last, place as u32));
                    Trail { last: Some(heard.choices.len() as TrailId - 1), ..trail }
                };
                let (heard_so, unheard_so) = match choice {
                    None => (trail, None),
                    Some(true) => (chosen(), Some(trail)),
                    Some(false) => (trail, Some(chosen())),
                };
                if let Some(trail) = unheard_so {
                    now.entry(state).or_insert(trail);
                }
                match self.worker.receive(me, Some(state), 1, *from, *message) {
                    Ok(Some(next)) => drop(now.entry(next).or_insert(heard_so)),
                    Ok(None) => heard.ends.push((None, heard_so)),
                    Err(fault) => {
                        let (from, told) = (heard_so.from, heard.told(heard_so));
                        return Ok(Err(HeardFault { fault, from, told }));
                    }
                }
            }
        }
        for (state, trail) in now {
            budget.go_on()?;
            match self.worker.end_round(me, Some(state), 1) {
                Ok(next) => heard.ends.push((next, trail)),
                Err(fault) => {
                    let (from, told) = (trail.from, heard.told(trail));
                    return Ok(Err(HeardFault { fault, from, told }));
                }
            }
        }
        Ok(Ok(heard))
    }
}
