//! What is asked of a protocol: who agrees on what, and what must hold.

use super::properties::{Agreement, Termination, Validity};
use crate::general::Generals;
use crate::outcome::{Demand, Task};

/// What is asked of a protocol on one graph. Start with [`broadcast`](Problem::broadcast) or
/// [`consensus`](Problem::consensus), or, if decisions are not values, with [`new`](Problem::new); then add what is
/// unusual.
///
/// ```
/// use turncoat::{Demand, Generals, Order, Problem, Task};
///
/// let usual = Problem::broadcast(Order::first(2));
/// assert_eq!((usual.task, usual.given(4)), (Task::Broadcast, Generals::first(1)));
///
/// let all_decide_alike_or_nobody_attacks = Demand::new("a lone attack", |outcome| {
///     outcome.decided().filter(|order| **order == Order::ATTACK).count() != 1
/// });
/// let consensus = Problem::consensus(Order::first(2)).demanding(all_decide_alike_or_nobody_attacks);
/// assert_eq!((consensus.given(4), consensus.demands.len()), (Generals::first(4), 1));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Problem<V, D = V> {
    /// The values that can be given: ordered in a broadcast, proposed in consensus. At least one is needed.
    pub values: Vec<V>,
    /// Broadcast or consensus.
    pub task: Task,
    /// Who is given an input, if it is not exactly those whom the task requires to have one.
    pub inputs: Option<Generals>,
    /// How any two decisions must be related.
    pub agreement: Agreement<D>,
    /// How each decision must be related to the inputs.
    pub validity: Validity<V, D>,
    /// Who must decide.
    pub termination: Termination,
    /// What else must hold.
    pub demands: Vec<Demand<V, D>>,
    /// Why the protocol cannot be run here, in one line, if its states are too large: see
    /// [`too_large`](Problem::too_large).
    pub too_large: Option<String>,
}

impl<V: PartialEq + 'static> Problem<V> {
    /// The commander, general 0, has one of these values as his order, and the lieutenants decide on one.
    pub fn broadcast(values: impl IntoIterator<Item = V>) -> Problem<V> {
        Problem::new(Task::Broadcast, values, Validity::equal())
    }

    /// Everybody has one of these values as its input, and everybody decides on one.
    pub fn consensus(values: impl IntoIterator<Item = V>) -> Problem<V> {
        Problem::new(Task::Consensus, values, Validity::equal())
    }
}

impl<V, D> Problem<V, D> {
    /// The task, the values that can be given, and how decisions must be related to them.
    ///
    /// ```
    /// use turncoat::{Agreement, Problem, Task, Validity};
    ///
    /// // Approximate agreement: what is decided lies between two inputs, and is at most 1 apart.
    /// let validity = Validity::hull(|given: &u8| i64::from(*given), |decided: &u16| i64::from(*decided));
    /// let problem = Problem::new(Task::Consensus, [0, 100], validity);
    /// let problem = problem.agreeing(Agreement::within(1, |decided| i64::from(*decided)));
    /// assert_eq!(problem.agreement.name(), Some("within 1"));
    /// ```
    pub fn new(
        task: Task,
        values: impl IntoIterator<Item = V>,
        validity: Validity<V, D>,
    ) -> Problem<V, D> {
        Problem {
            values: values.into_iter().collect(),
            task,
            inputs: None,
            agreement: Agreement::equal(),
            validity,
            termination: Termination::All,
            demands: Vec::new(),
            too_large: None,
        }
    }

    /// The same, but exactly these generals are given an input. They must include those whom the task requires to have
    /// one. In a broadcast the properties still look at the commander's order alone.
    #[must_use]
    pub fn with_inputs(self, generals: Generals) -> Problem<V, D> {
        Problem { inputs: Some(generals), ..self }
    }

    /// The same, with this kind of agreement.
    #[must_use]
    pub fn agreeing(self, agreement: Agreement<D>) -> Problem<V, D> {
        Problem { agreement, ..self }
    }

    /// The same, where not everybody need decide.
    #[must_use]
    pub fn deciding(self, termination: Termination) -> Problem<V, D> {
        Problem { termination, ..self }
    }

    /// The same with one more demand.
    #[must_use]
    pub fn demanding(mut self, demand: Demand<V, D>) -> Problem<V, D> {
        self.demands.push(demand);
        self
    }

    /// The same for a protocol whose states would be too large to hold here, for this reason, in one line. Then nothing
    /// is run; but it can still be searched by its [recursion](crate::Recursive), since that holds no states.
    #[must_use]
    pub fn too_large(self, why: impl Into<String>) -> Problem<V, D> {
        Problem { too_large: Some(why.into()), ..self }
    }

    /// Who is given an input among `n` generals.
    #[must_use]
    pub fn given(&self, n: usize) -> Generals {
        self.inputs.unwrap_or_else(|| self.task.inputs(n))
    }
}
