//! Shrinking: takes an attack back bit by bit, and makes what is left simpler, while it still breaks
//! the protocol.

use std::ops::Range;

use super::Found;
use super::choices::space::Space;
use super::progress::Progress;
use crate::attack::{Edit, Lie};
use crate::execution::Size;
use crate::machine::{MessageId, NumberedAttack};
use crate::schedule::{Arrival, Crash, Shift};
use crate::testable::Wire;

impl Space<'_> {
    /// A locally minimal attack: every lie, made honest, removes the violation or leads out of what
    /// the adversary may do, and so does every crash and every change of the schedule, taken back; and
    /// every traitor is needed, unless there must be exactly so many. Of attacks as small it is as
    /// simple as can be had by changing one thing; unless the protocol would have to be run more often than
    /// so. With it, how often it was run.
    ///
    /// Parts are tried in blocks, halved until they are single ones, and then until none can go: at
    /// best a number of executions logarithmic in the parts, at worst quadratic.
    pub fn shrunk(&self, found: Found, progress: &Progress, most: u64) -> (Found, u64) {
        let mut shrinker = Shrinker::new(found.attack.clone());
        let (mut executions, mut size) = (0, Size::LocallyMinimal);
        let mut worker = self.worker(shrinker.best.traitors);
        while let Some(attack) = shrinker.next(self) {
            if progress.is_stopped() || executions == most {
                size = Size::NotMinimal;
                break;
            }
            executions += 1;
            progress.worked(1);
            worker.make_room();
            let execution = self.run(&mut worker, &attack);
            if execution.violation().is_some() && self.allows(&attack, &execution) {
                shrinker.keep(attack);
            }
        }
        self.lay_down(worker);
        let smaller = self.confirmed(&shrinker.best);
        (smaller.map_or(found, |smaller| Found { size, ..smaller }), executions)
    }
}

/// Makes an attack smaller step by step, whatever it is that an attack must still do: each step
/// proposes another one, which is [kept](Shrinker::keep) if it does.
#[derive(Clone, Debug)]
pub(crate) struct Shrinker {
    /// The best so far.
    pub best: NumberedAttack,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Blocks of so many parts are taken back one after the other, down to the first. Whether any
    /// could go in this pass.
    Parts { block: usize, start: usize, smaller: bool },
    /// Who does nothing is made loyal.
    Traitors,
    /// One thing is made simpler: an input, whom a crash still reaches, how late a message is, in
    /// which round a lie is told and what is said.
    Simpler(std::vec::IntoIter<NumberedAttack>),
}

impl Shrinker {
    pub fn new(best: NumberedAttack) -> Shrinker {
        Shrinker { stage: Stage::first(&best), best }
    }

    /// The next attack to be tried; none if the best is locally minimal.
    pub fn next(&mut self, space: &Space<'_>) -> Option<NumberedAttack> {
        loop {
            match &mut self.stage {
                Stage::Parts { block: 0, .. } => self.stage = Stage::Traitors,
                Stage::Parts { block, start: start @ 0, smaller } => {
                    *block = if *block > 1 || !*smaller { *block / 2 } else { 1 };
                    (*start, *smaller) = (self.best.size(), false);
                }
                Stage::Parts { block, start, .. } => {
                    *start = start.saturating_sub(*block);
                    let end = (*start + *block).min(self.best.size());
                    return Some(without(&self.best, *start..end));
                }
                Stage::Traitors => {
                    self.stage = Stage::Simpler(simpler(space, &self.best).into_iter());
                    let traitors = self.best.culprits();
                    if traitors != self.best.traitors && !space.adversary.exactly {
                        return Some(NumberedAttack { traitors, ..self.best.clone() });
                    }
                }
                Stage::Simpler(simpler) => return simpler.next(),
            }
        }
    }

    /// What was proposed last does as well.
    pub fn keep(&mut self, attack: NumberedAttack) {
        self.best = attack;
        match &mut self.stage {
            Stage::Parts { smaller, .. } => *smaller = true,
            // Of those who are loyal now more is asked, so less may do.
            Stage::Traitors | Stage::Simpler(_) => self.stage = Stage::first(&self.best),
        }
    }
}

impl Stage {
    fn first(attack: &NumberedAttack) -> Stage {
        Stage::Parts { block: attack.size(), start: attack.size(), smaller: false }
    }
}

/// The attack without some of its parts: lies, changes of the schedule, crashes.
fn without(attack: &NumberedAttack, parts: Range<usize>) -> NumberedAttack {
    fn drain<T>(list: &mut Vec<T>, parts: &Range<usize>, before: usize) -> usize {
        let after = before + list.len();
        let within = |place: usize| place.clamp(before, after) - before;
        list.drain(within(parts.start)..within(parts.end));
        after
    }
    let mut attack = attack.clone();
    let lies = drain(&mut attack.lies, &parts, 0);
    let shifts = drain(&mut attack.schedule, &parts, lies);
    drain(&mut attack.crashes, &parts, shifts);
    attack
}

/// Every attack that is as large and in one thing simpler: each thing has an order in which it goes down,
/// so that comes to an end.
fn simpler(space: &Space<'_>, attack: &NumberedAttack) -> Vec<NumberedAttack> {
    let mut simpler = Vec::new();
    let mut with = |change: &dyn Fn(&mut NumberedAttack)| {
        let mut attack = attack.clone();
        change(&mut attack);
        simpler.push(attack);
    };
    for (general, value) in &attack.inputs {
        for earlier in space.terms.values.iter().take_while(|earlier| *earlier != value) {
            with(&|attack| {
                attack.inputs.insert(*general, *earlier);
            });
        }
    }
    for (place, Crash { general, reaches, .. }) in attack.crashes.iter().enumerate() {
        for more in space.neighbours(*general).minus(*reaches).iter() {
            with(&|attack| attack.crashes[place].reaches = reaches.with(more));
        }
    }
    for (place, Shift { arrival, .. }) in attack.schedule.iter().enumerate() {
        let Arrival::Late(latest) = *arrival else { continue };
        for rounds in 1..latest {
            with(&|attack| attack.schedule[place].arrival = Arrival::Late(rounds));
        }
    }
    for (place, lie) in attack.lies.iter().enumerate() {
        for simpler in simpler_lies(space, lie) {
            with(&|attack| attack.lies[place] = simpler.clone());
        }
    }
    simpler
}

/// The same lie in an earlier round, or with an earlier message in the same slot.
fn simpler_lies(space: &Space<'_>, Lie { wire, edit }: &Lie<MessageId>) -> Vec<Lie<MessageId>> {
    let Some(said) = edit.said() else { return Vec::new() };
    let in_round = |round| Lie { wire: Wire { round, ..*wire }, edit: Edit::Say(*said) };
    let earlier = (1..wire.round).filter(|_| edit.honest().is_none()).map(in_round);
    let others = space.wire_choices(*wire).before(said).into_iter();
    let others = others.filter(|other| edit.honest() != Some(other));
    let others = others.map(|say| match edit.honest() {
        Some(of) => Edit::Instead { of: *of, say },
        None => Edit::Say(say),
    });
    earlier.chain(others.map(|edit| Lie { wire: *wire, edit })).collect()
}
