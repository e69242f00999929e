//! Messages that were heard with other lists of signatures: what a traitor could make of a chain or a
//! certificate, where the protocol's author has not said what it could say.

use indexmap::IndexSet;
use itertools::Itertools;
use rustc_hash::FxBuildHasher;

use crate::machine::{Machine, MessageId};
use crate::testable::wrong_lists;

/// The most messages whose lists are put together anew.
const MESSAGES: usize = 64;

/// The most messages that are made so.
const MADE: usize = 256;

/// What can be made so of these messages among n generals, and is none of them: some of each, if it is much.
pub(super) fn relisted(machine: &dyn Machine, n: usize, heard: &[MessageId]) -> Vec<MessageId> {
    let signers = |message: &MessageId| {
        let seals = machine.seals(*message).unwrap_or_default();
        seals.into_iter().map(|seal| seal.by).collect_vec()
    };
    let signed = heard.iter().map(|message| (message, signers(message)));
    let signed = signed.filter(|(_, signers)| !signers.is_empty()).take(MESSAGES).collect_vec();
    let lists =
        signed.iter().map(|(message, by)| (*message, wrong_lists(*message, by, n, &signed)));
    let mut lists = lists.map(|(message, lists)| (message, lists.into_iter())).collect_vec();
    let known: IndexSet<_, FxBuildHasher> = heard.iter().copied().collect();
    let mut made: IndexSet<MessageId, FxBuildHasher> = IndexSet::default();
    while made.len() < MADE && !lists.is_empty() {
        // One list of each message, and then the next.
        lists.retain_mut(|(message, lists)| {
            let Some(list) = lists.next() else { return false };
            let relisted = machine.relisted(**message, &list);
            let relisted = relisted.ok().flatten().filter(|message| !known.contains(message));
            made.extend(relisted);
            true
        });
    }
    made.into_iter().take(MADE).collect()
}
