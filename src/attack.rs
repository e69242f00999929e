//! The attack as a value: everything that the enemy decided.

mod written;

use std::collections::BTreeMap;
use std::fmt;

use crate::adversary::FaultClass;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::protocol::{Lockstep, Round};
use crate::schedule::{Crash, Shift};
use crate::testable::{Refusal, Wire};

/// Everything the enemy decided: who the traitors are, what the inputs are, every lie, and the
/// schedule. A protocol and an attack determine the execution.
///
/// A traitor obeys the protocol wherever the attack has no lie for it, and what is said arrives in
/// its turn unless the schedule has a change for it. An attack holds the messages themselves, so it
/// can be read, edited by hand, and kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attack<V, M> {
    /// Who can talk to whom, traitors included.
    pub graph: Graph,
    /// In what way traitors are faulty.
    pub faults: FaultClass,
    /// Who may lie, crash or omit.
    pub traitors: Generals,
    /// What each general with an [input](crate::testable::Problem::inputs) was given: the commander his order.
    pub inputs: BTreeMap<General, V>,
    /// Which traitors crash, where that is how they are faulty.
    pub crashes: Vec<Crash>,
    /// The deviations from the protocol.
    pub lies: Vec<Lie<M>>,
    /// The deviations from the order of arrival.
    pub schedule: Vec<Shift<M>>,
}

/// The attacks on a protocol.
pub type AttackOn<P> = Attack<<P as Lockstep>::Value, <P as Lockstep>::Message>;

/// One deviation of a traitor from what the protocol, on what this traitor has received, would
/// have it send. (If the traitor's own run of the protocol has panicked, that is nothing.)
///
/// A search changes what stands in one [slot](crate::Repertoire::slots) by each lie. A person may
/// write any edit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Lie<M> {
    /// Where and when it is told.
    pub wire: Wire,
    /// What is changed.
    pub edit: Edit<M>,
}

/// A change to what a wire would honestly carry in one round. It names messages, not positions,
/// so it keeps its meaning when other lies are taken back.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Edit<M> {
    /// This message is not sent.
    Withhold(M),
    /// This message is sent, though loyalty would not have sent it.
    Say(M),
    /// The message `say` is sent where loyalty would have sent `of`.
    Instead {
        /// What loyalty would have said.
        of: M,
        /// What is said.
        say: M,
    },
}

impl<M> Edit<M> {
    /// What loyalty would have said, if anything.
    pub fn honest(&self) -> Option<&M> {
        match self {
            Edit::Withhold(honest) | Edit::Instead { of: honest, .. } => Some(honest),
            Edit::Say(_) => None,
        }
    }

    /// What is said, if anything.
    pub fn said(&self) -> Option<&M> {
        match self {
            Edit::Say(said) | Edit::Instead { say: said, .. } => Some(said),
            Edit::Withhold(_) => None,
        }
    }
}

impl<M> Lie<M> {
    fn map<N>(&self, message: impl FnMut(&M) -> N) -> Lie<N> {
        Lie { wire: self.wire, edit: self.edit.map(message) }
    }
}

impl<M> Edit<M> {
    fn map<N>(&self, mut message: impl FnMut(&M) -> N) -> Edit<N> {
        match self {
            Edit::Withhold(honest) => Edit::Withhold(message(honest)),
            Edit::Say(said) => Edit::Say(message(said)),
            Edit::Instead { of, say } => Edit::Instead { of: message(of), say: message(say) },
        }
    }
}

impl<M: Clone + PartialEq> Edit<M> {
    /// The change that turns what stood in a slot into what is said there; none if they are equal.
    pub(crate) fn between(honest: Option<M>, said: Option<M>) -> Option<Edit<M>> {
        match (honest, said) {
            (Some(honest), None) => Some(Edit::Withhold(honest)),
            (None, Some(said)) => Some(Edit::Say(said)),
            (Some(of), Some(say)) if of != say => Some(Edit::Instead { of, say }),
            _ => None,
        }
    }

    /// Makes the change; false if the message that it takes away is not there.
    pub(crate) fn apply(&self, said: &mut Vec<M>) -> bool {
        let place = self.honest().map(|honest| said.iter().position(|message| message == honest));
        match (place, self.said()) {
            (Some(None), _) => return false,
            (Some(Some(place)), Some(say)) => said[place] = say.clone(),
            (Some(Some(place)), None) => drop(said.remove(place)),
            (None, say) => said.extend(say.cloned()),
        }
        true
    }
}

impl<V, M> Attack<V, M> {
    /// The attack in which these traitors, who are Byzantine, obey, and all arrives in its turn;
    /// among so many generals, or on a graph.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use turncoat::{Attack, General, Generals, Order};
    ///
    /// let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
    /// let nothing_happens: Attack<Order, Order> = Attack::new(4, Generals::NONE, inputs);
    /// assert_eq!(nothing_happens.size(), 0);
    /// ```
    #[must_use]
    pub fn new(
        graph: impl Into<Graph>,
        traitors: Generals,
        inputs: BTreeMap<General, V>,
    ) -> Attack<V, M> {
        let (graph, faults) = (graph.into(), FaultClass::Byzantine);
        let (crashes, lies, schedule) = (Vec::new(), Vec::new(), Vec::new());
        Attack { graph, faults, traitors, inputs, crashes, lies, schedule }
    }

    /// How many generals there are, traitors included.
    #[must_use]
    pub fn n(&self) -> usize {
        self.graph.n()
    }

    /// How many crashes, lies and changes of the schedule there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.crashes.len() + self.lies.len() + self.schedule.len()
    }

    /// The same attack with its values and messages written in another way.
    pub(crate) fn map<W, N>(
        &self,
        mut value: impl FnMut(&V) -> W,
        mut message: impl FnMut(&M) -> N,
    ) -> Attack<W, N> {
        let Attack { graph, faults, traitors, inputs, crashes, lies, schedule } = self;
        Attack {
            graph: graph.clone(),
            faults: *faults,
            traitors: *traitors,
            inputs: inputs.iter().map(|(general, input)| (*general, value(input))).collect(),
            crashes: crashes.clone(),
            lies: lies.iter().map(|lie| lie.map(&mut message)).collect(),
            schedule: schedule.iter().map(|shift| shift.map(&mut message)).collect(),
        }
    }

    /// The traitors who crash, lie, or do not receive: those who would not do so can be loyal.
    pub(crate) fn culprits(&self) -> Generals {
        let crashed = self.crashes.iter().map(|crash| crash.general);
        let lied = self.lies.iter().map(|lie| lie.wire.from);
        let omitted = self.schedule.iter().filter(|shift| shift.arrival.is_asynchronous());
        let deaf = omitted.map(|shift| shift.wire.to).filter(|to| self.traitors.contains(*to));
        crashed.chain(lied).chain(deaf).collect()
    }
}

/// A part of an attack, counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// One of the lies.
    Lie(usize),
    /// One of the changes of the schedule.
    Shift(usize),
    /// One of the crashes.
    Crash(usize),
}

/// "lie 1", "schedule 2", "crash 1".
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Lie(number) => write!(f, "lie {number}"),
            Item::Shift(number) => write!(f, "schedule {number}"),
            Item::Crash(number) => write!(f, "crash {number}"),
        }
    }
}

/// Why an attack does not fit a protocol.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Misfit {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the attack is on {n} generals, and there are {expected}")]
    Generals { n: usize, expected: usize },
    #[error("the attack is on {graph}, and the generals are on {expected}")]
    Graph { graph: Graph, expected: Graph },
    #[error("general {general} is not there: the {n} generals are numbered from 0")]
    NotThere { general: usize, n: usize },
    #[error("inputs: general {general} has an input, and here only {with} must have one")]
    InputOfAnother { general: usize, with: Generals },
    #[error("inputs: {0} needs an input")]
    NoInput(String),
    #[error("inputs: {value} is none of the values {values}")]
    Value { value: String, values: String },
    #[error("{item}: general {general} is not there: the {n} generals are numbered from 0")]
    ItemNotThere { item: Item, general: usize, n: usize },
    #[error("{item}: general {general} can't send to itself")]
    LieToSelf { item: Item, general: usize },
    #[error("{item}: general {from} can't send to general {to}: they are no neighbours")]
    NoEdge { item: Item, from: usize, to: usize },
    #[error("{item}: general {general} is loyal and tells no lies: is it a traitor?")]
    LoyalLiar { item: Item, general: usize },
    #[error("{item}: there is no round {round}: the protocol's rounds are 1 to {rounds}")]
    Round { item: Item, round: Round, rounds: usize },
    #[error("{item}: the faults are {faults}, and this is none of them")]
    OtherFault { item: Item, faults: FaultClass },
    #[error("{item}: general {general} crashes twice")]
    CrashedAgain { item: Item, general: usize },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_name_messages() {
        let cases = [
            (Edit::Withhold(2), vec![1, 3], true),
            (Edit::Say(2), vec![1, 2, 3, 2], true),
            (Edit::Instead { of: 3, say: 0 }, vec![1, 2, 0], true),
            (Edit::Withhold(9), vec![1, 2, 3], false),
            (Edit::Instead { of: 9, say: 0 }, vec![1, 2, 3], false),
        ];
        for (edit, expected, applies) in cases {
            let mut said = vec![1, 2, 3];
            assert_eq!(edit.apply(&mut said), applies, "{edit:?}");
            assert_eq!(said, expected, "{edit:?}");
        }
    }

    #[test]
    fn an_edit_leads_from_the_honest_to_the_said() {
        for (honest, said) in itertools::iproduct!([None, Some(1)], [None, Some(1), Some(2)]) {
            let mut carried = Vec::from_iter(honest);
            if let Some(edit) = Edit::between(honest, said) {
                assert!(edit.apply(&mut carried));
            }
            assert_eq!(carried, Vec::from_iter(said), "{honest:?} to {said:?}");
        }
    }
}
