//! How a story is made of an execution: the only place where what is reported asks a protocol anything.

mod teller;

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use self::teller::Storyteller;
use super::refuted::{ArgumentInWords, RefutationInWords, WorldInWords};
use super::story::{Amount, Held, Story};
use crate::adversary::FaultClass;
use crate::attack::{Attack, AttackOn};
use crate::execution::ExecutionOf;
use crate::execution::history::history;
use crate::fault::guarded;
use crate::general::General;
use crate::impossibility::world::{Must, Needed, World};
use crate::outcome::Task;
use crate::protocol::Round;
use crate::signature::Seal;
use crate::testable::{Forgery, Terms, Testable, Wire, lent};
use crate::verdict::Refutation;

/// What is told of a protocol, whatever is said.
struct Described<'a, V, M, S> {
    name: String,
    task: Task,
    rounds: Round,
    demands: Vec<&'static str>,
    words: &'a dyn Words<V, M, S>,
}

/// What a protocol says of its values, messages and states.
trait Words<V, M, S> {
    fn value(&self, value: &V) -> String;
    fn tell(&self, from: General, message: &M) -> String;
    fn seals(&self, message: &M) -> Vec<Seal>;
    /// In which way a message is forged, if it is a forgery on this wire.
    fn forged(&self, wire: Wire, message: &M) -> Option<String>;
    /// What a state is, and what would be decided in it, if that is asked.
    fn held(&self, state: &S, is_asked: bool) -> Held;
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
        let protocol = &lent(protocol);
        let terms = Terms::of(protocol, attack.graph.clone()).ok();
        let terms = terms.filter(|terms| attack.fits(terms).is_ok());
        let history = terms.map(|terms| history(protocol, &terms, attack)).unwrap_or_default();
        story_by(protocol, attack, execution, &history)
    }

    /// The same without what all hold before the end, for which alone the protocol is run: enough for
    /// the text.
    pub fn in_brief<P: Testable>(
        protocol: &P,
        attack: &AttackOn<P>,
        execution: &ExecutionOf<P>,
    ) -> Story {
        story_by(&lent(protocol), attack, execution, &[])
    }
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

fn story_by<P: Testable>(
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
    history: &[Vec<Option<P::State>>],
) -> Story {
    let n = attack.n();
    let demands = guarded(|| protocol.demands()).unwrap_or_default();
    let subject = Described {
        name: guarded(|| protocol.name()).unwrap_or_default(),
        task: guarded(|| protocol.task()).unwrap_or_default(),
        rounds: guarded(|| protocol.rounds(n)).unwrap_or_default(),
        demands: demands.iter().map(|demand| demand.name).collect(),
        words: &Asked { protocol, n, forgeries: RefCell::default() },
    };
    Storyteller { subject, attack, execution }.story(history)
}

fn refuted_by<P: Testable>(
    refutation: &Refutation<P>,
    story: impl Fn(&P, &AttackOn<P>, &ExecutionOf<P>) -> Story,
) -> RefutationInWords {
    let Refutation { protocol, name, task, graph, f, argument } = refutation;
    let asked = Asked { protocol, n: graph.n(), forgeries: RefCell::default() };
    let world = |World { loyal, must, attack, execution, forgery, .. }: &World<P>| WorldInWords {
        loyal: loyal.clone(),
        must: match must {
            Must::Decide(value) => Must::Decide(asked.value(value)),
            Must::Agree => Must::Agree,
        },
        story: story(protocol, attack, execution),
        forgery: forgery.as_ref().map(|Needed { wire, message, signed }| Needed {
            wire: *wire,
            message: asked.tell(wire.from, message),
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
            values: argument.values.each_ref().map(|value| asked.value(value)),
            worlds: argument.worlds.iter().map(world).collect(),
            witnesses: argument.witnesses().collect(),
            ending: argument.ending.clone(),
        }),
    }
}

/// A protocol that is asked for its words. It may panic.
struct Asked<'a, P: Testable> {
    protocol: &'a P,
    n: usize,
    /// The forgeries on those wires on which there are lies.
    forgeries: RefCell<FxHashMap<Wire, Vec<Forgery<P::Message>>>>,
}

impl<P: Testable> Words<P::Value, P::Message, P::State> for Asked<'_, P> {
    fn value(&self, value: &P::Value) -> String {
        format!("{value:?}")
    }

    fn tell(&self, from: General, message: &P::Message) -> String {
        let told = guarded(|| self.protocol.tell(from, message));
        told.unwrap_or_else(|_| format!("{message:?}"))
    }

    fn seals(&self, message: &P::Message) -> Vec<Seal> {
        guarded(|| self.protocol.seals(message)).unwrap_or_default()
    }

    fn forged(&self, wire: Wire, message: &P::Message) -> Option<String> {
        let mut forgeries = self.forgeries.borrow_mut();
        let forgeries = forgeries.entry(wire).or_insert_with(|| {
            let repertoire = guarded(|| self.protocol.repertoire(self.n, wire));
            repertoire.map(|repertoire| repertoire.forgeries).unwrap_or_default()
        });
        let forgery = forgeries.iter().find(|forgery| forgery.message == *message);
        forgery.map(|forgery| forgery.label.to_owned())
    }

    fn held(&self, state: &P::State, is_asked: bool) -> Held {
        let lines = guarded(|| self.protocol.explain(state));
        let vote = is_asked.then(|| guarded(|| self.protocol.decide(state)).ok()).flatten();
        Held {
            lines: lines.unwrap_or_else(|_| vec![format!("{state:?}")]),
            vote: vote.map(|value| self.value(&value)),
        }
    }
}
