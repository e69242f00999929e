//! Shrinking: takes an attack back bit by bit, and simplifies what is left, as long as it still breaks the protocol.

use std::ops::Range;

use super::Found;
use super::choices::space::Space;
use super::progress::Progress;
use crate::attack::{Edit, Lie};
use crate::execution::Size;
use crate::fault::unless_interrupted;
use crate::general::{General, Generals};
use crate::machine::{MessageId, NumberedAttack, ValueId};
use crate::protocol::Round;
use crate::schedule::{Arrival, Crash, Shift};
use crate::testable::Wire;

impl Space<'_> {
    /// Shrinks an attack to a locally minimal one: undoing any lie, any crash or any change of the schedule removes the
    /// violation or leaves what the adversary may do; and every traitor is needed, unless the number of traitors is
    /// exact. No attack that differs from it in one thing is simpler. If that takes more than `most` runs of the
    /// protocol, shrinking stops there. Also returns how often the protocol was run.
    ///
    /// Parts are removed in blocks, which are halved until they are single parts, and then until no part can go: at
    /// best a number of executions logarithmic in the number of parts, at worst quadratic.
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
            let ran = unless_interrupted(|| self.run(&mut worker, &attack));
            let Some(execution) = ran else {
                size = Size::NotMinimal;
                break;
            };
            if execution.violation().is_some() && self.allows(&attack, &execution) {
                shrinker.keep(attack);
            }
        }
        self.lay_down(worker);
        let smaller = self.confirmed(&shrinker.best);
        (smaller.map_or(found, |smaller| Found { size, ..smaller }), executions)
    }
}

/// Makes an attack smaller step by step, whatever it is that the attack must still do: each step proposes another
/// attack, which is [kept](Shrinker::keep) if it still does that.
#[derive(Clone, Debug)]
pub(crate) struct Shrinker {
    /// The best so far.
    pub best: NumberedAttack,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Removes blocks of `block` parts one after the other, from the last to the first. `smaller` says whether any
    /// block could go in this pass.
    Parts { block: usize, start: usize, smaller: bool },
    /// Makes traitors loyal who do nothing.
    Traitors,
    /// Makes one thing simpler.
    Simpler(std::vec::IntoIter<Simplification>),
}

/// One way to make an attack simpler.
#[derive(Clone, Debug)]
enum Simplification {
    Input(General, ValueId),
    /// Whom the crash at this place still reaches.
    Reaches(usize, Generals),
    /// How many rounds late the message at this place is.
    Late(usize, Round),
    /// In which round the lie at this place is told, or what is said.
    Lie(usize, Lie<MessageId>),
}

impl Shrinker {
    pub fn new(best: NumberedAttack) -> Shrinker {
        Shrinker { stage: Stage::first(&best), best }
    }

    /// The next attack to try; `None` if the best is locally minimal.
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
                    let all = simplifications(space, &self.best);
                    self.stage = Stage::Simpler(all.into_iter());
                    let traitors = self.best.culprits();
                    if traitors != self.best.traitors && !space.adversary.exactly {
                        return Some(NumberedAttack { traitors, ..self.best.clone() });
                    }
                }
                Stage::Simpler(all) => return Some(all.next()?.of(&self.best)),
            }
        }
    }

    /// Keeps the last proposal, which still does what the attack must do.
    pub fn keep(&mut self, attack: NumberedAttack) {
        self.best = attack;
        match &mut self.stage {
            Stage::Parts { smaller, .. } => *smaller = true,
            // More is asked of those who are loyal now, so a smaller attack may do.
            Stage::Traitors | Stage::Simpler(_) => self.stage = Stage::first(&self.best),
        }
    }
}

impl Stage {
    fn first(attack: &NumberedAttack) -> Stage {
        Stage::Parts { block: attack.size(), start: attack.size(), smaller: false }
    }
}

/// The attack without some of its parts: lies, changes of the schedule, crashes, timers and coins, twins.
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
    let crashes = drain(&mut attack.crashes, &parts, shifts);
    let happenings = drain(&mut attack.happenings, &parts, crashes);
    drain(&mut attack.twins, &parts, happenings);
    attack
}

/// Every change that makes an attack simpler and leaves it as large. Each thing only goes down in some order, so this
/// comes to an end.
fn simplifications(space: &Space<'_>, attack: &NumberedAttack) -> Vec<Simplification> {
    let mut all = Vec::new();
    for (general, value) in &attack.inputs {
        let earlier = space.terms.inputs_of(*general).iter();
        let earlier = earlier.take_while(|earlier| *earlier != value);
        all.extend(earlier.map(|earlier| Simplification::Input(*general, *earlier)));
    }
    for (place, Crash { general, reaches, .. }) in attack.crashes.iter().enumerate() {
        let more = space.neighbours(*general).minus(*reaches).iter();
        all.extend(more.map(|more| Simplification::Reaches(place, reaches.with(more))));
    }
    for (place, Shift { arrival, .. }) in attack.schedule.iter().enumerate() {
        let Arrival::Late(latest) = *arrival else { continue };
        all.extend((1..latest).map(|rounds| Simplification::Late(place, rounds)));
    }
    for (place, lie) in attack.lies.iter().enumerate() {
        let simpler = simpler_lies(space, lie).into_iter();
        all.extend(simpler.map(|lie| Simplification::Lie(place, lie)));
    }
    all
}

impl Simplification {
    fn of(self, attack: &NumberedAttack) -> NumberedAttack {
        let mut attack = attack.clone();
        match self {
            Simplification::Input(general, value) => drop(attack.inputs.insert(general, value)),
            Simplification::Reaches(place, reaches) => attack.crashes[place].reaches = reaches,
            Simplification::Late(place, rounds) => {
                attack.schedule[place].arrival = Arrival::Late(rounds);
            }
            Simplification::Lie(place, lie) => attack.lies[place] = lie,
        }
        attack
    }
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
