//! Whether an attack makes sense for a protocol.

use rustc_hash::FxHashMap;

use super::{Machine, NumberedAttack, Terms};
use crate::adversary::FaultClass;
use crate::attack::{Attack, Edit, Item, Misfit, Twin};
use crate::general::Generals;
use crate::outcome::Task;
use crate::protocol::events::{FACES, OwnEvent};
use crate::schedule::Happening;
use crate::testable::Wire;

/// The most lies and schedule changes on one wire in one round.
const MOST_ON_WIRE: usize = 1 << 14;

/// Whether an attack makes sense: everybody it names exists, only traitors are faulty, and only as their fault class
/// allows, in rounds that exist, and everybody who needs an input has one of the values.
pub(crate) fn fits(
    machine: &dyn Machine,
    terms: &Terms,
    attack: &NumberedAttack,
) -> Result<(), Misfit> {
    let n = attack.n();
    if n != terms.n() {
        return Err(Misfit::Generals { n, expected: terms.n() });
    } else if attack.graph != terms.graph {
        let (graph, expected) = (attack.graph.clone(), terms.graph.clone());
        return Err(Misfit::Graph { graph, expected });
    }
    let named = attack.inputs.keys().copied().chain(attack.traitors.iter());
    if let Some(general) = named.into_iter().find(|general| general.id() >= n) {
        return Err(Misfit::NotThere { general: general.id(), n });
    }
    let mut given = attack.inputs.keys();
    if let Some(general) = given.find(|general| !terms.inputs.contains(**general)) {
        let (general, with) = (general.id(), terms.inputs);
        return Err(Misfit::InputOfAnother { general, with });
    }
    let given: Generals = attack.inputs.keys().copied().collect();
    if let Some(general) = terms.inputs.minus(given).iter().next() {
        let name = match terms.task {
            Task::Broadcast => format!("{general}, {},", general.id()),
            Task::Consensus => terms.task.name(general),
        };
        return Err(Misfit::NoInput(name));
    }
    if let Some(value) = attack.inputs.values().find(|value| !terms.has(**value)) {
        let values = terms.values.iter().map(|value| machine.show_value(*value));
        let values = format!("[{}]", values.collect::<Vec<_>>().join(", "));
        return Err(Misfit::Value { value: machine.show_value(*value), values });
    }
    crowds_no_wire(attack)?;
    for (index, lie) in attack.lies.iter().enumerate() {
        let (item, from) = (Item::Lie(index + 1), lie.wire.from);
        is_wire(item, lie.wire, terms)?;
        if !attack.traitors.contains(from) {
            return Err(Misfit::LoyalLiar { item, general: from.id() });
        } else if !may_tell(attack.faults, &lie.edit) {
            return Err(Misfit::OtherFault { item, faults: attack.faults });
        }
    }
    for (index, shift) in attack.schedule.iter().enumerate() {
        is_wire(Item::Shift(index + 1), shift.wire, terms)?;
    }
    for (index, crash) in attack.crashes.iter().enumerate() {
        let item = Item::Crash(index + 1);
        if crash.general.id() >= n {
            return Err(Misfit::ItemNotThere { item, general: crash.general.id(), n });
        }
        let others = terms.graph.neighbours(crash.general).iter();
        for to in crash.reaches.iter().chain(others.take(1)) {
            is_wire(item, Wire { round: crash.round, from: crash.general, to }, terms)?;
        }
        if !attack.traitors.contains(crash.general) {
            return Err(Misfit::LoyalLiar { item, general: crash.general.id() });
        } else if attack.faults != FaultClass::Crash {
            return Err(Misfit::OtherFault { item, faults: attack.faults });
        } else if attack.crashes[..index].iter().any(|other| other.general == crash.general) {
            return Err(Misfit::CrashedAgain { item, general: crash.general.id() });
        }
    }
    for (index, happening) in attack.happenings.iter().enumerate() {
        let item = Item::Happening(index + 1);
        let Happening { wave, general, event } = *happening;
        if !terms.in_waves {
            return Err(Misfit::NoEvents { item });
        } else if general.id() >= n {
            return Err(Misfit::ItemNotThere { item, general: general.id(), n });
        } else if wave == 0 || wave > terms.rounds {
            return Err(Misfit::Wave { item, wave, waves: terms.rounds });
        } else if matches!(event, OwnEvent::Shows(_, face) if !FACES.contains(&face)) {
            return Err(Misfit::NoFace { item, event });
        } else if terms.opaque && event == OwnEvent::Restarts {
            return Err(Misfit::NodeRestarts { item });
        }
    }
    if let Some(lasso) = &attack.lasso {
        let (wave, waves) = (lasso.last_wave(), terms.rounds);
        if !terms.phased {
            return Err(Misfit::NoPhases);
        } else if let Some(fault) = lasso.fault() {
            return Err(Misfit::Lasso(fault));
        } else if wave > waves {
            return Err(Misfit::LassoWave { wave, waves });
        }
    }
    for (index, Twin { general, input, to }) in attack.twins.iter().enumerate() {
        let (item, id) = (Item::Twin(index + 1), general.id());
        if let Some(absent) = to.with(*general).iter().find(|general| general.id() >= n) {
            return Err(Misfit::ItemNotThere { item, general: absent.id(), n });
        } else if to.contains(*general) {
            return Err(Misfit::LieToSelf { item, general: id });
        } else if let Some(far) = to.minus(terms.graph.neighbours(*general)).iter().next() {
            return Err(Misfit::NoEdge { item, from: id, to: far.id() });
        }
        let before = attack.twins[..index].iter().filter(|other| other.general == *general);
        let unheard = before.fold(*to, |left, other| left.minus(other.to));
        if unheard.is_empty() {
            return Err(Misfit::TwinToNobody { item, general: id });
        } else if !attack.traitors.contains(*general) {
            return Err(Misfit::LoyalLiar { item, general: id });
        } else if !attack.faults.is_byzantine() {
            return Err(Misfit::OtherFault { item, faults: attack.faults });
        } else if input.is_none() && terms.inputs.contains(*general) {
            return Err(Misfit::TwinWithoutInput { item, general: id });
        } else if input.is_some() != terms.inputs.contains(*general)
            || input.is_some_and(|input| !terms.has(input))
        {
            let value = input.map_or("nothing".to_owned(), |input| machine.show_value(input));
            return Err(Misfit::TwinInput { item, general: id, value });
        }
    }
    Ok(())
}

/// Whether no wire has too many lies: each one is looked up among everything that is said on its wire.
fn crowds_no_wire(attack: &NumberedAttack) -> Result<(), Misfit> {
    let Attack { lies, schedule, .. } = attack;
    if lies.len() + schedule.len() <= MOST_ON_WIRE {
        return Ok(());
    }
    let lies = lies.iter().enumerate().map(|(index, lie)| (Item::Lie(index + 1), lie.wire));
    let shifts = schedule.iter().enumerate();
    let shifts = shifts.map(|(index, shift)| (Item::Shift(index + 1), shift.wire));
    let mut on_wire = FxHashMap::<Wire, usize>::default();
    for (item, wire) in lies.chain(shifts) {
        let here = on_wire.entry(wire).or_default();
        *here += 1;
        if *here > MOST_ON_WIRE {
            let (Wire { round, from, to }, most) = (wire, MOST_ON_WIRE);
            return Err(Misfit::Crowded { item, round, from: from.id(), to: to.id(), most });
        }
    }
    Ok(())
}

/// Whether a part of an attack names a wire that exists.
fn is_wire(item: Item, wire: Wire, terms: &Terms) -> Result<(), Misfit> {
    let (Terms { graph, rounds, .. }, Wire { round, from, to }) = (terms, wire);
    if let Some(general) = [from, to].into_iter().find(|end| end.id() >= graph.n()) {
        return Err(Misfit::ItemNotThere { item, general: general.id(), n: graph.n() });
    } else if from == to {
        return Err(Misfit::LieToSelf { item, general: from.id() });
    } else if !graph.has_edge(from, to) {
        return Err(Misfit::NoEdge { item, from: from.id(), to: to.id() });
    } else if round == 0 || round > *rounds {
        if terms.in_waves {
            return Err(Misfit::Wave { item, wave: round, waves: *rounds });
        }
        return Err(Misfit::Round { item, round, rounds: *rounds });
    }
    Ok(())
}

/// Whether traitors of this fault class may change what they send in this way.
fn may_tell<M>(faults: FaultClass, edit: &Edit<M>) -> bool {
    match faults {
        FaultClass::Byzantine => true,
        FaultClass::SendOmission => matches!(edit, Edit::Withhold(_)),
        FaultClass::Crash | FaultClass::ReceiveOmission => false,
    }
}
