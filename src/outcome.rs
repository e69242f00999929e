//! How an execution ended, and what is asked of that: broadcast or consensus, and the user's own
//! demands.

mod course;

use std::collections::BTreeMap;
use std::fmt;

pub use self::course::Course;
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
    /// Whether nothing is left to happen: so it is when all rounds are over, and in an event-driven protocol
    /// where all that the loyal have sent was heard, no timer is set, and no coin is asked for. Before, that
    /// somebody has not decided means nothing. (And so it is where an attack [goes on for
    /// ever](crate::attack::Lasso), and nobody has decided.)
    pub quiet: bool,
    /// How it went, if that is known.
    pub(crate) course: Option<&'a Course>,
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
    met: Met<V, D>,
}

/// What says whether a demand is met.
enum Met<V, D> {
    /// By how an execution ended.
    Ended(fn(&Outcome<'_, V, D>) -> bool),
    /// By how it went, as well.
    Went(fn(&Outcome<'_, V, D>, &Course) -> bool),
}

impl<V, D> Demand<V, D> {
    /// A demand that is met by the outcomes for which `met` is true.
    pub fn new(name: &'static str, met: fn(&Outcome<'_, V, D>) -> bool) -> Demand<V, D> {
        Demand { name, met: Met::Ended(met) }
    }

    /// A demand on how an execution goes: in how many rounds somebody decides, how many messages are sent.
    ///
    /// Hunts, simulations and the naive engine judge it. The exhaustive engine refuses, since it does not tell
    /// executions apart that come to the same states; so does the compositional one. (When a general has decided is
    /// seen by asking it after each round: what is asked too early may answer nothing, or panic.)
    ///
    /// ```
    /// use turncoat::protocols::asking::asking;
    /// use turncoat::search::Engine;
    /// use turncoat::{Demand, OralMessages, check};
    ///
    /// let few = Demand::of_course("at most 8 messages", |_, course| course.messages() <= 8);
    /// let asked = check(asking(OralMessages::new(1), [few])).generals(4).traitors(1);
    /// let found = asked.engine(Engine::Naive).assert_broken();
    /// assert_eq!(found.violation.name(), "at most 8 messages");
    /// ```
    pub fn of_course(
        name: &'static str,
        met: fn(&Outcome<'_, V, D>, &Course) -> bool,
    ) -> Demand<V, D> {
        Demand { name, met: Met::Went(met) }
    }

    /// Whether it is one on how an execution goes.
    #[must_use]
    pub fn is_of_course(&self) -> bool {
        matches!(self.met, Met::Went(_))
    }

    /// Whether it is met. One on how an execution goes is, where that is not known.
    pub(crate) fn allows(&self, outcome: &Outcome<'_, V, D>) -> bool {
        match self.met {
            Met::Ended(met) => met(outcome),
            Met::Went(met) => outcome.course.is_none_or(|course| met(outcome, course)),
        }
    }
}

impl<V, D> Clone for Demand<V, D> {
    fn clone(&self) -> Demand<V, D> {
        *self
    }
}

impl<V, D> Copy for Demand<V, D> {}

impl<V, D> Clone for Met<V, D> {
    fn clone(&self) -> Met<V, D> {
        *self
    }
}

impl<V, D> Copy for Met<V, D> {}

impl<V, D> fmt::Debug for Demand<V, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Demand").field(&self.name).finish()
    }
}
