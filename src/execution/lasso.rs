//! Whether an attack repeats for ever, as it claims to.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools;
use rustc_hash::FxHashSet;

use super::simulate::Simulation;
use crate::attack::Lasso;
use crate::general::{General, Swap};
use crate::machine::{Caught, StateId};
use crate::protocol::events::{Coin, FACES, Face, OwnEvent};

/// At most so many renamings of the loyal are tried: all those of seven generals.
const MOST_RENAMED: usize = 5_040;

/// The loyal states at the start of a phase, renumbered as if it were the first; nothing if some general is not in it.
pub(super) type Begun = Option<Vec<StateId>>;

impl Simulation<'_, '_> {
    fn loyal(&self) -> Vec<General> {
        self.terms.graph.everybody().minus(self.worker.traitors).iter().collect()
    }

    /// The loyal states after so many phases.
    pub(super) fn begun(&mut self, phases: usize) -> Caught<Begun> {
        let mut begun = Vec::new();
        for me in self.loyal() {
            let state = self.execution.states[me.id()];
            // What is about to be sent belongs to the phase that begins.
            let mut state = self.worker.end_round(me, state, 1)?.expect("the loyal have states");
            if !self.worker.phase(state).is_ok_and(|phase| phase as usize == phases + 1) {
                return Ok(None);
            }
            for _ in 0..phases {
                let Ok(before) = self.worker.renumbered(state) else { return Ok(None) };
                state = before;
            }
            begun.push(state);
        }
        Ok(Some(begun))
    }

    /// Whether the lasso holds: nobody has decided, each phase begins like the one that the lasso names for it, and
    /// each way in which a phase of the cycle begins occurs with both faces of its coin.
    pub(super) fn goes_on(&mut self, lasso: &Lasso, begun: &[Begun]) -> Caught<bool> {
        let phases: Option<Vec<_>> = begun.iter().cloned().collect();
        let Some(phases) = phases.filter(|phases| phases.len() == lasso.begins_as.len()) else {
            return Ok(false);
        };
        for me in self.loyal() {
            if self.worker.decide(me, self.execution.states[me.id()])?.is_some() {
                return Ok(false);
            }
        }
        let alike = lasso.begins_as.iter().zip(&phases).all(|(first, begun)| {
            let like = &phases[first - 1];
            begun == like || self.are_alike(begun, like)
        });
        Ok(alike && self.answers_all(lasso))
    }

    /// Whether renaming the loyal turns one list of states into the other.
    fn are_alike(&mut self, one: &[StateId], other: &[StateId]) -> bool {
        let loyal = self.loyal();
        let (mut seen, mut left) = (FxHashSet::from_iter([one.to_vec()]), vec![one.to_vec()]);
        while let Some(states) = left.pop() {
            for (place, (me, next)) in loyal.iter().copied().tuple_windows().enumerate() {
                let swap = Swap::between(me, next);
                let renamed = states.iter().map(|state| self.worker.swapped(*state, swap));
                let Ok(mut renamed) = renamed.collect::<Result<Vec<_>, _>>() else { return false };
                renamed.swap(place, place + 1);
                if renamed == other {
                    return true;
                }
                if seen.len() < MOST_RENAMED && seen.insert(renamed.clone()) {
                    left.push(renamed);
                }
            }
        }
        false
    }

    /// Whether each way in which a phase of the cycle begins occurs with both faces, if a coin is tossed in it.
    fn answers_all(&self, lasso: &Lasso) -> bool {
        let mut faces: BTreeMap<usize, BTreeSet<Face>> = BTreeMap::new();
        for happened in &self.execution.happened {
            if let OwnEvent::Shows(Coin::Common(phase), face) = happened.event
                && (lasso.from..=lasso.phases()).contains(&(phase as usize))
            {
                faces.entry(lasso.begins_as[phase as usize - 1]).or_default().insert(face);
            }
        }
        faces.values().all(|shown| shown.len() == FACES.len())
    }
}
