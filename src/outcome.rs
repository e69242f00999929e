//! How an execution ended, and what is asked of that: broadcast or consensus, and the user's own
//! demands.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::general::{General, Generals};

/// What a protocol is for. Broadcast is the Byzantine Generals Problem of Lamport, Shostak and Pease
/// (1982): there general 0 commands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Task {
    /// The commander has an order, and the lieutenants decide.
    #[default]
    Broadcast,
    /// Everybody has an input, and everybody decides.
    Consensus,
}

impl Task {
    /// Who has an input among `n` generals.
    #[must_use]
    pub fn inputs(self, n: usize) -> Generals {
        match self {
            Task::Broadcast => Generals::first(n.min(1)),
            Task::Consensus => Generals::first(n),
        }
    }

    /// Who decides among `n` generals, if loyal.
    #[must_use]
    pub fn deciders(self, n: usize) -> Generals {
        match self {
            Task::Broadcast => Generals::first(n).without(General::COMMANDER),
            Task::Consensus => Generals::first(n),
        }
    }

    /// What a general is called: "the commander", "lieutenant 2"; in consensus, where nobody
    /// commands, "general 2".
    #[must_use]
    pub fn name(self, general: General) -> String {
        self.names(Generals::NONE.with(general))
    }

    /// What some generals are called: "the commander and lieutenants 1 and 4"; "generals 0, 1 and
    /// 4"; "nobody".
    #[must_use]
    pub fn names(self, generals: Generals) -> String {
        match self {
            Task::Consensus if !generals.is_empty() => generals.numbered("general"),
            Task::Broadcast | Task::Consensus => generals.to_string(),
        }
    }
}

/// How an execution ended, as far as a property can see it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Outcome<'a, V, D = V> {
    /// What was asked.
    pub task: Task,
    /// Who was a traitor.
    pub traitors: Generals,
    /// Who is bound by its input: the loyal, and traitors whose faults leave them no choice but to
    /// obey with it (a crash, an omission).
    pub bound: Generals,
    /// What each general with an input was given. That of one who is not bound says nothing: ask
    /// [`input`](Outcome::input).
    pub inputs: &'a BTreeMap<General, V>,
    /// What each general decided, by number; nothing for a traitor, for the commander of a broadcast, and for
    /// whoever has not decided.
    pub decisions: &'a [Option<D>],
}

impl<'a, V, D> Outcome<'a, V, D> {
    /// Who is to decide: the loyal, but for the commander of a broadcast.
    #[must_use]
    pub fn deciders(&self) -> Generals {
        self.task.deciders(self.decisions.len()).minus(self.traitors)
    }

    /// Who of them has not decided.
    #[must_use]
    pub fn undecided(&self) -> Generals {
        self.deciders().iter().filter(|general| self.decisions[general.id()].is_none()).collect()
    }

    /// The input by which a general is bound.
    #[must_use]
    pub fn input(&self, general: General) -> Option<&'a V> {
        self.inputs.get(&general).filter(|_| self.bound.contains(general))
    }

    /// All inputs by which somebody is bound.
    pub fn bound_inputs(&self) -> impl Iterator<Item = &'a V> + use<'a, V, D> {
        let bound = self.bound;
        self.inputs.iter().filter(move |(general, _)| bound.contains(**general)).map(|(_, v)| v)
    }

    /// All inputs to which validity can bind decisions: in a broadcast the commander's order, if he is loyal; in
    /// consensus those by which somebody is bound.
    pub(crate) fn binding_inputs(&self) -> impl Iterator<Item = &'a V> + use<'a, V, D> {
        let bound = match self.task {
            Task::Broadcast => Generals::NONE.with(General::COMMANDER).minus(self.traitors),
            Task::Consensus => self.bound,
        };
        self.inputs.iter().filter(move |(general, _)| bound.contains(**general)).map(|(_, v)| v)
    }

    /// All decisions of the loyal.
    pub fn decided(&self) -> impl Iterator<Item = &'a D> + Clone {
        self.decisions.iter().flatten()
    }
}

/// A property of the user's own: a function of the outcome, with a name.
///
/// ```
/// use turncoat::protocols::asking::asking;
/// use turncoat::{Demand, OralMessages, Order, check};
///
/// let nobody_attacks = Demand::new("nobody attacks", |outcome| {
///     outcome.decided().all(|decision| *decision != Order::ATTACK)
/// });
/// let protocol = asking(OralMessages::new(1), [nobody_attacks]);
/// let found = check(protocol).generals(4).traitors(1).assert_broken();
/// assert_eq!(found.violation.name(), "nobody attacks");
/// ```
#[non_exhaustive]
pub struct Demand<V, D = V> {
    /// What is demanded, in a few words.
    pub name: &'static str,
    /// Whether an outcome meets it.
    pub met: fn(&Outcome<'_, V, D>) -> bool,
}

impl<V, D> Demand<V, D> {
    /// A demand that is met by the outcomes for which `met` is true.
    pub fn new(name: &'static str, met: fn(&Outcome<'_, V, D>) -> bool) -> Demand<V, D> {
        Demand { name, met }
    }
}

impl<V, D> Clone for Demand<V, D> {
    fn clone(&self) -> Demand<V, D> {
        *self
    }
}

impl<V, D> Copy for Demand<V, D> {}

impl<V, D> fmt::Debug for Demand<V, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Demand").field(&self.name).finish()
    }
}
