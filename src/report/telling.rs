//! What is told of an execution, whether as a story or as a picture: what each general says and what
//! is wrong with that, what it holds, and what came of it.

use itertools::Itertools;

use super::sentence;
use crate::adversary::FaultClass;
use crate::attack::{Attack, AttackOn, Item, Lie};
use crate::execution::{Delivery, ExecutionOf};
use crate::fault::guarded;
use crate::general::{General, Generals};
use crate::outcome::Task;
use crate::property::{Accepted, Property, Violation, demand_title};
use crate::protocol::Round;
use crate::schedule::{Arrival, Shift};
use crate::testable::{Testable, Wire, asked};

use super::line::{Line, Mark};

/// An execution to be told.
pub(super) struct Telling<'a, P: Testable> {
    pub protocol: &'a P,
    pub task: Task,
    pub attack: &'a AttackOn<P>,
    pub execution: &'a ExecutionOf<P>,
}

/// How an execution ended.
pub(super) struct End {
    /// The property that it lacks, as it is called in its task, if it lacks one.
    pub violated: Option<String>,
    /// Who decided what, and why that must not be; or that all is well.
    pub sentence: String,
}

impl<'a, P: Testable> Telling<'a, P> {
    /// What was said on one wire, and what was withheld.
    pub fn lines(
        &self,
        Delivery { wire, said, .. }: Delivery<'a, P::Message>,
    ) -> Vec<Line<'a, P::Message>> {
        let Wire { from, to, .. } = wire;
        let idle = &self.execution.idle;
        let lies = self.attack.lies.iter().enumerate();
        let lies =
            lies.filter(|(index, lie)| lie.wire == wire && !idle.contains(&Item::Lie(index + 1)));
        let (mut spoken, silent): (Vec<&Lie<_>>, Vec<_>) =
            lies.map(|(_, lie)| lie).partition(|lie| lie.edit.said().is_some());
        let mut shifts = self.shifts().filter(|shift| shift.wire == wire).collect_vec();
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
            let due = shift.map_or(Some(wire.round), |shift| match shift.arrival {
                Arrival::First => Some(wire.round),
                Arrival::Late(_) => self.due(shift).ok(),
                Arrival::Never => None,
            });
            Line {
                from,
                to,
                text: self.tell(from, message),
                said: Some(message),
                mark: lie.map(|_| Mark::Lie).or(mark),
                loyal: lie.map(|lie| self.loyal(lie)),
                arrival: shift.map(|shift| self.arrives(shift)),
                due,
            }
        });
        let said = said.collect_vec();
        let silent = silent.into_iter().map(|lie| {
            let (said, due) = (None, None);
            match lie.edit.honest() {
                Some(honest) if !self.attack.faults.is_byzantine() => {
                    let (text, arrival) = (self.tell(from, honest), Some("not sent".to_owned()));
                    let mark = Some(Mark::Lost);
                    Line { from, to, text, said, mark, loyal: None, arrival, due }
                }
                _ => {
                    let (text, loyal) = ("nothing".to_owned(), Some(self.loyal(lie)));
                    let mark = Some(Mark::Lie);
                    Line { from, to, text, said, mark, loyal, arrival: None, due }
                }
            }
        });
        said.into_iter().chain(silent).collect()
    }

    /// The changes of the schedule that are not idle.
    fn shifts(&self) -> impl Iterator<Item = &'a Shift<P::Message>> {
        let shifts = self.attack.schedule.iter().enumerate();
        let idle = &self.execution.idle;
        let shifts = shifts.filter(|(index, _)| !idle.contains(&Item::Shift(index + 1)));
        shifts.map(|(_, shift)| shift)
    }

    /// What would have been said instead of a lie.
    fn loyal(&self, lie: &Lie<P::Message>) -> String {
        let honest = lie.edit.honest().map(|honest| self.tell(lie.wire.from, honest));
        honest.unwrap_or_else(|| "nothing".to_owned())
    }

    /// In which round something arrives that is late; an error if that is when all is over.
    fn due(&self, Shift { wire, arrival, .. }: &Shift<P::Message>) -> Result<Round, ()> {
        let Arrival::Late(rounds) = arrival else { return Ok(wire.round) };
        let due = wire.round.saturating_add(*rounds);
        let last = guarded(|| self.protocol.rounds(self.attack.n())).unwrap_or(due);
        if due <= last { Ok(due) } else { Err(()) }
    }

    /// What becomes of a message that does not arrive in its turn.
    fn arrives(&self, shift: &Shift<P::Message>) -> String {
        let Attack { faults, traitors, .. } = self.attack;
        match shift.arrival {
            Arrival::First => {
                let place = |shift: &Shift<_>| (shift.arrival, shift.wire.round, shift.wire.to);
                let before = self.shifts().take_while(|other| *other != shift);
                match before.filter(|other| place(other) == place(shift)).count() {
                    0 => "arrives first".to_owned(),
                    before => format!("arrives as number {}", before + 1),
                }
            }
            Arrival::Late(_) => match self.due(shift) {
                Ok(due) => format!("arrives in round {due}"),
                Err(()) => "would arrive when all is over".to_owned(),
            },
            Arrival::Never => {
                let to = shift.wire.to;
                let deaf = *faults == FaultClass::ReceiveOmission && traitors.contains(to);
                if deaf { "not received" } else { "never arrives" }.to_owned()
            }
        }
    }

    pub fn tell(&self, from: General, message: &P::Message) -> String {
        let told = guarded(|| self.protocol.words().tell(from, message));
        told.unwrap_or_else(|_| format!("{message:?}"))
    }

    /// What a general holds.
    pub fn explain(&self, state: &P::State) -> Vec<String> {
        let explained = guarded(|| self.protocol.words().explain(state));
        explained.unwrap_or_else(|_| vec![format!("{state:?}")])
    }

    pub fn end(&self) -> End {
        let (violated, sentence) = match self.execution.violation() {
            None => {
                let demands = asked(self.protocol, &self.attack.graph).demands;
                let held = all_held(self.task, demands.iter().map(|demand| demand.name));
                (None, format!("{held} in this execution."))
            }
            Some(Violation::Fault(fault)) => {
                (Some(fault.kind.property().to_owned()), sentence(&fault.told(self.task)))
            }
            Some(Violation::Forgery(accepted)) => {
                (Some("unforgeability".to_owned()), self.taken_in(&accepted))
            }
            Some(Violation::Property(property)) => {
                (Some(property.title(self.task)), self.accusation(property))
            }
        };
        End { violated, sentence }
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
    let of_all = [Property::Agreement, Property::Validity].map(|property| property.title(task));
    let mut titles = of_all.into_iter().chain(demands.into_iter().map(demand_title)).collect_vec();
    let last = titles.pop().unwrap_or_default();
    super::capital(&format!("{} and {last} hold", titles.join(", ")))
}
