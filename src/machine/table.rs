//! The states of one worker, numbered, and the protocol asked about them: the only place where the
//! code of a protocol in rounds is called while it runs.

use std::any::Any;
use std::cmp::Ordering;
use std::hash::BuildHasher;
use std::mem;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::numbered::Numbered;
use super::numbers::{MessageId, StateId, ValueId};
use crate::escape::escaped;
use crate::fault::guarded;
use crate::general::{General, Swap};
use crate::protocol::{Plain, Round, Seat};
use crate::testable::{MOST_SENT, Testable};

/// An answer of the protocol, or what its panic said.
pub(crate) type Guarded<T> = Result<T, String>;

/// States by number, and what the protocol answers about them.
pub(crate) trait StateTable: Send + Sync {
    /// How many states there are.
    fn len(&self) -> usize;

    /// Forgets all states: their numbers mean nothing from then on.
    fn clear(&mut self);

    /// The number of a state of another table of the same protocol, in this one.
    fn adopt(&mut self, from: &dyn StateTable, state: StateId) -> StateId;

    /// Where the states stand, for [`adopt`](StateTable::adopt).
    fn stored(&self) -> &dyn Any;

    /// The same, to put more there.
    fn stored_mut(&mut self) -> &mut dyn Any;

    /// The states, to be put into [another table](super::Machine::table).
    fn into_stored(self: Box<Self>) -> StoredStates;

    /// [`Lockstep::start`].
    fn start(&mut self, seat: Seat, input: Option<ValueId>) -> Guarded<StateId>;

    /// [`Lockstep::send`]: in the order of messages, behind what stands there already.
    fn send(
        &self,
        state: StateId,
        round: Round,
        to: General,
        said: &mut Vec<MessageId>,
    ) -> Guarded<()>;

    /// [`Lockstep::receive`], one message after the other.
    fn receive(
        &mut self,
        state: StateId,
        round: Round,
        inbox: &[(General, &[MessageId])],
    ) -> Guarded<StateId>;

    /// [`Lockstep::end_round`].
    fn end_round(&mut self, state: StateId, round: Round) -> Guarded<StateId>;

    /// [`Lockstep::decide`].
    fn decide(&self, state: StateId) -> Guarded<ValueId>;

    /// [`Symmetric::swapped_state`](crate::testable::Symmetric::swapped_state); nothing where no
    /// symmetry is claimed.
    fn swapped(&mut self, state: StateId, swap: Swap) -> Guarded<Option<StateId>>;

    /// [`Testable::explain`].
    fn explain(&self, state: StateId) -> Guarded<Vec<String>>;

    /// The order of two states as data.
    fn compare(&self, one: StateId, other: StateId) -> Ordering;

    /// As [`Debug`](std::fmt::Debug) prints it.
    fn show(&self, state: StateId) -> String;
}

/// The states of a table, by themselves.
pub(crate) type StoredStates = Box<dyn Any + Send>;

/// So many states that are no longer needed are kept, to copy others into them.
const SPARE: usize = 64;

/// The states of a protocol.
pub(super) struct Table<'a, P: Testable> {
    numbered: &'a Numbered<P>,
    states: NumberedStates<P::State>,
}

/// States by number.
pub(crate) struct NumberedStates<S> {
    all: Vec<(u64, S)>,
    numbers: HashTable<u32>,
    /// To copy a state into one of these takes no new memory, if its `clone_from` takes none.
    spare: Vec<S>,
    /// A copy of this state, which the last step has not changed.
    unchanged: Option<(StateId, S)>,
}

impl<S: Plain> NumberedStates<S> {
    pub fn new() -> NumberedStates<S> {
        let (all, numbers) = (Vec::new(), HashTable::new());
        NumberedStates { all, numbers, spare: Vec::new(), unchanged: None }
    }

    pub fn get(&self, state: StateId) -> &S {
        &self.all[state.place()].1
    }

    /// A copy of a state, to be changed.
    fn copy(&mut self, state: StateId) -> S {
        match self.unchanged.take() {
            Some((of, copy)) if of == state => return copy,
            other => other.into_iter().for_each(|(_, other)| self.spare(other)),
        }
        copied(&mut self.spare, &self.all[state.place()].1)
    }

    /// Another one can be copied into a state that is no longer needed.
    fn spare(&mut self, state: S) {
        if self.spare.len() < SPARE {
            self.spare.push(state);
        }
    }

    /// The number of a state.
    pub fn number(&mut self, state: S) -> StateId {
        let NumberedStates { all, numbers, .. } = self;
        let hash = FxBuildHasher.hash_one(&state);
        let is_it = |number: &u32| {
            let (other, known) = &all[*number as usize];
            *other == hash && *known == state
        };
        if let Some(number) = numbers.find(hash, is_it) {
            let number = StateId::at(*number as usize);
            self.spare(state);
            return number;
        }
        let place = all.len();
        numbers.insert_unique(hash, place as u32, |number| all[*number as usize].0);
        all.push((hash, state));
        StateId::at(place)
    }

    /// The number of what a state has become by a step.
    fn stepped(&mut self, state: StateId, step: impl FnOnce(&mut S)) -> StateId {
        let mut next = self.copy(state);
        step(&mut next);
        // Most of what a traitor can say changes nothing.
        if next == *self.get(state) {
            self.unchanged = Some((state, next));
            return state;
        }
        self.number(next)
    }
}

/// A copy of a state, in the place of a spare one if there is one.
fn copied<S: Clone>(spare: &mut Vec<S>, state: &S) -> S {
    let Some(mut copy) = spare.pop() else { return state.clone() };
    copy.clone_from(state);
    copy
}

impl<P: Testable> Numbered<P> {
    /// The states of a table of this protocol.
    pub fn states<'t>(&self, table: &'t dyn StateTable) -> &'t NumberedStates<P::State> {
        table.stored().downcast_ref().expect("the table is of this protocol")
    }

    /// The same, to put more there.
    pub fn states_mut<'t>(
        &self,
        table: &'t mut dyn StateTable,
    ) -> &'t mut NumberedStates<P::State> {
        table.stored_mut().downcast_mut().expect("the table is of this protocol")
    }
}

impl<'a, P: Testable> Table<'a, P> {
    /// With these states, if they are of this protocol.
    pub fn of(numbered: &'a Numbered<P>, stored: Option<StoredStates>) -> Table<'a, P> {
        let stored = stored.and_then(|stored| stored.downcast::<NumberedStates<P::State>>().ok());
        Table { numbered, states: stored.map_or_else(NumberedStates::new, |states| *states) }
    }
}

impl<P: Testable> StateTable for Table<'_, P> {
    fn len(&self) -> usize {
        self.states.all.len()
    }

    fn clear(&mut self) {
        let NumberedStates { all, numbers, spare, unchanged } = &mut self.states;
        numbers.clear();
        *unchanged = None;
        spare.extend(mem::take(all).into_iter().take(SPARE).map(|(_, state)| state));
        spare.truncate(SPARE);
    }

    fn adopt(&mut self, from: &dyn StateTable, state: StateId) -> StateId {
        let stored = from.stored().downcast_ref::<NumberedStates<P::State>>();
        let state = stored.expect("both tables are of one protocol").get(state);
        let copy = copied(&mut self.states.spare, state);
        self.states.number(copy)
    }

    fn stored(&self) -> &dyn Any {
        &self.states
    }

    fn stored_mut(&mut self) -> &mut dyn Any {
        &mut self.states
    }

    fn into_stored(self: Box<Self>) -> StoredStates {
        Box::new(self.states)
    }

    fn start(&mut self, seat: Seat, input: Option<ValueId>) -> Guarded<StateId> {
        let Table { numbered, states } = self;
        let input = input.map(|input| numbered.value(input));
        guarded(|| states.number(numbered.protocol.start(seat, input)))
    }

    fn send(
        &self,
        state: StateId,
        round: Round,
        to: General,
        said: &mut Vec<MessageId>,
    ) -> Guarded<()> {
        let Table { numbered, states } = self;
        let before = said.len();
        let sent = guarded(|| {
            let sent = numbered.protocol.send(states.get(state), round, to);
            let mut sent: Vec<_> = sent.into_iter().take(MOST_SENT + 1).collect();
            if sent.len() > MOST_SENT {
                return Err(format!(
                    "more than {MOST_SENT} messages are sent to one general at once"
                ));
            }
            sent.sort_unstable();
            said.extend(sent.into_iter().map(|message| numbered.number_message(message)));
            Ok(())
        });
        let sent = sent.unwrap_or_else(Err);
        if sent.is_err() {
            said.truncate(before);
        }
        sent
    }

    fn receive(
        &mut self,
        state: StateId,
        round: Round,
        inbox: &[(General, &[MessageId])],
    ) -> Guarded<StateId> {
        let Table { numbered, states } = self;
        let receive = |state: &mut P::State| {
            for (from, messages) in inbox {
                for message in *messages {
                    numbered.protocol.receive(state, round, *from, numbered.message(*message));
                }
            }
        };
        guarded(|| states.stepped(state, receive))
    }

    fn end_round(&mut self, state: StateId, round: Round) -> Guarded<StateId> {
        let Table { numbered, states } = self;
        guarded(|| states.stepped(state, |state| numbered.protocol.end_round(state, round)))
    }

    fn decide(&self, state: StateId) -> Guarded<ValueId> {
        let Table { numbered, states } = self;
        guarded(|| numbered.number_value(numbered.protocol.decide(states.get(state))))
    }

    fn swapped(&mut self, state: StateId, swap: Swap) -> Guarded<Option<StateId>> {
        let Table { numbered, states } = self;
        guarded(|| {
            let symmetry = numbered.protocol.claims().symmetry?;
            let swapped = symmetry.swapped_state(states.get(state), swap);
            Some(states.number(swapped))
        })
    }

    fn explain(&self, state: StateId) -> Guarded<Vec<String>> {
        guarded(|| {
            let lines = self.numbered.protocol.words().explain(self.states.get(state));
            lines.iter().flat_map(|text| text.split('\n')).map(escaped).collect()
        })
    }

    fn compare(&self, one: StateId, other: StateId) -> Ordering {
        self.states.get(one).cmp(self.states.get(other))
    }

    fn show(&self, state: StateId) -> String {
        escaped(&format!("{:?}", self.states.get(state)))
    }
}
