//! The simulator: it runs a protocol under an attack, deterministically, and records everything that was said.

mod deliveries;
mod eavesdropper;
mod forgeries;
mod lasso;
pub(crate) mod simulate;
mod simulator;
pub(crate) mod twins;
mod waves;
mod written;

use std::collections::BTreeMap;

use itertools::Itertools;

pub use self::deliveries::{Deliveries, Delivery, Sent};
pub(crate) use self::forgeries::Forgeries;
#[cfg(feature = "cli")]
pub(crate) use self::simulator::run_by_numbers;
pub use self::simulator::{Simulator, run};
pub(crate) use self::written::{obeyed, obeyed_into, replayed, sent_in_honest_run};
use crate::attack::{Attack, AttackOn, Item};
use crate::collecting::{listed, mapped};
use crate::fault::{Fault, FaultKind, cloned};
use crate::general::General;
use crate::machine::{DecisionId, MessageId, Numbered, StateId, StateTable};
use crate::outcome::Task;
use crate::property::{Accepted, Property, Violation};
use crate::protocol::{Lockstep, Round};
use crate::schedule::Happening;
use crate::signature::Signed;
use crate::testable::{Testable, Wire};
use crate::view::{LoyalView, ToldMessage};

/// A protocol run under an attack. If the protocol misbehaves it ends there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Execution<D, M, S> {
    /// What was said on every wire that carried something, or should have.
    pub deliveries: Deliveries<M>,
    /// What arrived for a receiver in a round, in order of arrival: each message, with the wire on which it was
    /// said. There is an entry only where that differs from what was said to the receiver in that round, in its turn.
    pub disturbed: BTreeMap<(Round, General), Vec<(Wire, M)>>,
    /// The final state of each general, by number; nothing for a traitor whose own run of the protocol panicked.
    pub states: Vec<Option<S>>,
    /// The initial states and those after each completed round, for pictures. They are recorded only on request:
    /// if the list is there at the start, even an empty one.
    pub history: Option<Vec<Vec<Option<S>>>>,
    /// How many messages the fault-free run with the same inputs sends. Counted only if the history is kept and that
    /// run is possible.
    pub honest_messages: Option<usize>,
    /// How many rounds, or waves, were begun.
    pub rounds: Round,
    /// The timers that went off and the coins that showed a face, in order.
    pub happened: Vec<Happening>,
    /// Whether nothing was left to happen: see [`Outcome::quiet`](crate::Outcome::quiet).
    pub quiet: bool,
    /// What each loyal general decided, by number; nothing for a traitor, for the commander of a broadcast, and
    /// for whoever has not decided.
    pub decisions: Vec<Option<D>>,
    /// Parts of the attack that had no effect: lies that withdrew a message nobody was going to send, and schedule
    /// changes for messages that were never sent.
    pub idle: Vec<Item>,
    /// The lies that could not be told, by index, each with the reason. They had no effect either.
    pub lacking: Vec<(usize, Missing)>,
    /// The first forgery that a loyal general accepted.
    pub accepted: Option<Accepted>,
    /// What the protocol did that no protocol may do.
    pub fault: Option<Fault>,
    /// The first property that is violated, if the execution ran to its end.
    pub lacks: Option<Property>,
}

/// Why a lie could not be told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
pub enum Missing {
    /// It needs this signature, which the traitors neither make nor have overheard.
    #[error("the traitors neither make nor have overheard {}", .0.told(Task::Consensus))]
    Signature(Signed),
    /// Nobody has said it before, and it is not on the author's menu of what a traitor can make up.
    #[error("nobody has said it before, and it is not on the menu of what a traitor can say")]
    Unsaid,
    /// The signatures that it needs are unknown: the protocol panics when asked for them.
    #[error("nobody knows which signatures it needs: {0}")]
    Unreadable(String),
}

/// An execution in numbers; its states are numbered by the worker that ran it.
pub(crate) type NumberedExecution = Execution<DecisionId, MessageId, StateId>;

/// The executions of a protocol.
pub type ExecutionOf<P> =
    Execution<<P as Lockstep>::Decision, <P as Lockstep>::Message, <P as Lockstep>::State>;

impl<D, M, S> Default for Execution<D, M, S> {
    fn default() -> Execution<D, M, S> {
        Execution {
            deliveries: Deliveries::new(),
            disturbed: BTreeMap::new(),
            states: Vec::new(),
            history: None,
            honest_messages: None,
            rounds: 0,
            happened: Vec::new(),
            quiet: false,
            decisions: Vec::new(),
            idle: Vec::new(),
            lacking: Vec::new(),
            accepted: None,
            fault: None,
            lacks: None,
        }
    }
}

impl<D, M, S> Execution<D, M, S> {
    /// An execution that has not begun, and will keep its history.
    pub(crate) fn recording() -> Execution<D, M, S> {
        Execution { history: Some(Vec::new()), ..Execution::default() }
    }

    /// The same execution, with each decision, message and state converted.
    pub(crate) fn map<E, N, T>(
        &self,
        decision: impl Fn(&D) -> E,
        message: impl Fn(&M) -> N,
        mut state: impl FnMut(&S) -> T,
    ) -> Execution<E, N, T> {
        let disturbed = self.disturbed.iter().map(|(key, heard)| {
            let heard = heard.iter().map(|(wire, said)| (*wire, message(said)));
            (*key, listed(heard))
        });
        let mut all = |states: &Vec<Option<S>>| {
            listed(states.iter().map(|held| held.as_ref().map(&mut state)))
        };
        Execution {
            deliveries: self.deliveries.map(&message),
            disturbed: mapped(disturbed),
            states: all(&self.states),
            history: self.history.as_ref().map(|history| listed(history.iter().map(all))),
            honest_messages: self.honest_messages,
            rounds: self.rounds,
            happened: self.happened.clone(),
            quiet: self.quiet,
            decisions: listed(self.decisions.iter().map(|made| made.as_ref().map(&decision))),
            idle: self.idle.clone(),
            lacking: self.lacking.clone(),
            accepted: self.accepted.clone(),
            fault: self.fault.clone(),
            lacks: self.lacks,
        }
    }

    /// Resets the execution to its beginning, but keeps its allocated memory.
    fn forget(&mut self) {
        let Execution { deliveries, disturbed, states, history, decisions, .. } = self;
        let Execution { happened, idle, lacking, .. } = self;
        deliveries.clear();
        disturbed.clear();
        states.clear();
        history.iter_mut().for_each(Vec::clear);
        decisions.clear();
        happened.clear();
        idle.clear();
        lacking.clear();
        self.honest_messages = None;
        (self.rounds, self.quiet) = (0, false);
        (self.accepted, self.fault, self.lacks) = (None, None, None);
    }

    /// Whether the protocol answered differently when it was asked twice.
    fn is_undetermined(&self) -> bool {
        let fault = self.fault.as_ref();
        fault.is_some_and(|fault| matches!(fault.kind, FaultKind::Undetermined(..)))
    }

    /// How many messages were sent.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.deliveries.iter().map(|delivery| delivery.said.len()).sum()
    }

    /// Everything that one general was told, in order, each message with its wire and the round in which it
    /// arrived. If a general begins in the same state and is told the same in two executions, it cannot tell them
    /// apart.
    pub fn view(&self, general: General) -> impl Iterator<Item = (Wire, &M)> {
        let rounds = self.deliveries.iter().map(|delivery| delivery.wire.round).dedup();
        rounds.flat_map(move |round| {
            let disturbed = self.disturbed.get(&(round, general));
            let late = disturbed.into_iter().flatten();
            let late = late.map(move |(wire, message)| (Wire { round, ..*wire }, message));
            let in_turn = self.deliveries.iter().filter(move |Delivery { wire, .. }| {
                disturbed.is_none() && wire.round == round && wire.to == general
            });
            let in_turn = in_turn.flat_map(|Delivery { wire, said, .. }| {
                said.iter().map(move |message| (wire, message))
            });
            late.chain(in_turn)
        })
    }

    /// What is wrong with the execution, if anything: a fault of the protocol, else an accepted forgery, else the
    /// first property that is violated.
    #[must_use]
    pub fn violation(&self) -> Option<Violation> {
        let forgery = || self.accepted.clone().map(Violation::Forgery);
        let property = || self.lacks.map(Violation::Property);
        self.fault.clone().map(Violation::Fault).or_else(forgery).or_else(property)
    }
}

impl<V: Clone, M: Clone> LoyalView<V, M> {
    /// What one general was given and told in an execution.
    #[must_use]
    pub fn of<D, S>(
        attack: &Attack<V, M>,
        execution: &Execution<D, M, S>,
        general: General,
    ) -> LoyalView<V, M> {
        let told = execution.view(general).map(|(wire, message)| ToldMessage {
            round: wire.round,
            from: wire.from,
            message: message.clone(),
        });
        LoyalView { general, input: attack.inputs.get(&general).cloned(), told: told.collect() }
    }
}

impl<P: Testable> Numbered<'_, P> {
    /// Converts an execution to numbers; its states are interned in `table`.
    pub(crate) fn number_execution(
        &self,
        execution: &ExecutionOf<P>,
        table: &mut dyn StateTable,
    ) -> NumberedExecution {
        let states = self.states_mut(table);
        execution.map(
            |decision| self.number_decision(cloned(decision)),
            |message| self.number_message(cloned(message)),
            |state| states.number_copy(state),
        )
    }

    /// Converts an execution back from numbers; its states are looked up in `table`.
    pub(crate) fn execution(
        &self,
        execution: &NumberedExecution,
        table: &dyn StateTable,
    ) -> ExecutionOf<P> {
        let states = self.states(table);
        execution.map(
            |decision| cloned(self.decision(*decision)),
            |message| cloned(self.message(*message)),
            |state| cloned(states.get(*state)),
        )
    }
}

/// An attack that breaks a protocol, confirmed by the simulator.
#[derive(Clone, Debug)]
pub struct Counterexample<P: Testable> {
    /// What the enemy decided.
    pub attack: AttackOn<P>,
    /// The execution under that attack.
    pub execution: ExecutionOf<P>,
    /// What is wrong with the execution.
    pub violation: Violation,
    /// How small the attack is.
    pub size: Size,
    /// The protocol.
    pub protocol: P,
}

/// How small an attack is. Attacks are compared by their number of traitors, then by their
/// [size](crate::Attack::size): the number of lies (each changes one slot of one wire in one round), crashes and
/// schedule changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// Proved: no attack of the adversary has fewer traitors, or as many traitors and a smaller size.
    Smallest,
    /// No single part can be undone: with any one lie made honest, or any one crash or schedule change taken back,
    /// the violation disappears or the adversary could not do what is left.
    LocallyMinimal,
    /// The search stopped before it could shrink the attack.
    NotMinimal,
}
