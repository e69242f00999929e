//! Tells answers for which the protocol's type is known: the only place where a report asks the protocol anything.

mod stories;
mod teller;

use std::fmt;

pub(crate) use self::stories::Stories;
use self::teller::Storyteller;
use super::refuted::{ArgumentInWords, RefutationInWords, WorldInWords};
use super::story::{Amount, Story};
use super::text::{CounterexampleInWords, FindingInWords};
use crate::attack::AttackOn;
use crate::execution::{Counterexample, ExecutionOf, NumberedExecution};
use crate::fault::{cloned, or_panic};
use crate::graph::Graph;
use crate::impossibility::argument::NumberedArgument;
use crate::impossibility::world::{Must, Needed, NumberedWorld, World};
use crate::machine::{Machine, Numbered, NumberedAttack, Terms};
use crate::testable::Testable;
use crate::verdict::{Finding, HuntedOn, Refutation, RefutationOf, VerdictOn};

impl Story {
    /// The story of an execution under an attack. What all generals hold before the end is included if the execution
    /// has its [history](crate::execution::Execution::history), so that everything shown is from the same run.
    pub fn of<P: Testable>(
        protocol: &P,
        attack: &AttackOn<P>,
        execution: &ExecutionOf<P>,
    ) -> Story {
        story_of(protocol, attack, execution, true)
    }

    /// The same without what all generals hold before the end: enough for the text.
    pub fn in_brief<P: Testable>(
        protocol: &P,
        attack: &AttackOn<P>,
        execution: &ExecutionOf<P>,
    ) -> Story {
        story_of(protocol, attack, execution, false)
    }
}

fn story_of<P: Testable>(
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
    whole: bool,
) -> Story {
    or_panic(|| {
        let numbered = Numbered::lent(protocol);
        let terms = &terms_of(&numbered, &attack.graph);
        let mut table = numbered.table(None);
        let attack = numbered.number_attack(attack);
        let execution = numbered.number_execution(execution, &mut *table);
        Stories::new(&numbered, terms, table).story(&attack, &execution, whole)
    })
}

/// The terms of a protocol on a graph, as far as they can be found out.
pub(crate) fn terms_of(machine: &dyn Machine, graph: &Graph) -> Terms {
    machine.terms(graph, true).unwrap_or_else(|_| Terms::unknown(graph))
}

/// Why an attack no longer is what it was when it was written, in one line: some part of it has no effect any more.
pub(crate) fn stale<P: Testable>(
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
) -> Option<String> {
    if execution.idle.is_empty() && execution.lacking.is_empty() {
        return None;
    }
    Story::in_brief(protocol, attack, execution).undone.into_iter().next()
}

impl RefutationInWords {
    /// A refutation in words, with a whole [story](Story::of) for each world.
    pub fn of<P: Testable>(refutation: &RefutationOf<P>) -> RefutationInWords {
        or_panic(|| refuted(refutation, true))
    }

    /// The same with stories [in brief](Story::in_brief): enough for the text.
    pub fn in_brief<P: Testable>(refutation: &RefutationOf<P>) -> RefutationInWords {
        or_panic(|| refuted(refutation, false))
    }
}

fn refuted<P: Testable>(refutation: &RefutationOf<P>, whole: bool) -> RefutationInWords {
    let numbered = Numbered::lent(&refutation.protocol);
    let terms = &terms_of(&numbered, &refutation.graph);
    let mut table = numbered.table(None);
    let states = numbered.states_mut(&mut *table);
    let refutation = refutation.map((), |argument| {
        argument.map(
            |value| numbered.number_value(cloned(value)),
            |decision| numbered.number_decision(cloned(decision)),
            |message| numbered.number_message(cloned(message)),
            |state| states.number_copy(state),
        )
    });
    Stories::new(&numbered, terms, table).refutation(&refutation, whole)
}

impl Stories<'_> {
    /// The story as in [`Story::of`] or [`Story::in_brief`].
    pub fn story(
        &self,
        attack: &NumberedAttack,
        execution: &NumberedExecution,
        whole: bool,
    ) -> Story {
        Storyteller { asked: self, attack, execution, whole }.story()
    }

    /// A refutation in words, with a whole or a brief story for each world.
    pub fn refutation<P>(
        &self,
        refutation: &Refutation<P, NumberedArgument>,
        whole: bool,
    ) -> RefutationInWords {
        let Refutation { name, task, graph, adversary, argument, .. } = refutation;
        let argument = argument.as_ref().map(|argument| ArgumentInWords {
            theorem: argument.theorem,
            is_stopped: argument.is_stopped(),
            groups: argument.groups.clone(),
            values: argument.values.map(|value| self.value(value)),
            worlds: argument.worlds.iter().map(|world| self.world(world, whole)).collect(),
            witnesses: argument.witnesses().collect(),
            until: argument.until,
            conclusion: argument.conclusion.clone(),
        });
        RefutationInWords {
            verdict: refutation.name(),
            protocol: name.clone(),
            task: *task,
            graph: graph.clone(),
            adversary: *adversary,
            argument,
        }
    }

    fn world(&self, world: &NumberedWorld, whole: bool) -> WorldInWords {
        let World { loyal, must, attack, execution, forgery, .. } = world;
        WorldInWords {
            loyal: loyal.clone(),
            must: match must {
                Must::Decide(decision) => Must::Decide(self.value(*decision)),
                Must::Agree => Must::Agree,
            },
            story: self.story(attack, execution, whole),
            forgery: forgery.as_ref().map(|Needed { wire, message, signed }| Needed {
                wire: *wire,
                message: self.tell(wire.from, *message),
                signed: signed.clone(),
            }),
        }
    }
}

/// The whole verdict: the ruling, the story if the protocol is broken, and what was covered.
impl<P: Testable> fmt::Display for VerdictOn<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().map(broken).fmt(f)
    }
}

/// The whole story, and how small the attack is known to be.
impl<P: Testable> fmt::Display for Counterexample<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        broken(self).fmt(f)
    }
}

/// The result: the story if an attack was found, and what was tried. Times are left out, so that the same hunt always
/// reads the same.
impl<P: Testable> fmt::Display for HuntedOn<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().map(hit).fmt(f)
    }
}

/// The whole story, and how the attack was found and shrunk.
impl<P: Testable> fmt::Display for Finding<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hit(self).fmt(f)
    }
}

/// The whole argument and its conclusion.
impl<P: Testable> fmt::Display for RefutationOf<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        RefutationInWords::in_brief(self).fmt(f)
    }
}

fn broken<P: Testable>(found: &Counterexample<P>) -> CounterexampleInWords {
    let Counterexample { attack, execution, size, protocol, .. } = found;
    CounterexampleInWords { story: Story::in_brief(protocol, attack, execution), size: *size }
}

fn hit<P: Testable>(finding: &Finding<P>) -> FindingInWords {
    let Finding { case, profile, drawn, executions, counterexample, .. } = finding;
    FindingInWords {
        broken: broken(counterexample),
        case: *case,
        profile: profile.clone(),
        drawn: Amount::of(drawn),
        executions: *executions,
        undetermined: counterexample.violation.is_undetermined(),
    }
}
