//! Tests that a general who has gone on to its second phase does the same as it would with phases renumbered, as
//! claimed: both are taken through the same walk.

use std::hash::BuildHasher;

use itertools::Itertools;
use rustc_hash::FxBuildHasher;

use super::claim::{TRIED_OF, of_another_phase, step_outcome};
use super::{LocalEvent, Locals};
use crate::general::General;
use crate::machine::{Caught, MessageId, StateId};
use crate::protocol::events::OwnEvent;
use crate::search::events::stop::Stop;

/// The first generals who have gone on, up to this many, are all compared with themselves renumbered, and after that
/// one in `TRIED_OF`.
const WALKED_ALL: usize = 100;

/// How many steps a walk has.
const WALK: u64 = 48;

/// One in this many steps of a walk belongs to the phase before.
const BEHIND: u64 = 4;

/// One step of a walk.
#[derive(Clone, Copy)]
enum WalkStep {
    Happens(OwnEvent),
    Hears(General, MessageId),
}

/// What is wrong, if one fails and the other does not. If both fail, the search itself finds that where it happens.
fn fails_unlike<T>(second: Caught<T>, first: Caught<T>) -> Option<String> {
    match (second, first) {
        (Err(fault), Ok(_)) => Some(format!("renumbered it does not fail as it does: {fault}")),
        (Ok(_), Err(fault)) => Some(format!("renumbered it fails: {fault}")),
        _ => None,
    }
}

impl Locals<'_> {
    /// How a general in its second phase behaves differently from the same general renumbered, if it does: both are
    /// taken through the same walk. In between, the one in its second phase hears messages of the phase that it has
    /// left. It must answer those as it would have at once, or not at all.
    pub(super) fn unlike(
        &mut self,
        me: General,
        mut second: StateId,
        mut first: StateId,
    ) -> Result<Option<String>, Stop> {
        let machine = self.space.machine;
        let (mut at_once, mut was_behind) = (second, false);
        for step in 0..WALK {
            let phase = self.worker.phase(first)?;
            if self.worker.phase(second)? != phase + 1 {
                return Ok(Some(format!("it is not in phase {}, renumbered", phase + 1)));
            }
            if let Some(unlike) = self.decides_unlike(me, second, first) {
                return Ok(Some(unlike));
            }
            let drawn = FxBuildHasher.hash_one((self.ended.len(), step)) >> 16;
            let pending = [first, second].map(|state| self.worker.pending(me, Some(state)));
            let [Ok(of_first), Ok(of_second)] = pending else { return Ok(None) };
            if let Some(event) = of_first.iter().find(|event| !(1..=phase).contains(&event.name()))
            {
                return Ok(Some(of_another_phase(*event)));
            }
            let moved = of_first.iter().map(|event| event.named(event.name() + 1));
            let left = of_second.iter().copied().filter(|event| event.name() == 1).collect_vec();
            if !moved.eq(of_second.iter().copied().filter(|event| event.name() != 1)) {
                return Ok(Some("other timers and coins are pending, renumbered".to_owned()));
            }
            let is_own = drawn & 256 == 0;
            let own = of_first.get(drawn as usize % of_first.len().max(1)).filter(|_| is_own);
            let later = &self.later[me.id()];
            let said = later.get((drawn >> 16) as usize % later.len().max(1)).copied();
            if (drawn >> 9) % BEHIND == 0 {
                let event = left.get(drawn as usize % left.len().max(1)).filter(|_| is_own);
                let Some(step) = self.walk_step(event, said, 1)? else { return Ok(None) };
                match self.heard_behind(me, [second, at_once], step) {
                    Ok(states) => [second, at_once] = states,
                    Err(unlike) => return Ok(unlike),
                }
                was_behind = true;
                continue;
            }
            let moved = own.map(|event| event.named(event.name() + 1));
            let steps = [
                self.walk_step(own, said, phase)?,
                self.walk_step(moved.as_ref(), said, phase + 1)?,
            ];
            let [Some(of_first), Some(of_second)] = steps else { return Ok(None) };
            let taken = [self.taken(me, first, of_first), self.taken(me, second, of_second)];
            let ((of_first, said), (of_second, said_second)) = match taken {
                [Ok(first), Ok(second)] => (first, second),
                [first, second] => return Ok(fails_unlike(second, first)),
            };
            let mut moved = Vec::new();
            for (to, message) in said {
                let next = machine.phase_of(message)?.saturating_add(1);
                moved.push((to, machine.said_in(message, next)?));
            }
            if step_outcome(of_second, moved) != step_outcome(of_second, said_second) {
                let of_past =
                    if was_behind { ", or when it has heard of the phase before" } else { "" };
                return Ok(Some(format!("it says other things when it is renumbered{of_past}")));
            }
            (first, second) = (of_first, of_second);
        }
        Ok(None)
    }

    /// The next step of a walk, in a phase: an event, if there is one, or else a message (given as one of the first
    /// phase).
    fn walk_step(
        &self,
        event: Option<&OwnEvent>,
        said: Option<(General, MessageId)>,
        phase: u32,
    ) -> Result<Option<WalkStep>, Stop> {
        Ok(match (event, said) {
            (Some(event), _) => Some(WalkStep::Happens(*event)),
            (None, Some((from, message))) => {
                Some(WalkStep::Hears(from, self.space.machine.said_in(message, phase)?))
            }
            (None, None) => None,
        })
    }

    /// The state after a step, and what is said in it.
    fn taken(
        &mut self,
        me: General,
        state: StateId,
        step: WalkStep,
    ) -> Caught<(StateId, Vec<(General, MessageId)>)> {
        let next = match step {
            WalkStep::Happens(event) => self.next(me, state, LocalEvent::Own(event)),
            WalkStep::Hears(from, message) => self.hears(me, state, from, message),
        };
        next.and_then(|state| self.sends(me, state))
    }

    /// Takes a step of the phase that was left with two states: that of a general who has gone on since, and that of
    /// one who has not. Returns the states afterwards; the error is how they differ, if that is known.
    fn heard_behind(
        &mut self,
        me: General,
        [second, at_once]: [StateId; 2],
        step: WalkStep,
    ) -> Result<[StateId; 2], Option<String>> {
        let heard = [second, at_once].map(|state| self.taken(me, state, step));
        let ((second, said), (once, said_once)) = match heard {
            [Ok(second), Ok(once)] => (second, once),
            [second, once] => return Err(fails_unlike(second, once)),
        };
        // A general who no longer answers is as good as one who has not heard it.
        if step_outcome(once, said.clone()) == step_outcome(once, said_once) {
            Ok([second, once])
        } else if said.is_empty() {
            Ok([second, at_once])
        } else {
            let what = "what it answers to an earlier phase hangs on what comes after that";
            Err(Some(what.to_owned()))
        }
    }

    /// Whether to compare a general who has gone on in this state with itself renumbered, although that was done for
    /// another state that is the same renumbered.
    pub(super) fn is_walked(&mut self, second: StateId) -> bool {
        let is_new = self.walked.insert(second);
        let many = self.walked.len();
        is_new && (many <= WALKED_ALL || many.is_multiple_of(TRIED_OF))
    }

    /// What is wrong, if a general decides differently from the same general renumbered.
    pub(super) fn decides_unlike(
        &mut self,
        me: General,
        second: StateId,
        first: StateId,
    ) -> Option<String> {
        let decided = [first, second].map(|state| self.worker.decide(me, Some(state)));
        // The search itself finds a fault where it happens.
        let [Ok(made), Ok(made_second)] = decided else { return None };
        let [one, other] = [made_second, made].map(|made| self.space.machine.show_decided(made));
        (made != made_second).then(|| format!("it decides {one}, and renumbered {other}"))
    }
}
