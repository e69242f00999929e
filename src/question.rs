//! A question about a protocol: among how many generals, against how many traitors, and what those may do.

use std::fmt::Debug;

use crate::adversary::Adversary;
use crate::count::many;
use crate::general::General;
use crate::graph::Graph;
use crate::machine::{Machine, Terms};
use crate::search::CompositionError;
use crate::search::suspects::MOST_SETS;
use crate::testable::Refusal;

/// A question about a protocol, which can be answered in different ways: see [`check`](crate::check()) and
/// [`hunt`](crate::hunt()).
///
/// It needs the number of [generals](Question::generals), or a [graph](Question::on) of them, and an
/// [adversary](Question::against), or just the maximum number of [traitors](Question::traitors).
#[derive(Clone, Debug)]
#[must_use = "a question does nothing until it is run"]
pub struct Question<P, H> {
    pub(crate) protocol: P,
    graph: Option<Graph>,
    adversary: Option<Adversary>,
    focus: Focus,
    /// How the question is answered.
    pub(crate) how: H,
}

/// What a question is narrowed down to, if anything.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Focus {
    /// The only property that is asked, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violates: Option<String>,
    /// The inputs of these generals, as `Debug` text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<(General, String)>,
}

/// Why a question can't be answered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckError {
    /// A number was not given.
    #[error("how many {0}? say .{0}(..)")]
    Missing(&'static str),
    /// Nobody would be loyal.
    #[error("f is {f}: with n = {n} there can be at most {}", many(n.saturating_sub(1) as u64, "traitor"))]
    AllTraitors {
        /// How many generals.
        n: usize,
        /// How many traitors.
        f: usize,
    },
    /// Fewer generals can be turned than are to be turned.
    #[error("f is {f}, and only {suspects} can be traitors")]
    FewSuspects {
        /// How many can be turned.
        suspects: usize,
        /// How many traitors.
        f: usize,
    },
    /// A suspect is not among the generals.
    #[error("suspects: general {general} is not there: the {n} generals are numbered from 0")]
    NoSuspect {
        /// Who.
        general: usize,
        /// How many generals.
        n: usize,
    },
    /// A timing was given for a protocol in rounds, which are synchronous.
    #[error(
        "a timing is asked for, and the protocol has rounds, which are synchronous: ask for disruptions to \
         have some of its mail lost or late"
    )]
    Timing,
    /// Powers over rounds were given against a protocol that has no rounds.
    #[error(
        "silence, any order of arrival and disruptions are powers over rounds, and this protocol is event-driven: \
         say what may be late by its timing"
    )]
    OfRounds,
    /// In a protocol in rounds nobody restarts.
    #[error(
        "restarts are asked for, and the protocol has rounds: only event-driven protocols restart"
    )]
    Restarts,
    /// An opaque node does not say what it has stored.
    #[error(
        "restarts are asked for, and an opaque node does not say what it has stored: only protocols with states restart"
    )]
    NodesRestart,
    /// `check` does not cover restarts if timing is not asynchronous, or if phases have no end.
    #[error(
        "check covers restarts only where timing is asynchronous and the protocol claims no phases without end: use \
         hunt"
    )]
    RestartsHunted,
    /// The naive engine does not support this adversary.
    #[error(
        "the naive engine knows no traitors but Byzantine ones, and no schedule but arrival by \
         sender: leave the other one to it"
    )]
    NotNaive,
    /// Omissions in an event-driven protocol are not searched where messages can be late.
    #[error(
        "traitors who fail to send or to receive are searched in an event-driven protocol if its timing is synchronous: \
         ask for that, or hunt"
    )]
    LateOmissions,
    /// A demand on how an execution goes, for an engine that does not distinguish executions.
    #[error(
        "\"{0}\" is demanded of how an execution goes, and such an engine does not tell executions apart that \
         come to the same end: use the naive engine, or hunt"
    )]
    Course(&'static str),
    /// Only the exhaustive engine, and only in rounds, supports parts and checkpoints.
    #[error(
        "parts and checkpoints are for the exhaustive engine only, where a protocol has rounds"
    )]
    NoParts,
    /// An attack that was found elsewhere breaks nothing here.
    #[error("one of the attacks that were found breaks nothing")]
    Unbroken,
    /// The compositional engine can't answer it.
    #[error("the compositional engine can't answer this: {0}")]
    NotComposed(String),
    /// The compositional engine found an attack on the protocol's recursion, but the protocol itself is not broken by
    /// it, or can't be run.
    #[error("by the protocol's recursion {0}")]
    Unshown(String),
    /// More messages may be disrupted than can be searched.
    #[error("disruptions is {0}: at most {MOST_DISRUPTIONS} messages can be lost or late")]
    Disruptions(usize),
    /// A hunt was asked to draw nothing.
    #[error("cases is 0: at least one attack must be drawn")]
    NoCases,
    /// Too few generals for an argument.
    #[error("n is {0}: the argument needs at least three generals")]
    TooFew(usize),
    /// The argument is about a stronger adversary.
    #[error(
        "the argument needs an adversary who can turn any f generals, Byzantine ones who may also be \
         silent: this one can do less"
    )]
    TooWeak,
    /// The argument needs late messages.
    #[error("the argument needs mail that can be late: this adversary is synchronous")]
    Punctual,
    /// The argument is about generals who decide.
    #[error(
        "no argument: as long as nothing is heard of {0} nobody decides, and here nobody has to, so there is \
         nothing to refute"
    )]
    Undecided(String),
    /// The argument is about the usual properties only.
    #[error(
        "the argument is about protocols in which all decide the same one of the values, and what \
         validity demands: it needs {needs}, and of this one is asked {asked}"
    )]
    OtherProblem {
        /// The properties that the argument needs.
        needs: &'static str,
        /// The properties that are asked.
        asked: String,
    },
    /// The argument breaks a property other than the one asked for.
    #[error("{0} is violated in no world of the argument: another property fails")]
    NoWorld(String),
    /// The generals can't be divided into these groups.
    #[error("groups: {0}")]
    Groups(String),
    /// The view does not belong to this protocol.
    #[error("the view: {0}")]
    View(String),
    /// There are too many sets of traitors to try them one by one.
    #[error(
        "more than {MOST_SETS} sets of traitors are possible: say who the suspects are, or take a smaller f"
    )]
    ManySets,
    /// The protocol misbehaves, so no view of it can be explained.
    #[error("{0}: so no view of it can be explained; check it first")]
    Misbehaves(String),
    /// There is nothing to disagree on.
    #[error("the protocol has one value: without another there is nothing to refute")]
    OneValue,
    /// The protocol can't be run in this setting.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<CompositionError> for CheckError {
    fn from(error: CompositionError) -> CheckError {
        match error {
            CompositionError::Refused(refusal) => CheckError::Refused(refusal),
            CompositionError::Halted(halt) => CheckError::NotComposed(halt.to_string()),
            CompositionError::Because(what) => CheckError::NotComposed(what),
            CompositionError::Unshown(why) => CheckError::Unshown(why),
        }
    }
}

/// The most messages between loyal generals that can be lost or late.
const MOST_DISRUPTIONS: usize = 64;

/// What a question is about, once it is known to be answerable.
pub(crate) struct Subject {
    /// The name of the protocol.
    pub name: String,
    pub terms: Terms,
    pub adversary: Adversary,
}

/// Checks that an adversary can turn as many of these generals as it is allowed to.
pub(crate) fn can_be_turned(graph: &Graph, adversary: &Adversary) -> Result<(), CheckError> {
    let (n, f, everybody) = (graph.n(), adversary.traitors, graph.everybody());
    let stranger = adversary.suspects.and_then(|suspects| suspects.minus(everybody).iter().next());
    if let Some(general) = stranger {
        return Err(CheckError::NoSuspect { general: general.id(), n });
    } else if f >= n {
        return Err(CheckError::AllTraitors { n, f });
    }
    let suspects = adversary.suspects_among(everybody).len();
    if f > suspects { Err(CheckError::FewSuspects { suspects, f }) } else { Ok(()) }
}

/// The adversary as it acts against a protocol of this kind.
pub(crate) fn against(terms: &Terms, adversary: Adversary) -> Result<Adversary, CheckError> {
    let Adversary { silence, any_order, disruptions, timing, restarts, .. } = adversary;
    match terms.in_waves {
        true if !silence || any_order || disruptions > 0 => Err(CheckError::OfRounds),
        true if restarts > 0 && terms.opaque => Err(CheckError::NodesRestart),
        true => Ok(adversary.in_waves()),
        false if timing.is_some() => Err(CheckError::Timing),
        false if restarts > 0 => Err(CheckError::Restarts),
        false => Ok(adversary),
    }
}

impl<H> Question<&dyn Machine, H> {
    /// What the question is about. Pass `runs: false` if the protocol need not be run: its states may be too large
    /// for that.
    pub(crate) fn subject(&self, runs: bool) -> Result<Subject, CheckError> {
        let (machine, (graph, adversary)) = (self.protocol, self.setting()?);
        let Focus { violates, inputs } = &self.focus;
        let show = |value| machine.show_value(value);
        let terms = machine.terms(graph, runs)?.focused(&show, violates, inputs)?;
        can_be_turned(&terms.graph, &adversary)?;
        let adversary = against(&terms, adversary)?;
        if adversary.disruptions > MOST_DISRUPTIONS {
            return Err(CheckError::Disruptions(adversary.disruptions));
        }
        Ok(Subject { name: machine.name()?, terms, adversary })
    }
}

impl<P, H> Question<P, H> {
    pub(crate) fn about(protocol: P, how: H) -> Question<P, H> {
        Question { protocol, graph: None, adversary: None, focus: Focus::default(), how }
    }

    /// The protocol, and the question without it.
    pub(crate) fn parted(self) -> (P, Question<(), H>) {
        let Question { protocol, graph, adversary, focus, how } = self;
        (protocol, Question { protocol: (), graph, adversary, focus, how })
    }

    /// The same question about the numbered protocol.
    pub(crate) fn by_numbers<'a>(&self, machine: &'a dyn Machine) -> Question<&'a dyn Machine, H>
    where
        H: Clone,
    {
        let Question { protocol: _, graph, adversary, focus, how } = self;
        let (graph, focus, how) = (graph.clone(), focus.clone(), how.clone());
        Question { protocol: machine, graph, adversary: *adversary, focus, how }
    }

    /// The graph and the adversary.
    pub(crate) fn setting(&self) -> Result<(&Graph, Adversary), CheckError> {
        let graph = self.graph.as_ref().ok_or(CheckError::Missing("generals"))?;
        Ok((graph, self.adversary.ok_or(CheckError::Missing("traitors"))?))
    }

    /// The same question, with a change to how it is answered.
    pub(crate) fn answered(self, change: impl FnOnce(H) -> H) -> Question<P, H> {
        let Question { protocol, graph, adversary, focus, how } = self;
        Question { protocol, graph, adversary, focus, how: change(how) }
    }

    /// The same question, narrowed down to this.
    #[cfg(feature = "cli")]
    pub(crate) fn focused(self, focus: Focus) -> Question<P, H> {
        Question { focus, ..self }
    }

    /// What the question is narrowed down to.
    pub(crate) fn focus(&self) -> &Focus {
        &self.focus
    }

    /// Only an attack on this property counts, by [name](crate::Property::name): "agreement", "validity", "totality",
    /// "termination", or one of the problem's demands. (A protocol that misbehaves is still a finding; accepting a
    /// forgery is not.) The search may take more steps, since it does not use optimizations that rely on agreement
    /// and validity together.
    ///
    /// ```
    /// use turncoat::{OralMessages, check};
    ///
    /// let found = check(OralMessages::new(1)).generals(3).traitors(1).violating("agreement").run()?;
    /// assert!(found.holds()); // what is broken is validity
    /// # Ok::<(), turncoat::CheckError>(())
    /// ```
    pub fn violating(self, property: impl Into<String>) -> Question<P, H> {
        Question { focus: Focus { violates: Some(property.into()), ..self.focus }, ..self }
    }

    /// Only executions in which this general has this input count.
    ///
    /// ```
    /// use turncoat::{FloodSet, General, Order, check};
    ///
    /// let asked = check(FloodSet::new(2)).generals(4).traitors(1).given(General::new(1), Order::ATTACK);
    /// let found = asked.given(General::new(2), Order::RETREAT).assert_broken();
    /// assert_eq!(found.attack.inputs[&General::new(2)], Order::RETREAT);
    /// ```
    pub fn given(mut self, general: General, value: impl Debug) -> Question<P, H> {
        self.focus.inputs.push((general, format!("{value:?}")));
        self
    }

    /// Among this many generals, the commander included, who can all talk to one another.
    pub fn generals(self, n: usize) -> Question<P, H> {
        self.on(n)
    }

    /// Among the generals of this graph.
    ///
    /// ```
    /// use turncoat::{Graph, SignedMessages, check};
    ///
    /// // On a path the traitor stands between two parts, and nothing passes that it does not relay.
    /// check(SignedMessages::new(2)).on(Graph::path(4)).traitors(1).assert_broken();
    /// ```
    pub fn on(self, graph: impl Into<Graph>) -> Question<P, H> {
        Question { graph: Some(graph.into()), ..self }
    }

    /// Against this adversary.
    ///
    /// ```
    /// use turncoat::{Adversary, FloodSet, check};
    ///
    /// check(FloodSet::new(2)).generals(4).against(Adversary::crash(1)).assert_holds();
    /// ```
    pub fn against(self, adversary: Adversary) -> Question<P, H> {
        Question { adversary: Some(adversary), ..self }
    }

    /// With at most `f` Byzantine traitors: short for `.against(`[`Adversary::byzantine`]`(f))`.
    pub fn traitors(self, f: usize) -> Question<P, H> {
        self.against(Adversary::byzantine(f))
    }
}
