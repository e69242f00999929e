//! What is prepared before a space is searched: what can be said on each wire, and about how much that is.

use rustc_hash::FxHashMap;

use crate::adversary::Adversary;
use crate::general::General;
use crate::machine::{Machine, MessageId, Terms};
use crate::search::progress::Progress;
use crate::testable::{Refusal, Repertoire, Wire};

/// Where there are no more wires than these, what can be said on them is not sampled first.
const FEW_WIRES: usize = 256;

/// About how many messages can be said on all wires, by a sample: the first of each round on which it is
/// not the commander who speaks. None where there are few wires.
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
    // What is said in any round is repeated in each.
    let repeated = if adversary.replays { terms.rounds } else { 1 };
    let strays = if adversary.strays { others + regular * (repeated - 1) } else { 0 };
    (regular + strays) as u64 * terms.wires(1).count() as u64
}

/// To the strays of each wire, what its sender says to its receiver in the slots of any round: a
/// second copy, early, late, or once more.
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

/// What can be said on a wire. Where it is no finding that a forgery counts, one is said like any stray.
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
