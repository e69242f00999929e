//! The sends of a round: what each general says, and which signatures it shows by that. They depend on
//! its state alone, so they are computed once.

use std::sync::Arc;

use super::context::{GlobalState, RoundContext, Store, Thread};
use crate::general::General;
use crate::machine::Said;
use crate::protocol::Round;
use crate::search::outcome::SearchOutcome;
use crate::testable::Wire;

/// What one general says in one round.
pub(crate) struct Sends {
    /// To each of all generals; nothing where there is no edge.
    pub says: Vec<Option<Said>>,
    /// The signatures in that, if it is loyal, and where they are shown.
    pub shows: Vec<(Wire, u32)>,
}

/// What each general says, if it is followed.
pub(crate) type AllSends = Vec<Option<Arc<Sends>>>;

impl RoundContext<'_> {
    /// What is said in a round that begins in this global state.
    pub fn sends(
        &self,
        store: &Store<'_>,
        thread: &mut Thread<'_>,
        round: Round,
        global: &GlobalState,
    ) -> Result<AllSends, SearchOutcome> {
        thread.make_room();
        let sends = |from: General| {
            if !self.followed.contains(from) {
                return Ok(None);
            }
            let loyal = !self.case.traitors.contains(from);
            let state = thread.adopt(store, global.states[from.id()]);
            let key = state.map(|state| (round, from, loyal, state));
            if let Some(known) = key.and_then(|key| thread.memo.sends.get(&key)) {
                return Ok(Some(known.clone()));
            }
            let speaks = |to| self.space.terms.graph.has_edge(from, to);
            let send =
                |to| speaks(to).then(|| thread.worker.send(from, state, round, to)).transpose();
            let says = self.everybody().map(send).collect::<Result<Vec<_>, _>>()?;
            let sends = Arc::new(self.sent(round, from, says)?);
            if let Some(key) = key {
                thread.memo.sends.insert(key, sends.clone());
            }
            Ok(Some(sends))
        };
        self.everybody().map(sends).collect()
    }

    /// What a loyal one says to anybody, a traitor or not, must be in the repertoire.
    fn sent(
        &self,
        round: Round,
        from: General,
        says: Vec<Option<Said>>,
    ) -> Result<Sends, SearchOutcome> {
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
