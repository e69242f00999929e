//! The builder that a test calls to refute a protocol where no protocol can be correct.

use crate::adversary::FaultClass;
use crate::fault::cloned;
use crate::general::Generals;
use crate::impossibility::argument::{
    ArgumentOf, Construction, NumberedArgument, argue, objection, theorem,
};
use crate::impossibility::partition::{self, Partition};
use crate::machine::{Machine, Memory, Numbered, Worker};
use crate::protocols::in_waves::AnyProtocol;
use crate::question::{CheckError, Focus, Question, against};
use crate::search::progress::Progress;
use crate::testable::Testable;
use crate::verdict::{Refutation, RefutationOf};

/// Builds the impossibility argument for so few generals against this protocol. The protocol must be deterministic;
/// what a traitor could say need not be known.
///
/// For a protocol in rounds, the argument is one run of a covering of the generals (twice as many), and one run of
/// each world that is made of it. For an event-driven protocol it is a run of each of two
/// [sides](Construction::Partition) alone, and a run of both, in which all messages between them are late. There is
/// no search. Each world is an ordinary [attack](crate::Attack), run by the [simulator](crate::execution::run).
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
///
/// Where messages can be late, `n <= 3f` generals are too few even with signatures; and for consensus `n <= 2f` are
/// too few even if generals only crash:
///
/// ```
/// use turncoat::{BinaryAgreement, refute};
///
/// // With the thresholds of its paper it does not decide while f generals are silent, and it need not.
/// let careful = refute(BinaryAgreement::new().rounds(2).tolerating(1)).generals(3).traitors(1).run();
/// assert!(careful.unwrap_err().to_string().contains("nobody decides"));
/// // With a lower threshold it decides, but not all decide the same.
/// let hasty = BinaryAgreement::new().rounds(2).tolerating(1).accept_at(2);
/// let argument = refute(hasty).generals(3).traitors(1).assert_refuted();
/// assert_eq!(argument.worlds[1].execution.violation().unwrap().name(), "agreement");
/// ```
pub fn refute<P: AnyProtocol<Kind>, Kind>(protocol: P) -> Refute<P::Tested> {
    Question::about(protocol.tested(), Worlds::default())
}

/// A question that is answered by an argument: see [`refute`]. It needs the number of [generals](Refute::generals),
/// at least three, or a [graph](Refute::on) of them, and of [traitors](Refute::traitors). The argument needs an
/// [adversary](Refute::against) who can turn any `f` generals, Byzantine ones who may also be silent; it makes no use
/// of further powers. Against an event-driven protocol the adversary must be
/// [asynchronous](crate::adversary::Timing::Asynchronous), as it is by default, and generals may
/// [crash](crate::Adversary::crash) instead.
///
/// If a graph can be cut in two by so few generals that all of them may be traitors, no protocol can be correct on
/// it, however many generals there are:
///
/// ```
/// use turncoat::{Graph, SignedMessages, refute};
///
/// // Without signatures the commander's two neighbours can misrepresent him as they like.
/// let on_a_ring = refute(SignedMessages::new(2)).on(Graph::ring(4)).traitors(1).run()?;
/// assert_eq!(on_a_ring.name(), "forgery");
/// # Ok::<(), turncoat::CheckError>(())
/// ```
pub type Refute<P> = Question<P, Worlds>;

/// Builds worlds that no protocol can get right all at once.
#[derive(Clone, Debug, Default)]
pub struct Worlds {
    groups: Option<Vec<Generals>>,
}

impl<P> Refute<P> {
    /// With these three groups, each of which could consist of traitors. (By default they are as equal as possible.)
    /// The group with the commander is taken first.
    pub fn groups(self, groups: [Generals; 3]) -> Refute<P> {
        self.answered(|_| Worlds { groups: Some(groups.to_vec()) })
    }
}

impl<P: Testable> Refute<P> {
    /// Builds the argument, and runs each of its worlds.
    ///
    /// # Errors
    ///
    /// A number is missing or too large, the groups do not fit, the protocol refuses, or its problem asks for an
    /// agreement, validity or termination that the argument is not about.
    pub fn run(self) -> Result<RefutationOf<P>, CheckError> {
        self.run_watched(&Progress::new())
    }

    /// As [`run`](Refute::run), while another thread may watch: its steps are worlds. It can't be stopped.
    ///
    /// # Errors
    ///
    /// As [`run`](Refute::run).
    pub fn run_watched(self, progress: &Progress) -> Result<RefutationOf<P>, CheckError> {
        let numbered = Numbered::lent(&self.protocol);
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
        let Refutation { name, task, graph, adversary, argument, .. } = written?;
        drop(numbered);
        Ok(Refutation { protocol: self.protocol, name, task, graph, adversary, argument })
    }

    /// Asserts that the protocol is refuted, and returns the argument.
    ///
    /// # Panics
    ///
    /// If it is not, with the result; or if the question can't be answered.
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
    /// The refutation of the numbered protocol, and the interned states of its argument.
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
        let Focus { violates, inputs } = self.focus().clone();
        let Question { protocol, how: Worlds { groups }, .. } = self;
        let terms = protocol.terms(&graph, true)?;
        let adversary = against(&terms, adversary)?;
        let weaker = adversary.exactly || adversary.loyal_commander || adversary.suspects.is_some();
        let faults = adversary.faults;
        let crashes = terms.in_waves && faults == FaultClass::Crash;
        if weaker || !(faults.is_byzantine() || crashes) || !adversary.silence {
            return Err(CheckError::TooWeak);
        } else if terms.in_waves && !adversary.delays() {
            return Err(CheckError::Punctual);
        }
        if f >= n {
            return Err(CheckError::AllTraitors { n, f });
        }
        let is_usual = match terms.in_waves {
            true => terms.asked.is_equal(),
            false => terms.asked.is_refutable_in_rounds(),
        };
        if !is_usual || !inputs.is_empty() {
            let needs = match terms.in_waves {
                true => "agreement on equal values, and validity",
                false => {
                    "agreement on equal values, validity of all, whether they decide or not, and that all decide, or \
                     all or none"
                }
            };
            let given = inputs.iter().map(|(general, input)| {
                format!(
                    "only of executions in which {} is given {input}",
                    terms.task.name(*general)
                )
            });
            let of_deciders = terms.asked.has(crate::property::Property::Validity)
                && !terms.asked.validity_of_all;
            let of_deciders = of_deciders.then(|| "validity of those alone who decide".to_owned());
            let own_rules = !terms.asked.is_equal();
            let own_rules = own_rules.then(|| "by rules of its own for what is right".to_owned());
            let asked = terms.asked.titles().map(str::to_owned);
            let asked = asked.chain(of_deciders).chain(own_rules).chain(given);
            let asked = asked.collect::<Vec<_>>().join(", ");
            return Err(CheckError::OtherProblem { needs, asked });
        }
        let terms = terms.focused(&|value| protocol.show_value(value), &violates, &[])?;
        if let Some(groups) = &groups {
            if crashes {
                let halves = "where generals only crash there are two halves of them".to_owned();
                return Err(CheckError::Groups(halves));
            }
            if let Some(objection) = objection(groups, n, f) {
                return Err(CheckError::Groups(objection));
            }
        }
        let name = protocol.name()?;
        let task = terms.task;
        let values = match &terms.values[..] {
            [one, other, ..] => [*one, *other],
            _ => return Err(CheckError::OneValue),
        };
        let worker = Worker::new(protocol, &terms, Generals::NONE);
        let (argument, states) = if terms.in_waves {
            let partition = match groups {
                Some(groups) => Some(Partition::thirds(task, &groups)),
                None => Partition::of(task, &graph, faults, f),
            };
            let mut worker = worker.thorough();
            let argue = |it| partition::argue(&mut worker, &terms, it, values, progress);
            let argument = partition.map(argue).transpose();
            let argument = argument.map_err(|silent| match violates {
                Some(name) => CheckError::NoWorld(name),
                None => CheckError::Undecided(task.names(silent)),
            });
            (argument?, worker.into_memory())
        } else {
            let theorem = match groups {
                Some(groups) => Some((Construction::ThreeGroups, groups)),
                None => theorem(task, &graph, f),
            };
            let mut worker = worker;
            let argument = theorem.map(|(theorem, groups)| {
                let argument = argue(&mut worker, &terms, theorem, groups, values, progress);
                argument.ok_or_else(|| CheckError::NoWorld(violates.unwrap_or_default()))
            });
            (argument.transpose()?, worker.into_memory())
        };
        Ok((Refutation { protocol, name, task, graph, adversary, argument }, states))
    }
}
