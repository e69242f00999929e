//! The story of an execution, in the paper's words: who lied to whom and what loyalty would have
//! said, what the loyal held, and what came of it.

use std::fmt::Write;

use itertools::Itertools;

use super::cast::cast;
use super::line::told;
use super::style::{Emphasis, Style};
use super::telling::{End, Telling};
use crate::attack::{AttackOn, Item};
use crate::execution::ExecutionOf;
use crate::fault::guarded;
use crate::testable::{Testable, asked, lent};

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
    story_in(Style::PLAIN, protocol, attack, execution)
}

/// The same in this style.
pub fn story_in<P: Testable>(
    style: Style,
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
) -> String {
    let protocol = &lent(protocol);
    let task = asked(protocol, &attack.graph).task;
    let story = Telling { protocol, task, attack, execution };
    let cast = cast(attack, task);
    let cast = cast.lines().map(|line| style.line(line, 0) + "\n");
    let mut parts = vec![cast.collect()];
    parts.extend(story.rounds(style));
    if execution.fault.is_none() {
        parts.push(story.held(style));
    }
    parts.push(story.ending(style));
    parts.join("\n")
}

impl<P: Testable> Telling<'_, P> {
    fn rounds(&self, style: Style) -> Vec<String> {
        let rounds = self.execution.deliveries.iter().chunk_by(|delivery| delivery.wire.round);
        let rounds = rounds.into_iter().map(|(round, deliveries)| {
            let lines = deliveries.flat_map(|delivery| self.lines(delivery)).collect_vec();
            let title = style.paint(Emphasis::Strong, format!("Round {round}"));
            format!("{title}\n{}", told(&lines, self.task, style))
        });
        rounds.collect()
    }

    fn held(&self, style: Style) -> String {
        let loyal = self.attack.graph.everybody().minus(self.attack.traitors);
        let held = loyal.iter().map(|me| {
            let state = self.execution.states[me.id()].as_ref().expect("the loyal have states");
            let mut lines = self.explain(state);
            let decision = self.execution.decisions[me.id()].as_ref();
            lines.extend(decision.map(|decision| {
                let decides = format!("decides {decision:?}");
                style.paint(Emphasis::Strong, decides)
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
        let mut text = style.paint(Emphasis::Strong, title) + "\n";
        for (me, lines) in held {
            for (number, line) in lines.iter().enumerate() {
                let name = if number == 0 { self.task.name(me) } else { String::new() };
                let line = style.line(&format!("  {name:<14} {line}"), INDENT);
                writeln!(text, "{line}").expect("a string takes all");
            }
        }
        text
    }

    fn ending(&self, style: Style) -> String {
        let End { violated, sentence } = self.end();
        let told = match (violated, &self.execution.fault) {
            (None, _) => style.paint(Emphasis::Good, sentence),
            (Some(_), Some(fault)) => {
                format!("{} {}.", style.paint(Emphasis::Bad, "Fault:"), fault.told(self.task))
            }
            (Some(property), None) => {
                let violated = style.paint(Emphasis::Bad, format!("Violated: {property}."));
                format!("{violated} {sentence}")
            }
        };
        style.line(&told, 0) + "\n"
    }
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
        guarded(|| protocol.words().tell(from, message)).unwrap_or_else(|_| format!("{message:?}"))
    };
    let task = asked(protocol, &attack.graph).task;
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
        let [from, to] = [wire.from, wire.to].map(|general| task.name(general));
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
        task.name(signed.by),
        signed.statement.escape_ascii(),
    ))
}
