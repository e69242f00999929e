//! What is prepared before a space is searched: what can be said on each wire, and about how many messages that is.

use rustc_hash::FxHashMap;

use crate::adversary::Adversary;
use crate::general::General;
use crate::machine::{Machine, MessageId, Terms};
use crate::search::progress::Progress;
use crate::testable::{Refusal, Repertoire, Wire};

/// If there are no more wires than this, the number of messages is not sampled first.
const FEW_WIRES: usize = 256;

/// About how many messages can be said on all wires, from a sample: in each round, the first wire on which the
/// commander is not the speaker. 0 where there are few wires.
pub(super) fn sampled(machine: &dyn Machine, terms: &Terms, adversary: Adversary) -> u64 {
    let n = terms.n();
    if terms.rounds * n * n <= FEW_WIRES {
        return 0;
    }
    let (mut regular, mut others) = (0, 0);
    for round in 1..=terms.rounds {
        let sample = terms.wires(round).find(|wire| wire.from != General::COMMANDER);
        let sample = sample.and_then(|wire| machine.repertoire(n, wire).ok());
        let Some(repertoire) = sample else { continue };
        let slots: usize = repertoire.slots.iter().map(Vec::len).sum();
        regular += slots;
        others += repertoire.messages().count() - slots;
    }
    // What can be said in any round can be replayed in each.
    let repeated = if adversary.replays { terms.rounds } else { 1 };
    let strays = if adversary.strays { others + regular * (repeated - 1) } else { 0 };
    (regular + strays) as u64 * terms.wires(1).count() as u64
}

/// Adds replays to the strays of each wire: whatever its sender can say to its receiver in the slots of any round, as a
/// second copy, early, late, or again.
pub(super) fn add_replays(repertoires: &mut [(Wire, Repertoire<MessageId>)], progress: &Progress) {
    let mut between = FxHashMap::<_, Vec<MessageId>>::default();
    for (Wire { from, to, .. }, repertoire) in repertoires.iter() {
        let said = repertoire.slots.iter().flatten().cloned();
        between.entry((*from, *to)).or_default().extend(said);
    }
    for (Wire { from, to, .. }, repertoire) in repertoires {
        if progress.is_stopped() {
            return;
        }
        repertoire.strays.extend_from_slice(&between[&(*from, *to)]);
    }
}

/// What can be said on a wire. If accepting a forgery is no finding, forgeries are said like any stray.
pub(super) fn prepared(
    machine: &dyn Machine,
    terms: &Terms,
    wire: Wire,
) -> Result<Repertoire<MessageId>, Refusal> {
    let mut repertoire = machine.repertoire(terms.n(), wire)?;
    if !terms.asked.forgeries {
        let forgeries = std::mem::take(&mut repertoire.forgeries).into_iter();
        repertoire.strays.extend(forgeries.map(|forgery| forgery.message));
    }
    Ok(repertoire)
}
