//! How a story is made of an execution: the only place where what is reported asks a protocol anything.

mod teller;

use self::teller::Storyteller;
use super::refuted::{ArgumentInWords, RefutationInWords, WorldInWords};
use super::story::{Amount, Held, Story};
use crate::adversary::FaultClass;
use crate::attack::{Attack, AttackOn};
use crate::execution::history::history;
use crate::execution::{ExecutionOf, Forgeries, NumberedExecution};
use crate::fault::guarded;
use crate::general::{General, Generals};
use crate::impossibility::world::{Must, Needed, World, WorldOf};
use crate::machine::{
    Machine, MessageId, Numbered, NumberedAttack, StateId, Terms, ValueId, Worker, fits,
};
use crate::signature::Seal;
use crate::testable::{Testable, Wire};
use crate::verdict::Refutation;

/// A protocol that is asked for its words. It may panic.
struct Asked<'a> {
    terms: &'a Terms,
    name: String,
    worker: Worker<'a>,
    forgeries: Forgeries,
}

impl<'a> Asked<'a> {
    fn new(machine: &'a dyn Machine, terms: &'a Terms) -> Asked<'a> {
        Asked {
            terms,
            name: machine.name().unwrap_or_default(),
            worker: Worker::new(machine, terms, Generals::NONE),
            forgeries: Forgeries::default(),
        }
    }

    fn machine(&self) -> &'a dyn Machine {
        self.worker.machine()
    }

    fn value(&self, value: ValueId) -> String {
        self.machine().show_value(value)
    }

    fn tell(&self, from: General, message: MessageId) -> String {
        let told = guarded(|| self.machine().tell(from, message));
        told.unwrap_or_else(|_| self.machine().show_message(message))
    }

    fn seals(&self, message: MessageId) -> Vec<Seal> {
        self.machine().seals(message).unwrap_or_default()
    }

    /// In which way a message is forged, if it is a forgery on this wire.
    fn forged(&self, wire: Wire, message: MessageId) -> Option<String> {
        let label = self.forgeries.label(self.machine(), self.terms, wire, message);
        label.map(str::to_owned)
    }

    /// What a state is, and what would be decided in it, if that is asked.
    fn held(&self, state: StateId, is_asked: bool) -> Held {
        let table = &self.worker.table;
        let vote = is_asked.then(|| table.decide(state).ok()).flatten();
        Held {
            lines: table.explain(state).unwrap_or_else(|_| vec![table.show(state)]),
            vote: vote.map(|value| self.value(value)),
        }
    }
}

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

fn story_of<P: Testable>(
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
    whole: bool,
) -> Story {
    let numbered = Numbered::new(protocol);
    let terms = numbered.terms(&attack.graph, true);
    let terms = &terms.unwrap_or_else(|_| Terms::unknown(&attack.graph));
    let mut asked = Asked::new(&numbered, terms);
    let attack = numbered.number_attack(attack);
    let execution = numbered.number_execution(execution, &mut *asked.worker.table);
    story_by(&mut asked, &attack, &execution, whole)
}

impl RefutationInWords {
    /// A refutation in words, with a whole [story](Story::of) for each world.
    pub fn of<P: Testable>(refutation: &Refutation<P>) -> RefutationInWords {
        refuted_by(refutation, Story::of)
    }

    /// The same with stories [in brief](Story::in_brief): enough for the text.
    pub fn in_brief<P: Testable>(refutation: &Refutation<P>) -> RefutationInWords {
        refuted_by(refutation, Story::in_brief)
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

/// How much of an attack there is.
pub(super) fn amount<V, M>(attack: &Attack<V, M>) -> Amount {
    let Attack { faults, traitors, crashes, lies, schedule, .. } = attack;
    let deaf = *faults == FaultClass::ReceiveOmission;
    let unheard = schedule.iter().filter(|shift| deaf && traitors.contains(shift.wire.to)).count();
    // An attack that fits a protocol has nothing of another class.
    let wrongs = match faults {
        FaultClass::Byzantine | FaultClass::SendOmission => lies.len(),
        FaultClass::Crash => crashes.len(),
        FaultClass::ReceiveOmission => unheard,
    };
    Amount { faults: *faults, wrongs, shifts: schedule.len() - unheard }
}

fn story_by(
    asked: &mut Asked<'_>,
    attack: &NumberedAttack,
    execution: &NumberedExecution,
    whole: bool,
) -> Story {
    let fits = whole && fits(asked.machine(), asked.terms, attack).is_ok();
    let history = fits.then(|| history(&mut asked.worker, asked.terms, attack));
    Storyteller { asked, attack, execution }.story(&history.unwrap_or_default())
}

fn refuted_by<P: Testable>(
    refutation: &Refutation<P>,
    story: impl Fn(&P, &AttackOn<P>, &ExecutionOf<P>) -> Story,
) -> RefutationInWords {
    let Refutation { protocol, name, task, graph, f, argument } = refutation;
    let value = |value: &P::Value| format!("{value:?}");
    let tell = |from: General, message: &P::Message| {
        let told = guarded(|| protocol.words().tell(from, message));
        told.unwrap_or_else(|_| format!("{message:?}"))
    };
    let world = |World { loyal, must, attack, execution, forgery, .. }: &WorldOf<P>| WorldInWords {
        loyal: loyal.clone(),
        must: match must {
            Must::Decide(decision) => Must::Decide(value(decision)),
            Must::Agree => Must::Agree,
        },
        story: story(protocol, attack, execution),
        forgery: forgery.as_ref().map(|Needed { wire, message, signed }| Needed {
            wire: *wire,
            message: tell(wire.from, message),
            signed: signed.clone(),
        }),
    };
    RefutationInWords {
        verdict: refutation.name(),
        protocol: name.clone(),
        task: *task,
        graph: graph.clone(),
        f: *f,
        argument: argument.as_ref().map(|argument| ArgumentInWords {
            theorem: argument.theorem,
            is_stopped: argument.is_stopped(),
            groups: argument.groups.clone(),
            values: argument.values.each_ref().map(value),
            worlds: argument.worlds.iter().map(world).collect(),
            witnesses: argument.witnesses().collect(),
            conclusion: argument.conclusion.clone(),
        }),
    }
}
