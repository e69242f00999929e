//! The sends of a round: what each general says, and which signatures it shows by that. They depend on
//! its state alone, so they are computed once.

use std::sync::Arc;

use super::context::{GlobalState, Interner, RoundContext, Worker};
use crate::general::General;
use crate::protocol::Round;
use crate::search::outcome::SearchOutcomeOf;
use crate::testable::{Testable, Wire};

/// What one general says in one round.
pub(crate) struct Sends<M> {
    /// To each of all generals; nothing where there is no edge.
    pub says: Vec<Option<Vec<M>>>,
    /// The signatures in that, if it is loyal, and where they are shown.
    pub shows: Vec<(Wire, u32)>,
}

/// What each general says, if it is followed.
pub(crate) type SendsOf<M> = Vec<Option<Arc<Sends<M>>>>;

impl<P: Testable> RoundContext<'_, P> {
    /// What is said in a round that begins in this global state.
    pub fn sends(
        &self,
        interner: &Interner<P>,
        worker: &mut Worker<'_, P>,
        round: Round,
        global: &GlobalState,
    ) -> Result<SendsOf<P::Message>, SearchOutcomeOf<P>> {
        let Worker { protocol, memo, .. } = worker;
        let sends_of = |from: General| {
            if !self.followed.contains(from) {
                return Ok(None);
            }
            let key = (round, from, global.states[from.id()]);
            if let Some(known) = memo.sends.get(&key) {
                return Ok(Some(known.clone()));
            }
            let state = interner.state(global, from);
            let speaks = |to| self.space.terms.graph.has_edge(from, to);
            let send = |to| speaks(to).then(|| protocol.send(from, state, round, to)).transpose();
            let says = self.everybody().map(send).collect::<Result<Vec<_>, _>>()?;
            let sends = Arc::new(self.checked(round, from, says)?);
            memo.make_room();
            memo.sends.insert(key, sends.clone());
            Ok(Some(sends))
        };
        self.everybody().map(sends_of).collect()
    }

    /// What a loyal one says to anybody, a traitor or not, must be in the repertoire.
    fn checked(
        &self,
        round: Round,
        from: General,
        says: Vec<Option<Vec<P::Message>>>,
    ) -> Result<Sends<P::Message>, SearchOutcomeOf<P>> {
        let mut shows = Vec::new();
        let loyal = !self.case.traitors.contains(from);
        for (to, said) in self.everybody().zip(&says).filter(|_| loyal) {
            let wire = Wire { round, from, to };
            let Some(said) = said else { continue };
            self.space.describes(wire, said)?;
            for message in said.iter().filter(|_| self.space.is_signed()) {
                let numbers = self.space.signatures_in(wire, message);
                shows.extend(numbers.iter().map(|number| (wire, *number)));
            }
        }
        Ok(Sends { says, shows })
    }
}
