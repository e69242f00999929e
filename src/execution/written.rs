//! An enemy that does what an attack says, and the execution that results.

use std::collections::BTreeMap;

use itertools::Itertools;

use super::simulate::{Eavesdropper, Enemy, Labels, Roles, simulate_into};
use super::{Execution, Missing, Sent};
use crate::attack::{Attack, Item, Lasso, Lie};
use crate::execution::NumberedExecution;
use crate::fault::{Call, Fault, FaultKind};
use crate::general::{General, Generals};
use crate::machine::{Machine, MessageId, NumberedAttack, StateId, Terms, ValueId, Worker, fits};
use crate::protocol::Round;
use crate::protocol::events::{Coin, Face, OwnEvent};
use crate::schedule::{Happening, Shift, crashed, face};
use crate::testable::Wire;

/// Runs a protocol `times` times under an attack that fits it, the first time with each call made twice. All runs
/// must go alike. The first keeps its history. The states are those of the returned worker.
pub(crate) fn replayed<'a>(
    machine: &'a dyn Machine,
    terms: &'a Terms,
    attack: &NumberedAttack,
    labels: &Labels<'_>,
    times: usize,
) -> (NumberedExecution, Worker<'a>) {
    let mut worker = Worker::new(machine, terms, attack.traitors).thorough();
    let mut once = Execution::recording();
    obeyed_into(&mut worker, terms, attack, labels, &mut once);
    worker.ask_once();
    let mut again = Execution::default();
    // A protocol that contradicts itself when it is asked twice need not do so when it is asked once.
    let times = if once.is_undetermined() { 1 } else { times };
    let different = (1..times).find_map(|_| {
        obeyed_into(&mut worker, terms, attack, labels, &mut again);
        difference(&worker, &once, &again)
    });
    once.fault = different.or(once.fault);
    worker.traitors = Generals::NONE;
    once.honest_messages = sent_honestly(&mut worker, terms, &attack.inputs);
    (once, worker)
}

/// How many messages the fault-free run with these inputs sends; nothing if the protocol cannot be run so, or
/// misbehaves.
pub(crate) fn sent_in_honest_run(
    machine: &dyn Machine,
    terms: &Terms,
    inputs: &BTreeMap<General, ValueId>,
) -> Option<usize> {
    sent_honestly(&mut Worker::new(machine, terms, Generals::NONE), terms, inputs)
}

/// The same, by a given worker, which must have no traitors.
fn sent_honestly(
    worker: &mut Worker<'_>,
    terms: &Terms,
    inputs: &BTreeMap<General, ValueId>,
) -> Option<usize> {
    let honest: NumberedAttack = Attack::new(&terms.graph, Generals::NONE, inputs.clone());
    fits(worker.machine(), terms, &honest).ok()?;
    let execution = obeyed(worker, terms, &honest, &|_, _| None);
    execution.fault.is_none().then(|| execution.messages())
}

/// The first call that differed between two executions under one attack, if any did.
fn difference(
    worker: &Worker<'_>,
    once: &NumberedExecution,
    again: &NumberedExecution,
) -> Option<Fault> {
    let differ = |general, call, one: String, other: String| {
        Some(Fault { general, call, kind: FaultKind::Undetermined(one, other) })
    };
    if once.fault != again.fault {
        let [one, other] = [once, again].map(|run| format!("{:?}", run.fault));
        return differ(General::COMMANDER, Call::Whole, one, other);
    }
    let lengths = [once, again].map(|run| run.deliveries.len());
    if lengths[0] != lengths[1] {
        let [one, other] = lengths.map(|length| length.to_string());
        return differ(General::COMMANDER, Call::Whole, one, other);
    }
    let machine = worker.machine();
    let mut said = once.deliveries.iter().zip(&again.deliveries);
    if let Some((one, other)) = said.find(|(one, other)| one != other) {
        let Wire { round, from, .. } = one.wire;
        let [one, other] = [one, other].map(|sent| machine.show_messages(sent.said));
        return differ(from, Call::Send(round), one, other);
    }
    let mut states = once.states.iter().zip(&again.states);
    if let Some((id, (one, other))) = states.find_position(|(one, other)| one != other) {
        let last = once.deliveries.last().map_or(1, |delivery| delivery.wire.round);
        let show = |state: &Option<StateId>| {
            state.map_or("no state".to_owned(), |state| worker.table.show(state))
        };
        return differ(General::new(id), Call::Receive(last), show(one), show(other));
    }
    let mut decisions = once.decisions.iter().zip(&again.decisions);
    let (id, (one, other)) = decisions.find_position(|(one, other)| one != other)?;
    let [one, other] = [one, other].map(|decision| machine.show_decided(*decision));
    differ(General::new(id), Call::Decide, one, other)
}

/// Runs a protocol under an attack that fits it.
pub(crate) fn obeyed(
    worker: &mut Worker<'_>,
    terms: &Terms,
    attack: &NumberedAttack,
    labels: &Labels<'_>,
) -> NumberedExecution {
    let mut execution = Execution::default();
    obeyed_into(worker, terms, attack, labels, &mut execution);
    execution
}

/// The same, but overwrites `execution` and reuses its memory.
pub(crate) fn obeyed_into(
    worker: &mut Worker<'_>,
    terms: &Terms,
    attack: &NumberedAttack,
    labels: &Labels<'_>,
    execution: &mut NumberedExecution,
) {
    let said = attack.lies.iter().filter(|lie| lie.edit.said().is_some());
    let mut enemy = Written {
        machine: worker.machine(),
        attack,
        opaque: terms.opaque,
        by_wire: (0..attack.lies.len()).sorted_by_key(|lie| attack.lies[*lie].wire).collect(),
        last_said: said.map(|lie| lie.wire.round).max().unwrap_or(0),
        told: 0,
        idle: Vec::new(),
        lacking: Vec::new(),
        unshifted: vec![true; attack.schedule.len()],
        happened: vec![false; attack.happenings.len()],
        said_face: vec![false; attack.happenings.len()],
    };
    simulate_into(worker, terms, Roles::of(attack), &mut enemy, labels, execution);
    let Written { mut idle, mut lacking, unshifted, happened, said_face, .. } = enemy;
    idle.sort_unstable();
    lacking.sort_unstable();
    let unshifted = unshifted.iter().positions(|unshifted| *unshifted);
    execution.idle.extend(idle.into_iter().map(|index| Item::Lie(index + 1)));
    execution.idle.extend(unshifted.map(|index| Item::Shift(index + 1)));
    let idle = happened.iter().zip(said_face).positions(|(happened, said)| !happened && !said);
    execution.idle.extend(idle.map(|index| Item::Happening(index + 1)));
    execution.lacking = lacking;
}

/// An enemy that does what an attack says.
struct Written<'a> {
    machine: &'a dyn Machine,
    attack: &'a NumberedAttack,
    /// Whether messages come from an implementation.
    opaque: bool,
    /// The indices of the lies, sorted by wire, which is the order in which the simulator asks.
    by_wire: Vec<usize>,
    /// The last round in which a lie says something that the protocol would not.
    last_said: Round,
    /// How many of the sorted lies are dealt with.
    told: usize,
    /// The indices of lies that changed nothing.
    idle: Vec<usize>,
    /// The indices of lies that could not be told, each with the reason.
    lacking: Vec<(usize, Missing)>,
    /// Which schedule changes have had no effect so far.
    unshifted: Vec<bool>,
    /// Which of the attack's timers have gone off, and which of its coins have shown their faces.
    happened: Vec<bool>,
    /// Which of them have settled what a common coin shows to the others.
    said_face: Vec<bool>,
}

impl Written<'_> {
    /// Whether a traitor cannot say this message of an implementation, because it has no such message.
    fn is_unsaid(&self, wire: Wire, said: MessageId, overhears: &Eavesdropper<'_>) -> bool {
        let on_menu = || {
            let menu = self.machine.repertoire(self.attack.n(), wire);
            menu.is_ok_and(|menu| menu.messages().any(|message| *message == said))
        };
        self.opaque && !overhears.said().contains(&said) && !on_menu()
    }

    /// The index of the next lie, if its wire is this one or comes before it.
    fn next_until(&mut self, wire: Wire) -> Option<usize> {
        let next = self.by_wire.get(self.told).copied();
        let next = next.filter(|lie| self.attack.lies[*lie].wire <= wire)?;
        self.told += 1;
        Some(next)
    }
}

impl Enemy for Written<'_> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        overhears: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>> {
        if self.attack.crashes.iter().any(|crash| crash.silences(wire)) {
            return Some(Vec::new());
        }
        let mut tale: Option<Vec<_>> = None;
        while let Some(index) = self.next_until(wire) {
            let Lie { wire: on, edit } = &self.attack.lies[index];
            if *on != wire {
                continue; // Nobody speaks there.
            }
            if edit.said().is_some_and(|said| self.is_unsaid(wire, *said, overhears)) {
                self.lacking.push((index, Missing::Unsaid));
                continue;
            }
            let needed = edit.said().map(|message| self.machine.signatures(*message));
            let missing = match needed.transpose() {
                Ok(needed) => {
                    let missing = overhears.lacks(needed.iter().flatten());
                    missing.cloned().map(Missing::Signature)
                }
                Err(refusal) => Some(Missing::Unreadable(refusal.to_string())),
            };
            if let Some(missing) = missing {
                self.lacking.push((index, missing));
            } else if !edit.apply(tale.get_or_insert_with(|| honest.to_vec())) {
                self.idle.push(index);
            }
        }
        if let Some(tale) = &mut tale {
            self.machine.sort(tale);
        }
        tale
    }

    fn shifts(&mut self, round: Round, _: Sent<'_, MessageId>) -> Vec<(usize, Shift<MessageId>)> {
        let shifts = self.attack.schedule.iter().cloned().enumerate();
        shifts.filter(|(_, shift)| shift.wire.round == round).collect()
    }

    fn happening(&mut self, wave: Round, general: General, can: &[OwnEvent]) -> Option<OwnEvent> {
        let Written { attack: Attack { happenings, .. }, happened, .. } = self;
        let mut named = happenings.iter().enumerate().filter(|(place, named)| {
            let here = (named.wave, named.general) == (wave, general);
            let can = named.event == OwnEvent::Restarts || can.contains(&named.event);
            here && !happened[*place] && can
        });
        let (place, named) = named.next()?;
        happened[place] = true;
        Some(named.event)
    }

    fn face(&mut self, wave: Round, general: General, coin: Coin) -> Option<Face> {
        let happenings = &self.attack.happenings;
        let shown = face(happenings, wave, general, coin)?;
        // The first happening that names a common coin settles what it shows, whoever waits for it then.
        let names = |named: &Happening| matches!(named.event, OwnEvent::Shows(it, _) if it == coin);
        let said = happenings.iter().position(names).filter(|_| matches!(coin, Coin::Common(_)));
        said.into_iter().for_each(|place| self.said_face[place] = true);
        Some(shown)
    }

    fn awaits(&self, wave: Round) -> bool {
        self.last_said >= wave || self.attack.happenings.iter().any(|named| named.wave > wave)
    }

    fn crashed(&self, round: Round) -> Generals {
        crashed(&self.attack.crashes, round)
    }

    fn lasso(&self) -> Option<&Lasso> {
        self.attack.lasso.as_ref()
    }

    fn shifted(&mut self, applied: &[usize]) {
        applied.iter().for_each(|number| self.unshifted[*number] = false);
    }
}
