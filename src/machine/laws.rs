//! Whether a protocol's types are plain data, as they should be.

use std::any::type_name;
use std::cmp::Ordering;
use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::collecting::listed;
use crate::fault::{Misbehaved, guarded, method, shown};
use crate::protocol::Plain;

/// So many things are tested, spread evenly.
const MOST: usize = 32;

/// So often something is compared with itself, at least.
const OFTEN: usize = 128;

/// Whether some of so many things are plain data, which were met as different ones, with their hashes.
pub(super) fn are_plain<'a, T: Plain>(
    len: usize,
    thing: impl Fn(usize) -> (u64, &'a T),
) -> Result<(), Misbehaved> {
    guarded(|| are_lawful(len, thing)).map_err(Misbehaved)?
}

/// The same; within [`guarded`], as all below.
fn are_lawful<'a, T: Plain>(
    len: usize,
    thing: impl Fn(usize) -> (u64, &'a T),
) -> Result<(), Misbehaved> {
    let some = listed((0..len.min(MOST)).map(|place| thing(place * len / len.min(MOST))));
    for &(hash, thing) in some.iter().cycle().take(if some.is_empty() { 0 } else { OFTEN }) {
        keeps(hash, thing)?;
    }
    let places = listed(some.iter().map(|&(_, thing)| place(thing, &some)));
    for (one, &(_, thing)) in some.iter().enumerate() {
        for (other, &(_, another)) in some.iter().enumerate().filter(|(other, _)| one != *other) {
            let order = order(thing, another);
            let contradicts = |method: &str| Err(unlawful(method, &[thing, another]));
            if are_equal(thing, another) {
                return contradicts("`eq`, or `hash`,");
            } else if order == Ordering::Equal || order != places[one].cmp(&places[other]) {
                return contradicts("`cmp`");
            } else if method::<T, _>("partial_cmp", || thing.partial_cmp(another)) != Some(order) {
                return contradicts("`partial_cmp`");
            }
        }
    }
    Ok(())
}

/// Whether things that are equal have the same place in their order; within [`guarded`].
pub(super) fn is_alike<T: Plain>(one: &T, other: &T) -> Result<(), Misbehaved> {
    match order(one, other) {
        Ordering::Equal => Ok(()),
        Ordering::Less | Ordering::Greater => Err(unlawful("`eq`, or `cmp`,", &[one, other])),
    }
}

/// Whether something is equal to itself and to its copy, and has the hash that it had.
fn keeps<T: Plain>(hash: u64, thing: &T) -> Result<(), Misbehaved> {
    let copy = &method::<T, T>("clone", || thing.clone());
    let hash_of = |thing: &T| method::<T, _>("hash", || FxBuildHasher.hash_one(thing));
    let fails = [
        ("`eq`", !are_equal(thing, thing)),
        ("`hash`", hash_of(thing) != hash),
        ("`cmp`", order(thing, thing) != Ordering::Equal),
        ("`clone`, or `eq`,", !are_equal(thing, copy) || !are_equal(copy, thing)),
        ("`clone`, or `hash`,", hash_of(copy) != hash),
    ];
    let failed = fails.iter().find(|(_, fails)| *fails);
    failed.map_or(Ok(()), |(method, _)| Err(unlawful(method, &[thing])))
}

fn are_equal<T: Plain>(one: &T, other: &T) -> bool {
    method::<T, _>("eq", || one == other)
}

fn order<T: Plain>(one: &T, other: &T) -> Ordering {
    method::<T, _>("cmp", || one.cmp(other))
}

/// How many of these are lower.
fn place<T: Plain>(thing: &T, some: &[(u64, &T)]) -> usize {
    some.iter().filter(|&&(_, other)| order(other, thing).is_lt()).count()
}

#[cold]
fn unlawful<T: Plain>(method: &str, about: &[&T]) -> Misbehaved {
    let about = listed(about.iter().map(|thing| shown(*thing)));
    let (of, about) = (type_name::<T>(), about.join(" and "));
    Misbehaved(format!("{method} of `{of}` contradicts itself about {about}"))
}
