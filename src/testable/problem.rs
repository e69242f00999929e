//! What is asked of a protocol: who agrees on what, and what must hold.

use crate::general::Generals;
use crate::outcome::{Demand, Task};

/// What is asked of a protocol on one graph. It begins as [`broadcast`](Problem::broadcast) or
/// [`consensus`](Problem::consensus), and what is unusual is added.
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
pub struct Problem<V> {
    /// The values that can be agreed on. At least one is needed.
    pub values: Vec<V>,
    /// Broadcast or consensus.
    pub task: Task,
    /// Who is given an input, if it is not those alone who need one for the task.
    pub inputs: Option<Generals>,
    /// What must hold beside agreement and validity.
    pub demands: Vec<Demand<V>>,
    /// Why it can't be run here, in a line, if its states are too large: see
    /// [`too_large`](Problem::too_large).
    pub too_large: Option<String>,
}

impl<V> Problem<V> {
    /// The commander, general 0, has one of these values as his order, and the lieutenants decide.
    pub fn broadcast(values: impl IntoIterator<Item = V>) -> Problem<V> {
        Problem::of(Task::Broadcast, values)
    }

    /// Everybody has one of these values as its input, and everybody decides.
    pub fn consensus(values: impl IntoIterator<Item = V>) -> Problem<V> {
        Problem::of(Task::Consensus, values)
    }

    fn of(task: Task, values: impl IntoIterator<Item = V>) -> Problem<V> {
        let values = values.into_iter().collect();
        Problem { values, task, inputs: None, demands: Vec::new(), too_large: None }
    }

    /// The same with these who are given an input. Those who need one for the task must be among
    /// them; in a broadcast what must hold is asked of the commander's order alone.
    #[must_use]
    pub fn with_inputs(self, generals: Generals) -> Problem<V> {
        Problem { inputs: Some(generals), ..self }
    }

    /// The same with one demand more.
    #[must_use]
    pub fn demanding(mut self, demand: Demand<V>) -> Problem<V> {
        self.demands.push(demand);
        self
    }

    /// The same for a protocol whose states would be too large to be held here, for this reason, a
    /// line. Nothing is run then; but by its [recursion](crate::Recursive) it can still be searched,
    /// since that holds no states.
    #[must_use]
    pub fn too_large(self, why: impl Into<String>) -> Problem<V> {
        Problem { too_large: Some(why.into()), ..self }
    }

    /// Who is given an input among `n` generals.
    #[must_use]
    pub fn given(&self, n: usize) -> Generals {
        self.inputs.unwrap_or_else(|| self.task.inputs(n))
    }
}
