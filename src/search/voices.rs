//! What each general says in a round, and which signatures it shows by that: it hangs on its state
//! alone, so it is asked once.

use std::sync::Arc;

use super::end::EndOf;
use super::ground::{Book, Global, Ground, Hand};
use crate::general::General;
use crate::protocol::Round;
use crate::testable::{Testable, Wire};

/// What one general says in one round.
pub(super) struct Voice<M> {
    /// To each of all generals; nothing where there is no edge.
    pub says: Vec<Option<Vec<M>>>,
    /// The signatures in that, if it is loyal, and where they are shown.
    pub shows: Vec<(Wire, u32)>,
}

/// What each general says, if it is followed.
pub(super) type VoicesOf<M> = Vec<Option<Arc<Voice<M>>>>;

impl<P: Testable> Ground<'_, P> {
    /// What is said in a round that begins in this global state.
    pub fn voices(
        &self,
        book: &Book<P>,
        hand: &mut Hand<'_, P>,
        round: Round,
        global: &Global,
    ) -> Result<VoicesOf<P::Message>, EndOf<P>> {
        let Hand { protocol, memory, .. } = hand;
        let voice = |from: General| {
            if !self.followed.contains(from) {
                return Ok(None);
            }
            let key = (round, from, global.states[from.id()]);
            if let Some(known) = memory.voices.get(&key) {
                return Ok(Some(known.clone()));
            }
            let state = book.state(global, from);
            let speaks = |to| self.space.terms.graph.has_edge(from, to);
            let send = |to| speaks(to).then(|| protocol.send(from, state, round, to)).transpose();
            let says = self.everybody().map(send).collect::<Result<Vec<_>, _>>()?;
            let voice = Arc::new(self.voice(round, from, says)?);
            memory.make_room();
            memory.voices.insert(key, voice.clone());
            Ok(Some(voice))
        };
        self.everybody().map(voice).collect()
    }

    /// What a loyal one says to anybody, a traitor or not, must be in the repertoire.
    fn voice(
        &self,
        round: Round,
        from: General,
        says: Vec<Option<Vec<P::Message>>>,
    ) -> Result<Voice<P::Message>, EndOf<P>> {
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
        Ok(Voice { says, shows })
    }
}
