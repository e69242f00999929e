//! The story of an execution, in the paper's words: who lied to whom and what loyalty would have
//! said, what the loyal held, and what came of it.

use std::fmt::Write;

use itertools::Itertools;

use crate::attack::{AttackOn, Item, Lie};
use crate::execution::{Delivery, ExecutionOf};
use crate::fault::guarded;
use crate::general::{General, Generals};
use crate::outcome::{Demand, Task};
use crate::property::{Accepted, Property, Violation};
use crate::testable::{Testable, Wire};

/// In a round with more lines than this, what is as loyalty has it is only counted.
const LINES: usize = 14;

/// If what the loyal held takes more lines than this, only how each concluded is told.
const HELD: usize = 45;

/// The whole story of one execution, ending in a line end.
pub fn story<P: Testable>(
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
) -> String {
    let story = Story { protocol, attack, execution };
    let mut parts = vec![story.cast()];
    parts.extend(story.rounds());
    if execution.fault.is_none() {
        parts.push(story.held());
    }
    parts.push(story.ending());
    parts.join("\n")
}

struct Story<'a, P: Testable> {
    protocol: &'a P,
    attack: &'a AttackOn<P>,
    execution: &'a ExecutionOf<P>,
}

/// Something said, or left unsaid, to one general.
struct Line {
    from: General,
    to: General,
    text: String,
    lie: Option<String>,
}

impl<P: Testable> Story<'_, P> {
    fn cast(&self) -> String {
        let Story { attack, .. } = self;
        let who = match attack.traitors.len() {
            0 => "Nobody is a traitor.".to_owned(),
            1 => format!("The traitor is {}.", attack.traitors),
            _ => format!("The traitors are {}.", attack.traitors),
        };
        let orders = attack.inputs.iter().map(|(general, order)| {
            let traitor = attack.traitors.contains(*general);
            match (general.is_commander(), traitor) {
                (true, true) => format!("Were he loyal, the commander would order {order:?}."),
                (true, false) => format!("The commander is loyal. His order is {order:?}."),
                (false, true) => format!("Were it loyal, {general} would order {order:?}."),
                (false, false) => format!("The order of {general}, who is loyal, is {order:?}."),
            }
        });
        let cast = [who].into_iter().chain(orders).join("\n");
        format!("{cast}\n")
    }

    fn rounds(&self) -> Vec<String> {
        let rounds = self.execution.deliveries.iter().chunk_by(|delivery| delivery.wire.round);
        let rounds = rounds.into_iter().map(|(round, deliveries)| {
            let lines = deliveries.flat_map(|delivery| self.lines(delivery)).collect_vec();
            format!("Round {round}\n{}", told(&lines))
        });
        rounds.collect()
    }

    /// What was said on one wire, and what was withheld.
    fn lines(&self, Delivery { wire, said, .. }: &Delivery<P::Message>) -> Vec<Line> {
        let Wire { from, to, .. } = *wire;
        let tell = |message: &P::Message| self.tell(from, message);
        let idle = &self.execution.idle;
        let lies = self.attack.lies.iter().enumerate();
        let lies =
            lies.filter(|(index, lie)| lie.wire == *wire && !idle.contains(&Item::Lie(index + 1)));
        let (mut spoken, silent): (Vec<&Lie<_>>, Vec<_>) =
            lies.map(|(_, lie)| lie).partition(|lie| lie.edit.said().is_some());
        let honest = |lie: &Lie<_>| lie.edit.honest().map_or("nothing".into(), tell);
        let said = said.iter().map(|message| {
            let lie = spoken.iter().position(|lie| lie.edit.said() == Some(message));
            let lie = lie.map(|place| honest(spoken.swap_remove(place)));
            Line { from, to, text: tell(message), lie }
        });
        let said = said.collect_vec();
        let silent = silent.into_iter().map(|lie| Line {
            from,
            to,
            text: "nothing".to_owned(),
            lie: Some(honest(lie)),
        });
        said.into_iter().chain(silent).collect()
    }

    fn tell(&self, from: General, message: &P::Message) -> String {
        let told = guarded(|| self.protocol.tell(from, message));
        told.unwrap_or_else(|_| format!("{message:?}"))
    }

    fn held(&self) -> String {
        let loyal = Generals::first(self.attack.n).minus(self.attack.traitors);
        let held = loyal.iter().map(|me| {
            let state = self.execution.states[me.id()].as_ref().expect("the loyal have states");
            let explained = guarded(|| self.protocol.explain(state));
            let mut lines = explained.unwrap_or_else(|_| vec![format!("{state:?}")]);
            let decision = self.execution.decisions[me.id()].as_ref();
            lines.extend(decision.map(|decision| format!("decides {decision:?}")));
            (me, lines)
        });
        let mut held = held.collect_vec();
        if held.iter().map(|(_, lines)| lines.len()).sum::<usize>() > HELD {
            for (_, lines) in &mut held {
                let conclusion = lines.split_off(lines.len().saturating_sub(2));
                *lines = vec![conclusion.join("; ")];
            }
        }
        let mut text = "What the loyal held in the end\n".to_owned();
        for (me, lines) in held {
            for (number, line) in lines.iter().enumerate() {
                let name = if number == 0 { me.to_string() } else { String::new() };
                writeln!(text, "  {name:<14} {line}").expect("a string takes all");
            }
        }
        text
    }

    fn ending(&self) -> String {
        match self.execution.violation() {
            None => {
                let held = all_held(self.protocol.task(), &self.protocol.demands());
                format!("{held} in this execution.\n")
            }
            Some(Violation::Fault(fault)) => format!("Fault: {fault}.\n"),
            Some(Violation::Forgery(accepted)) => {
                format!("Violated: unforgeability. {}\n", self.taken_in(&accepted))
            }
            Some(Violation::Property(property)) => {
                let title = property.title(self.protocol.task());
                format!("Violated: {title}. {}\n", self.accusation(property))
            }
        }
    }

    /// Who took what for genuine, and what came of it.
    fn taken_in(&self, Accepted { wire, label }: &Accepted) -> String {
        let Wire { round, from, to } = wire;
        let what = format!("In round {round} {from} sends {to} a forgery, {label}, which counts.");
        let outcome = self.execution.lacks.map(|property| self.accusation(property));
        [what].into_iter().chain(outcome).join(" ")
    }

    /// Who decided what, and why that must not be.
    fn accusation(&self, property: Property) -> String {
        let decisions = self.execution.decisions.iter().enumerate();
        let decisions = decisions.filter_map(|(id, decision)| Some((decision.as_ref()?, id)));
        let order = self.attack.inputs.get(&General::COMMANDER);
        let groups = decisions.map(|(decision, id)| (decision, General::new(id))).into_group_map();
        let mut groups =
            groups.into_iter().sorted_by_key(|(_, generals)| generals[0]).collect_vec();
        if property == Property::Validity {
            groups.retain(|(decision, _)| Some(*decision) != order);
        }
        let mut decided = groups.into_iter().map(|(decision, generals)| {
            let verb = if generals.len() == 1 { "decides" } else { "decide" };
            format!("{} {verb} {decision:?}", Generals::from_iter(generals))
        });
        let decided = decided.join(", and ");
        match (property, order) {
            (Property::Validity, Some(order)) => {
                format!("The loyal commander orders {order:?}, and {decided}.")
            }
            _ => format!("The loyal lieutenants do not agree: {decided}."),
        }
    }
}

/// "Agreement (IC1) and validity (IC2) hold".
pub(crate) fn all_held<V>(task: Task, demands: &[Demand<V>]) -> String {
    let of_all = [Property::Agreement, Property::Validity].into_iter();
    let of_all = of_all.chain(demands.iter().map(|demand| Property::Demand(demand.name)));
    let mut titles = of_all.map(|property| property.title(task)).collect_vec();
    let last = titles.pop().unwrap_or_default();
    let mut held = format!("{} and {last} hold", titles.join(", "));
    held[..1].make_ascii_uppercase();
    held
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
        let Wire { round, from, to } = wire;
        let said = said.map(|message| tell(from, message)).unwrap_or_default();
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
        signed.by,
        signed.statement.escape_ascii(),
    ))
}

/// The lines of one round, those of one sender with the same text together.
fn told(lines: &[Line]) -> String {
    let mut groups: Vec<(&Line, Vec<usize>)> = Vec::new();
    for line in lines {
        match groups.iter_mut().find(|(first, _)| first.tells_as(line)) {
            Some((_, to)) => to.push(line.to.id()),
            None => groups.push((line, vec![line.to.id()])),
        }
    }
    let crowded = groups.len() > LINES;
    let honest = lines.iter().filter(|line| line.lie.is_none()).count();
    let shown = groups.into_iter().filter(|(line, _)| line.lie.is_some() || !crowded);
    let shown = shown.map(|(Line { from, text, lie, .. }, to)| {
        let to = to.iter().join(", ");
        match lie {
            Some(loyal) => format!("  LIE {from} tells {to}: {text}  (loyal: {loyal})\n"),
            None => format!("      {from} tells {to}: {text}\n"),
        }
    });
    let rest = format!("      and {honest} messages as loyalty has them\n");
    shown.chain(crowded.then_some(rest)).collect()
}

impl Line {
    fn tells_as(&self, other: &Line) -> bool {
        (self.from, &self.text, &self.lie) == (other.from, &other.text, &other.lie)
    }
}
