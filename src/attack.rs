//! The attack as a value: everything that the enemy decided.

mod lasso;
mod lie;
mod twin;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::lasso::Lasso;
use self::lie::present;
pub use self::lie::{Edit, Lie};
pub use self::twin::Twin;
use crate::adversary::FaultClass;
use crate::collecting::{listed, mapped};
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::protocol::events::OwnEvent;
use crate::protocol::{Lockstep, Round};
use crate::schedule::{Crash, Happening, Shift};
use crate::testable::Refusal;

/// Everything the enemy decided: who the traitors are, what the inputs are, every lie, and the schedule. A protocol
/// and an attack determine the execution.
///
/// A traitor obeys the protocol wherever the attack has no lie for it, and every message arrives at its usual time
/// unless the schedule says otherwise. An attack holds the messages themselves, so it can be read, edited by hand,
/// and kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "AttackAsWritten<V, M>", try_from = "AttackAsWritten<V, M>")]
#[serde(bound(serialize = "V: Clone + Serialize, M: Clone + Serialize"))]
#[serde(bound(deserialize = "V: Deserialize<'de>, M: Deserialize<'de>"))]
pub struct Attack<V, M> {
    /// Who can talk to whom, traitors included.
    pub graph: Graph,
    /// In what way traitors are faulty.
    pub faults: FaultClass,
    /// Who may lie, crash or omit.
    pub traitors: Generals,
    /// What each general with an [input](crate::testable::Problem::inputs) was given: the commander his order.
    pub inputs: BTreeMap<General, V>,
    /// Which traitors crash, if crashing is their fault class.
    pub crashes: Vec<Crash>,
    /// The deviations from the protocol.
    pub lies: Vec<Lie<M>>,
    /// The deviations from the order of arrival.
    pub schedule: Vec<Shift<M>>,
    /// When timers go off and which faces coins show, in an event-driven protocol, where they differ from the
    /// default.
    pub happenings: Vec<Happening>,
    /// How the execution goes on for ever, if it does.
    pub lasso: Option<Lasso>,
    /// The second nodes that traitors run.
    pub twins: Vec<Twin<V>>,
}

/// The attacks on a protocol.
pub type AttackOn<P> = Attack<<P as Lockstep>::Value, <P as Lockstep>::Message>;

impl<V, M> Attack<V, M> {
    /// The attack in which the given traitors, who are Byzantine, obey, and every message arrives at its usual time.
    /// The generals are given by their number or by a graph.
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
        let (crashes, lies, schedule, happenings) = Default::default();
        let (lasso, twins) = Default::default();
        Attack {
            graph,
            faults,
            traitors,
            inputs,
            crashes,
            lies,
            schedule,
            happenings,
            lasso,
            twins,
        }
    }

    /// How many generals there are, traitors included.
    #[must_use]
    pub fn n(&self) -> usize {
        self.graph.n()
    }

    /// The size: the number of crashes, lies, twins, changes of the schedule, and timers and coins that differ from
    /// the default.
    #[must_use]
    pub fn size(&self) -> usize {
        let Attack { crashes, lies, schedule, happenings, twins, .. } = self;
        crashes.len() + lies.len() + schedule.len() + happenings.len() + twins.len()
    }

    /// Whether no general restarts more often than this, and no traitor does who can lie: to it a restart is nothing more.
    pub(crate) fn restarts_within(&self, most: usize) -> bool {
        self.graph.everybody().iter().all(|general| {
            let of = |it: &&Happening| (it.general, it.event) == (general, OwnEvent::Restarts);
            let lies = self.faults.is_byzantine() && self.traitors.contains(general);
            self.happenings.iter().filter(of).count() <= if lies { 0 } else { most }
        })
    }

    /// The same attack with its values and messages written in another way.
    pub(crate) fn map<W, N>(
        &self,
        mut value: impl FnMut(&V) -> W,
        mut message: impl FnMut(&M) -> N,
    ) -> Attack<W, N> {
        let Attack { graph, faults, traitors, inputs, crashes, lies, .. } = self;
        let Attack { schedule, happenings, lasso, twins, .. } = self;
        Attack {
            graph: graph.clone(),
            faults: *faults,
            traitors: *traitors,
            inputs: mapped(inputs.iter().map(|(general, input)| (*general, value(input)))),
            crashes: crashes.clone(),
            lies: listed(lies.iter().map(|lie| lie.map(&mut message))),
            schedule: listed(schedule.iter().map(|shift| shift.map(&mut message))),
            happenings: happenings.clone(),
            lasso: lasso.clone(),
            twins: twins.iter().map(|twin| twin.map(&mut value)).collect(),
        }
    }

    /// The traitors who crash, lie, or fail to receive. The other traitors might as well be loyal.
    pub(crate) fn culprits(&self) -> Generals {
        let crashed = self.crashes.iter().map(|crash| crash.general);
        let lied = self.lies.iter().map(|lie| lie.wire.from);
        let omitted = self.schedule.iter().filter(|shift| shift.arrival.is_asynchronous());
        let deaf = omitted.map(|shift| shift.wire.to).filter(|to| self.traitors.contains(*to));
        let doubled = self.twins.iter().map(|twin| twin.general);
        crashed.chain(lied).chain(deaf).chain(doubled).collect()
    }
}

/// The written form of an attack: `n` where everybody can talk to everybody, otherwise `graph`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(serialize = "V: Serialize, M: Clone + Serialize"))]
#[serde(bound(deserialize = "V: Deserialize<'de>, M: Deserialize<'de>"))]
struct AttackAsWritten<V, M> {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    n: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    graph: Option<Graph>,
    #[serde(default, skip_serializing_if = "FaultClass::is_byzantine")]
    faults: FaultClass,
    traitors: Generals,
    inputs: BTreeMap<General, V>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    crashes: Vec<Crash>,
    lies: Vec<Lie<M>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    schedule: Vec<Shift<M>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    happenings: Vec<Happening>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    lasso: Option<Lasso>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    twins: Vec<Twin<V>>,
}

impl<V, M> From<Attack<V, M>> for AttackAsWritten<V, M> {
    fn from(attack: Attack<V, M>) -> AttackAsWritten<V, M> {
        let Attack { graph, faults, traitors, inputs, crashes, .. } = attack;
        let Attack { lies, schedule, happenings, lasso, twins, .. } = attack;
        let n = graph.is_complete().then(|| graph.n());
        let graph = Some(graph).filter(|graph| !graph.is_complete());
        AttackAsWritten {
            n,
            graph,
            faults,
            traitors,
            inputs,
            crashes,
            lies,
            schedule,
            happenings,
            lasso,
            twins,
        }
    }
}

impl<V, M> TryFrom<AttackAsWritten<V, M>> for Attack<V, M> {
    type Error = &'static str;

    fn try_from(written: AttackAsWritten<V, M>) -> Result<Attack<V, M>, &'static str> {
        let AttackAsWritten { n, graph, faults, traitors, inputs, crashes, .. } = written;
        let AttackAsWritten { lies, schedule, happenings, lasso, twins, .. } = written;
        let graph = match (n, graph) {
            (Some(n), None) => Graph::complete(n),
            (None, Some(graph)) => graph,
            (None, None) => return Err("missing field `n`, or `graph`"),
            (Some(_), Some(_)) => return Err("an attack has either `n` or `graph`"),
        };
        Ok(Attack {
            graph,
            faults,
            traitors,
            inputs,
            crashes,
            lies,
            schedule,
            happenings,
            lasso,
            twins,
        })
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
    /// One of the timers and coins.
    Happening(usize),
    /// One of the second nodes.
    Twin(usize),
}

/// "lie 1", "schedule 2", "crash 1", "happening 1", "twin 1".
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Lie(number) => write!(f, "lie {number}"),
            Item::Shift(number) => write!(f, "schedule {number}"),
            Item::Crash(number) => write!(f, "crash {number}"),
            Item::Happening(number) => write!(f, "happening {number}"),
            Item::Twin(number) => write!(f, "twin {number}"),
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
    #[error("{item}: there is no wave {wave}: there are at most {waves}")]
    Wave { item: Item, wave: Round, waves: usize },
    #[error("{item}: the faults are {faults}, and this is none of them")]
    OtherFault { item: Item, faults: FaultClass },
    #[error(
        "{item}: at most {most} lies and changes of the schedule can be on one wire in one round, and \
         from general {from} to general {to} in round {round} there are more"
    )]
    Crowded { item: Item, round: Round, from: usize, to: usize, most: usize },
    #[error("{item}: the protocol has rounds, and no timers or coins")]
    NoEvents { item: Item },
    #[error("{item}: {event}, and a coin has the faces 0 and 1")]
    NoFace { item: Item, event: OwnEvent },
    #[error("{item}: a restart, and an opaque node does not say what it has stored")]
    NodeRestarts { item: Item },
    #[error("lasso: the protocol has a last phase, and nothing goes on for ever")]
    NoPhases,
    #[error("lasso: {0}")]
    Lasso(&'static str),
    #[error("lasso: there is no wave {wave}: there are at most {waves}")]
    LassoWave { wave: Round, waves: usize },
    #[error("{item}: the second node of general {general} can't be given {value}")]
    TwinInput { item: Item, general: usize, value: String },
    #[error(
        "{item}: the second node of general {general} has no input: that must be one of the values"
    )]
    TwinWithoutInput { item: Item, general: usize },
    #[error(
        "{item}: the second node of general {general} speaks to nobody: in \"to\" must stand somebody to whom no \
         earlier one speaks"
    )]
    TwinToNobody { item: Item, general: usize },
    #[error("{item}: general {general} crashes twice")]
    CrashedAgain { item: Item, general: usize },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_is_written_where_it_is_not_complete() {
        let among = |graph: Graph| Attack::<u8, u8>::new(graph, Generals::NONE, BTreeMap::new());
        let complete = r#"{"n":4,"traitors":[],"inputs":{},"lies":[]}"#;
        assert_eq!(serde_json::to_string(&among(Graph::complete(4))).unwrap(), complete);
        let graph =
            r#"{"graph":{"n":3,"edges":[[0,1],[1,2]]},"traitors":[],"inputs":{},"lies":[]}"#;
        assert_eq!(serde_json::to_string(&among(Graph::path(3))).unwrap(), graph);
        for (written, attack) in [(complete, Graph::complete(4)), (graph, Graph::path(3))] {
            assert_eq!(serde_json::from_str::<Attack<u8, u8>>(written).unwrap(), among(attack));
        }
    }
}
