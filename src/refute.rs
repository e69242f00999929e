//! The builder that a test calls to have a protocol refuted where none can be right.

use crate::attack::Attack;
use crate::execution::obeyed;
use crate::fault::cloned;
use crate::general::Generals;
use crate::impossibility::argument::{
    ArgumentOf, Construction, NumberedArgument, argue, objection, theorem,
};
use crate::machine::{Machine, Memory, Numbered, Worker};
use crate::protocol::events::OwnEvent;
use crate::protocols::in_waves::AnyProtocol;
use crate::question::{CheckError, Focus, Question};
use crate::schedule::Happening;
use crate::search::progress::Progress;
use crate::testable::Testable;
use crate::verdict::{Refutation, RefutationOf};

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
pub fn refute<P: AnyProtocol<Kind>, Kind>(protocol: P) -> Refute<P::Tested> {
    Question::about(protocol.tested(), Worlds::default())
}

/// A question that is answered by an argument: see [`refute`]. It needs the number of
/// [generals](Refute::generals), at least three, or a [graph](Refute::on) of them, and of
/// [traitors](Refute::traitors). The argument needs an [adversary](Refute::against) who can turn any
/// `f` generals, Byzantine ones who may also be silent; more powers do not matter to it.
///
/// If so few generals can cut a graph in two that they may all be traitors, no protocol can be right
/// on it, however many generals there are:
///
/// ```
/// use turncoat::{Graph, SignedMessages, refute};
///
/// // Without signatures the two neighbours of the commander can do with him as they like.
/// let on_a_ring = refute(SignedMessages::new(2)).on(Graph::ring(4)).traitors(1).run()?;
/// assert_eq!(on_a_ring.name(), "forgery");
/// # Ok::<(), turncoat::CheckError>(())
/// ```
pub type Refute<P> = Question<P, Worlds>;

/// Worlds are built that no protocol gets right all at once.
#[derive(Clone, Debug, Default)]
pub struct Worlds {
    groups: Option<Vec<Generals>>,
}

impl<P> Refute<P> {
    /// With these three groups, each of which could be all traitors. (By default they are as equal
    /// as can be.) The one with the commander is taken first.
    pub fn groups(self, groups: [Generals; 3]) -> Refute<P> {
        self.answered(|_| Worlds { groups: Some(groups.to_vec()) })
    }
}

impl<P: Testable> Refute<P> {
    /// Builds the argument, and runs each of its worlds.
    ///
    /// # Errors
    ///
    /// A number is missing or too large, the groups do not fit, the protocol refuses, or its problem asks for
    /// another agreement, validity or termination than the argument is about.
    pub fn run(self) -> Result<RefutationOf<P>, CheckError> {
        self.run_watched(&Progress::new())
    }

    /// As [`run`](Refute::run), where another thread may watch: its steps are worlds. It can't be
    /// stopped.
    ///
    /// # Errors
    ///
    /// As [`run`](Refute::run).
    pub fn run_watched(self, progress: &Progress) -> Result<RefutationOf<P>, CheckError> {
        let numbered = Numbered::new(&self.protocol);
        let written = numbered.answered(|| -> Result<_, CheckError> {
            let (refutation, states) = self.by_numbers(&numbered).refutation(progress)?;
            let table = states.into_table(&numbered);
            let states = numbered.states(&*table);
            Ok(refutation.map((), |argument| {
                argument.map(
                    |value| cloned(numbered.value(*value)),
                    |decision| cloned(numbered.decision(*decision)),
                    |message| cloned(numbered.message(*message)),
                    |state| cloned(states.get(*state)),
                )
            }))
        });
        let Refutation { name, task, graph, f, argument, .. } = written?;
        drop(numbered);
        Ok(Refutation { protocol: self.protocol, name, task, graph, f, argument })
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
            Ok(refutation) => {
                let ending = refutation.name();
                panic!("expected the protocol to be refuted, but found: {ending}\n\n{refutation}")
            }
            Err(error) => panic!("{error}"),
        }
    }
}

impl<'a> Refute<&'a dyn Machine> {
    /// The refutation by numbers, and where the states of its argument stand.
    pub(crate) fn refutation(
        self,
        progress: &Progress,
    ) -> Result<(Refutation<&'a dyn Machine, NumberedArgument>, Memory), CheckError> {
        let (graph, adversary) = self.setting()?;
        let (graph, f) = (graph.clone(), adversary.traitors);
        let n = graph.n();
        if n < 3 {
            return Err(CheckError::TooFew(n));
        }
        let weaker = adversary.exactly || adversary.loyal_commander || adversary.suspects.is_some();
        if weaker || !adversary.faults.is_byzantine() || !adversary.silence {
            return Err(CheckError::TooWeak);
        }
        let Focus { violates, inputs } = self.focus().clone();
        let Question { protocol, how: Worlds { groups }, .. } = self;
        let terms = protocol.terms(&graph, true)?;
        if f >= n {
            return Err(CheckError::AllTraitors { n, f });
        }
        if !terms.asked.is_refutable() || !inputs.is_empty() {
            return Err(CheckError::OtherProblem);
        }
        let terms = terms.focused(&|value| protocol.show_value(value), &violates, &[])?;
        if let Some(objection) = groups.as_ref().and_then(|groups| objection(groups, n, f)) {
            return Err(CheckError::Groups(objection));
        }
        let name = protocol.name()?;
        let task = terms.task;
        let values = match &terms.values[..] {
            [one, other, ..] => [*one, *other],
            _ => return Err(CheckError::OneValue),
        };
        let theorem = match groups {
            Some(groups) => Some((Construction::ThreeGroups, groups)),
            None => theorem(task, &graph, f),
        };
        let mut worker = Worker::new(protocol, &terms, Generals::NONE);
        if terms.in_waves {
            let inputs = terms.inputs.iter().map(|general| (general, values[0])).collect();
            let honest = Attack::new(&graph, Generals::NONE, inputs);
            let execution = obeyed(&mut worker, &terms, &honest, &|_, _| None);
            let is_timer = |happened: &Happening| matches!(happened.event, OwnEvent::GoesOff(_));
            if execution.happened.iter().any(is_timer) {
                return Err(CheckError::Timers);
            }
        }
        let argument = theorem.map(|(theorem, groups)| {
            let argument = argue(&mut worker, &terms, theorem, groups, values, progress);
            argument.ok_or_else(|| CheckError::NoWorld(violates.unwrap_or_default()))
        });
        let argument = argument.transpose()?;
        let states = worker.into_memory();
        Ok((Refutation { protocol, name, task, graph, f, argument }, states))
    }
}
