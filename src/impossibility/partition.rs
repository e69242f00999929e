//! The partition of Dwork, Lynch and Stockmeyer ("Consensus in the presence of partial synchrony", J. ACM 35(2), 1988,
//! section 4), for event-driven protocols: there are two sides, and all mail between them is late until both have
//! decided.
//!
//! Consider a side alone, where the generals it does not hear have crashed. It cannot know whether they will ever
//! speak, so it must decide what it was given. In the world that both sides share nobody has crashed, but each side
//! sees what it saw alone. So the sides decide differently. The generals who talk to both sides are the traitors of
//! the shared world: they show each side what it saw of them when alone. For that they need only their own signatures
//! and those of the side they are talking to, so it makes no difference whether messages are signed.
//!
//! In a broadcast the commander is one of those traitors. When a side is alone he is loyal, it hears him, and it must
//! decide as he orders. (If he belonged to one side he would be silent to the other, which then need not decide.)
//!
//! If a graph is cut by 2f generals, the sides need not be small. One half of the cut has crashed where a side is
//! alone, and its mail is late where both sides are present. The other half lies, and may lack signatures of the other
//! side for that. If f generals are enough for a cut, all of it is late, and nobody lies.

mod alone;
mod shared;
mod sides;

use self::alone::Alone;
pub(crate) use self::sides::Partition;
use self::sides::Planner;
use super::argument::{Argument, Conclusion, Construction, NumberedArgument};
use super::covering::Double;
use super::world::{Needed, NumberedWorld, World, must};
use crate::execution::{Execution, Forgeries, NumberedExecution, obeyed_into, sent_in_honest_run};
use crate::fault::{Call, Fault, FaultKind};
use crate::general::{General, Generals};
use crate::machine::{MessageId, NumberedAttack, Terms, ValueId, Worker, fits};
use crate::protocol::Round;
use crate::search::progress::Progress;

/// Builds the argument against a protocol. If nobody on a side ever decides alone, and nobody has to, there is no
/// argument: the error is the set of generals whom that side does not hear. (It is also an error if only some
/// properties are asked for, and no world violates one of them.)
pub(crate) fn argue(
    worker: &mut Worker<'_>,
    terms: &Terms,
    partition: Partition,
    values: [ValueId; 2],
    progress: &Progress,
) -> Result<NumberedArgument, Generals> {
    let planner = Planner { terms, partition, values };
    let mut player = Worker::new(worker.machine(), terms, Generals::NONE);
    let alone = planner.alone(&mut player)?;
    let faulty = alone.iter().position(|alone| alone.execution.fault.is_some());
    let until = alone.iter().map(Alone::until).max().unwrap_or_default();
    let mut planned = Vec::new();
    for (side, Alone { attack, execution, .. }) in alone.iter().enumerate() {
        let loyal = terms.graph.everybody().minus(attack.traitors);
        let loyal = loyal.iter().map(|general| Double { general, layer: side }).collect();
        planned.push((loyal, attack.clone(), execution, None));
    }
    let mut shared = NumberedExecution::default();
    match faulty {
        // If a side misbehaves alone, that is already a finding, and the shared world is not needed.
        Some(side) => planned = vec![planned.swap_remove(side)],
        None => {
            let (attack, forgery) = planner.shared(&mut player, &alone, until, &mut shared);
            let loyal = terms.graph.everybody().minus(attack.traitors);
            let layer = |general| partition.side_of(general).unwrap_or(0);
            let loyal = loyal.iter().map(|general| Double { general, layer: layer(general) });
            let loyal = loyal.collect();
            planned.insert(1, (loyal, attack, &shared, forgery));
        }
    }
    let share = 1.0 / planned.len() as f64;
    let mut undetermined = None;
    let mut worlds = Vec::new();
    for (loyal, attack, plan, forgery) in planned {
        let world = confirmed(worker, terms, loyal, attack, forgery);
        undetermined = undetermined.or_else(|| difference(plan, &world.execution, until));
        worlds.push(world);
        progress.worked(1);
        progress.covered(share);
    }
    let conclusion = match Conclusion::of(&worlds, undetermined) {
        Some(conclusion) => conclusion,
        None if terms.asked.left_out().next().is_some() => return Err(partition.unheard[0]),
        None => panic!("bug in turncoat: both sides decide alone, and agree"),
    };
    let (theorem, groups, until) = (Construction::Partition, partition.groups(), Some(until));
    Ok(Argument { theorem, groups, values, worlds, until, conclusion })
}

/// A world, confirmed by the simulator.
fn confirmed(
    worker: &mut Worker<'_>,
    terms: &Terms,
    loyal: Vec<Double>,
    attack: NumberedAttack,
    forgery: Option<Needed<MessageId>>,
) -> NumberedWorld {
    let machine = worker.machine();
    if let Err(misfit) = fits(machine, terms, &attack) {
        panic!("bug in turncoat: an attack made for a protocol is refused: {misfit}");
    }
    let forgeries = Forgeries::default();
    let label = |wire, message| forgeries.label(machine, terms, wire, message);
    let mut execution = Execution::recording();
    obeyed_into(worker, terms, &attack, &label, &mut execution);
    execution.honest_messages = sent_in_honest_run(machine, terms, &attack.inputs);
    let must = must(terms, &attack);
    World { loyal, must, attack, execution, forgery, stand_ins: 0 }
}

/// A fault, if an execution differs from its plan up to this wave: then the protocol is not deterministic.
fn difference(
    planned: &NumberedExecution,
    confirmed: &NumberedExecution,
    until: Round,
) -> Option<Fault> {
    let plain = planned.fault.is_none() && confirmed.fault.is_none();
    let [one, other] = [planned, confirmed].map(|run| {
        let deliveries = run.deliveries.iter();
        deliveries.take_while(|delivery| delivery.wire.round <= until)
    });
    if !plain || one.eq(other) {
        return None;
    }
    let [planned, confirmed] =
        [planned, confirmed].map(|run| format!("{} messages", run.messages()));
    let kind = FaultKind::Undetermined(planned, confirmed);
    Some(Fault { general: General::COMMANDER, call: Call::Whole, kind })
}
