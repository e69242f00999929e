//! A protocol in which the viewer compares what it is told with a view. The viewer is done for (out of the run) as soon
//! as the two differ. So is every loyal general who is about to tell the viewer something that differs from the view:
//! the search then goes no further. If all went as in the view, the viewer's decision says so.

use std::any::Any;
use std::cmp::Ordering;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::fault::{Call, Fault, FaultKind};
use crate::general::{General, Generals, Swap};
use crate::graph::Graph;
use crate::machine::{
    DecisionId, Machine, MessageId, StateId, StateTable, StoredStates, Terms, ValueId,
};
use crate::outcome::Outcome;
use crate::property::{AskedProperties, Property, Violation};
use crate::protocol::events::Timer;
use crate::protocol::{Round, Seat};
use crate::signature::{Seal, Signed};
use crate::testable::{ListedSignature, Recursive, Refusal, Repertoire, Wire};
use crate::view::LoyalView;

/// The viewer "panics" with this when it was told what is in the view: the search finds it like a fault, and goes no
/// further.
const EXPLAINED: &str = "turncoat: the view is explained";

/// A part of a view: the viewer's input, and what some generals told it in some rounds.
pub(super) struct PartOfView {
    input: Option<ValueId>,
    rounds: Vec<ViewedRound>,
}

/// What the viewer must be told in one round, and by whom. What other generals tell it does not matter.
struct ViewedRound {
    senders: Generals,
    told: Vec<(General, MessageId)>,
}

/// The most messages that a view can have in a round.
pub(super) const MOST_TOLD: usize = 64;

impl PartOfView {
    /// What these senders told, by round and sender.
    pub fn of(
        view: &LoyalView<ValueId, MessageId>,
        rounds: Round,
        parts: &[(Round, General)],
        machine: &dyn Machine,
    ) -> PartOfView {
        let round = |round| {
            let senders = parts.iter().filter(|(at, _)| *at == round).map(|(_, from)| *from);
            let senders: Generals = senders.collect();
            let told = senders.iter().flat_map(|from| {
                let mut told: Vec<_> = view.told_by(round, from).copied().collect();
                machine.sort(&mut told);
                told.into_iter().map(move |message| (from, message))
            });
            ViewedRound { told: told.collect(), senders }
        };
        PartOfView { input: view.input, rounds: (1..=rounds).map(round).collect() }
    }

    fn round(&self, round: Round) -> Option<&ViewedRound> {
        self.rounds.get(round.checked_sub(1)?)
    }
}

/// The protocol with a viewer who follows a view.
pub(super) struct Follower<'a> {
    pub machine: &'a dyn Machine,
    pub viewer: General,
    pub traitors: Generals,
    /// What the viewer must be told; `None` if it does not matter.
    pub view: Option<PartOfView>,
    /// Whether every message arrives in the round in which it is said.
    pub in_time: bool,
}

/// Whether a violation says that the view is explained.
pub(super) fn is_explained(violation: &Violation) -> bool {
    let Violation::Fault(Fault { call: Call::Decide, kind, .. }) = violation else { return false };
    matches!(kind, FaultKind::Panicked(message) if message == EXPLAINED)
}

impl Follower<'_> {
    /// Whether a loyal general will tell the viewer something in this round that differs from the view.
    fn contradicts(
        &self,
        table: &dyn StateTable,
        me: General,
        state: StateId,
        round: Round,
    ) -> bool {
        let Some(view) = self.view.as_ref().and_then(|view| view.round(round)) else {
            return false;
        };
        let matters = me != self.viewer && !self.traitors.contains(me) && self.in_time;
        if !matters || !view.senders.contains(me) {
            return false;
        }
        let mut said = Vec::new();
        let told = view.told.iter().filter(|(from, _)| *from == me).map(|(_, message)| message);
        // If this panics, it does so again when the message is really sent.
        table.send(state, round, self.viewer, &mut said).is_ok() && !told.eq(&said)
    }
}

impl Machine for Follower<'_> {
    fn terms(&self, graph: &Graph, admitted: bool) -> Result<Terms, Refusal> {
        self.machine.terms(graph, admitted)
    }

    fn name(&self) -> Result<String, Refusal> {
        self.machine.name()
    }

    /// It does not matter here whether a forgery is accepted: it is a stray like others.
    fn repertoire(&self, n: usize, wire: Wire) -> Result<Repertoire<MessageId>, Refusal> {
        let Repertoire { slots, mut strays, forgeries, unknown } =
            self.machine.repertoire(n, wire)?;
        strays.extend(forgeries.into_iter().map(|forgery| forgery.message));
        Ok(Repertoire { slots, strays, forgeries: Vec::new(), unknown })
    }

    fn signatures(&self, message: MessageId) -> Result<Vec<Signed>, Refusal> {
        self.machine.signatures(message)
    }

    fn relisted(
        &self,
        message: MessageId,
        list: &[ListedSignature<'_, MessageId>],
    ) -> Result<Option<MessageId>, Refusal> {
        self.machine.relisted(message, list)
    }

    fn tested(&self) -> Result<(), Refusal> {
        self.machine.tested()
    }

    fn sort(&self, messages: &mut [MessageId]) {
        self.machine.sort(messages);
    }

    fn seals(&self, message: MessageId) -> Result<Vec<Seal>, Refusal> {
        self.machine.seals(message)
    }

    fn compare(&self, one: MessageId, other: MessageId) -> Ordering {
        self.machine.compare(one, other)
    }

    fn compare_values(&self, one: ValueId, other: ValueId) -> Ordering {
        self.machine.compare_values(one, other)
    }

    fn compare_decisions(&self, one: DecisionId, other: DecisionId) -> Ordering {
        self.machine.compare_decisions(one, other)
    }

    fn decided_value(&self, _: DecisionId) -> Option<ValueId> {
        None
    }

    fn violated(
        &self,
        _: &AskedProperties,
        _: &Outcome<'_, ValueId, DecisionId>,
    ) -> Option<Property> {
        None
    }

    fn recursion(&self) -> Result<Option<Box<dyn Recursive<ValueId, MessageId> + '_>>, Refusal> {
        Ok(None)
    }

    /// Nobody is interchangeable with the viewer, or with a general who told the viewer other things.
    fn alike(&self, _: usize) -> Result<Option<Generals>, Refusal> {
        Ok(None)
    }

    fn swapped_message(&self, message: MessageId, _: Swap) -> Result<MessageId, Refusal> {
        Ok(message)
    }

    fn phase_of(&self, message: MessageId) -> Result<u32, Refusal> {
        self.machine.phase_of(message)
    }

    fn said_in(&self, message: MessageId, phase: u32) -> Result<MessageId, Refusal> {
        self.machine.said_in(message, phase)
    }

    fn monotone(&self) -> Result<bool, Refusal> {
        Ok(false)
    }

    fn table(&self, stored: Option<StoredStates>) -> Box<dyn StateTable + '_> {
        let stored = stored.and_then(|stored| stored.downcast::<(Followed, StoredStates)>().ok());
        let (states, inner) = match stored {
            None => (Followed::default(), None),
            Some(stored) => (stored.0, Some(stored.1)),
        };
        Box::new(FollowerTable { follower: self, states, inner: self.machine.table(inner) })
    }

    fn tell(&self, from: General, message: MessageId) -> String {
        self.machine.tell(from, message)
    }

    fn tell_timer(&self, timer: Timer) -> String {
        self.machine.tell_timer(timer)
    }

    fn show_message(&self, message: MessageId) -> String {
        self.machine.show_message(message)
    }

    fn show_value(&self, value: ValueId) -> String {
        self.machine.show_value(value)
    }

    fn show_decision(&self, decision: DecisionId) -> String {
        self.machine.show_decision(decision)
    }
}

/// The states of a follower.
struct FollowerTable<'a> {
    follower: &'a Follower<'a>,
    states: Followed,
    inner: Box<dyn StateTable + 'a>,
}

type Followed = IndexSet<FollowedState, FxBuildHasher>;

/// The state of one general.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct FollowedState {
    me: General,
    /// The state in the protocol itself; a viewer who is done for has none.
    inner: Option<StateId>,
    /// Which messages of this round of the view the viewer was told: one bit each.
    heard: u64,
    /// It is done for: it was not told what is in the view, or will not tell the viewer that.
    over: bool,
}

impl FollowerTable<'_> {
    fn state(&self, state: StateId) -> FollowedState {
        self.states[state.place()]
    }

    fn number(&mut self, mut state: FollowedState) -> StateId {
        if state.over && state.me == self.follower.viewer {
            (state.inner, state.heard) = (None, 0);
        }
        StateId::at(self.states.insert_full(state).0)
    }

    /// Whether the protocol itself need not run any further: in the last round of the view, the viewer is told what the
    /// view has or is not, and what else happens does not matter.
    fn is_settled(&self, round: Round) -> bool {
        self.follower.view.as_ref().is_some_and(|view| round >= view.rounds.len())
    }
}

impl StateTable for FollowerTable<'_> {
    fn len(&self) -> usize {
        self.states.len().max(self.inner.len())
    }

    fn clear(&mut self) {
        self.states.clear();
        self.inner.clear();
    }

    fn adopt(&mut self, from: &dyn StateTable, state: StateId) -> StateId {
        let theirs = from.stored().downcast_ref::<Followed>().zip(from.inside());
        let (theirs, inner) = theirs.expect("both tables are of one protocol");
        let state = theirs[state.place()];
        let inner = state.inner.map(|state| self.inner.adopt(inner, state));
        self.number(FollowedState { inner, ..state })
    }

    fn stored(&self) -> &dyn Any {
        &self.states
    }

    fn stored_mut(&mut self) -> &mut dyn Any {
        &mut self.states
    }

    fn inside(&self) -> Option<&dyn StateTable> {
        Some(&*self.inner)
    }

    fn is_over(&self, state: StateId) -> bool {
        self.state(state).over
    }

    fn into_stored(self: Box<Self>) -> StoredStates {
        Box::new((self.states, self.inner.into_stored()))
    }

    fn start(&mut self, seat: Seat, input: Option<ValueId>) -> Result<StateId, String> {
        let Follower { viewer, view, .. } = self.follower;
        let (me, inner) = (seat.me, self.inner.start(seat, input)?);
        let other = me == *viewer && view.as_ref().is_some_and(|view| view.input != input);
        let over = other || self.follower.contradicts(&*self.inner, me, inner, 1);
        Ok(self.number(FollowedState { me, inner: Some(inner), heard: 0, over }))
    }

    fn send(
        &self,
        state: StateId,
        round: Round,
        to: General,
        said: &mut Vec<MessageId>,
    ) -> Result<(), String> {
        let inner = self.state(state).inner;
        inner.map_or(Ok(()), |inner| self.inner.send(inner, round, to, said))
    }

    fn receive(
        &mut self,
        state: StateId,
        round: Round,
        inbox: &[(General, &[MessageId])],
    ) -> Result<StateId, String> {
        let mut next = self.state(state);
        let view = self.follower.view.as_ref().and_then(|view| view.round(round));
        if let Some(view) = view.filter(|_| next.me == self.follower.viewer) {
            let asked = inbox.iter().filter(|(from, _)| view.senders.contains(*from));
            for message in asked.flat_map(|(from, said)| said.iter().map(|said| (*from, *said))) {
                let mut places = (0..view.told.len()).filter(|place| next.heard & 1 << place == 0);
                match places.find(|place| view.told[*place] == message) {
                    Some(place) => next.heard |= 1 << place,
                    None => next.over = true,
                }
            }
        }
        if let Some(inner) = next.inner.filter(|_| !self.is_settled(round)) {
            next.inner = Some(self.inner.receive(inner, round, inbox)?);
        }
        Ok(self.number(next))
    }

    fn end_round(&mut self, state: StateId, round: Round) -> Result<StateId, String> {
        let mut next = self.state(state);
        let view = self.follower.view.as_ref().and_then(|view| view.round(round));
        if let Some(view) = view.filter(|_| next.me == self.follower.viewer) {
            next.over |= next.heard.count_ones() as usize != view.told.len();
            next.heard = 0;
        }
        if let Some(inner) = next.inner.filter(|_| !self.is_settled(round)) {
            let inner = self.inner.end_round(inner, round)?;
            next.inner = Some(inner);
            next.over |= self.follower.contradicts(&*self.inner, next.me, inner, round + 1);
        }
        Ok(self.number(next))
    }

    /// Nobody decides: a viewer who was told all that is in the view says so instead.
    fn decide(&self, state: StateId) -> Result<Option<DecisionId>, String> {
        let FollowedState { me, over, .. } = self.state(state);
        let Follower { viewer, view, .. } = self.follower;
        let explained = me == *viewer && !over && view.is_some();
        if explained { Err(EXPLAINED.to_owned()) } else { Ok(None) }
    }

    fn swapped(&mut self, _: StateId, _: Swap) -> Result<Option<StateId>, String> {
        Ok(None)
    }

    fn explain(&self, state: StateId) -> Result<Vec<String>, String> {
        let inner = self.state(state).inner;
        inner.map_or(Ok(Vec::new()), |inner| self.inner.explain(inner))
    }

    fn compare(&self, one: StateId, other: StateId) -> Ordering {
        let key = |state| (self.state(state).heard, self.state(state).over);
        let inner = match [one, other].map(|state| self.state(state).inner) {
            [Some(one), Some(other)] => self.inner.compare(one, other),
            [one, other] => one.is_some().cmp(&other.is_some()),
        };
        inner.then_with(|| key(one).cmp(&key(other)))
    }

    fn tested(&self) -> Result<(), Refusal> {
        self.inner.tested()
    }

    fn show(&self, state: StateId) -> String {
        let inner = self.state(state).inner;
        inner.map_or_else(String::new, |inner| self.inner.show(inner))
    }
}
