//! An enemy that does what is written in an attack, and what comes of that.

use itertools::Itertools;

use super::simulate::{Eavesdropper, Enemy, Labels, Roles, simulate_into};
use super::{Execution, ExecutionOf, Sent};
use crate::attack::{AttackOn, Item, Lie};
use crate::fault::{Call, Fault, Guarded, agree};
use crate::general::General;
use crate::protocol::{Plain, Round};
use crate::schedule::Shift;
use crate::signature::Signed;
use crate::testable::{Terms, Testable, Wire};

/// Runs a protocol under an attack that fits it so many times, each call twice: all must go alike.
pub(crate) fn replayed<P: Testable>(
    protocol: &P,
    terms: &Terms<P::Value>,
    attack: &AttackOn<P>,
    labels: &Labels<'_, P::Message>,
    times: usize,
) -> ExecutionOf<P> {
    let protocol = Guarded::new(protocol, &terms.values, attack.traitors).thorough();
    let mut once = obeyed(&protocol, terms, attack, labels);
    let others = (1..times).map(|_| obeyed(&protocol, terms, attack, labels));
    let different = others.into_iter().find_map(|again| alike(&once, &again).err());
    once.fault = different.or(once.fault);
    once
}

/// Whether two executions under one attack are the same: else the first call that differed.
fn alike<V: Plain, M: Plain, S: Plain>(
    once: &Execution<V, M, S>,
    again: &Execution<V, M, S>,
) -> Result<(), Fault> {
    let whole = |kind| Fault { general: General::COMMANDER, call: Call::Whole, kind };
    agree(&once.fault, &again.fault).map_err(whole)?;
    agree(&once.deliveries.len(), &again.deliveries.len()).map_err(whole)?;
    let last = once.deliveries.last().map_or(1, |delivery| delivery.wire.round);
    for (one, other) in once.deliveries.iter().zip(&again.deliveries) {
        let Wire { round, from: general, .. } = one.wire;
        agree(&one, &other).map_err(|kind| Fault { general, call: Call::Send(round), kind })?;
    }
    for (id, (one, other)) in once.states.iter().zip(&again.states).enumerate() {
        let (general, call) = (General::new(id), Call::Receive(last));
        agree(one, other).map_err(|kind| Fault { general, call, kind })?;
    }
    for (id, (one, other)) in once.decisions.iter().zip(&again.decisions).enumerate() {
        let (general, call) = (General::new(id), Call::Decide);
        agree(one, other).map_err(|kind| Fault { general, call, kind })?;
    }
    Ok(())
}

/// Runs a protocol under an attack that fits it.
pub(crate) fn obeyed<P: Testable>(
    protocol: &Guarded<'_, P>,
    terms: &Terms<P::Value>,
    attack: &AttackOn<P>,
    labels: &Labels<'_, P::Message>,
) -> ExecutionOf<P> {
    let mut execution = Execution::not_begun();
    obeyed_into(protocol, terms, attack, labels, &mut execution);
    execution
}

/// The same, put in the place of another execution, whatever that was of.
pub(super) fn obeyed_into<P: Testable>(
    protocol: &Guarded<'_, P>,
    terms: &Terms<P::Value>,
    attack: &AttackOn<P>,
    labels: &Labels<'_, P::Message>,
    execution: &mut ExecutionOf<P>,
) {
    let mut enemy = Written::new(protocol, attack);
    simulate_into(protocol, terms, Roles::of(attack), &mut enemy, labels, execution);
    let Written { mut idle, mut lacking, unshifted, .. } = enemy;
    idle.sort_unstable();
    lacking.sort_unstable();
    let unshifted = unshifted.iter().positions(|unshifted| *unshifted);
    execution.idle.extend(idle.into_iter().map(|index| Item::Lie(index + 1)));
    execution.idle.extend(unshifted.map(|index| Item::Shift(index + 1)));
    execution.lacking = lacking;
}

/// An enemy that does what is written in an attack.
pub(super) struct Written<'a, P: Testable> {
    protocol: &'a Guarded<'a, P>,
    attack: &'a AttackOn<P>,
    /// The places of its lies, in the order of their wires: so it is asked after them.
    by_wire: Vec<usize>,
    /// How many of those are dealt with.
    told: usize,
    /// The lies that changed nothing, by place.
    idle: Vec<usize>,
    /// The lies that could not be told, by place.
    lacking: Vec<(usize, Signed)>,
    /// Which shifts have changed nothing so far.
    unshifted: Vec<bool>,
}

impl<'a, P: Testable> Written<'a, P> {
    pub fn new(protocol: &'a Guarded<'a, P>, attack: &'a AttackOn<P>) -> Written<'a, P> {
        let unshifted = vec![true; attack.schedule.len()];
        let (idle, lacking) = (Vec::new(), Vec::new());
        let by_wire = (0..attack.lies.len()).sorted_by_key(|lie| attack.lies[*lie].wire).collect();
        Written { protocol, attack, by_wire, told: 0, idle, lacking, unshifted }
    }

    /// The place of the next lie, if it is told before anything is said on a wire that comes after
    /// this one.
    fn next_until(&mut self, wire: Wire) -> Option<usize> {
        let next = self.by_wire.get(self.told).copied();
        let next = next.filter(|lie| self.attack.lies[*lie].wire <= wire)?;
        self.told += 1;
        Some(next)
    }
}

impl<P: Testable> Enemy<P> for Written<'_, P> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[P::Message],
        overhears: &Eavesdropper<'_, P>,
    ) -> Option<Vec<P::Message>> {
        if self.attack.crashes.iter().any(|crash| crash.silences(wire)) {
            return Some(Vec::new());
        }
        let mut tale: Option<Vec<_>> = None;
        while let Some(index) = self.next_until(wire) {
            let Lie { wire: on, edit } = &self.attack.lies[index];
            if *on != wire {
                continue; // Nobody speaks there.
            }
            let needed = edit.said().map(|message| self.protocol.signatures(message));
            let needed = needed.unwrap_or_default();
            if let Some(missing) = overhears.lacks(&needed) {
                self.lacking.push((index, missing.clone()));
            } else if !edit.apply(tale.get_or_insert_with(|| honest.to_vec())) {
                self.idle.push(index);
            }
        }
        if let Some(tale) = &mut tale {
            tale.sort_unstable();
        }
        tale
    }

    fn shifts(&mut self, round: Round, _: Sent<'_, P::Message>) -> Vec<(usize, Shift<P::Message>)> {
        let shifts = self.attack.schedule.iter().cloned().enumerate();
        shifts.filter(|(_, shift)| shift.wire.round == round).collect()
    }

    fn shifted(&mut self, applied: &[usize]) {
        applied.iter().for_each(|number| self.unshifted[*number] = false);
    }
}
