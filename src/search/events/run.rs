//! The run of a finding: the events at all loyal generals, one after the other, put together from each general's own
//! run.

use rustc_hash::FxHashMap;

use super::closure::{Closure, Visit};
use super::columns::{Columns, HistoryId, PhaseEnd, SentStage, SnapshotId};
use super::judge::{ProductJudge, Wanted};
use super::locals::{LocalEvent, LocalId, Locals, Mail, Reaction, SendingId, Tale};
use super::mail::HeardPrice;
use super::orbits::Orbits;
use super::stop::Stop;
use crate::general::General;
use crate::machine::MessageId;
use crate::property::Violation;
use crate::protocol::events::OwnEvent;
use crate::search::budget::StepBudget;
use crate::testable::Refusal;

/// One event after the other, each of one general.
pub(super) type LinearRun = Vec<(General, NamedEvent)>;

/// An event at a general, in which a message of the loyal is given itself and not by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NamedEvent {
    Mail(Mail),
    /// A general hears what a traitor says.
    Tale(General, MessageId),
    Own(OwnEvent),
}

impl NamedEvent {
    pub fn of(me: General, event: LocalEvent, locals: &Locals<'_>) -> NamedEvent {
        match event {
            LocalEvent::Mail(number) => NamedEvent::Mail(locals.mail[number as usize]),
            LocalEvent::Tale(number) => {
                let Tale { from, message, .. } = locals.tales[me.id()][number as usize];
                NamedEvent::Tale(from, message)
            }
            LocalEvent::Own(event) => NamedEvent::Own(event),
        }
    }

    /// This event of the first phase, moved into another phase.
    pub fn in_phase(self, phase: u32, locals: &Locals<'_>) -> Result<NamedEvent, Refusal> {
        let said_in = |message| locals.space.machine.said_in(message, phase);
        Ok(match self {
            NamedEvent::Mail(mail) => {
                NamedEvent::Mail(Mail { message: said_in(mail.message)?, ..mail })
            }
            NamedEvent::Tale(from, message) => NamedEvent::Tale(from, said_in(message)?),
            NamedEvent::Own(event) => NamedEvent::Own(event.named(phase)),
        })
    }
}

/// Where a run is to lead.
pub(super) enum RunGoal {
    /// To a violation, as cheaply as possible.
    Breach,
    /// To the end of a phase, like this for each general.
    Ends(Vec<PhaseEnd>),
    /// To these local states.
    At(Vec<LocalId>),
}

/// The cheapest run from these columns on in which everybody sends in this order, how often a traitor is heard in it,
/// and what is violated. `None` if it does not lead to the goal. In these columns nobody is renamed, and prices count.
pub(super) fn linear_run(
    columns: &mut Columns<'_>,
    (mut histories, mut now): (Vec<HistoryId>, Vec<SnapshotId>),
    sendings: &[(General, SendingId)],
    goal: &RunGoal,
    budget: &mut StepBudget<'_>,
) -> Result<Option<(LinearRun, HeardPrice, Option<Violation>)>, Stop> {
    let loyal: Vec<General> = columns.locals.acting.iter().collect();
    for (from, sending) in sendings {
        let place = loyal.iter().position(|me| me == from).expect("the loyal send");
        let stage = SentStage { before: histories[place], snapshot: now[place], sending: *sending };
        histories[place] = columns.after(stage);
        now = columns.delivered(&now, *from, *sending)?;
    }
    let (wanted, breach) = match goal {
        RunGoal::Ends(ends) => (ends.iter().copied().map(Wanted::End).collect(), None),
        RunGoal::At(locals) => (locals.iter().copied().map(Wanted::At).collect(), None),
        RunGoal::Breach => {
            let mut profiles = Vec::new();
            for (history, now) in histories.iter().zip(&now) {
                let (contents, _) = columns.contents(*history, *now, budget)?;
                profiles.push(columns.at(contents).profile);
            }
            let mut judge =
                ProductJudge::new(columns.locals.space, columns.locals.case, columns.locals.acting);
            let Columns { profiles: all, decisions, .. } = &*columns;
            let named = |made: u32| decisions[made as usize];
            let breach = judge.breach(&profiles, |id| all[id as usize].clone(), named);
            let Some(breach) = breach else { return Ok(None) };
            (breach.wanted.clone(), Some(breach))
        }
    };
    // By general: its events before each thing that it sends, and after the last.
    let mut parts = Vec::new();
    for ((history, now), wanted) in histories.iter().zip(&now).zip(&wanted) {
        let mut own = local_run(columns, *history, *now, *wanted, budget)?;
        own.reverse();
        parts.push(own);
    }
    let named = |me, event| (me, NamedEvent::of(me, event, &columns.locals));
    let mut run = LinearRun::new();
    for (from, _) in sendings {
        let place = loyal.iter().position(|me| me == from).expect("the loyal send");
        let part = parts[place].pop().expect("each has as many parts as it sends");
        run.extend(part.into_iter().map(|event| named(*from, event)));
    }
    for (me, part) in loyal.iter().zip(parts) {
        run.extend(part.into_iter().flatten().map(|event| named(*me, event)));
    }
    let heard = run.iter().filter(|(_, event)| matches!(event, NamedEvent::Tale(..))).count();
    let violation = breach.map(|breach| match breach.property {
        Some(property) => Violation::Property(property),
        None => columns.locals.fault(),
    });
    Ok(Some((run, heard as HeardPrice, violation)))
}

/// The events at one general that lead to what is wanted, in parts: each ends with a sending, and the last part comes
/// after all of them.
fn local_run(
    columns: &mut Columns<'_>,
    history: HistoryId,
    now: SnapshotId,
    wanted: Wanted,
    budget: &mut StepBudget<'_>,
) -> Result<Vec<Vec<LocalEvent>>, Stop> {
    let (mut part, mut at) = traced(columns, history, now, Goal::Comes(wanted), budget)?;
    let mut parts = vec![part];
    let mut history = history;
    while let Some(SentStage { before, snapshot, .. }) = columns.last(history) {
        (part, at) = traced(columns, before, snapshot, Goal::Sends(history, at), budget)?;
        parts.push(part);
        history = before;
    }
    parts.reverse();
    Ok(parts)
}

/// Where one part of a general's run is to lead.
#[derive(Clone, Copy)]
enum Goal {
    Comes(Wanted),
    /// To the last sending of this history, and to this local state afterwards.
    Sends(HistoryId, LocalId),
}

/// The cheapest events that lead there, and the local state in which they begin.
fn traced(
    columns: &mut Columns<'_>,
    history: HistoryId,
    snapshot: SnapshotId,
    goal: Goal,
    budget: &mut StepBudget<'_>,
) -> Result<(Vec<LocalEvent>, LocalId), Stop> {
    let seeds = columns.seeds(history, budget)?;
    let snapshot = columns.snapshots[snapshot as usize];
    let aim = match goal {
        Goal::Comes(_) => None,
        Goal::Sends(history, at) => {
            let stage = columns.last(history).expect("something is sent");
            Some((at, stage.sending))
        }
    };
    let mut before: FxHashMap<LocalId, (HeardPrice, LocalId, LocalEvent)> = FxHashMap::default();
    let mut best: Option<(HeardPrice, LocalId, Option<LocalEvent>)> = None;
    let mut closure = Closure::new(true);
    let Columns { locals, group, decisions, .. } = &mut *columns;
    let orbits = Orbits { group, stabilizer: &[] };
    closure.search(locals, &orbits, &seeds, snapshot, budget, |locals, _, visit| {
        let mut reach = |price: HeardPrice, local, event| {
            if best.is_none_or(|(known, ..)| price < known) {
                best = Some((price, local, event));
            }
        };
        match visit {
            Visit::Event { local, event, reaction, price } => match (reaction, goal) {
                (Reaction::Moves(next), _) => {
                    let is_seed = seeds.iter().any(|(seed, paid)| *seed == next && *paid <= price);
                    let known = before.get(&next);
                    if !is_seed && known.is_none_or(|(known, ..)| price < *known) {
                        before.insert(next, (price, local, event));
                    }
                }
                (Reaction::Sends(next, sending), _) if aim == Some((next, sending)) => {
                    reach(price, local, Some(event));
                }
                (Reaction::Fails(_), Goal::Comes(Wanted::Fault)) => {
                    reach(price, local, Some(event));
                }
                _ => {}
            },
            Visit::State { local, price, quiet } => match goal {
                Goal::Comes(Wanted::Anything) => reach(price, local, None),
                Goal::Comes(Wanted::Fault) if locals.decision(local).is_err() => {
                    reach(price, local, None);
                }
                Goal::Comes(Wanted::Decision(wanted, needs_quiet)) => {
                    let made = locals.decision(local).ok().flatten();
                    let made = made.and_then(|made| decisions.get_index_of(&made));
                    if made.map(|made| made as u32) == wanted && (quiet || !needs_quiet) {
                        reach(price, local, None);
                    }
                }
                Goal::Comes(Wanted::At(at)) if at == local => reach(price, local, None),
                Goal::Comes(Wanted::End(end)) => {
                    let made = locals.decision(local);
                    if made.is_ok_and(|made| PhaseEnd::of(locals.stage(local), made) == end) {
                        reach(price, local, None);
                    }
                }
                Goal::Comes(Wanted::Fault | Wanted::At(_)) | Goal::Sends(..) => {}
            },
        }
        Ok(())
    })?;
    let (_, mut at, last) = best.expect("what was found once is found again");
    let mut part: Vec<LocalEvent> = last.into_iter().collect();
    while let Some((_, from, event)) = before.get(&at) {
        part.push(*event);
        at = *from;
    }
    part.reverse();
    Ok((part, at))
}
