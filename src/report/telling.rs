//! How a story is made of an execution: the only place where what is reported asks a protocol anything.

mod asked_protocol;
mod teller;

use std::cell::RefCell;

use self::asked_protocol::AskedProtocol;
use self::teller::Storyteller;
use super::refuted::{ArgumentInWords, RefutationInWords, WorldInWords};
use super::story::Story;
use crate::attack::AttackOn;
use crate::execution::history::history;
use crate::execution::{ExecutionOf, NumberedExecution};
use crate::graph::Graph;
use crate::impossibility::argument::NumberedArgument;
use crate::impossibility::world::{Must, Needed, NumberedWorld, World};
use crate::machine::{Machine, Numbered, NumberedAttack, Terms, fits};
use crate::testable::Testable;
use crate::verdict::{Refutation, RefutationOf};

impl Story {
    /// The story of an execution under an attack. The protocol is run once more, to see what all hold
    /// after each round: the execution keeps only how they ended. (Of an attack that does not fit the
    /// protocol that is not told.)
    pub fn of<P: Testable>(
        protocol: &P,
        attack: &AttackOn<P>,
        execution: &ExecutionOf<P>,
    ) -> Story {
        story_of(protocol, attack, execution, true)
    }

    /// The same without what all hold before the end, for which alone the protocol is run: enough for
    /// the text.
    pub fn in_brief<P: Testable>(
        protocol: &P,
        attack: &AttackOn<P>,
        execution: &ExecutionOf<P>,
    ) -> Story {
        story_of(protocol, attack, execution, false)
    }
}

/// The stories of executions by numbers, whose states stand in one table.
pub(crate) struct Stories<'a>(RefCell<AskedProtocol<'a>>);

#[cfg(feature = "cli")]
impl<'a> Stories<'a> {
    /// Of these states.
    pub fn new(
        machine: &'a dyn Machine,
        terms: &'a Terms,
        states: crate::machine::Memory,
    ) -> Stories<'a> {
        let mut asked = AskedProtocol::new(machine, terms);
        asked.worker.table = states.into_table(machine);
        Stories(RefCell::new(asked))
    }

    /// As [`Story::of`].
    pub fn whole(&self, attack: &NumberedAttack, execution: &NumberedExecution) -> Story {
        story_by(&mut self.0.borrow_mut(), attack, execution, true)
    }

    /// As [`Story::in_brief`].
    pub fn in_brief(&self, attack: &NumberedAttack, execution: &NumberedExecution) -> Story {
        story_by(&mut self.0.borrow_mut(), attack, execution, false)
    }
}

impl Stories<'_> {
    /// A refutation in words, with a whole story for each world, or one in brief.
    pub fn refutation<P>(
        &self,
        refutation: &Refutation<P, NumberedArgument>,
        whole: bool,
    ) -> RefutationInWords {
        let asked = &mut *self.0.borrow_mut();
        let Refutation { name, task, graph, f, argument, .. } = refutation;
        let argument = argument.as_ref().map(|argument| ArgumentInWords {
            theorem: argument.theorem,
            is_stopped: argument.is_stopped(),
            groups: argument.groups.clone(),
            values: argument.values.map(|value| asked.value(value)),
            worlds: argument.worlds.iter().map(|world| world_by(asked, world, whole)).collect(),
            witnesses: argument.witnesses().collect(),
            conclusion: argument.conclusion.clone(),
        });
        RefutationInWords {
            verdict: refutation.name(),
            protocol: name.clone(),
            task: *task,
            graph: graph.clone(),
            f: *f,
            argument,
        }
    }
}

fn world_by(asked: &mut AskedProtocol<'_>, world: &NumberedWorld, whole: bool) -> WorldInWords {
    let World { loyal, must, attack, execution, forgery, .. } = world;
    WorldInWords {
        loyal: loyal.clone(),
        must: match must {
            Must::Decide(decision) => Must::Decide(asked.value(*decision)),
            Must::Agree => Must::Agree,
        },
        story: story_by(asked, attack, execution, whole),
        forgery: forgery.as_ref().map(|Needed { wire, message, signed }| Needed {
            wire: *wire,
            message: asked.tell(wire.from, *message),
            signed: signed.clone(),
        }),
    }
}

fn story_of<P: Testable>(
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
    whole: bool,
) -> Story {
    let numbered = Numbered::new(protocol);
    let terms = &terms_of(&numbered, &attack.graph);
    let mut asked = AskedProtocol::new(&numbered, terms);
    let attack = numbered.number_attack(attack);
    let execution = numbered.number_execution(execution, &mut *asked.worker.table);
    story_by(&mut asked, &attack, &execution, whole)
}

/// What is known of a protocol on a graph.
pub(crate) fn terms_of(machine: &dyn Machine, graph: &Graph) -> Terms {
    machine.terms(graph, true).unwrap_or_else(|_| Terms::unknown(graph))
}

impl RefutationInWords {
    /// A refutation in words, with a whole [story](Story::of) for each world.
    pub fn of<P: Testable>(refutation: &RefutationOf<P>) -> RefutationInWords {
        refuted_by(refutation, true)
    }

    /// The same with stories [in brief](Story::in_brief): enough for the text.
    pub fn in_brief<P: Testable>(refutation: &RefutationOf<P>) -> RefutationInWords {
        refuted_by(refutation, false)
    }
}

/// Why an attack is not what it was when it was written, in a line: some part of it changes nothing
/// any more.
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

fn story_by(
    asked: &mut AskedProtocol<'_>,
    attack: &NumberedAttack,
    execution: &NumberedExecution,
    whole: bool,
) -> Story {
    let fits = whole && fits(asked.machine(), asked.terms, attack).is_ok();
    let history = fits.then(|| history(&mut asked.worker, asked.terms, attack));
    Storyteller { asked, attack, execution }.story(&history.unwrap_or_default())
}

fn refuted_by<P: Testable>(refutation: &RefutationOf<P>, whole: bool) -> RefutationInWords {
    let Refutation { protocol, name, task, graph, f, argument } = refutation;
    let numbered = Numbered::new(protocol);
    let terms = &terms_of(&numbered, graph);
    let mut asked = AskedProtocol::new(&numbered, terms);
    let states = RefCell::new(numbered.states_mut(&mut *asked.worker.table));
    let argument = argument.as_ref().map(|argument| {
        argument.map(
            |value| numbered.number_value(value.clone()),
            |message| numbered.number_message(message.clone()),
            |state| states.borrow_mut().number(state.clone()),
        )
    });
    let (name, task, graph, f) = (name.clone(), *task, graph.clone(), *f);
    let refutation = Refutation { protocol: (), name, task, graph, f, argument };
    Stories(RefCell::new(asked)).refutation(&refutation, whole)
}
