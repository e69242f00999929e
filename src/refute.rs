//! The builder that a test calls to have a protocol refuted where none can be right.

use crate::general::Generals;
use crate::graph::Graph;
use crate::impossibility::argument::{ArgumentOf, Construction, argue, objection, theorem};
use crate::machine::{Machine, Numbered, Worker};
use crate::question::CheckError;
use crate::search::progress::Progress;
use crate::testable::Testable;
use crate::verdict::Refutation;

/// Asks for the argument by which no protocol can be right among so few generals, made against this
/// one: any deterministic protocol, and nothing need be known of what a traitor could say.
///
/// It is one run of a covering of the generals (twice as many), and one of each world that is made
/// of it: no search. Each world is an ordinary [attack](crate::Attack), run by the
/// [simulator](crate::execution::run).
///
/// ```
/// use turncoat::{OralMessages, refute};
///
/// let argument = refute(OralMessages::new(1)).generals(3).traitors(1).assert_refuted();
/// assert!(argument.witnesses().all(|witness| witness.same_view));
///
/// let possible = refute(OralMessages::new(1)).generals(4).traitors(1).run()?;
/// assert_eq!(possible.name(), "possible");
/// # Ok::<(), turncoat::CheckError>(())
/// ```
pub fn refute<P: Testable>(protocol: P) -> Refute<P> {
    Refute { protocol, graph: None, traitors: None, groups: None }
}

/// What is to be refuted: see [`refute`]. It needs the number of [generals](Refute::generals) and of
/// [traitors](Refute::traitors).
#[derive(Clone, Debug)]
#[must_use = "nothing is refuted until it is run"]
pub struct Refute<P> {
    protocol: P,
    graph: Option<Graph>,
    traitors: Option<usize>,
    groups: Option<Vec<Generals>>,
}

impl<P: Testable> Refute<P> {
    /// Among so many generals, at least three, who can all talk to each other.
    pub fn generals(self, n: usize) -> Refute<P> {
        self.on(n)
    }

    /// Among the generals of a graph, at least three. If so few can cut it in two that they may all be
    /// traitors, no protocol can be right on it, however many generals there are.
    ///
    /// ```
    /// use turncoat::{Graph, SignedMessages, refute};
    ///
    /// // Without signatures the two neighbours of the commander can do with him as they like.
    /// let on_a_ring = refute(SignedMessages::new(2)).on(Graph::ring(4)).traitors(1).run()?;
    /// assert_eq!(on_a_ring.name(), "forgery");
    /// # Ok::<(), turncoat::CheckError>(())
    /// ```
    pub fn on(self, graph: impl Into<Graph>) -> Refute<P> {
        Refute { graph: Some(graph.into()), ..self }
    }

    /// With at most so many traitors.
    pub fn traitors(self, f: usize) -> Refute<P> {
        Refute { traitors: Some(f), ..self }
    }

    /// With these three groups, each of which could be all traitors. (By default they are as equal
    /// as can be.) The one with the commander is taken first.
    pub fn groups(self, groups: [Generals; 3]) -> Refute<P> {
        Refute { groups: Some(groups.to_vec()), ..self }
    }

    /// Builds the argument, and runs each of its worlds.
    ///
    /// # Errors
    ///
    /// A number is missing or too large, the groups do not fit, or the protocol refuses.
    pub fn run(self) -> Result<Refutation<P>, CheckError> {
        self.run_watched(&Progress::new())
    }

    /// As [`run`](Refute::run), where another thread may watch: its steps are worlds. It can't be
    /// stopped.
    ///
    /// # Errors
    ///
    /// As [`run`](Refute::run).
    pub fn run_watched(self, progress: &Progress) -> Result<Refutation<P>, CheckError> {
        let Refute { protocol, graph, traitors, groups } = self;
        let graph = graph.ok_or(CheckError::Missing("generals"))?;
        let f = traitors.ok_or(CheckError::Missing("traitors"))?;
        let n = graph.n();
        if n < 3 {
            return Err(CheckError::TooFew(n));
        }
        let numbered = Numbered::new(&protocol);
        let terms = numbered.terms(&graph, true)?;
        if f >= n {
            return Err(CheckError::AllTraitors { n, f });
        }
        if let Some(objection) = groups.as_ref().and_then(|groups| objection(groups, n, f)) {
            return Err(CheckError::Groups(objection));
        }
        let name = numbered.name()?;
        let task = terms.task;
        let values = match &terms.values[..] {
            [one, other, ..] => [*one, *other],
            _ => return Err(CheckError::OneValue),
        };
        let theorem = match groups {
            Some(groups) => Some((Construction::ThreeGroups, groups)),
            None => theorem(task, &graph, f),
        };
        let argument = theorem.map(|(theorem, groups)| {
            let mut worker = Worker::new(&numbered, &terms, Generals::NONE);
            let argument = argue(&mut worker, &terms, theorem, groups, values, progress);
            let states = numbered.states(&*worker.table);
            argument.map(
                |value| numbered.value(*value).clone(),
                |message| numbered.message(*message).clone(),
                |state| states.get(*state).clone(),
            )
        });
        Ok(Refutation { protocol, name, task, graph, f, argument })
    }

    /// The protocol must be refuted; answers with the argument.
    ///
    /// # Panics
    ///
    /// If it is not, with what came of it; or if the question can't be answered.
    #[track_caller]
    pub fn assert_refuted(self) -> ArgumentOf<P> {
        match self.run() {
            Ok(refutation) if refutation.name() == "refuted" => {
                refutation.argument.expect("what is refuted is refuted by an argument")
            }
            Ok(refutation) => panic!("expected that it is refuted\n\n{refutation}"),
            Err(error) => panic!("{error}"),
        }
    }
}
