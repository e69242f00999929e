//! What one receiver can come to in one round: its inbox gone through in the order of arrival,
//! branching on each thing that the enemy can do, and merging equal states in between.
//!
//! Where the enemy has power over the order of arrival, what arrives before its turn is gone through
//! first, in every order, and then the rest in turn: so each change of the order can be counted.

use std::borrow::Cow;

use super::effort::{Halt, Meter, ROOM};
use super::end::{End, EndOf};
use super::memory::MemoryOf;
use super::overheard::Overheard;
use super::received::{Branch, Deed, Received, Trace};
use super::script::Script;
use super::space::Space;
use super::symmetry::SymmetryOf;
use crate::adversary::FaultClass;
use crate::fault::Guarded;
use crate::general::{General, Generals};
use crate::protocol::{Lockstep, Round};
use crate::testable::{Refusal, Testable, Wire};

/// One round at one receiver.
pub(crate) struct Inbox<'e, P: Testable> {
    pub space: &'e Space<'e, P>,
    pub protocol: &'e Guarded<'e, P>,
    pub round: Round,
    pub to: General,
    /// What was said in an earlier round and arrives now.
    pub overdue: Vec<(General, P::Message)>,
    /// How many lies may still be told; none if they are free.
    pub lies_left: Option<u32>,
    /// Which signatures the traitors can show.
    pub overheard: &'e Overheard,
    /// Whether equal states are merged.
    pub merges: bool,
    /// Who can be renamed.
    pub symmetry: Option<&'e SymmetryOf<'e, P>>,
    /// Whether only the extremes of what can be said are gone through.
    pub extremes: bool,
}

/// Where something can come from, if there are orders to choose from: a message of loyalty, or a slot
/// in which a traitor says what it likes; with its bit.
pub(super) struct Place {
    pub from: General,
    pub number: usize,
    pub bit: u64,
}

/// The bits of the places of one sender, in turn; none if there are no orders to choose from.
#[derive(Clone, Copy)]
pub(super) struct Bits<'b>(&'b [u64]);

impl Bits<'_> {
    /// There are no orders to choose from.
    pub const NONE: Bits<'static> = Bits(&[]);

    /// That of one place.
    pub fn of(self, number: usize) -> u64 {
        self.0.get(number).copied().unwrap_or(0)
    }
}

/// A state, or nothing for a traitor whose own run has failed.
pub(super) type StateOf<P> = Option<<P as Lockstep>::State>;

/// What a receiver of this protocol came to.
pub(crate) type ReceivedBy<'a, P> = Received<'a, StateOf<P>, <P as Lockstep>::Message>;

impl<P: Testable> Inbox<'_, P> {
    /// Every state to which the receiver can come from this one, when this is what each general
    /// would say to it as a loyal one.
    pub fn received<'a>(
        &self,
        state: StateOf<P>,
        honest: &'a [Option<Cow<'a, [P::Message]>>],
        memory: &mut MemoryOf<P>,
        meter: &mut Meter<'_>,
    ) -> Result<ReceivedBy<'a, P>, EndOf<P>> {
        let start = Branch { state, lies: 0, trace: 0, used: 0, early: 0, met: None };
        let Inbox { to, round, .. } = *self;
        let (branches, done) = (vec![start], Vec::new());
        let spares = std::mem::take(&mut memory.spares);
        let mut received = Received { to, round, honest, branches, done, spares };
        let places = self.places(&received)?;
        if self.space.adversary.any_order {
            self.hear_first(&places, &mut received, meter)?;
        }
        for (from, message) in &self.overdue {
            for at in 0..received.branches.len() {
                self.hear(&mut received, at, *from, message, None, meter)?;
            }
        }
        let senders = self.space.neighbours(to);
        if self.extremes {
            self.hear_extremes(senders, &mut received, memory, meter)?;
        } else {
            for from in senders.iter() {
                self.hear_turn(from, &places, &mut received, memory, meter)?;
            }
        }
        for at in 0..received.branches.len() {
            let ended = self.protocol.end_round(to, &mut received.branches[at].state, round);
            ended.map_err(|fault| {
                End::from(fault).after(|| self.script(&received, received.branches[at].trace))
            })?;
        }
        if round < self.space.terms.rounds {
            self.merge(&mut received);
        }
        memory.spares = std::mem::take(&mut received.spares);
        Ok(received)
    }

    /// What one sender says in its turn, but for what has arrived before.
    fn hear_turn(
        &self,
        from: General,
        places: &[Place],
        received: &mut ReceivedBy<'_, P>,
        memory: &mut MemoryOf<P>,
        meter: &mut Meter<'_>,
    ) -> Result<(), EndOf<P>> {
        let places = places.iter().filter(|place| place.from == from);
        let bits = places.map(|place| place.bit).collect::<Vec<_>>();
        if self.is_free(from) {
            self.hear_traitor(from, Bits(&bits), received, memory, meter)?;
            self.fold(from, received)?;
        } else {
            self.hear_honest(from, Bits(&bits), received, meter)?;
        }
        if !bits.is_empty() {
            received.forget(bits.into_iter().sum());
            self.merge(received);
        }
        Ok(())
    }

    pub(super) fn merge(&self, received: &mut ReceivedBy<'_, P>) {
        if self.merges {
            received.merge();
        }
    }

    /// In the last round, when none but traitors are to be heard after this one: of states that can be
    /// renamed into each other by those who have had their say the first is kept. Whatever is said to
    /// it can be said to the others, renamed, and they decide alike.
    fn fold(&self, heard: General, received: &mut ReceivedBy<'_, P>) -> Result<(), EndOf<P>> {
        let Inbox { space, round, to, .. } = *self;
        let last = round == space.terms.rounds && !space.adversary.any_order && !space.is_signed();
        let Some(symmetry) = self.symmetry.filter(|_| last) else { return Ok(()) };
        let to_come = space.neighbours(to).iter().filter(|from| *from > heard);
        let to_come: Generals = to_come.collect();
        if !to_come.is_empty() && to_come.iter().all(|from| self.is_free(from)) {
            let settled = space.everybody().minus(to_come).without(to);
            let mut firsts = symmetry.firsts(&received.branches, settled)?.into_iter();
            received.keep(|_| firsts.next().expect("each branch is the first or not"));
        }
        Ok(())
    }

    /// Whether a sender says what it likes.
    pub(super) fn is_free(&self, from: General) -> bool {
        self.space.adversary.faults.is_byzantine() && self.protocol.traitors().contains(from)
    }

    /// All places in this round, in turn; none if there are no orders to choose from.
    fn places(&self, received: &ReceivedBy<'_, P>) -> Result<Vec<Place>, EndOf<P>> {
        let Inbox { to, round, .. } = *self;
        let mut places = Vec::new();
        if !self.space.adversary.any_order {
            return Ok(places);
        }
        for from in self.space.neighbours(to).iter() {
            let count = match &received.honest[from.id()] {
                Some(honest) if !self.is_free(from) => honest.len(),
                _ => self.space.menu(Wire { round, from, to }).slots(),
            };
            places.extend((0..count).map(|number| Place { from, number, bit: 0 }));
        }
        if places.len() > u64::BITS as usize {
            return Err(Refusal::Crowded { to, round }.into());
        }
        for (place, Place { bit, .. }) in places.iter_mut().enumerate() {
            *bit = 1 << place;
        }
        Ok(places)
    }

    /// Lets a message be heard on a branch. What is done there beside it is the deed.
    fn hear(
        &self,
        received: &mut ReceivedBy<'_, P>,
        at: usize,
        from: General,
        message: &P::Message,
        reached: Option<General>,
        meter: &mut Meter<'_>,
    ) -> Result<(), EndOf<P>> {
        meter.step()?;
        let state = &mut received.branches[at].state;
        let heard = self.protocol.receive(self.to, state, self.round, from, message);
        heard.map_err(|fault| {
            let script = self.script(received, received.branches[at].trace);
            End::from(fault).after(|| self.rest_obeys(received, script, reached))
        })
    }

    pub(super) fn hear_honest(
        &self,
        from: General,
        bits: Bits<'_>,
        received: &mut ReceivedBy<'_, P>,
        meter: &mut Meter<'_>,
    ) -> Result<(), EndOf<P>> {
        let traitors = self.protocol.traitors();
        let omission: Option<fn(u32) -> Deed> = match self.space.adversary.faults {
            FaultClass::SendOmission if traitors.contains(from) => Some(Deed::Withholds),
            FaultClass::ReceiveOmission if traitors.contains(self.to) => Some(Deed::Loses),
            _ => None,
        };
        let messages = received.honest[from.id()].as_deref().expect("the honest are followed");
        for (number, message) in messages.iter().enumerate() {
            for at in 0..received.branches.len() {
                let branch = &received.branches[at];
                if branch.early & bits.of(number) != 0 {
                    continue;
                }
                let without = omission.map(|deed| (deed, branch.clone()));
                self.hear(received, at, from, message, Some(from), meter)?;
                let Some((deed, without)) = without else { continue };
                let lies = self.priced(without.lies, 1);
                if let Some(lies) = lies.filter(|_| without.state != received.branches[at].state) {
                    received.push(from, deed(number as u32), Branch { lies, ..without });
                    self.room(received)?;
                }
            }
            if omission.is_some() {
                self.merge(received);
            }
        }
        Ok(())
    }

    /// What the enemy did to bring the receiver to where this trace ends.
    pub fn script(&self, received: &ReceivedBy<'_, P>, trace: Trace) -> Script<P::Message> {
        let others = self.space.neighbours(self.to).iter();
        let speakers = others.filter(|from| self.is_free(*from));
        received.script(self.space, speakers, trace)
    }

    /// So many lies and more, if that is not too many.
    pub(super) fn priced(&self, lies: u32, more: u32) -> Option<u32> {
        let Some(left) = self.lies_left else { return Some(0) };
        Some(lies + more).filter(|lies| *lies <= left)
    }

    /// The receiver holds as much as it may.
    pub(super) fn room(&self, received: &ReceivedBy<'_, P>) -> Result<(), EndOf<P>> {
        let full = received.branches.len() > ROOM || received.done.len() > 4 * ROOM;
        if full { Err(Halt::Room.into()) } else { Ok(()) }
    }

    /// The run failed when it had heard all up to this sender: from there on the traitors obey, as
    /// far as it is known what that is, but for what has arrived before its turn.
    pub(super) fn rest_obeys(
        &self,
        received: &ReceivedBy<'_, P>,
        mut script: Script<P::Message>,
        reached: Option<General>,
    ) -> Script<P::Message> {
        let decided = |from| reached.is_some_and(|reached| from <= reached);
        script
            .spoken
            .retain(|wire, spoken| decided(wire.from) || spoken.iter().any(Option::is_some));
        for (wire, spoken) in script.spoken.iter_mut().filter(|(wire, _)| !decided(wire.from)) {
            let menu = self.space.menu(*wire);
            let honest = received.honest[wire.from.id()].as_ref();
            let honest = honest.and_then(|honest| self.space.placed(*wire, honest).ok());
            for (slot, said) in spoken.iter_mut().enumerate().filter(|(_, said)| said.is_none()) {
                *said = honest.as_ref().and_then(|honest| honest[slot].clone());
                if said.is_none() && !menu.optional(slot) {
                    *said = menu.uniform(Some(0))[slot].clone();
                }
            }
        }
        script
    }
}
