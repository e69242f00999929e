//! Copies of traitors: each plays a loyal general that has its own input and hears some of the others. A traitor who
//! shows one copy to some and another to the rest is two-faced, as in the proofs that no protocol exists among too few
//! generals (Fischer, Lynch, Merritt 1986).

use rand::RngExt;
use rand::seq::IteratorRandom;

use super::Dice;
use super::lateness::RandomEvents;
use crate::execution::Sent;
use crate::execution::twins::heard;
use crate::general::{General, Generals};
use crate::machine::{MessageId, Said, StateId, ValueId, Worker};
use crate::protocol::events::OwnEvent;
use crate::protocol::{Round, Seat};
use crate::search::choices::space::Space;

/// The loyal general that a traitor plays towards some of the others.
#[derive(Clone, Debug)]
pub(super) struct CopyPlan {
    traitor: General,
    input: Option<ValueId>,
    /// Whom it hears.
    hears: Generals,
}

impl CopyPlan {
    /// Two copies of one traitor, with different inputs if it has an input; the second copy is shown to these others.
    /// Each copy hears either everybody, or only those to whom it is shown and the traitors. The latter is always so if
    /// the copies would otherwise be the same.
    pub fn two(
        space: &Space<'_>,
        traitor: General,
        others: Generals,
        traitors: Generals,
        rng: &mut Dice,
    ) -> [CopyPlan; 2] {
        let given = space.terms.inputs.contains(traitor);
        let values = if given { space.terms.inputs_of(traitor) } else { &[] };
        let input = values.iter().choose(rng).copied();
        let another = values.iter().filter(|value| Some(**value) != input).choose(rng).copied();
        let everybody = space.everybody();
        let apart = another.is_none() || rng.random_ratio(1, 2);
        let hears = |rest: Generals| {
            if apart { everybody.minus(rest.minus(traitors)) } else { everybody }
        };
        let copy = |input, rest| CopyPlan { traitor, input, hears: hears(rest) };
        [copy(input, others), copy(another.or(input), everybody.minus(others))]
    }
}

/// The copies that are in use. They have a worker of their own, which numbers their states.
pub(super) struct Copies<'a> {
    worker: Worker<'a>,
    plans: Vec<CopyPlan>,
    states: Vec<Option<StateId>>,
}

impl<'a> Copies<'a> {
    pub fn new(space: &Space<'a>, plans: Vec<CopyPlan>, traitors: Generals) -> Copies<'a> {
        let mut worker = space.worker(traitors);
        worker.make_room();
        let start = |CopyPlan { traitor, input, .. }: &CopyPlan| {
            let started = worker.start(Seat::on(&space.terms.graph, *traitor), *input);
            started.unwrap_or_default()
        };
        let states = plans.iter().map(start).collect();
        Copies { worker, plans, states }
    }

    /// What a copy says.
    pub fn said(&mut self, copy: usize, round: Round, to: General) -> Said {
        let said = self.worker.send(self.plans[copy].traitor, self.states[copy], round, to);
        said.unwrap_or_default()
    }

    /// The copies hear what is sent to them in a wave. At its end coins show their faces, and a copy that hears nothing
    /// has its first timer go off.
    pub fn hear(
        &mut self,
        round: Round,
        sent: &Sent<'_, MessageId>,
        events: &Option<RandomEvents>,
    ) {
        for (plan, state) in self.plans.iter().zip(&mut self.states) {
            let me = plan.traitor;
            let shows = |event| match events {
                Some(events) => events.is_shown(me, event),
                None => matches!(event, OwnEvent::Shows(coin, face) if face == coin.usual()),
            };
            // If the protocol fails for a copy, the copy is silent from then on.
            let heard = heard(&mut self.worker, (me, *state), round, sent, plan.hears, &shows);
            *state = heard.unwrap_or_default();
        }
    }

    pub fn into_worker(self) -> Worker<'a> {
        self.worker
    }
}
