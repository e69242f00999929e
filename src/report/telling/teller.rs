//! Makes the story of an execution, once values, messages and states have words.

use itertools::Itertools;

use super::stories::Stories;
use crate::adversary::FaultClass;
use crate::attack::{Attack, Item, Lie};
use crate::execution::{Delivery, Missing, NumberedExecution};
use crate::general::{General, Generals};
use crate::machine::{DecisionId, MessageId, NumberedAttack, ValueId};
use crate::outcome::Task;
use crate::protocol::Round;
use crate::protocol::events::{Coin, OwnEvent};
use crate::report::story::{
    Actor, Amount, Facts, Held, Mark, Message, Named, Role, Stamp, Step, Story,
};
use crate::report::text::among;
use crate::schedule::{Arrival, Happening, Shift};
use crate::signature::{Seal, Worth};
use crate::testable::Wire;

/// An execution whose story is to be told.
pub(super) struct Storyteller<'a, 'm> {
    pub asked: &'a Stories<'m>,
    pub attack: &'a NumberedAttack,
    pub execution: &'a NumberedExecution,
    /// Whether to include what all generals hold before the end.
    pub whole: bool,
}

impl Storyteller<'_, '_> {
    /// The whole story.
    pub fn story(&self) -> Story {
        let Storyteller { asked, attack, .. } = self;
        let Stories { name, terms, .. } = asked;
        let facts = self.facts();
        let mut rounds = self.rounds();
        let begun = rounds.len();
        for (number, step) in rounds.iter_mut().enumerate() {
            step.held = self.held(number + 1, begun);
        }
        let edges = || attack.graph.edges().map(|(one, other)| [one.id(), other.id()]).collect();
        Story {
            protocol: name.clone(),
            setting: among(name, &attack.graph),
            task: terms.task,
            faults: attack.faults,
            edges: (!attack.graph.is_complete()).then(edges),
            cast: facts.cast(),
            generals: facts.everybody.iter().map(|me| self.actor(me, &facts)).collect(),
            start: self.held(0, begun),
            rounds,
            ending: facts.ending(),
            amount: Amount::of(attack),
            messages: self.execution.messages(),
            honest_messages: self.execution.honest_messages,
            undone: self.undone(),
        }
    }

    fn facts(&self) -> Facts<'_> {
        let Storyteller { asked, attack, execution, .. } = self;
        let (machine, terms) = (asked.machine, asked.terms);
        // If decisions must be values, a decision is named like the value that it equals.
        let value = |made: &DecisionId| match terms.decides_values {
            true => machine.decided_value(*made),
            false => None,
        };
        let made = || execution.decisions.iter().flatten();
        let values = made().filter_map(value).chain(attack.inputs.values().copied());
        let in_order = |one: &ValueId, other: &ValueId| machine.compare_values(*one, *other);
        let values = values.unique().sorted_by(in_order).collect_vec();
        let others = made().filter(|made| value(made).is_none()).unique().collect_vec();
        let named = |value: &ValueId| Named {
            number: values.iter().position(|other| other == value).unwrap_or_default(),
            text: asked.value(*value),
        };
        let decided = |made: &DecisionId| match value(made) {
            Some(value) => named(&value),
            None => Named {
                number: values.len()
                    + others.iter().position(|other| *other == made).unwrap_or_default(),
                text: asked.decision(*made),
            },
        };
        let decisions = execution.decisions.iter();
        let undecided = match execution.fault {
            Some(_) => Generals::NONE,
            None => {
                let made =
                    |me: &General| execution.decisions.get(me.id()).is_some_and(Option::is_some);
                self.deciders().iter().filter(|me| !made(me)).collect()
            }
        };
        Facts {
            task: terms.task,
            asked: &terms.asked,
            faults: attack.faults,
            everybody: Generals::first(attack.n()),
            traitors: attack.traitors,
            crashes: &attack.crashes,
            lasso: attack.lasso.as_ref(),
            twins: attack.twins.iter().map(|twin| twin.map(named)).collect(),
            in_waves: terms.in_waves,
            inputs: attack.inputs.iter().map(|(general, input)| (*general, named(input))).collect(),
            decisions: decisions.map(|made| made.as_ref().map(decided)).collect(),
            undecided,
            violation: execution.violation(),
            is_open: !execution.quiet,
            lacks: execution.lacks,
        }
    }

    /// Who must decide.
    fn deciders(&self) -> Generals {
        self.asked.terms.task.deciders(self.attack.n()).minus(self.attack.traitors)
    }

    fn actor(&self, me: General, facts: &Facts<'_>) -> Actor {
        let task = facts.task;
        let text = |named: &Named| named.text.clone();
        let crash = facts.crashes.iter().find(|crash| crash.general == me);
        Actor {
            id: me.id(),
            name: task.name(me),
            role: match task {
                Task::Consensus => Role::General,
                Task::Broadcast if me.is_commander() => Role::Commander,
                Task::Broadcast => Role::Lieutenant,
            },
            traitor: facts.traitors.contains(me),
            input: facts.inputs.get(&me).map(text),
            crashes: crash.map(|crash| crash.round),
            decision: facts.decisions.get(me.id()).and_then(Option::as_ref).map(text),
            undecided: facts.undecided.contains(me),
        }
    }

    /// What all generals held after a round, or before the first round for round 0. The execution itself knows the
    /// final states. Traitors have no vote.
    fn held(&self, round: Round, last: Round) -> Vec<Held> {
        let Storyteller { asked, attack, execution, whole } = self;
        let deciders = self.deciders();
        let over = round == last && execution.fault.is_none();
        let history = execution.history.as_deref().filter(|_| *whole).unwrap_or_default();
        let states = if over { Some(&execution.states) } else { history.get(round) };
        let held = attack.graph.everybody().iter().map(|me| {
            let state = states.and_then(|states| *states.get(me.id())?);
            state.map(|state| asked.held(state, deciders.contains(me))).unwrap_or_default()
        });
        held.collect()
    }

    /// All rounds that began, with what was said in them.
    fn rounds(&self) -> Vec<Step> {
        let Storyteller { asked, execution, .. } = self;
        let last = execution.deliveries.last().map_or(0, |delivery| delivery.wire.round);
        let last = match execution.fault {
            Some(_) => last,
            None if asked.terms.in_waves => last.max(execution.rounds),
            None => last.max(asked.terms.rounds),
        };
        let is_wave = asked.terms.in_waves;
        let step = |round| {
            let happenings = if is_wave { self.happenings(round) } else { Vec::new() };
            Step { is_wave, round, happenings, messages: vec![], silenced: vec![], held: vec![] }
        };
        let mut rounds = (1..=last).map(step).collect_vec();
        for delivery in &execution.deliveries {
            let Wire { round, from, to } = delivery.wire;
            let messages = self.messages(delivery);
            let step = &mut rounds[round - 1];
            if messages.is_empty() {
                step.silenced.push([from.id(), to.id()]);
            }
            step.messages.extend(messages);
        }
        rounds
    }

    /// The timers and coins of a wave, and the late messages that arrive in it.
    fn happenings(&self, wave: Round) -> Vec<String> {
        let Storyteller { asked, execution, .. } = self;
        let name = |general| asked.terms.task.name(general);
        let own = execution.happened.iter().filter(|happened| happened.wave == wave);
        let own = own.map(|Happening { general, event, .. }| (*event, *general)).into_group_map();
        let own = own.into_iter().sorted().map(|(event, generals)| {
            let names = asked.terms.task.names(generals.into_iter().collect());
            match event {
                OwnEvent::Shows(coin @ Coin::Common(_), face) => {
                    format!("{coin} shows {face} to {names}")
                }
                OwnEvent::Shows(coin, face) => format!("{coin} of {names} shows {face}"),
                OwnEvent::Restarts => {
                    format!("CRASH of {names}, and a restart from what is stored")
                }
                OwnEvent::GoesOff(timer) => {
                    format!("timer {} of {names} goes off", asked.timer(timer))
                }
            }
        });
        let late = self.shifts().filter(|shift| self.due(shift) == Some(wave));
        let late = late.filter(|shift| shift.arrival.is_asynchronous());
        let late = late.map(|Shift { wire: Wire { round, from, to }, message, .. }| {
            let said = asked.tell(*from, *message);
            format!("{} hears what {} told it in wave {round}: {said}", name(*to), name(*from))
        });
        let begun = self.attack.lasso.as_ref().and_then(|lasso| lasso.begun(wave));
        begun.into_iter().chain(own).chain(late).collect()
    }

    /// What was said on one wire, and what was withheld.
    fn messages(&self, Delivery { wire, said, .. }: Delivery<'_, MessageId>) -> Vec<Message> {
        let Storyteller { asked, attack, execution, .. } = self;
        let lies = attack.lies.iter().enumerate();
        let idle = |index: usize| execution.idle.contains(&Item::Lie(index + 1));
        let lies = lies.filter(|(index, lie)| lie.wire == wire && !idle(*index));
        let (mut spoken, silent): (Vec<&Lie<_>>, Vec<_>) =
            lies.map(|(_, lie)| lie).partition(|lie| lie.edit.said().is_some());
        let mut shifts = self.shifts().filter(|shift| shift.wire == wire).collect_vec();
        let unmarked = |text| Message {
            from: wire.from.id(),
            to: wire.to.id(),
            text,
            withheld: false,
            mark: None,
            loyal: None,
            arrival: None,
            arrives: None,
            seals: Vec::new(),
            forged: None,
        };
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
            Message {
                mark: lie.map(|_| Mark::Lie).or(mark),
                loyal: lie.map(|lie| self.loyal(lie)),
                arrival: shift.map(|shift| self.arrival(shift)),
                arrives: shift.map_or(Some(wire.round), |shift| self.due(shift)),
                seals: asked.seals(*message).into_iter().map(stamp).collect(),
                forged: lie.and_then(|_| asked.forged(wire, *message)),
                ..unmarked(asked.tell(wire.from, *message))
            }
        });
        let said = said.collect_vec();
        let silent = silent.into_iter().map(|lie| match lie.edit.honest() {
            Some(honest) if !attack.faults.is_byzantine() => Message {
                withheld: true,
                mark: Some(Mark::Lost),
                arrival: Some("not sent".to_owned()),
                ..unmarked(asked.tell(wire.from, *honest))
            },
            _ => Message {
                withheld: true,
                mark: Some(Mark::Lie),
                loyal: Some(self.loyal(lie)),
                ..unmarked("nothing".to_owned())
            },
        });
        said.into_iter().chain(silent).collect()
    }

    /// The changes of the schedule that have an effect.
    fn shifts(&self) -> impl Iterator<Item = &Shift<MessageId>> {
        let shifts = self.attack.schedule.iter().enumerate();
        let idle = &self.execution.idle;
        let shifts = shifts.filter(|(index, _)| !idle.contains(&Item::Shift(index + 1)));
        shifts.map(|(_, shift)| shift)
    }

    /// What would have been said instead of a lie.
    fn loyal(&self, lie: &Lie<MessageId>) -> String {
        let honest = lie.edit.honest();
        let honest = honest.map(|honest| self.asked.tell(lie.wire.from, *honest));
        honest.unwrap_or_else(|| "nothing".to_owned())
    }

    /// In which round a message arrives; none if everything is over by then.
    fn due(&self, Shift { wire, arrival, .. }: &Shift<MessageId>) -> Option<Round> {
        match arrival {
            Arrival::First => Some(wire.round),
            Arrival::Late(rounds) => {
                let due = wire.round.saturating_add(*rounds);
                (due <= self.asked.terms.rounds).then_some(due)
            }
            Arrival::Never => None,
        }
    }

    /// What becomes of a message that does not arrive at its usual time.
    fn arrival(&self, shift: &Shift<MessageId>) -> String {
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
                Some(due) if self.asked.terms.in_waves => format!("arrives in wave {due}"),
                Some(due) => format!("arrives in round {due}"),
                None => "would arrive when all is over".to_owned(),
            },
            Arrival::Never => {
                let to = shift.wire.to;
                let deaf = *faults == FaultClass::ReceiveOmission && traitors.contains(to);
                if deaf { "not received" } else { "never arrives" }.to_owned()
            }
        }
    }

    /// Parts of the attack that have no effect, or can't be carried out: one line each.
    fn undone(&self) -> Vec<String> {
        let Storyteller { asked, attack, execution, .. } = self;
        let task = asked.terms.task;
        let idle = execution.idle.iter().filter_map(|idle| {
            let (wire, said, what) = match *idle {
                Item::Lie(number) => {
                    let Lie { wire, edit } = attack.lies.get(number - 1)?;
                    (wire, edit.honest(), "there is nothing to take back")
                }
                Item::Shift(number) => {
                    let Shift { wire, message, .. } = attack.schedule.get(number - 1)?;
                    (wire, Some(message), "nothing can be late")
                }
                Item::Happening(number) => {
                    let Happening { wave, general, event } = attack.happenings.get(number - 1)?;
                    let name = task.name(*general);
                    return Some(format!("{idle}: nothing comes of it: in wave {wave} {name} waits for no such thing: {event}"));
                }
                Item::Crash(_) | Item::Twin(_) => return None,
            };
            let Wire { round, from, to } = *wire;
            let said = said.map(|message| asked.tell(from, *message)).unwrap_or_default();
            let [from, to] = [from, to].map(|general| task.name(general));
            let does = if matches!(idle, Item::Shift(_)) {
                "does not tell"
            } else {
                "would not have told"
            };
            let unit = if asked.terms.in_waves { "wave" } else { "round" };
            Some(format!("{idle}: {what}: in {unit} {round} {from} {does} {to}: {said}"))
        });
        let lacking = execution.lacking.iter().map(|(index, missing)| {
            let why = match missing {
                Missing::Signature(signed) => {
                    format!("the traitors neither make nor have overheard {}", signed.told(task))
                }
                Missing::Unreadable(_) | Missing::Unsaid => missing.to_string(),
            };
            format!("lie {}: it can't be told: {why}", index + 1)
        });
        idle.chain(lacking).collect()
    }
}

fn stamp(Seal { by, worth }: Seal) -> Stamp {
    let odd = match worth {
        Worth::Odd(what) => Some(what),
        Worth::Genuine | Worth::Forged => None,
    };
    Stamp { by: by.id(), forged: worth == Worth::Forged, odd }
}
