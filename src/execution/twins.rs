//! Traitors' second nodes at work: see [`Twin`].

use super::Sent;
use crate::attack::Twin;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::machine::{Caught, MessageId, Said, StateId, ValueId, Worker};
use crate::protocol::events::OwnEvent;
use crate::protocol::{Round, Seat};

/// The twins of an execution and their states.
pub(super) struct Twins<'a> {
    twins: &'a [Twin<ValueId>],
    states: Vec<Option<StateId>>,
}

impl<'a> Twins<'a> {
    pub fn new(twins: &'a [Twin<ValueId>], graph: &Graph, worker: &mut Worker<'_>) -> Twins<'a> {
        let mut start = |Twin { general, input, .. }: &Twin<ValueId>| {
            worker.start(Seat::on(graph, *general), *input).unwrap_or_default()
        };
        Twins { twins, states: twins.iter().map(&mut start).collect() }
    }

    /// What a twin says to a general in place of the first node, if a twin speaks to that general.
    pub fn said(
        &self,
        worker: &mut Worker<'_>,
        from: General,
        round: Round,
        to: General,
    ) -> Option<Said> {
        let speaks = |twin: &Twin<ValueId>| twin.general == from && twin.to.contains(to);
        let twin = self.twins.iter().position(speaks)?;
        Some(worker.send(from, self.states[twin], round, to).unwrap_or_default())
    }

    /// Delivers to the twins what is sent to them in a round.
    pub fn hear(&mut self, worker: &mut Worker<'_>, round: Round, sent: &Sent<'_, MessageId>) {
        for (twin, state) in self.twins.iter().zip(&mut self.states) {
            let all = Generals::first(Generals::MAX);
            let shows =
                |event| matches!(event, OwnEvent::Shows(coin, face) if face == coin.usual());
            // A twin in which the protocol commits a fault is silent from then on.
            let heard = heard(worker, (twin.general, *state), round, sent, all, &shows);
            *state = heard.unwrap_or_default();
        }
    }

    /// Whether no twin is about to send anything.
    pub fn are_silent(&self, worker: &mut Worker<'_>) -> bool {
        let mut all = self.twins.iter().zip(&self.states);
        all.all(|(twin, state)| worker.is_silent(twin.general, *state).unwrap_or(true))
    }
}

/// A general's second node hears what those in `hears` send to it in a round. Then its coins show the faces that
/// `shows` accepts, and if it heard nothing, its first timer goes off.
pub(crate) fn heard(
    worker: &mut Worker<'_>,
    (me, mut state): (General, Option<StateId>),
    round: Round,
    sent: &Sent<'_, MessageId>,
    hears: Generals,
    shows: &dyn Fn(OwnEvent) -> bool,
) -> Caught<Option<StateId>> {
    let mut quiet = true;
    for delivery in sent.clone().filter(|delivery| delivery.wire.to == me) {
        let from = delivery.wire.from;
        if hears.contains(from) {
            quiet = false;
            state = worker.receive_all(me, state, round, &[(from, delivery.said)])?;
        }
    }
    state = worker.end_round(me, state, round)?;
    let pending = worker.pending(me, state)?;
    let timer = |event: &&OwnEvent| matches!(event, OwnEvent::GoesOff(_));
    let timer = pending.iter().filter(timer).min().filter(|_| quiet);
    let shown = pending.iter().filter(|event| shows(**event));
    for event in shown.chain(timer) {
        state = worker.happens(me, state, *event)?;
    }
    Ok(state)
}
