//! How an execution ended, and what is required of the end: broadcast or consensus, and the user's own demands.

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

    /// The name of a general: "the commander", "lieutenant 2"; in consensus, where nobody commands, "general 2".
    #[must_use]
    pub fn name(self, general: General) -> String {
        self.names(Generals::NONE.with(general))
    }

    /// The names of some generals: "the commander and lieutenants 1 and 4"; "generals 0, 1 and 4"; "nobody".
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
    /// What the protocol is for.
    pub task: Task,
    /// Who was a traitor.
    pub traitors: Generals,
    /// Who is bound by its input: the loyal, and traitors who can only obey it because of their fault class (crash,
    /// omission).
    pub bound: Generals,
    /// What each general with an input was given. The input of a general who is not bound means nothing: use
    /// [`input`](Outcome::input).
    pub inputs: &'a BTreeMap<General, V>,
    /// What each general decided, by number; none for a traitor, for the commander of a broadcast, and for whoever
    /// has not decided.
    pub decisions: &'a [Option<D>],
    /// Whether nothing is left to happen. In rounds this is so when all rounds are over. In an event-driven protocol
    /// it is so when everything that the loyal sent has been heard, no timer is set, and no coin is asked for. Until
    /// then, it means nothing that somebody has not decided. (It is also true where an attack [goes on for
    /// ever](crate::attack::Lasso), and nobody has decided.)
    pub quiet: bool,
    /// How the execution went, if that is known.
    pub(crate) course: Option<&'a Course>,
}

impl<'a, V, D> Outcome<'a, V, D> {
    /// Who must decide: the loyal, except the commander of a broadcast.
    #[must_use]
    pub fn deciders(&self) -> Generals {
        self.task.deciders(self.decisions.len()).minus(self.traitors)
    }

    /// Which of them have not decided.
    #[must_use]
    pub fn undecided(&self) -> Generals {
        self.deciders().iter().filter(|general| self.decisions[general.id()].is_none()).collect()
    }

    /// The input that a general is bound by.
    #[must_use]
    pub fn input(&self, general: General) -> Option<&'a V> {
        self.inputs.get(&general).filter(|_| self.bound.contains(general))
    }

    /// All inputs that somebody is bound by.
    pub fn bound_inputs(&self) -> impl Iterator<Item = &'a V> + use<'a, V, D> {
        let bound = self.bound;
        self.inputs.iter().filter(move |(general, _)| bound.contains(**general)).map(|(_, v)| v)
    }

    /// All inputs that validity can compare decisions with: in a broadcast the commander's order, if he is loyal; in
    /// consensus the inputs that somebody is bound by.
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

/// A user's own property: a function of the outcome, with a name.
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

/// The function that says whether a demand is met.
enum Met<V, D> {
    /// It looks at how an execution ended.
    Ended(fn(&Outcome<'_, V, D>) -> bool),
    /// It looks at how an execution went, as well.
    Went(fn(&Outcome<'_, V, D>, &Course) -> bool),
}

impl<V, D> Demand<V, D> {
    /// A demand that is met by the outcomes for which `met` is true.
    pub fn new(name: &'static str, met: fn(&Outcome<'_, V, D>) -> bool) -> Demand<V, D> {
        Demand { name, met: Met::Ended(met) }
    }

    /// A demand on how an execution goes: in how many rounds somebody decides, how many messages are sent.
    ///
    /// Hunts, simulations and the naive engine judge it. The exhaustive engine refuses it, since it does not
    /// distinguish executions that reach the same states; the compositional engine refuses it, too. (To find out when
    /// a general decided, turncoat asks it after each round. A protocol that is asked too early may answer nothing,
    /// or panic.)
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

    /// Whether this is a demand on how an execution goes.
    #[must_use]
    pub fn is_of_course(&self) -> bool {
        matches!(self.met, Met::Went(_))
    }

    /// Whether the demand is met. A demand on how an execution goes counts as met if that is not known.
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
