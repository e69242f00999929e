//! The story of an execution, in the paper's words: who lied to whom and what loyalty would have
//! said, what the loyal held, and what came of it.

use std::fmt::Write;

use itertools::Itertools;

use super::cast::cast;
use super::drawing::{Actor, Drawing, Mark, Scene};
use super::line::{Line, told};
use super::look::{Ink, Look};
use super::{capital, sentence};
use crate::adversary::FaultClass;
use crate::attack::{Attack, AttackOn, Item, Lie};
use crate::execution::{Delivery, ExecutionOf};
use crate::fault::guarded;
use crate::general::{General, Generals};
use crate::outcome::Task;
use crate::property::{Accepted, Property, Violation};
use crate::schedule::{Arrival, Shift};
use crate::testable::{Testable, Wire, lent};

/// If what the loyal held takes more lines than this, only how each concluded is told.
const HELD: usize = 45;

/// By how much what a line has no room for is indented.
const INDENT: usize = 19;

/// The whole story of one execution, ending in a line end.
pub fn story<P: Testable>(
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
) -> String {
    story_in(Look::PLAIN, protocol, attack, execution)
}

/// The same with this look.
pub fn story_in<P: Testable>(
    look: Look,
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
) -> String {
    let protocol = &lent(protocol);
    let task = protocol.task();
    let story = Story { protocol, task, attack, execution, look };
    let cast = cast(attack, task);
    let cast = cast.lines().map(|line| look.line(line, 0) + "\n");
    let mut parts = vec![cast.collect()];
    parts.extend(story.rounds());
    if execution.fault.is_none() {
        parts.push(story.held());
    }
    parts.push(story.ending());
    parts.join("\n")
}

/// What is drawn of one execution.
pub fn drawing<P: Testable>(
    title: String,
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
) -> Drawing {
    let protocol = &lent(protocol);
    let task = protocol.task();
    let story = Story { protocol, task, attack, execution, look: Look::PLAIN };
    let rounds = execution.deliveries.iter().chunk_by(|delivery| delivery.wire.round);
    let rounds = rounds.into_iter().map(|(round, deliveries)| {
        Scene::of(round, deliveries.flat_map(|delivery| story.lines(delivery)).collect())
    });
    let graph = &attack.graph;
    let edges = graph.edges().map(|(one, other)| (one.id(), other.id()));
    let actors = graph.everybody().iter().map(|general| Actor {
        name: task.name(general),
        traitor: attack.traitors.contains(general),
        input: attack.inputs.get(&general).map(|input| format!("{input:?}")),
        decision: execution.decisions[general.id()].as_ref().map(|value| format!("{value:?}")),
    });
    Drawing {
        title,
        actors: actors.collect(),
        edges: (!graph.is_complete()).then(|| edges.collect()),
        rounds: rounds.collect(),
        ending: story.ending().trim_end().to_owned(),
        violated: execution.violation().is_some(),
    }
}

struct Story<'a, P: Testable> {
    protocol: &'a P,
    task: Task,
    attack: &'a AttackOn<P>,
    execution: &'a ExecutionOf<P>,
    look: Look,
}

impl<P: Testable> Story<'_, P> {
    fn rounds(&self) -> Vec<String> {
        let rounds = self.execution.deliveries.iter().chunk_by(|delivery| delivery.wire.round);
        let rounds = rounds.into_iter().map(|(round, deliveries)| {
            let lines = deliveries.flat_map(|delivery| self.lines(delivery)).collect_vec();
            let title = self.look.ink(Ink::Strong, format!("Round {round}"));
            format!("{title}\n{}", told(&lines, self.task, self.look))
        });
        rounds.collect()
    }

    /// What was said on one wire, and what was withheld.
    fn lines(&self, Delivery { wire, said, .. }: &Delivery<P::Message>) -> Vec<Line> {
        let Wire { from, to, .. } = *wire;
        let idle = &self.execution.idle;
        let lies = self.attack.lies.iter().enumerate();
        let lies =
            lies.filter(|(index, lie)| lie.wire == *wire && !idle.contains(&Item::Lie(index + 1)));
        let (mut spoken, silent): (Vec<&Lie<_>>, Vec<_>) =
            lies.map(|(_, lie)| lie).partition(|lie| lie.edit.said().is_some());
        let mut shifts = self.shifts().filter(|shift| shift.wire == *wire).collect_vec();
        let said = said.iter().map(|message| {
            let lie = spoken.iter().position(|lie| lie.edit.said() == Some(message));
            let lie = lie.map(|place| spoken.swap_remove(place));
            let shift = shifts.iter().position(|shift| shift.message == *message);
            let shift = shift.map(|place| shifts.remove(place));
            let mark = shift.map(|shift| match shift.arrival {
                Arrival::First => Mark::First,
                Arrival::Late(_) => Mark::Late,
                Arrival::Never => Mark::Lost,
            });
            let notes = lie.map(|lie| self.loyal(lie)).into_iter();
            Line {
                from,
                to,
                text: self.tell(from, message),
                mark: lie.map(|_| Mark::Lie).or(mark),
                notes: notes.chain(shift.map(|shift| self.arrives(shift))).collect(),
                silent: false,
            }
        });
        let said = said.collect_vec();
        let silent = silent.into_iter().map(|lie| match lie.edit.honest() {
            Some(honest) if !self.attack.faults.is_byzantine() => {
                let (text, notes) = (self.tell(from, honest), vec!["not sent".to_owned()]);
                Line { from, to, text, mark: Some(Mark::Lost), notes, silent: true }
            }
            _ => {
                let notes = vec![self.loyal(lie)];
                Line {
                    from,
                    to,
                    text: "nothing".to_owned(),
                    mark: Some(Mark::Lie),
                    notes,
                    silent: true,
                }
            }
        });
        said.into_iter().chain(silent).collect()
    }

    /// The changes of the schedule that are not idle.
    fn shifts(&self) -> impl Iterator<Item = &Shift<P::Message>> {
        let shifts = self.attack.schedule.iter().enumerate();
        let idle = &self.execution.idle;
        let shifts = shifts.filter(|(index, _)| !idle.contains(&Item::Shift(index + 1)));
        shifts.map(|(_, shift)| shift)
    }

    /// What would have been said instead of a lie.
    fn loyal(&self, lie: &Lie<P::Message>) -> String {
        let honest = lie.edit.honest().map(|honest| self.tell(lie.wire.from, honest));
        format!("loyal: {}", honest.as_deref().unwrap_or("nothing"))
    }

    /// What becomes of a message that does not arrive in its turn.
    fn arrives(&self, shift: &Shift<P::Message>) -> String {
        let Wire { round, to, .. } = shift.wire;
        let Attack { graph, faults, traitors, .. } = self.attack;
        match shift.arrival {
            Arrival::First => {
                let place = |shift: &Shift<_>| (shift.arrival, shift.wire.round, shift.wire.to);
                let before = self.shifts().take_while(|other| *other != shift);
                match before.filter(|other| place(other) == place(shift)).count() {
                    0 => "arrives first".to_owned(),
                    before => format!("arrives as number {}", before + 1),
                }
            }
            Arrival::Late(rounds) => {
                let due = round.saturating_add(rounds);
                let last = guarded(|| self.protocol.rounds(graph.n())).unwrap_or(due);
                match due <= last {
                    true => format!("arrives in round {due}"),
                    false => "would arrive when all is over".to_owned(),
                }
            }
            Arrival::Never => {
                let deaf = *faults == FaultClass::ReceiveOmission && traitors.contains(to);
                if deaf { "not received" } else { "never arrives" }.to_owned()
            }
        }
    }

    fn tell(&self, from: General, message: &P::Message) -> String {
        let told = guarded(|| self.protocol.tell(from, message));
        told.unwrap_or_else(|_| format!("{message:?}"))
    }

    fn held(&self) -> String {
        let loyal = self.attack.graph.everybody().minus(self.attack.traitors);
        let held = loyal.iter().map(|me| {
            let state = self.execution.states[me.id()].as_ref().expect("the loyal have states");
            let explained = guarded(|| self.protocol.explain(state));
            let mut lines = explained.unwrap_or_else(|_| vec![format!("{state:?}")]);
            let decision = self.execution.decisions[me.id()].as_ref();
            lines.extend(decision.map(|decision| {
                let decides = format!("decides {decision:?}");
                self.look.ink(Ink::Strong, decides)
            }));
            (me, lines)
        });
        let mut held = held.collect_vec();
        if held.iter().map(|(_, lines)| lines.len()).sum::<usize>() > HELD {
            for (_, lines) in &mut held {
                let conclusion = lines.split_off(lines.len().saturating_sub(2));
                *lines = vec![conclusion.join("; ")];
            }
        }
        let title = "What the loyal held in the end";
        let mut text = self.look.ink(Ink::Strong, title) + "\n";
        for (me, lines) in held {
            for (number, line) in lines.iter().enumerate() {
                let name = if number == 0 { self.task.name(me) } else { String::new() };
                let line = self.look.line(&format!("  {name:<14} {line}"), INDENT);
                writeln!(text, "{line}").expect("a string takes all");
            }
        }
        text
    }

    fn ending(&self) -> String {
        let look = self.look;
        let (what, why) = match self.execution.violation() {
            None => {
                let demands = self.protocol.demands();
                let held = all_held(self.task, demands.iter().map(|demand| demand.name));
                (look.ink(Ink::Good, format!("{held} in this execution.")), String::new())
            }
            Some(Violation::Fault(fault)) => {
                (look.ink(Ink::Bad, "Fault:"), format!(" {}.", fault.told(self.task)))
            }
            Some(Violation::Forgery(accepted)) => {
                let what = look.ink(Ink::Bad, "Violated: unforgeability.");
                (what, format!(" {}", self.taken_in(&accepted)))
            }
            Some(Violation::Property(property)) => {
                let what = format!("Violated: {}.", property.title(self.task));
                (look.ink(Ink::Bad, what), format!(" {}", self.accusation(property)))
            }
        };
        look.line(&(what + &why), 0) + "\n"
    }

    /// Who took what for genuine, and what came of it.
    fn taken_in(&self, Accepted { wire, label }: &Accepted) -> String {
        let round = wire.round;
        let [from, to] = [wire.from, wire.to].map(|general| self.task.name(general));
        let what = format!("In round {round} {from} sends {to} a forgery, {label}, which counts.");
        let outcome = self.execution.lacks.map(|property| self.accusation(property));
        [what].into_iter().chain(outcome).join(" ")
    }

    /// Who decided what, and why that must not be.
    fn accusation(&self, property: Property) -> String {
        let Attack { graph, faults, traitors, inputs, .. } = self.attack;
        // What had to be decided: the commander's order, or what all inputs were that bind.
        let due =
            faults.bound(graph.n(), *traitors).iter().find_map(|general| inputs.get(&general));
        let due = due.or_else(|| inputs.values().next());
        let due = due.filter(|_| property == Property::Validity);
        let decided = self.decided(due);
        match (property, self.task, due) {
            (Property::Validity, Task::Broadcast, Some(order)) => {
                format!("The loyal commander orders {order:?}, and {decided}.")
            }
            (Property::Validity, Task::Consensus, Some(input)) => {
                let some = faults.is_byzantine() && !traitors.is_empty();
                let of_the_loyal = if some { " of the loyal" } else { "" };
                format!("All inputs{of_the_loyal} are {input:?}, and {decided}.")
            }
            (Property::Agreement, Task::Broadcast, _) => {
                format!("The loyal lieutenants do not agree: {decided}.")
            }
            (Property::Agreement, Task::Consensus, _) => {
                format!("The loyal generals do not agree: {decided}.")
            }
            (Property::Demand(_) | Property::Validity, ..) => sentence(&decided),
        }
    }

    /// Who decided what, but for those who decided this.
    fn decided(&self, but: Option<&P::Value>) -> String {
        let decisions = self.execution.decisions.iter().enumerate();
        let decisions = decisions.filter_map(|(id, decision)| Some((decision.as_ref()?, id)));
        let groups = decisions.map(|(decision, id)| (decision, General::new(id))).into_group_map();
        let groups = groups.into_iter().filter(|(decision, _)| Some(*decision) != but);
        let groups = groups.sorted_by_key(|(_, generals)| generals[0]);
        let decided = groups.map(|(decision, generals)| {
            let verb = if generals.len() == 1 { "decides" } else { "decide" };
            format!("{} {verb} {decision:?}", self.task.names(Generals::from_iter(generals)))
        });
        let decided = decided.collect_vec();
        if decided.is_empty() { "nobody decides".to_owned() } else { decided.join(", and ") }
    }
}

/// "Agreement (IC1) and validity (IC2) hold".
pub(crate) fn all_held(task: Task, demands: impl IntoIterator<Item = &'static str>) -> String {
    let of_all = [Property::Agreement, Property::Validity].into_iter();
    let of_all = of_all.chain(demands.into_iter().map(Property::Demand));
    let mut titles = of_all.map(|property| property.title(task)).collect_vec();
    let last = titles.pop().unwrap_or_default();
    capital(&format!("{} and {last} hold", titles.join(", ")))
}

/// Why an attack is not what it was when it was written, in a line: some part of it changes nothing
/// any more.
#[must_use]
pub fn stale<P: Testable>(
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
) -> Option<String> {
    let tell = |from, message: &P::Message| {
        guarded(|| protocol.tell(from, message)).unwrap_or_else(|_| format!("{message:?}"))
    };
    if let Some(idle) = execution.idle.first() {
        let (wire, said) = match *idle {
            Item::Lie(number) => {
                let lie = &attack.lies[number - 1];
                (lie.wire, lie.edit.honest())
            }
            Item::Shift(number) => {
                let shift = &attack.schedule[number - 1];
                (shift.wire, Some(&shift.message))
            }
            Item::Crash(_) => return None,
        };
        let round = wire.round;
        let said = said.map(|message| tell(wire.from, message)).unwrap_or_default();
        let [from, to] = [wire.from, wire.to].map(|general| protocol.task().name(general));
        return Some(match idle {
            Item::Shift(_) => {
                format!(
                    "{idle}: nothing can be late: in round {round} {from} does not tell {to}: {said}"
                )
            }
            _ => format!(
                "{idle}: there is nothing to take back: in round {round} {from} would not have \
                 told {to}: {said}"
            ),
        });
    }
    let (lacking, signed) = execution.lacking.first()?;
    Some(format!(
        "lie {}: it can't be told: the traitors neither make nor have overheard the signature of \
         {} on {}",
        lacking + 1,
        protocol.task().name(signed.by),
        signed.statement.escape_ascii(),
    ))
}
