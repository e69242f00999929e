//! Shrinking: takes an attack back bit by bit, and makes what is left simpler, while it still breaks
//! the protocol.

use std::ops::Range;

use super::choices::space::Space;
use super::progress::Progress;
use crate::attack::{Edit, Lie};
use crate::execution::Size;
use crate::machine::{MessageId, NumberedAttack, Worker};
use crate::schedule::{Arrival, Crash, Shift};
use crate::testable::Wire;

/// What became of an attack.
pub(crate) struct Shrunk {
    pub attack: NumberedAttack,
    pub size: Size,
    /// How often the protocol was run for that.
    pub executions: u64,
}

/// A locally minimal attack: every lie, made honest, removes the violation or leads out of what
/// the adversary may do, and so does every crash and every change of the schedule, taken back; and
/// every traitor is needed, unless there must be exactly so many. Of attacks as small it is as
/// simple as can be had by changing one thing.
///
/// Parts are tried in blocks, halved until they are single ones, and then until none can go: at
/// best a number of executions logarithmic in the parts, at worst quadratic.
pub(crate) fn shrunk(space: &Space<'_>, attack: NumberedAttack, progress: &Progress) -> Shrunk {
    let mut shrinker = Shrinker::new(attack);
    let (mut executions, mut size) = (0, Size::LocallyMinimal);
    let mut worker = space.worker(shrinker.best.traitors);
    while let Some(attack) = shrinker.next(space) {
        if progress.is_stopped() {
            size = Size::NotMinimal;
            break;
        }
        executions += 1;
        progress.worked(1);
        worker.make_room();
        if breaks(space, &mut worker, &attack) {
            shrinker.keep(attack);
        }
    }
    space.lay_down(worker);
    Shrunk { attack: shrinker.best, size, executions }
}

/// Makes an attack smaller step by step, whatever it is that an attack must still do: each step
/// proposes another one, which is [kept](Shrinker::keep) if it does.
#[derive(Clone, Debug)]
pub(crate) struct Shrinker {
    /// The best so far.
    pub best: NumberedAttack,
    simulate: Stage,
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
        let simulate = Stage::first(&best);
        Shrinker { best, simulate }
    }

    /// The next attack to be tried; none if the best is locally minimal.
    pub fn next(&mut self, space: &Space<'_>) -> Option<NumberedAttack> {
        loop {
            match &mut self.simulate {
                Stage::Parts { block: 0, .. } => self.simulate = Stage::Traitors,
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
                    self.simulate = Stage::Simpler(simpler(space, &self.best).into_iter());
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
        match &mut self.simulate {
            Stage::Parts { smaller, .. } => *smaller = true,
            // Of those who are loyal now more is asked, so less may do.
            Stage::Traitors | Stage::Simpler(_) => self.simulate = Stage::first(&self.best),
        }
    }
}

impl Stage {
    fn first(attack: &NumberedAttack) -> Stage {
        Stage::Parts { block: attack.size(), start: attack.size(), smaller: false }
    }
}

/// Whether an attack breaks the protocol and is one of the adversary's.
fn breaks(space: &Space<'_>, worker: &mut Worker<'_>, attack: &NumberedAttack) -> bool {
    let execution = space.run(worker, attack);
    execution.violation().is_some() && space.allows(attack, &execution)
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

/// Every attack that is as large and in one thing simpler. Whatever is done so ends: each thing has
/// an order of its own, in which it goes down.
fn simpler(space: &Space<'_>, attack: &NumberedAttack) -> Vec<NumberedAttack> {
    let mut simpler = Vec::new();
    for (general, value) in &attack.inputs {
        for earlier in space.terms.values.iter().take_while(|earlier| *earlier != value) {
            let mut with = attack.clone();
            with.inputs.insert(*general, *earlier);
            simpler.push(with);
        }
    }
    for (place, Crash { general, reaches, .. }) in attack.crashes.iter().enumerate() {
        for more in space.neighbours(*general).minus(*reaches).iter() {
            let mut with = attack.clone();
            with.crashes[place].reaches = reaches.with(more);
            simpler.push(with);
        }
    }
    for (place, Shift { arrival, .. }) in attack.schedule.iter().enumerate() {
        let latest = match arrival {
            Arrival::First | Arrival::Never => 0,
            Arrival::Late(rounds) => rounds - 1,
        };
        for rounds in 1..=latest {
            let mut with = attack.clone();
            with.schedule[place].arrival = Arrival::Late(rounds);
            simpler.push(with);
        }
    }
    for (place, lie) in attack.lies.iter().enumerate() {
        for lie in simpler_lies(space, lie) {
            let mut with = attack.clone();
            with.lies[place] = lie;
            simpler.push(with);
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::adversary::Adversary;
    use crate::attack::{Attack, AttackOn};
    use crate::general::General;
    use crate::machine::{Machine, Numbered};
    use crate::order::Order;
    use crate::protocols::oral::{OralMessages, Relay};
    use crate::protocols::path::Path;

    const RETREAT: Order = Order::RETREAT;
    const ATTACK: Order = Order::ATTACK;

    fn told(from: usize, to: usize, of: Order, say: Order) -> Lie<Relay<Order>> {
        let from = General::new(from);
        let round = if from.is_commander() { 1 } else { 2 };
        let path = if round == 1 { Path::root() } else { Path::root().then(from) };
        let relay = |value| Relay { path, value };
        let edit = Edit::Instead { of: relay(of), say: relay(say) };
        Lie { wire: Wire { round, from, to: General::new(to) }, edit }
    }

    fn attack(n: usize, traitors: &[usize], lies: &[Lie<Relay<Order>>]) -> AttackOn<OralMessages> {
        let traitors = traitors.iter().map(|id| General::new(*id)).collect();
        let inputs = BTreeMap::from([(General::COMMANDER, ATTACK)]);
        AttackOn::<OralMessages> { lies: lies.to_vec(), ..Attack::new(n, traitors, inputs) }
    }

    /// Lies that are not needed go, and then traitors who tell none.
    #[test]
    fn literal_in_literal_out() {
        let needed = [told(1, 2, ATTACK, RETREAT)];
        let with_idle = [&[told(1, 2, RETREAT, ATTACK)], &needed[..]].concat();
        let two = [told(0, 2, ATTACK, RETREAT), told(1, 4, ATTACK, RETREAT)];
        let many = [&two[..], &[told(1, 2, ATTACK, RETREAT)]].concat();
        let cases = [
            (attack(3, &[1], &with_idle), attack(3, &[1], &needed)),
            (attack(3, &[1], &needed), attack(3, &[1], &needed)),
            (attack(3, &[1, 0], &needed), attack(3, &[1], &needed)),
            (attack(5, &[0, 1], &many), attack(5, &[0, 1], &two)),
        ];
        for (before, after) in cases {
            let protocol = OralMessages::new(1);
            let numbered = Numbered::new(&protocol);
            let terms = numbered.terms(&before.graph, true).unwrap();
            let progress = Progress::new();
            let space = Space::new(&numbered, &terms, Adversary::byzantine(2), &progress);
            let space = space.unwrap().unwrap();
            let shrunk = shrunk(&space, numbered.number_attack(&before), &progress);
            let attack = numbered.attack(&shrunk.attack);
            assert_eq!((attack, shrunk.size), (after, Size::LocallyMinimal));
        }
    }
}
