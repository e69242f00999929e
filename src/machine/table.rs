//! The states of one worker, interned, and the protocol's answers about them: the only place that calls the code of a
//! round-based protocol while it runs.

use std::any::Any;
use std::cmp::Ordering;
use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::laws::are_plain;
use super::numbered::Numbered;
use super::numbers::{DecisionId, MessageId, StateId, ValueId};
use crate::collecting::{listed, sort};
use crate::escape::escaped_lines;
use crate::fault::{Misbehaved, guarded, method, shown, vouched};
use crate::general::{General, Swap};
use crate::protocol::events::OwnEvent;
use crate::protocol::{Plain, Round, Seat};
use crate::testable::{MOST_SENT, Refusal, Testable};

/// An answer of the protocol, or the message of its panic.
pub(crate) type Guarded<T> = Result<T, String>;

/// Interned states, and what the protocol answers about them.
pub(crate) trait StateTable: Send + Sync {
    /// How many states there are.
    fn len(&self) -> usize;

    /// Forgets all states: their numbers are meaningless afterwards.
    fn clear(&mut self);

    /// The number in this table of a state of another table, of the same protocol.
    fn adopt(&mut self, from: &dyn StateTable, state: StateId) -> StateId;

    /// The stored states, for [`adopt`](StateTable::adopt).
    fn stored(&self) -> &dyn Any;

    /// The stored states, to add more.
    fn stored_mut(&mut self) -> &mut dyn Any;

    /// The table inside this one, if its states are made of those of another table.
    fn inside(&self) -> Option<&dyn StateTable> {
        None
    }

    /// Whether a search need not go on from this state.
    fn is_over(&self, state: StateId) -> bool {
        let _ = state;
        false
    }

    /// The states, to be put into [another table](super::Machine::table).
    fn into_stored(self: Box<Self>) -> StoredStates;

    /// [`Lockstep::start`].
    fn start(&mut self, seat: Seat, input: Option<ValueId>) -> Guarded<StateId>;

    /// [`Lockstep::send`]: appends to `said`, in the order of messages.
    fn send(
        &self,
        state: StateId,
        round: Round,
        to: General,
        said: &mut Vec<MessageId>,
    ) -> Guarded<()>;

    /// [`Lockstep::receive`], one message after another.
    fn receive(
        &mut self,
        state: StateId,
        round: Round,
        inbox: &[(General, &[MessageId])],
    ) -> Guarded<StateId>;

    /// [`Lockstep::end_round`].
    fn end_round(&mut self, state: StateId, round: Round) -> Guarded<StateId>;

    /// Whether nothing is about to be sent, if rounds are waves.
    fn is_silent(&self, state: StateId) -> Guarded<bool> {
        let _ = state;
        Ok(false)
    }

    /// The timers that can go off and the coins that can show a face, if rounds are waves.
    fn pending(&self, state: StateId) -> Guarded<Vec<OwnEvent>> {
        let _ = state;
        Ok(Vec::new())
    }

    /// How often a general has crashed and restarted, in waves.
    fn restarted(&self, state: StateId) -> usize {
        let _ = state;
        0
    }

    /// One of those events happens.
    fn happens(&mut self, state: StateId, event: OwnEvent) -> Guarded<StateId> {
        let _ = event;
        Ok(state)
    }

    /// The phase that a general is in; 1 if the protocol claims nothing about phases.
    fn phase(&self, state: StateId) -> Guarded<u32> {
        let _ = state;
        Ok(1)
    }

    /// The state of a general in its second phase, as if that were the first.
    fn renumbered(&mut self, state: StateId) -> Guarded<StateId> {
        Ok(state)
    }

    /// [`Lockstep::decide`].
    fn decide(&self, state: StateId) -> Guarded<Option<DecisionId>>;

    /// [`Symmetric::swapped_state`](crate::testable::Symmetric::swapped_state); nothing if the protocol claims no
    /// symmetry.
    fn swapped(&mut self, state: StateId, swap: Swap) -> Guarded<Option<StateId>>;

    /// [`Testable::explain`].
    fn explain(&self, state: StateId) -> Guarded<Vec<String>>;

    /// The order of two states as data.
    fn compare(&self, one: StateId, other: StateId) -> Ordering;

    /// Whether a sample of the states is plain data.
    fn tested(&self) -> Result<(), Refusal>;

    /// The state, as [`Debug`](std::fmt::Debug) prints it.
    fn show(&self, state: StateId) -> String;
}

/// The states of a table, without the table.
pub(crate) type StoredStates = Box<dyn Any + Send>;

/// How many states that are no longer needed are kept in the pool, to copy others into.
const SPARE: usize = 64;

/// The states of a protocol.
pub(super) struct Table<'a, P: Testable> {
    numbered: &'a Numbered<'a, P>,
    states: NumberedStates<P::State>,
}

/// States by number.
pub(crate) struct NumberedStates<S> {
    all: Vec<(u64, S)>,
    numbers: HashTable<u32>,
    /// The state on which the next step is taken; the step may change nothing.
    scratch: Option<S>,
    /// The state of which the scratch is a copy, if it is one.
    copied: Option<StateId>,
    /// A pool of states: copying into one takes no new memory, if `clone_from` takes none.
    spare: Vec<S>,
}

impl<S: Plain> NumberedStates<S> {
    pub fn new() -> NumberedStates<S> {
        let (all, numbers, spare) = (Vec::new(), HashTable::new(), Vec::new());
        NumberedStates { all, numbers, scratch: None, copied: None, spare }
    }

    pub fn get(&self, state: StateId) -> &S {
        &self.all[state.place()].1
    }

    /// The number of a state, which is copied.
    pub fn number_copy(&mut self, state: &S) -> StateId {
        let number = guarded(|| {
            let copy = method::<S, S>("clone", || copy(&mut self.spare, state));
            self.number(copy)
        });
        number.unwrap_or_else(|said| Misbehaved(said).unwind())
    }

    /// The number of a state; to be called within [`guarded`].
    fn number(&mut self, state: S) -> StateId {
        let hash = method::<S, u64>("hash", || FxBuildHasher.hash_one(&state));
        if let Some(known) = find(&self.all, &self.numbers, hash, &state) {
            if self.spare.len() < SPARE {
                self.spare.push(state);
            }
            return known;
        }
        self.insert(hash, state)
    }

    /// The number of the state that a step leads to.
    fn stepped(&mut self, state: StateId, step: impl FnOnce(&mut S)) -> StateId {
        let NumberedStates { all, numbers, scratch, copied, spare } = self;
        let before = &all[state.place()].1;
        // During the step the scratch counts as nobody's copy, since the step may panic.
        let is_copy = copied.take() == Some(state);
        let next = match scratch {
            Some(next) if is_copy => next,
            _ => method::<S, &mut S>("clone", || match scratch {
                None => scratch.insert(copy(spare, before)),
                Some(next) => {
                    next.clone_from(before);
                    next
                }
            }),
        };
        step(next);
        // Most of what a traitor can say changes nothing.
        if method::<S, bool>("eq", || *next == *before) {
            *copied = Some(state);
            return state;
        }
        let hash = method::<S, u64>("hash", || FxBuildHasher.hash_one(&*next));
        if let Some(known) = find(all, numbers, hash, next) {
            return known;
        }
        let next = scratch.take().expect("the step was taken there");
        self.insert(hash, next)
    }

    /// The number of a state that is new.
    fn insert(&mut self, hash: u64, state: S) -> StateId {
        let NumberedStates { all, numbers, .. } = self;
        let place = all.len();
        numbers.insert_unique(hash, place as u32, |number| all[*number as usize].0);
        all.push((hash, state));
        StateId::at(place)
    }

    /// Forgets all states.
    fn clear(&mut self) {
        self.numbers.clear();
        self.copied = None;
        let free = SPARE - self.spare.len();
        self.spare.extend(self.all.drain(..).take(free).map(|(_, state)| state));
    }
}

/// The number of a state with this hash, if it has one.
fn find<S: Eq>(
    all: &[(u64, S)],
    numbers: &HashTable<u32>,
    hash: u64,
    state: &S,
) -> Option<StateId> {
    let is_it = |number: &u32| {
        let (other, known) = &all[*number as usize];
        *other == hash && known == state
    };
    let number = method::<S, _>("eq", || numbers.find(hash, is_it));
    number.map(|number| StateId::at(*number as usize))
}

/// A copy of a state, made in a state of the pool if there is one.
fn copy<S: Clone>(spare: &mut Vec<S>, state: &S) -> S {
    let Some(mut copy) = spare.pop() else { return state.clone() };
    copy.clone_from(state);
    copy
}

impl<P: Testable> Numbered<'_, P> {
    /// The states of a table of this protocol.
    pub fn states<'t>(&self, table: &'t dyn StateTable) -> &'t NumberedStates<P::State> {
        table.stored().downcast_ref().expect("the table is of this protocol")
    }

    /// The same, to add more.
    pub fn states_mut<'t>(
        &self,
        table: &'t mut dyn StateTable,
    ) -> &'t mut NumberedStates<P::State> {
        table.stored_mut().downcast_mut().expect("the table is of this protocol")
    }
}

impl<'a, P: Testable> Table<'a, P> {
    /// A table of these states, if they are of this protocol, else an empty one.
    pub fn of(numbered: &'a Numbered<'a, P>, stored: Option<StoredStates>) -> Table<'a, P> {
        let stored = stored.and_then(|stored| stored.downcast::<NumberedStates<P::State>>().ok());
        Table { numbered, states: stored.map_or_else(NumberedStates::new, |states| *states) }
    }
}

impl<P: Testable> StateTable for Table<'_, P> {
    fn len(&self) -> usize {
        self.states.all.len()
    }

    fn clear(&mut self) {
        self.states.clear();
    }

    fn adopt(&mut self, from: &dyn StateTable, state: StateId) -> StateId {
        let stored = from.stored().downcast_ref::<NumberedStates<P::State>>();
        let state = stored.expect("both tables are of one protocol").get(state);
        self.states.number_copy(state)
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
            let mut sent = listed(sent.into_iter().take(MOST_SENT + 1));
            if sent.len() > MOST_SENT {
                return Err(format!(
                    "more than {MOST_SENT} messages are sent to one general at once"
                ));
            }
            if !numbered.is_opaque() {
                method::<P::Message, ()>("cmp", || sort(&mut sent));
            }
            for message in sent {
                said.push(numbered.number_message(message));
            }
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

    fn is_silent(&self, state: StateId) -> Guarded<bool> {
        let Table { numbered, states } = self;
        let waves = numbered.protocol.waves();
        guarded(|| waves.is_some_and(|waves| waves.is_silent(states.get(state))))
    }

    fn pending(&self, state: StateId) -> Guarded<Vec<OwnEvent>> {
        let Table { numbered, states } = self;
        let waves = numbered.protocol.waves();
        guarded(|| waves.map(|waves| waves.pending(states.get(state))).unwrap_or_default())
    }

    fn restarted(&self, state: StateId) -> usize {
        let Table { numbered, states } = self;
        numbered.protocol.waves().map_or(0, |waves| waves.restarted(states.get(state)))
    }

    fn happens(&mut self, state: StateId, event: OwnEvent) -> Guarded<StateId> {
        let Table { numbered, states } = self;
        let Some(waves) = numbered.protocol.waves() else { return Ok(state) };
        guarded(|| states.stepped(state, |state| waves.happens(state, event)))
    }

    fn phase(&self, state: StateId) -> Guarded<u32> {
        let Table { numbered, states } = self;
        let phases = numbered.protocol.waves().and_then(|waves| waves.phases());
        guarded(|| phases.map_or(1, |phases| phases.phase(states.get(state))))
    }

    fn renumbered(&mut self, state: StateId) -> Guarded<StateId> {
        let Table { numbered, states } = self;
        let phases = numbered.protocol.waves().and_then(|waves| waves.phases());
        let Some(phases) = phases else { return Ok(state) };
        guarded(|| {
            let renumbered = phases.renumbered(states.get(state));
            states.number(renumbered)
        })
    }

    fn decide(&self, state: StateId) -> Guarded<Option<DecisionId>> {
        let Table { numbered, states } = self;
        guarded(|| {
            let decision = numbered.protocol.decide(states.get(state));
            decision.map(|decision| numbered.number_decision(decision))
        })
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
        let Table { numbered, states } = self;
        guarded(|| escaped_lines(&numbered.protocol.words().explain(states.get(state))))
    }

    fn compare(&self, one: StateId, other: StateId) -> Ordering {
        let (one, other) = (self.states.get(one), self.states.get(other));
        vouched::<P::State, Ordering>("cmp", || one.cmp(other))
    }

    fn tested(&self) -> Result<(), Refusal> {
        let all = &self.states.all;
        Ok(are_plain(all.len(), |place| (all[place].0, &all[place].1))?)
    }

    fn show(&self, state: StateId) -> String {
        shown(self.states.get(state))
    }
}
