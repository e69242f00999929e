//! The verdict: holds, broken or bounded, and of what it speaks.

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

/// What turncoat has to say of a protocol. If it is broken, there is a counterexample.
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
    /// How the space was gone through.
    pub engine: Engine,
    /// Whether there are signatures in what is said.
    pub signed: bool,
    /// Whether forgeries were tried.
    pub forgeries: bool,
    /// How much was heard of it, if the protocol does not say what a traitor could say.
    pub harvested: Option<Harvested>,
    /// What a traitor who obeys would say in a small attack, and the repertoire has no place for: the first
    /// that was met. No attack in which that is said was looked for: it is withheld, which is a lie of its own.
    ///
    /// What a loyal general says must be in the repertoire, or the question is refused; so a verdict that a
    /// protocol [holds](Ruling::Holds) covers all that the repertoire has. What only a traitor would pass on,
    /// to whom another one has lied, is not covered if it is not there, and nobody is told.
    pub lacking: Option<Lacking>,
    /// What was left out to find out whether there is an attack. (Whether one is the smallest is always
    /// found out with every reduction that is sound there.)
    pub reductions: Vec<Reduction>,
    /// All raw behaviours of which the verdict speaks: every choice of traitors, order, and of
    /// what each traitor says to each loyal general (or how it crashes, or what it omits), of what
    /// the loyal say that is lost or late, and of the order in which things can arrive, as if
    /// something stood in every slot. If it is bounded, those that were covered. (Of an event-driven protocol this
    /// says nothing: executions in waves are no measure of what an asynchronous adversary may do.)
    /// (Where messages are signed these are strategies: a message is dropped if the traitors cannot
    /// sign it when it is due, so that different strategies can come to the same.)
    pub behaviours: Count,
    /// The work that was done: messages received, decisions made and states visited; by the
    /// compositional engine votes, and the ways in which relays can vote; by the naive engine
    /// executions.
    pub steps: u64,
    /// How many messages are sent in the honest run in which all inputs are the first value; nothing if the
    /// protocol is broken (then its story says it), was not run, or the search was stopped.
    pub honest_messages: Option<usize>,
    /// Of an event-driven protocol that is broken: the fewest messages of traitors that the loyal hear in an attack,
    /// where that is proved.
    pub least_heard: Option<u32>,
    /// Of a protocol that has [phases](crate::Phased) without end, where the verdict speaks of all of them: how many
    /// vectors of what the loyal carry from one to the next there are.
    pub carried: Option<u64>,
    /// What came of it.
    pub ruling: Ruling<C>,
}

/// The verdicts on a protocol.
pub type VerdictOn<P> = Verdict<Counterexample<P>>;

/// What came of a search.
#[derive(Clone, Debug)]
pub enum Ruling<C> {
    /// All that must hold does so in every behaviour of the adversary.
    Holds,
    /// There is an attack.
    Broken(Box<C>),
    /// Nothing was found, and not everything was covered.
    Bounded(Halt),
}

impl<C> Verdict<C> {
    /// Whether the protocol is shown to be correct against this adversary.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self.ruling, Ruling::Holds)
    }

    /// What such traitors could have done, and was not tried, because the adversary lacks the power;
    /// nothing if the protocol is broken all the same.
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

    /// In a word: "holds", "broken", "bounded".
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.ruling {
            Ruling::Holds => "holds",
            Ruling::Broken(_) => "broken",
            Ruling::Bounded(_) => "bounded",
        }
    }

    /// The same with its counterexample written in another way.
    pub(crate) fn map<D>(mut self, change: impl FnOnce(C) -> D) -> Verdict<D> {
        let ruling = match std::mem::replace(&mut self.ruling, Ruling::Holds) {
            Ruling::Holds => Ruling::Holds,
            Ruling::Broken(found) => Ruling::Broken(Box::new(change(*found))),
            Ruling::Bounded(halt) => Ruling::Bounded(halt),
        };
        self.ruled(ruling)
    }

    /// The same of a counterexample that stays where it is.
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

/// What came of attacks drawn at random, and the finding, if there is one.
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
    /// Whether there are signatures in what is said.
    pub signed: bool,
    /// Whether forgeries were tried.
    pub forgeries: bool,
    /// How much was heard of it, if the protocol does not say what a traitor could say.
    pub harvested: Option<Harvested>,
    /// The number of the first case.
    pub first: u64,
    /// How many cases there were to be.
    pub cases: u64,
    /// From what they were drawn.
    pub seed: u64,
    /// What was tried: all cases up to the one that broke the protocol, or up to the end, or until
    /// the hunt was stopped.
    pub coverage: Coverage,
    /// How long that took.
    pub time: Duration,
    /// What was found.
    pub finding: Option<F>,
}

/// What came of hunts for attacks on a protocol.
pub type HuntedOn<P> = Hunted<Finding<P>>;

/// An attack that was drawn at random, and breaks the protocol.
#[derive(Clone, Debug)]
pub struct Finding<P: Testable> {
    /// In which case it was found.
    pub case: u64,
    /// With what it was drawn: what its traitors do, and in which way mail is late. It may be that what is left of
    /// it does without.
    pub profile: String,
    /// The attack as it was drawn.
    pub drawn: AttackOn<P>,
    /// How often the protocol was run to make it smaller.
    pub executions: u64,
    /// How long that took.
    pub time: Duration,
    /// What is left of it. It is [not minimal](crate::execution::Size::NotMinimal) if the time was
    /// up before everything was tried.
    pub counterexample: Counterexample<P>,
}

/// The same by numbers.
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

    /// In a word: "broken" or "bounded". What is drawn at random proves nothing.
    #[must_use]
    pub fn name(&self) -> &'static str {
        if self.finding.is_some() { "broken" } else { "bounded" }
    }

    /// The same with its finding written in another way.
    pub(crate) fn map<G>(mut self, change: impl FnOnce(F) -> G) -> Hunted<G> {
        let finding = self.finding.take().map(change);
        self.with(finding)
    }

    /// The same of a finding that stays where it is.
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

/// What came of an attempt to refute a protocol.
#[derive(Clone, Debug)]
pub struct Refutation<P, A> {
    /// The protocol.
    pub protocol: P,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub task: Task,
    /// Who can talk to whom.
    pub graph: Graph,
    /// What the enemy may do.
    pub adversary: Adversary,
    /// The argument; nothing where none of the theorems says that there is no protocol.
    pub argument: Option<A>,
}

/// What came of attempts to refute a protocol.
pub type RefutationOf<P> = Refutation<P, ArgumentOf<P>>;

impl<P, A> Refutation<P, A> {
    /// The same, said of this protocol, with its argument written in another way.
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
    /// In a word: "refuted", "forgery" (a signature would have to be forged), "undetermined" (it is
    /// no deterministic protocol, of which alone the theorems speak), or "possible" (no theorem
    /// says that there can be no protocol).
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

/// What is expected of each engine.
#[derive(Clone, Debug)]
#[must_use]
pub struct Estimate {
    /// The name of the protocol.
    pub protocol: String,
    /// Who can talk to whom.
    pub graph: Graph,
    /// What the enemy may do.
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
    /// How many steps that would take, as if strays changed nothing and no two states were equal.
    /// So protocols that keep little take far fewer.
    pub steps: Count,
}

impl Estimate {
    /// More than so many expected steps (a power of ten) are too many, if there is another way.
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

/// What a search has found, written out.
pub(crate) fn written<P: Testable>(numbered: Numbered<'_, P>, found: Found) -> Counterexample<P> {
    let Found { attack, execution, states, violation, size } = found;
    let execution = numbered.execution(&execution, &*states.into_table(&numbered));
    let attack = numbered.attack(&attack);
    Counterexample { attack, execution, violation, size, protocol: numbered.into_protocol() }
}
