//! Whether the phases of a protocol are what is claimed of them: it is tried in the steps of a search, in a large one
//! in some of them.

use std::hash::BuildHasher;

use itertools::Itertools;
use rustc_hash::FxBuildHasher;

use super::{Local, LocalEvent, LocalId, Locals, Mail, Stage};
use crate::general::General;
use crate::machine::{Caught, MessageId, StateId};
use crate::protocol::events::OwnEvent;
use crate::search::events::stop::Stop;
use crate::testable::Refusal;

/// So many messages of the next phase are heard ahead of a step, at most.
const MOST_AHEAD: usize = 3;

/// So many steps are all tried, and then one of so many: each makes states that are met nowhere else.
const TRIED_ALL: usize = 1_000;
const TRIED_OF: usize = 8;

/// So many generals who have gone on are held against the same ones renumbered, and then one of so many.
const WALKED_ALL: usize = 100;

/// So many things happen to a general who is compared with the same one renumbered.
const WALK: u64 = 48;

/// So far apart they are in the list of all.
const STRIDE: usize = 5;

/// Among so many things of the walk, one is of the phase before it.
const BEHIND: u64 = 4;

/// What comes of something: a state, and what was said, in whatever order.
type CameOf = (StateId, Vec<(General, MessageId)>);

fn answered(state: StateId, mut said: Vec<(General, MessageId)>) -> CameOf {
    said.sort_unstable_by_key(|(to, message)| (*to, message.number()));
    (state, said)
}

/// What fails, if the one fails and the other one does not. Where both do it is found where it happens.
fn fails_unlike<T>(second: Caught<T>, first: Caught<T>) -> Option<String> {
    match (second, first) {
        (Err(fault), Ok(_)) => Some(format!("renumbered it does not fail as it does: {fault}")),
        (Ok(_), Err(fault)) => Some(format!("renumbered it fails: {fault}")),
        _ => None,
    }
}

fn of_another_phase(event: OwnEvent) -> String {
    format!("it waits until {event}, which is not of its phase")
}

impl Locals<'_> {
    /// Whether messages of the next phase, some of all that there are, are put off when they come before what
    /// happens now: the same comes of them in some order after it.
    pub(super) fn puts_off(&mut self, local: LocalId, event: LocalEvent) -> Result<(), Stop> {
        let Local { general: me, state, stage, .. } = self.locals[local as usize];
        let later = &self.later[me.id()];
        if stage != Stage::Present || later.is_empty() {
            return Ok(());
        }
        self.tried += 1;
        if self.tried > TRIED_ALL && !self.tried.is_multiple_of(TRIED_OF) {
            return Ok(());
        }
        let some =
            (0..=self.tried % MOST_AHEAD).map(|place| (self.tried + place * STRIDE) % later.len());
        let some = some.map(|place| later[place]).unique().collect_vec();
        let ahead = self.heard_ahead(me, state, &some, event);
        let stays = match &ahead {
            Ok((early, was_silent, _)) => *was_silent && self.worker.phase(*early)? == 1,
            Err(_) => false,
        };
        for in_turn in some.iter().copied().permutations(some.len()) {
            match (&ahead, self.heard_in_turn(me, state, event, &in_turn)) {
                (Ok((.., first)), Ok(second)) if stays && *first == second => return Ok(()),
                (_, Ok(_)) => {}
                // A fault is found where it happens.
                (_, Err(_)) => return Ok(()),
            }
        }
        let told = some.iter().map(|(from, message)| {
            format!("{} from general {}", self.space.machine.tell(*from, *message), from.id())
        });
        let fault = ahead.err().map(|fault| format!(": {fault}")).unwrap_or_default();
        let what =
            format!("it does not put off what it has heard before, {}{fault}", told.format(", "));
        Err(self.wrong(Some((local, event)), &what))
    }

    /// Hears these, and then something happens: the state before that, whether nothing was said before, and what comes
    /// of it.
    fn heard_ahead(
        &mut self,
        me: General,
        state: StateId,
        some: &[(General, MessageId)],
        event: LocalEvent,
    ) -> Caught<(StateId, bool, CameOf)> {
        let mut said = Vec::new();
        let early = self.hears_all(me, state, some, &mut said)?;
        let was_silent = said.is_empty();
        let next = self.next(me, early, event)?;
        let (next, more) = self.sends(me, next)?;
        said.extend(more);
        Ok((early, was_silent, answered(next, said)))
    }

    /// The same when it happens first.
    fn heard_in_turn(
        &mut self,
        me: General,
        state: StateId,
        event: LocalEvent,
        some: &[(General, MessageId)],
    ) -> Caught<CameOf> {
        let next = self.next(me, state, event)?;
        let (next, mut said) = self.sends(me, next)?;
        let next = self.hears_all(me, next, some, &mut said)?;
        Ok(answered(next, said))
    }

    /// Hears messages one after the other, and says what comes of each.
    fn hears_all(
        &mut self,
        me: General,
        mut state: StateId,
        some: &[(General, MessageId)],
        said: &mut Vec<(General, MessageId)>,
    ) -> Caught<StateId> {
        for (from, message) in some {
            let next = self.hears(me, state, *from, *message)?;
            let (next, sent) = self.sends(me, next)?;
            said.extend(sent);
            state = next;
        }
        Ok(state)
    }

    /// What a general in its second phase does otherwise than the same one renumbered, if there is something: both are
    /// taken for the same walk. In between the one hears of the phase that it has left, and answers that as it would
    /// have at once, or not at all.
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
                let heard = match (event, said) {
                    (Some(event), _) => [second, at_once].map(|state| {
                        let next = self.worker.happens(me, Some(state), *event);
                        next.map(|next| next.expect("a loyal general has a state"))
                    }),
                    (None, Some((from, message))) => {
                        let message = machine.said_in(message, 1)?;
                        [second, at_once].map(|state| self.hears(me, state, from, message))
                    }
                    (None, None) => return Ok(None),
                };
                let heard = heard.map(|state| state.and_then(|state| self.sends(me, state)));
                let ((of_second, said), (of_once, said_once)) = match heard {
                    [Ok(second), Ok(once)] => (second, once),
                    [second, once] => return Ok(fails_unlike(second, once)),
                };
                // Whoever says nothing of it any more is as good as one who has not heard it.
                if answered(of_once, said.clone()) == answered(of_once, said_once) {
                    at_once = of_once;
                } else if !said.is_empty() {
                    let what = "what it answers to an earlier phase hangs on what comes after that";
                    return Ok(Some(what.to_owned()));
                }
                (second, was_behind) = (of_second, true);
                continue;
            }
            let next = match (own, said) {
                (Some(event), _) => {
                    let of_first = self.worker.happens(me, Some(first), *event);
                    let event = event.named(event.name() + 1);
                    [of_first, self.worker.happens(me, Some(second), event)]
                        .map(|next| next.map(|next| next.expect("a loyal general has a state")))
                }
                (None, Some((from, message))) => {
                    let of_first = machine.said_in(message, phase)?;
                    let of_second = machine.said_in(message, phase + 1)?;
                    [(first, of_first), (second, of_second)]
                        .map(|(state, message)| self.hears(me, state, from, message))
                }
                (None, None) => return Ok(None),
            };
            let next = next.map(|state| state.and_then(|state| self.sends(me, state)));
            let ((of_first, said), (of_second, said_second)) = match next {
                [Ok(first), Ok(second)] => (first, second),
                [first, second] => return Ok(fails_unlike(second, first)),
            };
            let mut moved = Vec::new();
            for (to, message) in said {
                let next = machine.phase_of(message)?.saturating_add(1);
                moved.push((to, machine.said_in(message, next)?));
            }
            if answered(of_second, moved) != answered(of_second, said_second) {
                let of_past =
                    if was_behind { ", or when it has heard of the phase before" } else { "" };
                return Ok(Some(format!("it says other things when it is renumbered{of_past}")));
            }
            (first, second) = (of_first, of_second);
        }
        Ok(None)
    }

    /// Whether a general who has gone on so is held against the same one renumbered, although another one was who comes
    /// to the same.
    pub(super) fn is_walked(&mut self, second: StateId) -> bool {
        let is_new = self.walked.insert(second);
        let many = self.walked.len();
        is_new && (many <= WALKED_ALL || many.is_multiple_of(TRIED_OF))
    }

    /// Whether a general decides otherwise than the same one renumbered.
    pub(super) fn decides_unlike(
        &mut self,
        me: General,
        second: StateId,
        first: StateId,
    ) -> Option<String> {
        let decided = [first, second].map(|state| self.worker.decide(me, Some(state)));
        // A fault is found where it happens.
        let [Ok(made), Ok(made_second)] = decided else { return None };
        let [one, other] = [made_second, made].map(|made| self.space.machine.show_decided(made));
        (made != made_second).then(|| format!("it decides {one}, and renumbered {other}"))
    }

    /// A timer or a coin that is pending in one of the first so many phases, and has not the number of one.
    pub(super) fn misnamed(&mut self, me: General, state: StateId, phases: u32) -> Option<String> {
        let pending = self.worker.pending(me, Some(state)).ok()?;
        let other = pending.iter().find(|event| !(1..=phases).contains(&event.name()));
        other.map(|event| of_another_phase(*event))
    }

    /// In an execution as a whole nobody says this, and in one phase after the other somebody does.
    pub fn unlike_whole(&self, Mail { from, message, .. }: Mail) -> Refusal {
        let told = self.space.machine.tell(from, message);
        let who = from.id();
        Refusal::Phases(format!(
            "general {who} says {told} where phases are renumbered, and not where they are not"
        ))
    }

    /// The claim of phases is wrong: this shows it.
    pub(super) fn wrong(&self, step: Option<(LocalId, LocalEvent)>, what: &str) -> Stop {
        let machine = self.space.machine;
        let step = step.map(|(local, event)| {
            let Local { general, state, stage, .. } = self.locals[local as usize];
            let event = match event {
                LocalEvent::Mail(number) => {
                    let mail = self.mail[number as usize];
                    let told = machine.tell(mail.from, mail.message);
                    format!("hears from general {}: {told}", mail.from.id())
                }
                LocalEvent::Tale(number) => {
                    let tale = &self.tales[general.id()][number as usize];
                    format!(
                        "hears from general {}: {}",
                        tale.from.id(),
                        machine.tell(tale.from, tale.message)
                    )
                }
                LocalEvent::Own(event) => format!("sees that {event}"),
            };
            let phase = if stage == Stage::Present { "in its phase" } else { "in the next phase" };
            let state = self.worker.table.show(state);
            format!(
                "when general {}, {phase}, {event}, {what}; it was in this state: {state}",
                general.id()
            )
        });
        let step = step.unwrap_or_else(|| format!("when a general begins, {what}"));
        Refusal::Phases(step).into()
    }
}
