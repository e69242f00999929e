//! What one receiver can come to in one round: its inbox gone through in the order of arrival,
//! branching on each thing that a traitor could say, and merging equal states in between.

use std::cmp::Ordering;

use indexmap::map::{Entry, IndexMap};
use rustc_hash::FxBuildHasher;

use super::effort::{Halt, Meter, ROOM};
use super::end::{End, EndOf};
use super::menu::Candidate;
use super::overheard::Overheard;
use super::script::{Script, Spoken};
use super::space::Space;
use crate::fault::Guarded;
use crate::general::{General, Generals};
use crate::property::{Accepted, Violation};
use crate::protocol::{Lockstep, Plain, Round};
use crate::testable::{Testable, Wire};

/// Merging costs about as much as branching, so it waits until there are so many times as many
/// branches as there were after the last time.
const MERGE_AT_GROWTH: usize = 8;

/// One round at one receiver.
pub(crate) struct Inbox<'e, P: Testable> {
    pub space: &'e Space<'e, P>,
    pub protocol: &'e Guarded<'e, P>,
    pub round: Round,
    pub to: General,
    /// What each general would say to this one as a loyal one, in the order of arrival; nothing is
    /// known of those that are not followed.
    pub honest: Vec<Option<Vec<P::Message>>>,
    /// How many lies may still be told; none if they are free.
    pub lies_left: Option<u32>,
    /// Which signatures the traitors can show.
    pub overheard: &'e Overheard,
}

/// What the receiver came to, and how.
pub(crate) struct Received<S> {
    pub to: General,
    pub round: Round,
    pub branches: Vec<Branch<S>>,
    /// All that was said to it on any branch.
    said: Vec<Said>,
}

/// One state that the receiver can come to.
pub(crate) struct Branch<S> {
    pub state: S,
    /// The fewest lies with which it does.
    pub lies: u32,
    /// The last thing that was said to it, by place in the list of all that was said.
    pub trace: Trace,
    /// The marks of the open slots of the current wire in which something has been said.
    used: u64,
}

/// A place in the list of all that was said, plus one; 0 where nothing was.
pub(crate) type Trace = u32;

/// What a candidate is to a traitor who counts its lies, by what loyalty would have said in the
/// slot. Lies are counted as they are told, in the order of the messages: where the honest message
/// is passed by in silence, that is the lie, and another one after it is told for nothing more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Price {
    /// Lies are not counted.
    Free,
    /// Loyalty would have said just this.
    Honest,
    /// Loyalty would have said something that comes later.
    Early,
    /// Loyalty would have said something that came before.
    Late,
    /// Loyalty would have said nothing.
    Unasked,
}

impl Price {
    fn of<M: Ord>(message: &M, honest: Option<&M>) -> Price {
        match honest.map(|honest| message.cmp(honest)) {
            None => Price::Unasked,
            Some(Ordering::Less) => Price::Early,
            Some(Ordering::Equal) => Price::Honest,
            Some(Ordering::Greater) => Price::Late,
        }
    }

    /// How many lies it is to say it.
    fn said(self) -> u32 {
        u32::from(matches!(self, Price::Early | Price::Unasked))
    }

    /// How many lies it is to have said nothing in the slot, now that it has been passed by.
    fn unsaid(self) -> u32 {
        u32::from(self == Price::Honest)
    }

    /// Whether nothing is lost if a message that changes nothing is not said. (Where it is a lie
    /// either way, one that is told makes the better story.)
    fn silence_is_as_good(self) -> bool {
        matches!(self, Price::Free | Price::Unasked)
    }
}

/// A traitor says a candidate of its wire, after all that was said before.
struct Said {
    before: Trace,
    from: General,
    candidate: u32,
}

/// A state, or nothing for a traitor whose own run has failed.
type StateOf<P> = Option<<P as Lockstep>::State>;

impl<P: Testable> Inbox<'_, P> {
    /// Every state to which the receiver can come from this one.
    pub fn received(
        &self,
        state: StateOf<P>,
        meter: &mut Meter<'_>,
    ) -> Result<Received<StateOf<P>>, EndOf<P>> {
        let start = Branch { state, lies: 0, trace: 0, used: 0 };
        let (to, round) = (self.to, self.round);
        let mut received = Received { to, round, branches: vec![start], said: Vec::new() };
        for from in self.space.everybody().without(to).iter() {
            if self.protocol.traitors().contains(from) {
                self.hear_traitor(from, &mut received, meter)?;
            } else {
                self.hear_loyal(from, &mut received, meter)?;
            }
        }
        for at in 0..received.branches.len() {
            let ended = self.protocol.end_round(to, &mut received.branches[at].state, round);
            ended.map_err(|fault| {
                End::from(fault).after(|| self.script(&received, received.branches[at].trace))
            })?;
        }
        received.merge();
        Ok(received)
    }

    fn hear_loyal(
        &self,
        from: General,
        received: &mut Received<StateOf<P>>,
        meter: &mut Meter<'_>,
    ) -> Result<(), EndOf<P>> {
        let messages = self.honest[from.id()].as_deref().expect("the loyal are followed");
        for at in 0..received.branches.len() {
            for message in messages {
                meter.step()?;
                let state = &mut received.branches[at].state;
                let heard = self.protocol.receive(self.to, state, self.round, from, message);
                heard.map_err(|fault| {
                    let mut script = self.script(received, received.branches[at].trace);
                    script.retain(|wire, _| wire.from < from);
                    End::from(fault).after(|| script)
                })?;
            }
        }
        Ok(())
    }

    fn hear_traitor(
        &self,
        from: General,
        received: &mut Received<StateOf<P>>,
        meter: &mut Meter<'_>,
    ) -> Result<(), EndOf<P>> {
        let wire = Wire { round: self.round, from, to: self.to };
        let menu = self.space.menu(wire);
        let priced = self.honest[from.id()].as_ref().filter(|_| self.lies_left.is_some());
        let honest = priced.map(|honest| self.space.placed(wire, honest)).transpose()?;
        let lies_left = self.lies_left.unwrap_or(u32::MAX);
        let loyal_hears = !self.protocol.traitors().contains(self.to);
        let mut merged = received.branches.len();
        for (number, candidate) in menu.candidates.iter().enumerate() {
            let Candidate { message, slot, mark, closes, signatures, forgery } = candidate;
            let loyal = honest.as_ref().map(|honest| honest[*slot].as_ref());
            let price = loyal.map_or(Price::Free, |loyal| Price::of(message, loyal));
            let optional = menu.optional(*slot);
            let before = received.branches.len();
            let can_be_said = price == Price::Honest || self.overheard.has_all(signatures);
            for at in (0..before).filter(|_| can_be_said) {
                let branch = &received.branches[at];
                let lies = branch.lies + price.said();
                if branch.used & mark != 0 || lies > lies_left {
                    continue;
                }
                meter.step()?;
                let mut state = branch.state.clone();
                let heard = self.protocol.receive(self.to, &mut state, self.round, from, message);
                heard.map_err(|fault| {
                    let script = self.cut_short(received, at, wire, number, honest.as_ref());
                    End::from(fault).after(|| script)
                })?;
                let branch = &received.branches[at];
                if let Some(label) = forgery.filter(|_| loyal_hears && state != branch.state) {
                    let script = self.cut_short(received, at, wire, number, honest.as_ref());
                    let accepted = Violation::Forgery(Accepted { wire, label });
                    return Err(End::Found(accepted, script));
                }
                if optional && price.silence_is_as_good() && state == branch.state {
                    continue;
                }
                received.said.push(Said { before: branch.trace, from, candidate: number as u32 });
                let trace = received.said.len() as Trace;
                received.branches.push(Branch { state, lies, trace, used: branch.used | mark });
            }
            if received.branches.len() > ROOM || received.said.len() > 4 * ROOM {
                return Err(Halt::Room.into());
            }
            if price.unsaid() > 0 {
                let unsaid = received.branches[..before].iter_mut();
                unsaid.filter(|branch| branch.used & mark == 0).for_each(|branch| branch.lies += 1);
                received.branches.retain(|branch| branch.lies <= lies_left);
            }
            if *closes {
                received.close(*mark, optional, !price.silence_is_as_good());
                if received.branches.len() >= MERGE_AT_GROWTH * merged {
                    received.merge();
                    merged = received.branches.len();
                }
            }
        }
        received.merge();
        Ok(())
    }

    /// What the traitors said to bring the receiver to where this trace ends.
    pub fn script(&self, received: &Received<StateOf<P>>, trace: Trace) -> Script<P::Message> {
        received.script(self.space, self.protocol.traitors(), trace)
    }

    /// What the traitors said up to a candidate at which the run failed: from there on they obey,
    /// as far as it is known what that is.
    fn cut_short(
        &self,
        received: &Received<StateOf<P>>,
        at: usize,
        wire: Wire,
        number: usize,
        honest: Option<&Spoken<P::Message>>,
    ) -> Script<P::Message> {
        let mut script = self.script(received, received.branches[at].trace);
        script.retain(|decided, _| decided.from <= wire.from);
        let menu = self.space.menu(wire);
        let Candidate { message, slot, .. } = &menu.candidates[number];
        let spoken = script.get_mut(&wire).expect("the traitor's wire has been decided");
        spoken[*slot] = Some(message.clone());
        for (slot, honest) in honest.into_iter().flatten().enumerate() {
            let Some(honest) = honest.as_ref().filter(|_| spoken[slot].is_none()) else { continue };
            let mut to_come = menu.candidates[number + 1..].iter().filter(|next| next.slot == slot);
            if honest > message {
                spoken[slot] = Some(honest.clone());
            } else if !menu.optional(slot) {
                // It has been passed by, so it is some other.
                spoken[slot] = to_come.next().map(|next| next.message.clone());
            }
        }
        script
    }
}

impl<S: Plain> Received<Option<S>> {
    /// What the traitors said to bring the receiver to where this trace ends.
    pub fn script<P>(
        &self,
        space: &Space<'_, P>,
        traitors: Generals,
        trace: Trace,
    ) -> Script<P::Message>
    where
        P: Testable<State = S>,
    {
        let Received { to, round, said, .. } = self;
        let wire = |from| Wire { round: *round, from, to: *to };
        let silent = |from| (wire(from), vec![None; space.menu(wire(from)).slots()]);
        let mut script: Script<P::Message> = traitors.without(*to).iter().map(silent).collect();
        let mut trace = trace;
        while let Some(place) = trace.checked_sub(1) {
            let Said { before, from, candidate } = said[place as usize];
            let candidate = &space.menu(wire(from)).candidates[candidate as usize];
            let spoken = script.get_mut(&wire(from)).expect("only traitors have traces");
            spoken[candidate.slot] = Some(candidate.message.clone());
            trace = before;
        }
        script
    }

    /// A slot is over. Of equal branches the first is kept, and that shall be one in which
    /// something was said, if `told_first`.
    fn close(&mut self, mark: u64, optional: bool, told_first: bool) {
        self.branches.retain(|branch| optional || branch.used & mark != 0);
        if told_first {
            self.branches.sort_by_key(|branch| branch.used & mark == 0);
        }
        for branch in &mut self.branches {
            branch.used &= !mark;
        }
    }

    /// Of equal branches, the first of those with the fewest lies is kept.
    fn merge(&mut self) {
        if self.branches.len() < 2 {
            return;
        }
        let mut merged: IndexMap<(Option<S>, u64), (u32, Trace), FxBuildHasher> =
            IndexMap::with_capacity_and_hasher(self.branches.len(), FxBuildHasher);
        for Branch { state, lies, trace, used } in self.branches.drain(..) {
            match merged.entry((state, used)) {
                Entry::Vacant(entry) => drop(entry.insert((lies, trace))),
                Entry::Occupied(mut entry) if lies < entry.get().0 => {
                    *entry.get_mut() = (lies, trace);
                }
                Entry::Occupied(_) => {}
            }
        }
        let branch = |((state, used), (lies, trace))| Branch { state, lies, trace, used };
        self.branches.extend(merged.into_iter().map(branch));
    }
}
