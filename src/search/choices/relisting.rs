//! Messages that were heard, with other lists of signatures: what a traitor could make of a chain or a certificate, if
//! the protocol's author has not described what it could say.

use indexmap::IndexSet;
use itertools::Itertools;
use rustc_hash::FxBuildHasher;

use crate::machine::{Machine, MessageId};
use crate::testable::wrong_lists;

/// The most messages whose signature lists are recombined.
const MESSAGES: usize = 64;

/// The most messages that are made this way.
const MADE: usize = 256;

/// New messages, made of those that were heard by recombining signatures among n generals. If there are many, some of
/// each.
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
        // Each pass takes one more list of each message.
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
