//! The verdict: holds, broken or bounded, and what it covers.

use std::time::Duration;

use crate::adversary::{Adversary, Power};
use crate::attack::AttackOn;
use crate::count::Count;
use crate::execution::Counterexample;
use crate::graph::Graph;
use crate::impossibility::argument::{Argument, ArgumentOf, Conclusion};
use crate::impossibility::world::World;
use crate::machine::{Numbered, NumberedAttack};
use crate::outcome::Task;
use crate::property::AskedProperties;
use crate::search::Coverage;
use crate::search::progress::Halt;
use crate::search::{Engine, Found, Harvested, Reduction};
use crate::testable::{Lacking, Testable};

/// What turncoat found out about a protocol. If it is broken, there is a counterexample.
#[derive(Clone, Debug)]
#[must_use]
pub struct Verdict<C> {
    /// The name of the protocol.
    pub protocol: String,
    /// Who could talk to whom.
    pub graph: Graph,
    /// What was asked.
    pub task: Task,
    /// Which properties were asked.
    pub asked: AskedProperties,
    /// What the enemy could do.
    pub adversary: Adversary,
    /// How the space was searched.
    pub engine: Engine,
    /// Whether messages contain signatures.
    pub signed: bool,
    /// Whether forgeries were tried.
    pub forgeries: bool,
    /// How many messages were heard in runs, if the protocol does not say what a traitor could say.
    pub harvested: Option<Harvested>,
    /// The first message that was found missing from the repertoire: an obeying traitor would send it in a small
    /// attack. No attack with this message was searched: the message is withheld, which is a lie of its own.
    ///
    /// The question is refused if the repertoire lacks a message of a loyal general, so a verdict that a protocol
    /// [holds](Ruling::Holds) covers everything in the repertoire. But a message that only a traitor would pass on,
    /// after another traitor has lied to it, is not covered if it is missing, and nothing reports it.
    pub lacking: Option<Lacking>,
    /// The reductions that were used to find out whether there is an attack. (Whether an attack is the smallest is
    /// always found out with every reduction that is sound for that.)
    pub reductions: Vec<Reduction>,
    /// The number of raw behaviours that the verdict covers; if it is bounded, of those that were covered. It
    /// counts every choice of traitors and order, of what each traitor says to each loyal general (or how it
    /// crashes, or what it omits), of loyal messages that are lost or late, and of the order of arrival, as if
    /// something stood in every slot. (For an event-driven protocol there is no such count: executions in waves do
    /// not measure what an asynchronous adversary may do.) (Where messages are signed, these are strategies: a
    /// message is dropped if the traitors cannot sign it when it is due, so different strategies can lead to the same
    /// behaviour.)
    pub behaviours: Count,
    /// The work that was done. The exhaustive engine counts messages received, decisions made and states visited; the
    /// compositional engine votes, and the ways in which relays can vote; the naive engine executions.
    pub steps: u64,
    /// How many messages are sent in the fault-free run in which all inputs are the first value; none if the protocol
    /// is broken (then its story says it) or was not run, or if the search was stopped.
    pub honest_messages: Option<usize>,
    /// For a broken event-driven protocol: the fewest messages of traitors that the loyal hear in any attack, if that
    /// is proved.
    pub least_heard: Option<u32>,
    /// For a protocol that has endlessly many [phases](crate::Phased), if the verdict covers all of them: the number
    /// of different vectors of what the loyal carry from one phase to the next.
    pub carried: Option<u64>,
    /// The result.
    pub ruling: Ruling<C>,
}

/// The verdicts on a protocol.
pub type VerdictOn<P> = Verdict<Counterexample<P>>;

/// The result of a search.
#[derive(Clone, Debug)]
pub enum Ruling<C> {
    /// All properties hold in every behaviour of the adversary.
    Holds,
    /// There is an attack.
    Broken(Box<C>),
    /// Nothing was found, and not everything was covered.
    Bounded(Halt),
}

impl<C> Verdict<C> {
    /// Whether the protocol was shown to be correct against this adversary.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self.ruling, Ruling::Holds)
    }

    /// What traitors of this class could have done, but was not tried because the adversary lacks the power; none if
    /// the protocol is broken anyway.
    #[must_use]
    pub fn not_covered(&self) -> Option<Vec<Power>> {
        (!matches!(self.ruling, Ruling::Broken(_))).then(|| self.adversary.lacks())
    }

    /// The attack, if the protocol is broken.
    #[must_use]
    pub fn counterexample(&self) -> Option<&C> {
        match &self.ruling {
            Ruling::Broken(counterexample) => Some(counterexample),
            Ruling::Holds | Ruling::Bounded(_) => None,
        }
    }

    /// Its name in one word: "holds", "broken", "bounded".
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.ruling {
            Ruling::Holds => "holds",
            Ruling::Broken(_) => "broken",
            Ruling::Bounded(_) => "bounded",
        }
    }

    /// The same verdict with its counterexample written in another way.
    pub(crate) fn map<D>(mut self, change: impl FnOnce(C) -> D) -> Verdict<D> {
        let ruling = match std::mem::replace(&mut self.ruling, Ruling::Holds) {
            Ruling::Holds => Ruling::Holds,
            Ruling::Broken(found) => Ruling::Broken(Box::new(change(*found))),
            Ruling::Bounded(halt) => Ruling::Bounded(halt),
        };
        self.ruled(ruling)
    }

    /// The same verdict with a reference to its counterexample.
    pub(crate) fn as_ref(&self) -> Verdict<&C> {
        self.ruled(match &self.ruling {
            Ruling::Holds => Ruling::Holds,
            Ruling::Broken(found) => Ruling::Broken(Box::new(&**found)),
            Ruling::Bounded(halt) => Ruling::Bounded(*halt),
        })
    }

    fn ruled<D>(&self, ruling: Ruling<D>) -> Verdict<D> {
        Verdict {
            protocol: self.protocol.clone(),
            graph: self.graph.clone(),
            task: self.task,
            asked: self.asked.clone(),
            adversary: self.adversary,
            engine: self.engine,
            signed: self.signed,
            forgeries: self.forgeries,
            harvested: self.harvested,
            lacking: self.lacking.clone(),
            reductions: self.reductions.clone(),
            behaviours: self.behaviours.clone(),
            steps: self.steps,
            honest_messages: self.honest_messages,
            least_heard: self.least_heard,
            carried: self.carried,
            ruling,
        }
    }
}

/// The result of a hunt for attacks, with the finding, if there is one.
#[derive(Clone, Debug)]
#[must_use]
pub struct Hunted<F> {
    /// The name of the protocol.
    pub protocol: String,
    /// Who could talk to whom.
    pub graph: Graph,
    /// Which properties were asked.
    pub asked: AskedProperties,
    /// What the enemy could do.
    pub adversary: Adversary,
    /// Whether messages contain signatures.
    pub signed: bool,
    /// Whether forgeries were tried.
    pub forgeries: bool,
    /// How many messages were heard in runs, if the protocol does not say what a traitor could say.
    pub harvested: Option<Harvested>,
    /// The number of the first case.
    pub first: u64,
    /// How many cases were asked for.
    pub cases: u64,
    /// The seed from which they were drawn.
    pub seed: u64,
    /// What was tried: all cases up to the one that broke the protocol, or up to the end, or until
    /// the hunt was stopped.
    pub coverage: Coverage,
    /// How long the hunt took.
    pub time: Duration,
    /// What was found.
    pub finding: Option<F>,
}

/// The results of hunts for attacks on a protocol.
pub type HuntedOn<P> = Hunted<Finding<P>>;

/// A randomly drawn attack that breaks the protocol.
#[derive(Clone, Debug)]
pub struct Finding<P: Testable> {
    /// In which case it was found.
    pub case: u64,
    /// The profile of the random adversary that drew it: what its traitors do, and how messages are late. The shrunk
    /// attack may no longer need it.
    pub profile: String,
    /// The attack as it was drawn.
    pub drawn: AttackOn<P>,
    /// How often the protocol was run to shrink it.
    pub executions: u64,
    /// How long shrinking took.
    pub time: Duration,
    /// The shrunk attack. It is [not minimal](crate::execution::Size::NotMinimal) if the time was up before
    /// everything was tried.
    pub counterexample: Counterexample<P>,
}

/// A finding on the numbered protocol.
pub(crate) struct NumberedFinding {
    pub case: u64,
    pub profile: String,
    pub drawn: NumberedAttack,
    pub executions: u64,
    pub time: Duration,
    pub found: Found,
}

impl<F> Hunted<F> {
    /// As [`Verdict::not_covered`].
    #[must_use]
    pub fn not_covered(&self) -> Option<Vec<Power>> {
        self.finding.is_none().then(|| self.adversary.lacks())
    }

    /// Its name in one word: "broken" or "bounded". Random attacks never prove that a protocol holds.
    #[must_use]
    pub fn name(&self) -> &'static str {
        if self.finding.is_some() { "broken" } else { "bounded" }
    }

    /// The same result with its finding written in another way.
    pub(crate) fn map<G>(mut self, change: impl FnOnce(F) -> G) -> Hunted<G> {
        let finding = self.finding.take().map(change);
        self.with(finding)
    }

    /// The same result with a reference to its finding.
    pub(crate) fn as_ref(&self) -> Hunted<&F> {
        self.with(self.finding.as_ref())
    }

    fn with<G>(&self, finding: Option<G>) -> Hunted<G> {
        Hunted {
            protocol: self.protocol.clone(),
            graph: self.graph.clone(),
            asked: self.asked.clone(),
            adversary: self.adversary,
            signed: self.signed,
            forgeries: self.forgeries,
            harvested: self.harvested,
            first: self.first,
            cases: self.cases,
            seed: self.seed,
            coverage: self.coverage.clone(),
            time: self.time,
            finding,
        }
    }
}

impl<P: Testable> HuntedOn<P> {
    /// The attack, if the protocol is broken.
    #[must_use]
    pub fn counterexample(&self) -> Option<&Counterexample<P>> {
        self.finding.as_ref().map(|finding| &finding.counterexample)
    }
}

/// The result of an attempt to refute a protocol.
#[derive(Clone, Debug)]
pub struct Refutation<P, A> {
    /// The protocol.
    pub protocol: P,
    /// Its name.
    pub name: String,
    /// What the protocol is for.
    pub task: Task,
    /// Who can talk to whom.
    pub graph: Graph,
    /// What the adversary may do.
    pub adversary: Adversary,
    /// The argument; none if no theorem rules out every protocol here.
    pub argument: Option<A>,
}

/// The results of attempts to refute a protocol.
pub type RefutationOf<P> = Refutation<P, ArgumentOf<P>>;

impl<P, A> Refutation<P, A> {
    /// The same result, for this protocol, with its argument written in another way.
    pub(crate) fn map<Q, B>(&self, protocol: Q, change: impl FnOnce(&A) -> B) -> Refutation<Q, B> {
        Refutation {
            protocol,
            name: self.name.clone(),
            task: self.task,
            graph: self.graph.clone(),
            adversary: self.adversary,
            argument: self.argument.as_ref().map(change),
        }
    }
}

impl<P, V, M, S, D> Refutation<P, Argument<V, M, S, D>> {
    /// Its name in one word: "refuted", "forgery" (a signature would have to be forged), "undetermined" (the protocol
    /// is not deterministic, and the theorems are only about deterministic ones), or "possible" (no theorem rules out
    /// every protocol here).
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.argument.as_ref().map(|argument| &argument.conclusion) {
            Some(Conclusion::Refuted(_)) => "refuted",
            Some(Conclusion::Undetermined(_)) => "undetermined",
            Some(Conclusion::Forgery(_)) => "forgery",
            None => "possible",
        }
    }

    /// The world in which the protocol is broken.
    #[must_use]
    pub fn broken(&self) -> Option<&World<V, M, S, D>> {
        let argument = self.argument.as_ref()?;
        match argument.conclusion {
            Conclusion::Refuted(world) => argument.worlds.get(world),
            Conclusion::Forgery(_) | Conclusion::Undetermined(_) => None,
        }
    }
}

/// What each engine is expected to do.
#[derive(Clone, Debug)]
#[must_use]
pub struct Estimate {
    /// The name of the protocol.
    pub protocol: String,
    /// Who can talk to whom.
    pub graph: Graph,
    /// What the adversary may do.
    pub adversary: Adversary,
    /// What the exhaustive engine would do, or why it can't.
    pub exhaustive: Result<Expected, String>,
    /// How many raw behaviours the compositional engine would cover,
    /// [without strays](Adversary::without_strays), or why it can't.
    pub compositional: Result<Count, String>,
}

/// What the exhaustive engine would do.
#[derive(Clone, PartialEq, Debug)]
pub struct Expected {
    /// How many raw behaviours it would cover: see [`Verdict::behaviours`](Verdict::behaviours).
    pub behaviours: Count,
    /// How many steps it would take if strays changed nothing and no two states were equal. So protocols with small
    /// states take far fewer steps.
    pub steps: Count,
}

impl Estimate {
    /// Above this many expected steps (a power of ten), another engine is preferred if one can answer.
    const MANY_STEPS: f64 = 10.0;

    /// The engine that fits: the exhaustive one, which covers strays and replays, unless it can't, or
    /// is expected to take more than 10^10 steps, and the compositional one can.
    #[must_use]
    pub fn engine(&self) -> Engine {
        let few = |expected: &Expected| expected.steps.log10() <= Estimate::MANY_STEPS;
        match self.exhaustive.as_ref().is_ok_and(few) || self.compositional.is_err() {
            true => Engine::Exhaustive,
            false => Engine::Compositional,
        }
    }
}

/// The counterexample that a search has found, in the protocol's own types.
pub(crate) fn written<P: Testable>(numbered: Numbered<'_, P>, found: Found) -> Counterexample<P> {
    let Found { attack, execution, states, violation, size } = found;
    let execution = numbered.execution(&execution, &*states.into_table(&numbered));
    let attack = numbered.attack(&attack);
    Counterexample { attack, execution, violation, size, protocol: numbered.into_protocol() }
}
