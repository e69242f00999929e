//! The closure: everything that one general can do without sending anything, from some local states and with the mail
//! that it can hear.

use super::locals::{LocalEvent, LocalId, Locals, Reaction, Stage};
use super::mail::{HeardPrice, Snapshot};
use super::orbits::Orbits;
use super::stop::Stop;
use crate::protocol::events::OwnEvent;
use crate::search::budget::StepBudget;

/// Local states still to be visited, in order of price: most steps cost nothing.
#[derive(Default)]
pub(super) struct Closure {
    /// For each local state: the number of the search in which it was last met, and at what price.
    met: Vec<(u32, HeardPrice)>,
    number: u32,
    queue: Vec<Vec<LocalId>>,
    /// Whether hearing a message of a traitor has a price.
    priced: bool,
    /// How many local states were met.
    pub size: usize,
}

/// What a visitor is shown on the way.
#[derive(Clone, Copy, Debug)]
pub(super) enum Visit {
    /// An event, the reaction to it, and the price of that.
    Event { local: LocalId, event: LocalEvent, reaction: Reaction, price: HeardPrice },
    /// A local state whose events were all visited: its least price, and whether it is quiet.
    State { local: LocalId, price: HeardPrice, quiet: bool },
}

impl Closure {
    pub fn new(priced: bool) -> Closure {
        Closure { priced, ..Closure::default() }
    }

    fn begin(&mut self) {
        self.number += 1;
        self.queue.clear();
        self.size = 0;
    }

    fn offer(&mut self, local: LocalId, price: HeardPrice) {
        if self.met.len() <= local as usize {
            self.met.resize(local as usize + 1, (0, 0));
        }
        let met = &mut self.met[local as usize];
        if met.0 == self.number && met.1 <= price {
            return;
        }
        self.size += usize::from(met.0 != self.number);
        *met = (self.number, price);
        let price = price as usize;
        if self.queue.len() <= price {
            self.queue.resize_with(price + 1, Vec::new);
        }
        self.queue[price].push(local);
    }

    /// Visits everything that can be reached from these local states of one general without sending anything, with one
    /// representative of each orbit.
    pub fn search(
        &mut self,
        locals: &mut Locals<'_>,
        orbits: &Orbits<'_>,
        seeds: &[(LocalId, HeardPrice)],
        snapshot: Snapshot,
        budget: &mut StepBudget<'_>,
        mut visit: impl FnMut(&mut Locals<'_>, &Orbits<'_>, Visit) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.begin();
        let Some((first, _)) = seeds.first() else { return Ok(()) };
        let general = locals.general(*first);
        seeds.iter().for_each(|(local, price)| self.offer(*local, *price));
        let tales = 0..locals.tales[general.id()].len() as u32;
        let tales = tales.filter(|tale| locals.can_be_said(general, *tale, snapshot.signatures));
        let tales: Vec<_> = tales.map(LocalEvent::Tale).collect();
        let mail = snapshot.mail;
        let faulty = locals.case.traitors.contains(general);
        let mut events = Vec::new();
        let (mut paid, mut place) = (0, 0);
        while paid < self.queue.len() {
            let Some(local) = self.queue[paid].get(place).copied() else {
                (paid, place) = (paid + 1, 0);
                continue;
            };
            place += 1;
            let now = paid as HeardPrice;
            if self.met[local as usize].1 != now {
                continue;
            }
            if matches!(locals.stage(local), Stage::Stuck(_)) {
                visit(locals, orbits, Visit::State { local, price: now, quiet: true })?;
                continue;
            }
            events.clear();
            events.extend(locals.unheard(local, mail).map(LocalEvent::Mail));
            events.extend(locals.own(local)?.iter().copied().map(LocalEvent::Own));
            events.extend_from_slice(&tales);
            budget.take(events.len() as u64 + 1)?;
            let mut quiet = true;
            for event in &events {
                let is_tale = matches!(event, LocalEvent::Tale(_));
                let reaction = locals.happens(local, *event)?;
                // A general that may crash need not do anything more.
                quiet &= match event {
                    _ if faulty => true,
                    LocalEvent::Own(event) => *event == OwnEvent::Restarts,
                    LocalEvent::Mail(_) => {
                        reaction == Reaction::Nothing || locals.may_miss(local, *event, snapshot)
                    }
                    LocalEvent::Tale(_) => true,
                };
                let price = now + HeardPrice::from(self.priced && is_tale);
                match reaction {
                    Reaction::Nothing => continue,
                    Reaction::Moves(next) => {
                        let (next, _) = orbits.first(locals, next)?;
                        self.offer(next, price);
                    }
                    Reaction::Sends(..) | Reaction::Fails(_) => {}
                }
                visit(locals, orbits, Visit::Event { local, event: *event, reaction, price })?;
            }
            visit(locals, orbits, Visit::State { local, price: now, quiet })?;
        }
        Ok(())
    }
}
