//! The naive engine for event-driven protocols: it visits every global state, and leaves out only those that it has
//! visited before. It is the twin that the board and the bursts are tested against, and shares nothing with them but a
//! general's reaction to an event.

use std::collections::VecDeque;

use indexmap::IndexMap;
use indexmap::IndexSet;
use indexmap::map::Entry;
use rustc_hash::FxBuildHasher;

use super::columns::PhaseEnd;
use super::judge::ProductJudge;
use super::locals::{LocalEvent, LocalId, Locals, Reaction, Stage};
use super::mail::{HeardPrice, Snapshot};
use super::run::{LinearRun, NamedEvent};
use super::start::Start;
use super::stop::Stop;
use crate::general::General;
use crate::machine::DecisionId;
use crate::property::{Property, Violation};
use crate::protocol::events::OwnEvent;
use crate::search::budget::StepBudget;
use crate::search::progress::Halt;

/// The most states that are held at a time.
const MOST_STATES: usize = 1 << 25;

/// A run that ends with a violation, and how many messages of traitors are heard in it.
pub(super) struct NaiveFinding {
    pub run: LinearRun,
    pub price: HeardPrice,
    pub violation: Violation,
}

/// The event that shows a violation, if it takes another event; and the property that is violated, unless it is a
/// fault.
type LastEvent = (Option<(General, LocalEvent)>, Option<Property>);

/// How a state was first reached, at the lowest price so far.
#[derive(Clone, Copy)]
struct Reached {
    price: HeardPrice,
    from: Option<(u32, General, LocalEvent)>,
}

pub(super) struct Naive<'n, 'a> {
    locals: &'n mut Locals<'a>,
    loyal: Vec<General>,
    /// By everybody's local state and, as the last number, what each can hear.
    states: IndexMap<Box<[u32]>, Reached, FxBuildHasher>,
    sent: IndexSet<Box<[Snapshot]>, FxBuildHasher>,
    judge: ProductJudge<'a>,
    decisions: IndexSet<DecisionId, FxBuildHasher>,
    /// If only one phase is searched: the ways in which everybody can have ended it, with the number of a state in
    /// which that is so.
    pub ends: IndexMap<Vec<PhaseEnd>, u32, FxBuildHasher>,
}

impl<'n, 'a> Naive<'n, 'a> {
    pub fn new(locals: &'n mut Locals<'a>) -> Naive<'n, 'a> {
        Naive {
            loyal: locals.acting.iter().collect(),
            judge: ProductJudge::new(locals.space, locals.case, locals.acting),
            locals,
            states: IndexMap::default(),
            sent: IndexSet::default(),
            decisions: IndexSet::default(),
            ends: IndexMap::default(),
        }
    }

    /// Visits all states in order of price, up to the first violation.
    pub fn explored(
        &mut self,
        start: &Start,
        most: HeardPrice,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<NaiveFinding>, Stop> {
        let mut sent: Box<[Snapshot]> = vec![Snapshot::NONE; self.loyal.len()].into();
        let mut first = Vec::new();
        for (me, (local, sending)) in self.loyal.clone().into_iter().zip(&start.0) {
            first.push(*local);
            if let Some(sending) = sending {
                sent = self.delivered(&sent, me, *sending)?;
            }
        }
        first.push(self.sent.insert_full(sent).0 as u32);
        self.states.insert(first.into(), Reached { price: 0, from: None });
        // The states at the current price, and those that cost one more.
        let (mut now, mut later) = (VecDeque::from([0]), VecDeque::new());
        let mut price = 0;
        while price <= most {
            let Some(number) = now.pop_front() else {
                if later.is_empty() {
                    break;
                }
                (now, later, price) = (later, VecDeque::new(), price + 1);
                continue;
            };
            if self.states[number as usize].price != price {
                continue;
            }
            let found = self.expand(number, price, &mut now, &mut later, budget)?;
            if let Some((last, property)) = found {
                let run = self.run_to(number, last);
                let violation = property.map(Violation::Property);
                let violation = violation.unwrap_or_else(|| self.locals.fault());
                return Ok(Some(NaiveFinding { run, price, violation }));
            }
        }
        Ok(None)
    }

    /// Puts all successors into the queues. Returns a violation, with the event that shows it if it takes one.
    fn expand(
        &mut self,
        number: u32,
        price: HeardPrice,
        now: &mut VecDeque<u32>,
        later: &mut VecDeque<u32>,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<LastEvent>, Stop> {
        let (state, _) = self.states.get_index(number as usize).expect("it was met");
        let state = state.clone();
        let (locals, sent) = state.split_at(self.loyal.len());
        let sent = self.sent[sent[0] as usize].clone();
        let mut quiet = true;
        let (mut decisions, mut ends) = (Vec::with_capacity(locals.len()), Vec::new());
        let one_phase = self.locals.is_one_phase();
        for (place, local) in locals.iter().enumerate() {
            let me = self.loyal[place];
            let faulty = self.locals.case.traitors.contains(me);
            let events = self.events(*local, sent[place])?;
            budget.take(events.len() as u64)?;
            for event in events {
                let is_tale = matches!(event, LocalEvent::Tale(_));
                // Nobody waits for a restart.
                let is_free = is_tale || event == LocalEvent::Own(OwnEvent::Restarts);
                let (next, after) = match self.locals.happens(*local, event)? {
                    Reaction::Nothing => {
                        quiet &= faulty || is_free || !matches!(event, LocalEvent::Own(_));
                        continue;
                    }
                    // A fault that takes a message of a traitor costs more: others may be cheaper.
                    Reaction::Fails(_) if !is_tale => return Ok(Some((Some((me, event)), None))),
                    Reaction::Fails(_) => (LocalId::MAX, None),
                    Reaction::Moves(next) => (next, None),
                    Reaction::Sends(next, sending) => {
                        (next, Some(self.delivered(&sent, me, sending)?))
                    }
                };
                quiet &= is_free || faulty || self.locals.may_miss(*local, event, sent[place]);
                let mut after = after.map_or_else(
                    || state.clone(),
                    |after| {
                        let mut state = state.clone();
                        state[locals.len()] = self.sent.insert_full(after).0 as u32;
                        state
                    },
                );
                after[place] = next;
                let reached = Reached {
                    price: price + HeardPrice::from(is_tale),
                    from: Some((number, me, event)),
                };
                let queue = if is_tale { &mut *later } else { &mut *now };
                self.meet(after, reached, queue)?;
            }
            if *local == LocalId::MAX {
                return Ok(Some((None, None)));
            }
            match self.locals.decision(*local) {
                Err(_) => return Ok(Some((None, None))),
                Ok(made) => {
                    if one_phase {
                        ends.push(PhaseEnd::of(self.locals.stage(*local), made));
                    }
                    let made = made.map(|made| self.decisions.insert_full(made).0 as u32);
                    decisions.push(made);
                }
            }
        }
        let named = |made: u32| self.decisions[made as usize];
        // They may go on in a later phase.
        let violated = self.judge.violated(&decisions, quiet && !one_phase, named);
        if one_phase {
            self.ends.entry(ends).or_insert(number);
        }
        Ok(violated.map(|property| (None, Some(property))))
    }

    fn events(&mut self, local: LocalId, sent: Snapshot) -> Result<Vec<LocalEvent>, Stop> {
        if local == LocalId::MAX || matches!(self.locals.stage(local), Stage::Stuck(_)) {
            return Ok(Vec::new());
        }
        let general = self.locals.general(local);
        let mut events: Vec<_> =
            self.locals.unheard(local, sent.mail).map(LocalEvent::Mail).collect();
        events.extend(self.locals.own(local)?.iter().copied().map(LocalEvent::Own));
        let tales = 0..self.locals.tales[general.id()].len() as u32;
        let tales = tales.filter(|tale| self.locals.can_be_said(general, *tale, sent.signatures));
        events.extend(tales.map(LocalEvent::Tale));
        Ok(events)
    }

    fn meet(
        &mut self,
        state: Box<[u32]>,
        reached: Reached,
        queue: &mut VecDeque<u32>,
    ) -> Result<(), Stop> {
        let number = self.states.len() as u32;
        match self.states.entry(state) {
            Entry::Vacant(entry) => {
                entry.insert(reached);
                queue.push_back(number);
            }
            Entry::Occupied(mut entry) if entry.get().price > reached.price => {
                entry.insert(reached);
                queue.push_back(entry.index() as u32);
            }
            Entry::Occupied(_) => {}
        }
        if self.states.len() > MOST_STATES { Err(Halt::Room.into()) } else { Ok(()) }
    }

    fn delivered(
        &mut self,
        sent: &[Snapshot],
        from: General,
        sending: u32,
    ) -> Result<Box<[Snapshot]>, Stop> {
        let news = self.locals.sent(sending);
        let mut after = Vec::with_capacity(sent.len());
        for (to, before) in self.loyal.iter().zip(sent) {
            after.push(self.locals.heard_by(*to, from, *before, &news)?);
        }
        Ok(after.into())
    }

    /// The events that lead to a state.
    pub fn run_to(&self, number: u32, last: Option<(General, LocalEvent)>) -> LinearRun {
        let named = |(me, event)| (me, NamedEvent::of(me, event, self.locals));
        let mut run: LinearRun = last.into_iter().map(named).collect();
        let mut at = number;
        while let Some((before, me, event)) = self.states[at as usize].from {
            run.push(named((me, event)));
            at = before;
        }
        run.reverse();
        run
    }
}
