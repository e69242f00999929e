//! What happens to the loyal, one event after the other, when the board or another engine has found a
//! violation: each general's own run, put together into one.

use rustc_hash::FxHashMap;

use super::board::{BoardFinding, delivered};
use super::closure::{Closure, Visit};
use super::columns::{Columns, HistoryId, SentStage, SnapshotId};
use super::judge::{ProductJudge, Wanted};
use super::locals::{LocalEvent, LocalId, Locals, Mail, Reaction};
use super::mail::{HeardPrice, Snapshot};
use super::orbits::Orbits;
use super::stop::Stop;
use crate::general::General;
use crate::property::Violation;
use crate::protocol::events::OwnEvent;
use crate::search::budget::StepBudget;

/// One event after the other, each of one general.
pub(super) type LinearRun = Vec<(General, NamedEvent)>;

/// What happens to a general, with a message of the loyal by itself and not by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NamedEvent {
    Mail(Mail),
    /// What a traitor says, by its place in what can be said.
    Tale(u32),
    Own(OwnEvent),
}

impl NamedEvent {
    pub fn of(event: LocalEvent, locals: &Locals<'_>) -> NamedEvent {
        match event {
            LocalEvent::Mail(number) => NamedEvent::Mail(locals.mail[number as usize]),
            LocalEvent::Tale(tale) => NamedEvent::Tale(tale),
            LocalEvent::Own(event) => NamedEvent::Own(event),
        }
    }
}

/// An execution in which all send in the order of a finding, and which ends with a violation, as cheap as
/// such a one can be; nothing if there is none. In these columns nobody is renamed, and prices count.
pub(super) fn linear_run(
    columns: &mut Columns<'_>,
    finding: &BoardFinding,
    budget: &mut StepBudget<'_>,
) -> Result<Option<(LinearRun, HeardPrice, Violation)>, Stop> {
    let loyal: Vec<General> = columns.locals.loyal.iter().collect();
    let nothing = columns.snapshot(Snapshot { mail: Default::default(), signatures: 0 });
    let mut now = vec![nothing; loyal.len()];
    let mut histories: Vec<HistoryId> = Vec::new();
    for me in &loyal {
        match columns.locals.begin(*me)? {
            Reaction::Moves(start) => histories.push(columns.start(start)),
            Reaction::Sends(start, sending) => {
                histories.push(columns.start(start));
                now = delivered(columns, &loyal, &now, *me, sending)?;
            }
            Reaction::Nothing | Reaction::Fails(_) => {
                return Ok(Some((Vec::new(), 0, columns.locals.fault())));
            }
        }
    }
    for (from, sending) in &finding.sendings {
        let place = loyal.iter().position(|me| me == from).expect("the loyal send");
        let stage = SentStage { before: histories[place], snapshot: now[place], sending: *sending };
        histories[place] = columns.after(stage);
        now = delivered(columns, &loyal, &now, *from, *sending)?;
    }
    let mut profiles = Vec::new();
    for (history, now) in histories.iter().zip(&now) {
        let (contents, _) = columns.contents(*history, *now, budget)?;
        profiles.push(columns.at(contents).profile);
    }
    let mut judge = ProductJudge::new(columns.locals.space, columns.locals.case);
    let Columns { profiles: all, decisions, .. } = &*columns;
    let named = |made: u32| decisions[made as usize];
    let breach = judge.breach(&profiles, |id| all[id as usize].clone(), named);
    let Some(breach) = breach else { return Ok(None) };
    // By general, what happens to it before each thing that it sends, and after the last.
    let mut parts = Vec::new();
    for ((history, now), wanted) in histories.iter().zip(&now).zip(&breach.wanted) {
        let mut own = local_run(columns, *history, *now, *wanted, budget)?;
        own.reverse();
        parts.push(own);
    }
    let named = |event| NamedEvent::of(event, &columns.locals);
    let mut run = LinearRun::new();
    for (from, _) in &finding.sendings {
        let place = loyal.iter().position(|me| me == from).expect("the loyal send");
        let part = parts[place].pop().expect("each has as many parts as it sends");
        run.extend(part.into_iter().map(|event| (*from, named(event))));
    }
    for (me, part) in loyal.iter().zip(parts) {
        run.extend(part.into_iter().flatten().map(|event| (*me, named(event))));
    }
    let violation = match breach.property {
        Some(property) => Violation::Property(property),
        None => columns.locals.fault(),
    };
    Ok(Some((run, breach.price, violation)))
}

/// What one general goes through to come to what is wanted, in parts that end with something sent; and the
/// last one after all of them.
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

/// Where a part of a run is to lead.
#[derive(Clone, Copy)]
enum Goal {
    Comes(Wanted),
    /// The last of this history is sent, and this is the state then.
    Sends(HistoryId, LocalId),
}

/// The cheapest way there, and the state in which it begins.
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
                Goal::Comes(Wanted::Fault) | Goal::Sends(..) => {}
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
