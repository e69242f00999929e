//! Lists of signatures with one thing wrong: what a traitor could make of a chain or a certificate.

use std::ptr;

use itertools::Itertools;

use super::signing::ListedSignature::{self, MadeBy, TakenFrom};
use crate::general::{General, Generals};

type List<'a, M> = Vec<ListedSignature<'a, M>>;

/// The lists of signatures to try in place of that of `message`, which `signers` have signed. Each has one thing
/// wrong with it. What precedes that is unchanged; what follows is either unchanged too, or signed anew, as
/// generals who sign whatever they see would.
pub(crate) fn wrong_lists<'a, M>(
    message: &'a M,
    signers: &[General],
    n: usize,
    others: &[(&'a M, Vec<General>)],
) -> Vec<List<'a, M>> {
    let length = signers.len();
    let heard = (0..length).map(|place| TakenFrom(message, place)).collect_vec();
    let anew = signers.iter().map(|by| MadeBy(*by)).collect_vec();
    let mut lists: Vec<List<'a, M>> = Vec::new();
    // Puts `new` at index `at`, followed by what stood from index `from` on.
    let mut put = |at: usize, new: &[ListedSignature<'a, M>], from: usize| {
        let rests = [&heard[from..], &anew[from..]].into_iter();
        let rests = rests.take(if from < length { 2 } else { 1 });
        lists
            .extend(rests.map(|rest| heard[..at].iter().chain(new).chain(rest).copied().collect()));
    };
    let strangers = (n..Generals::MAX).map(|id| MadeBy(General::new(id)));
    // Everything is signed by one signer, or by that signer and then by generals who do not exist.
    for by in signers.iter().unique().map(|by| MadeBy(*by)) {
        put(0, &vec![by; length], length);
        put(0, &[by].into_iter().chain(strangers.clone()).take(length).collect_vec(), length);
    }
    for at in (0..=length).rev() {
        // `new` replaces the signature at `at`, or is inserted before it.
        let from = [at + 1, at].into_iter().filter(|from| *from <= length);
        for (again, from) in (0..at).rev().cartesian_product(from.clone()) {
            put(at, &[anew[again]], from);
            put(at, &[heard[again]], from);
        }
        for (stranger, from) in strangers.clone().take(1).cartesian_product(from) {
            put(at, &[stranger], from);
        }
        if at < length {
            put(at, &[], at + 1);
        }
        if at + 1 < length {
            put(at, &[anew[at + 1], anew[at]], at + 2);
            put(at, &[heard[at + 1], heard[at]], at + 2);
        }
    }
    for (at, id) in (0..length).rev().cartesian_product(0..n.min(Generals::MAX)) {
        if signers[at].id() != id {
            put(at, &[MadeBy(General::new(id))], at + 1);
        }
    }
    for (at, (other, by)) in (0..length).rev().cartesian_product(others) {
        if at < by.len() && !ptr::eq(*other, message) {
            put(at, &[TakenFrom(other, at)], at + 1);
        }
    }
    lists
}
