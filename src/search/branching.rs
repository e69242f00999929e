//! What one receiver can come to in one round: its inbox gone through in the order of arrival,
//! branching on each thing that a traitor could say, and merging equal states in between.

use indexmap::map::{Entry, IndexMap};
use rustc_hash::FxBuildHasher;

use super::effort::{Halt, Meter, ROOM};
use super::end::{End, EndOf};
use super::menu::Menu;
use super::script::{Script, Spoken};
use super::space::Space;
use crate::fault::{Fault, Guarded};
use crate::general::{General, Generals};
use crate::property::Violation;
use crate::protocol::{Plain, Round};
use crate::testable::{Testable, Wire};

/// Merging costs about as much as branching, so it waits until there are so many times as many
/// branches as there were after the last time.
const MERGE_AT_GROWTH: usize = 8;

/// One round at one receiver.
pub(crate) struct Inbox<'e, P: Testable> {
    pub space: &'e Space<'e, P>,
    pub protocol: &'e Guarded<'e, P>,
    pub traitors: Generals,
    pub round: Round,
    pub to: General,
    /// What each general would say to this one as a loyal one, in the order of arrival; nothing is
    /// known of those that are not followed.
    pub honest: Vec<Option<Vec<P::Message>>>,
    /// How many lies may still be told; none if they are free.
    pub lies_left: Option<u32>,
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

/// How many lies it is to say a message in a slot, and to say nothing there.
#[derive(Clone, Copy)]
struct Price {
    said: u32,
    unsaid: u32,
}

impl Price {
    const FREE: Price = Price { said: 0, unsaid: 0 };

    fn of<M: Eq>(message: &M, honest: Option<&M>) -> Price {
        let said = u32::from(honest != Some(message));
        Price { said, unsaid: u32::from(honest.is_some()) }
    }

    /// Whether nothing is lost if a message that changes nothing is not said. (Where the price is
    /// the same, a lie that is told makes the better story.)
    fn silence_is_as_good(self) -> bool {
        self.said > self.unsaid || self.said + self.unsaid == 0
    }
}

/// A traitor says a candidate of its wire, after all that was said before.
struct Said {
    before: Trace,
    from: General,
    candidate: u32,
}

impl<P: Testable> Inbox<'_, P> {
    /// Every state to which the receiver can come from this one.
    pub fn received(
        &self,
        state: P::State,
        meter: &mut Meter<'_>,
    ) -> Result<Received<P::State>, EndOf<P>> {
        let mut received = Received::nothing(self.round, self.to, state);
        for from in self.space.everybody().without(self.to).iter() {
            if self.traitors.contains(from) {
                self.hear_traitor(from, &mut received, meter)?;
            } else {
                self.hear_loyal(from, &mut received, meter)?;
            }
        }
        for at in 0..received.branches.len() {
            let state = &mut received.branches[at].state;
            let ended = self.protocol.end_round(self.to, state, self.round);
            ended.map_err(|fault| self.fault(fault, &received, at, None))?;
        }
        received.merge();
        Ok(received)
    }

    fn hear_loyal(
        &self,
        from: General,
        received: &mut Received<P::State>,
        meter: &mut Meter<'_>,
    ) -> Result<(), EndOf<P>> {
        let messages = self.honest[from.id()].as_deref().expect("the loyal are followed");
        for at in 0..received.branches.len() {
            for message in messages {
                meter.step()?;
                let state = &mut received.branches[at].state;
                let heard = self.protocol.receive(self.to, state, self.round, from, message);
                heard.map_err(|fault| self.fault(fault, received, at, None))?;
            }
        }
        Ok(())
    }

    fn hear_traitor(
        &self,
        from: General,
        received: &mut Received<P::State>,
        meter: &mut Meter<'_>,
    ) -> Result<(), EndOf<P>> {
        let wire = Wire { round: self.round, from, to: self.to };
        let menu = self.space.menu(wire);
        let honest = self.placed(wire)?;
        let lies_left = self.lies_left.unwrap_or(u32::MAX);
        let mut merged = received.branches.len();
        for (number, candidate) in menu.candidates.iter().enumerate() {
            let price = honest.as_ref().map_or(Price::FREE, |honest| {
                Price::of(&candidate.message, honest[candidate.slot].as_ref())
            });
            let optional = menu.optional(candidate.slot);
            for at in 0..received.branches.len() {
                let branch = &received.branches[at];
                let lies = branch.lies + price.said;
                if branch.used & candidate.mark != 0 || lies > lies_left {
                    continue;
                }
                meter.step()?;
                let mut state = branch.state.clone();
                let message = &candidate.message;
                let heard = self.protocol.receive(self.to, &mut state, self.round, from, message);
                heard.map_err(|fault| self.fault(fault, received, at, Some((wire, number))))?;
                let branch = &received.branches[at];
                if optional && price.silence_is_as_good() && state == branch.state {
                    continue;
                }
                received.said.push(Said { before: branch.trace, from, candidate: number as u32 });
                let trace = received.said.len() as Trace;
                let used = branch.used | candidate.mark;
                received.branches.push(Branch { state, lies, trace, used });
            }
            if received.branches.len() > ROOM || received.said.len() > 4 * ROOM {
                return Err(Halt::Room.into());
            }
            if candidate.closes {
                received.close(candidate.mark, optional, price.unsaid);
                received.branches.retain(|branch| branch.lies <= lies_left);
                if received.branches.len() >= MERGE_AT_GROWTH * merged {
                    received.merge();
                    merged = received.branches.len();
                }
            }
        }
        received.merge();
        Ok(())
    }

    /// What the sender would say as a loyal general, slot by slot, if lies have a price.
    fn placed(&self, wire: Wire) -> Result<Option<Spoken<P::Message>>, EndOf<P>> {
        let honest = self.honest[wire.from.id()].as_ref().filter(|_| self.lies_left.is_some());
        Ok(honest.map(|honest| self.space.placed(wire, honest)).transpose()?)
    }

    /// The protocol misbehaves on hearing something: what was said up to then brings it about,
    /// and later senders obey.
    fn fault(
        &self,
        fault: Fault,
        received: &Received<P::State>,
        at: usize,
        last: Option<(Wire, usize)>,
    ) -> EndOf<P> {
        let branch = &received.branches[at];
        let mut script = received.script(self.space, self.traitors, branch.trace);
        if let Some((wire, number)) = last {
            let Menu { candidates, .. } = self.space.menu(wire);
            let candidate = &candidates[number];
            let spoken = script.get_mut(&wire).expect("the traitor's wire has been decided");
            spoken[candidate.slot] = Some(candidate.message.clone());
            script.retain(|decided, _| decided.from <= wire.from);
        }
        End::Found(Violation::Fault(fault), script)
    }
}

impl<S: Plain> Received<S> {
    /// The receiver stays as it is.
    pub fn nothing(round: Round, to: General, state: S) -> Received<S> {
        let start = Branch { state, lies: 0, trace: 0, used: 0 };
        Received { to, round, branches: vec![start], said: Vec::new() }
    }

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
        let heard = if *round == 0 { Generals::NONE } else { traitors.without(*to) };
        let silent = |from| (wire(from), vec![None; space.menu(wire(from)).slots()]);
        let mut script: Script<P::Message> = heard.iter().map(silent).collect();
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

    /// A slot is over: branches in which nothing was said in it have said nothing.
    fn close(&mut self, mark: u64, optional: bool, withheld: u32) {
        self.branches.retain(|branch| optional || branch.used & mark != 0);
        for branch in &mut self.branches {
            if branch.used & mark == 0 {
                branch.lies += withheld;
            }
        }
        if withheld > 0 {
            // Of equal branches the first is kept: better a lie that is told than one by silence.
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
        let mut merged: IndexMap<(S, u64), (u32, Trace), FxBuildHasher> =
            IndexMap::with_capacity_and_hasher(self.branches.len(), FxBuildHasher);
        for Branch { state, lies, trace, used } in self.branches.drain(..) {
            match merged.entry((state, used)) {
                Entry::Vacant(entry) => drop(entry.insert((lies, trace))),
                Entry::Occupied(mut entry) if lies < entry.get().0 => {
                    *entry.get_mut() = (lies, trace)
                }
                Entry::Occupied(_) => {}
            }
        }
        let branch = |((state, used), (lies, trace))| Branch { state, lies, trace, used };
        self.branches.extend(merged.into_iter().map(branch));
    }
}
