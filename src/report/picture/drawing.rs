//! How a picture is made of an execution.

use itertools::Itertools;
use rustc_hash::FxHashMap;

use super::{Actor, Ending, Held, Mark, Message, Picture, Role, Stamp, Step};
use crate::attack::AttackOn;
use crate::execution::history::history;
use crate::execution::{Delivery, ExecutionOf};
use crate::fault::guarded;
use crate::general::General;
use crate::outcome::Task;
use crate::protocol::Round;
use crate::report::cast::cast;
use crate::report::telling::{End, Telling};
use crate::report::text::among;
use crate::schedule::Crash;
use crate::signature::{Seal, Worth};
use crate::testable::{Forgery, Terms, Testable, Wire};

/// The picture of an execution under an attack that fits the protocol.
pub(super) fn drawn<P: Testable>(
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
) -> Picture {
    let terms = Terms::of(protocol, attack.graph.clone());
    let terms = terms.unwrap_or_else(|refusal| panic!("the attack does not fit: {refusal}"));
    let (n, task) = (attack.n(), terms.task);
    let name = guarded(|| protocol.words().name()).unwrap_or_default();
    let telling = Telling { protocol, task, attack, execution };
    let drawing = Drawing { telling, terms: &terms };
    let mut history = history(protocol, &terms, attack).into_iter();
    let mut held = || {
        let states = history.next().unwrap_or_default();
        drawing.held(&states)
    };
    let start = held();
    let End { violated, sentence } = drawing.telling.end();
    Picture {
        setting: among(&name, &attack.graph),
        protocol: name,
        task,
        faults: attack.faults,
        edges: (!attack.graph.is_complete())
            .then(|| attack.graph.edges().map(|(one, other)| [one.id(), other.id()]).collect()),
        cast: cast(attack, task).lines().map(str::to_owned).collect(),
        generals: (0..n).map(|id| drawing.actor(General::new(id))).collect(),
        start,
        rounds: drawing
            .rounds()
            .into_iter()
            .map(|(round, messages)| Step { round, messages, held: held() })
            .collect(),
        ending: Ending { violated, fault: execution.fault.is_some(), sentence },
    }
}

/// An execution to be drawn.
struct Drawing<'a, P: Testable> {
    telling: Telling<'a, P>,
    terms: &'a Terms<P::Value>,
}

impl<P: Testable> Drawing<'_, P> {
    fn actor(&self, me: General) -> Actor {
        let Telling { task, attack, execution, .. } = self.telling;
        let crash = attack.crashes.iter().find(|Crash { general, .. }| *general == me);
        Actor {
            id: me.id(),
            name: task.name(me),
            role: match task {
                Task::Consensus => Role::General,
                Task::Broadcast if me.is_commander() => Role::Commander,
                Task::Broadcast => Role::Lieutenant,
            },
            traitor: attack.traitors.contains(me),
            input: attack.inputs.get(&me).map(|input| format!("{input:?}")),
            crashes: crash.map(|crash| crash.round),
            decision: execution.decisions[me.id()].as_ref().map(|value| format!("{value:?}")),
        }
    }

    /// All rounds that were begun, with what was said in them.
    fn rounds(&self) -> Vec<(Round, Vec<Message>)> {
        let Telling { execution, .. } = self.telling;
        let last = execution.deliveries.last().map_or(0, |delivery| delivery.wire.round);
        let last = if execution.fault.is_some() { last } else { self.terms.rounds };
        let mut rounds = (1..=last).map(|round| (round, Vec::new())).collect_vec();
        let mut labels = Labels { drawing: self, of_wire: FxHashMap::default() };
        for delivery in &execution.deliveries {
            rounds[delivery.wire.round - 1].1.extend(self.messages(delivery, &mut labels));
        }
        rounds
    }

    fn messages(
        &self,
        delivery: Delivery<'_, P::Message>,
        labels: &mut Labels<'_, P>,
    ) -> Vec<Message> {
        let wire = delivery.wire;
        let lines = self.telling.lines(delivery).into_iter();
        let messages = lines.map(|line| {
            let said = line.said;
            let lie = said.filter(|_| line.mark == Some(Mark::Lie));
            let seals =
                said.map(|message| guarded(|| self.telling.protocol.signing().seals(message)));
            let seals = seals.and_then(Result::ok).unwrap_or_default();
            Message {
                from: line.from.id(),
                to: line.to.id(),
                text: line.text,
                withheld: said.is_none(),
                mark: line.mark,
                loyal: line.loyal,
                arrival: line.arrival,
                arrives: line.due,
                seals: seals.into_iter().map(stamp).collect(),
                forged: lie.and_then(|message| labels.of(wire, message)),
            }
        });
        messages.collect()
    }

    /// What all hold in these states. A traitor's vote is nobody's concern.
    fn held(&self, states: &[Option<P::State>]) -> Vec<Held> {
        let Telling { protocol, task, attack, .. } = self.telling;
        let asked = task.deciders(attack.n()).minus(attack.traitors);
        let held = attack.graph.everybody().iter().map(|me| {
            let Some(Some(state)) = states.get(me.id()) else { return Held::default() };
            let vote = || guarded(|| protocol.decide(state)).ok();
            let vote = asked.contains(me).then(vote).flatten();
            let vote = vote.map(|value| format!("{value:?}"));
            Held { lines: self.telling.explain(state), vote }
        });
        held.collect()
    }
}

fn stamp(Seal { by, worth }: Seal) -> Stamp {
    let odd = match worth {
        Worth::Odd(what) => Some(what),
        Worth::Genuine | Worth::Forged => None,
    };
    Stamp { by: by.id(), forged: worth == Worth::Forged, odd }
}

/// The forgeries on those wires on which there are lies.
struct Labels<'a, P: Testable> {
    drawing: &'a Drawing<'a, P>,
    of_wire: FxHashMap<Wire, Vec<Forgery<P::Message>>>,
}

impl<P: Testable> Labels<'_, P> {
    fn of(&mut self, wire: Wire, message: &P::Message) -> Option<String> {
        let Telling { protocol, attack, .. } = self.drawing.telling;
        let forgeries = self.of_wire.entry(wire).or_insert_with(|| {
            let repertoire = guarded(|| protocol.repertoire(attack.n(), wire));
            repertoire.map(|repertoire| repertoire.forgeries).unwrap_or_default()
        });
        let forgery = forgeries.iter().find(|forgery| forgery.message == *message);
        forgery.map(|forgery| forgery.label.to_owned())
    }
}
