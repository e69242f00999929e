//! A side alone: what it does when the generals that it does not hear have crashed.

use itertools::Itertools;

use super::sides::Planner;
use crate::adversary::FaultClass;
use crate::execution::simulate::{Eavesdropper, Enemy, Roles, simulate_into};
use crate::execution::{Execution, NumberedExecution, Sent};
use crate::general::{General, Generals};
use crate::machine::{MessageId, NumberedAttack, Worker};
use crate::protocol::Round;
use crate::protocol::events::{Coin, Face, OwnEvent};
use crate::schedule::{Crash, Shift};
use crate::testable::Wire;

/// A side alone: the generals that it does not hear have crashed at the start, and all inputs are the same.
pub(super) struct Alone {
    pub attack: NumberedAttack,
    pub execution: NumberedExecution,
    /// The wave after which everybody on the side who ever decides has decided; nothing if someone should decide but
    /// nobody does.
    decided: Option<Round>,
}

impl Alone {
    /// The wave up to which the side must not hear anything else.
    pub fn until(&self) -> Round {
        let Execution { rounds, happened, .. } = &self.execution;
        let last = happened.last().map_or(0, |happened| happened.wave);
        self.decided.unwrap_or(last.max(*rounds))
    }
}

impl Planner<'_> {
    /// Each side alone, both with the same habit of timers and coins: the first habit with which both sides decide, or
    /// else the first with which something is violated.
    pub fn alone(&self, player: &mut Worker<'_>) -> Result<[Alone; 2], Generals> {
        let mut violated = None;
        let mut undecided = None;
        for habit in Habit::all() {
            let both = [0, 1].map(|side| self.lone(player, side, habit));
            if both.iter().all(|alone| alone.decided.is_some() && alone.execution.fault.is_none()) {
                return Ok(both);
            }
            let eventless = both.iter().all(|alone| alone.execution.happened.is_empty());
            if let Some(side) = both.iter().position(|alone| alone.decided.is_none()) {
                undecided.get_or_insert(self.partition.unheard[side]);
            }
            if both.iter().any(|alone| alone.execution.violation().is_some()) {
                violated.get_or_insert(both);
            }
            if eventless {
                break;
            }
        }
        violated.ok_or(undecided.unwrap_or_default())
    }

    /// One side alone.
    fn lone(&self, player: &mut Worker<'_>, side: usize, habit: Habit) -> Alone {
        let Planner { terms, partition, .. } = self;
        let silent = partition.unheard[side];
        let mut attack = self.attack(silent, |_| side);
        attack.faults = FaultClass::Crash;
        let crash = |general| Crash { general, round: 1, reaches: Generals::NONE };
        attack.crashes = silent.iter().map(crash).collect();
        let mut enemy = Silence { silent, habit, spoke: true, woken: (0, Generals::NONE) };
        let mut execution = Execution::recording();
        let (roles, genuine) = (Roles::of(&attack), &|_, _| None);
        simulate_into(player, terms, roles, &mut enemy, genuine, &mut execution);
        if !habit.is_usual() {
            attack.happenings = execution.happened.clone();
        }
        let deciders = terms.task.deciders(terms.n()).iter();
        let deciders = deciders.filter(|me| partition.sides[side].contains(*me)).collect_vec();
        let mut decided = |states: &Vec<_>| {
            // If somebody panics at once, not all have begun.
            let made = |me: &&General| {
                let state = states.get(me.id()).copied().flatten();
                state.is_some() && matches!(player.decide(**me, state), Ok(Some(_)))
            };
            deciders.iter().filter(made).count()
        };
        // A general who decides when the last timer goes off does so at the start of a wave that then does not go on.
        let history = execution.history.iter().flatten().chain([&execution.states]).collect_vec();
        let most = history.last().map_or(0, |states| decided(states));
        let first = history.iter().position(|states| decided(states) == most);
        let decided = first.filter(|_| most > 0 || deciders.is_empty());
        Alone { attack, execution, decided }
    }
}

/// When timers go off where a side is alone, and which faces coins show.
#[derive(Clone, Copy)]
struct Habit {
    /// The face of the coin with this number.
    faces: fn(u32) -> Face,
    /// If nobody said anything in a wave, whether one timer of every general goes off, and not just of one general.
    all_timers: bool,
}

impl Habit {
    /// All habits, the default one first. Some habit shows any given faces of one odd coin and one even coin.
    fn all() -> impl Iterator<Item = Habit> {
        let faces: [fn(u32) -> Face; 4] =
            [|coin| (coin % 2) as Face, |_| 0, |_| 1, |coin| 1 - (coin % 2) as Face];
        let both = move |all_timers| faces.map(|faces| Habit { faces, all_timers });
        both(false).into_iter().chain(both(true))
    }

    /// Whether this is what happens if the attack says nothing.
    fn is_usual(self) -> bool {
        let usual = |coin| (self.faces)(coin) == Coin::Common(coin).usual();
        !self.all_timers && [0, 1].into_iter().all(usual)
    }
}

/// An enemy who crashes some generals at the start, and has a habit.
struct Silence {
    silent: Generals,
    habit: Habit,
    /// Whether anybody said anything in the last wave.
    spoke: bool,
    /// A wave, and the generals of whom a timer has gone off in it.
    woken: (Round, Generals),
}

impl Enemy for Silence {
    fn tamper(&mut self, _: Wire, _: &[MessageId], _: &Eavesdropper<'_>) -> Option<Vec<MessageId>> {
        Some(Vec::new())
    }

    fn shifts(&mut self, _: Round, sent: Sent<'_, MessageId>) -> Vec<(usize, Shift<MessageId>)> {
        self.spoke = sent.into_iter().any(|delivery| !delivery.said.is_empty());
        Vec::new()
    }

    fn happening(&mut self, wave: Round, general: General, can: &[OwnEvent]) -> Option<OwnEvent> {
        if self.woken.0 != wave {
            self.woken = (wave, Generals::NONE);
        }
        let sleeps = self.spoke || self.silent.contains(general) || self.woken.1.contains(general);
        if sleeps || !self.habit.all_timers {
            return None;
        }
        self.woken.1 = self.woken.1.with(general);
        can.iter().find(|event| matches!(event, OwnEvent::GoesOff(_))).copied()
    }

    /// The silent generals crash in the first round.
    fn crashed(&self, round: Round) -> Generals {
        if round > 1 { self.silent } else { Generals::NONE }
    }

    fn face(&mut self, _: Round, _: General, coin: Coin) -> Option<Face> {
        Some((self.habit.faces)(coin.name()))
    }
}
