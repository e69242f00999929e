//! The simulator: a protocol run under an attack, deterministic, and everything that was said.

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
    /// By round and receiver, what arrived, in order, where that is not just what was said to it in
    /// this round, in its turn: each message with the wire on which it was said.
    pub disturbed: BTreeMap<(Round, General), Vec<(Wire, M)>>,
    /// The state in which each general ended, by number; nothing for a traitor whose own run of
    /// the protocol panicked.
    pub states: Vec<Option<S>>,
    /// The states in which all began, and those after each round that came to an end, for pictures. They
    /// are kept only if that is asked for: if there is a list to put them into, even an empty one.
    pub history: Option<Vec<Vec<Option<S>>>>,
    /// How many messages are sent in the honest run with the same inputs, if the history is kept and the
    /// protocol can be run so.
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
    /// What changed nothing: lies that took something back which was never to be said, and changes
    /// of the schedule that named what was never said.
    pub idle: Vec<Item>,
    /// The lies that could not be told, by number, each with a signature that the traitors lacked:
    /// they changed nothing either.
    pub lacking: Vec<(usize, Missing)>,
    /// The first forgery that a loyal general accepted.
    pub accepted: Option<Accepted>,
    /// What the protocol did that no protocol may do.
    pub fault: Option<Fault>,
    /// The first property that it lacks, if it came to an end.
    pub lacks: Option<Property>,
}

/// Why a lie could not be told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
pub enum Missing {
    /// It needs this signature, which the traitors neither make nor have overheard.
    #[error("the traitors neither make nor have overheard {}", .0.told(Task::Consensus))]
    Signature(Signed),
    /// Nobody has said it before, and it is not on the menu of what a traitor can make up.
    #[error("nobody has said it before, and it is not on the menu of what a traitor can say")]
    Unsaid,
    /// Nobody knows what it needs: the protocol panics when it looks for the signatures.
    #[error("nobody knows which signatures it needs: {0}")]
    Unreadable(String),
}

/// An execution by numbers, with the states of the worker that ran it.
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
    /// It has not begun, and its history is to be kept.
    pub(crate) fn recording() -> Execution<D, M, S> {
        Execution { history: Some(Vec::new()), ..Execution::default() }
    }

    /// The same execution with its decisions, messages and states written in another way.
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

    /// It has not begun, and keeps its memory.
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

    /// All that one general was told, in order, each time on which wire, with the round in which it
    /// arrived: two executions in which it began alike and was told the same are indistinguishable
    /// to it.
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

    /// What is wrong with it, if anything: a fault of the protocol, a forgery that counted, or else
    /// the first property that it lacks.
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
    /// An execution by numbers; its states are put into a table.
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

    /// An execution by numbers, written out; its states are those of this table.
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
    /// What came of it.
    pub execution: ExecutionOf<P>,
    /// What is wrong with that.
    pub violation: Violation,
    /// How small the attack is.
    pub size: Size,
    /// The protocol.
    pub protocol: P,
}

/// How small an attack is. It is measured by its traitors, and then by its
/// [size](crate::Attack::size): its lies, each of which changes what stands in one slot of one wire
/// in one round, its crashes, and its changes of the schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// No attack of the adversary has fewer traitors, or as many and a smaller size: that is proved.
    Smallest,
    /// Each lie, made honest, removes the violation, or leads out of what the adversary may do; and
    /// so does each crash or change of the schedule, taken back.
    LocallyMinimal,
    /// The search was stopped before it could be made smaller.
    NotMinimal,
}
