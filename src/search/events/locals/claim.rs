//! Tests the claim of phases in the steps of a search: in all of them, or in a large search in some of them.

use itertools::Itertools;

use super::{Local, LocalEvent, LocalId, Locals, Mail, Stage};
use crate::general::General;
use crate::machine::{Caught, MessageId, StateId};
use crate::protocol::events::OwnEvent;
use crate::search::events::stop::Stop;
use crate::testable::Refusal;

/// The most messages of later phases that are heard ahead of a step.
const MOST_AHEAD: usize = 3;

/// The first steps, up to this many, are all tested, and after that one in `TRIED_OF`: each test makes states that
/// occur nowhere else.
const TRIED_ALL: usize = 1_000;
pub(super) const TRIED_OF: usize = 8;

/// How far apart messages that are heard ahead stand in the list of all.
const STRIDE: usize = 5;

/// The outcome of a step: the state, and what was said, sorted so that its order does not matter.
pub(super) type StepOutcome = (StateId, Vec<(General, MessageId)>);

pub(super) fn step_outcome(state: StateId, mut said: Vec<(General, MessageId)>) -> StepOutcome {
    said.sort_unstable_by_key(|(to, message)| (*to, message.number()));
    (state, said)
}

pub(super) fn of_another_phase(event: OwnEvent) -> String {
    format!("it waits until {event}, which is not of its phase")
}

impl Locals<'_> {
    /// Tests that messages of later phases, some of all that there are, are put off when they are heard before an
    /// event: hearing them after it, in some order, must have the same outcome.
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
                // The search itself finds a fault where it happens.
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

    /// Hears these messages, and then an event happens. Returns the state before the event, whether nothing was said
    /// until then, and the outcome.
    fn heard_ahead(
        &mut self,
        me: General,
        state: StateId,
        some: &[(General, MessageId)],
        event: LocalEvent,
    ) -> Caught<(StateId, bool, StepOutcome)> {
        let mut said = Vec::new();
        let early = self.hears_all(me, state, some, &mut said)?;
        let was_silent = said.is_empty();
        let next = self.next(me, early, event)?;
        let (next, more) = self.sends(me, next)?;
        said.extend(more);
        Ok((early, was_silent, step_outcome(next, said)))
    }

    /// The same if the event happens first.
    fn heard_in_turn(
        &mut self,
        me: General,
        state: StateId,
        event: LocalEvent,
        some: &[(General, MessageId)],
    ) -> Caught<StepOutcome> {
        let next = self.next(me, state, event)?;
        let (next, mut said) = self.sends(me, next)?;
        let next = self.hears_all(me, next, some, &mut said)?;
        Ok(step_outcome(next, said))
    }

    /// Hears messages one after the other, and adds what is said in reaction to each.
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

    /// What is wrong, if a timer or a coin is pending whose number is not that of one of the first `phases` phases.
    pub(super) fn misnamed(&mut self, me: General, state: StateId, phases: u32) -> Option<String> {
        let pending = self.worker.pending(me, Some(state)).ok()?;
        let other = pending.iter().find(|event| !(1..=phases).contains(&event.name()));
        other.map(|event| of_another_phase(*event))
    }

    /// The refusal of a message that nobody says in an execution as a whole, but somebody says when phases are searched
    /// one by one.
    pub fn unlike_whole(&self, Mail { from, message, .. }: Mail) -> Refusal {
        let told = self.space.machine.tell(from, message);
        let who = from.id();
        Refusal::Phases(format!(
            "general {who} says {told} where phases are renumbered, and not where they are not"
        ))
    }

    /// The refusal that shows how the claim of phases is wrong.
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
